"""A list of varied values is written into."""


def f(x: float) -> float:
    ys = [x, x * x]
    ys[0] = ys[1] * 2.0  # error: S2S011 write
    return ys[0] * x
