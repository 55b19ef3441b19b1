"""Functions that others import; they have constants and callees of their own."""

import math
from math import pi

import numpy as np

SLOPE = 0.01
SCALES = {"swish": 1.702, "other": (1.0, 2.0)}


def leaky(v):
    return np.where(v > 0, v, SLOPE * v)


def sigmoid(v):
    return 1.0 / (1.0 + np.exp(-v))


def swish(v):
    return v * sigmoid(SCALES["swish"] * v)


def soft_relu(v, sharpness=2.0):
    return np.log1p(np.exp(sharpness * v)) / sharpness


def gaussian(v):
    return np.exp(-0.5 * v * v) / math.sqrt(2.0 * pi)
