"""What := gives a name is read elsewhere, and may not have been evaluated."""


def f(x: float, n: int = 0) -> float:
    v = x
    if n and (v := 2.0 * x) > 0.0:  # error: S2S014 may not be evaluated
        return v * v
    return v
