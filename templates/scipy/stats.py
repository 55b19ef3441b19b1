"""The normal distribution of scipy.stats."""

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


# ---------------------------------------------------------------- of any mean and deviation


def logpdf_moved(x, loc, scale):
    """Logarithm of the density of a normal distribution."""
    assert scale > 0.5
    y = scipy.stats.norm.logpdf(x, loc=loc, scale=scale)
    z = (x - loc) / scale
    slope = d_y * z / scale
    d_x -= slope
    d_loc += slope
    d_scale += d_y * (z * z - 1.0) / scale


def logpdf_moved_in_order(x, loc, scale):
    """Logarithm of the density of a normal distribution."""
    assert scale > 0.5
    y = scipy.stats.norm.logpdf(x, loc, scale)
    z = (x - loc) / scale
    slope = d_y * z / scale
    d_x -= slope
    d_loc += slope
    d_scale += d_y * (z * z - 1.0) / scale


def logpdf_located(x, loc):
    """Logarithm of the density of a normal distribution."""
    y = scipy.stats.norm.logpdf(x, loc=loc)
    d_x -= d_y * (x - loc)
    d_loc += d_y * (x - loc)


def logpdf_scaled(x, scale):
    """Logarithm of the density of a normal distribution."""
    assert scale > 0.5
    y = scipy.stats.norm.logpdf(x, scale=scale)
    z = x / scale
    slope = d_y * z / scale
    d_x -= slope
    d_scale += d_y * (z * z - 1.0) / scale


def logpdf_located_in_order(x, loc):
    """Logarithm of the density of a normal distribution."""
    y = scipy.stats.norm.logpdf(x, loc)
    d_x -= d_y * (x - loc)
    d_loc += d_y * (x - loc)


def pdf_moved(x, loc, scale):
    """Density of a normal distribution."""
    assert scale > 0.5
    y = scipy.stats.norm.pdf(x, loc=loc, scale=scale)
    z = (x - loc) / scale
    slope = d_y * y / scale
    d_x -= slope * z
    d_loc += slope * z
    d_scale += slope * (z * z - 1.0)


def pdf_moved_in_order(x, loc, scale):
    """Density of a normal distribution."""
    assert scale > 0.5
    y = scipy.stats.norm.pdf(x, loc, scale)
    z = (x - loc) / scale
    slope = d_y * y / scale
    d_x -= slope * z
    d_loc += slope * z
    d_scale += slope * (z * z - 1.0)


def cdf_moved(x, loc, scale):
    """Distribution function of a normal distribution."""
    assert scale > 0.5
    y = scipy.stats.norm.cdf(x, loc=loc, scale=scale)
    z = (x - loc) / scale
    slope = d_y * np.exp(-0.5 * z * z) / (np.sqrt(2.0 * np.pi) * scale)
    d_x += slope
    d_loc -= slope
    d_scale -= slope * z


def cdf_moved_in_order(x, loc, scale):
    """Distribution function of a normal distribution."""
    assert scale > 0.5
    y = scipy.stats.norm.cdf(x, loc, scale)
    z = (x - loc) / scale
    slope = d_y * np.exp(-0.5 * z * z) / (np.sqrt(2.0 * np.pi) * scale)
    d_x += slope
    d_loc -= slope
    d_scale -= slope * z


def logcdf_moved(x, loc, scale):
    """Logarithm of the distribution function of a normal distribution."""
    assert scale > 0.5
    y = scipy.stats.norm.logcdf(x, loc=loc, scale=scale)
    z = (x - loc) / scale
    slope = d_y * np.exp(-0.5 * z * z - y) / (np.sqrt(2.0 * np.pi) * scale)
    d_x += slope
    d_loc -= slope
    d_scale -= slope * z


def logcdf_moved_in_order(x, loc, scale):
    """Logarithm of the distribution function of a normal distribution."""
    assert scale > 0.5
    y = scipy.stats.norm.logcdf(x, loc, scale)
    z = (x - loc) / scale
    slope = d_y * np.exp(-0.5 * z * z - y) / (np.sqrt(2.0 * np.pi) * scale)
    d_x += slope
    d_loc -= slope
    d_scale -= slope * z
