# ruff: noqa: B007, B023, B905
"""Programs on which a differentiation tool goes wrong without a word: one trap in each."""

import math

import numpy as np


def iterated_name_is_rebound(x):
    """The loop walks the array that x was, while x becomes others."""
    for v in x:
        x = x * v + 0.1
    return np.sum(x)


def count_is_rebound(x: float, n: int = 4) -> float:
    """range(n) was made once; n is another number in the backward part."""
    for k in range(n):
        n = n - 1
        x = x * x * 0.5 + n * k
    return x * (n + 2)


def bounds_from_the_state(x: float) -> float:
    """The inner trip count depends on what the outer loop computes."""
    n = 1
    for _ in range(3):
        for k in range(n):
            x = np.sin(x) + k * 0.1
        n = n + 1 if x > 0.5 else n + 2
    return x * (n + 2)


def same_loop_variable_twice(x: float) -> float:
    """The inner loop overwrites the outer one's variable."""
    for i in range(3):
        x = x * 1.1 + i
        for i in range(2):
            x = x * 0.9 - 0.1 * i
        x = x * (i + 0.5)
    return x


def starts_as_none(x):
    """A variable is None until the first iteration gives it a value."""
    best = None
    for v in x:
        if best is None or v * v > best:
            best = v * v
    return best * np.sum(x)


def previous_element(x):
    total = 0
    previous = None
    for v in x:
        if previous is not None:
            total += (v - previous) ** 2
        previous = v
    return total + previous


def starts_as_integer(x):
    """0 and 1 are integers until something varied is added or multiplied."""
    total, product = 0, 1
    for k, v in enumerate(x):
        total += v * k
        product *= 1 + v
    return total * product


def changes_its_type(x: float) -> float:
    """One name: a number, an array, a tuple, a number again."""
    y = x * x
    y = np.array([y, x]) * y
    y = (y[0] * 2.0, y[1])
    y = y[0] * y[1]
    return y * x


def same_text_another_value(x: float) -> float:
    """np.sin(x) stands here three times, and twice it is another number."""
    a = np.sin(x)
    x = x * 2.0
    b = np.sin(x)
    x = x + a
    return a * b * np.sin(x)


def cheap_but_rebound(x: float, c: float) -> float:
    """t = c + 1 is cheap to compute again, from what c was then."""
    t = c + 1.0
    y = x * t
    c = y * 3.0
    y = y * y * t
    t = c
    return y * t


def impure_value_used_twice(x, seed: int = 4):
    """A random factor is drawn once, however often it is read."""
    rng = np.random.default_rng(seed)
    y = x * rng.random()
    z = y * y
    return np.sum(z * rng.random() * y)


def legacy_random_state(x):
    np.random.seed(3)
    y = x * np.random.rand()
    return np.sum(y * y * np.random.standard_normal(x.shape))


def pushed_on_some_paths(x: float) -> float:
    """What is remembered in an iteration depends on where the iteration was left."""
    y = 1.0
    for k in range(9):
        if k % 3 == 0:
            y = y * x
            continue
        x = x * 0.9
        if x * y > 2.0:
            y = y * y * 0.1
            continue
        for j in range(k):
            if j == 3:
                break
            y = y * x + 0.1
        if k == 7:
            break
        x = x + y * 0.01
    return x * y


def loop_in_branch_in_loop(x: float) -> float:
    total = 0.0
    for i in range(4):
        if total < 1.0:
            for j in range(i):
                x = x * x * 0.6 + 0.3
                if x > 0.9:
                    total = total + x
        else:
            k = i
            while k > 0:
                x = x * 0.8
                k -= 1
        total = total + x * i
    return total


def break_out_of_both(x):
    """A flag leaves the outer loop after the inner one was left."""
    total = 0.0
    found = False
    for i in range(len(x)):
        for j in range(i):
            total = total + x[i] * x[j] * total + x[j]
            if total > 0.5:
                found = True
                break
        if found:
            break
        total = total - 0.1 * x[i]
    return total * x[i]


def list_by_concatenation(x: float) -> float:
    """Every iteration binds a new, longer list; its last elements are read."""
    xs = [x, x * x]
    for k in range(4):
        xs = xs + [xs[-1] * 0.5 + xs[-2] * k]
    return sum(xs) * xs[2]


