"""A constant of the module that some function rebinds: its value at the call is not known."""

RATE = 0.1  # error: S2S015 RATE


def set_rate(value):
    global RATE
    RATE = value


def f(x: float) -> float:
    return x * x * RATE
