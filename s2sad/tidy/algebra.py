"""Algebra on terms of adjoints: sums collected, factors gathered, constants first.

    r * 1.0 + r * 1.0     ->   2.0 * r
    -(d * 2.0) * x        ->   -2.0 * d * x
    d + -(e)              ->   d - e

Works on expressions that the derivation makes, never on the user's own values, whose last bits must
stay what they are. The order of factors and terms is kept, constants apart.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable
from dataclasses import replace
from typing import Any

from s2sad.ir.nodes import Apply, Const, Each, Expr, Invoke, Make, Ref, Select, Slice, Value

_BOOLEAN = {"lt", "le", "gt", "ge", "eq", "ne", "not", "invert", "bitand", "bitor"}


def key(expr: Expr) -> Hashable:
    """A key that is equal for expressions that have the same value at one point of a program."""
    match expr:
        case Const(value):
            return ("const", type(value).__name__, repr(value))
        case Ref(var):
            return ("ref", id(var))
        case Value(Ref(var)):
            return ("ref", id(var))
        case Value(Const(value)):
            return ("const", type(value).__name__, repr(value))
        case Value(node):
            return key(node)
        case Apply(op, args, kwargs):
            named = tuple((name, key(value)) for name, value in kwargs)
            field = expr.text if op == "getattr" else ""
            return (op, field, tuple(key(arg) for arg in args), named)
        case Make(kind, items):
            return (kind, tuple(key(k) for k in expr.keys), tuple(key(item) for item in items))
        case Slice(start, stop, step):
            return ("slice", *(None if p is None else key(p) for p in (start, stop, step)))
    return id(expr)


def infix(op: str, token: str, *args: Expr) -> Apply:
    """An operator written between its operands."""
    return Apply(op, args, (), "infix", token)


def neg(expr: Expr) -> Expr:
    """The negative, simplified."""
    return simplify(Apply("neg", (expr,), (), "prefix", "-"))


def is_negative(expr: Expr) -> bool:
    """Whether a term is written with a minus sign in front."""
    match expr:
        case Apply("neg"):
            return True
        case Const(value):
            return isinstance(value, int | float | complex) and _is_below_zero(value)
        case Apply("mul" | "truediv", (first, _)):
            return is_negative(first)
    return False


def mul(*factors: Expr) -> Expr:
    """The product, simplified."""
    return _product(list(factors))


def add(*terms: Expr) -> Expr:
    """The sum, simplified."""
    return _sum(list(terms))


def number_apart(expr: Expr) -> tuple[float, Expr]:
    """The number of a product, and the product without it: 2.0 * d_x * x is 2.0 and d_x * x. Of a
    sum, the number that all of its terms are multiples of.

    The number stays, as 1.0, where no derivative is among the factors that are multiplied first:
    it may be what keeps a product of the user's integers from overflowing.
    """
    if isinstance(expr, Apply) and expr.op in ("add", "sub") and expr.form == "infix":
        return _common_number(expr)
    factors: list[Expr] = []
    number = _factors(expr, factors)
    if not isinstance(number, int | float) or not number:
        return 1.0, expr
    if number != -1 and not any(holds_derivative(factor) for factor in factors[:2]):
        return 1.0, expr
    return float(number), _chain(factors)


def _common_number(expr: Expr) -> tuple[float, Expr]:
    """The number that all terms of a sum are multiples of, and the sum without it."""
    terms: list[tuple[Any, Expr]] = []
    _terms(expr, 1, terms)
    if not all(isinstance(number, float) and number for number, _ in terms):
        return 1.0, expr
    common = min(abs(number) for number, _ in terms)
    apart = [number_apart(_scaled(number, term)) for number, term in terms]
    if common == 1.0 or any((number / common) % 1.0 for number, _ in terms):
        return 1.0, expr
    if any(found != number for (found, _), (number, _) in zip(apart, terms, strict=True)):
        return 1.0, expr
    return common, add(*(_scaled(number / common, term) for number, term in terms))


def holds_derivative(expr: Expr) -> bool:
    """Whether an expression reads an adjoint or a tangent."""
    match expr:
        case Ref(var):
            return var.hint.startswith(("d_", "dot_"))
        case Value(inner):
            return holds_derivative(inner)
        case Apply(_, args):
            return any(holds_derivative(arg) for arg in args)
    return False


def first_to_last(expr: Expr) -> tuple[float, list[tuple[str, Expr]]]:
    """The sign of a product or quotient, and its factors with mul or truediv for each, in the order
    in which it is evaluated: -d * a / b is -1, [(mul, d), (mul, a), (truediv, b)]."""
    match expr:
        case Apply("neg", (inner,)) if expr.form == "prefix":
            sign, factors = first_to_last(inner)
            return -sign, factors
        case Apply("mul" | "truediv" as op, (a, b)) if expr.form == "infix":
            sign, factors = first_to_last(a)
            return sign, [*factors, (op, b)]
    return 1.0, [("mul", expr)]


def evaluated(factors: list[tuple[str, Expr]]) -> Expr:
    """The product of factors in this order, as it stands."""
    result: Expr | None = None
    for op, factor in factors:
        if result is None:
            result = factor if op == "mul" else infix("truediv", "/", Const(1.0), factor)
        else:
            result = infix(op, "*" if op == "mul" else "/", result, factor)
    assert result is not None
    return result


def rewrite(expr: Expr, change: Callable[[Expr], Expr | None]) -> Expr:
    """An expression in which `change` has replaced what it gives something for."""
    new = change(expr)
    if new is not None:
        return new
    match expr:
        case Apply(_, args, kwargs):
            new_args = tuple(rewrite(a, change) for a in args)
            new_kwargs = tuple((name, rewrite(a, change)) for name, a in kwargs)
            same = all(x is y for x, y in zip(args, new_args, strict=True))
            same = same and all(x[1] is y[1] for x, y in zip(kwargs, new_kwargs, strict=True))
            if same:
                return expr
            return replace(expr, args=new_args, kwargs=new_kwargs, origin=None)
        case Make(kind, items, keys, cls):
            new_items = tuple(rewrite(i, change) for i in items)
            new_keys = tuple(rewrite(k, change) for k in keys)
            same = all(x is y for x, y in zip(items + keys, new_items + new_keys, strict=True))
            return expr if same else Make(kind, new_items, new_keys, cls, None)
        case Slice(start, stop, step):
            ends = [None if p is None else rewrite(p, change) for p in (start, stop, step)]
            same = ends[0] is start and ends[1] is stop and ends[2] is step
            return expr if same else Slice(ends[0], ends[1], ends[2])
        case Select(test, then, other, form):
            new_test, new_then = rewrite(test, change), rewrite(then, change)
            new_other = rewrite(other, change)
            if new_test is test and new_then is then and new_other is other:
                return expr
            return Select(new_test, new_then, new_other, form)
        case Each(kind, element, target, iterable, conditions, each_key):
            parts = [rewrite(e, change) for e in (iterable, element, *conditions)]
            if all(x is y for x, y in zip((iterable, element, *conditions), parts, strict=True)):
                return expr
            return Each(kind, parts[1], target, parts[0], tuple(parts[2:]), each_key)
        case Invoke(_, args, function):
            called = tuple(None if a is None else rewrite(a, change) for a in args)
            held = None if function is None else rewrite(function, change)
            same = held is function and all(x is y for x, y in zip(args, called, strict=True))
            return expr if same else replace(expr, args=called, function=held, origin=None)
    return expr


def simplify(expr: Expr) -> Expr:
    """An equal expression in its shortest form; parts are simple already."""
    match expr:
        case Apply("mul" | "neg") if not expr.kwargs:
            return _product([expr])
        case Apply("add" | "sub") if expr.form == "infix":
            return _sum([expr])
        case Apply("truediv", (a, b)):
            return _quotient(a, b)
        case Apply("pow", (base, Const(int() | float() as n))):
            return _power(base, n)
        case Apply(
            "numpy.transpose",
            (Apply("matmul", (Apply("numpy.transpose", (a,)) as turned, b)),),
        ) if (
            expr.form == turned.form == "attribute" and not expr.kwargs
        ):
            back = simplify(Apply("numpy.transpose", (b,), (), "attribute", "T"))
            return infix("matmul", "@", back, a)
        case Apply("numpy.transpose", (Value(Apply("numpy.transpose", (inner,)) as first),)) if (
            expr.form == first.form == "attribute" and not expr.kwargs
        ):
            return Value(inner)
        case Apply("numpy.transpose", (Apply("numpy.transpose", (inner,)) as first,)) if (
            expr.form == first.form == "attribute" and not expr.kwargs
        ):
            return inner
    return expr


def _number(expr: Expr) -> float | int | complex | None:
    match expr:
        case Const(bool()):
            return None
        case Const(int() | float() | complex() as value):
            return value
        case Value(Const(bool())):
            return None
        case Value(Const(int() | float() | complex() as value)):
            return value
    return None


def _is_below_zero(number: Any) -> bool:
    """Whether a number is written with a minus sign: -2.0, -2j."""
    if isinstance(number, complex):
        return number.imag < 0.0 if number.real == 0.0 else number.real < 0.0
    return bool(number < 0)


def _factors(expr: Expr, found: list[Expr]) -> Any:
    """Splits a product: returns its number, and adds its other factors to those found."""
    value = _number(expr)
    if value is not None:
        return value
    match expr:
        case Apply("neg", (inner,)) if expr.form == "prefix":
            return -_factors(inner, found)
        case Value(Apply("neg", (inner,)) as node) if node.form == "prefix":
            return -_factors(Value(inner), found)
        case Value(Apply("mul", (a, b)) as node) if node.form == "infix" and (
            isinstance(_number(a), float) or isinstance(_number(b), float)
        ):
            left = _factors(Value(a), found)
            return left * _factors(Value(b), found)
        case Apply("mul", (a, b)):
            left = _factors(a, found)
            return left * _factors(b, found)
        case Apply("truediv") if (positive := positive_part(expr)) is not None:
            return -_factors(positive, found)
        case Apply("truediv", (a, b)) if _number(a) is not None and _number(b) is None:
            number = _number(a)
            if number not in (1, 1.0, -1, -1.0):
                found.append(infix("truediv", "/", Const(1.0), b))
                return number
    found.append(expr)
    return 1


def _product(parts: list[Expr]) -> Expr:
    factors: list[Expr] = []
    number: Any = 1
    for part in parts:
        number = number * _factors(part, factors)
    if isinstance(number, complex) and number.imag == 0.0:
        number = number.real
    if not factors:
        return Const(number)
    if number == 0:
        return Const(0.0)
    if isinstance(number, float) and number in (1.0, -1.0) and _is_boolean(factors):
        return infix("mul", "*", Const(number), _chain(factors))
    if number == 1:
        return _chain(factors)
    first = factors[0]
    if isinstance(first, Apply) and first.op == "truediv" and _number(first.args[0]) == 1:
        top = number if isinstance(number, complex) else float(number)
        rest = [infix("truediv", "/", Const(top), first.args[1]), *factors[1:]]
        return _chain(rest)
    if number == -1:
        return _negative(_chain(factors))
    return _chain([Const(number), *_computed_first(factors)])


def _computed_first(factors: list[Expr]) -> list[Expr]:
    """Factors that are computed before those that stand in variables: 2.0 * u**2 * d needs room for
    one array, 2.0 * d * u**2 for two."""
    if any(isinstance(f, Apply) and f.op in ("truediv", "matmul") for f in factors):
        return factors
    return sorted(factors, key=_stands)


def _stands(expr: Expr) -> bool:
    match expr:
        case Value(inner):
            return _stands(inner)
        case Apply("getitem" | "getattr", (base, *_)):
            return _stands(base)
    return isinstance(expr, Ref | Const)


def _negative(expr: Expr) -> Expr:
    """-e, with the sign at the first factor where that is an adjoint: -d_x * a.

    A value of the user's may be a mask or unsigned, which has no negative.
    """
    signed = _with_minus(expr)
    return Apply("neg", (expr,), (), "prefix", "-") if signed is None else signed


def _with_minus(expr: Expr) -> Expr | None:
    match expr:
        case Ref(var) if var.hint.startswith("d_"):
            return Apply("neg", (expr,), (), "prefix", "-")
        case Const(float() as value):
            return Const(-value)
        case Apply("numpy.sum", (inner, *_)) if _with_minus(inner) is not None:
            return Apply("neg", (expr,), (), "prefix", "-")
        case Apply("mul" | "truediv" as op, (a, b)) if expr.form == "infix":
            first = _with_minus(a)
            return None if first is None else Apply(op, (first, b), (), expr.form, expr.text)
    return None


def positive_part(expr: Expr) -> Expr | None:
    """The e of a term -e whose first factor has a minus; None for any other."""
    match expr:
        case Const(int() | float() as value) if not isinstance(value, bool) and value < 0:
            return Const(-value)
        case Apply("neg", (inner,)) if expr.form == "prefix":
            return inner
        case Apply("mul" | "truediv" as op, (a, b)) if expr.form == "infix":
            first = positive_part(a)
            if first is not None:
                one = isinstance(first, Const) and first.value == 1 and op == "mul"
                return b if one else Apply(op, (first, b), (), expr.form, expr.text)
    return None


def _is_boolean(factors: list[Expr]) -> bool:
    return all(isinstance(f, Apply) and f.op in _BOOLEAN for f in factors)


def _chain(factors: list[Expr]) -> Expr:
    result = factors[0]
    for factor in factors[1:]:
        match factor:
            case Apply("truediv", (a, b)) if _number(a) == 1:
                result = infix("truediv", "/", result, b)
            case _:
                result = infix("mul", "*", result, factor)
    return result


def _terms(expr: Expr, sign: float, found: list[tuple[Any, Expr]]) -> None:
    match expr:
        case Apply("add", (a, b)) if expr.form == "infix":
            _terms(a, sign, found)
            _terms(b, sign, found)
        case Apply("sub", (a, b)) if expr.form == "infix":
            _terms(a, sign, found)
            _terms(b, -sign, found)
        case _:
            factors: list[Expr] = []
            number = _factors(expr, factors)
            if factors:
                found.append((sign * number, _chain(factors)))
            else:
                found.append((sign * number, Const(1)))


def _sum(parts: list[Expr]) -> Expr:
    terms: list[tuple[Any, Expr]] = []
    for part in parts:
        _terms(part, 1, terms)
    collected: dict[Hashable, tuple[Any, Expr]] = {}
    for number, term in terms:
        name = key(term)
        if name in collected:
            collected[name] = (collected[name][0] + number, term)
        else:
            collected[name] = (number, term)
    left = [(number, term) for number, term in collected.values() if number != 0]
    if not left:
        return Const(0.0)
    # A sum does not begin with a minus when a later term can go first.
    for position, (number, _) in enumerate(left):
        if not _is_below_zero(number):
            if _is_below_zero(left[0][0]):
                left.insert(0, left.pop(position))
            break
    result = _scaled(*left[0])
    for number, term in left[1:]:
        if _is_below_zero(number):
            result = infix("sub", "-", result, _scaled(-number, term))
        else:
            result = infix("add", "+", result, _scaled(number, term))
    return result


def _scaled(number: Any, term: Expr) -> Expr:
    if isinstance(term, Const):
        return Const(number * term.value)
    if isinstance(number, complex):
        return _product([Const(number), term])
    # Terms were put together: a factor of adjoints is a float.
    return _product([Const(float(number)), term]) if number != 1 else term


def _quotient(a: Expr, b: Expr) -> Expr:
    top, bottom = _number(a), _number(b)
    if bottom == 1:
        return a
    if top == 0:
        return Const(0.0)
    if top is not None and bottom:
        return Const(top / bottom)
    if isinstance(bottom, complex) and bottom.real == 0.0:
        return _product([a, Const(1.0 / bottom)])
    if isinstance(a, Apply) and a.op == "neg" and a.form == "prefix":
        return neg(_quotient(a.args[0], b))
    return infix("truediv", "/", a, b)


def _power(base: Expr, n: float) -> Expr:
    if n == 1:
        return base
    if n == 0:
        return Const(1.0)
    return infix("pow", "**", base, Const(n))
