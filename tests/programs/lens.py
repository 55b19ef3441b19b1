"""Rays through a lens of spherical surfaces, and the spot that they make."""

from __future__ import annotations

import math
from dataclasses import dataclass, field

import numpy as np


@dataclass
class Surface:
    position: float
    curvature: float
    index: float = 1.0


@dataclass
class Lens:
    surfaces: list[Surface] = field(default_factory=list)
    name: str = "lens"


def intersect(y: float, u: float, x: float, surface: Surface) -> tuple[float, float]:
    """Where a meridional ray meets a surface: Newton's method for the sag."""
    s = surface.position - x
    for _ in range(20):
        yy = y + u * s
        c = surface.curvature
        sag = c * yy * yy / (1.0 + math.sqrt(1.0 - c * c * yy * yy))
        residual = x + s - surface.position - sag
        if abs(residual) < 1e-13:
            break
        slope = 1.0 - c * yy * u / math.sqrt(1.0 - c * c * yy * yy)
        s = s - residual / slope
    return x + s, y + u * s


def refract(u: float, y: float, curvature: float, n1: float, n2: float) -> float:
    """Snell's law at a surface whose normal leans by asin(c y)."""
    normal = -math.asin(curvature * y)
    incidence = math.atan(u) - normal
    sine = n1 / n2 * math.sin(incidence)
    if abs(sine) > 1.0:
        raise ValueError("total reflection")
    return math.tan(math.asin(sine) + normal)


def spot_size(lens: Lens, heights, screen: float) -> float:
    """Root mean square height of a parallel bundle on a screen."""
    total = 0.0
    for y in heights:
        u, x, n = 0.0, -1.0, 1.0
        for surface in lens.surfaces:
            x, y = intersect(y, u, x, surface)
            u = refract(u, y, surface.curvature, n, surface.index)
            n = surface.index
        at_screen = y + u * (screen - x)
        total += at_screen**2
    return math.sqrt(total / len(heights))


def _call():
    lens = Lens([Surface(0.0, 0.2, 1.5), Surface(0.3, -0.15, 1.7), Surface(0.5, -0.05)], "doublet")
    return lens, np.array([0.1, 0.3, -0.4]), 4.0


CALLS = {"spot_size": (("lens", "screen"), [_call()])}
