"""What is handed to a derivative for real numbers has to be real: checked where it would not show.

An unannotated parameter is real. An array that is complex after all goes through all arithmetic
unnoticed; at the end its gradient is complex, which `like` refuses. Not so where an operator makes
real numbers of complex ones, since its derivative is another one then, and where real parts are
taken of what is complex for other reasons:

    def power(z):
        return np.sum(np.abs(z) ** 2)

    def power_jvp(z, *, dot_z):
        refuse_complex(z)               what is found here to be needed

Nothing is checked that an annotation says.
"""

from __future__ import annotations

from collections.abc import Collection

from s2sad.analysis.facts import Facts
from s2sad.analysis.types import Array, DictOf, ListOf, Struct, TupleOf, Type, Unknown
from s2sad.derive.broadcasting import call
from s2sad.derive.templates import Rule
from s2sad.ir.nodes import Apply, Block, Evaluate, Expr, Function, Make, Parameter, Ref, Var

_CHECK = "helper.refuse_complex"


def real_arguments(
    function: Function, facts: Facts, only_real: bool = False, seen: Collection[Var] = ()
) -> Block:
    """The statement that refuses complex arguments, where one is needed: where an operator hides
    them, where others are complex, or where the derivative is one that real functions alone have.
    What is `seen` is checked elsewhere: the gradient of a parameter is put into its form."""
    if any(isinstance(s, Evaluate) and _is_check(s.value) for s in function.body):
        return []
    summary = facts.summaries[function]
    doubtful: list[Expr] = [
        Ref(parameter.var)
        for parameter, fact in zip(function.params, summary.params, strict=True)
        if _is_doubtful(fact.type) and parameter.var not in seen and not _says_real(parameter)
    ]
    if not doubtful or not (only_real or facts.mixed or _hides_complex_numbers(facts)):
        return []
    checked = doubtful[0] if len(doubtful) == 1 else Make("tuple", tuple(doubtful))
    return [Evaluate(call(_CHECK, checked, text="refuse_complex"))]


def _is_check(value: Expr) -> bool:
    return isinstance(value, Apply) and value.op == _CHECK


def _is_doubtful(kind: Type) -> bool:
    """Whether values of a type are taken to be real, and are not known to be."""
    match kind:
        case Array(dtype):
            return dtype == "unknown"
        case Unknown(_, foreign):
            return not foreign
        case TupleOf(items):
            return any(map(_is_doubtful, items))
        case ListOf(item):
            return _is_doubtful(item)
        case DictOf(items, rest):
            inside = [item for _, item in items] + ([] if rest is None else [rest])
            return not inside or any(map(_is_doubtful, inside))
        case Struct(_, fields):
            return any(_is_doubtful(field) for _, field in fields)
    return False


def _hides_complex_numbers(facts: Facts) -> bool:
    """Whether something varied goes into an operator that makes real numbers of complex ones."""
    for node, found in facts.rules.items():
        if found is None:
            continue
        rule, bound = found
        operands = [bound[operand.name] for operand in rule.operands if operand.name in bound]
        varied = [operand for operand in operands if operand in facts.varied]
        if any(_is_doubtful(facts.type_of(operand)) for operand in varied):
            if any(map(_gives_real_numbers, facts.program.rules.variants(node.op))):
                return True
    return False


def _gives_real_numbers(rule: Rule) -> bool:
    """Whether a rule makes real numbers of complex ones, whatever these are: not that of
    `abs(z) ** 2`, in which `abs` does so."""
    plain = not any(isinstance(arg, Apply) for arg in rule.match.args)
    return plain and rule.numbers == "complex" and rule.gives == "real"


def _says_real(parameter: Parameter) -> bool:
    """Whether the default of a parameter is a real number, or no number at all."""
    default = parameter.default
    return default is not None and default != "None" and not default.endswith(("j", "J"))
