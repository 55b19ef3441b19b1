"""A callee that is a generator yields varied values."""


def steps(x):
    for k in range(3):
        yield x * k


def f(x: float) -> float:
    return sum(v * v for v in steps(x))  # error: S2S017 steps
