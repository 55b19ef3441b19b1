"""Which variables the value of an expression may share memory with, and how.

    aliases(v[0])               [(v, view)]
    aliases([u, v] + [w])       [(u, part), (v, part), (w, part)]
    aliases(np.tanh(v))         []

What an operator gives shares memory as its rule says (`@view`); what a call gives, as the
function's body says. Where the types of values are known, numbers and what else cannot be changed
share nothing.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import cached_property
from typing import TYPE_CHECKING

from s2sad.analysis.paths import Path, is_read_whole, path_of, paths_read
from s2sad.analysis.sharing import Aliases, CallEffects, Sharing, TypeOf, weaker
from s2sad.analysis.types import (
    SCALAR,
    Array,
    DictOf,
    ListOf,
    Struct,
    TupleOf,
    holds_numbers,
    is_integral,
    is_number,
)
from s2sad.ir.flow import targets_of
from s2sad.ir.nodes import (
    Apply,
    Const,
    Each,
    Expr,
    Function,
    Invoke,
    Make,
    Opaque,
    Ref,
    Select,
    Slice,
    Unpack,
    Var,
)

if TYPE_CHECKING:
    from s2sad.derive.templates import Rule


class AliasFinder:
    """Finds what values share memory with. `calls` knows what callees do to their arguments."""

    def __init__(
        self, function: Function, calls: CallEffects, type_of: TypeOf | None = None
    ) -> None:
        self.function = function
        self.calls = calls
        self.type_of = type_of
        self._inner: Expr | None = None

    def aliases(self, expr: Expr) -> Aliases:
        """The variables that the value of an expression may share memory with."""
        return list(dict(self._aliases(expr)).items())

    def passes_on(self, expr: Expr, inner: Expr) -> bool:
        """Whether the value of an expression may share memory with that of one inside of it."""
        self._inner = inner
        found = any(var is _INNER for var, _ in self._aliases(expr))
        self._inner = None
        return found

    def part_aliases(self, value: Expr, count: int) -> list[Aliases] | None:
        """The variables that each of so many parts of a value may share memory with; None where
        that is not known of the parts."""
        if isinstance(value, Make) and len(value.items) == count:
            return [self.aliases(item) for item in value.items]
        if isinstance(value, Invoke):
            effects = self.calls.effects(value)
            if len(effects.parts) == count and not effects.tangled:
                shared = (self._of_arguments(value, part) for part in effects.parts)
                return [list(dict(part).items()) for part in shared]
        return None

    def _of_arguments(
        self, call: Invoke, shared: dict[int, Sharing]
    ) -> Iterator[tuple[Var, Sharing]]:
        """The variables that a result shares memory with which shares it with these arguments."""
        for position, how in shared.items():
            argument = call.args[position]
            if argument is not None:
                for var, inner in self._aliases(argument):
                    yield var, how if inner == "same" else weaker(inner, how)

    def stored(self, base: Expr, key: Expr | str, value: Expr) -> Aliases:
        """What a write puts into a container as it is; into an array it is copied."""
        if isinstance(key, Make) and any(isinstance(part, Slice) for part in key.items):
            return []  # only arrays have several axes
        if self.type_of is not None and isinstance(self.type_of(base), Array):
            return []
        return self.aliases(value)

    def _aliases(self, expr: Expr) -> Iterator[tuple[Var, Sharing]]:
        if self._is_immutable(expr) or self._copies_numbers(expr):
            return
        if expr is self._inner:
            yield _INNER, "same"
            return
        match expr:
            case Ref(var):
                yield var, "same"
            case Select():
                for arm in (expr.then, expr.other):
                    yield from self._aliases(arm)
            case Make():
                for item in expr.items:
                    for var, _ in self._aliases(item):
                        yield var, "part"
            case Each():
                targets = set(targets_of(expr.target))
                held = dict.fromkeys(var for var, _ in self._aliases(expr.element))
                if targets & held.keys():
                    for var, _ in self._aliases(expr.iterable):
                        yield var, "part"
                for var in held:
                    if var not in targets:
                        yield var, "part"
            case Opaque():
                if not expr.inert:
                    for part in expr.parts:
                        for var, _ in self._aliases(part):
                            yield var, "maybe"
            case Invoke():
                yield from self._of_arguments(expr, self.calls.effects(expr).returns)
            case Apply():
                yield from self._shared_by(expr)

    def _shared_by(self, node: Apply) -> Iterator[tuple[Var, Sharing]]:
        """What the result of an operator may share memory with."""
        if node.op == "s2sad.on_gradient":
            yield from self._aliases(node.args[0])
            return
        if self._passes_items_on(node):
            for part in node.args:
                for var, _ in self._aliases(part):
                    yield var, "part"
            return
        variants = self.calls.program.rules.variants(node.op)
        if node.op in ("getitem", "getattr"):
            if node.op == "getitem" and self._copies(node):
                return
            for var, how in self._aliases(node.args[0]):
                yield var, "maybe" if how == "maybe" else "view"
            return
        if node.op == "attribute.flat":
            for var, _ in self._aliases(node.args[0]):
                yield var, "part"
            return
        if node.op == "copy.copy":
            # A copied container holds the items that the other one holds.
            if self.type_of is None or not isinstance(self.type_of(node.args[0]), Array):
                yield from ((var, "part") for var, _ in self._aliases(node.args[0]))
            return
        if node.op in _FRESH or node.form == "name" or node.op.startswith("attribute."):
            return
        if not variants or node.op.startswith(_CONTAINERS):
            if node.op.startswith(("numpy.", "math.", "scipy.")):
                return
            for part in (*node.args, *(value for _, value in node.kwargs)):
                for var, _ in self._aliases(part):
                    yield var, "part"
            return
        yield from self._by_rules(node, variants)

    def _by_rules(self, node: Apply, variants: Sequence[Rule]) -> Iterator[tuple[Var, Sharing]]:
        """What an operator's result may share memory with, as its rules say."""
        held = [rule.position(o.name) for rule in variants if rule.is_tree
                for o in rule.operands if not o.const]  # fmt: skip
        for position in dict.fromkeys(held):
            for var, _ in self._aliases(node.args[position]):
                yield var, "part"
        views = [(r.position(r.view[0]), r.view[1]) for r in variants if r.view is not None]
        if not views or not node.args:
            return
        certain = len(views) == len(variants) and all(how == "always" for _, how in views)
        for position in dict.fromkeys(position for position, _ in views):
            for var, how in self._aliases(node.args[min(position, len(node.args) - 1)]):
                yield var, "view" if certain and how != "maybe" else "maybe"

    def _passes_items_on(self, node: Apply) -> bool:
        """Whether the result is a list or dict of the items of others: xs + ys, [x] * n, copies."""
        if node.op not in PASS_ITEMS_ON:
            return False
        if node.op in ("add", "mul", "bitor"):
            return any(self.is_certain_container(part) for part in node.args)
        is_method = node.form == "method" or node.op == "copy.copy"
        return is_method and self.is_certain_container(node.args[0])

    def _copies(self, node: Apply) -> bool:
        """Whether an index certainly copies: it chooses by an array of integers or by a mask."""
        if self.type_of is None or not isinstance(self.type_of(node.args[0]), Array):
            return False
        key = node.args[1]
        parts = key.items if isinstance(key, Make) and key.kind == "tuple" else (key,)
        kinds = [self.type_of(part) for part in parts]
        return any(
            (isinstance(part, Make) and part.kind == "list")
            or (isinstance(kind, Array) and kind.shape != SCALAR and _is_index(kind))
            for part, kind in zip(parts, kinds, strict=True)
        )

    def _is_immutable(self, expr: Expr) -> bool:
        """Whether a value is certainly a number or something else that cannot be changed."""
        if self.type_of is None:
            return False
        return is_number(self.type_of(expr))

    def _copies_numbers(self, expr: Expr) -> bool:
        """Whether a value is a container of its own that holds nothing that can be changed."""
        if self.type_of is None or not isinstance(expr, Apply):
            return False
        is_slice = expr.op == "getitem" and isinstance(expr.args[1], Slice)
        return (is_slice or expr.op in _COPIES) and holds_numbers(self.type_of(expr))

    def is_certain_container(self, expr: Expr) -> bool:
        """Whether a value is certainly a list, a tuple, a dict or an object."""
        return isinstance(expr, Make | Each) or self._is_typed_container(expr)

    def _is_typed_container(self, expr: Expr) -> bool:
        if self.type_of is None:
            return False
        return isinstance(self.type_of(expr), ListOf | TupleOf | DictOf | Struct)

    def is_array(self, base: Expr) -> bool:
        """Whether a write to a part of a value changes an array, and not which items a container
        has."""
        if self.type_of is None:
            return True
        return not isinstance(self.type_of(base), ListOf | TupleOf | DictOf | Struct)

    def is_unnamed(self, base: Expr) -> bool:
        """Whether an array that is written into is one of those that a container holds, and is read
        under other names: which one it is depends on a run, xs[i][0] = e, or the container is read
        as a whole."""
        while isinstance(base, Apply) and base.args:
            inner = base.args[0]
            if base.op == "getitem" and not self.is_array(inner):
                kind = None if self.type_of is None else self.type_of(inner)
                if isinstance(kind, ListOf) or not isinstance(base.args[1], Const):
                    return True
            if not self.is_array(inner) and (path := path_of(base)) is not None:
                if is_read_whole(path, self._paths_read):
                    return True
            base = inner
        return False

    @cached_property
    def _paths_read(self) -> set[Path]:
        return paths_read(self.function)

    def is_repeated(self, expr: Expr) -> bool:
        """Whether a list holds the same objects several times: [x] * n."""
        if not isinstance(expr, Apply) or expr.op != "mul":
            return False
        held = [e for e in expr.args if self.is_certain_container(e)]
        items = [i for e in held for i in (e.items if isinstance(e, Make) else ())]
        return bool(held) and not (items and all(self._is_immutable(item) for item in items))

    def is_exchange(self, target: Unpack, value: Expr) -> bool:
        """Whether names trade places: `u, v = v, u`."""
        if not isinstance(value, Make):
            return False
        names = [t for t in target.targets if isinstance(t, Var)]
        items = [i.var for i in value.items if isinstance(i, Ref)]
        return (
            len(names) == len(target.targets)
            and len(items) == len(value.items)
            and len(set(names)) == len(names)
            and set(names) == set(items)
            and len(items) == len(names)
        )


PASS_ITEMS_ON = {"add", "mul", "bitor", "numpy.copy", "copy.copy"}
"""Operators whose result holds the items of their operands, where these are lists or dicts."""

_INNER = Var("inner")
"""Stands for the value of the expression that `passes_on` follows."""

_FRESH = {"builtins.len", "builtins.range", "builtins.float", "builtins.int", "numpy.copy",
          "copy.deepcopy", "s2sad.stop_gradient"}  # fmt: skip
"""Operators whose result shares nothing with what they are given."""

_COPIES = {"add", "mul", "numpy.copy", "copy.copy", "builtins.dict", "builtins.list",
           "builtins.sorted", "builtins.tuple"}  # fmt: skip
"""Operators whose result is a new container, where it is one."""

_CONTAINERS = ("builtins.", "dict.", "tqdm.", "list.")


def _is_index(kind: Array) -> bool:
    return is_integral(kind) or kind.dtype == "bool"
