"""Forward mode where arrays are written in place: through names, views, rows, callees."""

from __future__ import annotations

import copy
import functools
import inspect
from typing import Any

import numpy as np
import pytest

import s2sad
from tests.checking import check_tangent


def alias_update(x):
    y = x * 2.0
    z = y
    y += x * x
    return np.sum(z * y)


def swap_rows(a):
    b = a * a
    b[[0, 1]] = b[[1, 0]]
    b[0], b[2] = b[2].copy(), b[0].copy()
    return np.sum(b * np.arange(9.0).reshape(3, 3))


def rows(a):
    b = np.sin(a)
    for row in b:
        row *= row[0]
    return np.sum(b**2)


def choice(x, flag):
    y = x * 3.0
    z = y if flag else x + 1.0
    z[0] = 5.0 * x[1]
    return np.sum(y * z)


def add_at(x, idx):
    h = np.zeros(4)
    np.add.at(h, idx, x[:3] ** 2)
    return np.sum(h**2)


def plus_one(x):
    return x + 1.0


def from_result(x):
    y = plus_one(x)
    y[1] = 7.0 * y[0]
    return np.sum(y * x)


def dicts(x):
    d = {"a": x, "b": x * x}
    d["a"] = d["b"] * 2.0
    return np.sum(d["a"] * x)


def not_varied_yet(x):
    buf = np.zeros(4)
    view = buf[1:]
    buf[:] = x**2
    return np.sum(view * x[1:])


def augmented_param(x):
    x *= 3.0
    return np.sum(x * x)


def sliced_alias(x):
    y = np.array(x)
    even = y[::2]
    even *= even
    y[1::2] -= even
    return np.sum(y**3)


def new_items(x):
    c = np.zeros(4)
    xs = [x * 2.0, x * 3.0]
    for k in range(3):
        xs[k % 2] = c + x
        xs[1][k] = xs[0][1]
        xs.append(x + c)
        xs[-1][0] *= xs[1][k]
    return np.sum(xs[0] * xs[1]) + np.sum(xs[-1] * xs[-2] * x)


def while_write(x):
    y = np.cos(x)
    k = 0
    while k < 5:
        y[k + 1] = y[k] * y[k + 1]
        k += 1
        if y[k] > 0.9:
            break
    else:
        y[0] = 1.0
    return np.sum(y * x)


def int_buffer(x):
    n = np.zeros(4, dtype=int)
    n[1] = 3
    n += 1
    return np.sum(x ** n[1] * n)


def scalar_aug(x: float):
    s = 0.0
    t = s
    for k in range(3):
        s += x * k
        t -= s
    return s * t


def write_in_place(a, b):
    c = np.zeros_like(a)
    c[1:] = a[1:] * b[:-1]
    c[0] = np.sin(a[0])
    c *= b
    c[c < 0] = 0.0
    c[[1, 2]] += a[[0, 1]] ** 2
    p = c * c
    c[2] = 7.0
    return np.sum(p) + np.sum(c * a)


def recurrence(x):
    y = np.empty_like(x)
    y[0] = x[0]
    for i in range(1, len(x)):
        y[i] = np.tanh(y[i - 1]) * x[i] + 0.1 * y[i - 1] ** 2
    return y[-1] + np.dot(y, x)


def buffers(u, steps=5):
    v = np.copy(u)
    for _ in range(steps):
        v[1:-1] = u[1:-1] + 0.1 * (u[2:] - u[:-2]) * u[1:-1]
        u, v = v, u
    return np.sum(u**2)


def views(a):
    b = a * 1.0
    alias = b
    first = b[0]
    first[:] = first * 2.0 + 1.0
    b.T[1] += 3.0 * alias[:, 0]
    flat = b.reshape(-1)
    flat[2] = flat[0] * flat[1]
    return np.sum(alias**3)


def scale_rows(M, s):
    for i in range(M.shape[0]):
        M[i, :] *= s[i]
        M[i, 0] += s[i] ** 2


def callee_writes(A, x):
    work = A.copy()
    scale_rows(work, x)
    scale_rows(work, x)
    return np.sum(np.sin(work))


def stencil(u, target, alpha, steps):
    for _ in range(steps):
        u[1:-1] += alpha * (u[2:] - 2.0 * u[1:-1] + u[:-2])
    r = u - target
    return np.sum(r * r)


def returns_nothing(a, b):
    a[1:] = b[1:] * a[:-1]
    b[0] = a[0] ** 2


_r = np.random.default_rng(1).standard_normal

