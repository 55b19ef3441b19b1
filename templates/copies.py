"""Copies by the standard library's copy: of numbers, of arrays and of containers of them."""

import copy

# ---------------------------------------------------------------- copies


@linear
def shallow(x):
    """A copy."""
    y = copy.copy(x)
    d_x += d_y


@linear
def deep(x):
    """A copy of a container and of all that is in it."""
    y = copy.deepcopy(x)
    d_x += d_y
