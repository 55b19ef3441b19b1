"""Arrays in another shape or order, copied or converted: every element keeps its value."""

import numpy as np

# ---------------------------------------------------------------- copies and conversions


@linear
def array_of_list(xs: ["*s"], *, dtype=None) -> stacked(xs, 0):
    """An array made of a list of numbers, or of arrays."""
    y = np.array(xs, dtype=dtype)
    d_xs += [d_y[i] for i in range(len(xs))]


@linear
def asarray_of_list(xs: ["*s"], *, dtype=None) -> stacked(xs, 0):
    """An array made of a list of numbers, or of arrays."""
    y = np.asarray(xs, dtype=dtype)
    d_xs += [d_y[i] for i in range(len(xs))]


@linear
@array
def array(x, *, dtype=None):
    """A copy as an array."""
    y = np.array(x, dtype=dtype)
    d_x += d_y


@linear
@maybe_view(x)
def asarray(x, *, dtype=None):
    """The same as an array."""
    y = np.asarray(x, dtype=dtype)
    d_x += d_y


@linear
@maybe_view(x)
def asanyarray(x, *, dtype=None):
    """The same as an array."""
    y = np.asanyarray(x, dtype=dtype)
    d_x += d_y


@linear
@maybe_view(x)
def ascontiguousarray(x, *, dtype=None) -> at_least(x, 1):
    """The same as an array in C order, with one axis at least."""
    y = np.ascontiguousarray(x, dtype=dtype)
    d_x += d_y


@linear
@maybe_view(x)
def asfortranarray(x, *, dtype=None) -> at_least(x, 1):
    """The same as an array in Fortran order, with one axis at least."""
    y = np.asfortranarray(x, dtype=dtype)
    d_x += d_y


@linear
@array
def copy(x, *, order="K"):
    """A copy."""
    y = np.copy(x, order=order)
    d_x += d_y


@linear
@gives(complex)
def complex128(x):
    """In double precision, complex."""
    y = np.complex128(x)
    d_x += d_y


@linear
@gives(complex)
def complex64(x):
    """In single precision, complex."""
    y = np.complex64(x)
    d_x += d_y


@linear
@holomorphic(perhaps_real(x))
@gives(real)
def float64(x):
    """In double precision."""
    y = np.float64(x)
    d_x += d_y


@linear
@holomorphic(perhaps_real(x))
@gives(real)
def float32(x):
    """In single precision."""
    y = np.float32(x)
    d_x += d_y


@when(integral(dtype))
def astype_integer(x: const, *, dtype) -> like(x):
    """Converted to integers or booleans: piecewise constant."""
    dtype = int
    y = x.astype(dtype)


@linear
@when(inexact(dtype))
@array
def astype(x, *, dtype):
    """Converted to another float type."""
    dtype = np.float64
    x = np.asarray(x)
    y = x.astype(dtype)
    d_x += d_y


@linear
def item(x: "*s") -> "":
    """The only element, as a Python number."""
    x = np.full((1, 1), 0.5)
    y = x.item()
    d_x += np.full(np.shape(x), d_y)


@linear
@view(x)
def broadcast_to(x, *, shape) -> filled(shape):
    """Repeated along new axes, and along axes of size one."""
    shape = (2, *np.shape(x))
    y = np.broadcast_to(x, shape)
    d_x += d_y


@linear
@array
def full(value, *, shape, dtype=None) -> filled(shape):
    """An array filled with one value."""
    shape = (2, *np.shape(value))
    y = np.full(shape, value, dtype=dtype)
    d_value += d_y


@linear
@holomorphic(is_complex(a))
@array
def full_like(a: const, value, *, dtype=None) -> like(a):
    """An array filled with one value, of the shape of another."""
    a = np.zeros((2, *np.shape(value)))
    y = np.full_like(a, value, dtype=dtype)
    d_value += d_y


# ---------------------------------------------------------------- other shapes


@linear
@maybe_view(x)
def reshape(x: "*s", *, shape) -> reshaped(x, shape):
    """In another shape."""
    assert shape in (-1, (-1, 1), (1, -1))
    y = np.reshape(x, shape)
    d_x += np.reshape(d_y, np.shape(x))


@linear
@maybe_view(x)
@when(order == "F")
def reshape_in_order(x: "*s", *, shape, order) -> reshaped(x, shape):
    """In another shape, the first axis running fastest."""
    assert shape in (-1, (1, -1))
    assert order in ("F",)
    y = np.reshape(x, shape, order=order)
    d_x += np.reshape(d_y, np.shape(x), order=order)


