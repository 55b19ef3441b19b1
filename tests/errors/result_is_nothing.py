"""No result at all."""


def f(x: float):  # error: S2S010 return
    y = x * x
    print(y)
