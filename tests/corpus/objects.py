# ruff: noqa: E731
"""Objects that a function makes and keeps to itself: each attribute of one is a variable."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import NamedTuple

import numpy as np


class Grid:
    def __init__(self, u, dt=0.1):
        self.u = u
        self.v = np.zeros_like(u)
        self.dt = dt
        self.t = 0.0
        self._n = len(u)

    def step(self):
        self.v[1:-1] = self.u[1:-1] + self.dt * (self.u[2:] * self.u[:-2])
        self.swap()
        self.t += self.dt

    def swap(self):
        self.u, self.v = self.v, self.u

    @property
    def energy(self):
        return np.sum(self.u**2) * self.t

    def get(self, k):
        return self.u[k]


@dataclass
class State:
    u: np.ndarray
    k: float

    def step(self):
        self.u[1:] += self.k * self.u[:-1]
        self.k = self.k * 0.5 + self.u[0]


class Acc:
    def __init__(self):
        self.total = 0.0
        self.items = []

    def add(self, v):
        self.total = self.total + v
        self.items.append(v * v)
        return self


class P:
    def __init__(self, pos, vel, m):
        self.pos, self.vel = pos, vel
        self.m = m
        self.T = m * 2.0

    def kick(self, f, dt):
        self.vel += f / self.m * dt
        self.pos += self.vel * dt

    def kinetic(self):
        return 0.5 * self.T * np.sum(self.vel**2)


class Base:
    def __init__(self, u):
        self.u = u

    def step(self):
        self.u = self.u * self.rate()

    def rate(self):
        return 1.5


class Child(Base):
    def rate(self):
        return self.u[0]


@dataclass
class Inherited:
    u: np.ndarray

    def scaled(self):
        return self.u * self.rate()

    def rate(self):
        return 1.5


@dataclass
class Derived(Inherited):
    def rate(self):
        return self.u[0]


class Named:
    def __init__(self, x):
        self.x = x
        self.x[0] = 2.0 * x[1]
        self.y = x


class Order:
    def __init__(self, a, b):
        b[0] = a[1] * 3
        self.a = a
        self.b = b[0]


class Late:
    def __init__(self, a):
        self.b = a * 2
        if np.sum(a) > 0:
            self.c = self.b * 3
        else:
            self.c = a

    def __call__(self, x):
        self.b = self.b * x
        return np.sum(self.c * self.b)


class Slots:
    __slots__ = ("a",)

    def __init__(self, a):
        self.a = a

    @staticmethod
    def helper(z):
        return z * 2

    @classmethod
    def make(cls, z):
        return cls(z * 2)


def _advance(g, n):
    for _ in range(n):
        g.u[1:] *= g.u[:-1]
    return g.u[0]


def stepped(x):
    g = Grid(x * 1.0)
    for _ in range(3):
        g.step()
    return g.energy + g.get(1)


def two_names(x):
    g = Grid(x * 1.0)
    h = g
    h.u[1] *= x[0]
    g.step()
    return h.energy


def made_in_a_loop(x):
    s = 0.0
    for i in range(3):
        g = Grid(x * i)
        g.step()
        s += g.energy
    return s


def kept_from_the_last_iteration(x):
    s = 0.0
    prev = None
    for i in range(3):
        g = Grid(x * i)
        if prev is not None:
            g.u[1] *= prev.u[2]
        g.step()
        prev = g
        s += g.energy
    return s


def handed_to_a_function(x):
    g = Grid(x * 1.0)
    y = _advance(g, 2)
    return np.sum(g.u) * y


def in_a_list(x):
    gs = [Grid(x * 1.0), Grid(x * 2.0)]
    for g in gs:
        g.u[1] *= g.u[0]
    return np.sum(gs[0].u * gs[1].u)


def a_dataclass(x):
    s = State(x * 1.0, 0.3)
    s.step()
    s.step()
    s.u = s.u * s.k
    s.step()
    return np.sum(s.u) * s.k


def fields_written(x):
    s = State(u=x * 1.0, k=x[1])
    s.u[0] = s.k
    s.k = 2.0 * s.u[1]
    return np.sum(s.u) * s.k


def a_list_in_an_object(x):
    a = Acc()
    for v in x:
        a.add(v * x[0])
    return a.total * sum(a.items)


def changed_in_branches(x):
    a = Acc()
    if x[0] > 0:
        a.add(x[0] ** 2)
    else:
        a.add(x[1])
        a.add(x[1] * x[2])
    while a.total < 5.0:
        a.add(x[0] ** 2 + 1.0)
    return a.total * sum(a.items)


def two_particles(x):
    p = P(x[:2] * 1.0, x[2:] * 1.0, 2.0 + x[0])
    q = P(x[:2] * 3.0, x[2:] * 2.0, 1.0)
    for _ in range(4):
        d = p.pos - q.pos
        f = -d / np.sum(d * d) ** 1.5
        p.kick(f, 0.1)
        q.kick(-f, 0.1)
    return p.kinetic() + q.kinetic()


def captured(x):
    g = Grid(x * 1.0)

    def inner():
        g.u[0] = x[1] * 3
        return g.u[2]

    return inner() * np.sum(g.u)


def attribute_in_a_list(x):
    g = Grid(x * 1.0)
    us = [g.u, x * 2.0]
    us[0][1] = x[0] ** 2
    g.step()
    return np.sum(g.u * g.v) + us[0][2]


def overridden(x):
    c = Child(x * 1.0)
    c.step()
    return np.sum(c.u)


def overridden_in_a_dataclass(x):
    c = Derived(x * 1.0)
    return np.sum(c.scaled())


def overridden_and_written(x):
    c = Derived(x * 1.0)
    c.u[1] *= 2.0
    return np.sum(c.scaled())


def argument_that_is_kept(x):
    a = x * 1.0
    n = Named(a)
    n.y[2] = n.x[0] ** 2
    return np.sum(a * n.x)


def argument_that_is_changed(x):
    z = x * 1.0
    o = Order(z * 2.0, z)
    return np.sum(o.a) * o.b * z[0]


def made_in_branches(x):
    o = Late(x)
    return o(x[0]) + o(x[1])


def static_method(x):
    c = Slots(x * 1.0)
    c.a[0] = 3 * x[1]
    return np.sum(c.helper(c.a))


def made_from_the_last_one(x):
    c = Slots(x * 1.0)
    for k in range(3):
        d = c
        d.a[k] = 3 * x[1]
        c = Slots(x * 2.0 + d.a)
    return np.sum(c.a)


def one_array_in_two_objects(x):
    a = Slots(x * 1.0)
    b = Slots(a.a)
    b.a[1] = x[0] * 4
    b.a = b.a * 2
    b.a[2] = 1.0
    return np.sum(a.a * b.a)


def read_by_inner_functions(x):
    c = Slots(x * 1.0)

    def f(k):
        return c.a[k] * 2

    g = lambda k: c.a[k] * f(k)
    c.a[0] = x[1] * x[1]
    return f(0) + g(1)


def name_that_is_taken(x):
    c_a = x * 3.0
    c = Slots(x * 1.0)
    c.a[0] = x[1] * x[1]
    return np.sum(c.a * c_a)


def several_targets(x):
    c = Slots(x * 1.0)
    c.a, y = x * 2, c.a[0]
    c.a[1:], z = c.a[:-1] * y, c.a[2]
    for c.a[0] in (1.0, 2.0):
        z = z * c.a[1]
    return np.sum(c.a) * z


class Motion(NamedTuple):
    q: float
    p: float = 0.5

    def energy(self, scale=1.0):
        return 0.5 * self.p**2 * scale + self.q


@dataclass
class Weight:
    mass: float
    speed: float = 0.4

    def energy(self, scale=1.0):
        return 0.5 * self.mass * self.speed**2 * scale


def replaced_in_a_loop(x):
    """What a name stands for stays of its class where it is made of what it was."""
    s = Motion(x[0])
    w = Weight(x[1])
    for _ in range(3):
        s = s._replace(p=s.p * x[2] + 0.1)
        w = replace(w, speed=s.p)
    return s.energy(0.3) * w.energy()


def objects_in_lists(x):
    """The items of a list that nothing changes are of the class that it was made of."""
    weights = [Weight(x[0], x[1]), Weight(x[2])]
    pair = (Motion(x[1]), Motion(x[0], x[2]))
    return sum(t.energy() for t in weights) * pair[1].energy() + weights[0].energy(x[1])


X = np.array([0.7, -0.4, 1.3, 0.6])
CALLS = {
    "stepped": ("x", [(X,)]),
    "two_names": ("x", [(X,)]),
    "made_in_a_loop": ("x", [(X,)]),
    "kept_from_the_last_iteration": ("x", [(X,)]),
    "handed_to_a_function": ("x", [(X,)]),
    "in_a_list": ("x", [(X,)]),
    "a_dataclass": ("x", [(X,)]),
    "fields_written": ("x", [(X,)]),
    "a_list_in_an_object": ("x", [(X,)]),
    "changed_in_branches": ("x", [(X,)]),
    "two_particles": ("x", [(X,)]),
    "captured": ("x", [(X,)]),
    "attribute_in_a_list": ("x", [(X,)]),
    "overridden": ("x", [(X,)]),
    "overridden_in_a_dataclass": ("x", [(X,)]),
    "overridden_and_written": ("x", [(X,)]),
    "argument_that_is_kept": ("x", [(X,)]),
    "argument_that_is_changed": ("x", [(X,)]),
    "made_in_branches": ("x", [(X,)]),
    "static_method": ("x", [(X,)]),
    "made_from_the_last_one": ("x", [(X,)]),
    "one_array_in_two_objects": ("x", [(X,)]),
    "read_by_inner_functions": ("x", [(X,)]),
    "name_that_is_taken": ("x", [(X,)]),
    "several_targets": ("x", [(X,)]),
    "replaced_in_a_loop": ("x", [(X,)]),
    "objects_in_lists": ("x", [(X,)]),
}
REFUSED = {
    "kept_from_the_last_iteration": "S2S012",
    "in_a_list": "S2S012",
}

TWICE = dict.fromkeys(("replaced_in_a_loop", "objects_in_lists"))