def tuple_with_star(x: float) -> float:
    path = (x,)
    for _ in range(3):
        path = (*path, math.sin(path[-1]) * len(path))
    a, *rest, b = path
    return a * b + rest[0]


def dict_grows_by_merging(x: float) -> float:
    table = {"a": x}
    for k, name in enumerate("bcd"):
        table = {**table, name: table["a"] * k + sum(table.values())}
    return table["d"] * table["b"]


def dict_entry_replaced_while_walking(params: dict):
    """params is bound to another dict in the loop over the first one."""
    for name, p in params.items():
        params = {**params, name: p * 2.0, "last": p}
    return np.sum(params["a"] * params["last"])


def callee_with_swapped_roles(x: float) -> float:
    """The same callee with the first argument varied, then the second, then none."""
    return blend(x, 2.0) * blend(3.0, x) + blend(1.0, 2.0) * blend(x, x)


def blend(a, b):
    c = a * a + b
    return c * b - a


def callee_returns_its_argument(x):
    """y and x are one array; its gradient is not counted twice, and not shared."""
    y = identity(x)
    z = identity(y)
    return np.sum(y * z) + np.sum(x)


def identity(v):
    return v


def callee_constant_on_one_path(x: float) -> float:
    return bounded(x) * x + bounded(-x)


def bounded(v):
    if v > 1.0:
        return 1.0
    if v < -0.5:
        return None or -0.5
    return v


def part_of_a_result_ignored(x):
    mean, _ = stats(x)
    _, spread = stats(x * mean)
    return spread * stats(x)[0]


def stats(v):
    m = np.mean(v)
    return m, np.mean((v - m) ** 2)


def callee_rebinds_what_it_shares(x):
    """Caller and callee use one name; the callee's is its own."""
    y = x * 2.0
    z = shadowing(y, x)
    return np.sum(y * z)


def shadowing(x, y):
    y = x * y
    x = y * y
    z = x + y
    return z


def recursion_with_remembering(x: float, depth: int) -> float:
    """Each level has its own loop, branch and remembered values."""
    y = x
    for k in range(depth):
        y = np.sin(y) * x
        if y < 0.2:
            y = y + 0.3
    if depth == 0:
        return y * y
    return recursion_with_remembering(y, depth - 1) * x + y


def default_captured_in_a_loop(x: float) -> float:
    """A default is evaluated at the definition, a free variable at the call."""
    functions = ()
    for k in range(3):

        def g(v, k=k):
            return v * k + x

        functions = (*functions, g)
    return sum(g(x) for g in functions) * k


def names_like_ours(x, unbroadcast, d_x):
    """Parameters with the names of helpers, adjoints, traces and results."""
    x_trace = [x]
    value = np.sum(x * unbroadcast)
    gradient = value * d_x
    for x_trace in x:
        gradient = gradient + x_trace * value
    return gradient


def names_of_functions_like_ours(x: float) -> float:
    return mix(x, x * x) * mix_backward(x)


def mix(a, b):
    return a * b + b


def mix_backward(a):
    """Not the backward part of mix."""
    return a * a * a


def parameter_named_like_a_function(mix: float, blend: float) -> float:
    return mix * mix * blend


def sum_with_start_of_arrays(xs: list):
    total = sum(xs)
    shifted = sum([x * 2.0 for x in xs], np.ones(2))
    return np.sum(total * shifted)


def last_write_wins(x: float, n: int = 3) -> float:
    """Only the last iteration's y matters; each iteration computes one."""
    y = 0.0
    for k in range(n):
        y = x**k * (k + 1)
    return y


def accumulators_that_cross(x: float) -> float:
    """Each reads the other's new or old value."""
    a, b = x, 1.0
    for _ in range(4):
        a = a + 0.1 * b * b
        b = b - 0.1 * a * x
        a, b = b + a, a
    return a * b


def test_reads_an_overwritten_value(x: float) -> float:
    """The conditions are replayed with what their operands were."""
    flag = x > 0.5
    x = x - 1.0
    if flag:
        y = x * x
    else:
        y = x * 3.0
    flag = not flag
    z = y * x if flag else y - x
    x = 0.0
    return z * y + x


def conditional_rebinds_itself(x: float, y: float) -> float:
    for _ in range(3):
        x = x * y if x * y < 1.0 else x - 0.5
        y = y if x > 0 else y * 0.5 + x
    return x * y


