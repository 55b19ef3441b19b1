"""The adjoint of an expression: what flows into the variables that it reads.

`pull(expr, adjoint)` walks an expression from its result to its leaves. Contributions to variables
are collected while a statement is under way and written out by `flush`, summed, so that several
uses of a variable in one statement make one term:

    s += x * x       d_x += 2.0 * x
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any, TypeAlias

from s2sad.analysis.facts import Facts
from s2sad.analysis.regions import Regions
from s2sad.analysis.types import (
    NUMBER,
    SCALAR,
    AnyShape,
    Array,
    DictOf,
    Inert,
    ListOf,
    Shape,
    Star,
    Struct,
    TupleOf,
    Type,
    Unknown,
    is_complex,
    is_integral,
    may_be_complex,
)
from s2sad.derive.adjoints import Adjoint, Slot, State, joined, same_entry
from s2sad.derive.broadcasting import (
    call,
    expand,
    filled,
    reduced_to,
    same_shape,
    shape_of_value,
    summed_down,
)
from s2sad.derive.complex_numbers import ComplexNumbers, adjoints_of, conjugated, refusal
from s2sad.derive.held import is_container, place_of
from s2sad.derive.instantiate import as_value, count_reads, instantiate
from s2sad.derive.own_rules import is_own
from s2sad.derive.rules import rules
from s2sad.derive.shadows import Shadows
from s2sad.derive.tangents import without_defaults
from s2sad.derive.templates import Contribution, Operand, Rule
from s2sad.derive.effects import calls_in
from s2sad.errors import S2SADError
from s2sad.ir.bindings import bound_by
from s2sad.ir.nodes import (
    Apply,
    Assign,
    Block,
    Branch,
    Const,
    Each,
    Evaluate,
    Expr,
    For,
    Invoke,
    Make,
    Opaque,
    Place,
    Ref,
    Select,
    Slice,
    Stmt,
    Target,
    Unpack,
    Value,
    Var,
    walk,
)
from s2sad.tidy.algebra import add, is_negative, neg
from s2sad.tidy.algebra import key as structure
from s2sad.tidy.naming import describe, role

Pending: TypeAlias = dict[Slot, list[tuple[str, Expr | None, Adjoint]]]
"""What a statement contributes to each slot: how, where, and what."""

_TREES = (TupleOf, ListOf, DictOf, Struct)


_EACH_ONCE = ("builtins.list", "builtins.tuple", "builtins.sorted", "builtins.reversed")
"""What gives the items of what it is given, each once."""


class Pull:
    """The backward sweep's handling of expressions. `Reverse` adds the statements."""

    def __init__(self, facts: Facts, engine: Any, regions: Regions) -> None:
        self.facts = facts
        self.engine = engine
        self.regions = regions
        self.state = State()
        self.out: Block = []
        self.pending: Pending = {}
        self.adjoint_vars: dict[Slot, Var] = {}
        self.errors: list[S2SADError] = []
        self.modified: dict[object, dict[Slot, bool]] = {}
        self.loops: list[object] = []
        self.hints: dict[Expr, str] = {}
        self.keyed: dict[Slot, bool] = {}
        self.shadows = Shadows()
        self.held: dict[Var, Expr] = {}
        self.items: dict[object, Slot] = {}
        self.unread: set[Stmt] = set()
        self.numbers: set[Stmt] = set()
        self.taken: set[Var] = set()
        self.parted: dict[object, set[Slot]] = {}
        self.gathered: dict[object, dict[Slot, None]] = {}
        self.complex_numbers = ComplexNumbers(facts)
        self.complex_vars: set[Var] = set()
        self.late: set[Expr] = set()

    # ------------------------------------------------------------ small tools

    def refuse(
        self, code: str, message: str, node: Expr | Any, advice: str, call: Invoke | None = None
    ) -> None:
        """Records a refusal; derivation goes on, so that all of them are shown. It may be that of a
        call which cannot be expressed."""
        origin = getattr(node, "origin", None) or getattr(node, "site", None)
        location = None if origin is None else origin.module.location(origin.node)
        error = S2SADError(code, message, location, advice)
        error.calls = () if call is None else calls_in(call)
        self.add_error(error)

    def add_error(self, error: S2SADError) -> None:
        """Records a refusal once."""
        if all(str(error) != str(other) for other in self.errors):
            self.errors.append(error)

    def typed(self, expr: Expr, kind: Type) -> Expr:
        """Notes the type of an expression that the derivation made."""
        self.facts.types[expr] = kind
        return expr

    def read(self, var: Var, adjoint: Adjoint) -> Adjoint:
        """The adjoint that a variable holds, by its name."""
        kind: Type = Array(self._dtype_of(var, adjoint), adjoint.shape)
        if adjoint.tree and self.facts.mixed and self.complex_numbers.may_be_complex(adjoint.expr):
            kind = Unknown(var.hint, foreign=True)
        ref = self.typed(Ref(var), kind)
        return Adjoint(ref, adjoint.shape, adjoint.full, adjoint.owned, adjoint.tree)

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

    def is_complex_slot(self, slot: Slot) -> bool:
        """Whether the value that a slot's adjoint belongs to may be complex."""
        if not self.facts.mixed:
            return False
        if slot[1]:
            return self.complex_numbers.may_be_complex(self.slot_value(slot))
        return may_be_complex(self.slot_type(slot))

    def _owned_by(self, slot: Slot, adjoint: Adjoint) -> Adjoint:
        """An adjoint for a slot. A complex value's adjoint may only be updated in place if it is
        complex itself."""
        if adjoint.owned and not adjoint.tree and self.is_complex_slot(slot):
            if not is_complex(self.facts.type_of(adjoint.expr)):
                return replace(adjoint, owned=False)
        return adjoint

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

    def is_varied(self, expr: Expr) -> bool:
        """Whether an expression depends on what is differentiated."""
        return expr in self.facts.varied

    def adjoint_var(self, slot: Slot) -> Var:
        """The variable of the generated code that holds a slot's adjoint."""
        if slot not in self.adjoint_vars:
            self.hold(slot, Var(f"d_{self._slot_hint(slot)}"))
        return self.adjoint_vars[slot]

    def hold(self, slot: Slot, var: Var) -> None:
        """From here on a variable holds the adjoint of a slot."""
        self.adjoint_vars[slot] = var
        if self.is_complex_slot(slot):
            self.complex_vars.add(var)
            if not isinstance(self.slot_type(slot), Array):
                self.facts.bindings[var] = Unknown(var.hint, foreign=True)

    def _slot_hint(self, slot: Slot) -> str:
        root, path = slot
        if path and isinstance(path[-1], str) and path[-1].lstrip(".").isidentifier():
            return path[-1].lstrip(".")
        base = root.hint if isinstance(root, Var) else self.hint(root)
        return "_".join([base, *(str(k).lstrip(".").replace("-", "m") for k in path)])

    def hint(self, node: Expr) -> str:
        """What an unnamed value is called: after what it is."""
        return self.hints.get(node) or describe(node)

    # ------------------------------------------------------------ contributions

    def pend(self, slot: Slot, adjoint: Adjoint, how: str = "add", key: Expr | None = None) -> None:
        """Adds to what a statement contributes to a slot."""
        if self.is_out_of_sight(slot):
            self.refuse("S2S011", "cannot differentiate: a list or dict holds an array that is "
                        "written into under another name", self.slot_value(slot),
                        "Take a copy of the array.")  # fmt: skip
        self.pending.setdefault(slot, []).append((how, key, adjoint))

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

    def flush(self, assigned: set[int] = frozenset()) -> None:  # type: ignore[assignment]
        """Writes out the contributions of a statement. Those in `assigned` (by identity) fill a
        place whose adjoint was taken: they assign."""
        pending, self.pending = self._passed_on(self.pending), {}
        self._exchange(pending)
        for slot in self._in_order(pending):
            contributions = self._own_seed_kept(slot, pending[slot])
            whole = [a for how, _, a in contributions if how == "add"]
            if whole:
                self._add(slot, whole)
            for how, key, adjoint in _merged(contributions, assigned):
                if how != "add":
                    self._add_part(slot, how, key, adjoint, id(adjoint) in assigned)

    def _exchange(self, pending: Pending) -> None:
        """Adjoints that trade places do so in one statement: `d_u, d_v = d_v, d_u`."""
        moved: dict[Var, Slot] = {}
        for slot, found in pending.items():
            var = self.adjoint_vars.get(slot)
            _, _, adjoint = found[0]
            if len(found) != 1 or found[0][0] != "add" or not adjoint.owned or var is None:
                continue
            if self._owned_by(slot, adjoint) is not adjoint:
                continue
            if isinstance(adjoint.expr, Ref) and self.state.get(slot) is None:
                moved[adjoint.expr.var] = slot
        targets = {self.adjoint_vars[slot] for slot in moved.values()}
        if len(moved) < 2 or targets != moved.keys():
            return
        if any(self.adjoint_vars[slot] is var for var, slot in moved.items()):
            return
        others = [found for slot, found in pending.items() if slot not in moved.values()]
        exprs = [e for found in others for _, k, a in found for e in (k, a.expr) if e is not None]
        if any(isinstance(n, Ref) and n.var in moved for e in exprs for n in walk(e)):
            return
        slots = list(moved.values())
        refs = [pending.pop(slot)[0][2] for slot in slots]
        names = tuple(self.adjoint_vars[slot] for slot in slots)
        value = Make("tuple", tuple(a.expr for a in refs))
        self.out.append(Assign((Unpack(names),), value))
        for slot, name, adjoint in zip(slots, names, refs, strict=True):
            self.state.set(slot, self.read(name, adjoint))

    def _passed_on(self, pending: Pending) -> Pending:
        """Contributions in which an array that was taken, and that goes to one slot as it is, is
        that slot's own."""
        for found in pending.values():
            for position, (how, key, adjoint) in enumerate(found):
                expr = adjoint.expr
                if how == "add" and isinstance(expr, Ref) and expr.var in self.taken:
                    reads = [a.expr for other in pending.values() for _, _, a in other]
                    reads += [k for other in pending.values() for _, k, _ in other if k is not None]
                    stale = [s for s in self.out if not _makes_new(s)]
                    reads += [e for s in stale for e in _values(s)]
                    if sum(count_reads(e, expr.var) for e in reads) == 1:
                        found[position] = (how, key, replace(adjoint, owned=True))
        return pending

    def aliased_adjoints(self, var: Var) -> set[Var]:
        """The adjoints that may share memory with that which a variable holds."""
        if var in self.regions.mirrors:
            return self.shadows.together(var, self.regions)
        return {var}

    def _own_seed_kept(
        self, slot: Slot, contributions: list[tuple[str, Expr | None, Adjoint]]
    ) -> list[tuple[str, Expr | None, Adjoint]]:
        """The contributions to a slot; no parts are added while its own old adjoint is read."""
        var = self.adjoint_vars.get(slot)
        if var is None or all(how == "add" for how, _, _ in contributions):
            return contributions
        read = {n.var for _, _, a in contributions for n in walk(a.expr) if isinstance(n, Ref)}
        entry = self.state.get(slot)
        if var not in read or (entry is not None and _holds(entry, var)):
            return contributions
        kept = Var(f"{var.hint}_out")
        self.out.append(Assign((kept,), Ref(var)))
        return [(how, _renamed(key, var, kept), _renamed_adjoint(a, var, kept))
                for how, key, a in contributions]  # fmt: skip

    def _in_order(self, pending: dict[Slot, list[tuple[str, Expr | None, Adjoint]]]) -> list[Slot]:
        """The slots in an order in which no adjoint is overwritten before it is read.

        Where two exchange their adjoints, one is kept under another name first.
        """
        reads: dict[Slot, set[Var]] = {}
        for slot, contributions in pending.items():
            found: set[Var] = set()
            for _, key, adjoint in contributions:
                for expr in (key, adjoint.expr):
                    if expr is not None:
                        found |= {n.var for n in walk(expr) if isinstance(n, Ref)}
            reads[slot] = found
        order: list[Slot] = []
        left = list(pending)
        while left:
            free = [
                slot
                for slot in left
                if not any(
                    self.adjoint_vars.get(slot) in reads[other] for other in left if other != slot
                )
            ]
            if free:
                chosen = next(
                    (s for s in free if not _is_copy_of_complex(s, free, pending)), free[0]
                )
                order.append(chosen)
                left.remove(chosen)
                continue
            slot = left[0]
            old, kept = self.adjoint_var(slot), Var(f"{self.adjoint_var(slot).hint}_out")
            self.out.append(Assign((kept,), Ref(old)))
            for other in left:
                if other != slot:
                    pending[other] = [
                        (how, _renamed(key, old, kept), _renamed_adjoint(a, old, kept))
                        for how, key, a in pending[other]
                    ]
                    reads[other].discard(old)
        return order

    def _add(self, slot: Slot, whole: list[Adjoint]) -> None:
        entry = self.state.get(slot)
        if any(a.tree for a in whole) or (entry is not None and entry.tree):
            self._add_trees(slot, whole, entry)
            return
        total = whole[0].expr if len(whole) == 1 else add(*(a.expr for a in whole))
        full = any(a.full for a in whole)
        shape = next((a.shape for a in whole if a.full), whole[0].shape)
        owned = len(whole) > 1 or whole[0].owned or is_fresh(total)
        if isinstance(total, Const):
            # What cancels is one number, whatever the shapes of its terms were.
            if total.value == 0 and entry is not None:
                return
            full, shape = full and shape == SCALAR, SCALAR
        if entry is None or (entry.constant and is_zero(entry.expr)):
            self._bind(slot, Adjoint(total, shape, full, owned))
            return
        var = self.adjoint_var(slot)
        both = Adjoint(total, _summed_shape(entry, shape, full), full or entry.full, True)
        if entry.constant or not isinstance(entry.expr, Ref) or entry.expr.var is not var:
            self._bind(slot, Adjoint(add(entry.expr, total), both.shape, both.full, True))
            return
        # In place only where the array is the function's own and keeps its shape.
        in_place = entry.shape == SCALAR or (entry.owned and entry.full)
        value = add(entry.expr, total)
        self.out.append(Assign((var,), value, "add" if in_place else None))
        self.state.set(slot, self.read(var, both))

    def _bind(self, slot: Slot, adjoint: Adjoint) -> None:
        """The first contribution assigns; a constant needs no statement."""
        if adjoint.constant:
            self.state.set(slot, adjoint)
            return
        adjoint = self._owned_by(slot, adjoint)
        var = self.adjoint_var(slot)
        expr = adjoint.expr
        if isinstance(expr, Ref) and expr.var is var:
            self.state.set(slot, adjoint)
            return
        if not adjoint.owned and (self._is_written_later(expr) or self._is_mirrored(slot, adjoint)):
            adjoint = replace(adjoint, expr=self.copied(expr, slot), owned=True)
        self.out.append(Assign((var,), adjoint.expr))
        self.state.set(slot, self.read(var, adjoint))

    def _is_mirrored(self, slot: Slot, adjoint: Adjoint) -> bool:
        """Whether the adjoint of a slot will be written into, as its array is."""
        root = slot[0]
        whole = adjoint.full and adjoint.shape != SCALAR and not is_fresh(adjoint.expr)
        return whole and isinstance(root, Var) and self.regions.is_written(root)

    def copied(self, value: Expr, slot: Slot) -> Expr:
        """An array of floats of the function's own: adding to one of integers would truncate. For
        a complex value it is complex."""
        kind = self.facts.type_of(value)
        wanted = "complex" if self.is_complex_slot(slot) else "float"
        if isinstance(kind, Array) and kind.dtype.startswith(wanted) and kind.shape != SCALAR:
            if isinstance(kind.shape, Shape):
                return Apply("numpy.copy", (value,), (), "method", "copy")
        return call("numpy.array", value, dtype=_type_name(wanted))

    def _is_written_later(self, expr: Expr) -> bool:
        """Whether an adjoint is an array of the forward part, or a part of one, whose contents
        change on the way back."""
        if is_fresh(expr) or isinstance(expr, Ref):
            return False
        return any(
            self.regions.is_written(n.var)
            for v in walk(expr) if isinstance(v, Value)
            for n in walk(v.node) if isinstance(n, Ref)
        )  # fmt: skip

    def _add_trees(self, slot: Slot, whole: list[Adjoint], entry: Adjoint | None) -> None:
        if slot in self.state.shadows and entry is not None:
            for adjoint in whole:
                into = call("helper.add_into", entry.expr, adjoint.expr, text="add_into")
                self.out.append(Evaluate(into))
            return
        if entry is None and len(whole) == 1 and _is_literal_tree(whole[0].expr):
            self.state.set(slot, whole[0])
            return
        parts = [entry.expr] if entry is not None else []
        total = parts[0] if parts else whole[0].expr
        for adjoint in whole[0 if parts else 1 :]:
            total = call("helper.add", total, adjoint.expr, text="add")
        var = self.adjoint_var(slot)
        if not (isinstance(total, Ref) and total.var is var):
            self.out.append(Assign((var,), total))
        self.state.set(slot, Adjoint(Ref(var), tree=True))

    def _add_part(
        self, slot: Slot, how: str, key: Expr | None, adjoint: Adjoint, assigns: bool = False
    ) -> None:
        assert key is not None
        if how == "item":
            self._add_item(slot, key, adjoint)
            return
        if how == "slice":
            self._add_slice(slot, key, adjoint)
            return
        entry = self.state.get(slot)
        var = self.adjoint_var(slot)
        first = False
        if entry is None or (entry.constant and is_zero(entry.expr)):
            first = True
            self.out.append(Assign((var,), self.zeros(slot)))
        elif not (entry.full and entry.owned and _holds(entry, var)):
            self.make_own(slot, entry)
        shape = self.slot_shape(slot)
        self.state.set(slot, self.read(var, Adjoint(Const(0.0), shape, True, True)))
        place = self.read(var, Adjoint(Const(0.0), shape, True, True)).expr
        if how == "addat":
            self.out.append(Evaluate(call("numpy.add.at", place, key, adjoint.expr)))
            return
        if first or assigns:
            self.out.append(Assign((Place(place, key),), adjoint.expr))
            return
        part = Apply("getitem", (place, key), (), "index")
        value = Apply("add", (part, adjoint.expr), (), "infix", "+")
        if is_negative(adjoint.expr):
            value = Apply("sub", (part, neg(adjoint.expr)), (), "infix", "-")
        self.out.append(Assign((Place(place, key),), value, value.op))

    def _add_item(self, slot: Slot, key: Expr, adjoint: Adjoint) -> None:
        entry = self.state.get(slot)
        var = self.adjoint_var(slot)
        self.has_keys(slot, key)
        if slot in self.state.shadows:
            self._add_in_place(Apply("getitem", (Ref(var), key), (), "index"), adjoint)
            return
        if entry is None:
            self.out.append(Assign((var,), self.empty_tree(slot)))
        elif not _holds(entry, var):
            self.out.append(Assign((var,), entry.expr))
        loop = self.loops[-1] if self.loops else None
        once = entry is not None and entry.fresh is not None and entry.fresh is loop
        fresh = entry is None or (once and self._runs_through(key, loop))
        value = adjoint.expr
        if not fresh:
            if self.has_keys(slot):
                old: Expr = Apply("dict.get", (Ref(var), key), (), "method", "get")
            else:
                old = Apply("getitem", (Ref(var), key), (), "index")
            value = call("helper.add", old, value, text="add")
        self.out.append(Assign((Place(Ref(var), key),), value))
        self.state.set(slot, Adjoint(Ref(var), tree=True))

    def _add_in_place(self, item: Apply, adjoint: Adjoint) -> None:
        """Adds to the item of a shadow, which other names may see."""
        if adjoint.tree:
            into = call("helper.add_into", item, adjoint.expr, text="add_into")
            self.out.append(Evaluate(into))
            return
        total = Apply("add", (item, adjoint.expr), (), "infix", "+")
        place = Place(item.args[0], item.args[1])
        self.out.append(Assign((place,), total, "add"))

    def _runs_through(self, key: Expr, loop: object) -> bool:
        """Whether a key is another one in each iteration of a loop."""
        key = key.node if isinstance(key, Value) else key
        match key:
            case Apply("add", (inner, Const(int(step)))) if step >= 0:
                return self._runs_through(inner, loop)
            case Ref(var) if not var.user:
                return True  # it counts
            case Ref(var) if isinstance(loop, For):
                pass
            case _:
                return False
        if any(var in bound_by(s) for s in loop.body):
            return False
        iterable = loop.iterable
        while isinstance(iterable, Apply) and iterable.op in _EACH_ONCE:
            iterable = iterable.args[0]
        match loop.target, iterable:
            case Var() as target, Apply("builtins.range", bounds):
                # xs[-1] may be xs[2].
                return target is var and (len(bounds) == 1 or _is_from_zero(bounds))
            case Var() as target, _:
                return target is var and isinstance(self.facts.type_of(iterable), DictOf)
            case Unpack((Var() as first, *_)), Apply("builtins.enumerate" | "dict.items"):
                return first is var
        return False

    def make_own(self, slot: Slot, entry: Adjoint) -> None:
        """Makes a slot's adjoint an array of its own; loops do so before their first iteration."""
        self.out.append(Assign((self.adjoint_var(slot),), self._own(slot, entry)))
        for loop in self.loops:
            self.parted.setdefault(loop, set()).add(slot)

    def _own(self, slot: Slot, entry: Adjoint) -> Expr:
        """An array of the function's own that holds an entry."""
        if entry.full:
            own = is_fresh(entry.expr) and self._may_own(slot, entry.expr)
            return entry.expr if own else self.copied(entry.expr, slot)
        sizes = self.slot_sizes(slot)
        if self.is_complex_slot(slot):
            return call("numpy.full", sizes, entry.expr, dtype=_type_name("complex"))
        new = filled(entry.expr, sizes, self.slot_shape(slot))
        return new.expr if new.owned else self.copied(new.expr, slot)

    def _may_own(self, slot: Slot, expr: Expr) -> bool:
        return not self.is_complex_slot(slot) or is_complex(self.facts.type_of(expr))

    # ------------------------------------------------------------ slots

    def slot_type(self, slot: Slot) -> Type:
        """The type of the value that a slot's adjoint belongs to."""
        root, path = slot
        if path:
            return Unknown("")
        if isinstance(root, Var):
            return self.facts.bindings.get(root, Unknown(root.hint))
        return self.facts.type_of(root)

    def slot_shape(self, slot: Slot) -> Any:
        """Its shape."""
        return self.facts.array(self.slot_type(slot)).shape

    def slot_value(self, slot: Slot) -> Expr:
        """The forward value that a slot's adjoint belongs to."""
        root, path = slot
        node: Expr = Ref(root) if isinstance(root, Var) else root
        if isinstance(root, Var):
            self.typed(node, self.slot_type((root, ())))
        for k in path:
            if isinstance(k, str) and k.startswith("."):
                node = Apply("getattr", (node,), (), "attribute", k[1:])
            else:
                node = Apply("getitem", (node, Const(k)), (), "index")
        return node

    def slot_sizes(self, slot: Slot) -> Expr:
        """np.shape of it."""
        root, path = slot
        if path or isinstance(root, Var):
            return call("numpy.shape", Value(self.slot_value(slot)))
        return shape_of_value(root, self.facts)

    def zeros(self, slot: Slot) -> Expr:
        """An adjoint that is zero everywhere and can be written into."""
        return self.zeros_of(self.slot_sizes(slot), self.is_complex_slot(slot))

    def zeros_of(self, sizes: Expr, mixed: bool) -> Expr:
        """An array of zeros of a shape, complex if it belongs to what may be."""
        if mixed:
            return call("numpy.zeros", sizes, dtype=_type_name("complex"))
        return call("numpy.zeros", sizes)

    def empty_tree(self, slot: Slot) -> Expr:
        """The adjoint of a container of which no part has one yet."""
        if self.has_keys(slot):
            return Make("dict", ())
        size = call("builtins.len", Value(self.slot_value(slot)), text="len")
        return Apply("mul", (Make("list", (Const(None),)), size), (), "infix", "*")

    def has_keys(self, slot: Slot, key: Expr | None = None) -> bool:
        """Whether a container is one of keys, not of positions; for one of unknown type the first
        key that is seen tells."""
        kind = self.slot_type(slot)
        if isinstance(kind, Unknown):
            if slot not in self.keyed and key is not None:
                positions = isinstance(key, Slice) or is_integral(self.facts.type_of(key))
                self.keyed[slot] = not positions
            return self.keyed.get(slot, False)
        return isinstance(kind, DictOf)

    # ------------------------------------------------------------ expressions

    def pull(self, node: Expr, adjoint: Adjoint) -> None:
        """Passes the adjoint of an expression on to what it reads."""
        if not self.is_varied(node):
            return
        adjoint = self._real_for(node, adjoint)
        slot = self.slot_of(node)
        if slot is not None:
            self.pend(slot, adjoint)
            return
        match node:
            case Apply():
                self._pull_apply(node, adjoint)
            case Make():
                self._pull_make(node, adjoint)
            case Select():
                self._pull_select(node, adjoint)
            case Each():
                self._pull_each(node, adjoint)
            case Invoke():
                self._pull_invoke(node, adjoint)
            case Opaque():
                advice = "If no derivative should flow here, wrap it in stop_gradient(...)."
                if node.code == "S2S012":
                    advice += " Else give it a form that s2sad knows."
                self.refuse(node.code, f"cannot differentiate: {node.reason}", node, advice)

    def _real_for(self, node: Expr, adjoint: Adjoint) -> Adjoint:
        """The adjoint of an expression; of a real value its real part. It is complex where the
        value went into a complex one."""
        if not self.facts.mixed or adjoint.tree or may_be_complex(self.facts.type_of(node)):
            return adjoint
        if not self.complex_numbers.may_be_complex(adjoint.expr):
            return adjoint
        part = self.complex_numbers.real_part(adjoint.expr)
        return replace(adjoint, expr=part, owned=is_fresh(part))

    def slot_of(self, node: Expr) -> Slot | None:
        """The slot of a variable, or of a part of a container that constant keys lead to."""
        if isinstance(node, Ref):
            return node.var, ()
        if not isinstance(node, Apply) or node.op not in ("getitem", "getattr"):
            return None
        if (item := self.held_slot(node)) is not None:
            return item
        base = node.args[0]
        kind = self.facts.type_of(base)
        if isinstance(kind, Array):
            return None
        key = self._constant_key(node, kind)
        if key is None:
            return None
        outer = self.slot_of(base)
        return None if outer is None else (outer[0], (*outer[1], key))

    def held_slot(self, node: Expr, late: bool = False) -> Slot | None:
        """The slot of an item of a container that has a shadow: its adjoint is the same item of the
        shadow. It has a name until the statement's group is written out. A `late` one is the item
        as the statement leaves it."""
        if not self.shadows.of or isinstance(node, Ref):
            return None
        where = place_of(node, self.shadows.of, self.facts, as_value)
        if where is None:
            return None
        name = (structure(where), late)
        if name not in self.items:
            slot: Slot = (node, ())
            var = self.adjoint_var(slot)
            self.items[name] = slot
            self.held[var] = where
            root = next(n.var for n in walk(where) if isinstance(n, Ref))
            self.regions.mirrors[var] = self.regions.mirrors[root]
            kind = self.facts.type_of(node)
            whole = Adjoint(Ref(var), self.facts.array(kind).shape, True, True, is_container(kind))
            self.state.shadows[slot] = whole if whole.tree else self.read(var, whole)
            if late:
                self.late |= {n for n in walk(where) if isinstance(n, Ref)}
        return self.items[name]

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
                return key.value % len(kind.items)
            if isinstance(kind, Struct):
                return f".{kind.fields[key.value][0]}"
            if isinstance(kind, Unknown | DictOf):
                return key.value
        return None

    def _pull_apply(self, node: Apply, adjoint: Adjoint) -> None:
        kind = self.facts.type_of(node.args[0]) if node.args else Inert()
        if node.op in ("getitem", "getattr") and not isinstance(kind, Array):
            self._pull_item(node, adjoint)
            return
        same = node.op in _SAME_ITEMS and adjoint.tree
        if same or (node.op == "numpy.copy" and is_container(kind)):
            self.pull(node.args[0], adjoint)
            return
        if node.op == "add" and not isinstance(self.facts.type_of(node), Array):
            self._pull_joined(node, adjoint)
            return
        if node.op == "s2sad.on_gradient":
            self._pull_marked(node, adjoint)
            return
        found = self.facts.rule_of(node)
        if found is None:
            inner = [a for a in node.args if isinstance(a, Opaque) and not a.inert]
            if inner and any(self.is_varied(a) for a in inner):
                for part in inner:
                    self.pull(part, adjoint)
                return
            known = refusal(self.facts, node, self.engine.program.rules.has(node.op))
            if known is not None:
                self.refuse(known[0], known[1], node, known[2])
                return
            advice = "If no derivative should flow through it, wrap it in stop_gradient(...)."
            name = node.op if "." in node.op else f"the operator {node.text or node.op}"
            if is_own(node.op):
                name = node.text
            self.refuse("S2S012", f"cannot differentiate through {name}", node,
                        f"There is no rule for it in this form. {advice}")  # fmt: skip
            return
        self._apply_rule(node, *found, adjoint)

    def _pull_marked(self, node: Apply, adjoint: Adjoint) -> None:
        """on_gradient(x, function): the adjoint goes through a function of the user's, once."""
        x, function = node.args
        if self.engine.program.unmarked:
            self.pull(x, adjoint)
            return
        if adjoint.tree:
            whole: Expr = call("helper.like_tree", Value(x), adjoint.expr, text="like_tree")
        else:
            expanded = expand(adjoint, node, self.facts)
            whole = expanded.expr
            own = expanded.owned or expanded.shape == SCALAR or is_fresh(whole)
            if not own:  # the function may write into what it is handed
                whole = call("numpy.array", whole)
        result = Apply("call", (as_value(function), whole), (), "called")
        passed = Adjoint(result, self.facts.shape_of(x), True, False, adjoint.tree)
        if self.slot_of(x) is None:
            var = Var(f"d_{self.hint(x)}")
            self.out.append(Assign((var,), result))
            passed = self.read(var, passed)
        self.pull(x, passed)

    def _pull_joined(self, node: Apply, adjoint: Adjoint) -> None:
        """Two lists or tuples put together: each gets its part of the adjoints."""
        left, right = node.args
        adjoint = self.let(f"d_{self.hint(node)}", adjoint)
        kind, other = self.facts.type_of(left), self.facts.type_of(right)
        if isinstance(kind, TupleOf) and isinstance(other, TupleOf):
            parts = [self.part_of(adjoint, k) for k in range(len(kind.items) + len(other.items))]
            items = tuple(Const(0.0) if p is None else p.expr for p in parts)
            first = len(kind.items)
            self.pull(left, Adjoint(Make("tuple", items[:first]), tree=True))
            self.pull(right, Adjoint(Make("tuple", items[first:]), tree=True))
            return
        size: Expr = call("builtins.len", as_value(left), text="len")
        if isinstance(kind, TupleOf):
            size = Const(len(kind.items))
        for part, span in ((left, Slice(None, size)), (right, Slice(size, None))):
            self.pull(part, Adjoint(Apply("getitem", (adjoint.expr, span), (), "index"), tree=True))

    def _pull_item(self, node: Apply, adjoint: Adjoint) -> None:
        """An item of a container at a key that is not constant, or a slice of a list."""
        base = node.args[0]
        name = node.text if node.op == "getattr" else None
        if name is None and isinstance(node.args[1], Const):
            name = node.args[1].value if isinstance(node.args[1].value, str) else None
        if name is not None:
            # A field, or a key that is a string, of what has no slot of its own.
            fields = Make("dict", (adjoint.expr,), (Const(name),))
            self.pull(base, Adjoint(fields, tree=True))
            return
        key = as_value(node.args[1])
        slot = self.slot_of(base)
        kind = self.facts.type_of(base)
        if slot is None and isinstance(kind, TupleOf) and isinstance(key, Const):
            items: list[Expr] = [Const(0.0)] * len(kind.items)
            items[key.value] = adjoint.expr
            self.pull(base, Adjoint(Make("tuple", tuple(items)), tree=True))
            return
        if slot is None:
            temporary = self.let_tree(base)
            self._add_item(temporary, key, adjoint)
            self.pull(base, Adjoint(Ref(self.adjoint_var(temporary)), tree=True))
            self.state.take(base)
            return
        if isinstance(key, Slice):
            self.pend(slot, adjoint, "slice", key)
            return
        self.pend(slot, adjoint, "item", key)

    def let_tree(self, base: Expr) -> Slot:
        """The slot of a container that has no name."""
        return base, ()

    def _add_slice(self, slot: Slot, key: Expr, adjoint: Adjoint) -> None:
        """A slice of a list: the adjoints of its elements go to their places."""
        entry = self.state.get(slot)
        var = self.adjoint_var(slot)
        self.has_keys(slot, key)
        if slot in self.state.shadows:
            part = Apply("getitem", (Ref(var), key), (), "index")
            self._add_in_place(part, replace(adjoint, tree=True))
            return
        if entry is None and not self.loops:
            self.out.append(Assign((var,), self.empty_tree(slot)))
            self.out.append(Assign((Place(Ref(var), key),), adjoint.expr))
        else:
            if entry is None:
                self.out.append(Assign((var,), self.empty_tree(slot)))
            part = Apply("getitem", (Ref(var), key), (), "index")
            value = call("helper.add", part, adjoint.expr, text="add")
            self.out.append(Assign((Place(Ref(var), key),), value))
        self.state.set(slot, Adjoint(Ref(var), tree=True))

    def _apply_rule(
        self, node: Apply, rule: Rule, bound: dict[str, Expr], adjoint: Adjoint
    ) -> None:
        wanted = {
            o.name for o in rule.operands if not o.const and self._operand_varied(bound, o.name)
        }
        lines = [line for line in rule.contributions if line.operand in wanted]
        mask = adjoint.mask
        if adjoint.tree and isinstance(self.facts.type_of(node), ListOf | TupleOf):
            if not _is_complete(adjoint.expr):
                parts = call("helper.all_parts", adjoint.expr, Value(node), text="all_parts")
                adjoint = Adjoint(parts, tree=True)
        seed = rule.place("d_y")
        narrow = rule.kind == "elementwise" or _is_whole_reduction(rule, bound)
        narrow = narrow or all(_adds_to_part(line, seed) for line in lines)
        if not adjoint.full and not narrow:
            adjoint = expand(adjoint, node, self.facts)
        temporaries = self._needed_temporaries(rule, lines)
        reads = sum(count_reads(line.value, seed) for line in lines if line.value is not None)
        reads += sum(count_reads(expr, seed) for _, expr in temporaries)
        reads += sum(isinstance(line.value, Each) for line in lines)
        if reads > 1 and not _is_named(adjoint.expr):
            adjoint = self.let(f"d_{self.hint(node)}", adjoint)
        places: dict[Var, Expr] = {seed: adjoint.expr, rule.place("y"): Value(node)}
        for name, expr in bound.items():
            places[rule.place(name)] = as_value(expr)
        lines, temporaries, conj = self.with_conjugates(node, rule, bound, lines, temporaries)
        for name, expr in temporaries:
            var = rule.place(name)
            uses = sum(count_reads(line.value, var) for line in lines if line.value is not None)
            uses += sum(count_reads(e, var) for _, e in temporaries)
            value = instantiate(expr, places, conj)
            if uses > 1 and not isinstance(value, Ref | Const | Value):
                temporary = Var(name)
                self.out.append(Assign((temporary,), value))
                self.typed(ref := Ref(temporary), self.facts.type_of(value))
                value = ref
            places[var] = value
        gathered: dict[str, list[Adjoint]] = {}
        for line in lines:
            assert line.value is not None
            value = instantiate(line.value, places, conj)
            if conj is not None:
                value = self.complex_numbers.tidied(without_defaults(value))
            operand = bound[line.operand]
            if line.how == "add":
                spec = next(o for o in rule.operands if o.name == line.operand)
                value, passed = self._masked(value, mask, node, operand)
                value = self._real_value(value, operand)
                one = self._contribution(value, node, rule, operand, adjoint, spec)
                one = replace(one, mask=passed)
                gathered.setdefault(line.operand, []).append(one)
            else:
                self._part_contribution(line, value, places, operand, adjoint)
        for name, found in gathered.items():
            operand = bound[name]
            called = role(node, operand)
            if called is not None:
                self.hints.setdefault(operand, called)
            self.pull(operand, _summed(found))

    def with_conjugates(
        self,
        node: Apply,
        rule: Rule,
        bound: dict[str, Expr],
        lines: list[Contribution],
        temporaries: list[tuple[str, Expr]],
    ) -> tuple[
        list[Contribution], list[tuple[str, Expr]], Callable[[Expr], Expr] | None
    ]:  # fmt: skip
        """The lines of a rule with marks around what is conjugated, and what writes a conjugate.

        Where everything is real the lines stay as they are.
        """
        values = [node, *(bound[operand.name] for operand in rule.operands)]
        mixed = self.facts.mixed and any(
            may_be_complex(self.facts.type_of(value)) for value in values
        )
        if not mixed:
            return lines, temporaries, None
        if rule.numbers != "holomorphic":
            return lines, temporaries, _itself
        seeds = adjoints_of(rule)
        marked = [
            line if line.value is None else replace(line, value=conjugated(line.value, seeds))
            for line in lines
        ]
        passed = [
            (name, conjugated(expr, seeds) if rule.place(name) in seeds else expr)
            for name, expr in temporaries
        ]
        return marked, passed, self.complex_numbers.conj

    def _real_value(self, value: Expr, operand: Expr) -> Expr:
        """A contribution to an operand: its real part, before it is summed down, if that is
        real."""
        if not self.facts.mixed:
            return value
        kind = self.facts.type_of(operand)
        if not isinstance(kind, Array) or may_be_complex(kind):
            return value
        return self.complex_numbers.real_part(value)

    def _masked(
        self, value: Expr, mask: Expr | None, node: Apply, operand: Expr
    ) -> tuple[Expr, Expr | None]:
        """A contribution, and the mask that is still to be applied to it.

        np.where gives one of its operands no adjoint where the other was chosen. Zero times an
        infinite slope further down is nan, so the mask waits until the end of the chain of
        elementwise operators of one shape that np.where alone reads.
        """
        chained = isinstance(operand, Apply) and self._is_elementwise(operand)
        chained = chained and same_shape(self.facts.shape_of(node), self.facts.shape_of(operand))
        if mask is not None:
            return (value, mask) if chained else (_with_mask(mask, value), None)
        match value:
            case Apply("numpy.where", (_, Const(0.0), inner)) if chained:
                return inner, value
            case Apply("numpy.where", (_, inner, Const(0.0))) if chained:
                return inner, value
        return value, None

    def _is_elementwise(self, node: Apply) -> bool:
        if not self.is_varied(node) or node.op in ("getitem", "getattr", "add"):
            return node.op == "add" and isinstance(self.facts.type_of(node), Array)
        found = self.facts.rule_of(node)
        return found is not None and found[0].kind == "elementwise" and found[0].view is None

    def _operand_varied(self, bound: dict[str, Expr], name: str) -> bool:
        operand = bound.get(name)
        return operand is not None and self.is_varied(operand)

    def _needed_temporaries(self, rule: Rule, lines: list[Contribution]) -> list[tuple[str, Expr]]:
        """The temporaries of a rule that the lines which are used read, in order."""
        exprs = [line.value for line in lines if line.value is not None]
        exprs += [line.key for line in lines if line.key is not None]
        needed: list[tuple[str, Expr]] = []
        for name, expr in reversed(rule.temporaries):
            if any(count_reads(e, rule.place(name)) for e in exprs):
                needed.insert(0, (name, expr))
                exprs.append(expr)
        return needed

    def _contribution(
        self, value: Expr, node: Apply, rule: Rule, operand: Expr, seed: Adjoint, spec: Operand
    ) -> Adjoint:
        if spec.is_list:
            return self._list_contribution(value, node, operand, spec)
        wanted = self.facts.shape_of(operand)
        fresh = is_fresh(value)
        if self._may_be_integral(value):
            value = _as_float(value)
            fresh = True
        if spec.spec == "" and seed.full and seed.shape == SCALAR and not seed.tree:
            # What gives one number was made from single numbers.
            return Adjoint(value, SCALAR, True, fresh)
        several = self.facts.type_of(node)
        if spec.spec == "" and isinstance(several, TupleOf):
            shape = self.facts.array(several.items[-1]).shape
            if same_shape(shape, wanted):
                return Adjoint(value, wanted, True, fresh)
            sizes = call("numpy.shape", as_value(operand))
            summed = call("helper.unbroadcast", value, sizes, text="unbroadcast")
            return Adjoint(summed, wanted, True, fresh)
        if spec.spec == "":
            whole = self.facts.shape_of(node)
            if isinstance(value, Const) and whole != SCALAR:
                one = Adjoint(value, SCALAR, False, True)
            elif seed.full or rule.kind != "elementwise":
                one = Adjoint(value, whole, True, fresh)
            else:
                shape = self.facts.shape_of(value)
                one = Adjoint(value, shape, same_shape(shape, whole), fresh)
            return reduced_to(one, node, operand, self.facts)
        if isinstance(value, Const):
            return Adjoint(value, SCALAR, wanted == SCALAR, True)
        if _is_reduction(rule):
            shape = self.facts.shape_of(value)
            return Adjoint(value, shape, same_shape(shape, wanted), fresh)
        if spec.broadcasts:
            shape = self.facts.shape_of(value)
            if not same_shape(shape, wanted):
                return reduced_to_leading(value, wanted, operand, self.facts)
        return Adjoint(value, wanted, True, fresh)

    def _may_be_integral(self, value: Expr) -> bool:
        """Whether an adjoint may be an integer or an array of them, which truncates additions."""
        if isinstance(value, Const):
            return isinstance(value.value, int)
        kind = self.facts.type_of(value)
        if isinstance(value, Apply) and value.op in ("add", "sub", "mul", "neg"):
            return all(self._may_be_integral(part) for part in value.args)
        if isinstance(value, Value):
            if value.node in self.facts.varied:
                return False
            if not isinstance(kind, Array):
                return True
            return not (kind.dtype.startswith("float") or may_be_complex(kind))
        return is_integral(kind)

    def _list_contribution(self, value: Expr, node: Apply, operand: Expr, spec: Operand) -> Adjoint:
        """The adjoints of the items of a list; items that were broadcast are summed down later."""
        match value:
            case Each(element=element, target=Var() as target):
                if not count_reads(element, target) and not isinstance(operand, Make):
                    size = call("builtins.len", as_value(operand), text="len")
                    items = Make("list", (element,))
                    value = Apply("mul", (items, size), (), "infix", "*")
        return Adjoint(value, tree=True, result=node if spec.broadcasts else None)

    def _part_contribution(
        self,
        line: Contribution,
        value: Expr,
        places: dict[Var, Expr],
        operand: Expr,
        seed: Adjoint,
    ) -> None:
        assert line.key is not None
        key = instantiate(line.key, places)
        if is_everything(key):
            # x[...] and x[()] are all of x, which may be a number that cannot be written into.
            shape = self.facts.shape_of(operand) if seed.full else seed.shape
            self.pull(operand, Adjoint(value, shape, seed.full))
            return
        slot = self.slot_of(operand)
        value = self._real_value(value, operand)
        part = Adjoint(value, seed.shape)
        if slot is not None:
            self.pend(slot, part, line.how, key)
            return
        var = Var(f"d_{self.hint(operand)}")
        shape = self.facts.shape_of(operand)
        mixed = may_be_complex(self.facts.type_of(operand))
        zeros = self.zeros_of(shape_of_value(operand, self.facts), mixed)
        self.out.append(Assign((var,), zeros))
        place = self.typed(Ref(var), Array("complex128" if mixed else "unknown", shape))
        if line.how == "addat":
            self.out.append(Evaluate(call("numpy.add.at", place, key, value)))
        else:
            self.out.append(Assign((Place(place, key),), value))
        self.pull(operand, Adjoint(place, shape, True, True))

    # ------------------------------------------------------------ containers

    def part_of(self, adjoint: Adjoint, key: str | int) -> Adjoint | None:
        """The adjoint of one item of a container; None when it is zero."""
        expr = adjoint.expr
        key = key[1:] if isinstance(key, str) and key.startswith(".") else key
        match expr:
            case Make("tuple" | "list", items) if isinstance(key, int) and key < len(items):
                part = items[key]
                return None if is_zero(part) else Adjoint(part, tree=_is_tree(part))
            case Make("dict", items, keys):
                for k, item in zip(keys, items, strict=True):
                    if isinstance(k, Const) and k.value == key:
                        return None if is_zero(item) else Adjoint(item, tree=_is_tree(item))
                return None
            case Apply("mul", (Make("list", (item,)), _)):
                return Adjoint(item)
            case Each(element=element, target=Var() as target):
                return Adjoint(instantiate(element, {target: Const(key)}))
        if isinstance(key, int) and isinstance(self.facts.type_of(expr), TupleOf):
            return Adjoint(Apply("getitem", (expr, Const(key)), (), "index"))
        return Adjoint(call("helper.part", expr, Const(key), text="part"))

    def _pull_make(self, node: Make, adjoint: Adjoint) -> None:
        keys: list[str | int]
        if node.kind in ("tuple", "list"):
            keys = list(range(len(node.items)))
            known = isinstance(adjoint.expr, Ref | Make | Const | Each)
            if _is_call(adjoint.expr, "helper.add"):
                adjoint = self.let(f"d_{self.hint(node)}", adjoint)
            elif not known and _repeated(adjoint.expr) is None:
                adjoint = self._unpacked(node, adjoint)
        elif node.kind == "object":
            keys = [f".{k.value}" for k in node.keys if isinstance(k, Const)]
        else:
            keys = [k.value for k in node.keys if isinstance(k, Const)]
            if len(keys) < len(node.keys):
                self.refuse("S2S014", "cannot differentiate a dict with computed keys", node,
                            "Write the keys as constants.")  # fmt: skip
                return
        for key, item in zip(keys, node.items, strict=True):
            if not self.is_varied(item):
                continue
            part = self.part_of(adjoint, key)
            if part is None:
                continue
            tree = part.tree or isinstance(self.facts.type_of(item), _TREES)
            if adjoint.result is not None and not tree:
                shape = self.facts.shape_of(adjoint.result)
                whole = Adjoint(part.expr, shape, not isinstance(part.expr, Const))
                self.pull(item, reduced_to(whole, adjoint.result, item, self.facts))
                continue
            shape = self.facts.shape_of(item)
            unsure = node.kind == "list" and _is_call(part.expr, "helper.part")
            unsure = unsure or self._is_of_some_shape(part.expr)
            if unsure and not tree and shape != SCALAR:
                # An item that has no adjoint any more, or on some path, has the number 0.0.
                self.pull(item, Adjoint(part.expr, Star("?"), False))
                continue
            full = not isinstance(part.expr, Const) or shape == SCALAR
            self.pull(item, Adjoint(part.expr, shape, full, False, tree))

    def _is_of_some_shape(self, expr: Expr) -> bool:
        """Whether a name stands for a number on one path and for an array on the other."""
        kind = self.facts.types.get(expr) if isinstance(expr, Ref) else None
        return isinstance(kind, Array) and kind.shape == Star("?")

    def _unpacked(self, node: Make, adjoint: Adjoint) -> Adjoint:
        """The adjoints of the items of a list, each under a name of its own."""
        parts: list[Target] = []
        names: list[Expr] = []
        for item in node.items:
            var = Var(f"d_{self.hint(item)}" if self.is_varied(item) else "_")
            parts.append(var)
            names.append(self.typed(Ref(var), Array("unknown", self.facts.shape_of(item))))
        self.out.append(Assign((Unpack(tuple(parts)),), adjoint.expr))
        return Adjoint(Make(node.kind, tuple(names)), tree=True)

    # ------------------------------------------------------------ conditional expressions

    def _pull_select(self, node: Select, adjoint: Adjoint) -> None:
        # What is pending may stand in a variable that an arm adds to.
        self.flush()
        adjoint = self.protected(adjoint, f"d_{self.hint(node)}")
        arms: list[tuple[Block, State]] = []
        outer = (self.out, self.pending, self.state)
        for arm in (node.then, node.other):
            self.out, self.pending, self.state = [], {}, outer[2].copy()
            if arm is not node.test or self.is_varied(arm):
                self.pull(arm, adjoint)
            self.flush()
            arms.append((self.out, self.state))
        self.out, self.pending = outer[0], outer[1]
        self.state = self.merge(arms[0], arms[1])
        if arms[0][0] or arms[1][0]:
            self.out.append(Branch(as_value(node.test), arms[0][0], arms[1][0]))

    def protected(self, adjoint: Adjoint, hint: str) -> Adjoint:
        """An adjoint under a name that no contribution overwrites."""
        if adjoint.constant:
            return adjoint
        if isinstance(adjoint.expr, Ref) and adjoint.expr.var not in self.adjoint_vars.values():
            return adjoint
        var = Var(hint)
        self.out.append(Assign((var,), adjoint.expr))
        return self.read(var, adjoint)

    def merge(self, one: tuple[Block, State], other: tuple[Block, State]) -> State:
        """The state where two paths meet; what differs is given a value on both."""
        result = State(shadows=self.state.shadows)
        slots = dict.fromkeys([*one[1].slots(), *other[1].slots()])
        for slot in slots:
            a, b = one[1].get(slot), other[1].get(slot)
            if a is not None and b is not None and same_entry(a, b):
                result.set(slot, joined(a, b))
                continue
            a = self.settle(slot, a, one[0], b)
            b = self.settle(slot, b, other[0], a)
            both = joined(a, b)
            result.set(slot, both if both.tree else self.read(self.adjoint_var(slot), both))
        return result

    def settle(
        self, slot: Slot, entry: Adjoint | None, out: Block, like: Adjoint | None
    ) -> Adjoint:
        """Makes a slot's adjoint stand in its variable; `like` is what it is on the other path."""
        var = self.adjoint_var(slot)
        if entry is not None and _holds(entry, var):
            return entry
        if entry is None:
            if like is not None and like.tree:
                out.append(Assign((var,), Const(0.0)))
                return Adjoint(Ref(var), tree=True)
            shape = self.slot_shape(slot)
            if shape == SCALAR:
                none = Const(0j if self.is_complex_slot(slot) else 0.0)
                out.append(Assign((var,), none))
                return self.read(var, Adjoint(none, SCALAR, True, True))
            if isinstance(slot[0], Var) and not slot[0].user:
                # The result, which has no value yet on this path.
                out.append(Assign((var,), Const(0.0)))
                return self.read(var, Adjoint(Const(0.0), SCALAR, False, True))
            if slot[1]:
                # A part of a container may not even exist on this path.
                out.append(Assign((var,), Const(0.0)))
                return self.read(var, Adjoint(Const(0.0), SCALAR, False, True))
            if like is not None and like.full:
                out.append(Assign((var,), self.zeros(slot)))
                return self.read(var, Adjoint(Const(0.0), shape, True, True))
            out.append(Assign((var,), Const(0.0)))
            return self.read(var, Adjoint(Const(0.0), SCALAR, False, True))
        out.append(Assign((var,), entry.expr))
        return self.read(var, entry) if not entry.tree else Adjoint(Ref(var), tree=True)

    # ------------------------------------------------------------ comprehensions

    def _pull_each(self, node: Each, adjoint: Adjoint) -> None:
        raise NotImplementedError

    def _pull_invoke(self, node: Invoke, adjoint: Adjoint) -> None:
        raise NotImplementedError


