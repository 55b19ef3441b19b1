"""What an unknown function does to the array that it is handed cannot be seen."""

import numpy as np
from scipy import optimize


def f(x):
    y = x * x
    optimize.show_options(y)  # error: S2S012 show_options
    return np.sum(y)
