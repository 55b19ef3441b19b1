"""A function that returns a function of varied values, called through a table."""


def f(x: float) -> float:
    def make(v):
        def inner(u):
            return u * v

        return inner

    g = make(x * x)
    return g(x)  # error: S2S012 g
