"""A module variable that gets a varied value."""

total = 0.0


def f(x: float) -> float:
    global total  # error: S2S013 global
    total = total + x * x
    return total