# ---------------------------------------------------------------- questions about expressions


def _merged(
    contributions: list[tuple[str, Expr | None, Adjoint]], assigned: set[int]
) -> list[tuple[str, Expr | None, Adjoint]]:
    """Contributions in which those to one place are one sum."""
    result: list[tuple[str, Expr | None, Adjoint]] = []
    places: dict[object, int] = {}
    for how, at, adjoint in contributions:
        name = (how, structure(at)) if how == "index" and at is not None else None
        if name is None or adjoint.tree or name not in places or id(adjoint) in assigned:
            if name is not None:
                places[name] = len(result)
            result.append((how, at, adjoint))
            continue
        first = result[places[name]][2]
        total = replace(first, expr=add(first.expr, adjoint.expr), owned=True)
        if id(first) in assigned:
            assigned.discard(id(first))
            assigned.add(id(total))
        result[places[name]] = (how, at, total)
    return result


def _is_copy_of_complex(slot: Slot, others: list[Slot], pending: Pending) -> bool:
    """Whether a slot gets an adjoint as it is, of which another gets the real or imaginary part:
    that comes first, so that the two are one variable."""
    found = [adjoint.expr for _, _, adjoint in pending[slot]]
    if len(found) != 1 or not isinstance(found[0], Ref):
        return False
    parts = [a.expr for other in others for _, _, a in pending[other] if other != slot]
    return any(
        isinstance(n, Apply) and n.op in ("numpy.real", "numpy.imag") and
        any(isinstance(m, Ref) and m.var is found[0].var for m in walk(n))
        for part in parts for n in walk(part)
    )  # fmt: skip


