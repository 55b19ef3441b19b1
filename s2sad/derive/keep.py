"""How a value is kept before it is overwritten, and how it is brought back.

Each method gives two blocks: what the forward part does before the statement that overwrites, and
what the backward part does after the statement's mirror. `needed` is the set of variables and cells
whose values are needed at this point; what is taken care of leaves it.

    outside of loops                  x_in = x                x = x_in
    a number in a counted loop        x_trace[i] = x          x = x_trace[i]
    else                              x_trace.append(x)       x = x_trace.pop()
    a part of an array                u_trace.append(u[1:-1].copy())    u[1:-1] = u_trace.pop()
    names that trade places           nothing                 u, v = v, u
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from typing import Any

from s2sad.analysis.subscripted import subscripted
from s2sad.analysis.types import SCALAR, Array, DictOf, Shape, is_number
from s2sad.derive.broadcasting import call
from s2sad.derive.cells import Written
from s2sad.derive.explain import Kept
from s2sad.derive.held import CONTAINERS, is_container, is_taken, item_at
from s2sad.derive.needs import Needs
from s2sad.derive.parts import copied_part, copy_of, exprs_of, plain, refs, refs_of, rewritten
from s2sad.ir.bindings import bound_by, places_of, targets_of, written_by, written_into
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
    Target,
    Unpack,
    Var,
    While,
    children,
    walk,
)
from s2sad.tidy.algebra import key


class Keep(Needs):
    """Keeps and restores variables and parts of arrays."""

    def _save(
        self, bound: Iterable[Var], needed: set[Var], kept: set[Var], left: Collection[Var] = ()
    ) -> tuple[Block, Block]:
        """Remembers the needed variables among those that are about to be overwritten. The arrays
        of those that are `left` alone are not changed any more."""
        saves: Block = []
        restores: Block = []
        for var in bound:
            if var not in needed or var in kept:
                needed.discard(var)
                continue
            needed.discard(var)
            save, restore = self._remember(var, var in left)
            saves += save
            restores = [*restore, *restores]
        return saves, restores

    def _left_alone(self, statement: Stmt) -> set[Var]:
        """The variables that a statement gives another array, where nothing else has a name for the
        one they stood for: that is not written into any more."""
        if not isinstance(statement, Assign) or statement.augmented is not None:
            return set()
        alias = {self.regions.of(var) for var, _ in self.regions.aliases(statement.value)}
        return {
            var
            for var in bound_by(statement)
            if isinstance(self.facts.bindings.get(var), Array)
            if not self.regions.is_shared(var) and self.regions.of(var) not in alias
        }

    def _save_parts(
        self, statement: Stmt, needed: set[Var], kept: set[Var]
    ) -> tuple[Block, Block, Block]:
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
                needed |= self._read_to_reach(plain(place.base), None)
                ends = [*self._put_end_back(statement, place), *ends]
                continue
            if isinstance(self.facts.type_of(place.part), CONTAINERS) and place.how == "place":
                kept_items, put_back = self._items_kept(place, needed)
                saves, restores = [*saves, *kept_items], [*put_back, *restores]
                continue
            filled = self._filled_before(statement, lost, needed, kept)
            if filled:
                restores = [*filled, *restores]
                lost = self.cells.overwritten_in(place, needed - kept)
                if not lost:
                    continue
            needed -= {cell for cell in lost if self.cells.is_covered(cell, place)}
            base, at = plain(place.base), None if place.key is None else self._plain_key(place.key)
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
                needed |= self._read_to_reach(base, at)
                save, restore = self._keep(place.hint, kind, value, old)
                put = call("helper.put_back", base, at, Ref(old), text="put_back")
                saves, restores = [*saves, *save], [*restore, Evaluate(put), *restores]
                continue
            if self._is_updated(statement, place, kind):
                needed |= self._read_to_reach(base, at)
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
            needed |= self._read_to_reach(base, at)
            again = self._contents_again(place, needed)
            if again is not None:
                restores = [Assign((target,), again), *restores]
                continue
            if place.key is None and self._is_handed(statement, place.base):
                save, restore = self._keep_of_array(base, place.hint, kind, value)
            else:
                save, restore = self._keep(place.hint, kind, value, target)
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
        keep, recall = self._keep(place.hint, kind, value, old)
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
        needed |= self._read_to_reach(base, None)
        old = Var(f"{place.hint}_old")
        value = call("helper.contents", base, text="contents")
        save, (restore,) = self._keep(place.hint, self.facts.type_of(place.part), value, old)
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
        self.after.add(taken)
        return [Evaluate(Apply("list.append", (base, taken), (), "method", "append"))]

    def _end_kept(self, place: Written, needed: set[Var]) -> tuple[Block, Block]:
        """Remembers what is taken from the end of a list and gets no name of its own."""
        base = plain(place.base)
        last = Apply("getitem", (base, Const(-1)), (), "index")
        needed |= self._read_to_reach(base, None)
        old = Var(f"{place.hint}_old")
        save, restore = self._keep(place.hint, self.facts.type_of(last), last, old)
        back = Apply("list.append", (base, Ref(old)), (), "method", "append")
        return save, [*restore, Evaluate(back)]

    def _save_whole(
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
            unsure = rebound or var not in self.defined
            if not self._is_fixed(var) or unsure or is_container(self.facts.bindings.get(var)):
                del fixed[cell]
        whole = [([v], {c for c in fixed if fixed[c] is v}) for v in dict.fromkeys(fixed.values())]
        for arrays, cells in (*whole, *self.cells.arrays_written(loop, lost - fixed.keys())):
            inside = {c for c in cells - self.cells.formers.keys()
                      if self.cells.known[c].var in arrays}  # fmt: skip
            needed -= inside
            kept |= cells
            for var in arrays:
                kind = self.facts.bindings.get(var)
                ref = self._noted(Ref(var), kind)
                contents = Place(Ref(var), Const(...))
                needed |= {var} & self.overwritten
                value = copied_part(ref, kind)
                if self._is_surely_array(var):
                    save, restore = self._keep(var.hint, kind, value, contents)
                else:
                    save, restore = self._keep_of_array(ref, var.hint, kind, value)
                saves += save
                restores = [*restore, *restores]
        return saves, restores

    def _keep_of_array(self, part: Expr, hint: str, kind: Any, value: Expr) -> tuple[Block, Block]:
        """The contents of what may be an array; a number has none that could be changed."""
        old = Var(f"{hint}_old")
        save, recall = self._keep(hint, kind, value, old)
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
                function = self.engine.program.function(node.callee)
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

    def _exchanged(self, statement: Stmt, needed: set[Var]) -> tuple[Block, Block]:
        """Names that trade places trade back: nothing has to be remembered."""
        assert isinstance(statement, Assign) and isinstance(statement.value, Make)
        target = statement.targets[0]
        assert isinstance(target, Unpack)
        pairs = [
            (new, item.var)
            for new, item in zip(target.targets, statement.value.items, strict=True)
            if isinstance(new, Var) and isinstance(item, Ref)
        ]
        wanted = {old for _, old in pairs} & needed
        moved = {new for new, old in pairs if old in wanted}
        needed -= {new for new, _ in pairs}
        needed |= moved
        if not wanted:
            return [], []
        now = {old: new for new, old in pairs}
        names = tuple(new for new, _ in pairs)
        back = Assign((Unpack(names),), Make("tuple", tuple(Ref(now[name]) for name in names)))
        return [], [back]

    def _items_exchanged(self, statement: Stmt, needed: set[Var]) -> tuple[Block, Block]:
        """Two items of containers that trade places trade back."""
        assert isinstance(statement, Assign)
        places = self.cells.places(statement)
        if not any(self.cells.overwritten_in(place, needed) for place in places):
            return [], []
        target = statement.targets[0]
        for place in places_of(target):
            needed |= self._read_to_reach(item_at(place), None)
        back = [
            Place(plain(p.base), p.key if isinstance(p.key, str) else self._plain_key(p.key))
            for p in places_of(target)
        ]
        items = tuple(item_at(p) for p in reversed(back))
        return [], [Assign((Unpack(tuple(back)),), Make("tuple", items))]

    # ------------------------------------------------------------ where it is kept

    def _remember(self, var: Var, is_left_alone: bool = False) -> tuple[Block, Block]:
        """The statements that keep a variable's value and that bring it back."""
        if var not in self.defined:
            self.undefined[var] = None
        kind = self.facts.bindings.get(var)
        value: Expr = self._noted(Ref(var), kind)
        if var in self.mutated and not is_number(kind) and not is_left_alone:
            value = copy_of(value, kind)
        return self._keep(var.hint, kind, value, var)

    def _keep(self, hint: str, kind: Any, value: Expr, target: Target) -> tuple[Block, Block]:
        """The statements that keep a value and that bring it back to a target."""
        keeper = Var(f"{hint}_trace" if self.loops else f"{hint}_in")
        if isinstance(value, Ref):
            self.regions.keepers[keeper] = value.var
        save: Stmt
        if not self.loops:
            self._noted(back := Ref(keeper), kind)
            save = Assign((keeper,), value)
            self._explain(save, keeper, kind, target)
            return [save], [Assign((target,), back)]
        outer, inner = self.loops[0], self.loops[-1]
        if len(self.loops) == 1 and inner.counter is not None and inner.direct and _is_float(kind):
            assert isinstance(inner.statement, For)
            size = call("builtins.len", inner.statement.iterable, text="len")
            if isinstance(inner.statement.iterable, Apply):
                size = call("builtins.len", plain(inner.statement.iterable), text="len")
            outer.before.append(Assign((keeper,), call("numpy.empty", size)))
            place = Place(Ref(keeper), inner.counter)
            part = Apply("getitem", (Ref(keeper), inner.counter), (), "index")
            self._noted(part, kind)
            save = Assign((place,), value)
            self._explain(save, keeper, kind, target)
            return self._saving(save, kind), [Assign((target,), part)]
        outer.before.append(Assign((keeper,), Make("list", ())))
        append = Apply("list.append", (Ref(keeper), value), (), "method", "append")
        pop = Apply("list.pop", (Ref(keeper),), (), "method", "pop")
        self._noted(pop, kind)
        save = Evaluate(append)
        self._explain(save, keeper, kind, target)
        return self._saving(save, kind), [Assign((target,), pop)]

    def _saving(self, statement: Stmt, kind: Any) -> Block:
        self.saved[statement] = kind
        return [statement]

    def _explain(self, save: Stmt, keeper: Var, kind: Any, target: Target) -> None:
        """Notes what a statement keeps, and why."""
        taken_out = {var for found in self.extracted.values() for _, var in found}
        variables = [*targets_of(target), *written_into(target)]
        cells = {c for c, s in self.cells.known.items() if s.var in variables}
        readers = [s for v in (*variables, *cells) for s in self.readers.get(v, ())]
        if isinstance(target, Place):
            why = "this part of it is overwritten in place"
        elif set(variables) & taken_out:
            why = "it costs more to compute it again"
        else:
            why = "the line gives it another value, and what it comes from is not at hand later"
        what = ", ".join(v.hint for v in variables)
        loops = tuple(loop.statement for loop in self.loops)
        needed = tuple(dict.fromkeys(readers))
        self.plan.kept[save] = Kept(keeper, what, kind, self.here, loops, needed, why)

    # ------------------------------------------------------------ where it is restored

    def _with_restores(self, body: Block, restores: Block, places: Iterable[Written]) -> Block:
        """Restores variables, and what stood at places, between the statements that read their new
        and their old values."""
        targets = [r.targets[0] for r in restores if isinstance(r, Assign)]
        targets += [v for r in restores if isinstance(r, For) for v in bound_by(r)]
        written = {v for r in restores for v in written_by(r)}
        restored = written | {v for target in targets for v in targets_of(target)}
        last = -1
        for position, statement in enumerate(body):
            if any(r in self.after and r.var in restored for r in refs_of(statement)):
                last = position
        early = body[: last + 1]
        mixed = any(r.var in restored and r not in self.after for s in early for r in refs_of(s))
        if not mixed and not self._read_before(early, places):
            return [*early, *restores, *body[last + 1 :]]
        late = {r.var: None for s in body for r in refs_of(s) if r in self.after}
        copies: Block = []
        instead: dict[Expr, Expr] = {}
        for var in (v for v in late if v in restored):
            new = Var(f"{var.hint}_out")
            reads = self._late_reads(body, var, restored) if var in written else []
            part = reads[0] if reads else Ref(var)
            fixed = var not in written or is_number(self.facts.type_of(part))
            fixed = fixed or var in self.regions.mirrors  # the item is another one, not changed
            copies.append(Assign((new,), part if fixed else call("numpy.copy", part)))
            late_refs = (r for s in body for r in refs_of(s) if r in self.after and r.var is var)
            instead |= {read: Ref(new) for read in reads or late_refs}

        return [*copies, *restores, *(rewritten(s, instead.get) for s in body)]

    def _read_before(self, body: Block, places: Iterable[Written]) -> bool:
        """Whether statements read, under whatever name, what stood at places before."""
        exprs = [expr for statement in body for expr in exprs_of(statement)]
        cells = {cell for e in exprs for cell in self.cells.read_by(e, self.after)}
        return any(self.cells.overwritten_in(place, cells) for place in places)

    def _late_reads(self, body: Block, var: Var, restored: set[Var]) -> list[Apply]:
        """The reads of an array's new value, where all of them are of one and the same part."""
        nodes = [node for s in body for expr in exprs_of(s) for node in walk(expr)]
        late = [n for n in nodes if isinstance(n, Ref) and n.var is var and n in self.after]
        parts = [
            n for n in nodes if isinstance(n, Apply) and n.op == "getitem" and n.args[0] in late
        ]
        keys = [part.args[1] for part in parts]
        moved = any(ref.var in restored for place in keys for ref in refs(place))
        same = len(parts) == len(late) and len({key(place) for place in keys}) == 1
        return parts if same and not moved else []


def sorted_by(variables: set[Var], order: Iterable[Var]) -> list[Var]:
    """Variables in a given order, the others after them by name."""
    known = [var for var in order if var in variables]
    return known + sorted(variables - set(known), key=lambda var: var.serial)


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


def _is_float(kind: Any) -> bool:
    return isinstance(kind, Array) and kind.shape == SCALAR and kind.dtype == "float64"