CALLS: list[tuple[Any, Any, tuple[Any, ...]]] = [
    (alias_update, "x", (_r(4),)),
    (swap_rows, "a", (_r((3, 3)),)),
    (rows, "a", (_r((3, 3)),)),
    (choice, "x", (_r(3), True)),
    (choice, "x", (_r(3), False)),
    (add_at, "x", (_r(5), np.array([0, 0, 2]))),
    (from_result, "x", (_r(4),)),
    (dicts, "x", (_r(4),)),
    (not_varied_yet, "x", (_r(4),)),
    (augmented_param, "x", (_r(4),)),
    (sliced_alias, "x", (_r(6),)),
    (new_items, "x", (_r(4),)),
    (while_write, "x", (_r(6),)),
    (int_buffer, "x", (_r(4),)),
    (scalar_aug, "x", (0.3,)),
    (write_in_place, ("a", "b"), (_r(6), _r(6))),
    (recurrence, "x", (_r(6),)),
    (buffers, "u", (_r(7),)),
    (buffers, "u", (_r(7), 4)),
    (views, "a", (_r((3, 4)),)),
    (callee_writes, ("A", "x"), (_r((3, 3)), _r(3))),
    (stencil, "u", (_r(8), _r(8), 0.2, 3)),
]


def _id(value: Any) -> str:
    return getattr(value, "__name__", "")


@pytest.mark.parametrize(("function", "wrt", "args"), CALLS, ids=_id)
def test_tangent(function: Any, wrt: Any, args: tuple[Any, ...]) -> None:
    @functools.wraps(function)
    def plain(*given: Any) -> Any:
        return function(*copy.deepcopy(given))  # a generated function leaves them as they were

    check_tangent(plain, args, wrt, s2sad.jvp(function, wrt=wrt))


def test_nothing_is_returned() -> None:
    """The arguments that are written into are the results."""
    a, b, dot_a = _r(4), _r(4), _r(4)

    def plain(a: Any, b: Any) -> Any:
        a, b = a.copy(), b.copy()
        returns_nothing(a, b)
        return np.concatenate([a, b])

    value, tangent = s2sad.jvp(returns_nothing)(a, b, dot_a=dot_a)
    np.testing.assert_array_equal(np.concatenate(value), plain(a, b))
    numeric = (plain(a + 1e-6 * dot_a, b) - plain(a - 1e-6 * dot_a, b)) / 2e-6
    np.testing.assert_allclose(np.concatenate(tangent), numeric, atol=1e-8)


def square(x):
    return x * x


def from_calls(x):
    y = np.zeros(3)
    for i in range(3):
        y[i] = square(x[i])
    return np.sum(y * y)


def through_a_view(x):
    """What is added to the array is seen through a name that it had before."""
    a = np.zeros(6)
    v = a[::-1]
    a += x * x
    return np.sum(v * v * x)


def taken_from_a_list(x):
    """The array that was put into the list before anything varied was written into it."""
    a = np.zeros(6)
    first, kept = a, []
    for _ in range(3):
        kept.append(a)
        a = np.zeros(6)
    a += x
    for _ in range(3):
        above = a
        a = kept.pop()
        a += above * x
    return np.sum(first * first)


def number_or_row(rows):
    """Rows are changed in place, numbers are not."""
    total = 0.0
    for r in rows:
        r *= 2.0
        total = total + np.sum(r * r)
    return total + np.sum(rows * rows)


def element_of_itself(x):
    """What the augmented assignment reads is what it writes."""
    y = x * 1.0
    for i in range(3):
        y[i, (i + 1) % 3] *= 0.3 * np.sum(x)
    return np.sum(y * x)


def double(v):
    v += v


def doubles_its_argument(x):
    y = x * x
    double(y)
    return np.sum(y * x)


def overwrite(v):
    v[::2] = 0.9
    v = np.zeros(3)


def constant_into_a_view(x):
    y = x * x
    overwrite(y[1:])
    return np.sum(y)


def views_that_are_overwritten(x):
    """Values that stand in the memory that the statement overwrites."""
    a = x * x
    np.multiply(np.asarray(a), a[1], out=a)
    return np.sum(a)


def reversed_twice(v):
    v = 1.0 * v[::-1]
    return v[::-1]


def result_of_its_own(x):
    y = x * x
    z = reversed_twice(y)
    y[0] = 0.0
    return np.sum(z * y)


def item_of_an_exchange(x):
    k = np.zeros(3)
    k, h = x[:3] * 1.0, k
    k, h = h, k
    k += x[3:]
    return np.sum(k * h)


def in_a_shallow_copy(x):
    xs = [x * 1.0, x * x]
    ys = copy.copy(xs)
    ys[0][0] = 0.0
    ys[1] = x
    return np.sum(xs[0] * xs[1]) + np.sum(ys[1])


def number_of_dimension_zero(x):
    total = np.zeros(())
    for value in x:
        total += value**2
    total[()] = np.sin(total)
    return total * x[0]


WRITTEN = [
    (from_calls, (3,)),
    (through_a_view, (6,)),
    (taken_from_a_list, (6,)),
    (number_or_row, (4,)),
    (number_or_row, (4, 3)),
    (element_of_itself, (3, 3)),
    (doubles_its_argument, (4,)),
    (constant_into_a_view, (6,)),
    (views_that_are_overwritten, (4,)),
    (result_of_its_own, (5,)),
    (item_of_an_exchange, (6,)),
    (in_a_shallow_copy, (4,)),
    (number_of_dimension_zero, (4,)),
]


