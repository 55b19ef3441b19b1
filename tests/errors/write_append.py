"""append changes the list in place."""


def f(x: float) -> float:
    ys = []
    for k in range(3):
        ys.append(x * k)  # error: S2S011 ys
    return sum(ys)
