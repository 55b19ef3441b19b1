"""A method of an object whose class is not known."""


def f(x: float, model) -> float:
    return model.energy(x) * x  # error: S2S012 energy