@pytest.mark.parametrize(("function", "shape"), WRITTEN, ids=_id)
def test_tangent_of_what_is_written(function: Any, shape: tuple[int, ...]) -> None:
    def plain(x: Any) -> Any:
        return function(copy.deepcopy(x))

    check_tangent(plain, (_r(shape),), "x", _by_name(s2sad.jvp(function), function))


def _by_name(generated: Any, function: Any) -> Any:
    """A tangent function whose tangent is named after x."""
    name = function.__code__.co_varnames[0]

    def called(x: Any, *, dot_x: Any) -> Any:
        return generated(x, **{f"dot_{name}": dot_x})

    return called


@pytest.mark.parametrize(("function", "shape"), WRITTEN, ids=_id)
def test_product_with_the_hessian(function: Any, shape: tuple[int, ...]) -> None:
    """Where reverse mode takes the function, so does forward mode its gradient."""
    try:
        gradient = s2sad.grad(function)
    except s2sad.S2SADError:
        return
    x, direction = _r(shape), _r(shape)
    name = function.__code__.co_varnames[0]
    found = s2sad.hvp(function)(x, **{f"dot_{name}": direction})
    numeric = (gradient(x + 1e-6 * direction) - gradient(x - 1e-6 * direction)) / 2e-6
    np.testing.assert_allclose(found, numeric, atol=1e-6)


def scales(v, w):
    v *= w


def overlapping(x):
    y = x * 1.0
    scales(y[1:], y[:-1])
    return np.sum(y)


def test_a_call_is_handed_an_array_twice() -> None:
    """It is written out, and its views of one array have views of one tangent."""
    check_tangent(overlapping, (_r(5),), "x", s2sad.jvp(overlapping))


def fills(x):
    y = x * 1.0
    y.partition(2)
    return np.sum(y * x)


def test_a_write_that_is_not_followed_is_refused() -> None:
    with pytest.raises(s2sad.S2SADError) as refusal:
        s2sad.jvp(fills)
    assert refusal.value.code in ("S2S011", "S2S012")


def loop_of_products(x):
    y = x
    for k in range(3):
        y = np.sin(y) * x + k
    return np.sum(y * y)


def test_hessian_of_what_writes_in_place() -> None:
    x, direction = _r(6), _r(6)
    gradient = s2sad.grad(recurrence)
    found = s2sad.hvp(recurrence)(x, dot_x=direction)
    numeric = (gradient(x + 1e-6 * direction) - gradient(x - 1e-6 * direction)) / 2e-6
    np.testing.assert_allclose(found, numeric, atol=1e-6)


def scattered(x, idx):
    d_c = 3.0 * x[idx] ** 2
    d_x = np.zeros(np.shape(x))
    np.add.at(d_x, idx, d_c)
    return np.sum(d_x * x)


def test_an_index_is_no_part_of_the_array_that_it_writes_to() -> None:
    function = s2sad.jvp(scattered)
    assert "dot_idx" not in function.source
    check_tangent(scattered, (_r(5), np.array([0, 0, 2])), "x", function)


def number_with_two_names(x, c):
    z = np.sin(c)
    w = z
    z += x
    return np.sum(w * x + z)


def varied_number_with_two_names(x, c):
    z = np.exp(x) + c
    w = z
    z *= x
    return np.sum(w * x + z)


@pytest.mark.parametrize("function", [number_with_two_names, varied_number_with_two_names])
def test_the_tangent_of_a_number_is_no_array_that_another_name_sees(function: Any) -> None:
    tangent = s2sad.jvp(function)
    for given in [(1.3, 0.7), (1.3, _r(3)), (_r(3), _r(3)), (_r(3), 0.7)]:
        check_tangent(function, given, "x", tangent)


def counted_items(x):
    items = list(enumerate(x))
    items.append((x[0], x[1]))
    s = 0.0
    for k, w in items:
        s += k * w * w
    return s


def keys_and_floats(p):
    items = list(p.items())
    items.append((p[1], p[2]))
    s = 0.0
    for k, w in items:
        s += k * w * w
    return s


def one_and_a_float(x):
    pair = (1, x)
    for _ in range(3):
        pair = (pair[0] * pair[1], pair[0] * 0.5)
    y = np.array([1, x, 2]) * x
    return pair[0] + pair[1] + np.sum(y * y)


@pytest.mark.parametrize(
    ("function", "given"),
    [(counted_items, _r(3)), (keys_and_floats, {1: 2.0, 2: 3.0}), (one_and_a_float, 0.7)],
    ids=lambda value: getattr(value, "__name__", ""),
)
def test_integers_stand_where_floats_do(function: Any, given: Any) -> None:
    name = next(iter(inspect.signature(function).parameters))
    check_tangent(function, (given,), name, s2sad.jvp(function, wrt=name))
