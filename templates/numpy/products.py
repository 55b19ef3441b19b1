"""Products of vectors and matrices."""

import numpy as np

# ---------------------------------------------------------------- the operator @


@multilinear
def matmul_vector_vector(a: "k", b: "k") -> "":
    """Inner product."""
    y = a @ b
    d_a += d_y * b
    d_b += d_y * a


@multilinear
def matmul_matrix_vector(a: "n k", b: "k") -> "n":
    """A matrix times a vector."""
    y = a @ b
    d_a += np.outer(d_y, b)
    d_b += a.T @ d_y


@multilinear
def matmul_vector_matrix(a: "k", b: "k m") -> "m":
    """A vector times a matrix."""
    y = a @ b
    d_a += b @ d_y
    d_b += np.outer(a, d_y)


@multilinear
def matmul(a: "n k", b: "k m") -> "n m":
    """A matrix times a matrix."""
    y = a @ b
    d_a += d_y @ b.T
    d_b += a.T @ d_y


@multilinear
def matmul_stack_vector(a: "... n k", b: "k") -> "... n":
    """A stack of matrices times one vector."""
    y = a @ b
    d_a += np.expand_dims(d_y, -1) * b
    d_b += np.tensordot(d_y, a, np.ndim(d_y))


@multilinear
def matmul_vector_stack(a: "k", b: "... k m") -> "... m":
    """One vector times a stack of matrices."""
    y = a @ b
    d_a += np.tensordot(np.moveaxis(b, -2, 0), d_y, np.ndim(d_y))
    d_b += np.expand_dims(a, -1) * np.expand_dims(d_y, -2)


@multilinear
def matmul_stack(a: "... n k", b: "... k m") -> "... n m":
    """A stack of matrices times a stack of matrices."""
    y = a @ b
    d_a += d_y @ np.swapaxes(b, -1, -2)
    d_b += np.swapaxes(a, -1, -2) @ d_y


@multilinear
def matmul_any(a: "*s", b: "*r") -> matmul(a, b):
    """Vectors, matrices or stacks of them: which, is seen at run time."""
    assert (a.shape, b.shape) in (
        ((3,), (3,)),
        ((2, 3), (3,)),
        ((3,), (3, 2)),
        ((2, 3), (3, 4)),
        ((2, 2, 3), (3,)),
        ((3,), (2, 3, 4)),
        ((2, 2, 3), (2, 3, 4)),
        ((2, 1, 2, 3), (4, 3, 2)),
        ((2, 3), (4, 3, 2)),
    )
    y = a @ b
    d_a += helper.matmul_backward_a(a, b, d_y)
    d_b += helper.matmul_backward_b(a, b, d_y)


# ---------------------------------------------------------------- np.dot


@multilinear
def dot_scalar_array(a: scalar, b: "*s") -> like(b):
    """A number times an array."""
    y = np.dot(a, b)
    d_a += np.sum(d_y * b)
    d_b += d_y * a


@multilinear
def dot_array_scalar(a: "*s", b: scalar) -> like(a):
    """An array times a number."""
    y = np.dot(a, b)
    d_a += d_y * b
    d_b += np.sum(d_y * a)


@multilinear
def dot_vector_vector(a: "k", b: "k") -> "":
    """Inner product."""
    y = np.dot(a, b)
    d_a += d_y * b
    d_b += d_y * a


@multilinear
def dot_matrix_vector(a: "n k", b: "k") -> "n":
    """A matrix times a vector."""
    y = np.dot(a, b)
    d_a += np.outer(d_y, b)
    d_b += a.T @ d_y


@multilinear
def dot_vector_matrix(a: "k", b: "k m") -> "m":
    """A vector times a matrix."""
    y = np.dot(a, b)
    d_a += b @ d_y
    d_b += np.outer(a, d_y)


@multilinear
def dot(a: "n k", b: "k m") -> "n m":
    """A matrix times a matrix."""
    y = np.dot(a, b)
    d_a += d_y @ b.T
    d_b += a.T @ d_y