def sliced_by_variables(x, start=None, stop=None, step=None):
    a = x[start:stop:step]
    start, stop, step = 1, None, 2
    return np.sum(a**2) + np.sum(x[start:stop:step] ** 3)


def unequal_zip_with_break(x, y):
    total = 0.0
    for k, (a, b) in enumerate(zip(x, y), 1):
        total = total * a + b
        if total > 1.0:
            break
    return total * k + a


def characters(x: float, word: str = "abca") -> float:
    for c in word:
        x = x * x * 0.5 + (1.0 if c == "a" else 0.2)
    return x


def constants_that_are_floats(x: float) -> float:
    for w, (a, b) in zip((0.5, 1.5), [(1.0, 2.0), (3, 4)]):
        x = x * w + a - b * x * x * 0.1
    return x


def half_of_it_is_constant(x, y):
    """x is varied, y is not; z mixes them, u forgets x."""
    z = x * y
    u = y * 2.0
    z = z + u
    u = z * 0.0 + u
    return np.sum(z * u)


def negative_zero_iterations(x, n: int = -2):
    """A trip count below zero, with something to remember."""
    y = x
    for _ in range(n):
        y = np.sin(y) * y
    for k in range(3, 3 + n):
        y = y * y
    return np.sum(y * y)


def big_sum_of_shared_terms(x):
    """One array feeds many, one of them through two paths of different shape."""
    a = x * 2.0
    b = a + x
    c = a * b
    d = np.sum(c, axis=0)
    e = d + c
    return np.sum(e * b) + np.sum(a) * d[0]


def view_then_rebind(x):
    """Views are read after the name of their base was bound to something else."""
    y = x * 1.0
    row = y[0]
    column = y[:, 0]
    y = y * y
    return np.sum(row * column) + np.sum(y)


def transposed_alias(x):
    y = x.T
    z = y
    y = y @ x
    return np.sum(z * 2.0) + np.sum(y * y)


def subtracted_from_itself_in_loop(x):
    y = x
    for _ in range(3):
        y = y - y * y / (1.0 + y * y)
    return np.sum(y - x)


def power_of_loop_variable(x: float) -> float:
    """Exponents 0, 1 and 2, and negative ones, of a number that may be negative."""
    total = 0.0
    for k in range(-2, 4):
        total = total + x**k * (k + 0.5)
    return total


def function_chosen_each_iteration(x: float) -> float:
    for k in range(4):
        g = math.sin if k % 2 else math.exp
        h = (lambda v: v * k) if k > 1 else (lambda v: v + k)
        x = h(g(x * 0.3))
    return x


def chained_comparison_with_walrus(x: float) -> float:
    if 0.1 < (y := x * x) < 2.0 and (z := y * x) > 0.05:
        return y * z
    return y


def named_where_it_is_certain(x):
    s = 0.0
    for i in range(4):
        if i > 1 and (v := x[i] * 2.0) > -10.0:
            s += v * s + v
    return s


def inner_function_returns_early(x: float) -> float:
    def clip(v):
        if v > 1.0:
            return 1.0 + 0.1 * v
        for k in range(3):
            v = v * 1.5
            if v > 2.0:
                return v
        return v * v

    return clip(x) * clip(x * 2.0) + clip(0.1 * x)


def exit_values_by_name(x: float, n: int) -> float:
    """k, y and the number of iterations after a loop that may be left early."""
    y = x
    k = -1
    for k in range(n):
        if y > 2.0:
            break
        y = y * 1.5 + 0.1
    return y * k + x


def reused_trace_name(x: float) -> float:
    """The same name is remembered by two loops, one inside the other, and one after."""
    for i in range(2):
        x = x * x * 0.9
        for j in range(2):
            x = np.sin(x) + 0.3
    for i in range(2):
        x = x * x + 0.1
    return x


