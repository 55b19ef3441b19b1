"""A local function that changes a varied variable around it."""


def f(x: float) -> float:
    total = 0.0

    def add(v):
        nonlocal total  # error: S2S013 nonlocal
        total = total + v * v

    add(x)
    add(2.0 * x)
    return total
