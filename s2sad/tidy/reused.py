"""Temporaries of one name: those that are called after the same and are never in use at one time.

    d_new = d_u[1:-1].copy()        the mirrors of two statements; each has its own variable, and
    ...                             what the first stands for is over when the second is assigned
    d_new = d_v[1:-1].copy()

Input: the backward part, before it has names. Names are all that is changed. A temporary is a
variable that the first statement to use it assigns, which stands in the innermost block around all
its uses. Only what has one type shares a name: then a name stands for one kind of thing, for
readers as for compilers.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from s2sad.analysis.types import Type
from s2sad.ir.flow import inner_blocks, targets_of
from s2sad.ir.nodes import Assign, Block, Branch, Context, Expr, For, Guard, Stmt, Var, While
from s2sad.tidy.copies import written
from s2sad.tidy.dead import all_reads
from s2sad.tidy.naming import Names


def reuse_names(
    block: Block,
    outside: set[Var],
    names: Names,
    bindings: Mapping[Var, Type],
    replaced: Mapping[Expr, Var],
) -> None:
    """Gives temporaries of a block the names of earlier ones. `outside` are the variables that are
    used elsewhere, too; of the expressions in `replaced`, variables are read instead."""
    reuse = _Reuse(names, bindings, replaced)
    reuse.find_homes(block, (block,))
    reuse.homes |= {names.root(var): () for var in outside}
    reuse.block(block, frozenset())


@dataclass
class _Reuse:
    names: Names
    bindings: Mapping[Var, Type]
    replaced: Mapping[Expr, Var]
    homes: dict[Var, tuple[Block, ...]] = field(default_factory=dict)
    """The block of each variable, with those around it, the outermost first."""
    known: dict[tuple[str, Type | None], list[Var]] = field(default_factory=dict)
    """The variables that have given a name to those of one hint and type."""

    def find_homes(self, block: Block, path: tuple[Block, ...]) -> None:
        """Notes the innermost block around all uses of each variable."""
        for statement in block:
            for var in self._used(_head(statement)):
                self.homes[var] = _common(self.homes.get(var, path), path)
            for inner in inner_blocks(statement):
                self.find_homes(inner, (*path, inner))

    def block(self, block: Block, busy: frozenset[Var]) -> None:
        """The temporaries of a block and of those inside it. The names in `busy` are in use."""
        used = [self._used(statement) for statement in block]
        last = {var: position for position, found in enumerate(used) for var in found}
        ends: dict[Var, int] = {}  # where a name is used last
        seen: set[Var] = set()
        for position, statement in enumerate(block):
            in_use = busy | {name for name, end in ends.items() if end >= position}
            for inner in inner_blocks(statement):
                self.block(inner, in_use)
            for var in sorted(used[position] - seen, key=lambda var: var.serial):
                if self._is_temporary(var, statement, block):
                    name = self._free_name(var, in_use)
                    in_use |= {name}
                    ends[name] = last[var]
            seen |= used[position]

    def _free_name(self, var: Var, in_use: frozenset[Var]) -> Var:
        """The variable whose name a temporary gets: one that is not in use, else it has its own."""
        alike = self.known.setdefault((var.hint, self.bindings.get(var)), [])
        for other in alike:
            if other not in in_use:
                self.names.merge(var, other)
                return other
        alike.append(var)
        return var

    def _is_temporary(self, var: Var, statement: Stmt, block: Block) -> bool:
        """Whether the first statement that uses a variable gives it its value, and its uses are all
        in this block."""
        if var.user or var.name is not None or not isinstance(statement, Assign):
            return False
        if self.homes[var][-1:] != (block,) or var in self._read(statement):
            return False
        given = [v for target in statement.targets for v in targets_of(target)]
        return statement.augmented is None and var in map(self.names.root, given)

    def _used(self, statement: Stmt) -> set[Var]:
        return self._read(statement) | set(map(self.names.root, written(statement)))

    def _read(self, statement: Stmt) -> set[Var]:
        return set(map(self.names.root, all_reads(statement, self.replaced)))


def _head(statement: Stmt) -> Stmt:
    """A statement without the blocks inside it."""
    match statement:
        case Branch():
            return replace(statement, then=[], other=[])
        case For() | While():
            return replace(statement, body=[], other=[])
        case Context() | Guard():
            return replace(statement, body=[])
    return statement


def _common(one: tuple[Block, ...], other: tuple[Block, ...]) -> tuple[Block, ...]:
    """The blocks that two paths begin with."""
    count = 0
    for a, b in zip(one, other, strict=False):
        if a is not b:
            break
        count += 1
    return one[:count]
