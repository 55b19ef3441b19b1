"""while: how often it runs depends on the data."""

import math

import numpy as np


def newton(a: float) -> float:
    """Square root by Newton's method until it stands still."""
    y = a
    change = 1.0
    while abs(change) > 1e-12:
        change = (y * y - a) / (2.0 * y)
        y = y - change
    return y * y * y


def counted_by_hand(x: float, n: int = 4) -> float:
    k = 0
    while k < n:
        x = x * x * 0.4 + k
        k += 1
    return x * k


def until_large(x: float) -> float:
    """The test reads what the body changes."""
    while x < 10.0:
        x = x * 1.7 + 0.3
    return np.log(x)


def never_entered(x: float) -> float:
    while x > 100.0:
        x = x / 2.0
    return x * x


def while_else(x: float, limit: int) -> float:
    """else runs when the test failed, and not after break."""
    k = 0
    while x < 5.0:
        x = x * x + 0.6
        k += 1
        if k == limit:
            x = x * 10.0
            break
    else:
        x = x / 3.0
    return x


def forever_with_break(x: float) -> float:
    """while True; the exit stands before the last statement of the body."""
    total = x
    while True:
        x = x * 0.6
        if x < 0.1:
            break
        total = total * (1.0 + x)
    return total


def walrus_in_the_test(x: float) -> float:
    """The test computes a value that the body uses."""
    k = 0
    while (y := x * x) < 8.0:
        x = x + y * 0.5
        k += 1
    return y + x


def collatz_steered(x: float, n: int = 6) -> float:
    """An integer decides which way; the number carries the derivative."""
    while n != 1:
        if n % 2 == 0:
            n //= 2
            x = math.sin(x)
        else:
            n = 3 * n + 1
            x = x * x + 0.5
    return x


def bisection(a: float) -> float:
    """Root of y**3 = a between brackets: what is returned is polished by a Newton step."""
    low, high = 0.0, 4.0
    while high - low > 1e-3:
        middle = 0.5 * (low + high)
        if middle**3 < a:
            low = middle
        else:
            high = middle
    y = 0.5 * (low + high)
    for _ in range(3):
        y = y - (y**3 - a) / (3.0 * y**2)
    return y


def array_state(x):
    """Power iteration until the direction stands still."""
    v = np.ones(x.shape[0])
    change = 1.0
    while change > 1e-9:
        w = x @ v
        w = w / np.sqrt(np.sum(w * w))
        change = np.max(np.abs(w - v))
        v = w
    return v @ x @ v


def nested_whiles(x: float) -> float:
    total = 0.0
    outer = 3
    while outer > 0:
        inner = outer
        y = x
        while inner > 0 and y < 20.0:
            y = y * y + 0.1 * inner
            inner -= 1
        total = total + y
        x = x * 0.8
        outer -= 1
    return total


def continue_in_while(x: float) -> float:
    k = 0
    total = 0.0
    while k < 8:
        k += 1
        if k % 3 == 0:
            x = x * 1.2
            continue
        total += x**2 / k
    return total


SYMMETRIC = np.array([[2.0, 0.4, 0.1], [0.4, 1.0, 0.3], [0.1, 0.3, 0.5]])
CALLS = {
    "newton": ("a", [(2.0,), (0.3,)]),
    "counted_by_hand": ("x", [(0.7,), (0.7, 0)]),
    "until_large": ("x", [(0.7,), (12.0,)]),
    "never_entered": ("x", [(0.7,)]),
    "while_else": ("x", [(0.7, 2), (0.7, 100), (6.0, 1)]),
    "forever_with_break": ("x", [(0.7,), (0.1,)]),
    "walrus_in_the_test": ("x", [(0.7,), (4.0,)]),
    "collatz_steered": ("x", [(0.7,), (0.7, 1), (0.2, 5)]),
    "bisection": ("a", [(2.0,)]),
    "array_state": ("x", [(SYMMETRIC,)]),
    "nested_whiles": ("x", [(0.7,)]),
    "continue_in_while": ("x", [(0.7,)]),
}
