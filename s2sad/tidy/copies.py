"""Copies of adjoints taken out: `d_y = d_r`, after which d_r is not used, makes both one variable.

The copy is dropped, and the two variables get one name: that of d_y if d_y is returned, or given a
value elsewhere, too, else that of d_r. The statement that it stood for is quoted together with the
one before.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from s2sad.ir.bindings import bound_by
from s2sad.ir.flow import expressions, inner_blocks, statements, targets_of
from s2sad.ir.nodes import (
    Assign,
    Block,
    Expr,
    For,
    Ref,
    Stmt,
    Var,
)
from s2sad.tidy.dead import all_reads, reads_of
from s2sad.tidy.naming import Names


def merge_copies(
    block: Block,
    returns: Expr,
    names: Names,
    sources: dict[Stmt, list[Stmt]],
    fixed: Var | None = None,
    before: Sequence[Stmt] = (),
) -> Block:
    """The backward part without needless copies; the variable `fixed` keeps its name. `before` is
    the forward part, in which a variable of adjoints may have had a value already."""
    final = reads_of(returns)
    given = {var for statement in before for var in written(statement)}
    assigned = Counter(var for each in statements(block) for var in _assigned(each))
    return _merge(block, final, names, sources, fixed, given, assigned)


def _merge(
    block: Block,
    final: set[Var],
    names: Names,
    sources: dict[Stmt, list[Stmt]],
    fixed: Var | None,
    given: set[Var],
    assigned: Counter[Var],
) -> Block:
    first: dict[Var, int] = {}
    last: dict[Var, int] = {}
    for position, statement in enumerate(block):
        for var in all_reads(statement) | written(statement):
            first.setdefault(var, position)
            last[var] = position
    for var in final:
        last[var] = len(block)
    result: Block = []
    moved: list[Stmt] = []
    for position, statement in enumerate(block):
        pair = _copy(statement)
        if (
            pair is not None
            and pair[0] not in given
            and _mergeable(*pair, position, first, last, names, final, fixed)
        ):
            new, old = pair
            root = names.root(old)
            passing = assigned[root] == 1 and assigned[new] > 1  # d_r is a name for a while
            if (new in final or passing) and root not in final and root.name is None:
                names.merge(root, new)
                last[new] = max(last.get(new, -1), position)
            else:
                names.merge(new, root)
                last[root] = last.get(new, position)
            moved += sources.pop(statement, [])
            continue
        if moved:
            # The first statement of a group is quoted; a loop is not what the group is of.
            heads = [s for s in result if s in sources] if inner_blocks(statement) else []
            if heads:
                sources[heads[-1]] = [*sources[heads[-1]], *moved]
            else:
                sources[statement] = moved + sources.get(statement, [])
            moved = []
        result.append(statement)
    _merge_inside(result, final | given, names, sources, fixed, assigned)
    return result


def _merge_inside(
    block: Block,
    outside: set[Var],
    names: Names,
    sources: dict[Stmt, list[Stmt]],
    fixed: Var | None,
    assigned: Counter[Var],
) -> None:
    """Takes copies out of the blocks inside, between variables that are used nowhere else."""
    used = [all_reads(statement) | written(statement) for statement in block]
    times = Counter(var for variables in used for var in variables)
    for statement, own in zip(block, used, strict=True):
        elsewhere = outside | {var for var in times if times[var] > (var in own)}
        elsewhere |= {var for expr in expressions(statement) for var in reads_of(expr)}
        if isinstance(statement, For):
            elsewhere |= set(targets_of(statement.target))
        inner = inner_blocks(statement)
        for body in inner:
            beside = {v for b in inner if b is not body for s in b for v in all_reads(s)}
            beside |= {v for b in inner if b is not body for s in b for v in written(s)}
            others = elsewhere | beside
            # What is assigned again would seem to come from the iteration before.
            assigned = Counter(var for each in body for var in written(each))
            again = {var for var in assigned if assigned[var] > 1}
            final, given = others | _carried(body), others | again
            body[:] = _merge(body, final, names, sources, fixed, given, assigned)


def _carried(block: Block) -> set[Var]:
    """The variables that a block may use before it has given them a value."""
    found: set[Var] = set()
    sure: set[Var] = set()
    for statement in block:
        reads = all_reads(statement)
        if isinstance(statement, Assign):
            sure |= set(bound_by(statement)) - reads - found
        found |= (reads | written(statement)) - sure
    return found


def _mergeable(
    new: Var,
    old: Var,
    position: int,
    first: dict[Var, int],
    last: dict[Var, int],
    names: Names,
    final: set[Var],
    fixed: Var | None,
) -> bool:
    """Whether two variables can be one: the old is not used after the copy, nor the new before."""
    root = names.root(old)
    if new is fixed or new.user or old.user:
        return False
    if fixed is not None and names.root(fixed) is root and new in final:
        return False
    return max(last.get(root, -1), last.get(old, -1)) <= position == first.get(new)


def written(statement: Stmt) -> set[Var]:
    """The variables that a statement, or one inside it, gives a value to."""
    from s2sad.ir.bindings import bound_by, written_by

    return set(bound_by(statement)) | set(written_by(statement))


def _assigned(statement: Stmt) -> list[Var]:
    """The variables that an assignment gives a value to."""
    if not isinstance(statement, Assign):
        return []
    return [var for target in statement.targets for var in targets_of(target)]


def _copy(statement: Stmt) -> tuple[Var, Var] | None:
    match statement:
        case Assign((Var() as new,), Ref(old), None):
            return new, old
    return None