def _adds_to_part(line: Contribution, seed: Var) -> bool:
    """Whether a contribution is d_x[key] += d_y, which expands a narrow d_y by itself."""
    return line.how != "add" and isinstance(line.value, Ref) and line.value.var is seed


def reduced_to_leading(value: Expr, wanted: Any, operand: Expr, facts: Facts) -> Adjoint:
    """The adjoint of an operand whose leading axes were broadcast."""
    shape = facts.shape_of(value)
    down = summed_down(value, wanted, shape, facts)
    if down is not None:
        return Adjoint(down, wanted, True, True)
    sizes = call("numpy.shape", Value(operand))
    summed = call("helper.unbroadcast", value, sizes, text="unbroadcast")
    return Adjoint(summed, wanted, True, is_fresh(value))


def _is_reduction(rule: Rule) -> bool:
    return isinstance(rule.result, Apply) and rule.result.op == "shape.reduced"


def _is_whole_reduction(rule: Rule, bound: dict[str, Expr]) -> bool:
    """Whether a rule reduces over all axes, so that its adjoint is one number for each element."""
    if not _is_reduction(rule) or not isinstance(rule.result, Apply):
        return False
    axis = rule.result.args[1]
    if isinstance(axis, Ref):
        axis = bound.get(axis.var.hint, axis)
    return isinstance(axis, Const) and axis.value is None


