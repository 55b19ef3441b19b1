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


def erfinv(x):
    """Inverse of the error function."""
    assert abs(x) < 0.9
    y = scipy.special.erfinv(x)
    d_x += d_y * (0.5 * np.sqrt(np.pi)) * np.exp(y * y)


def erfcinv(x):
    """Inverse of erfc."""
    assert abs(x - 1.0) < 0.9
    y = scipy.special.erfcinv(x)
    d_x -= d_y * (0.5 * np.sqrt(np.pi)) * np.exp(y * y)


def erfcx(x):
    """exp(x * x) * erfc(x), which does not underflow."""
    y = scipy.special.erfcx(x)
    d_x += d_y * (2.0 * x * y - 2.0 / np.sqrt(np.pi))


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


def beta(a, b):
    """Beta function."""
    assert a > 0.2
    assert b > 0.2
    y = scipy.special.beta(a, b)
    d_a += d_y * y * (scipy.special.digamma(a) - scipy.special.digamma(a + b))
    d_b += d_y * y * (scipy.special.digamma(b) - scipy.special.digamma(a + b))


def betaln(a, b):
    """Logarithm of the beta function."""
    assert a > 0.2
    assert b > 0.2
    y = scipy.special.betaln(a, b)
    d_a += d_y * (scipy.special.digamma(a) - scipy.special.digamma(a + b))
    d_b += d_y * (scipy.special.digamma(b) - scipy.special.digamma(a + b))


def gammainc(a: const, x) -> broadcast(a, x):
    """Regularized lower incomplete gamma function, of constant order."""
    a = 1.5
    assert x > 0.1
    y = scipy.special.gammainc(a, x)
    d_x += d_y * np.exp((a - 1.0) * np.log(x) - x - scipy.special.gammaln(a))


def gammaincc(a: const, x) -> broadcast(a, x):
    """Regularized upper incomplete gamma function, of constant order."""
    a = 1.5
    assert x > 0.1
    y = scipy.special.gammaincc(a, x)
    d_x -= d_y * np.exp((a - 1.0) * np.log(x) - x - scipy.special.gammaln(a))


def j0(x):
    """Bessel function of order 0."""
    y = scipy.special.j0(x)
    d_x -= d_y * scipy.special.j1(x)


def j1(x):
    """Bessel function of order 1."""
    y = scipy.special.j1(x)
    d_x += d_y * 0.5 * (scipy.special.j0(x) - scipy.special.jv(2, x))


def jv(n: const, x) -> broadcast(n, x):
    """Bessel function of constant order."""
    n = 2
    y = scipy.special.jv(n, x)
    d_x += d_y * 0.5 * (scipy.special.jv(n - 1, x) - scipy.special.jv(n + 1, x))


def i0(x):
    """Modified Bessel function of order 0."""
    y = scipy.special.i0(x)
    d_x += d_y * scipy.special.i1(x)


def i1(x):
    """Modified Bessel function of order 1."""
    y = scipy.special.i1(x)
    d_x += d_y * 0.5 * (scipy.special.i0(x) + scipy.special.iv(2, x))


def iv(n: const, x) -> broadcast(n, x):
    """Modified Bessel function of constant order."""
    n = 2
    assert x > 0.1
    y = scipy.special.iv(n, x)
    d_x += d_y * 0.5 * (scipy.special.iv(n - 1, x) + scipy.special.iv(n + 1, x))


def exp10(x):
    """Power of ten."""
    y = scipy.special.exp10(x)
    d_x += d_y * np.log(10.0) * y


def log1p(x):
    """log(1 + x), exact near 0."""
    assert x > -0.8
    y = scipy.special.log1p(x)
    d_x += d_y / (1.0 + x)


def expm1(x):
    """exp(x) - 1, exact near 0."""
    y = scipy.special.expm1(x)
    d_x += d_y * (y + 1.0)


