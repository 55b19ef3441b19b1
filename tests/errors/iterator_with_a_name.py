"""What is left of an iterator is not known."""


def f(x: float, xs: list[float]) -> float:
    values = (item * x for item in xs)  # error: S2S012 an iterator that has a name
    for value in values:
        x = x * value
    return x
