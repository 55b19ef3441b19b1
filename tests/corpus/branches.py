"""if, elif, else, conditional expressions, and/or, match: which way was taken decides."""

import numpy as np


def two_ways(x: float) -> float:
    if x > 0.5:
        y = x * x
    else:
        y = np.exp(x)
    return y * x


def no_else(x: float) -> float:
    """One way changes x, the other leaves it."""
    if x < 1.0:
        x = x**3
    return x * x


def condition_overwritten(x: float) -> float:
    """The test reads x, which the branch overwrites: it cannot simply be asked again."""
    if x > 1.0:
        x = 0.2 * x
    else:
        x = 5.0 * x + 1.0
    if x > 1.0:
        x = x * x
    return x * np.sin(x)


def defined_in_one_branch(x: float, y: float) -> float:
    """shift exists only where it is used."""
    if x * y > 0.0:
        shift = x * y
        z = x
    else:
        z = x + y
    if x * y > 0.0:
        z = z * shift
    return z * y


def chain_of_four(x: float) -> float:
    if x < -1.0:
        return -x
    elif x < 0.0:
        y = x * x
    elif x < 1.0:
        y = x**3
        if y > 0.1:
            y = y * 2.0
    else:
        y = 1.0 / x
    return y + 0.1 * x


def branch_without_derivative(x: float, mode: str = "square") -> float:
    """A test on a string, a test on None, a branch that only sets constants."""
    if mode == "square":
        scale = None
        power = 2
    else:
        scale = 3.0
        power = 3
    y = x**power
    if scale is not None:
        y = y * scale
    return y


def active_and_inactive(x: float, flag: bool) -> float:
    """y is a constant on one way and varied on the other."""
    y = 1.0
    if flag:
        y = x * x
    z = y * 3.0
    y = 2.0
    return z * x + y


def nested_branches(x: float, y: float) -> float:
    if x > 0:
        if y > 0:
            z = x * y
        else:
            z = x - y
        z = z * z
    else:
        z = y
        if y > 0:
            z = z**2 * x
    return z + x


def conditional_expressions(x: float, y: float) -> float:
    a = x if x > y else y
    b = (x * y if y > 0 else x + y) * (2.0 if x > 0 else 3.0)
    return a * b if a > b else a - b if a > 0 else a * a


def and_or(x: float, y: float) -> float:
    """and and or give one of their operands; as tests they stop early."""
    a = x and y
    b = x or y
    c = (x > 1.0 and x * y) or y * y
    if x > 0 and y / x > 0.5 or y < -1.0:
        return a * b * c
    return a + b * c


def not_in_tests(x: float, limits: tuple = (0.0, 2.0)) -> float:
    if not (limits[0] < x < limits[1]) or x in (1.0, 1.5):
        x = x / 2.0
    return x * x


def match_statement(x: float, action) -> float:
    """match on what carries no derivative; captures are constants."""
    match action:
        case "double":
            y = 2.0 * x
        case ("power", int(n)):
            y = x**n
        case ("shift", amount) if amount > 0:
            y = x + amount
        case {"scale": s}:
            y = x * s
        case _:
            y = x * x * x
    return y * y


def match_takes_a_pair_apart(x: float) -> float:
    """The captures are varied, and the guard reads one."""
    match (x, x * x):
        case (a, b) if a > 0:
            return a * b
        case _:
            return x


def walrus(x: float) -> float:
    """A name bound inside an expression, before and inside a branch."""
    y = (z := x * x) + z
    if (w := np.sin(x)) > 0.1:
        y = y * w
    return y + (u := y * 2.0) * u


def named_on_the_way(x, w):
    z = (u := x * w) + w
    return np.sin(u) * (t := w * x) + t + 0.0 * np.sign(z)


def walrus_in_a_callee(x: float, w: float) -> float:
    """What the backward function repeats is not the statements that the names stand in."""
    return named_on_the_way(x, w) * x


def both_ways_bind_many(x: float, y: float) -> float:
    """The branches bind the same names in another order and to each other's values."""
    if x > y:
        a, b = x * y, x
    else:
        b = y * y
        a = b + x
    a, b = b, a
    return a - b * a


def array_test(x, limit: float = 1.0):
    """Tests on reductions of an array."""
    if np.any(x > limit):
        x = x / np.max(np.abs(x))
    if x.sum() > 0 or len(x) > 4:
        x = x * 2.0
    return np.sum(x**3)


def early_constant(x: float) -> float:
    """One way returns a constant: its gradient is zero."""
    if x < 0:
        return 0.0
    return np.sqrt(x)


