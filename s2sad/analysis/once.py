"""Which comprehensions run over what may be run over once only.

    pairs = zip(names, weights)
    total = sum([w * x[k] for k, w in pairs])

A comprehension is one expression, and its derivative runs over the same once more. The refusal has
the program read again, with a list (`ExpressionLowerer`):

    items = list(pairs)
    total = sum([w * x[k] for k, w in items])
"""

from __future__ import annotations

from dataclasses import replace

from s2sad.analysis.exits import gives_iterator, is_iterator, one_shot
from s2sad.ir.nodes import Apply, Each, Expr, Invoke, Opaque, Ref, Var, walk


def may_be_used_up(each: Each, iterators: set[Var]) -> bool:
    """Whether running over what a comprehension runs over may leave nothing of it; `iterators` hold
    such values. An expression that makes an iterator makes another one where it is written again.
    """
    return any(_gives_nothing_twice(part, iterators) for part in walk(each.iterable))


def _gives_nothing_twice(part: Expr, iterators: set[Var]) -> bool:
    match part:
        case Ref(var):
            return var in iterators
        case Invoke(callee):
            return gives_iterator(callee.function)
        case Opaque() | Apply():
            own = replace(part, parts=()) if isinstance(part, Opaque) else replace(part, args=())
            return not is_iterator(part) and one_shot(own, iterators)
    return False
