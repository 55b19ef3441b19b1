"""What adjoints belong to, and the variables that hold them.

A slot is a variable, or a part of one that constant keys lead to. It has the type and the shape of
its forward value, and one variable of the generated code that holds its adjoint, named after it:

    params["W"]        the slot (params, ("W",)); its adjoint is d_W
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from s2sad.analysis.types import (
    NUMBER,
    SCALAR,
    Array,
    DictOf,
    ListOf,
    Struct,
    TupleOf,
    Type,
    Unknown,
    is_complex,
    is_integral,
    may_be_complex,
)
from s2sad.derive.adjoints import Adjoint, Slot
from s2sad.derive.broadcasting import call, shape_of_value, type_name
from s2sad.derive.held import is_container, place_of
from s2sad.derive.instantiate import as_value
from s2sad.ir.nodes import Apply, Assign, Const, Expr, Make, Ref, Slice, Target, Value, Var, walk
from s2sad.tidy.algebra import key as structure
from s2sad.tidy.naming import describe

if TYPE_CHECKING:
    from s2sad.derive.backward.sweep import Sweep


class Slots:
    """Says what slots are of, and names what holds their adjoints.

    `keyed` says of containers of unknown type whether they have keys. What `complex_vars` hold
    may be complex.
    """

    def __init__(self, sweep: Sweep) -> None:
        self.sweep = sweep
        self.facts = sweep.facts
        self.out = sweep.out
        self.regions = sweep.regions
        self.shadows = sweep.shadows
        self.state = sweep.state
        self.adjoint_vars: dict[Slot, Var] = {}
        self.keyed: dict[Slot, bool] = {}
        self.complex_vars: set[Var] = set()

    def of(self, node: Expr) -> Slot | None:
        """The slot of a variable, or of a part of a container that constant keys lead to."""
        if isinstance(node, Ref):
            return node.var, ()
        if not isinstance(node, Apply) or node.op not in ("getitem", "getattr", "helper.part"):
            return None
        if node.op == "helper.part" and not is_container(self.facts.type_of(node.args[0])):
            return None
        if (item := self.held(node)) is not None:
            return item
        base = node.args[0]
        kind = self.facts.type_of(base)
        if isinstance(kind, Array):
            return None
        key = self._constant_key(node, kind)
        if key is None:
            return None
        outer = self.of(base)
        return None if outer is None else (outer[0], (*outer[1], key))

    def held(self, node: Expr, late: bool = False) -> Slot | None:
        """The slot of an item of a container that has a shadow: its adjoint is the same item of the
        shadow. It has a name until the statement's group is written out. A `late` one is the item
        as the statement leaves it."""
        if not self.shadows.of or isinstance(node, Ref):
            return None
        where = place_of(node, self.shadows.of, self.facts, as_value)
        if where is None:
            return None
        name = (structure(where), late)
        if name not in self.sweep.now.items:
            slot: Slot = (node, ())
            var = self.adjoint_var(slot)
            self.sweep.now.items[name] = slot
            self.sweep.now.held[var] = where
            root = next(n.var for n in walk(where) if isinstance(n, Ref))
            self.regions.mirrors[var] = self.regions.mirrors[root]
            kind = self.facts.type_of(node)
            whole = Adjoint(Ref(var), self.facts.array(kind).shape, True, True, is_container(kind))
            self.state.shadows[slot] = whole if whole.tree else self.read(var, whole)
            if late:
                self.sweep.late |= {n for n in walk(where) if isinstance(n, Ref)}
        return self.sweep.now.items[name]

    def _constant_key(self, node: Apply, kind: Type) -> str | int | None:
        if node.op == "getattr":
            return f".{node.text}"
        key = node.args[1]
        if not isinstance(key, Const) or isinstance(key.value, bool):
            return None
        if isinstance(key.value, str):
            return key.value
        if isinstance(key.value, int):
            if isinstance(kind, TupleOf):
                return key.value % len(kind.items) if kind.items else None
            if isinstance(kind, Struct):
                return f".{kind.fields[key.value][0]}"
            if isinstance(kind, Unknown | DictOf):
                return key.value
        return None

    def has_shadow(self, container: Expr) -> bool:
        """Whether a container that an expression stands for has a shadow."""
        return is_container(self.facts.type_of(container)) and (
            place_of(container, self.shadows.of, self.facts, as_value) is not None
        )

    def is_out_of_sight(self, slot: Slot) -> bool:
        """Whether a slot is of arrays with shadows, and has none itself."""
        root = slot[0]
        if not isinstance(root, Var) or not self.regions.knows(root):
            return False
        if not self.regions.is_mirrored(root) or self.regions.is_immutable_variable(root):
            return False
        if not any(other in self.shadows.of for other in self.regions.members(root)):
            return False  # nothing of it is varied where it is read
        return bool(slot[1]) or root not in self.shadows.of.keys() | self.regions.quiet

    def aliased(self, var: Var) -> set[Var]:
        """The adjoints that may share memory with that which a variable holds."""
        if var in self.regions.mirrors:
            return self.shadows.together(var, self.regions)
        return {var}

    def type_of(self, slot: Slot) -> Type:
        """The type of the value that a slot's adjoint belongs to."""
        root, path = slot
        if path:
            return Unknown("")
        if isinstance(root, Var):
            return self.facts.bindings.get(root, Unknown(root.hint))
        return self.facts.type_of(root)

    def shape_of(self, slot: Slot) -> Any:
        """Its shape."""
        return self.facts.array(self.type_of(slot)).shape

    def value_of(self, slot: Slot) -> Expr:
        """The forward value that a slot's adjoint belongs to."""
        root, path = slot
        node: Expr = Ref(root) if isinstance(root, Var) else root
        if isinstance(root, Var):
            self.sweep.typed(node, self.type_of((root, ())))
        for k in path:
            if isinstance(k, str) and k.startswith("."):
                node = Apply("getattr", (node,), (), "attribute", k[1:])
            else:
                node = Apply("getitem", (node, Const(k)), (), "index")
        return node

    def sizes_of(self, slot: Slot) -> Expr:
        """np.shape of it."""
        root, path = slot
        if path or isinstance(root, Var):
            return call("numpy.shape", Value(self.value_of(slot)))
        return shape_of_value(root, self.facts)

    def is_complex(self, slot: Slot) -> bool:
        """Whether the value that a slot's adjoint belongs to may be complex."""
        if not self.facts.mixed:
            return False
        if slot[1]:
            return self.sweep.complex_numbers.may_be_complex(self.value_of(slot))
        return may_be_complex(self.type_of(slot))

    def is_container(self, slot: Slot) -> bool:
        kind = self.type_of(slot)
        return isinstance(kind, ListOf | DictOf | TupleOf | Struct)

    def has_keys(self, slot: Slot, key: Expr | None = None) -> bool:
        """Whether a container is one of keys, not of positions; for one of unknown type the first
        key that is seen tells."""
        kind = self.type_of(slot)
        if isinstance(kind, Unknown):
            if slot not in self.keyed and key is not None:
                positions = isinstance(key, Slice) or is_integral(self.facts.type_of(key))
                self.keyed[slot] = not positions
            return self.keyed.get(slot, False)
        return isinstance(kind, DictOf)

    def zeros(self, slot: Slot) -> Expr:
        """An adjoint that is zero everywhere and can be written into."""
        return self.zeros_of(self.sizes_of(slot), self.is_complex(slot))

    def zeros_of(self, sizes: Expr, mixed: bool) -> Expr:
        """An array of zeros of a shape, complex if it belongs to what may be."""
        if mixed:
            return call("numpy.zeros", sizes, dtype=type_name("complex"))
        return call("numpy.zeros", sizes)

    def empty_tree(self, slot: Slot, longer: int = 0) -> Expr:
        """The adjoint of a container of which no part has one yet; after a statement that makes the
        list longer by some items, or shorter."""
        kind = self.type_of(slot)
        if isinstance(kind, Struct) and kind.kind != "NamedTuple":
            return self._zero_fields(slot, kind)
        if isinstance(kind, Unknown) and slot not in self.keyed:
            return Const(0.0)  # it may be a number: what it turns out to be is added to that
        if self.has_keys(slot):
            return Make("dict", ())
        value = self.value_of(slot)
        size: Expr = call("builtins.len", Value(value), text="len")
        if isinstance(value, Make) and value.kind in ("list", "tuple"):
            size = Const(len(value.items))
        if longer:
            op, sign = ("add", "+") if longer > 0 else ("sub", "-")
            size = Apply(op, (size, Const(abs(longer))), (), "infix", sign)
        return Apply("mul", (Make("list", (Const(None),)), size), (), "infix", "*")

    def _zero_fields(self, slot: Slot, kind: Struct) -> Expr:
        """Zeros for the fields of an object that are numbers or arrays."""
        zeros: dict[str, Expr] = {}
        for name, field in kind.fields:
            if isinstance(field, Array) and not is_integral(field):
                part = Apply("getattr", (Value(self.value_of(slot)),), (), "attribute", name)
                whole = self.zeros_of(call("numpy.shape", part), may_be_complex(field))
                zeros[name] = Const(0.0) if field.shape == SCALAR else whole
        return Make("dict", tuple(zeros.values()), tuple(map(Const, zeros)))

    def whole_tree(self, slot: Slot, adjoint: Adjoint, longer: int = 0) -> Expr:
        """The adjoint of a container as a list or dict, which it is not on all paths."""
        return call("helper.add", self.empty_tree(slot, longer), adjoint.expr, text="add")

    def adjoint_var(self, slot: Slot) -> Var:
        """The variable of the generated code that holds a slot's adjoint."""
        if slot not in self.adjoint_vars:
            self.hold(slot, Var(f"d_{self.hint_of(slot)}"))
        return self.adjoint_vars[slot]

    def hold(self, slot: Slot, var: Var) -> None:
        """From here on a variable holds the adjoint of a slot."""
        self.adjoint_vars[slot] = var
        if self.is_complex(slot):
            self.complex_vars.add(var)
            if not isinstance(self.type_of(slot), Array):
                self.facts.bindings[var] = Unknown(var.hint, foreign=True)

    def call_after(self, slot: Slot, target: Target) -> None:
        """Names the adjoint of an item after a variable that it is given to, if nothing else does:
        a position is no name."""
        if slot not in self.adjoint_vars and isinstance(target, Var) and target.hint != "_":
            if isinstance(slot[1][-1], int):
                self.hold(slot, Var(f"d_{target.hint}"))

    def hint_of(self, slot: Slot) -> str:
        root, path = slot
        if path and isinstance(path[-1], str) and path[-1].lstrip(".").isidentifier():
            return path[-1].lstrip(".")
        base = root.hint if isinstance(root, Var) else self.hint(root)
        return "_".join([base, *(str(k).lstrip(".").replace("-", "m") for k in path)])

    def hint(self, node: Expr) -> str:
        """What an unnamed value is called: after what it is."""
        return self.sweep.hints.get(node) or describe(node)

    def read(self, var: Var, adjoint: Adjoint) -> Adjoint:
        """The adjoint that a variable holds, by its name."""
        kind: Type = Array(self._dtype_of(var, adjoint), adjoint.shape)
        if (
            adjoint.tree
            and self.facts.mixed
            and self.sweep.complex_numbers.may_be_complex(adjoint.expr)
        ):
            kind = Unknown(var.hint, foreign=True)
        ref = self.sweep.typed(Ref(var), kind)
        return replace(adjoint, expr=ref, fresh=None, result=None, mask=None)

    def _dtype_of(self, var: Var, adjoint: Adjoint) -> str:
        """The dtype of an adjoint: `number` where it may be complex, and complex128 where it
        certainly is. An array of the function's own that belongs to a complex value is complex."""
        if var in self.complex_vars:
            return "complex128" if adjoint.owned else NUMBER
        if adjoint.tree or not self.facts.mixed:
            return "unknown"
        kind = self.facts.type_of(adjoint.expr)
        if is_complex(kind):
            return "complex128"
        return NUMBER if may_be_complex(kind) else "unknown"

    def let(self, hint: str, adjoint: Adjoint) -> Adjoint:
        """Gives an adjoint a name, unless it has one."""
        expr = adjoint.expr.node if isinstance(adjoint.expr, Value) else adjoint.expr
        if isinstance(expr, Ref | Const):
            return adjoint
        if isinstance(expr, Apply) and expr.op == "neg" and isinstance(expr.args[0], Ref):
            return adjoint  # the sign goes into what it is multiplied with, or added to
        var = Var(hint)
        self.out.append(Assign((var,), adjoint.expr))
        return self.read(var, adjoint)

    def protected(self, adjoint: Adjoint, hint: str) -> Adjoint:
        """An adjoint under a name that no contribution overwrites."""
        if adjoint.constant:
            return adjoint
        if isinstance(adjoint.expr, Ref) and adjoint.expr.var not in self.adjoint_vars.values():
            return adjoint
        var = Var(hint)
        self.out.append(Assign((var,), adjoint.expr))
        return self.read(var, adjoint)
