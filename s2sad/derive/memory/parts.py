"""How parts of arrays and containers are kept before they are overwritten, and brought back.

The methods give two blocks, as those of `keep.py` do. A part is kept, the whole array once before
a loop, or nothing where it can be computed again (`again.py`, `remade.py`).

    u[1:-1] = e                u_trace.append(u[1:-1].copy())       u[1:-1] = u_trace.pop()
    xs.append(e)               nothing                              xs.pop()
    held["k"] = e              held_trace.append(held["k"])         held["k"] = held_trace.pop()
"""

from __future__ import annotations

from typing import Any

from s2sad.analysis.subscripted import subscripted
from s2sad.analysis.types import SCALAR, Array, DictOf, Shape, is_number
from s2sad.derive.broadcasting import call
from s2sad.derive.held import CONTAINERS, is_container, is_taken, item_at
from s2sad.derive.memory.again import Again
from s2sad.derive.memory.cells import Written
from s2sad.derive.memory.halves import Halves
from s2sad.derive.memory.keep import sorted_by
from s2sad.derive.memory.known import Known
from s2sad.derive.memory.position import Position
from s2sad.derive.memory.reach import Reach
from s2sad.derive.memory.recall import Recall
from s2sad.derive.memory.remade import Remade
from s2sad.derive.memory.traces import Traces
from s2sad.derive.parts import copied_part, plain, refs
from s2sad.ir.bindings import bound_by, places_of
from s2sad.ir.flow import expressions, statements
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
    Stmt,
    Unpack,
    Var,
    While,
    children,
    walk,
)
from s2sad.tidy.algebra import key


