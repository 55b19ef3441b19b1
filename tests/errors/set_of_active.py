"""A set of varied values has no order and no structure of its own."""


def f(x: float) -> float:
    return sum({x, x * x})  # error: S2S014 set
