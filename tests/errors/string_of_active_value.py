"""A value that goes through text and comes back loses its derivative: better refused."""


def f(x: float) -> float:
    y = float(f"{x * x:.12f}")  # error: S2S014 f-string
    return y
