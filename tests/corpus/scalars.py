"""Numbers as arrays and arrays as numbers; one element, none; single precision; big integers."""

import numpy as np
from jaxtyping import Float, Float32
from numpy import ndarray


def any_rank(x):
    """One text for numbers, 0-d arrays, vectors and matrices, with and without elements."""
    return np.sum(np.sin(x) * x + 2.0) + np.mean(x * 3.0 if np.size(x) else np.zeros(1))


def number_or_array(x, y):
    z = x * y + x
    if np.ndim(z) == 0:
        return z * z
    return z @ z


def zero_dimensional(x):
    """x is a 0-d array; arithmetic makes NumPy scalars of it."""
    y = x * x
    z = np.sum(y) + y.sum() + y
    return z * x + x[()]


def one_element(x):
    """An array of one element as a number."""
    return x[0] * np.sum(x) + float(x.reshape(())) ** 2 + x.item() * x.max()


def empty(x):
    """No elements: sums are zero, products are one."""
    return np.sum(x * x) + np.prod(x) + np.sum(x[:0]) + np.sum(np.concatenate([x, x]))


def axes_without_elements(x, w):
    return np.sum((x @ w) ** 2) + np.sum(np.sum(x, axis=0) * 2.0)


def single(x: Float32[ndarray, "n"], w: Float32[ndarray, "n"]):
    return np.sum(np.tanh(x * w) * np.float32(0.5) + x)


def single_without_annotation(x, w):
    h = np.tanh(x @ w)
    return np.sum(h * h) * 0.5


def single_and_double(x, y):
    """float32 meets float64: each gradient has its parameter's type."""
    z = x * y
    return np.sum(z * z) + np.sum(x)


def single_in_containers(params: dict):
    return np.sum(params["w"] * params["b"]) * params["s"]


def cast_to_single(x):
    """The value is computed in single precision, the gradient is given in double."""
    y = x.astype(np.float32)
    return np.sum(y * y)


def cast_to_double(x):
    y = x.astype(np.float64)
    return np.sum(np.exp(y))


def numpy_scalar_parameter(x, s):
    return np.sum(x * s) + s * s


def integer_values(x: Float[ndarray, "n"], n: int = 3):
    """Integers, booleans and integer arrays as factors, exponents and divisors."""
    k = np.arange(1, len(x) + 1)
    return np.sum(x * k) / n + np.sum(x**k) + np.sum(x // 1 * x) + True * x[0] + np.sum(k**2) * x[1]


def big_and_small(x):
    """Values whose squares would overflow or vanish."""
    return np.sum(x * 1e-150) * 1e150 + np.sum(np.log1p(np.exp(-np.abs(x * 50.0))))


def integer_parameter_beside(x: float, n: int, k: int = 2) -> float:
    return x**n / k + n * x


def constant_result(x: float) -> float:
    """Nothing depends on x: its gradient is zero."""
    y = x * 0
    return 3.0 + 0.0 * y


def no_dependence_at_all(x, n: int = 2):
    return float(n * 2)


def shape_only(x):
    """Only the shape of x matters."""
    return np.sum(np.ones(x.shape)) * len(x) + x.size


r = np.random.default_rng(20).standard_normal
f32 = np.float32
CALLS = {
    "any_rank": (
        "x",
        [
            (0.7,),
            (np.array(0.7),),
            (np.float64(0.7),),
            (r(3),),
            (r(1),),
            (r(0),),
            (r((2, 3)),),
            (r((0, 3)),),
        ],
    ),
    "number_or_array": (
        ("x", "y"),
        [(0.7, 1.2), (r(3), 1.2), (0.7, r(3)), (r(3), r(3)), (r(1), r(3)), (np.array(0.7), 1.2)],
    ),
    "zero_dimensional": ("x", [(np.array(0.7),)]),
    "one_element": ("x", [(np.array([0.7]),)]),
    "empty": ("x", [(r(0),), (r(1),)]),
    "axes_without_elements": (("x", "w"), [(r((0, 3)), r((3, 2))), (r((2, 0)), r((0, 2)))]),
    "single": (("x", "w"), [(r(3).astype(f32), r(3).astype(f32))]),
    "single_without_annotation": (("x", "w"), [(r((4, 3)).astype(f32), r((3, 2)).astype(f32))]),
    "single_and_double": (("x", "y"), [(r(3).astype(f32), r(3)), (r((2, 3)), r(3).astype(f32))]),
    "single_in_containers": (
        "params",
        [
            ({"w": r(3).astype(f32), "b": r(3), "s": 0.7},),
            ({"w": r(3), "b": r(3).astype(f32), "s": 0.7},),
        ],
    ),
    "cast_to_double": ("x", [(r(3).astype(f32),), (r(3),)]),
    "numpy_scalar_parameter": (("x", "s"), [(r(3), np.float64(0.7)), (r(3), 0.7)]),
    "integer_values": ("x", [(r(3),)]),
    "big_and_small": ("x", [(r(3),)]),
    "integer_parameter_beside": ("x", [(0.7, 3), (0.7, 0)]),
    "constant_result": ("x", [(0.7,)]),
    "no_dependence_at_all": ("x", [(0.7,), (r(3),)]),
    "shape_only": ("x", [(r((2, 3)),)]),
}
EXPECTED = {"cast_to_single": lambda x: 2.0 * x.astype(np.float32).astype(np.float64)}
CALLS["cast_to_single"] = ("x", [(r(3),)])
