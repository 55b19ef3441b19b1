"""Travel-time tomography: slowness along straight rays by bilinear interpolation, Tikhonov."""

import numpy as np


def bilinear(image, x, y):
    i = np.clip(np.floor(x).astype(int), 0, image.shape[0] - 2)
    j = np.clip(np.floor(y).astype(int), 0, image.shape[1] - 2)
    s, t = x - i, y - j
    return (
        (1 - s) * (1 - t) * image[i, j]
        + s * (1 - t) * image[i + 1, j]
        + (1 - s) * t * image[i, j + 1]
        + s * t * image[i + 1, j + 1]
    )


def travel_time(slowness, start, end, n=9):
    w = np.linspace(0.0, 1.0, n)
    points = start[None, :] + w[:, None] * (end - start)[None, :]
    values = bilinear(slowness, points[:, 0], points[:, 1])
    length = np.linalg.norm(end - start)
    return length * np.trapezoid(values, w)


def objective(log_slowness, stations, events, times, alpha=0.1):
    slowness = np.exp(log_slowness)
    predicted = np.array(
        [[travel_time(slowness, event, station) for station in stations] for event in events]
    )
    smooth = np.sum(np.diff(log_slowness, axis=0) ** 2) + np.sum(np.diff(log_slowness, axis=1) ** 2)
    return np.mean((predicted - times) ** 2) + alpha * smooth


def _call():
    rng = np.random.default_rng(11)
    stations = rng.uniform(0.2, 4.3, (2, 2))
    events = rng.uniform(0.3, 4.2, (3, 2))
    return 0.3 * rng.normal(size=(6, 6)), stations, events, rng.uniform(1, 4, (3, 2))


CALLS = {"objective": (("log_slowness", "events"), [_call])}
