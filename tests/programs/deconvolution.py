"""Deconvolution of an image with an unknown Gaussian blur, in Fourier space; total variation."""

import numpy as np


def psf(width, shape):
    ky = np.fft.fftfreq(shape[0])[:, None]
    kx = np.fft.rfftfreq(shape[1])[None, :]
    return np.exp(-2 * (np.pi * width) ** 2 * (kx**2 + ky**2))


def blur(image, width):
    return np.fft.irfft2(np.fft.rfft2(image) * psf(width, image.shape), s=image.shape)


def total_variation(image, eps=1e-3):
    dx = image[1:, :-1] - image[:-1, :-1]
    dy = image[:-1, 1:] - image[:-1, :-1]
    return np.sum(np.sqrt(dx**2 + dy**2 + eps**2))


def loss(image, width, observed, mask=None, lam=0.05):
    residual = blur(image, width) - observed
    if mask is not None:
        residual = residual[mask]
    return 0.5 * np.vdot(residual, residual) + lam * total_variation(image)


def _call():
    rng = np.random.default_rng(12)
    return rng.normal(size=(4, 5)), 0.8, rng.normal(size=(4, 5))


CALLS = {"loss": (("image", "width"), [_call(), (*_call(), np.arange(20).reshape(4, 5) % 3 > 0)])}
