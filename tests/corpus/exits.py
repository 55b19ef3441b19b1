# ruff: noqa: B007
"""break, continue and return, anywhere: each path has the derivative of what it ran."""

import numpy as np


def return_in_branch(x: float) -> float:
    if x < 0.0:
        return x * x
    return np.sin(x)


def return_before_anything(x: float, skip: bool) -> float:
    if skip:
        return x
    y = x * x
    if y > 2.0:
        return y * x
    y = y + 1.0
    return y * y


def return_in_every_branch(x: float) -> float:
    y = x * 2.0
    if y > 4.0:
        return y
    elif y > 1.0:
        z = y * y
        return z * x
    else:
        return x**3


def return_from_loop(x: float, limit: float) -> float:
    """The exit stands after active code of its iteration."""
    for k in range(6):
        x = x * 1.4 + 0.1
        if x > limit:
            return x * k
        x = x * x * 0.9
    return x


def return_before_active_code(x: float, limit: float) -> float:
    """The exit stands before the active code of its iteration."""
    for k in range(6):
        if x > limit:
            return x * x
        x = x * 1.4 + 0.1 * k
    return x


def return_from_nested_loops(x, target: float):
    """A return two loops deep, with state in both."""
    total = 0.0
    for i in range(3):
        row = 1.0
        for j in range(4):
            row = row * x[i, j] + 0.1
            if row > target:
                return row * total + x[i, j]
            total = total + row * row
        total = total * 0.5 + row
    return total


def break_out_of_inner_loop(x, target: float):
    """break leaves the inner loop only; what follows it in the outer loop still runs."""
    total = 0.0
    for i in range(3):
        y = x[i]
        for j in range(5):
            y = y * y * 0.8 + 0.3
            if y > target:
                break
            total = total + y * j
        total = total + y * i
    return total


def break_before_active_code(x: float, n: int) -> float:
    for k in range(10):
        if k == n:
            break
        x = np.cos(x) * x + 0.1
    return x * k


def break_after_active_code(x: float, n: int) -> float:
    for k in range(10):
        x = np.cos(x) * x + 0.1
        if k == n:
            break
    return x * k


def break_in_the_middle(x: float, limit: float) -> float:
    """Some of the iteration's active code ran before the break, some did not."""
    y = 1.0
    for _ in range(8):
        x = x * 1.3
        y = y + x * x
        if y > limit:
            break
        x = x - 0.1 * y
        y = y * 1.1
    return x * y


def continue_at_three_places(x: float) -> float:
    total = 0.0
    for k in range(9):
        if k % 4 == 0:
            continue
        x = x * 0.9 + 0.05 * k
        if k % 4 == 1:
            continue
        total = total + x * x
        if k % 4 == 2:
            continue
        total = total * 0.7
    return total


def continue_on_value(x):
    """Whether an element is skipped depends on the element."""
    total = 1.0
    for v in x:
        if v < 0.0:
            continue
        total = total * v + v
    return total


def all_three(x, limit: float):
    for k, v in enumerate(x):
        if v < -1.0:
            continue
        if k > 4:
            break
        limit = limit * 0.9
        if v > limit:
            return v * v
        x = x * (1.0 + 0.1 * v)
    return np.sum(x)


def exits_in_nested_branches(x: float) -> float:
    for k in range(7):
        if k > 1:
            if x > 1.0:
                x = x * 0.5
                if k == 4:
                    break
            else:
                x = x + 0.7
                if k == 5:
                    return x * x
        else:
            x = x * 1.2
            continue
        x = x * x
    return x * 3.0


def return_from_while(x: float) -> float:
    while True:
        x = x * 1.5 + 0.2
        if x > 5.0:
            return x * x
        if x < -5.0:
            return -x


def return_in_loop_else(x: float, limit: float) -> float:
    for k in range(1, 4):
        x = x * 1.5
        if x > limit:
            break
    else:
        return x**2
    return x**3 / k


def break_in_for_inside_while(x: float) -> float:
    done = False
    while not done:
        for k in range(4):
            x = x * 1.3 + 0.1 * k
            if x > 6.0:
                done = True
                break
        else:
            x = x - 0.2
    return x * x


