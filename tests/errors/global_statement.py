"""A module variable that gets a varied value."""

total = 0.0  # error: S2S015 total


def f(x: float) -> float:
    global total
    total = total + x * x
    return total