def cbrt(x):
    """Cube root."""
    assert abs(x) > 0.1
    y = scipy.special.cbrt(x)
    d_x += d_y / (3.0 * y * y)


def xlogy(a, b):
    """a * log(b), 0 where a is 0."""
    assert b > 0.1
    y = scipy.special.xlogy(a, b)
    d_a += d_y * np.log(b)
    d_b += d_y * a / np.where(a == 0.0, 1.0, b)


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


def rel_entr(a, b):
    """a * log(a / b), a term of a relative entropy."""
    assert a > 0.1
    assert b > 0.1
    y = scipy.special.rel_entr(a, b)
    d_a += d_y * (np.log(a / b) + 1.0)
    d_b -= d_y * a / b


def kl_div(a, b):
    """a * log(a / b) - a + b, a term of a divergence."""
    assert a > 0.1
    assert b > 0.1
    y = scipy.special.kl_div(a, b)
    d_a += d_y * np.log(a / b)
    d_b += d_y * (1.0 - a / b)


def huber(delta: const, r) -> broadcast(delta, r):
    """Huber's loss, of constant width."""
    delta = 1.0
    assert abs(abs(r) - 1.0) > 0.1
    y = scipy.special.huber(delta, r)
    d_r += d_y * np.clip(r, -delta, delta)


def pseudo_huber(delta: const, r) -> broadcast(delta, r):
    """A smooth form of Huber's loss, of constant width."""
    delta = 1.5
    y = scipy.special.pseudo_huber(delta, r)
    d_r += d_y * r / np.sqrt(1.0 + (r / delta) ** 2)


def ndtri(x):
    """Inverse of the distribution function of the normal distribution."""
    assert abs(x - 0.5) < 0.4
    y = scipy.special.ndtri(x)
    d_x += d_y * np.sqrt(2.0 * np.pi) * np.exp(0.5 * y * y)


def ndtr(x):
    """Distribution function of the normal distribution."""
    y = scipy.special.ndtr(x)
    d_x += d_y * np.exp(-0.5 * x * x) / np.sqrt(2.0 * np.pi)


def log_ndtr(x):
    """Logarithm of the distribution function of the normal distribution."""
    y = scipy.special.log_ndtr(x)
    d_x += d_y * np.exp(-0.5 * x * x - y) / np.sqrt(2.0 * np.pi)


def logsumexp(x: "*s", *, axis=None, keepdims=False) -> reduced(x, axis, keepdims):
    """log(sum(exp(x))) without overflow. Where it is -inf, -inf - -inf would give nan."""
    assert axis in (None, 0, -1)
    assert keepdims in (False, True)
    y = scipy.special.logsumexp(x, axis=axis, keepdims=keepdims)
    top = np.where(np.isinf(y), 0.0, y)
    weight = np.exp(x - (top if axis is None or keepdims else np.expand_dims(top, axis)))
    d_x += (d_y if axis is None or keepdims else np.expand_dims(d_y, axis)) * weight
    dot_y = np.sum(weight * dot_x, axis=axis, keepdims=keepdims)


def logsumexp_weighted(
    x: "*s", b: "*s", *, axis=None, keepdims=False
) -> reduced(x, axis, keepdims):
    """log(sum(b * exp(x))) without overflow, the weights b being of the shape of x."""
    assert axis in (None, 0, -1)
    assert keepdims in (False, True)
    assert b > 0.1
    y = scipy.special.logsumexp(x, axis=axis, b=b, keepdims=keepdims)
    weight = np.exp(x - (y if axis is None or keepdims else np.expand_dims(y, axis)))
    spread = d_y if axis is None or keepdims else np.expand_dims(d_y, axis)
    d_x += spread * b * weight
    d_b += helper.unbroadcast(spread * weight, np.shape(b))
    dot_y = np.sum(weight * (b * dot_x + dot_b), axis=axis, keepdims=keepdims)


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