@multilinear
def dot_any(a: "*s", b: "*r") -> dot(a, b):
    """Arrays of any rank: the sum over the last axis of a and the last but one of b."""
    assert (a.shape, b.shape) in (
        ((), (3,)),
        ((2, 3), ()),
        ((3,), (3,)),
        ((2, 3), (3,)),
        ((3,), (3, 2)),
        ((2, 3), (3, 4)),
        ((2, 2, 3), (3,)),
        ((2, 2, 3), (4, 3, 2)),
    )
    y = np.dot(a, b)
    d_a += helper.dot_backward_a(a, b, d_y)
    d_b += helper.dot_backward_b(a, b, d_y)


# ---------------------------------------------------------------- outer and inner products


@multilinear
def outer_vectors(a: "n", b: "m") -> "n m":
    """Outer product of two vectors."""
    y = np.outer(a, b)
    d_a += d_y @ b
    d_b += d_y.T @ a


@multilinear
def outer(a: "*s", b: "*r") -> outer(a, b):
    """Outer product of all elements."""
    y = np.outer(a, b)
    d_a += np.reshape(d_y @ np.ravel(b), np.shape(a))
    d_b += np.reshape(np.ravel(a) @ d_y, np.shape(b))


@multilinear
@for_complex
def vdot_vectors_complex(a: "k", b: "k") -> "":
    """Inner product of two vectors, the elements of the first conjugated."""
    y = np.vdot(a, b)
    d_a += np.conj(d_y) * b
    d_b += d_y * a


@multilinear
@for_complex
def vdot_complex(a: "*s", b: "*r") -> "":
    """Inner product of all elements, those of a conjugated."""
    b = np.reshape(b, a.shape)
    y = np.vdot(a, b)
    d_a += np.conj(d_y) * np.reshape(b, np.shape(a))
    d_b += d_y * np.reshape(a, np.shape(b))


@multilinear
@real
def vdot(a: "*s", b: "*r") -> "":
    """Inner product of all elements."""
    b = np.reshape(b, a.shape)
    y = np.vdot(a, b)
    d_a += d_y * np.reshape(b, np.shape(a))
    d_b += d_y * np.reshape(a, np.shape(b))


@multilinear
def inner_vectors(a: "k", b: "k") -> "":
    """Inner product of two vectors."""
    y = np.inner(a, b)
    d_a += d_y * b
    d_b += d_y * a


@multilinear
def inner(a: "n k", b: "m k") -> "n m":
    """Inner products of the rows of two matrices."""
    y = np.inner(a, b)
    d_a += d_y @ b
    d_b += d_y.T @ a


@multilinear
def inner_any(a: "*s", b: "*r") -> inner(a, b):
    """Sum over the last axes of arrays of any rank."""
    assert (a.shape, b.shape) in (((), (3,)), ((2, 3), ()), ((3,), (2, 3)), ((2, 2, 3), (4, 3)))
    y = np.inner(a, b)
    d_a += helper.inner_backward_a(a, b, d_y)
    d_b += helper.inner_backward_b(a, b, d_y)


# ---------------------------------------------------------------- tensors


@multilinear
def tensordot(a: "*s", b: "*r", *, axes=2) -> contracted(a, b, axes):
    """Sum over pairs of axes."""
    assert (a.shape, b.shape) in (((2, 3), (3, 2)), ((2, 3, 4), (3, 4, 2)), ((3, 3, 3), (3, 3, 3)))
    assert axes in (0, 1, 2, ([0], [-1]), ([1, 0], [0, 2]), (0, 2))
    y = np.tensordot(a, b, axes=axes)
    d_a += helper.tensordot_backward_a(a, b, axes, d_y)
    d_b += helper.tensordot_backward_b(a, b, axes, d_y)


@holomorphic(static.distinct(spec))
@linear
@maybe_view(a)
@when(isinstance(spec, str), static.sums_nothing(spec))
def einsum_view(a: "*s", *, spec, optimize=False) -> einsum(spec, (a,)):
    """Diagonal or transpose of one array, by letters: a view of it."""
    assert a.shape in ((3, 3),)
    assert spec in ("ij->ji", "ii->i", "ji", "...i->i...")
    y = np.einsum(spec, a, optimize=optimize)
    d_a += helper.einsum_backward(spec, 0, d_y, a)


