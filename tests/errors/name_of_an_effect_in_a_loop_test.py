"""The test of a loop takes an item out of a list each time."""


def f(x: float) -> float:
    xs = [x, x * x, 2.0]  # error: S2S011 what this list or dict holds
    s = 0.0
    while (v := xs.pop()) and xs:  # error: S2S014 has an effect
        s += v
    return s
