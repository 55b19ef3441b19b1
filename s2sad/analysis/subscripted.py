"""Which names stand for arrays for certain, where their ranks are not known.

    t = a[1]                   t is a number, or a row of a
    a[-1] = 0.2                a is an array: it has parts

A number has no parts. A name that is given a value at one place in the text, and of which parts are
taken or written somewhere, stands for no number.
"""

from __future__ import annotations

from collections import Counter

from s2sad.ir.bindings import places_of
from s2sad.ir.flow import bound, expressions, statements, targets
from s2sad.ir.nodes import Apply, Function, Ref, Var, walk


def subscripted(function: Function) -> set[Var]:
    """The variables that have parts, and one place in the text where they get a value."""
    found: set[Var] = set()
    sites = Counter(p.var for p in function.params)
    for statement in statements(function.body):
        sites.update(bound(statement))
        bases = [p.base for t in targets(statement) for p in places_of(t)]
        nodes = [node for expr in expressions(statement) for node in walk(expr)]
        bases += [n.args[0] for n in nodes if isinstance(n, Apply) and n.op == "getitem"]
        found |= {base.var for base in bases if isinstance(base, Ref)}
    return {var for var in found if sites[var] == 1}