@holomorphic(static.distinct(spec))
@linear
@when(isinstance(spec, str))
def einsum_1(a: "*s", *, spec, optimize=False) -> einsum(spec, (a,)):
    """Sum of one array, by letters."""
    assert a.shape in ((3, 3),)
    assert spec in ("ii", "ij->i", "...i->...")
    y = np.einsum(spec, a, optimize=optimize)
    d_a += helper.einsum_backward(spec, 0, d_y, a)


@multilinear
@when(isinstance(spec, str), aligned(spec, a, b))
def einsum_2(a: "*s", b: "*r", *, spec, optimize=False) -> einsum(spec, (a, b)):
    """A product of two arrays, by letters: each index of one is one of the other or of y."""
    assert (a.shape, b.shape) in (((2, 3), (3, 4)),)
    assert spec in ("ij,jk->ik", "ij,jk", "ij,jk->kji")
    y = np.einsum(spec, a, b, optimize=optimize)
    d_a += np.einsum(static.einsum_adjoint(spec, 0), d_y, b)
    d_b += np.einsum(static.einsum_adjoint(spec, 1), d_y, a)


@holomorphic(static.distinct(spec))
@multilinear
@when(isinstance(spec, str))
def einsum_2_any(a: "*s", b: "*r", *, spec, optimize=False) -> einsum(spec, (a, b)):
    """A product of two arrays, by letters, of which some may be repeated, missing or `...`."""
    assert (a.shape, b.shape) in (((3, 3), (3, 3)), ((1, 3), (3, 3)))
    assert spec in ("ij,ij->", "ij,kl->il", "ii,ij->j", "i...,...j->ij", "ij,jj->ij", "...j,jk")
    y = np.einsum(spec, a, b, optimize=optimize)
    d_a += helper.einsum_backward(spec, 0, d_y, a, b)
    d_b += helper.einsum_backward(spec, 1, d_y, a, b)


@multilinear
@when(isinstance(spec, str), aligned(spec, a, b, c))
def einsum_3(a: "*s", b: "*r", c: "*q", *, spec, optimize=False) -> einsum(spec, (a, b, c)):
    """A product of three arrays, by letters."""
    assert (a.shape, b.shape, c.shape) in (((2, 3), (3, 4), (4, 2)),)
    assert spec in ("ij,jk,kl->il", "ij,jk,ki->", "ij,jk,kl->ijkl")
    y = np.einsum(spec, a, b, c, optimize=optimize)
    d_a += np.einsum(static.einsum_adjoint(spec, 0), d_y, b, c)
    d_b += np.einsum(static.einsum_adjoint(spec, 1), d_y, a, c)
    d_c += np.einsum(static.einsum_adjoint(spec, 2), d_y, a, b)


@holomorphic(static.distinct(spec))
@multilinear
@when(isinstance(spec, str))
def einsum_3_any(a: "*s", b: "*r", c: "*q", *, spec, optimize=False) -> einsum(spec, (a, b, c)):
    """A product of three arrays, by letters, of which some may be repeated, missing or `...`."""
    assert (a.shape, b.shape, c.shape) in (((2, 3), (3, 3), (3, 2)),)
    assert spec in ("ij,jj,kl->il", "ij,jk,ki->", "...j,jk,k...->...")
    y = np.einsum(spec, a, b, c, optimize=optimize)
    d_a += helper.einsum_backward(spec, 0, d_y, a, b, c)
    d_b += helper.einsum_backward(spec, 1, d_y, a, b, c)
    d_c += helper.einsum_backward(spec, 2, d_y, a, b, c)


@holomorphic(static.distinct(spec))
@multilinear
@when(isinstance(spec, str))
def einsum_4(
    a: "*s", b: "*r", c: "*q", d: "*p", *, spec, optimize=False
) -> einsum(spec, (a, b, c, d)):
    """A product of four arrays, by letters."""
    assert (a.shape, b.shape, c.shape, d.shape) in (((2, 3), (3, 4), (4, 2), (2,)),)
    assert spec in ("ij,jk,kl,l->i",)
    y = np.einsum(spec, a, b, c, d, optimize=optimize)
    d_a += helper.einsum_backward(spec, 0, d_y, a, b, c, d)
    d_b += helper.einsum_backward(spec, 1, d_y, a, b, c, d)
    d_c += helper.einsum_backward(spec, 2, d_y, a, b, c, d)
    d_d += helper.einsum_backward(spec, 3, d_y, a, b, c, d)


