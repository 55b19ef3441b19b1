"""Methods: of objects that are parameters, locals and constants; static, class and inherited."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np


class Scaler:
    """A plain class: what it holds is a constant of the derivative."""

    offset = 0.5

    def __init__(self, scale, power=2):
        self.scale = scale
        self.power = power

    def apply(self, v):
        return v**self.power * self.scale + self.offset

    def apply_twice(self, v):
        return self.apply(self.apply(v))

    @property
    def doubled(self):
        return 2.0 * self.scale

    @staticmethod
    def soft(v):
        return np.log1p(np.exp(v))

    @classmethod
    def shifted(cls, v):
        return v + cls.offset

    def __call__(self, v):
        return self.apply(v) * v


class Steep(Scaler):
    """Inherits, overrides, and calls what it overrode."""

    def apply(self, v):
        return super().apply(v) * 1.5 + v


@dataclass
class Linear:
    W: np.ndarray
    b: np.ndarray
    name: str = "linear"

    def __call__(self, x):
        return x @ self.W + self.b

    def size(self):
        return self.W.size + self.b.size

    @property
    def energy(self):
        return np.sum(self.W**2) + np.sum(self.b)


@dataclass(frozen=True)
class Network:
    layers: list[Linear] = field(default_factory=list)
    temperature: float = 1.0

    def predict(self, x):
        for layer in self.layers[:-1]:
            x = np.tanh(layer(x))
        return self.layers[-1](x) / self.temperature

    def loss(self, x, t):
        return np.mean((self.predict(x) - t) ** 2)


def method_of_a_constant_object(model: Scaler, x: float) -> float:
    return model.apply(x) * x


def method_calls_method(model: Scaler, x: float) -> float:
    return model.apply_twice(x) + model.doubled * x


def static_and_class_methods(model: Scaler, x: float) -> float:
    return model.soft(x) * Scaler.soft(-x) + Scaler.shifted(x) ** 2


def object_that_is_called(model: Scaler, x: float) -> float:
    return model(x) + x


def inherited_method(model: Steep, x: float) -> float:
    return model.apply(x) * model.apply_twice(0.1 * x)


def attributes_only(model: Scaler, x: float) -> float:
    """Attributes of an object that is not differentiated."""
    return x**model.power * model.scale + model.offset


def dataclass_with_methods(net: Network, x, t) -> float:
    """The parameters are a dataclass of a list of dataclasses; its methods do the work."""
    y = net.predict(x)
    return net.loss(x, t) + 0.01 * np.sum(y * y) + 0.0 * net.layers[0].size()


def property_of_parameters(layer: Linear, x) -> float:
    """What a property computes depends on the fields."""
    return layer.energy * np.sum(layer(x))


def called_layer(layer: Linear, x) -> float:
    return np.sum(np.tanh(layer(x)) ** 2)


r = np.random.default_rng(7).standard_normal
NET = Network([Linear(r((3, 4)), r(4)), Linear(r((4, 2)), r(2), "head")], 1.7)
CALLS = {
    "method_of_a_constant_object": ("x", [(Scaler(1.3), 0.7), (Scaler(1.3, 3), -0.7)]),
    "method_calls_method": ("x", [(Scaler(1.3), 0.7)]),
    "static_and_class_methods": ("x", [(Scaler(1.3), 0.7)]),
    "object_that_is_called": ("x", [(Scaler(1.3), 0.7)]),
    "inherited_method": ("x", [(Steep(1.3), 0.7)]),
    "attributes_only": ("x", [(Scaler(1.3), 0.7)]),
    "dataclass_with_methods": (("net", "x"), [(NET, r((5, 3)), r((5, 2)))]),
    "property_of_parameters": (("layer", "x"), [(Linear(r((3, 4)), r(4)), r((5, 3)))]),
    "called_layer": (("layer", "x"), [(Linear(r((3, 4)), r(4)), r((5, 3)))]),
}

REFUSED = {
    "inherited_method": "S2S012",
}

TWICE = dict.fromkeys(("dataclass_with_methods",))
