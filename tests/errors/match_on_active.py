"""match that takes a varied value apart."""


def f(x: float) -> float:
    match (x, x * x):  # error: S2S013 match
        case (a, b) if a > 0:
            return a * b
        case _:
            return x
