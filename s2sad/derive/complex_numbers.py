"""Complex numbers in derivatives: what is conjugated, and where a real part is taken.

The gradient of a real loss L with respect to z = x + iy is dL/dx + i dL/dy. So the adjoint of what
goes into a holomorphic y = f(z) is that of y times the conjugate of the slope:

    d_x += d_y * y                   d_x += d_y * np.conj(y)
    s = solve(a.T, d_y)              s = solve(a.conj().T, d_y)

`conjugated` marks these values in a rule's line; `conj` and `real_part` write a conjugate or a real
part, and leave away what changes nothing.
"""

from __future__ import annotations

from dataclasses import replace

from s2sad.analysis.facts import Facts
from s2sad.analysis.types import Shape, may_be_complex
from s2sad.derive.instantiate import CONJUGATE, count_reads
from s2sad.derive.templates import Rule
from s2sad.ir.nodes import Apply, Const, Each, Expr, Make, Select, Slice, Value, Var, children
from s2sad.tidy.algebra import mul, neg, simplify

DISCARDED = ("S2S021", "cannot differentiate a write of what may be complex into an array that is "
             "not certainly complex: NumPy would leave out the imaginary part")  # fmt: skip
"""Code and message of a refusal."""

KEEP_COMPLEX = (
    "Make the array with dtype=complex, or write the real part: .real. A number that is certainly "
    "real is known as such by its annotation, or by np.asarray(x, dtype=float)."
)


def conjugated(expr: Expr, adjoints: set[Var]) -> Expr:
    """A line of a rule with marks around the largest parts that read no adjoint."""
    if not any(count_reads(expr, var) for var in adjoints):
        return expr if isinstance(expr, Const | Slice) else Apply(CONJUGATE, (expr,))

    def inner(part: Expr) -> Expr:
        return conjugated(part, adjoints)

    match expr:
        case Apply(op, (test, *arms)) if op == "numpy.where":
            return replace(expr, args=(test, *map(inner, arms)))
        case Apply(_, args, kwargs):
            named = tuple((name, inner(arg)) for name, arg in kwargs)
            return replace(expr, args=tuple(map(inner, args)), kwargs=named)
        case Make(_, items):
            return replace(expr, items=tuple(map(inner, items)))
        case Select(_, then, other):
            return replace(expr, then=inner(then), other=inner(other))
        case Each(_, element):
            return replace(expr, element=inner(element))
    return expr


def refusal(facts: Facts, node: Apply, has_rule: bool) -> tuple[str, str, str] | None:
    """Code, message and advice for a use of an operator whose rules are for real numbers alone;
    None where no operand may be complex."""
    operands = [*node.args, *(value for _, value in node.kwargs)]
    if not has_rule or not any(may_be_complex(facts.type_of(part)) for part in operands):
        return None
    name = node.op if "." in node.op else f"the operator {node.text or node.op}"
    return "S2S021", f"cannot differentiate through {name} of complex numbers", ADVICE


ADVICE = (
    "It has no rule for what may be complex. Take the real part first (.real), the absolute value, "
    "or the real and the imaginary part one by one; say by np.asarray(x, dtype=float) that a "
    "value is real."
)