r = np.random.default_rng(23).standard_normal
CALLS = {
    "iterated_name_is_rebound": ("x", [(r(4),), (r(0),)]),
    "count_is_rebound": ("x", [(0.7,)]),
    "bounds_from_the_state": ("x", [(0.7,), (-0.7,)]),
    "same_loop_variable_twice": ("x", [(0.7,)]),
    "starts_as_none": ("x", [(r(5),)]),
    "previous_element": ("x", [(r(5),)]),
    "starts_as_integer": ("x", [(r(4),), (r(0),)]),
    "changes_its_type": ("x", [(0.7,)]),
    "same_text_another_value": ("x", [(0.7,)]),
    "cheap_but_rebound": (("x", "c"), [(0.7, 1.2)]),
    "impure_value_used_twice": ("x", [(r(3),)]),
    "legacy_random_state": ("x", [(r(3),)]),
    "pushed_on_some_paths": ("x", [(0.7,), (1.7,), (-1.1,)]),
    "loop_in_branch_in_loop": ("x", [(0.7,), (1.3,)]),
    "break_out_of_both": ("x", [(r(4),), (np.abs(r(4)),), (-np.abs(r(2)),)]),
    "list_by_concatenation": ("x", [(0.7,)]),
    "tuple_with_star": ("x", [(0.7,)]),
    "dict_grows_by_merging": ("x", [(0.7,)]),
    "dict_entry_replaced_while_walking": ("params", [({"a": r(2), "b": r(2)},)]),
    "callee_with_swapped_roles": ("x", [(0.7,)]),
    "callee_returns_its_argument": ("x", [(r(3),)]),
    "callee_constant_on_one_path": ("x", [(0.7,), (1.7,), (-0.3,)]),
    "part_of_a_result_ignored": ("x", [(r(3),)]),
    "callee_rebinds_what_it_shares": ("x", [(r(3),)]),
    "recursion_with_remembering": ("x", [(0.7, 3), (0.7, 0)]),
    "default_captured_in_a_loop": ("x", [(0.7,)]),
    "names_like_ours": (("x", "unbroadcast", "d_x"), [(r(3), r(3), 0.7)]),
    "names_of_functions_like_ours": ("x", [(0.7,)]),
    "parameter_named_like_a_function": (("mix", "blend"), [(0.7, 1.2)]),
    "sum_with_start_of_arrays": ("xs", [([r(2), r(2), r(2)],)]),
    "last_write_wins": ("x", [(0.7,), (0.7, 0)]),
    "accumulators_that_cross": ("x", [(0.7,)]),
    "test_reads_an_overwritten_value": ("x", [(0.7,), (0.3,)]),
    "conditional_rebinds_itself": (("x", "y"), [(0.7, 1.2), (-0.7, 1.9), (1.3, 2.0)]),
    "sliced_by_variables": ("x", [(r(5),), (r(5), 1, 4), (r(5), None, None, -2), (r(5), -2)]),
    "unequal_zip_with_break": (("x", "y"), [(r(3), r(5)), (2.0 + r(3) / 9, 1.0 + r(2) / 9)]),
    "characters": ("x", [(0.7,), (0.7, "")]),
    "constants_that_are_floats": ("x", [(0.7,)]),
    "half_of_it_is_constant": ("x", [(r(3), r(3))]),
    "negative_zero_iterations": ("x", [(r(3),), (r(3), 2)]),
    "big_sum_of_shared_terms": ("x", [(r((2, 3)),)]),
    "view_then_rebind": ("x", [(r((3, 3)),)]),
    "transposed_alias": ("x", [(r((2, 2)),)]),
    "subtracted_from_itself_in_loop": ("x", [(r(3),)]),
    "power_of_loop_variable": ("x", [(0.7,), (-0.7,)]),
    "function_chosen_each_iteration": ("x", [(0.7,)]),
    "named_where_it_is_certain": ("x", [(np.array([0.7, -0.4, 1.3, 0.6]),)]),
    "chained_comparison_with_walrus": ("x", [(0.7,), (0.1,), (-0.7,)]),
    "inner_function_returns_early": ("x", [(0.7,), (1.7,)]),
    "exit_values_by_name": ("x", [(0.7, 2), (0.7, 9), (0.7, 0)]),
    "reused_trace_name": ("x", [(0.7,)]),
}

REFUSED = {
    "dict_grows_by_merging": "S2S014",
    "dict_entry_replaced_while_walking": "S2S014",
    "default_captured_in_a_loop": "S2S012",
    "function_chosen_each_iteration": "S2S012",
}

# What `:=` may not evaluate is read in the backward part, too, where only a run tells that it was.
TWICE = {"named_where_it_is_certain": "S2S012", "chained_comparison_with_walrus": "S2S012"}
