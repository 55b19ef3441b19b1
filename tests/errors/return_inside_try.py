"""A return inside a try block."""


def f(x: float, values: list) -> float:
    try:  # error: S2S013 try
        return x * values[3]
    except IndexError:
        return x
