"""Shadows: the adjoints of arrays that several names may stand for.

An array that one name at a time stands for has its adjoint in one variable, like any value. Where
names may share memory with what is written into, the adjoint is a *shadow*: an array of its own
beside each allocation, zero at first. Bindings of names, and views, are mirrored in the forward
part, so that what is added through one name is seen through all.

    b = a * 1.0               d_b = np.zeros_like(b)
    first = b[0]              d_first = d_b[0]
    first[:] = e              backward: d_e = d_first; d_first[:] = 0.0

A list, dict or object that holds such arrays has a shadow that holds theirs (`held.py`), and that
is changed as it is changed:

    xs = [a, np.cos(b)]       d_xs = [d_a, np.zeros_like(xs[1])]
    xs.append(c)              d_xs.append(d_c)

| file | what |
| --- | --- |
| `made.py` | what the pass makes, and what it refuses |
| `which.py` | which variables have shadows |
| `values.py` | the shadow of a value |
| `loops.py` | loops over arrays and their shadows |
| `statements.py` | the statements that bind shadows, put into a function: `put_in` |
"""

from s2sad.derive.shadows.made import Shadows
from s2sad.derive.shadows.statements import put_in

__all__ = ["Shadows", "put_in"]