@holomorphic(static.distinct(spec))
@multilinear
@when(isinstance(spec, str))
def einsum_5(
    a: "*s", b: "*r", c: "*q", d: "*p", e: "*o", *, spec, optimize=False
) -> einsum(spec, (a, b, c, d, e)):
    """A product of five arrays, by letters."""
    assert (a.shape, b.shape, c.shape, d.shape, e.shape) in (((2, 3), (3, 4), (4, 2), (2,), (3,)),)
    assert spec in ("ij,jk,kl,l,j->i",)
    y = np.einsum(spec, a, b, c, d, e, optimize=optimize)
    d_a += helper.einsum_backward(spec, 0, d_y, a, b, c, d, e)
    d_b += helper.einsum_backward(spec, 1, d_y, a, b, c, d, e)
    d_c += helper.einsum_backward(spec, 2, d_y, a, b, c, d, e)
    d_d += helper.einsum_backward(spec, 3, d_y, a, b, c, d, e)
    d_e += helper.einsum_backward(spec, 4, d_y, a, b, c, d, e)


@multilinear
def kron(a: "*s", b: "*r") -> "?":
    """Kronecker product."""
    assert (a.shape, b.shape) in (((2, 3), (3, 2)), ((2,), (3,)), ((2, 3), (2,)), ((2,), (2, 2, 3)))
    y = np.kron(a, b)
    d_a += helper.kron_backward_a(a, b, d_y)
    d_b += helper.kron_backward_b(a, b, d_y)


@multilinear
def cross(a: "3", b: "3") -> "3":
    """Cross product of two vectors in space."""
    y = np.cross(a, b)
    d_a += np.cross(b, d_y)
    d_b += np.cross(d_y, a)


@multilinear
def cross_rows(a: "... 3", b: "... 3") -> "... 3":
    """Cross products of stacks of vectors in space."""
    y = np.cross(a, b)
    d_a += np.cross(b, d_y)
    d_b += np.cross(d_y, a)


@multilinear
def cross_any(a: "*s", b: "*r") -> broadcast(a, b):
    """Cross products of vectors in space, whose shapes are known at run time only."""
    assert (a.shape, b.shape) in (((3,), (3,)), ((2, 3), (3,)), ((3,), (2, 3)))
    y = np.cross(a, b)
    d_a += helper.unbroadcast(np.cross(b, d_y), np.shape(a))
    d_b += helper.unbroadcast(np.cross(d_y, a), np.shape(b))


@multilinear
@for_complex
def vecdot_complex(a: "*s", b: "*r") -> reduced(broadcast(a, b), -1, False):
    """Inner products along the last axes, the elements of a conjugated."""
    assert (a.shape, b.shape) in (((3,), (3,)), ((2, 3), (3,)), ((2, 3), (2, 3)))
    y = np.vecdot(a, b)
    d_a += helper.unbroadcast(np.conj(np.expand_dims(d_y, -1)) * b, np.shape(a))
    d_b += helper.unbroadcast(np.expand_dims(d_y, -1) * a, np.shape(b))


@multilinear
@real
def vecdot(a: "*s", b: "*r") -> reduced(broadcast(a, b), -1, False):
    """Inner products along the last axes."""
    assert (a.shape, b.shape) in (((3,), (3,)), ((2, 3), (3,)), ((2, 3), (2, 3)))
    y = np.vecdot(a, b)
    d_a += helper.unbroadcast(np.expand_dims(d_y, -1) * b, np.shape(a))
    d_b += helper.unbroadcast(np.expand_dims(d_y, -1) * a, np.shape(b))


# ---------------------------------------------------------------- convolution


@multilinear
def convolve(a: "*s", b: "*r") -> "p":
    """The full convolution of two vectors."""
    assert (a.shape, b.shape) in (((3,), (3,)), ((4,), (2,)), ((2,), (4,)))
    y = np.convolve(a, b)
    d_a += np.convolve(d_y, b[::-1], "valid")
    d_b += np.convolve(d_y, a[::-1], "valid")


