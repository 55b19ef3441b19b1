"""The normal distribution of scipy.stats, in its standard form."""

import numpy as np
import scipy.stats


def cdf(x):
    """Distribution function of the standard normal distribution."""
    y = scipy.stats.norm.cdf(x)
    d_x += d_y * np.exp(-0.5 * x * x) / np.sqrt(2.0 * np.pi)


def sf(x):
    """One minus the distribution function of the standard normal distribution."""
    y = scipy.stats.norm.sf(x)
    d_x -= d_y * np.exp(-0.5 * x * x) / np.sqrt(2.0 * np.pi)


def pdf(x):
    """Density of the standard normal distribution."""
    y = scipy.stats.norm.pdf(x)
    d_x -= d_y * x * y


def logpdf(x):
    """Logarithm of the density of the standard normal distribution."""
    y = scipy.stats.norm.logpdf(x)
    d_x -= d_y * x


def logcdf(x):
    """Logarithm of the distribution function of the standard normal distribution."""
    y = scipy.stats.norm.logcdf(x)
    d_x += d_y * np.exp(-0.5 * x * x - y) / np.sqrt(2.0 * np.pi)


def ppf(q):
    """Inverse of the distribution function of the standard normal distribution."""
    assert abs(q - 0.5) < 0.4
    y = scipy.stats.norm.ppf(q)
    d_q += d_y * np.sqrt(2.0 * np.pi) * np.exp(0.5 * y * y)
