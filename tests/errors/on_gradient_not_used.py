import numpy as np

from s2sad import on_gradient


def f(x: float) -> float:
    y = x * x
    on_gradient(y, np.sign)  # error: S2S014 whose result is not used
    return y
