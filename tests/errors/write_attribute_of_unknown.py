"""A varied value is stored where nothing is known about it."""


def f(x: float, box) -> float:
    box.value = x * x  # error: S2S011 write
    return box.value
