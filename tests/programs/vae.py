"""A variational autoencoder; parameters in nested dataclasses, noise handed in."""

from dataclasses import dataclass

import numpy as np


@dataclass
class Linear:
    W: np.ndarray
    b: np.ndarray


@dataclass
class Encoder:
    hidden: Linear
    mean: Linear
    log_var: Linear


@dataclass
class VAE:
    encoder: Encoder
    decoder: list[Linear]
    beta: float = 1.0


def dense(layer: Linear, x):
    return x @ layer.W + layer.b


def encode(enc: Encoder, x):
    h = np.tanh(dense(enc.hidden, x))
    return dense(enc.mean, h), dense(enc.log_var, h)


def decode(layers, z):
    for layer in layers[:-1]:
        z = np.tanh(dense(layer, z))
    return dense(layers[-1], z)


def kl(mean, log_var):
    return -0.5 * np.sum(1 + log_var - mean**2 - np.exp(log_var), axis=1)


def elbo(model: VAE, x, noise):
    mean, log_var = encode(model.encoder, x)
    z = mean + np.exp(0.5 * log_var) * noise
    logits = decode(model.decoder, z)
    # Bernoulli log likelihood, stable
    bce = np.maximum(logits, 0) - logits * x + np.log1p(np.exp(-np.abs(logits)))
    return np.mean(bce.sum(axis=1) + model.beta * kl(mean, log_var))


def _call():
    rng = np.random.default_rng(30)

    def linear(m, n):
        return Linear(rng.normal(size=(m, n)), rng.normal(size=n))

    model = VAE(Encoder(linear(4, 3), linear(3, 2), linear(3, 2)), [linear(2, 3), linear(3, 4)])
    return model, (rng.random((5, 4)) > 0.5).astype(float), rng.normal(size=(5, 2))


CALLS = {"elbo": ("model", [_call()])}
