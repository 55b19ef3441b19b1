"""A table of the module that is changed after it was built."""

TABLE = {"a": 1.0}  # error: S2S015 TABLE
TABLE["b"] = 2.0


def f(x: float) -> float:
    return x * x * TABLE["b"]
