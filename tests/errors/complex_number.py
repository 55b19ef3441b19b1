"""A complex number made of a varied one."""


def f(x: float) -> float:
    z = complex(x, 1.0)  # error: S2S012 complex
    return (z * z).real
