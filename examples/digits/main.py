"""Trains a classifier of handwritten digits with the generated gradient beside this file.

    python examples/digits/main.py

The images are scikit-learn's 1,797 bundled ones; a third of them is held out. s2sad is not
imported: model_grad.py stands on its own.
"""

import sys

import numpy as np
from model import init, logits
from model_grad import loss_value_and_grad
from sklearn.datasets import load_digits

EPOCHS = 30
BATCH = 32
RATE = 0.1
MOMENTUM = 0.9
WANTED = 0.97


def batches(n, rng):
    """Indices of one epoch in random order, in batches of equal size."""
    order = rng.permutation(n)
    for start in range(0, n - BATCH + 1, BATCH):
        yield order[start : start + BATCH]


def progress(iterable, total):
    """Passes on what it is given and draws a bar where somebody sees it."""
    for done, item in enumerate(iterable, 1):
        yield item
        if sys.stderr.isatty():
            filled = 30 * done // total
            bar = "#" * filled + "." * (30 - filled)
            end = "\n" if done == total else ""
            print(f"\r[{bar}] epoch {done}/{total}", end=end, file=sys.stderr, flush=True)


def accuracy(layers, images, labels):
    return np.mean(np.argmax(logits(layers, images), axis=1) == labels)


def step(layers, speeds, gradient):
    """Gradient descent with momentum, in place."""
    for layer, speed, d_layer in zip(layers, speeds, gradient, strict=True):
        for name in layer:
            speed[name] = MOMENTUM * speed[name] - RATE * d_layer[name]
            layer[name] += speed[name]


def main():
    rng = np.random.default_rng(0)
    images, labels = load_digits(return_X_y=True)
    images = images / 16.0
    order = rng.permutation(len(images))
    held_out, kept = np.split(order, [len(order) // 3])

    layers = init([64, 128, 64, 10], rng)
    speeds = [{name: np.zeros_like(p) for name, p in layer.items()} for layer in layers]
    mean = np.nan
    for _ in progress(range(EPOCHS), EPOCHS):
        losses = []
        for batch in batches(len(kept), rng):
            chosen = kept[batch]
            value, gradient = loss_value_and_grad(layers, images[chosen], labels[chosen])
            step(layers, speeds, gradient)
            losses.append(value)
        mean = np.mean(losses)

    reached = accuracy(layers, images[held_out], labels[held_out])
    print(f"loss {mean:.4f}, {reached:.1%} of {len(held_out)} held-out digits are right")
    return 0 if reached >= WANTED else 1


if __name__ == "__main__":
    sys.exit(main())