def _summed_shape(entry: Adjoint, shape: AnyShape, full: bool) -> AnyShape:
    """The shape of the sum of an entry and of what is added to it."""
    if full or entry.shape == shape:
        return shape
    return entry.shape if entry.full else Star("?")


def _as_float(value: Expr) -> Expr:
    """An adjoint that is a float where its factors are integers."""
    if isinstance(value, Const):
        return Const(float(value.value))
    return Apply("mul", (Const(1.0), value), (), "infix", "*")


def is_zero(expr: Expr) -> bool:
    """Whether an adjoint is zero, as far as is known at generation."""
    return isinstance(expr, Const) and (expr.value is None or expr.value == 0)


def _is_named(expr: Expr) -> bool:
    """Whether an adjoint is a tuple of results' adjoints, which have names."""
    if not isinstance(expr, Make) or expr.kind != "tuple":
        return False
    return all(isinstance(item, Ref | Const) for item in expr.items)


def _is_tree(expr: Expr) -> bool:
    return isinstance(expr, Make)


def _with_mask(mask: Expr, value: Expr) -> Expr:
    """A contribution under the mask of an np.where: where the other operand was chosen, zero."""
    assert isinstance(mask, Apply)
    test, first, _ = mask.args
    if is_zero(first):
        return call("numpy.where", test, Const(0.0), value)
    return call("numpy.where", test, value, Const(0.0))


