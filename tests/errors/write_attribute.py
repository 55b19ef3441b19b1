"""An attribute gets a varied value, of an object that is in a list, too."""

from dataclasses import dataclass


@dataclass
class State:
    q: float


def f(x: float) -> float:
    s = State(x)
    states = [s]
    s.q = x * x  # error: S2S011 write
    return states[0].q
