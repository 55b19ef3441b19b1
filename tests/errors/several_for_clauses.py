"""Two for clauses in one comprehension."""


def f(x) -> float:
    return sum([a * b for a in x for b in x])  # error: S2S016 for
