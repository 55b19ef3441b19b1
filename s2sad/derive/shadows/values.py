"""The shadow of a value, as an expression: the same view of the shadow of what it is a view of,
zeros of its shape for a new array, and for what may be either the choice that a run makes.

    b[1:]            d_b[1:]
    np.tanh(b)       np.zeros_like(c)                               bound to c
    b.reshape(n)     d_b.reshape(n) if c_is_view else np.zeros_like(c)
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from s2sad.analysis.types import (
    Array,
    DictOf,
    Inert,
    ListOf,
    Shape,
    Struct,
    TupleOf,
    Type,
    Unknown,
    is_integral,
    is_number,
    is_scalar,
    may_be_complex,
)
from s2sad.derive.broadcasting import call
from s2sad.derive.held import is_boxed, is_container, is_held, item_of, part_of
from s2sad.derive.shadows.made import Refused, Shadows, let
from s2sad.derive.shadows.which import Which
from s2sad.ir.nodes import (
    Apply,
    Block,
    Const,
    Each,
    Expr,
    Invoke,
    Make,
    Ref,
    Select,
    Slice,
    Var,
    walk,
)


class Values:
    """Writes the shadows of values. `exact` is the argument that a call returns."""

    def __init__(
        self, which: Which, shadows: Shadows, exact: Callable[[Invoke], Expr | None]
    ) -> None:
        self.which = which
        self.shadows = shadows
        self.exact = exact
        self.facts = which.facts
        self.regions = which.regions
        self.handed = which.handed
        self.tests: Block = []
        self.gone: set[Var] = set()

    def shadows_of(
        self, bound: list[tuple[Expr, Expr]], replaced: set[Var]
    ) -> tuple[Block, list[Expr]]:
        """The shadows of values, each with where it stands when a statement has bound them all and
        has given the variables in `replaced` other values; what says which are views comes first.
        """
        self.tests, self.gone = [], replaced
        return self.tests, [self._mirrored(value, where) for value, where in bound]

    def _mirrored(self, value: Expr, where: Expr) -> Expr:
        """The shadow of a value, which can be read from `where` it is bound: of what may be a view
        or none, a run tells."""
        taken_apart = isinstance(value, Select) or (
            self.which.holds(value)
            and (isinstance(value, Make) or isinstance(value, Apply) and value.op in ("add", "mul"))
        )
        if taken_apart or self.is_settled(value):
            return self.same(value, where)
        if self.which.holds(value):
            raise Refused("whether this holds views or copies is decided when it runs")
        is_view = self._has_axes_left(value)
        if is_view is not None:
            self.shadows.sharing[value] = is_view
            number = call("numpy.zeros", Make("tuple", ()))
            return Select(is_view, self.same(value, where), number)
        roots = [v for v, _ in self.which.aliases(value)]
        if set(roots) & self.gone:
            raise Refused("this may be a view or a copy")
        flag = Var(f"{_hint(where)}_is_view")
        self.shadows.sharing[value] = Ref(flag)
        self.tests.append(let(flag, call("numpy.may_share_memory", where, Ref(roots[0]))))
        return Select(Ref(flag), self.same(value, where), self.zeros(where))

    def _has_axes_left(self, value: Expr) -> Expr | None:
        """Whether what has a name is an array, or an element of it by whole numbers, as its rank
        says."""
        axes = 0
        while isinstance(value, Apply) and value.op == "getitem":
            key = value.args[1]
            parts = key.items if isinstance(key, Make) and key.kind == "tuple" else (key,)
            kinds = [self.facts.type_of(part) for part in parts]
            if not all(is_integral(kind) and is_scalar(kind) for kind in kinds):
                return None
            axes += len(parts)
            value = value.args[0]
        if not isinstance(value, Ref) or not isinstance(self.facts.type_of(value), Array):
            return None
        if not axes:
            array = Apply("numpy.ndarray", (), (), "name", "np.ndarray")
            return call("builtins.isinstance", Ref(value.var), array, text="isinstance")
        rank = call("numpy.ndim", Ref(value.var))
        return Apply("gt", (rank, Const(axes)), (), "infix", ">")

    def check_own(self, container: Expr) -> None:
        """What a caller's container holds is not changed: its shadow is that of after the call."""
        regions = {self.regions.of(v) for v in self.handed if is_container(self.which.kind(v))}
        if any(self.regions.of(v) in regions for v, _ in self.which.aliases(container)):
            raise Refused(
                "this changes what a list or dict of the caller's holds",
                "Return a new list or dict instead, or write into the arrays that it holds.",
                of_caller=True,
            )

    def is_settled(self, value: Expr) -> bool:
        """Whether it is known that a value is a view, or that it is none."""
        match value:
            case Select():
                return self.is_settled(value.then) and self.is_settled(value.other)
            case Make(items=parts) | Apply("add" | "mul", parts) if self.which.holds(value):
                return all(self.is_settled(part) for part in parts)
            case Each():
                return self.is_settled(value.element)
            case Invoke():
                argument = self.exact(value)
                return argument is None or self.is_settled(argument)
        found = self.which.aliases(value)
        if any(how == "maybe" for _, how in found):
            return False
        if isinstance(self.facts.type_of(value), Array) and not self.which.is_array(value):
            if any(self.which.is_replaced(v) for v, _ in found):
                return False
        return not found or not isinstance(value, Apply) or self._is_certain(value)

    def _is_certain(self, value: Expr) -> bool:
        """Whether a part of an array is certainly a view of it: not a number, and no copy of what
        an array of indices chooses."""
        if not isinstance(value, Apply):
            return True
        base = value.args[0]
        if not isinstance(self.facts.type_of(base), Array):
            return True
        if value.op == "getitem" and not self.which.is_array(value):
            key = value.args[1]
            return _is_sliced(key) and self._is_basic(key) and self._is_certain(base)
        return self._is_certain(base)

    def _is_basic(self, key: Expr) -> bool:
        """Whether an index consists of slices and whole numbers, which give views."""
        parts = key.items if isinstance(key, Make) and key.kind == "tuple" else (key,)
        return all(
            isinstance(part, Slice)
            or (isinstance(part, Const) and not isinstance(part.value, bool | tuple))
            or (is_integral(kind := self.facts.type_of(part)) and is_scalar(kind))
            for part in parts
        )

    def same(self, value: Expr, where: Expr) -> Expr:
        """The shadow of a value that is a view, or none, for certain."""
        if isinstance(value, Make) and self.which.holds(value):
            return self._made(value, where)
        if isinstance(value, Apply) and value.op == "mul" and self.which.holds(value):
            both = [self._repeated(e, where) if self.which.holds(e) else e for e in value.args]
            return replace(value, args=tuple(both), origin=None)
        if not self.which.aliases(value):
            return self.zeros(where)
        match value:
            case Select(test, then, other):
                roots = {n.var for n in walk(where) if isinstance(n, Ref)}
                if any(isinstance(n, Ref) and n.var in roots for n in walk(test)):
                    raise Refused("which array this is depends on what it replaces")
                return Select(test, self._mirrored(then, where), self._mirrored(other, where))
            case Apply("add", (left, right)) if self.which.holds(value):
                size = len(right.items) if isinstance(right, Make) else 0
                end = Apply("getitem", (where, Slice(Const(-size), None)), (), "index")
                both = [self._joined(left, where), self._joined(right, end)]
                return Apply("add", tuple(both), (), "infix", "+")
        return self.view(value)

    def _repeated(self, value: Expr, where: Expr) -> Expr:
        """The shadow of a list that is repeated: one of None is of None, however often it is."""
        if isinstance(value, Make) and all(_is_none(item) for item in value.items):
            return value
        return self._mirrored(value, where)

    def _joined(self, value: Expr, where: Expr) -> Expr:
        """The shadow of one of two lists that are put together."""
        if not isinstance(value, Make) and not self.which.aliases(value):
            raise Refused("a list that has no name is put together with one that is written into")
        return self._mirrored(value, where)

    def _made(self, value: Make, where: Expr) -> Expr:
        """The shadow of a container that is built: a list or dict of shadows."""
        if value.kind in ("list", "tuple"):
            kind = self.facts.type_of(value)
            items = [self._mirrored(e, part_of(where, k, kind)) for k, e in enumerate(value.items)]
            return Make("list", tuple(items))
        names = [key.value for key in value.keys if isinstance(key, Const)]
        if len(names) < len(value.keys):
            raise Refused("a dict with computed keys holds what is written into elsewhere")
        kind = self.facts.type_of(value)
        items = [
            self._mirrored(item, part_of(where, name, kind))
            for name, item in zip(names, value.items, strict=True)
        ]
        return Make("dict", tuple(items), value.keys)

    def view(self, value: Expr) -> Expr:
        """The same view of the shadow."""
        match value:
            case Ref(var):
                return Ref(self.shadow(var))
            case Invoke():
                argument = self.exact(value)
                if argument is None:
                    raise Refused(f"what {value.callee.name} returns may be a part of its argument")
                return self.view(argument)
            case Apply("getitem" | "getattr", (base, *_)) if is_held(value, self.facts):
                key = value.args[1] if value.op == "getitem" else Const(value.text)
                return item_of(self.view(base), value, self.facts.type_of(base), key)
            case Apply(
                "builtins.list" | "builtins.tuple" | "copy.copy", (base,)
            ) if self.which.holds(base):
                op = "dict" if isinstance(self.facts.type_of(base), DictOf | Struct) else "list"
                return call(f"builtins.{op}", self.view(base), text=op)
            case Apply("list.pop", (base,)):
                self.check_own(base)
                return replace(value, args=(self.view(base),), origin=None)
            case Apply("builtins.dict" | "builtins.reversed" | "dict.values", (base,)):
                return replace(value, args=(self.view(base),), origin=None)
            case Apply("numpy.copy", (base,)) if self.which.holds(base):
                return replace(value, args=(self.view(base),), origin=None)
            case Apply(op, (base, *rest)) if isinstance(self.facts.type_of(base), Array | Unknown):
                if op.startswith("attribute."):
                    raise Refused("s2sad cannot follow which array this stands for")
                if op in ("builtins.list", "builtins.tuple"):
                    self._check_rows(base)
                    return replace(value, args=(self.view(base),), origin=None)
                if op.startswith("builtins."):
                    # The smallest item of an array is not that of its shadow.
                    raise Refused("s2sad cannot follow which array this stands for")
                made = replace(value, args=(self.view(base), *rest), origin=None)
                self.facts.types[made] = self.facts.type_of(value)
                return made
        raise Refused("s2sad cannot follow which array this stands for")

    def _check_rows(self, base: Expr) -> None:
        """Refuses a list of an array's items that may be numbers, which are no views."""
        kind = self.facts.type_of(base)
        if not (isinstance(kind, Array) and isinstance(kind.shape, Shape) and kind.shape.rank > 1):
            raise Refused("whether a list of it holds parts of the array or numbers is not known")

    def check_array(self, var: Var) -> None:
        """Refuses a variable that may stand for a number."""
        self.check_kind(Ref(var), var.hint)

    def check_kind(self, value: Expr, what: str) -> None:
        """Refuses a value that may be a number."""
        kind = self.facts.type_of(value)
        if not (isinstance(kind, Array) and isinstance(kind.shape, Shape)):
            raise Refused(
                f"whether {what} is a part of the array or a number is not known: it depends "
                "on the array's rank"
            )

    def shadow(self, var: Var) -> Var:
        """The shadow of a variable."""
        if var not in self.shadows.of:
            shadow = self.handed.get(var) or Var(f"d_{var.hint}")
            self.shadows.of[var] = shadow
            kind: Type = self.facts.bindings.get(var, Unknown(var.hint))
            self.regions.mirror(shadow, var, is_container(kind))
            self.facts.bindings[shadow] = _shadow_type(kind)
        return self.shadows.of[var]

    def zeros(self, where: Expr) -> Expr:
        """The shadow of a new value, which can be read from `where` it is bound."""
        kind = self.facts.type_of(where)
        if isinstance(kind, Inert):
            return Const(None)
        if is_number(kind):
            return self._zero_of_number(where)
        if isinstance(kind, TupleOf):
            parts = [part_of(where, k, kind) for k in range(len(kind.items))]
            return Make("list", tuple(self.zeros(part) for part in parts))
        if isinstance(kind, ListOf) and isinstance(kind.item, Array):
            item = Var("item")
            self.facts.bindings[item] = kind.item
            return Each("list", self.zeros(Ref(item)), item, where)
        if is_container(kind) and may_be_complex(kind):
            raise Refused("a list or dict of complex arrays is written into under another name")
        if is_container(kind):
            return call("helper.shadow_of", where, text="shadow_of")
        if isinstance(kind, Array) and kind.dtype.startswith(("float", "complex")):
            return call("numpy.zeros_like", where)
        name = "complex" if may_be_complex(kind) else "float"
        dtype = Apply(f"builtins.{name}", (), (), "name", name)
        return call("numpy.zeros_like", where, dtype=dtype)

    def _zero_of_number(self, where: Expr) -> Expr:
        if not is_boxed(where, self.regions, self.facts):
            return Const(0.0)
        if may_be_complex(self.facts.type_of(where)):
            dtype = Apply("builtins.complex", (), (), "name", "complex")
            return call("numpy.zeros", Make("tuple", ()), dtype=dtype)
        return call("numpy.zeros", Make("tuple", ()))


def _shadow_type(kind: Type) -> Type:
    """The type of the shadow of a container: a list or a dict of shadows."""
    match kind:
        case TupleOf(items):
            return TupleOf(tuple(_shadow_type(item) for item in items))
        case Struct(_, fields):
            return DictOf(tuple((name, _shadow_type(item)) for name, item in fields))
    return kind


def _hint(where: Expr) -> str:
    """What a place is called: by its variable or by its key."""
    match where:
        case Ref(var):
            return var.hint
        case Apply("getitem", (_, Const(str() as name))) if name.isidentifier():
            return name
        case Apply(_, (whole, *_)):
            return _hint(whole)
    return "item"


def _is_none(expr: Expr) -> bool:
    return isinstance(expr, Const) and expr.value is None


def _is_sliced(key: Expr) -> bool:
    parts = key.items if isinstance(key, Make) and key.kind == "tuple" else (key,)
    return any(
        isinstance(part, Slice) or (isinstance(part, Const) and part.value is Ellipsis)
        for part in parts
    )
