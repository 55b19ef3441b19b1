"""An int has no derivative."""


def f(n: int, x: float) -> float:  # error: S2S018 n
    return n * x