class Parts:
    """Keeps and restores parts of arrays and containers."""

    def __init__(
        self,
        known: Known,
        at: Position,
        again: Again,
        remade: Remade,
        reach: Reach,
        traces: Traces,
        recall: Recall,
    ) -> None:
        self.known = known
        self.at = at
        self.again = again
        self.remade = remade
        self.reach = reach
        self.traces = traces
        self.recall = recall
        self.cells = known.cells
        self.facts = known.facts
        self.regions = known.regions
        self.shadows = known.shadows

    def save(self, statement: Stmt, needed: set[Var], kept: set[Var]) -> tuple[Halves, Block]:
        """Remembers the parts of arrays that a statement is about to overwrite, where needed; and
        what brings back the ends of lists, which may be in a name that the statement binds."""
        halves = Halves()
        ends: Block = []
        for place in self.cells.places(statement):
            if not self.cells.overwritten_in(place, needed - kept):
                continue
            if place.how == "append" or (place.how == "pop" and is_taken(statement)):
                needed |= self.reach.of_place(plain(place.base), None)
                if place.how == "pop":  # the name has to stand for what was taken out
                    needed |= bound_by(statement).keys() & self.known.lost
                ends = [*self._put_end_back(statement, place), *ends]
            else:
                halves.then(self._kept(statement, place, needed, kept))
        return halves, ends

    def _kept(self, statement: Stmt, place: Written, needed: set[Var], kept: set[Var]) -> Halves:
        """Remembers what stands at a place; statements before may have to fill it again."""
        if place.how == "pop":
            return self._end_kept(place, needed)
        if isinstance(self.facts.type_of(place.part), CONTAINERS) and place.how == "place":
            return self._items_kept(place, needed)
        lost = self.cells.overwritten_in(place, needed - kept)
        halves = Halves([], self.remade.filled_before(statement, lost, needed, kept))
        lost = self.cells.overwritten_in(place, needed - kept)
        if lost:
            needed -= {cell for cell in lost if self.cells.is_covered(cell, place)}
            halves.then(self._part_kept(statement, place, needed))
        return halves

    def _part_kept(self, statement: Stmt, place: Written, needed: set[Var]) -> Halves:
        """Remembers a part of an array, or an item, if it cannot be computed again."""
        base = plain(place.base)
        at = None if place.key is None else self.reach.plain_key(place.key)
        part = base
        if at is not None and not (isinstance(at, Const) and at.value is Ellipsis):
            part = Apply("getitem", (base, at), (), "index")
        kind = self.facts.type_of(place.part)
        needed |= self.reach.of_place(base, at)
        is_dict = isinstance(self.facts.type_of(base), DictOf)
        if place.how == "item" and is_dict and not _reads(statement, part):
            assert at is not None
            return self._item_kept(place, base, at)
        if self._is_updated(statement, place, kind):
            return self._keep_updated(place, part, kind)
        target = self._target(place, base, at, part)
        again = self.again.contents(place, needed)
        if again is not None:
            return Halves([], [Assign((target,), again)])
        value = part if is_number(kind) or place.how == "item" else copied_part(part, kind)
        if place.key is None and self._is_handed(statement, place.base):
            return self._keep_of_array(base, place.hint, kind, value)
        return self.traces.keep(place.hint, kind, value, target)

    def _target(self, place: Written, base: Expr, at: Expr | None, part: Expr) -> Place:
        """Where the contents of a part are put back."""
        if place.how == "updated" and self._is_seen(place):
            if not is_number(self.facts.type_of(place.part)):
                return Place(part, Const(...))
        if at is None and isinstance(base, Apply) and base.op == "getitem":
            # An item of a list or dict keeps its array, whose contents are put back.
            if isinstance(place.base, Apply) and self.regions.is_array(place.base.args[0]):
                return Place(base.args[0], base.args[1])
        return Place(base, at if at is not None else Const(...))

    def _item_kept(self, place: Written, base: Expr, at: Expr) -> Halves:
        """Remembers the item of a dict, which may not be there before."""
        old = Var(f"{place.hint}_old")
        value = Apply("dict.get", (base, at), (), "method", "get")
        halves = self.traces.keep(place.hint, self.facts.type_of(place.part), value, old)
        put = call("helper.put_back", base, at, Ref(old), text="put_back")
        return Halves(halves.ahead, [*halves.back, Evaluate(put)])

    def _is_updated(self, statement: Stmt, place: Written, kind: Any) -> bool:
        """Whether a statement updates an array in place that may be a number, too: `x += e`."""
        if not isinstance(statement, Assign) or statement.augmented is None:
            return False
        whole = place.how == "updated" and not is_number(kind) and not is_container(kind)
        whole = whole and self._is_seen(place)
        if isinstance(place.base, Ref):
            whole = whole or statement.targets[0] is place.base.var
        if (
            isinstance(place.base, Ref)
            and place.key is None
            and place.base.var in self.regions.subscripted
        ):
            return False
        return whole and not (isinstance(kind, Array) and isinstance(kind.shape, Shape))

    def _keep_updated(self, place: Written, part: Expr, kind: Any) -> Halves:
        """An array gets its contents back, a number is replaced by the one that it was."""
        old = Var(f"{place.hint}_old")
        value = call("copy.copy", part, text="copy.copy")
        halves = self.traces.keep(place.hint, kind, value, old)
        match part:
            case Ref(var):
                # The name stands for what it was before the update again.
                contents = Assign((Place(part, Const(...)),), Ref(old))
                number = Assign((var,), Ref(old))
                either = Branch(_is_ndarray(part), [contents], [number])
                return Halves(halves.ahead, [*halves.back, either])
            case Apply("getitem", (whole, at)):
                before = call("helper.before_update", part, Ref(old), text="before_update")
                item = Assign((Place(whole, at),), before)
                return Halves(halves.ahead, [*halves.back, item])
        raise AssertionError(part)

    def _is_seen(self, place: Written) -> bool:
        """Whether other names may see what is written to a place, so that its array has to stay."""
        named = [v for v, _ in self.regions.aliases(place.base)]
        roots = {self.regions.of(v) for v in named}
        shadowed = any(self.regions.of(v) in roots for v in self.shadows.of)
        return shadowed or any(self.regions.is_shared(v) for v in named)

    def _items_kept(self, place: Written, needed: set[Var]) -> Halves:
        """Remembers what a call may change of a container: its items, and their contents."""
        base = plain(place.part)
        needed |= self.reach.of_place(base, None)
        old = Var(f"{place.hint}_old")
        value = call("helper.contents", base, text="contents")
        halves = self.traces.keep(place.hint, self.facts.type_of(place.part), value, old)
        (restore,) = halves.back
        assert isinstance(restore, Assign)
        for var, _ in self.regions.aliases(place.part):
            self.regions.keepers |= dict.fromkeys((ref.var for ref in refs(restore.value)), var)
        leave = call("helper.leave", restore.value, text="leave")
        return Halves(halves.ahead, [Evaluate(leave)])

    def _put_end_back(self, statement: Stmt, place: Any) -> Block:
        """A list is shortened by what was appended, and gets back what was taken from its end."""
        base = plain(place.base)
        if place.how == "append":
            return [Evaluate(Apply("list.pop", (base,), (), "method", "pop"))]
        assert isinstance(statement, Assign) and isinstance(statement.targets[0], Var)
        taken = Ref(statement.targets[0])
        self.recall.after.add(taken)
        return [Evaluate(Apply("list.append", (base, taken), (), "method", "append"))]

    def _end_kept(self, place: Written, needed: set[Var]) -> Halves:
        """Remembers what is taken from the end of a list and gets no name of its own."""
        base = plain(place.base)
        last = Apply("getitem", (base, Const(-1)), (), "index")
        needed |= self.reach.of_place(base, None)
        old = Var(f"{place.hint}_old")
        halves = self.traces.keep(place.hint, self.facts.type_of(last), last, old)
        back = Apply("list.append", (base, Ref(old)), (), "method", "append")
        return Halves(halves.ahead, [*halves.back, Evaluate(back)])

    def save_whole(self, loop: For | While, needed: set[Var], kept: set[Var]) -> Halves:
        """Remembers arrays once before a loop that overwrites them and reads nothing of them on the
        way back; what is remembered is added to `kept`. What is under another name may lie outside
        of an array that is kept: later writes have to leave it as it is."""
        halves = Halves()
        lost = self.cells.overwritten_by(loop, needed - kept)
        whole = self._arrays_lost(loop, lost)
        others = lost - {cell for _, cells in whole for cell in cells}
        for arrays, cells in (*whole, *self.cells.arrays_written(loop, others)):
            inside = {c for c in cells - self.cells.formers.keys()
                      if self.cells.known[c].var in arrays}  # fmt: skip
            needed -= inside
            kept |= cells
            needed |= set(arrays) & self.known.overwritten
            for var in arrays:
                halves.then(self._array_kept(var))
        return halves

    def _arrays_lost(self, loop: For | While, lost: set[Var]) -> list[tuple[list[Var], set[Var]]]:
        """The arrays that variables stand for before a loop and in it, with their cells among
        those that the loop overwrites."""
        found: dict[Var, set[Var]] = {}
        for cell in sorted_by(lost - self.cells.formers.keys(), ()):
            var = self.cells.known[cell].var
            # It may stand for another array by now.
            rebound = any(var in bound_by(s) for s in statements([loop]))
            # The items of a container are put back one by one.
            unsure = rebound or var not in self.at.defined
            held = is_container(self.facts.bindings.get(var))
            if self.known.is_fixed(var) and not unsure and not held:
                found.setdefault(var, set()).add(cell)
        return [([var], cells) for var, cells in found.items()]

    def _array_kept(self, var: Var) -> Halves:
        """Remembers all that an array holds."""
        kind = self.facts.bindings.get(var)
        ref = self.known.noted(Ref(var), kind)
        value = copied_part(ref, kind)
        if self._is_surely_array(var):
            return self.traces.keep(var.hint, kind, value, Place(Ref(var), Const(...)))
        return self._keep_of_array(ref, var.hint, kind, value)

    def _keep_of_array(self, part: Expr, hint: str, kind: Any, value: Expr) -> Halves:
        """The contents of what may be an array; a number has none that could be changed."""
        old = Var(f"{hint}_old")
        halves = self.traces.keep(hint, kind, value, old)
        contents = Assign((Place(part, Const(...)),), Ref(old))
        back = Branch(_is_ndarray(part), [contents], [])
        return Halves(halves.ahead, [*halves.back, back])

    def _is_handed(self, statement: Stmt, part: Expr) -> bool:
        """Whether a function that is called writes into what may be a number, as far as is seen
        here and there."""
        kind = self.facts.type_of(part)
        if isinstance(kind, Array) and isinstance(kind.shape, Shape) or is_container(kind):
            return False
        if isinstance(part, Ref) and self._is_surely_array(part.var):
            return False
        for node in (node for expr in expressions(statement) for node in walk(expr)):
            if isinstance(node, Invoke) and part in node.args:
                function = self.known.engine.program.function(node.callee)
                parameter = function.params[node.args.index(part)].var
                return parameter not in subscripted(function)
        return False

    def _is_surely_array(self, var: Var) -> bool:
        """Whether what a variable stands for is no number: its rank says so, or that a part of it
        is taken."""
        kind = self.facts.bindings.get(var)
        if isinstance(kind, Array) and isinstance(kind.shape, Shape):
            return kind.shape != SCALAR
        return var in self.regions.subscripted

    def exchanged(self, statement: Stmt, needed: set[Var]) -> Halves:
        """Two items of containers that trade places trade back."""
        assert isinstance(statement, Assign)
        places = self.cells.places(statement)
        if not any(self.cells.overwritten_in(place, needed) for place in places):
            return Halves()
        target = statement.targets[0]
        for place in places_of(target):
            needed |= self.reach.of_place(item_at(place), None)
        back = [
            Place(plain(p.base), p.key if isinstance(p.key, str) else self.reach.plain_key(p.key))
            for p in places_of(target)
        ]
        items = tuple(item_at(p) for p in reversed(back))
        return Halves([], [Assign((Unpack(tuple(back)),), Make("tuple", items))])


def _reads(statement: Stmt, part: Expr) -> bool:
    """Whether a statement certainly reads an item, which is there then."""
    stack = list(expressions(statement))
    while stack:
        node = stack.pop()
        if isinstance(node, Apply) and node.op == "getitem" and key(node) == key(part):
            return True
        if not isinstance(node, Select | Each | Opaque):
            stack += children(node)
    return False


def _is_ndarray(part: Expr) -> Expr:
    array = Apply("numpy.ndarray", (), (), "name", "np.ndarray")
    return call("builtins.isinstance", part, array, text="isinstance")
