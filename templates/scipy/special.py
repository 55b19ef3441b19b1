"""Functions of scipy.special."""

import numpy as np
import scipy.special


def erf(x):
    """Error function."""
    y = scipy.special.erf(x)
    d_x += d_y * (2.0 / np.sqrt(np.pi)) * np.exp(-x * x)


def erfc(x):
    """1 - erf(x), exact where that is small."""
    y = scipy.special.erfc(x)
    d_x -= d_y * (2.0 / np.sqrt(np.pi)) * np.exp(-x * x)


def expit(x):
    """Logistic function."""
    y = scipy.special.expit(x)
    d_x += d_y * y * (1.0 - y)


def logit(x):
    """Inverse of the logistic function."""
    x = 0.1 + 0.8 * np.exp(-x * x)
    y = scipy.special.logit(x)
    d_x += d_y / (x * (1.0 - x))


def log_expit(x):
    """Logarithm of the logistic function."""
    y = scipy.special.log_expit(x)
    d_x += d_y * scipy.special.expit(-x)


def gammaln(x):
    """Logarithm of the gamma function."""
    assert x > 0.1
    y = scipy.special.gammaln(x)
    d_x += d_y * scipy.special.digamma(x)


def loggamma(x):
    """Logarithm of the gamma function."""
    assert x > 0.1
    y = scipy.special.loggamma(x)
    d_x += d_y * scipy.special.digamma(x)


def gamma(x):
    """Gamma function."""
    assert x > 0.1
    y = scipy.special.gamma(x)
    d_x += d_y * y * scipy.special.digamma(x)


def digamma(x):
    """Derivative of the logarithm of the gamma function."""
    assert x > 0.1
    y = scipy.special.digamma(x)
    d_x += d_y * scipy.special.polygamma(1, x)


def polygamma(n: const, x) -> broadcast(n, x):
    """Further derivatives of the logarithm of the gamma function."""
    n = 1
    assert x > 0.3
    y = scipy.special.polygamma(n, x)
    d_x += d_y * scipy.special.polygamma(n + 1, x)


def xlogy(a, b):
    """a * log(b), 0 where a is 0."""
    assert b > 0.1
    y = scipy.special.xlogy(a, b)
    d_a += d_y * np.log(b)
    d_b += d_y * a / b


def xlog1py(a, b):
    """a * log(1 + b), 0 where a is 0."""
    assert b > -0.8
    y = scipy.special.xlog1py(a, b)
    d_a += d_y * np.log1p(b)
    d_b += d_y * a / (1.0 + b)


def entr(x):
    """-x * log(x), a term of an entropy."""
    assert x > 0.1
    y = scipy.special.entr(x)
    d_x -= d_y * (np.log(x) + 1.0)


def ndtr(x):
    """Distribution function of the normal distribution."""
    y = scipy.special.ndtr(x)
    d_x += d_y * np.exp(-0.5 * x * x) / np.sqrt(2.0 * np.pi)


def log_ndtr(x):
    """Logarithm of the distribution function of the normal distribution."""
    y = scipy.special.log_ndtr(x)
    d_x += d_y * np.exp(-0.5 * x * x - y) / np.sqrt(2.0 * np.pi)


def logsumexp(x: "*s", *, axis=None, keepdims=False) -> reduced(x, axis, keepdims):
    """log(sum(exp(x))) without overflow."""
    assert axis in (None, 0, -1)
    assert keepdims in (False, True)
    y = scipy.special.logsumexp(x, axis=axis, keepdims=keepdims)
    weight = np.exp(x - (y if axis is None or keepdims else np.expand_dims(y, axis)))
    d_x += (d_y if axis is None or keepdims else np.expand_dims(d_y, axis)) * weight
    dot_y = np.sum(weight * dot_x, axis=axis, keepdims=keepdims)


def softmax(x: "*s", *, axis=None) -> like(x):
    """exp(x) / sum(exp(x)) along axes."""
    assert axis in (None, 0, -1)
    y = scipy.special.softmax(x, axis=axis)
    d_x += y * (d_y - np.sum(d_y * y, axis=axis, keepdims=True))
    dot_y = y * (dot_x - np.sum(dot_x * y, axis=axis, keepdims=True))


def log_softmax(x: "*s", *, axis=None) -> like(x):
    """The logarithm of softmax."""
    assert axis in (None, 0, -1)
    y = scipy.special.log_softmax(x, axis=axis)
    d_x += d_y - np.exp(y) * np.sum(d_y, axis=axis, keepdims=True)
    dot_y = dot_x - np.sum(np.exp(y) * dot_x, axis=axis, keepdims=True)