@multilinear
def convolve_part(a: "*s", b: "*r", *, mode) -> "p":
    """A part of the convolution of two vectors."""
    assert (a.shape, b.shape) in (((3,), (3,)), ((4,), (2,)), ((2,), (4,)), ((3,), (6,)))
    assert mode in ("full", "same", "valid")
    y = np.convolve(a, b, mode)
    d_full = helper.convolve_widen(d_y, len(a), len(b), mode)
    d_a += np.convolve(d_full, b[::-1], "valid")
    d_b += np.convolve(d_full, a[::-1], "valid")


@for_complex
def correlate_complex(a: "*s", b: "*r", *, mode="valid") -> "p":
    """Inner products of one vector with another, which is conjugated, and moved along it."""
    assert (a.shape, b.shape) in (((3,), (3,)), ((5,), (2,)), ((2,), (5,)), ((7,), (4,)))
    assert mode in ("full", "same", "valid")
    y = np.correlate(a, b, mode)
    d_full = helper.correlate_widen(d_y, len(a), len(b), mode)
    d_a += np.convolve(d_full, b, "valid")
    d_b += np.convolve(np.conj(d_full), a[::-1], "valid")[::-1]
    dot_y = np.correlate(dot_a, b, mode) + np.correlate(a, dot_b, mode)


@multilinear
@real
def correlate(a: "*s", b: "*r", *, mode="valid") -> "p":
    """Inner products of one vector with another that is moved along it."""
    assert (a.shape, b.shape) in (
        ((3,), (3,)),
        ((5,), (2,)),
        ((2,), (5,)),
        ((3,), (6,)),
        ((7,), (4,)),
    )
    assert mode in ("full", "same", "valid")
    y = np.correlate(a, b, mode)
    d_full = helper.correlate_widen(d_y, len(a), len(b), mode)
    d_a += np.convolve(d_full, b, "valid")
    d_b += np.convolve(d_full, a[::-1], "valid")[::-1]


# ---------------------------------------------------------------- polynomials


def vander(x: "*s", *, N=None) -> "?":
    """The powers of numbers, the highest one first."""
    assert x.shape in ((3,),)
    assert N in (None, 0, 1, 4)
    y = np.vander(x, N)
    n = len(x) if N is None else N
    slopes = np.vander(x, max(n - 1, 0)) * np.arange(n - 1, 0, -1)
    d_x += np.sum(d_y[:, :-1] * slopes, axis=1)
    dot_y = np.pad(np.expand_dims(dot_x, 1) * slopes, ((0, 0), (0, 1)))[:, :n]


@linear
@when(m == 1, k is None)
def polyint(p: "*s", *, m=1, k=None) -> "?":
    """The antiderivative of a polynomial that is 0 at 0."""
    assert p.shape in ((3,), (1,))
    y = np.polyint(p, m, k)
    d_p += d_y[:-1] / np.arange(len(p), 0, -1)


@linear
def polyfit(y_: "*s", *, x, deg) -> "?":
    """The polynomial of this degree that is nearest to numbers y, at constant points."""
    assert y_.shape in ((4,), (4, 2))
    assert x in ([0.0, 1.0, 2.0, 3.5],)
    assert deg in (0, 2)
    y = np.polyfit(x, y_, deg)
    d_y_ += np.linalg.pinv(np.vander(x, deg + 1)).T @ d_y


@linear
def polyder(p: "*s") -> "?":
    """The derivative of a polynomial, the coefficient of the highest power first."""
    assert p.shape in ((3,), (1,))
    y = np.polyder(p)
    d_p += np.append(d_y * np.arange(len(p) - 1, 0, -1), 0.0)


def polyval(p: "*r", x: "*s") -> like(x):
    """A polynomial, the coefficient of the highest power first."""
    assert (p.shape, x.shape) in (((3,), (2, 3)), ((1,), (3,)), ((4,), ()))
    y = np.polyval(p, x)
    d_p += np.ravel(d_y) @ np.vander(np.ravel(x), len(p))
    d_x += d_y * np.polyval(np.polyder(p), x)
    dot_y = np.polyval(dot_p, x) + dot_x * np.polyval(np.polyder(p), x)
