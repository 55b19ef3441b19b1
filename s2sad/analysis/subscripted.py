"""Which names stand for arrays for certain, where their ranks are not known.

    t = a[1]                   t is a number, or a row of a
    a[-1] = 0.2                a is an array: it has parts
    b = a[1:]                  b is an array: a slice has axes,
    b += 0.2                   and stays the same one

A number has no parts. A name that is given a value at one place in the text, and of which parts are
taken or written somewhere, stands for no number; nor does one that only gets such names and slices.
"""

from __future__ import annotations

from collections import Counter

from s2sad.ir.bindings import places_of
from s2sad.ir.flow import bound, expressions, statements, targets
from s2sad.ir.nodes import Apply, Assign, Expr, Function, Make, Ref, Slice, Stmt, Var, walk


def subscripted(function: Function) -> set[Var]:
    """The variables that have parts and one place in the text where they get a value, and those
    that get such ones and slices of them alone."""
    found: set[Var] = set()
    sites = Counter(p.var for p in function.params)
    for statement in statements(function.body):
        sites.update(bound(statement))
        bases = [p.base for t in targets(statement) for p in places_of(t)]
        nodes = [node for expr in expressions(statement) for node in walk(expr)]
        bases += [n.args[0] for n in nodes if isinstance(n, Apply) and n.op == "getitem"]
        found |= {base.var for base in bases if isinstance(base, Ref)}
    arrays = {var for var in found if sites[var] == 1}
    return arrays | _further_names(function, arrays)


def _further_names(function: Function, arrays: set[Var]) -> set[Var]:
    """The variables that get nothing but arrays with a name and slices of them."""
    given: dict[Var, list[Expr | None]] = {p.var: [None] for p in function.params}
    for statement in statements(function.body):
        if not (isinstance(statement, Assign) and statement.augmented is not None):
            for var in bound(statement):
                given.setdefault(var, []).append(_value_of(statement, var))
    known = set(arrays)
    while True:
        more = {var for var, values in given.items() if all(_is_array(v, known) for v in values)}
        if more <= known:
            return known - arrays
        known |= more


def _value_of(statement: Stmt, var: Var) -> Expr | None:
    """What a statement gives a variable, if it says so."""
    named = isinstance(statement, Assign) and var in statement.targets
    return statement.value if named and isinstance(statement, Assign) else None


def _is_array(value: Expr | None, arrays: set[Var]) -> bool:
    """Whether a value is another name of an array, or a slice of one."""
    if isinstance(value, Ref):
        return value.var in arrays
    if not isinstance(value, Apply) or value.op != "getitem":
        return False
    base, index = value.args
    parts = index.items if isinstance(index, Make) and index.kind == "tuple" else (index,)
    named = isinstance(base, Ref) and base.var in arrays
    return named and any(isinstance(part, Slice) for part in parts)
