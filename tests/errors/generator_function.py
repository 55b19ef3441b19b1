"""The function is a generator."""


def f(x: float):  # error: S2S017 generator
    yield x * x