@linear
@maybe_view(x)
def ravel(x: "*s") -> raveled(x):
    """All elements in a row."""
    y = np.ravel(x)
    d_x += np.reshape(d_y, np.shape(x))


@linear
@maybe_view(x)
@when(order == "F")
def ravel_in_order(x: "*s", *, order) -> raveled(x):
    """All elements in a row, the first axis running fastest."""
    assert order in ("F",)
    y = np.ravel(x, order=order)
    d_x += np.reshape(d_y, np.shape(x), order=order)


@linear
def flatten(x: "*s") -> raveled(x):
    """A copy of all elements in a row."""
    x = np.asarray(x)
    y = x.flatten()
    d_x += np.reshape(d_y, np.shape(x))


@linear
@view(x)
def expand_dims(x: "*s", *, axis) -> expanded(x, axis):
    """With axes of size one put in."""
    assert axis in (0, -1, (0, 1))
    y = np.expand_dims(x, axis)
    d_x += np.squeeze(d_y, axis)


@linear
@view(x)
def squeeze(x: "*s", *, axis=None) -> squeezed(x, axis):
    """With axes of size one left out."""
    y = np.squeeze(x, axis=axis)
    d_x += np.reshape(d_y, np.shape(x))


@linear
@maybe_view(x)
def atleast_1d(x: "*s") -> at_least(x, 1):
    """With an axis, where there was none."""
    y = np.atleast_1d(x)
    d_x += np.reshape(d_y, np.shape(x))


@linear
@maybe_view(x)
def atleast_2d(x: "*s") -> at_least(x, 2):
    """With two axes, where there were fewer."""
    y = np.atleast_2d(x)
    d_x += np.reshape(d_y, np.shape(x))


@linear
@maybe_view(x)
def atleast_3d(x: "*s") -> at_least(x, 3):
    """With three axes, where there were fewer."""
    y = np.atleast_3d(x)
    d_x += np.reshape(d_y, np.shape(x))


# ---------------------------------------------------------------- other orders


@linear
@view(x)
def transpose_matrix(x: "n m") -> "m n":
    """A matrix with rows and columns exchanged."""
    y = np.transpose(x)
    d_x += d_y.T


@linear
@view(x)
def transpose(x: "*s") -> transposed(x):
    """All axes in reverse order."""
    y = np.transpose(x)
    d_x += np.transpose(d_y)


@linear
@view(x)
@when(literal(axes), axes is not None)
def transpose_axes(x: "*s", *, axes) -> transposed(x, axes):
    """Axes in a given order."""
    assert x.shape in ((2, 3), (2, 3, 4))
    assert axes in ((1, 0), (1, 2, 0), (-1, 0, 1), [2, 0, 1])
    y = np.transpose(x, axes)
    d_x += np.transpose(d_y, static.inverse(axes))


@linear
@view(x)
def transpose_any(x: "*s", *, axes) -> transposed(x, axes):
    """Axes in an order that is known at run time only."""
    axes = np.roll(range(np.ndim(x)), 1)
    y = np.transpose(x, axes)
    d_x += helper.transpose_backward(d_y, axes)


@linear
@view(x)
def matrix_transpose(x: "*s") -> swapped(x, -1, -2):
    """The last two axes exchanged."""
    assert x.shape in ((2, 3), (4, 2, 3))
    y = np.matrix_transpose(x)
    d_x += np.swapaxes(d_y, -1, -2)


@linear
@view(x)
def swapaxes(x: "*s", *, axis1, axis2) -> swapped(x, axis1, axis2):
    """Two axes exchanged."""
    assert axis1 in (0, -1)
    assert axis2 in (0, -1)
    y = np.swapaxes(x, axis1, axis2)
    d_x += np.swapaxes(d_y, axis1, axis2)


@linear
@view(x)
def moveaxis(x: "*s", *, source, destination) -> moved(x, source, destination):
    """Axes moved to other places."""
    assert source in (0, -1)
    assert destination in (0, -1)
    y = np.moveaxis(x, source, destination)
    d_x += np.moveaxis(d_y, destination, source)


@linear
@view(x)
def flip(x: "*s", *, axis=None) -> like(x):
    """Axes reversed."""
    assert axis in (None, 0, -1, (0, -1))
    y = np.flip(x, axis=axis)
    d_x += np.flip(d_y, axis)