def _is_complete(expr: Expr) -> bool:
    """Whether the adjoint of a list has all its items."""
    if isinstance(expr, Make):
        return expr.kind in ("tuple", "list") and not any(is_zero(item) for item in expr.items)
    return not isinstance(expr, Ref) and not _is_call(expr, "helper.add")


def is_everything(key: Expr) -> bool:
    """Whether an index takes the whole array."""
    if isinstance(key, Const):
        return key.value is Ellipsis
    return isinstance(key, Make) and key.kind == "tuple" and not key.items


def _is_literal_tree(expr: Expr) -> bool:
    """Whether the adjoint of a container is known at generation."""
    if isinstance(expr, Make):
        return all(_is_literal_tree(item) for item in (*expr.items, *expr.keys))
    return isinstance(expr, Const)


def _is_call(expr: Expr, op: str) -> bool:
    return isinstance(expr, Apply) and expr.op == op


def _repeated(expr: Expr) -> Expr | None:
    """The item of `[item] * n`."""
    match expr:
        case Apply("mul", (Make("list", (item,)), _)):
            return item
    return None


def _holds(entry: Adjoint, var: Var) -> bool:
    return isinstance(entry.expr, Ref) and entry.expr.var is var


_SAME_ITEMS = {
    "builtins.list", "builtins.tuple", "builtins.dict", "builtins.iter", "copy.copy",
    "copy.deepcopy",
}  # fmt: skip
"""Operators whose result is a container with the items of their operand."""