def continue_outer_from_inner(x):
    """Python's way to continue the outer loop: for, else, continue."""
    total = 0.0
    for i in range(4):
        y = x[i]
        for j in range(3):
            y = y * 1.5
            if y > 2.0 + j:
                break
        else:
            continue
        total = total + y * y
    return total


def search(x, values: list):
    """The first value that passes a test; nothing found gives a constant."""
    for v in values:
        if v * np.sum(x) > 1.0:
            return v * np.sum(x * x)
    return 0.0


def exit_with_pending_state(x: float, n: int) -> float:
    """Loops after the loop that was left; each remembers its own."""
    for k in range(n):
        x = x * x * 0.7 + 0.4
        if x > 2.0:
            break
    y = x
    for j in range(3):
        y = np.sin(y) + x * j
        if y > 1.5:
            continue
        x = x + y
    while x < 9.0:
        x = x * y + 2.0
        if k > 20:
            return y
    return x * y


def raise_on_bad_input(x, n: int = 3):
    """A raise is an exit that has no derivative."""
    if n < 0:
        raise ValueError(f"negative: {n}")
    total = 0.0
    for k in range(n):
        if k > 50:
            raise RuntimeError("no convergence")
        total = total + np.sum(x) ** k
    assert np.isfinite(total), "overflow"
    return total


def unreachable_code(x: float) -> float:
    return x * x
    x = x * 5.0
    return x


def read_where_an_exit_was_taken(x: float, y: float, n: int = 3):
    """d has another value after the loop, and is brought back where no round went past the exit,
    too."""
    c, d = 0.4, 1.0
    for _ in range(n):
        if x <= 0.8:
            c = min(x * 0.5 * d, -y)
            if x > 0.25:
                continue
        while c > 0.4 and d < 5.0:
            d = d + y * y
    if x > 0.1:
        d, x = x * 0.5 * y, c if c < 0.4 else x
    return x + c + y + d


r = np.random.default_rng(3).standard_normal
CALLS = {
    "return_in_branch": ("x", [(0.7,), (-0.7,)]),
    "return_before_anything": ("x", [(0.7, True), (0.7, False), (1.7, False)]),
    "return_in_every_branch": ("x", [(2.7,), (0.9,), (0.2,)]),
    "return_from_loop": ("x", [(0.7, 1.0), (0.7, 1.5), (0.7, 99.0), (0.1, 0.2)]),
    "return_before_active_code": ("x", [(0.7, 0.5), (0.7, 2.0), (0.7, 99.0)]),
    "return_from_nested_loops": ("x", [(r((3, 4)), 0.1), (r((3, 4)), 1.1), (r((3, 4)), 99.0)]),
    "break_out_of_inner_loop": ("x", [(r(3), 0.9), (r(3), 0.31), (r(3), 99.0)]),
    "break_before_active_code": ("x", [(0.7, 0), (0.7, 4), (0.7, 20)]),
    "break_after_active_code": ("x", [(0.7, 0), (0.7, 4), (0.7, 20)]),
    "break_in_the_middle": ("x", [(0.7, 0.5), (0.7, 4.0), (0.7, 1e9)]),
    "continue_at_three_places": ("x", [(0.7,)]),
    "continue_on_value": ("x", [(r(6),)]),
    "all_three": ("x", [(0.4 * r(7), 2.0), (r(7), 0.5), (0.2 * r(2), 3.0)]),
    "exits_in_nested_branches": ("x", [(0.7,), (0.05,), (1.3,), (-0.6,)]),
    "return_from_while": ("x", [(0.7,), (-2.7,)]),
    "return_in_loop_else": ("x", [(0.7, 0.1), (0.7, 2.0), (0.7, 99.0)]),
    "break_in_for_inside_while": ("x", [(0.7,)]),
    "continue_outer_from_inner": ("x", [(np.array([0.9, 0.2, 2.1, -0.3]),)]),
    "search": ("x", [(np.array([0.4, 0.3]), [0.5, 1.0, 2.0, 3.0]), (np.array([0.1]), [1.0])]),
    "exit_with_pending_state": ("x", [(0.7, 3), (1.7, 9), (0.2, 1)]),
    "raise_on_bad_input": ("x", [(r(2),)]),
    "unreachable_code": ("x", [(0.7,)]),
    "read_where_an_exit_was_taken": (("x", "y"), [(0.63, -0.41), (0.2, -0.7), (0.9, -0.41)]),
}
