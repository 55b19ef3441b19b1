"""A dict of varied values under keys that are computed."""


def f(x: float, name: str) -> float:
    table = {name: x * x, name.upper(): x}  # error: S2S014 computed keys
    return table[name]
