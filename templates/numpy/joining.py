"""Arrays joined to one, and split into several."""

import numpy as np

# ---------------------------------------------------------------- joining


@linear
def concatenate_2(a: "*s", b: "*r") -> joined((a, b), 0):
    """Two arrays, one after the other."""
    a = np.expand_dims(a, 0)
    b = np.concatenate([a, a])
    y = np.concatenate((a, b))
    d_a += d_y[: len(a)]
    d_b += d_y[len(a) :]


@linear
def concatenate_2_columns(a: "*s", b: "*r") -> joined((a, b), 1):
    """Two arrays side by side."""
    a = np.expand_dims(a, (0, 1))
    b = np.concatenate([a, a], 1)
    y = np.concatenate((a, b), axis=1)
    d_a += d_y[:, : np.shape(a)[1]]
    d_b += d_y[:, np.shape(a)[1] :]


@linear
def concatenate_2_last(a: "*s", b: "*r") -> joined((a, b), -1):
    """Two arrays joined along their last axes."""
    a = np.expand_dims(a, 0)
    b = np.concatenate([a, a], -1)
    y = np.concatenate((a, b), axis=-1)
    d_a += d_y[..., : np.shape(a)[-1]]
    d_b += d_y[..., np.shape(a)[-1] :]


@linear
@when(axis is None)
def concatenate_all(xs: ["*s"], *, axis=0) -> joined(xs, None):
    """All elements of arrays in a row."""
    assert axis in (None,)
    y = np.concatenate(xs, axis=axis)
    d_xs += helper.split_like(d_y, [np.shape(x) for x in xs], 0)


@linear
def concatenate(xs: ["*s"], *, axis=0) -> joined(xs, axis):
    """Arrays joined along an axis."""
    assert axis in (0, -1)
    y = np.concatenate(xs, axis=axis)
    d_xs += np.split(d_y, np.cumsum([np.shape(x)[axis] for x in xs])[:-1], axis=axis)


@linear
def stack(xs: ["*s"], *, axis=0) -> stacked(xs, axis):
    """Arrays of one shape put along a new axis."""
    assert axis in (0, -1)
    y = np.stack(xs, axis=axis)
    d_xs += [np.take(d_y, i, axis) for i in range(len(xs))]


@linear
def vstack_rows(xs: ["n"]) -> stacked(xs, 0):
    """Vectors as the rows of a matrix."""
    y = np.vstack(xs)
    d_xs += [d_y[i] for i in range(len(xs))]


@linear
def vstack(xs: ["*s"]) -> "?":
    """Arrays one below the other."""
    y = np.vstack(xs)
    d_xs += helper.split_like(d_y, [np.shape(x) for x in xs], 0)


@linear
def hstack(xs: ["*s"]) -> "?":
    """Arrays side by side."""
    y = np.hstack(xs)
    d_xs += helper.split_like(d_y, [np.shape(x) for x in xs], 0 if np.ndim(y) == 1 else 1)


@linear
def dstack(xs: ["*s"]) -> "?":
    """Arrays one behind the other."""
    y = np.dstack(xs)
    d_xs += helper.split_like(d_y, [np.shape(x) for x in xs], 2)


@linear
def column_stack_vectors(xs: ["n"]) -> stacked(xs, 1):
    """Vectors as the columns of a matrix."""
    y = np.column_stack(xs)
    d_xs += [d_y[:, i] for i in range(len(xs))]


@linear
def column_stack(xs: ["*s"]) -> "?":
    """Vectors and matrices side by side."""
    y = np.column_stack(xs)
    d_xs += helper.split_like(d_y, [np.shape(x) for x in xs], 1)


@linear
def append(a: "*s", b: "*r", *, axis) -> joined((a, b), axis):
    """Two arrays joined along an axis."""
    a = np.expand_dims(a, 0)
    b = np.concatenate([a, a])
    assert axis in (0,)
    y = np.append(a, b, axis=axis)
    d_a += np.split(d_y, [np.shape(a)[axis]], axis)[0]
    d_b += np.split(d_y, [np.shape(a)[axis]], axis)[1]


@linear
def append_flat(a: "*s", b: "*r") -> "?":
    """All elements of two arrays in a row."""
    y = np.append(a, b)
    d_a += np.reshape(d_y[: np.size(a)], np.shape(a))
    d_b += np.reshape(d_y[np.size(a) :], np.shape(b))


@linear
@when(single(a), single(b))
def block_row(a: "*s", b: "*r") -> joined((a, b), -1):
    """Two arrays joined along their last axes."""
    a = np.atleast_1d(a)
    b = np.concatenate([a, a], -1)
    y = np.block([a, b])
    d_a += d_y[..., : np.shape(a)[-1]]
    d_b += d_y[..., np.shape(a)[-1] :]


@linear
@when(single(a), single(b))
def block_column(a: "*s", b: "*r") -> "q m":
    """Two matrices, one below the other; vectors count as rows."""
    assert (a.shape, b.shape) in (((2, 3), (1, 3)), ((2, 3), (3,)))
    y = np.block([[a], [b]])
    d_a += helper.block_of(d_y, np.shape(a), 0, 0)
    d_b += helper.block_of(d_y, np.shape(b), 1, 0)


@linear
@when(single(a), single(b), single(c), single(d))
def block(a: "*s", b: "*r", c: "*q", d: "*p") -> "q p":
    """Four matrices put together to one; vectors count as rows."""
    assert (a.shape, b.shape, c.shape, d.shape) in (
        ((2, 3), (2, 2), (1, 3), (1, 2)),
        ((2, 3), (2, 2), (3,), (2,)),
    )
    y = np.block([[a, b], [c, d]])
    d_a += helper.block_of(d_y, np.shape(a), 0, 0)
    d_b += helper.block_of(d_y, np.shape(b), 0, 1)
    d_c += helper.block_of(d_y, np.shape(c), 1, 0)
    d_d += helper.block_of(d_y, np.shape(d), 1, 1)


# ---------------------------------------------------------------- splitting


@linear
@view(x)
def split(x: "*s", *, indices_or_sections, axis=0) -> divided(x, indices_or_sections, axis):
    """The parts of an array along an axis."""
    assert indices_or_sections in ([1], [1, 2])
    assert axis in (0, -1)
    y = np.split(x, indices_or_sections, axis=axis)
    d_x += np.concatenate(d_y, axis=axis)


@linear
@view(x)
def array_split(x: "*s", *, indices_or_sections, axis=0) -> divided(x, indices_or_sections, axis):
    """The parts of an array along an axis, of sizes that differ by one at most."""
    assert indices_or_sections in (2, [1, 2])
    assert axis in (0, -1)
    y = np.array_split(x, indices_or_sections, axis=axis)
    d_x += np.concatenate(d_y, axis=axis)


@linear
@view(x)
def vsplit(x: "*s", *, indices_or_sections) -> divided(x, indices_or_sections, 0):
    """The parts of an array along its first axis."""
    x = np.atleast_2d(x)
    assert indices_or_sections in ([1],)
    y = np.vsplit(x, indices_or_sections)
    d_x += np.concatenate(d_y)


@linear
@view(x)
def hsplit(x: "*s", *, indices_or_sections) -> columns(x, indices_or_sections):
    """The parts of an array along its second axis, or its only one."""
    assert indices_or_sections in ([1],)
    y = np.hsplit(x, indices_or_sections)
    d_x += np.concatenate(d_y, axis=0 if np.ndim(x) == 1 else 1)
