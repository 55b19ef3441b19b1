"""A local function that changes a varied variable around it."""


def f(x: float) -> float:
    total = 0.0

    def add(v):
        nonlocal total
        total = total + v * v

    add(x)  # error: S2S012 call
    add(2.0 * x)  # error: S2S012 call
    return total
