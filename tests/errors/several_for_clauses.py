"""Two for clauses in one comprehension, which is a part of another one."""


def f(x) -> float:
    return sum([sum([a * b * c for a in x for b in x]) for c in x])  # error: S2S016 for