@linear
@view(x)
def fliplr(x: "*s") -> like(x):
    """The second axis reversed."""
    x = np.atleast_2d(x)
    y = np.fliplr(x)
    d_x += np.fliplr(d_y)


@linear
@view(x)
def flipud(x: "*s") -> like(x):
    """The first axis reversed."""
    y = np.flipud(x)
    d_x += np.flipud(d_y)


@linear
@when(isinstance(shift, int))
@array
def roll(x: "*s", *, shift, axis=None) -> like(x):
    """Elements moved round by a number of places."""
    assert shift in (1, -2)
    assert axis in (None, 0, -1, (0, -1))
    y = np.roll(x, shift, axis=axis)
    d_x += np.roll(d_y, -shift, axis)


@linear
@array
def roll_any(x: "*s", *, shift, axis=None) -> like(x):
    """Elements moved round by numbers of places, one for each axis."""
    assert shift in ((1, 2),)
    assert axis in ((0, -1),)
    y = np.roll(x, shift, axis=axis)
    d_x += np.roll(d_y, np.negative(shift), axis)


@linear
@view(x)
def rot90(x: "*s", *, k=1, axes=(0, 1)) -> resized(x, axes):
    """A quarter turn, k times."""
    assert x.shape in ((2, 3), (4, 2, 3))
    assert k in (1, 2, -1)
    y = np.rot90(x, k, axes)
    d_x += np.rot90(d_y, -k, axes)


# ---------------------------------------------------------------- repetition and padding


@linear
def tile(x: "*s", *, reps) -> "?":
    """Copies side by side."""
    assert reps in (2, (2, 3), (2, 1, 3))
    y = np.tile(x, reps)
    d_x += helper.tile_backward(d_y, np.shape(x), reps)


@real
@linear
@when(axis is None)
def repeat_all(x: "*s", *, repeats, axis=None) -> "?":
    """Each element several times, in a row."""
    assert repeats in (1, 3)
    y = np.repeat(x, repeats, axis=axis)
    d_x += np.reshape(
        np.bincount(np.repeat(np.arange(np.size(x)), repeats), d_y, np.size(x)), np.shape(x)
    )


@linear
@when(isinstance(axis, int))
def repeat(x: "*s", *, repeats, axis) -> resized(x, axis):
    """Each item along an axis several times."""
    assert repeats in (1, 3)
    assert axis in (0, -1)
    y = np.repeat(x, repeats, axis=axis)
    key = np.repeat(np.arange(np.shape(x)[axis]), repeats)
    np.add.at(d_x, (slice(None),) * (axis % np.ndim(x)) + (key,), d_y)


@linear
@when(mode == "constant")
def pad(x: "*s", *, pad_width, mode="constant") -> padded(x, pad_width):
    """Zeros put around."""
    assert pad_width in (1, (2, 1), (0, 2))
    y = np.pad(x, pad_width, mode)
    d_x += helper.unpad(d_y, np.shape(x), pad_width)


@linear
@holomorphic(is_complex(x))
@when(mode == "constant")
def pad_number(x: "*s", c: "*r", *, pad_width, mode="constant") -> padded(x, pad_width):
    """A number put around."""
    assert (x.shape, c.shape) in (((3,), ()), ((2, 3), ()))
    assert pad_width in (1, (2, 1), (0, 2))
    y = np.pad(x, pad_width, mode, constant_values=c)
    inside = helper.unpad(d_y, np.shape(x), pad_width)
    d_x += inside
    d_c += np.reshape(np.sum(d_y) - np.sum(inside), np.shape(c))


@when(mode == "constant")
def pad_numbers(x: "*s", *, pad_width, mode="constant", constant_values) -> padded(x, pad_width):
    """Numbers put around, which are constant."""
    assert pad_width in ((2, 1),)
    assert constant_values in ((0.5, 2.0),)
    y = np.pad(x, pad_width, mode, constant_values=constant_values)
    d_x += helper.unpad(d_y, np.shape(x), pad_width)
    dot_y = np.pad(dot_x, pad_width)


