"""Iterators that the forward part leaves empty."""


def energy(items, x):
    total = 0.0
    for item in items:
        total += item * x * total + x
    return total


def f(x: float, xs: list[float]) -> float:
    left = iter([0.2, 0.4, 0.5])
    first = next(left)
    x += energy(left, x) * first  # error: S2S012 hands an iterator to energy
    return x + energy(iter(xs), x)  # error: S2S012 hands an iterator to energy
