"""A callable that is a parameter: nobody knows what it computes."""


def f(x: float, activation) -> float:
    y = activation(x)  # error: S2S012 activation
    return y * x
