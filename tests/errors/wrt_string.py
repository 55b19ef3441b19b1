"""A str has no derivative."""


def f(name: str, x: float) -> float:  # error: S2S018 name
    return len(name) * x
