"""An attribute gets a varied value."""

from dataclasses import dataclass


@dataclass
class State:
    q: float


def f(x: float) -> float:
    s = State(x)
    s.q = x * x  # error: S2S011 write
    return s.q
