"""Operators whose derivative is zero everywhere, or has no meaning."""

import numpy as np

# ---------------------------------------------------------------- new arrays


@array
def zeros(*, shape, dtype=None, order="C") -> filled(shape):
    """Zeros."""
    assert shape in (3, (2, 3), ())
    y = np.zeros(shape, dtype=dtype, order=order)


@array
def ones(*, shape, dtype=None, order="C") -> filled(shape):
    """Ones."""
    assert shape in (3, (2, 3), ())
    y = np.ones(shape, dtype=dtype, order=order)


@array
def empty(*, shape, dtype=None, order="C") -> filled(shape):
    """An array yet to be written."""
    assert shape in (3, (2, 3), ())
    y = np.empty(shape, dtype=dtype, order=order)


@array
def zeros_like(a: const, *, dtype=None, order="K", subok=True) -> like(a):
    """Zeros of the shape of another array."""
    y = np.zeros_like(a, dtype=dtype, order=order, subok=subok)


@array
def ones_like(a: const, *, dtype=None, order="K", subok=True) -> like(a):
    """Ones of the shape of another array."""
    y = np.ones_like(a, dtype=dtype, order=order, subok=subok)


@array
def empty_like(a: const, *, dtype=None, order="K", subok=True) -> like(a):
    """An array yet to be written, of the shape of another array."""
    y = np.empty_like(a, dtype=dtype, order=order, subok=subok)


@array
def zeros_like_of_shape(
    a: const, *, dtype=None, order="K", subok=True, shape=None
) -> filled(shape):
    """Zeros of another shape and the type of an array."""
    y = np.zeros_like(a, dtype=dtype, order=order, subok=subok, shape=shape)


def hanning(*, m) -> filled(m):
    """The Hann window."""
    assert m in (3,)
    y = np.hanning(m)


def hamming(*, m) -> filled(m):
    """The Hamming window."""
    assert m in (3,)
    y = np.hamming(m)


def blackman(*, m) -> filled(m):
    """The Blackman window."""
    assert m in (3,)
    y = np.blackman(m)


def bartlett(*, m) -> filled(m):
    """The Bartlett window."""
    assert m in (3,)
    y = np.bartlett(m)


def kaiser(*, m, beta) -> filled(m):
    """The Kaiser window."""
    assert m in (3,)
    assert beta in (1.5,)
    y = np.kaiser(m, beta)


def eye_square(*, n, k=0, dtype=None) -> filled((n, n)):
    """Ones on a diagonal of a square."""
    assert n in (3,)
    y = np.eye(n, k=k, dtype=dtype)


def eye(*, n, m, k=0, dtype=None) -> filled((n, m)):
    """Ones on a diagonal."""
    assert n in (3,)
    assert m in (2,)
    y = np.eye(n, m, k=k, dtype=dtype)


def identity(*, n, dtype=None) -> filled((n, n)):
    """The identity matrix."""
    assert n in (3,)
    y = np.identity(n, dtype=dtype)


def arange(*, start, dtype=None) -> filled(start):
    """Numbers in equal steps."""
    assert start in (3,)
    y = np.arange(start, dtype=dtype)


def arange_between(*, start, stop, step=1, dtype=None) -> "?":
    """Numbers in equal steps."""
    assert start in (3,)
    assert stop in (7,)
    y = np.arange(start, stop, step, dtype=dtype)


def tri(*, n, k=0, dtype=None) -> filled((n, n)):
    """Ones below a diagonal."""
    assert n in (3,)
    y = np.tri(n, k=k, dtype=dtype)


# ---------------------------------------------------------------- questions about arrays


def shape(x: const) -> "?":
    """Sizes of the axes."""
    y = np.shape(x)


@gives(integer)
def size(x: const) -> "":
    """Number of elements."""
    y = np.size(x)


@gives(integer)
def ndim(x: const) -> "":
    """Number of axes."""
    y = np.ndim(x)


def dtype(x: const) -> "":
    """The type of the elements."""
    y = x.dtype


@gives(integer)
def argmax(x: const, *, axis=None, keepdims=False) -> reduced(x, axis, keepdims):
    """The place of an extreme element: piecewise constant."""
    y = np.argmax(x, axis=axis, keepdims=keepdims)


@gives(integer)
def argmin(x: const, *, axis=None, keepdims=False) -> reduced(x, axis, keepdims):
    """The place of an extreme element: piecewise constant."""
    y = np.argmin(x, axis=axis, keepdims=keepdims)


@gives(integer)
def argsort(x: const, *, axis=-1, kind=None) -> at_least(x, 1):
    """The order of the elements: piecewise constant."""
    y = np.argsort(x, axis=axis, kind=kind)


@gives(integer)
def argpartition(x: const, *, kth, axis=-1) -> at_least(x, 1):
    """An order of the elements: piecewise constant."""
    assert kth in (0,)
    y = np.argpartition(x, kth, axis=axis)


@gives(boolean)
def all(x: const, *, axis=None, keepdims=False) -> reduced(x, axis, keepdims):
    """Logical reduction: no derivative."""
    y = np.all(x, axis=axis, keepdims=keepdims)


@gives(boolean)
def any(x: const, *, axis=None, keepdims=False) -> reduced(x, axis, keepdims):
    """Logical reduction: no derivative."""
    y = np.any(x, axis=axis, keepdims=keepdims)