_NOT_NEW = {"helper.unbroadcast", "helper.add", "helper.part", "numpy.real", "numpy.imag"}
"""Operators whose result may be an operand itself, or share memory with it."""


def _itself(expr: Expr) -> Expr:
    return expr


def _type_name(name: str) -> Expr:
    """A type as an argument: float, complex."""
    return Apply(f"builtins.{name}", (), (), "name", name)


def is_fresh(expr: Expr) -> bool:
    """Whether evaluating an expression makes an array that nothing else refers to."""
    if isinstance(expr, Const):
        return True
    if isinstance(expr, Apply) and expr.op in ("numpy.real", "numpy.imag"):
        return not isinstance(expr.args[0], Ref | Value) and is_fresh(expr.args[0])
    if not isinstance(expr, Apply) or expr.op in _NOT_NEW or expr.op.startswith("backward"):
        return False
    if is_own(expr.op) or expr.op == "call":
        return False
    return all(rule.view is None for rule in rules().get(expr.op, ()))


def _summed(found: list[Adjoint]) -> Adjoint:
    """The sum of several adjoints of one value."""
    if len(found) == 1:
        return found[0]
    if any(a.tree for a in found):
        whole = found[0].expr
        for other in found[1:]:
            whole = call("helper.add", whole, other.expr, text="add")
        return Adjoint(whole, tree=True)
    total = add(*(a.expr for a in found))
    best = next((a for a in found if a.full), found[0])
    if isinstance(total, Const):
        return Adjoint(total, SCALAR, best.full and best.shape == SCALAR, True)
    return Adjoint(total, best.shape, best.full, True)


def _renamed(expr: Expr | None, old: Var, new: Var) -> Expr | None:
    from s2sad.tidy.algebra import rewrite

    if expr is None:
        return None
    return rewrite(expr, lambda n: Ref(new) if isinstance(n, Ref) and n.var is old else None)


def _renamed_adjoint(adjoint: Adjoint, old: Var, new: Var) -> Adjoint:
    expr = _renamed(adjoint.expr, old, new)
    assert expr is not None
    return Adjoint(expr, adjoint.shape, adjoint.full, adjoint.owned, adjoint.tree)


def _makes_new(statement: Stmt) -> bool:
    """Whether a statement of a group gives a name to a new array."""
    return isinstance(statement, Assign) and is_fresh(statement.value)


def _values(statement: Stmt) -> list[Expr]:
    from s2sad.derive.parts import exprs_of

    return exprs_of(statement)


def _is_from_zero(bounds: tuple[Expr, ...]) -> bool:
    """Whether a range holds no negative numbers."""
    low = bounds[1] if len(bounds) == 3 and is_negative(bounds[2]) else bounds[0]
    return (
        isinstance(low, Const)
        and isinstance(low.value, int)
        and low.value >= -1 + (low is bounds[0])
    )
