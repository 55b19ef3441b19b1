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
def vdot(a: "*s", b: "*r") -> "":
    """Inner product of all elements."""
    b = np.reshape(b, a.shape)
    y = np.vdot(a, b)
    d_a += d_y * np.reshape(b, np.shape(a))
    d_b += d_y * np.reshape(a, np.shape(b))