@gives(integer)
def count_nonzero(x: const, *, axis=None, keepdims=False) -> reduced(x, axis, keepdims):
    """A number of elements: no derivative."""
    y = np.count_nonzero(x, axis=axis, keepdims=keepdims)


@gives(real)
def nonzero(x: const) -> "?":
    """Places: no derivative."""
    y = np.nonzero(x)


def diag_indices_from(x: const) -> "?":
    """Places: no derivative."""
    x = np.reshape(np.arange(9.0), (3, 3))
    y = np.diag_indices_from(x)


def tril_indices_from(x: const, *, k=0) -> "?":
    """Places: no derivative."""
    x = np.reshape(np.arange(9.0), (3, 3))
    assert k in (0, -1)
    y = np.tril_indices_from(x, k=k)


def triu_indices_from(x: const, *, k=0) -> "?":
    """Places: no derivative."""
    x = np.reshape(np.arange(9.0), (3, 3))
    assert k in (0, 1)
    y = np.triu_indices_from(x, k=k)


@gives(integer)
def flatnonzero(x: const) -> "?":
    """Places: no derivative."""
    y = np.flatnonzero(x)


@gives(integer)
def argwhere(x: const) -> "?":
    """Places: no derivative."""
    y = np.argwhere(x)


@gives(integer)
def searchsorted(x: const, v: const, *, side="left") -> like(v):
    """A place: piecewise constant."""
    y = np.searchsorted(x, v, side=side)


@gives(integer)
def digitize(x: const, bins: const, *, right=False) -> like(x):
    """A place: piecewise constant."""
    y = np.digitize(x, bins, right=right)


@gives(boolean)
def may_share_memory(a: const, b: const) -> "":
    """Whether two arrays may share memory: no derivative."""
    y = np.may_share_memory(a, b)


@gives(boolean)
def isclose(a: const, b: const, *, rtol=1e-05, atol=1e-08) -> broadcast(a, b):
    """Test: no derivative."""
    y = np.isclose(a, b, rtol=rtol, atol=atol)


@gives(boolean)
def allclose(a: const, b: const, *, rtol=1e-05, atol=1e-08) -> "":
    """Test: no derivative."""
    y = np.allclose(a, b, rtol=rtol, atol=atol)


@gives(boolean)
def array_equal(a: const, b: const) -> "":
    """Test: no derivative."""
    y = np.array_equal(a, b)


# ---------------------------------------------------------------- steps


@real
def sign(x: const) -> like(x):
    """Sign."""
    y = np.sign(x)


@real
def floor(x: const) -> like(x):
    """Rounded down."""
    y = np.floor(x)


@real
def ceil(x: const) -> like(x):
    """Rounded up."""
    y = np.ceil(x)


@real
def trunc(x: const) -> like(x):
    """Rounded towards zero."""
    y = np.trunc(x)


@real
def rint(x: const) -> like(x):
    """Rounded to the nearest whole number."""
    y = np.rint(x)


@gives(boolean)
def isnan(x: const) -> like(x):
    """Test."""
    y = np.isnan(x)


@gives(boolean)
def isfinite(x: const) -> like(x):
    """Test."""
    y = np.isfinite(x)


@gives(boolean)
def isinf(x: const) -> like(x):
    """Test."""
    y = np.isinf(x)


@gives(boolean)
def signbit(x: const) -> like(x):
    """Test."""
    y = np.signbit(x)


@gives(boolean)
def logical_not(x: const) -> like(x):
    """Logical negation."""
    y = np.logical_not(x)


def round(x: const, *, decimals=0) -> like(x):
    """Rounded."""
    y = np.round(x, decimals=decimals)


@gives(boolean)
def logical_and(a: const, b: const) -> broadcast(a, b):
    """Logical and."""
    y = np.logical_and(a, b)


@gives(boolean)
def logical_or(a: const, b: const) -> broadcast(a, b):
    """Logical or."""
    y = np.logical_or(a, b)


@gives(boolean)
def logical_xor(a: const, b: const) -> broadcast(a, b):
    """Logical exclusive or."""
    y = np.logical_xor(a, b)


def heaviside(a: const, b: const) -> broadcast(a, b):
    """Step function; the value at 0 is a constant too."""
    y = np.heaviside(a, b)


# ---------------------------------------------------------------- types


def bool_(x: const) -> like(x):
    """Converted to integers or booleans: piecewise constant."""
    y = np.bool_(x)


def int8(x: const) -> like(x):
    """Converted to integers or booleans: piecewise constant."""
    y = np.int8(x)


def int16(x: const) -> like(x):
    """Converted to integers or booleans: piecewise constant."""
    y = np.int16(x)


def int32(x: const) -> like(x):
    """Converted to integers or booleans: piecewise constant."""
    y = np.int32(x)


def int64(x: const) -> like(x):
    """Converted to integers or booleans: piecewise constant."""
    y = np.int64(x)


def intp(x: const) -> like(x):
    """Converted to integers or booleans: piecewise constant."""
    y = np.intp(x)


def uint8(x: const) -> like(x):
    """Converted to integers or booleans: piecewise constant."""
    y = np.uint8(x)


def uint16(x: const) -> like(x):
    """Converted to integers or booleans: piecewise constant."""
    y = np.uint16(x)


def uint32(x: const) -> like(x):
    """Converted to integers or booleans: piecewise constant."""
    y = np.uint32(x)


def uint64(x: const) -> like(x):
    """Converted to integers or booleans: piecewise constant."""
    y = np.uint64(x)
