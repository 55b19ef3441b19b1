"""An entry of a dict gets a varied value."""


def f(x: float) -> float:
    state = {"q": x}
    state["p"] = x * x  # error: S2S011 write
    return state["q"] * state["p"]
