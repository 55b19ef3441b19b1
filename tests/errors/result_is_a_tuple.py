"""Two results, without has_aux."""


def f(x: float):
    return x * x, x  # error: S2S010 scalar