class ComplexNumbers:
    """Conjugates and real parts of expressions of the derivative, by what is known of them."""

    def __init__(self, facts: Facts) -> None:
        self.facts = facts

    def may_be_complex(self, expr: Expr) -> bool:
        """Whether the value of an expression may be complex."""
        return may_be_complex(self.facts.type_of(expr))

    def conj(self, expr: Expr) -> Expr:
        """The complex conjugate of a value."""
        free = self._free_conj(expr)
        if free is not None:
            return free
        spread = self._spread_conj(expr)
        if spread is not None and _conjugates(spread) <= _conjugates(expr):
            return spread
        match expr:
            case Apply("numpy.transpose", (base,)) if expr.form == "attribute":
                inner = Apply("numpy.conj", (base,), (), "method", "conj")
                return replace(expr, args=(inner,), origin=None)
        return Apply("numpy.conj", (expr,), (), "call", "np.conj")

    def _spread_conj(self, expr: Expr) -> Expr | None:
        """The conjugates of the parts of an expression of the derivative: d * np.conj(z) gives
        np.conj(d) * z, and the conjugate of a transposed product that of the factors."""
        match expr:
            case Apply("neg", (inner,)) if expr.form == "prefix":
                return neg(self.conj(inner))
            case Apply("mul" | "truediv" | "add" | "sub" | "matmul", (a, b)):
                if expr.form == "infix":
                    parts = (self.conj(a), self.conj(b))
                    return simplify(Apply(expr.op, parts, (), "infix", expr.text))
            case Apply("numpy.outer", (a, b)):
                return replace(expr, args=(self.conj(a), self.conj(b)), origin=None)
            case Apply("numpy.transpose", (base,)) if expr.form == "attribute":
                return self._adjointed(base)
        return None

    def _adjointed(self, expr: Expr) -> Expr | None:
        """The conjugate transpose of a product of matrices: that of the factors, exchanged."""
        match expr:
            case Apply("numpy.outer", (a, b)):
                return replace(expr, args=(self.conj(b), self.conj(a)), origin=None)
            case Apply("matmul", (a, b)) if expr.form == "infix":
                if all(self._is_matrix(part) for part in (a, b)):
                    turned = tuple(self.conj(_transposed(part)) for part in (b, a))
                    return replace(expr, args=turned, origin=None)
        return None

    def _is_matrix(self, expr: Expr) -> bool:
        shape = self.facts.shape_of(expr)
        return isinstance(shape, Shape) and shape.rank == 2

    def _free_conj(self, expr: Expr) -> Expr | None:
        """The conjugate of what is real, a number, or one that is taken back; -1j * k for the
        value of 1j * k."""
        value = expr.node if isinstance(expr, Value) else expr
        wrap = Value if isinstance(expr, Value) else _itself
        match value:
            case Const(complex() as number):
                return Const(number.conjugate())
            case Apply("numpy.conj", (inner,)):
                return wrap(inner)
            case Apply("numpy.transpose", (inner,)) if value.form == "attribute":
                found = self._free_conj(wrap(inner))
                return None if found is None else _transposed(found)
            case Apply("neg", (inner,)) if value.form == "prefix":
                found = self._free_conj(wrap(inner))
                return None if found is None else neg(found)
            case Apply("mul" | "truediv" | "add" | "sub", (a, b)) if value.form == "infix":
                if self.may_be_complex(expr):
                    left, right = self._free_conj(wrap(a)), self._free_conj(wrap(b))
                    if left is None or right is None:
                        return None
                    return simplify(Apply(value.op, (left, right), (), "infix", value.text))
        return None if self.may_be_complex(expr) else expr

    def tidied(self, expr: Expr) -> Expr:
        """An expression of a rule whose conjugates and parts are written where they change
        anything."""
        match expr:
            case Apply("numpy.conj" | "numpy.real" | "numpy.imag" as op, (inner,)):
                done = self.tidied(inner)
                if op != "numpy.conj":
                    return self._part(done, op.removeprefix("numpy."))
                settled = done is inner and expr.form == "method"  # A.conj().T
                return expr if settled else self.conj(done)
            case Apply(_, args, kwargs):
                parts = tuple(map(self.tidied, args))
                named = tuple((name, self.tidied(arg)) for name, arg in kwargs)
                same = all(a is b for a, b in zip(args, parts, strict=True))
                if same and all(a[1] is b[1] for a, b in zip(kwargs, named, strict=True)):
                    return expr
                return simplify(replace(expr, args=parts, kwargs=named, origin=None))
        return expr

    def real_part(self, expr: Expr) -> Expr:
        """The real part, of what real factors leave."""
        return self._part(expr, "real")

    def _part(self, expr: Expr, part: str) -> Expr:
        if not self.may_be_complex(expr):
            return expr if part == "real" else Const(0.0)
        match expr:
            case Const(complex() as number):
                return Const(number.real if part == "real" else number.imag)
            case Apply("neg", (inner,)) if expr.form == "prefix":
                return neg(self._part(inner, part))
            case Apply("numpy.conj", (inner,)):
                found = self._part(inner, part)
                return found if part == "real" else neg(found)
            case Apply("mul", (Const(complex() as number), rest)) if number.real == 0.0:
                # The real part of 1j * z is -z.imag, its imaginary part z.real.
                sign = -number.imag if part == "real" else number.imag
                other = "imag" if part == "real" else "real"
                return mul(Const(sign), self._part(rest, other))
            case Apply("mul" | "truediv", (a, b)) if expr.form == "infix":
                moved = self._without_number(expr)
                if moved is not None:
                    return self._part(moved, part)
                if not self.may_be_complex(b):
                    return simplify(replace(expr, args=(self._part(a, part), b)))
                if not self.may_be_complex(a) and expr.op == "mul":
                    return simplify(replace(expr, args=(a, self._part(b, part))))
        return Apply(f"numpy.{part}", (expr,), (), "attribute", part)

    def _without_number(self, expr: Apply) -> Expr | None:
        """1j * a * b as 1j * (a * b), so that the number can be taken off."""
        factors: list[tuple[str, Expr, str]] = []
        rest: Expr = expr
        while isinstance(rest, Apply) and rest.op in ("mul", "truediv") and rest.form == "infix":
            factors.insert(0, (rest.op, rest.args[1], rest.text))
            rest = rest.args[0]
        if not isinstance(rest, Const) or not isinstance(rest.value, complex):
            return None
        if rest.value.real != 0.0 or len(factors) < 2 or factors[0][0] != "mul":
            return None
        product = factors[0][1]
        for op, factor, text in factors[1:]:
            product = Apply(op, (product, factor), (), "infix", text)
        return Apply("mul", (rest, product), (), "infix", "*")


def _itself(expr: Expr) -> Expr:
    return expr


def _transposed(expr: Expr) -> Expr:
    return simplify(Apply("numpy.transpose", (expr,), (), "attribute", "T"))


def _conjugates(expr: Expr) -> int:
    """How many conjugates the derivative computes for an expression, besides its own."""
    if isinstance(expr, Value):
        return 0
    own = int(isinstance(expr, Apply) and expr.op == "numpy.conj")
    return own + sum(map(_conjugates, children(expr)))


def adjoints_of(rule: Rule) -> set[Var]:
    """The placeholders of a rule that stand for adjoints, and for what is computed from them."""
    found = {var for name, var in rule.vars.items() if name in _seeds(rule)}
    for name, expr in rule.temporaries:
        if any(count_reads(expr, var) for var in found):
            found.add(rule.place(name))
    return found


def _seeds(rule: Rule) -> set[str]:
    return {"d_y", *(f"d_{operand.name}" for operand in rule.operands)}
