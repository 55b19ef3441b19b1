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

    def save(self, statement: Stmt, needed: set[Var], kept: set[Var]) -> tuple[Block, Block, Block]:
        """Remembers the parts of arrays that a statement is about to overwrite, where needed; what
        brings them back; and what brings back the ends of lists, which may be in a name that the
        statement binds."""
        saves: Block = []
        restores: Block = []
        ends: Block = []
        for place in self.cells.places(statement):
            lost = self.cells.overwritten_in(place, needed - kept)
            if not lost:
                continue
            if place.how == "pop" and not is_taken(statement):
                save, put_back = self._end_kept(place, needed)
                saves, restores = [*saves, *save], [*put_back, *restores]
                continue
            if place.how in ("append", "pop"):
                needed |= self.reach.of_place(plain(place.base), None)
                ends = [*self._put_end_back(statement, place), *ends]
                continue
            if isinstance(self.facts.type_of(place.part), CONTAINERS) and place.how == "place":
                kept_items, put_back = self._items_kept(place, needed)
                saves, restores = [*saves, *kept_items], [*put_back, *restores]
                continue
            filled = self.remade.filled_before(statement, lost, needed, kept)
            if filled:
                restores = [*filled, *restores]
                lost = self.cells.overwritten_in(place, needed - kept)
                if not lost:
                    continue
            needed -= {cell for cell in lost if self.cells.is_covered(cell, place)}
            base, at = plain(place.base), (
                None if place.key is None else self.reach.plain_key(place.key)
            )
            part = base
            if at is not None and not (isinstance(at, Const) and at.value is Ellipsis):
                part = Apply("getitem", (base, at), (), "index")
            kind = self.facts.type_of(place.part)
            value = part if is_number(kind) or place.how == "item" else copied_part(part, kind)
            is_dict = isinstance(self.facts.type_of(base), DictOf)
            if place.how == "item" and is_dict and not _reads(statement, part):
                assert at is not None
                value = Apply("dict.get", (base, at), (), "method", "get")
                old = Var(f"{place.hint}_old")
                needed |= self.reach.of_place(base, at)
                save, restore = self.traces.keep(place.hint, kind, value, old)
                put = call("helper.put_back", base, at, Ref(old), text="put_back")
                saves, restores = [*saves, *save], [*restore, Evaluate(put), *restores]
                continue
            if self._is_updated(statement, place, kind):
                needed |= self.reach.of_place(base, at)
                save, put_back = self._keep_updated(place, part, kind)
                saves, restores = [*saves, *save], [*put_back, *restores]
                continue
            target = Place(base, at if at is not None else Const(...))
            if place.how == "updated" and self._is_seen(place) and not is_number(kind):
                target = Place(part, Const(...))
            if at is None and isinstance(base, Apply) and base.op == "getitem":
                # An item of a list or dict keeps its array, whose contents are put back.
                if isinstance(place.base, Apply) and self.regions.is_array(place.base.args[0]):
                    target = Place(base.args[0], base.args[1])
            needed |= self.reach.of_place(base, at)
            again = self.again.contents(place, needed)
            if again is not None:
                restores = [Assign((target,), again), *restores]
                continue
            if place.key is None and self._is_handed(statement, place.base):
                save, restore = self._keep_of_array(base, place.hint, kind, value)
            else:
                save, restore = self.traces.keep(place.hint, kind, value, target)
            saves += save
            restores = [*restore, *restores]
        return saves, restores, ends

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

    def _keep_updated(self, place: Written, part: Expr, kind: Any) -> tuple[Block, Block]:
        """An array gets its contents back, a number is replaced by the one that it was."""
        old = Var(f"{place.hint}_old")
        value = call("copy.copy", part, text="copy.copy")
        keep, recall = self.traces.keep(place.hint, kind, value, old)
        match part:
            case Ref(var):
                # The name stands for what it was before the update again.
                contents = Assign((Place(part, Const(...)),), Ref(old))
                number = Assign((var,), Ref(old))
                return keep, [*recall, Branch(_is_ndarray(part), [contents], [number])]
            case Apply("getitem", (whole, at)):
                before = call("helper.before_update", part, Ref(old), text="before_update")
                return keep, [*recall, Assign((Place(whole, at),), before)]
        raise AssertionError(part)

    def _is_seen(self, place: Written) -> bool:
        """Whether other names may see what is written to a place, so that its array has to stay."""
        named = [v for v, _ in self.regions.aliases(place.base)]
        roots = {self.regions.of(v) for v in named}
        shadowed = any(self.regions.of(v) in roots for v in self.shadows.of)
        return shadowed or any(self.regions.is_shared(v) for v in named)

    def _items_kept(self, place: Written, needed: set[Var]) -> tuple[Block, Block]:
        """Remembers what a call may change of a container: its items, and their contents."""
        base = plain(place.part)
        needed |= self.reach.of_place(base, None)
        old = Var(f"{place.hint}_old")
        value = call("helper.contents", base, text="contents")
        save, (restore,) = self.traces.keep(place.hint, self.facts.type_of(place.part), value, old)
        assert isinstance(restore, Assign)
        for var, _ in self.regions.aliases(place.part):
            self.regions.keepers |= dict.fromkeys((ref.var for ref in refs(restore.value)), var)
        return save, [Evaluate(call("helper.leave", restore.value, text="leave"))]

    def _put_end_back(self, statement: Stmt, place: Any) -> Block:
        """A list is shortened by what was appended, and gets back what was taken from its end."""
        base = plain(place.base)
        if place.how == "append":
            return [Evaluate(Apply("list.pop", (base,), (), "method", "pop"))]
        assert isinstance(statement, Assign) and isinstance(statement.targets[0], Var)
        taken = Ref(statement.targets[0])
        self.recall.after.add(taken)
        return [Evaluate(Apply("list.append", (base, taken), (), "method", "append"))]

    def _end_kept(self, place: Written, needed: set[Var]) -> tuple[Block, Block]:
        """Remembers what is taken from the end of a list and gets no name of its own."""
        base = plain(place.base)
        last = Apply("getitem", (base, Const(-1)), (), "index")
        needed |= self.reach.of_place(base, None)
        old = Var(f"{place.hint}_old")
        save, restore = self.traces.keep(place.hint, self.facts.type_of(last), last, old)
        back = Apply("list.append", (base, Ref(old)), (), "method", "append")
        return save, [*restore, Evaluate(back)]

    def save_whole(
        self, loop: For | While, needed: set[Var], kept: set[Var]
    ) -> tuple[Block, Block]:
        """Remembers arrays once before a loop that overwrites them and reads nothing of them on the
        way back; what is remembered is added to `kept`. What is under another name may lie outside
        of an array that is kept: later writes have to leave it as it is."""
        saves: Block = []
        restores: Block = []
        lost = self.cells.overwritten_by(loop, needed - kept)
        own = sorted_by(lost - self.cells.formers.keys(), ())
        fixed = {cell: self.cells.known[cell].var for cell in own}
        for cell, var in list(fixed.items()):
            # It may stand for another array by now.
            rebound = any(var in bound_by(s) for s in statements([loop]))
            # The items of a container are put back one by one.
            unsure = rebound or var not in self.at.defined
            if not self.known.is_fixed(var) or unsure or is_container(self.facts.bindings.get(var)):
                del fixed[cell]
        whole = [([v], {c for c in fixed if fixed[c] is v}) for v in dict.fromkeys(fixed.values())]
        for arrays, cells in (*whole, *self.cells.arrays_written(loop, lost - fixed.keys())):
            inside = {c for c in cells - self.cells.formers.keys()
                      if self.cells.known[c].var in arrays}  # fmt: skip
            needed -= inside
            kept |= cells
            for var in arrays:
                kind = self.facts.bindings.get(var)
                ref = self.known.noted(Ref(var), kind)
                contents = Place(Ref(var), Const(...))
                needed |= {var} & self.known.overwritten
                value = copied_part(ref, kind)
                if self._is_surely_array(var):
                    save, restore = self.traces.keep(var.hint, kind, value, contents)
                else:
                    save, restore = self._keep_of_array(ref, var.hint, kind, value)
                saves += save
                restores = [*restore, *restores]
        return saves, restores

    def _keep_of_array(self, part: Expr, hint: str, kind: Any, value: Expr) -> tuple[Block, Block]:
        """The contents of what may be an array; a number has none that could be changed."""
        old = Var(f"{hint}_old")
        save, recall = self.traces.keep(hint, kind, value, old)
        contents = Assign((Place(part, Const(...)),), Ref(old))
        return save, [*recall, Branch(_is_ndarray(part), [contents], [])]

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

    def exchanged(self, statement: Stmt, needed: set[Var]) -> tuple[Block, Block]:
        """Two items of containers that trade places trade back."""
        assert isinstance(statement, Assign)
        places = self.cells.places(statement)
        if not any(self.cells.overwritten_in(place, needed) for place in places):
            return [], []
        target = statement.targets[0]
        for place in places_of(target):
            needed |= self.reach.of_place(item_at(place), None)
        back = [
            Place(plain(p.base), p.key if isinstance(p.key, str) else self.reach.plain_key(p.key))
            for p in places_of(target)
        ]
        items = tuple(item_at(p) for p in reversed(back))
        return [], [Assign((Unpack(tuple(back)),), Make("tuple", items))]


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