def tested_variable_counts_a_loop(x):
    """The index that is tested is the target of a loop in one arm; before, it was another one."""
    k = 3
    y = np.sin(x[k])
    if x[k] > 0.1:
        for k in range(3):
            y = y * x[k]
    else:
        y = y * x[0]
    return y * x[k]


def tested_variable_computed_in_a_loop(x):
    """A factor that each iteration of one arm computes was another one before the branch."""
    k = 0.3
    y = np.sin(x[1] * k)
    if k * x[0] > 0.01:
        for i in range(3):
            k = 0.5 * (i + 1)
            y = np.sin(y * x[1] * k)
    else:
        y = np.sin(y * x[2] * k)
    return y * k


def names_of_one_way(x):
    """Each way has names of its own, which have no value on the other."""
    total = np.sum(x)
    if total < 0.5:
        a = np.sin(x)
    elif total < 1.5:
        b = np.cos(x)
        c = b * x
    else:
        c = np.exp(-x * x)
    z = np.sum(x * x)
    if total < 0.5:
        y = a * a
    elif total < 1.5:
        y = b * c
    else:
        y = c * c
    return np.sum(y) * z


def names_of_one_iteration(x, n):
    s = np.sum(x)
    for k in range(n):
        if k == 0:
            first = np.sin(x)
        elif k == 1:
            second = np.cos(x) * first
        else:
            s = s + np.sum(first * second)
            if s > 50.0:
                break
            x = x * second
    return s * np.sum(x)


def chosen_by_what_an_arm_binds(x, n: int = 4):
    """The inner arm has no adjoint, but a value that the adjoint of the last line needs."""
    y = np.sin(x)
    scale = np.ones(3)
    odd = 1
    for i in range(n):
        if i != 1:
            odd = 1 - odd
            if odd > 0:
                scale[0] = i + 0.5
        y = np.sin(y) * scale[0]
    return np.sum(y)


r = np.random.default_rng(1).standard_normal
CALLS = {
    "chosen_by_what_an_arm_binds": ("x", [(r(3),), (r(2), 5)]),
    "two_ways": ("x", [(0.9,), (0.1,)]),
    "no_else": ("x", [(0.9,), (1.7,)]),
    "condition_overwritten": ("x", [(1.4,), (0.3,), (-0.9,), (6.0,)]),
    "defined_in_one_branch": (("x", "y"), [(1.4, 0.3), (-1.0, 0.3)]),
    "chain_of_four": ("x", [(-1.4,), (-0.3,), (0.2,), (0.7,), (2.5,)]),
    "branch_without_derivative": ("x", [(1.4,), (1.4, "cube")]),
    "active_and_inactive": ("x", [(1.4, True), (1.4, False)]),
    "nested_branches": (("x", "y"), [(1.4, 0.2), (1.4, -0.2), (-0.5, 0.7), (-0.5, -0.7)]),
    "conditional_expressions": (("x", "y"), [(1.4, 0.2), (0.4, 0.9), (-0.5, -0.7), (-2.0, 0.5)]),
    "and_or": (("x", "y"), [(1.4, 0.2), (0.4, 0.9), (-0.5, -1.7), (2.0, 3.0)]),
    "not_in_tests": ("x", [(1.4,), (2.3,), (-1.0,)]),
    "match_statement": (
        "x",
        [(1.4, a) for a in ("double", ("power", 3), ("shift", 0.5), {"scale": 4.0}, None)],
    ),
    "match_takes_a_pair_apart": ("x", [(1.4,), (-1.4,)]),
    "walrus_in_a_callee": (("x", "w"), [(0.3, 0.7)]),
    "walrus": ("x", [(1.4,), (-0.6,)]),
    "both_ways_bind_many": (("x", "y"), [(1.4, 0.2), (0.1, 0.2)]),
    "array_test": ("x", [(r(4),), (0.1 * r(5),), (-np.abs(r(3)) / 9,)]),
    "names_of_one_way": (
        "x",
        [(0.1 * r(5),), (np.array([0.3, 0.6]),), (np.array([0.9, 0.8]),), (0.2,)],
    ),
    "names_of_one_iteration": ("x", [(r(3), 5), (r(3), 1), (0.4, 4), (9.0 + r(3), 6)]),
    "early_constant": ("x", [(1.4,), (-0.6,)]),
    "tested_variable_counts_a_loop": (
        "x",
        [(np.array([0.7, -0.4, 1.2, v]),) for v in (0.9, -0.9)],
    ),
    "tested_variable_computed_in_a_loop": ("x", [(np.array([v, 0.8, 1.2]),) for v in (0.9, -0.9)]),
}

TWICE = dict.fromkeys(("walrus", "walrus_in_a_callee"))
