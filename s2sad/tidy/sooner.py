"""What is added to adjoints is added as soon as it can be.

An array that has a name takes memory as long as it is read. Where another one is computed from it,
contributions that read only the first are made before there is the second:

    d_difference = d_v * dt                   d_difference = d_v * dt
    d_sum = d_difference * k                  d_u += d_v - u * d_difference
    d_u += d_v - u * d_difference - d_sum     d_k += np.sum(d_difference * v)
    d_k += np.sum(d_difference * v)           d_sum = d_difference * k
                                              d_u -= d_sum

Only what is added moves, and only to adjoints that nothing else in the group reads.
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import replace

from s2sad.ir.bindings import written_into
from s2sad.ir.flow import expressions, reads, targets_of
from s2sad.ir.nodes import Apply, Assign, Block, Expr, Place, Ref, Stmt, Target, Var
from s2sad.tidy.algebra import key


def sooner(body: Block, together: Callable[[Var], Collection[Var]]) -> Block:
    """A group of the backward part in that order; `together` gives the names of an array."""
    result = [statement for statement in body if isinstance(statement, Assign)]
    if len(result) < len(body):
        return body
    position = 0
    while position < len(result):
        source = _derived_from(result, position)
        if source:
            sums = only_added_to(result, together)
            first, rest = moved_before(result[position:], source, sums)
            result[position:] = [*first, *rest]
            position += len(first)
        position += 1
    return [*result]


def _derived_from(group: list[Assign], position: int) -> set[Var]:
    """The names of the group that a name is computed from, which is added to something itself."""
    name = _name_in(group[position])
    found = {_name_in(statement) for statement in group[:position]} & read_by(group[position])
    used = any(_sum(s) is not None and name in read_by(s) for s in group[position + 1 :])
    return {var for var in found if var is not None} if name is not None and used else set()


def _name_in(statement: Assign) -> Var | None:
    """What a statement gives a name to that it computes."""
    target = statement.targets[0]
    new = statement.augmented is None and isinstance(statement.value, Apply)
    return target if new and isinstance(target, Var) else None


def read_by(statement: Stmt) -> set[Var]:
    """The variables that a statement reads."""
    return {var for expr in expressions(statement) for var in reads(expr)}


def only_added_to(group: list[Assign], together: Callable[[Var], Collection[Var]]) -> set[Var]:
    """The variables to which the group adds, and which it reads nowhere else."""
    added: set[Var] = set()
    others: set[Var] = set()
    for statement in group:
        found = _sum(statement)
        if found is None:
            others |= read_by(statement) | changed_by(statement)
            continue
        target, terms = found
        added |= changed_by(statement)
        others |= {var for _, term in terms for var in reads(term)}
        if isinstance(target, Place) and not isinstance(target.key, str):
            others |= set(reads(target.key))
    seen = added | others
    return {v for v in added - others if not (set(together(v)) - {v}) & seen}


def changed_by(statement: Assign) -> set[Var]:
    """The variables that a statement binds, or into which it writes."""
    targets = statement.targets
    return {v for t in targets for v in (*targets_of(t), *written_into(t))}


def moved_before(
    group: list[Assign], source: set[Var], sums: set[Var]
) -> tuple[list[Assign], list[Assign]]:
    """What is added before the first statement of a group now, and the other statements."""
    first: list[Assign] = []
    rest = [group[0]]
    changed = changed_by(group[0])
    for statement in group[1:]:
        found = _sum(statement)
        before: list[tuple[str, Expr]] = []
        terms: list[tuple[str, Expr]] = []
        if found is not None and changed_by(statement) <= sums - changed:
            target, terms = found
            at = target.key if isinstance(target, Place) else None
            if at is None or isinstance(at, str) or not set(reads(at)) & changed:
                before = [term for term in terms if not set(reads(term[1])) & changed]
            if not any(source & set(reads(term)) for _, term in before):
                before = []
        if before and len(before) == len(terms):
            first.append(statement)
            continue
        if before:
            first.append(_with_terms(statement, before))
            statement = _with_terms(statement, [term for term in terms if term not in before])
        rest.append(statement)
        changed |= changed_by(statement)
    return first, rest


def _sum(statement: Assign) -> tuple[Target, list[tuple[str, Expr]]] | None:
    """The target of `x += a - b`, and its terms with their operators."""
    if statement.augmented != "add" or len(statement.targets) != 1:
        return None
    target = statement.targets[0]
    terms: list[tuple[str, Expr]] = []
    node: Expr = statement.value
    while isinstance(node, Apply) and node.op in ("add", "sub") and node.form == "infix":
        terms.append((node.op, node.args[1]))
        node = node.args[0]
    if not terms or not _is_target(node, target):
        return None
    listed = [pair for op, term in reversed(terms) for pair in _parts(op, term)]
    return target, listed


def _parts(op: str, term: Expr) -> list[tuple[str, Expr]]:
    """A term that is a sum as several."""
    if isinstance(term, Apply) and term.op in ("add", "sub") and term.form == "infix":
        other = op if term.op == "add" else ("sub" if op == "add" else "add")
        return [*_parts(op, term.args[0]), *_parts(other, term.args[1])]
    return [(op, term)]


def _is_target(node: Expr, target: Target) -> bool:
    match node, target:
        case Ref(var), Var():
            return var is target
        case Apply("getitem", (base, at)), Place(into, place) if not isinstance(place, str):
            return key(base) == key(into) and key(at) == key(place)
    return False


def _with_terms(statement: Assign, terms: list[tuple[str, Expr]]) -> Assign:
    """The same addition with some of its terms."""
    target = statement.targets[0]
    total: Expr
    if isinstance(target, Var):
        total = Ref(target)
    else:
        assert isinstance(target, Place) and not isinstance(target.key, str)
        total = Apply("getitem", (target.base, target.key), (), "index")
    for op, term in terms:
        total = Apply(op, (total, term), (), "infix", "+" if op == "add" else "-")
    return replace(statement, value=total)
