"""Backward functions that need nothing of the forward part but the function's result.

    def sigmoid(x):                          def sigmoid_backward(value, d_out):
        return 1.0 / (1.0 + np.exp(-x))          d_x = d_out * value * (1.0 - value)

They are handed the result, which the caller has, and do not compute it again. What they do not read
then is no parameter of theirs. Where they read arguments, too, the caller would have to keep these
and the result: they are handed it if it is dear.
"""

from __future__ import annotations

from s2sad.analysis.facts import Facts
from s2sad.analysis.types import Array
from s2sad.derive.memory.plan import Plan
from s2sad.derive.values import CHEAP, DEAR_IN_LOOPS, can_repeat, cost
from s2sad.ir.bindings import bound_by
from s2sad.ir.flow import expressions
from s2sad.ir.nodes import Assign, Expr, Function, Ref, Return, Var
from s2sad.tidy.dead import all_reads, live_part, reads_of


def result_alone(
    function: Function, plan: Plan, returned: Expr, returns: Expr, facts: Facts
) -> Var | None:
    """The variable of the result, if the forward part of a backward function does nothing else than
    to compute that, and if it is worth while to keep it instead. `returned` is what the function
    returns, `returns` what its backward function does."""
    var = plan.replaced.get(returned, returned.var if isinstance(returned, Ref) else None)
    if var is None or not isinstance(facts.summaries[function].result.type, Array):
        return None
    if not all(isinstance(statement, Assign | Return) for statement in function.body):
        return None
    found = [s for s in plan.forward if var in bound_by(s)]
    if len(found) != 1 or any(var in bound_by(statement) for statement in plan.backward):
        return None
    rest = [statement for statement in plan.forward if statement is not found[0]]
    if live_part(rest, plan.backward, returns, plan.replaced, plan.regions):
        return None
    # A caller may call the function again to have its result.
    if not all(can_repeat(e, facts) for statement in function.body for e in expressions(statement)):
        return None
    price = sum(cost(e, facts) for statement in plan.forward for e in expressions(statement))
    read = {v for statement in plan.backward for v in all_reads(statement, plan.replaced)}
    read |= reads_of(returns, plan.replaced)
    reads_arguments = any(parameter.var in read for parameter in function.params)
    return var if price > (DEAR_IN_LOOPS if reads_arguments else CHEAP) else None
