"""Whether an array has one name only where it is written into.

    r = x * 2.0            r is exclusive: nothing else refers to the new array
    r[0] = 1.0
    rows.append(r)         from here on rows refers to it too

Where every write of a region goes into an array that is exclusive there, or of which nothing reads
another name any more, no name ever sees the write of another one: the array is then like a value,
and needs no shadow. One walk forwards, loops until nothing changes.
"""

from __future__ import annotations

from typing import Any

from s2sad.analysis.types import Array
from s2sad.ir.flow import inner_blocks, targets_of
from s2sad.ir.nodes import (
    Apply,
    Assign,
    Block,
    Branch,
    Context,
    Evaluate,
    Expr,
    For,
    Function,
    Guard,
    Invoke,
    Make,
    Place,
    Ref,
    Stmt,
    Target,
    Unpack,
    Var,
    Verbatim,
    While,
    walk,
)


def seen_writes(function: Function, regions: Any) -> set[Var]:
    """Variables of the regions in which some write may be seen through another name."""
    walk_ = _Walk(regions)
    walk_.block(function.body, {p.var for p in function.params})
    return walk_.seen


class _Walk:
    def __init__(self, regions: Any) -> None:
        self.regions = regions
        self.seen: set[Var] = set()

    def block(self, block: Block, exclusive: set[Var]) -> None:
        for statement in block:
            self._statement(statement, exclusive)

    def _statement(self, statement: Stmt, exclusive: set[Var]) -> None:
        match statement:
            case Assign():
                self._assign(statement, exclusive)
                return
            case Branch():
                other = set(exclusive)
                self.block(statement.then, exclusive)
                self.block(statement.other, other)
                exclusive &= other
                return
            case For() | While():
                self._loop(statement, exclusive)
                return
            case Context() | Guard():
                self.block(statement.body, exclusive)
                return
            case Verbatim():
                exclusive -= set(statement.binds) | set(statement.mutates)
                for read in statement.reads:
                    exclusive -= {v for v, _ in self.regions.aliases(read)}
        self._written(statement, exclusive)
        if isinstance(statement, Evaluate):
            self._stored(statement.value, exclusive)

    def _loop(self, loop: For | While, exclusive: set[Var]) -> None:
        while True:
            before = set(exclusive)
            if isinstance(loop, For):
                exclusive -= set(targets_of(loop.target))
                if any(self._is_followed(v) for v in targets_of(loop.target)):
                    exclusive -= {v for v, _ in self.regions.aliases(loop.iterable)}
            self.block(loop.body, exclusive)
            exclusive &= before
            if exclusive == before:
                break
        left = set(exclusive)  # by break, which does not come by what follows the last iteration
        self.block(loop.other, exclusive)
        exclusive &= left

    def _assign(self, statement: Assign, exclusive: set[Var]) -> None:
        self._written(statement, exclusive)
        if statement.augmented is not None:
            return
        self._stored(statement.value, exclusive)
        for target in statement.targets:
            self._bound(target, statement.value, exclusive)
        if len(statement.targets) > 1:
            exclusive -= {t for t in statement.targets if isinstance(t, Var)}

    def _bound(self, target: Target, value: Expr, exclusive: set[Var]) -> None:
        match target:
            case Var():
                others = {v for v, _ in self.regions.aliases(value)}
                same = isinstance(value, Ref) and value.var is target
                returned = isinstance(value, Invoke) and others == {target}
                if same or returned:
                    return
                exclusive -= others
                exclusive.discard(target)
                if not others and not self.regions.is_repeated(value):
                    exclusive.add(target)
            case Place(base):
                stored = {v for v, _ in self.regions.aliases(value)}
                if stored and not self.regions.is_array(base):
                    exclusive -= stored | {v for v, _ in self.regions.aliases(base)}
            case Unpack(parts):
                self._unpacked(target, parts, value, exclusive)

    def _unpacked(
        self, target: Unpack, parts: tuple[Target, ...], value: Expr, exclusive: set[Var]
    ) -> None:
        if not isinstance(value, Make) or len(value.items) != len(parts):
            found = self.regions.part_aliases(value, len(parts))
            if found is None:
                exclusive -= {v for v, _ in self.regions.aliases(value)} | set(targets_of(target))
                return
            for part, shared in zip(parts, found, strict=True):
                if {v for v, _ in shared} != {part}:  # else it is returned what it was handed
                    exclusive -= {v for v, _ in shared} | set(targets_of(part))
                if not shared and isinstance(part, Var):
                    exclusive.add(part)
            return
        if self.regions.is_exchange(target, value):
            pairs = zip(parts, value.items, strict=True)
            moved = {p for p, i in pairs if isinstance(i, Ref) and i.var in exclusive}
            exclusive -= set(targets_of(target))
            exclusive |= {p for p in moved if isinstance(p, Var)}
            return
        fresh = {
            part
            for part, item in zip(parts, value.items, strict=True)
            if isinstance(part, Var) and not self.regions.aliases(item)
        }
        exclusive -= {v for v, _ in self.regions.aliases(value)} | set(targets_of(target))
        exclusive |= fresh

    def _stored(self, value: Expr, exclusive: set[Var]) -> None:
        """What a call puts into a list has another name from there on."""
        for node in walk(value):
            if isinstance(node, Apply) and node.op == "list.append":
                stored = {v for v, _ in self.regions.aliases(node.args[1])}
                if stored:
                    exclusive -= stored | {v for v, _ in self.regions.aliases(node.args[0])}

    def _written(self, statement: Stmt, exclusive: set[Var]) -> None:
        for write in self.regions.writes.get(statement, []):
            roots = {v for v, _ in self.regions.aliases(write.base)}
            if self.regions.is_handed_over(write):
                self.seen |= roots
            elif self._is_unnamed(write):
                self.seen |= roots
            elif not self.regions.is_array(write.base):
                # What changes the items of a container is seen by all its names.
                self.seen |= {v for v in roots if self.regions.is_container_shared(v)}
            elif not roots <= exclusive and not self._is_last(roots, statement, exclusive):
                self.seen |= roots

    def _is_last(self, roots: set[Var], statement: Stmt, exclusive: set[Var]) -> bool:
        """Whether nothing reads an array after a statement but by the one name in `roots`."""
        if len(roots) > 1 or self.regions.type_of is None or inner_blocks(statement):
            return False
        (root,) = roots
        if not isinstance(self.regions.type_of(Ref(root)), Array):
            return False
        others = self.regions.live[statement] - roots - exclusive
        return not any(self.regions.of(v) is self.regions.of(root) for v in others)

    def _is_unnamed(self, write: Any) -> bool:
        updated = isinstance(write.statement, Assign) and write.statement.augmented is not None
        return not (updated and write.key is None) and self.regions.is_unnamed(write.base)

    def _is_followed(self, var: Var) -> bool:
        return not self.regions.is_immutable_variable(var)