@real
@linear
@when(mode in ("edge", "reflect", "symmetric", "wrap"))
def pad_repeated(x: "*s", *, pad_width, mode) -> padded(x, pad_width):
    """Elements of the array put around it; each gets the adjoints of its copies."""
    assert pad_width in (1, (2, 1), (0, 2))
    assert mode in ("edge", "reflect", "symmetric", "wrap")
    x = np.concatenate([x, x, x], -1) if np.ndim(x) == 1 else np.kron(x, np.ones((3, 3)))
    y = np.pad(x, pad_width, mode)
    place = np.pad(np.reshape(np.arange(np.size(x)), np.shape(x)), pad_width, mode)
    d_x += np.reshape(np.bincount(np.ravel(place), np.ravel(d_y), np.size(x)), np.shape(x))


# ---------------------------------------------------------------- ranges


@linear
def linspace(a, b, *, num=50) -> "?":
    """Numbers in equal steps from a to b."""
    assert num in (1, 5)
    y = np.linspace(a, b, num)
    t = np.linspace(0.0, 1.0, num)
    d_a += np.tensordot(1.0 - t, d_y, 1)
    d_b += np.tensordot(t, d_y, 1)


# ---------------------------------------------------------------- several arrays


@linear
def broadcast_arrays_2(a: "*s", b: "*r") -> (broadcast(a, b), broadcast(a, b)):
    """Two arrays repeated to one shape."""
    assert (a.shape, b.shape) in (((3,), (3,)), ((2, 1), (3,)), ((), (2, 3)))
    y = np.broadcast_arrays(a, b)
    d_a += helper.unbroadcast(d_y[0], np.shape(a))
    d_b += helper.unbroadcast(d_y[1], np.shape(b))


@linear
def broadcast_arrays_3(a: "*s", b: "*r", c: "*q") -> (
    broadcast(a, b, c), broadcast(a, b, c), broadcast(a, b, c)
):  # fmt: skip
    """Three arrays repeated to one shape."""
    assert (a.shape, b.shape, c.shape) in (((3,), (3,), ()), ((2, 1), (3,), (4, 1, 1)))
    y = np.broadcast_arrays(a, b, c)
    d_a += helper.unbroadcast(d_y[0], np.shape(a))
    d_b += helper.unbroadcast(d_y[1], np.shape(b))
    d_c += helper.unbroadcast(d_y[2], np.shape(c))


@linear
@when(not sparse)
def meshgrid_2(a: "*s", b: "*r", *, indexing="xy", sparse=False) -> (
    meshed((a, b), indexing), meshed((a, b), indexing)
):  # fmt: skip
    """The coordinates of the points of a grid in the plane."""
    assert (a.shape, b.shape) in (((3,), (2,)), ((), (2,)))
    assert indexing in ("xy", "ij")
    y = np.meshgrid(a, b, indexing=indexing, sparse=sparse)
    d_a += np.reshape(np.sum(d_y[0], axis=0 if indexing == "xy" else 1), np.shape(a))
    d_b += np.reshape(np.sum(d_y[1], axis=1 if indexing == "xy" else 0), np.shape(b))


@linear
@when(not sparse)
def meshgrid_3(a: "*s", b: "*r", c: "*q", *, indexing="xy", sparse=False) -> (
    meshed((a, b, c), indexing), meshed((a, b, c), indexing), meshed((a, b, c), indexing)
):  # fmt: skip
    """The coordinates of the points of a grid in space."""
    assert (a.shape, b.shape, c.shape) in (((3,), (2,), (4,)),)
    assert indexing in ("xy", "ij")
    y = np.meshgrid(a, b, c, indexing=indexing, sparse=sparse)
    d_a += np.reshape(np.sum(d_y[0], axis=(0, 2) if indexing == "xy" else (1, 2)), np.shape(a))
    d_b += np.reshape(np.sum(d_y[1], axis=(1, 2) if indexing == "xy" else (0, 2)), np.shape(b))
    d_c += np.reshape(np.sum(d_y[2], axis=(0, 1)), np.shape(c))


@linear
@view(a)
@when(sparse)
def meshgrid_sparse(a: "*s", b: "*r", *, indexing="xy", sparse) -> ("? ?", "? ?"):
    """The coordinates of the points of a grid, as a row and a column."""
    assert (a.shape, b.shape) in (((3,), (2,)),)
    assert indexing in ("xy", "ij")
    assert sparse in (True,)
    y = np.meshgrid(a, b, indexing=indexing, sparse=sparse)
    d_a += np.reshape(d_y[0], np.shape(a))
    d_b += np.reshape(d_y[1], np.shape(b))
