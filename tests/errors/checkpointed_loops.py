"""What cannot be run a second time in blocks."""

import numpy as np

from s2sad import checkpointed


def noisy(x):
    return x + np.random.normal()


def f(x: float, n: int, xs: list[float]) -> float:
    for i in checkpointed(range(n)):  # error: S2S020 may end early
        if x > 10.0:
            break
        x = x * x + 0.1 * i
    for a in checkpointed(xs):  # error: S2S020 runs over a range
        x = x * a
    for i, a in enumerate(checkpointed(range(n))):  # error: S2S020 runs over a range
        x = x * a + i
    for _ in checkpointed(range(n)):
        x = x * np.random.normal()  # error: S2S020 run this again
    for i in checkpointed(range(n)):
        x = noisy(x) * i  # error: S2S020 run this again
    seen: list[int] = []
    for i in checkpointed(range(n)):  # error: S2S020 changes the object seen
        seen.append(i)
        x = x * len(seen)
    kept = {"x": x}
    for _ in checkpointed(range(n)):  # error: S2S020 changes the object kept
        kept["x"] = np.sin(x)
        x = x * kept["x"]
    return x
