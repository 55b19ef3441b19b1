"""The helpers themselves, differentiated: for derivatives of derivatives."""

import numpy as np

# ---------------------------------------------------------------- broadcasting


@linear
@maybe_view(d)
def unbroadcast(d: "*s", *, shape) -> filled(shape):
    """The sum over axes that broadcasting repeats; its adjoint is repeated along them."""
    shape = np.shape(d)[-1:]
    y = helper.unbroadcast(d, shape)
    d_d += np.broadcast_to(d_y, np.shape(d))


@linear
def copy_of(x: "*s") -> like(x):
    """A copy in memory laid out as that of x."""
    y = helper.copy_of(x)
    d_x += d_y


# ---------------------------------------------------------------- products


@multilinear
def matmul_backward_a(a: const, b: "*s", d: "*r") -> like(a):
    """<matmul_backward_a(a, b, d), d_y> is <d, d_y @ b>."""
    assert (a.shape, b.shape, d.shape) in (
        ((2, 3), (3, 4), (2, 4)),
        ((3,), (3, 4), (4,)),
        ((3,), (3,), ()),
        ((3,), (2, 3, 4), (2, 4)),
        ((2, 3), (5, 3, 4), (5, 2, 4)),
    )
    y = helper.matmul_backward_a(a, b, d)
    d_b += helper.matmul_backward_b(d_y, b, d)
    d_d += d_y @ b


@multilinear
def matmul_backward_b(a: "*s", b: const, d: "*r") -> like(b):
    """<matmul_backward_b(a, b, d), d_y> is <d, a @ d_y>."""
    assert (a.shape, b.shape, d.shape) in (
        ((2, 3), (3, 4), (2, 4)),
        ((2, 3), (3,), (2,)),
        ((3,), (3,), ()),
        ((2, 2, 3), (3,), (2, 2)),
        ((5, 2, 3), (3, 4), (5, 2, 4)),
    )
    y = helper.matmul_backward_b(a, b, d)
    d_a += helper.matmul_backward_a(a, d_y, d)
    d_d += a @ d_y


@multilinear
def dot_backward_a(a: const, b: "*s", d: "*r") -> like(a):
    """<dot_backward_a(a, b, d), d_y> is <d, np.dot(d_y, b)>."""
    assert (a.shape, b.shape, d.shape) in (((2, 3), (3, 4), (2, 4)), ((2, 3), (3,), (2,)))
    y = helper.dot_backward_a(a, b, d)
    d_b += helper.dot_backward_b(d_y, b, d)
    d_d += np.dot(d_y, b)


@multilinear
def dot_backward_b(a: "*s", b: const, d: "*r") -> like(b):
    """<dot_backward_b(a, b, d), d_y> is <d, np.dot(a, d_y)>."""
    assert (a.shape, b.shape, d.shape) in (((2, 3), (3, 4), (2, 4)), ((2, 3), (3,), (2,)))
    y = helper.dot_backward_b(a, b, d)
    d_a += helper.dot_backward_a(a, d_y, d)
    d_d += np.dot(a, d_y)


@multilinear
def inner_backward_a(a: const, b: "*s", d: "*r") -> like(a):
    """<inner_backward_a(a, b, d), d_y> is <d, np.inner(d_y, b)>."""
    assert (a.shape, b.shape, d.shape) in (((2, 3), (4, 3), (2, 4)),)
    y = helper.inner_backward_a(a, b, d)
    d_b += helper.inner_backward_b(d_y, b, d)
    d_d += np.inner(d_y, b)


@multilinear
def inner_backward_b(a: "*s", b: const, d: "*r") -> like(b):
    """<inner_backward_b(a, b, d), d_y> is <d, np.inner(a, d_y)>."""
    assert (a.shape, b.shape, d.shape) in (((2, 3), (4, 3), (2, 4)),)
    y = helper.inner_backward_b(a, b, d)
    d_a += helper.inner_backward_a(a, d_y, d)
    d_d += np.inner(a, d_y)


@multilinear
def tensordot_backward_a(a: const, b: "*s", d: "*r", *, axes) -> like(a):
    """<tensordot_backward_a(a, b, axes, d), d_y> is <d, np.tensordot(d_y, b, axes)>."""
    assert (a.shape, b.shape, d.shape) in (((2, 3), (3, 4), (2, 4)),)
    assert axes in (1, ([1], [0]))
    y = helper.tensordot_backward_a(a, b, axes, d)
    d_b += helper.tensordot_backward_b(d_y, b, axes, d)
    d_d += np.tensordot(d_y, b, axes)


@multilinear
def tensordot_backward_b(a: "*s", b: const, d: "*r", *, axes) -> like(b):
    """<tensordot_backward_b(a, b, axes, d), d_y> is <d, np.tensordot(a, d_y, axes)>."""
    assert (a.shape, b.shape, d.shape) in (((2, 3), (3, 4), (2, 4)),)
    assert axes in (1, ([1], [0]))
    y = helper.tensordot_backward_b(a, b, axes, d)
    d_a += helper.tensordot_backward_a(a, d_y, axes, d)
    d_d += np.tensordot(a, d_y, axes)


@linear
def einsum_backward_1(d: "*r", a: const, *, spec) -> like(a):
    """The adjoint of an einsum is linear in that of its result."""
    assert (d.shape, a.shape) in (((3,), (2, 3)),)
    assert spec in ("ij->j",)
    y = helper.einsum_backward(spec, 0, d, a)
    d_d += np.einsum(spec, d_y)


@multilinear
def einsum_backward_2_a(d: "*r", a: const, b: "*s", *, spec) -> like(a):
    """The adjoint of the first of two operands, with d_y in its place."""
    assert (d.shape, a.shape, b.shape) in (((2, 4), (2, 3), (3, 4)),)
    assert spec in ("ij,jk->ik",)
    y = helper.einsum_backward(spec, 0, d, a, b)
    d_d += np.einsum(spec, d_y, b)
    d_b += helper.einsum_backward(spec, 1, d, d_y, b)


@multilinear
def einsum_backward_2_b(d: "*r", a: "*s", b: const, *, spec) -> like(b):
    """The adjoint of the second of two operands, with d_y in its place."""
    assert (d.shape, a.shape, b.shape) in (((2, 4), (2, 3), (3, 4)),)
    assert spec in ("ij,jk->ik",)
    y = helper.einsum_backward(spec, 1, d, a, b)
    d_d += np.einsum(spec, a, d_y)
    d_a += helper.einsum_backward(spec, 0, d, a, d_y)


def einsum_backward(d: "*r", xs: ["*s"], *, spec, position) -> "?":
    """The adjoint of one of several operands; that of another one has d_y in its place."""
    assert (d.shape, xs.shape) in (((3, 3), (3, 3)),)
    assert spec in ("ij,jk,kl->il", "ij,jj,kl->il")
    assert position in (0, 2)
    y = helper.einsum_backward(spec, position, d, *xs)
    with_d_y = [*xs[:position], d_y, *xs[position + 1 :]]
    d_d += np.einsum(spec, *with_d_y)
    d_xs += [
        (
            np.zeros(np.shape(xs[i]))
            if i == position
            else helper.einsum_backward(spec, i, d, *with_d_y)
        )
        for i in range(len(xs))
    ]
    dot_y = helper.einsum_backward(spec, position, dot_d, *xs) + sum(
        [
            helper.einsum_backward(spec, position, d, *[*xs[:i], dot_xs[i], *xs[i + 1 :]])
            for i in range(len(xs))
            if i != position
        ]
    )


# ---------------------------------------------------------------- blocks, indices and order


@linear
def diagonal_backward(d: "*s", *, shape, offset, axis1, axis2) -> filled(shape):
    """A diagonal put into zeros; its adjoint is taken from there."""
    assert d.shape in ((3,),)
    assert shape in ((3, 3), (4, 3))
    assert offset in (0,)
    assert axis1 in (0,)
    assert axis2 in (1,)
    y = helper.diagonal_backward(d, shape, offset, axis1, axis2)
    d_d += np.diagonal(d_y, offset, axis1, axis2)


@linear
def tile_backward(d: "*s", *, shape, reps) -> filled(shape):
    """The sum over copies; its adjoint is copied."""
    assert d.shape in ((6,),)
    assert shape in ((3,),)
    assert reps in (2,)
    y = helper.tile_backward(d, shape, reps)
    d_d += np.reshape(np.tile(d_y, reps), np.shape(d))


@linear
@maybe_view(d)
def unpad(d: "*s", *, shape, pad_width) -> filled(shape):
    """What is no padding; its adjoint is padded with zeros."""
    assert d.shape in ((5,), (6,))
    shape = (np.shape(d)[0] - 3,)
    pad_width = (1, 2)
    y = helper.unpad(d, shape, pad_width)
    d_d += np.pad(d_y, pad_width)


@linear
def diff_backward(d: "*s", *, n, axis) -> "?":
    """The adjoint of differences; its own adjoint are differences."""
    assert n in (1, 2)
    assert axis in (0, -1)
    y = helper.diff_backward(d, n, axis)
    d_d += np.diff(d_y, n, axis)


@linear
def cut_or_fill(d: "*s", *, size, axis) -> resized(d, axis):
    """Cut off or filled up with zeros; its adjoint is filled up or cut off again."""
    assert size in (2, 5)
    assert axis in (0, -1)
    y = helper.cut_or_fill(d, size, axis)
    d_d += helper.cut_or_fill(d_y, np.shape(d)[axis], axis)


@linear
def cut_or_fill_axes(d: "*s", *, sizes, axes) -> resized(d, None):
    """The same along several axes."""
    assert d.shape in ((3, 4),)
    assert sizes in ((2, 5), (4, 4))
    assert axes in (None, (1, 0))
    y = helper.cut_or_fill_axes(d, sizes, axes)
    d_d += helper.cut_or_fill_axes(d_y, np.shape(d), axes)


@linear
@gives(real)
def rfftn_backward(d: "*s", *, sizes, s, axes, norm) -> "?":
    """The adjoint of rfftn; its own adjoint is rfftn."""
    assert d.shape in ((3, 3),)
    assert sizes in ((3, 4), (3, 5))
    assert s in (None,)
    assert axes in (None, (0, 1))
    assert norm in ("forward", "ortho", "backward")
    y = helper.rfftn_backward(d, sizes, s, axes, norm)
    d_d += np.fft.rfftn(d_y, s, axes, static.adjoint_norm(norm))


@linear
@real
@gives(complex)
@when(axes is None)
def irfftn_backward_all(d: "*s", *, sizes, axes, norm) -> "?":
    """The adjoint of irfftn; its own adjoint is irfftn."""
    assert d.shape in ((3, 4), (3, 5))
    assert sizes in ((3, 3),)
    assert axes in (None,)
    assert norm in ("forward", "ortho", "backward")
    y = helper.irfftn_backward(d, sizes, axes, norm)
    d_d += np.fft.irfftn(d_y, np.shape(d), range(np.ndim(d)), static.adjoint_norm(norm))


@linear
@real
@gives(complex)
def irfftn_backward(d: "*s", *, sizes, axes, norm) -> "?":
    """The adjoint of irfftn; its own adjoint is irfftn."""
    assert d.shape in ((3, 4), (3, 5))
    assert sizes in ((3, 3),)
    assert axes in ((0, 1),)
    assert norm in ("forward", "ortho", "backward")
    y = helper.irfftn_backward(d, sizes, axes, norm)
    d_d += np.fft.irfftn(d_y, np.take(np.shape(d), axes), axes, static.adjoint_norm(norm))


@linear
@real
@gives(complex)
def irfft_backward(d: "*s", *, size, axis, norm) -> resized(d, axis):
    """The adjoint of irfft; its own adjoint is irfft."""
    assert size in (2, 5)
    assert axis in (0, -1)
    assert norm in ("forward", "ortho", "backward")
    y = helper.irfft_backward(d, size, axis, norm)
    d_d += np.fft.irfft(d_y, np.shape(d)[axis], axis, static.adjoint_norm(norm))


def last_writes(key: const, *, shape) -> "?":
    """A mask: no derivative."""
    shape = (3,)
    key = [0, 0]
    y = helper.last_writes(shape, key)


def along_axis(indices: const, *, axis) -> "?":
    """An index: no derivative."""
    indices = [[0, 1]]
    axis = 1
    y = helper.along_axis(indices, axis)


def median_weights(x: const, *, axis) -> like(x):
    """Weights, which are piecewise constant."""
    axis = 0
    x = np.ravel(x)
    y = helper.median_weights(x, axis)


# ---------------------------------------------------------------- containers and results


@linear
@when(array(a))
@when(array(b))
def add(a: "*s", b: "*r") -> broadcast(a, b):
    """The sum of two adjoints of one value, which may be narrow."""
    assert (a.shape, b.shape) in (((2, 3), (2, 3)), ((), (3,)))
    y = helper.add(a, b)
    d_a += helper.unbroadcast(d_y, np.shape(a))
    d_b += helper.unbroadcast(d_y, np.shape(b))


@linear
def add_trees(a: "*s", b: "*r") -> "tree":
    """The sum of two adjoints, of containers or parts of them."""
    a, b = [a, 2.0 * a], [a, 3.0 * a]
    y = helper.add(a, b)
    d_a += d_y
    d_b += d_y


@linear
def part(d: "*s", *, key) -> "tree":
    """One part of the adjoint of a container."""
    d = [d, d]
    key = 1
    y = helper.part(d, key)
    d_d[key] += d_y


@forward
def field(d: "*s", *, names) -> "tree":
    """The adjoint of a field, by its name and the positions that it is counted as."""
    assert names in (("b", 1, -1), ("b",))
    d = {"a": d, "b": d, 1: 2.0 * d}
    y = helper.field(d, *names)


@forward
def folded(d: "*s", *, size) -> "tree":
    """The adjoints of the items of a list that is repeated."""
    d = [d, 2.0 * d, 3.0 * d, 4.0 * d]
    size = 2
    y = helper.folded(d, size)


@forward
def from_both_ends(x: const, d: "*s") -> "tree":
    """The adjoints of parts, some of which are counted from the end."""
    d = {0: d, -1: 2.0 * d}
    x = [1.0, 2.0]
    y = helper.from_both_ends(x, d)


@forward
@maybe_view(d)
def from_parts(x: const, d: "*s") -> like(x):
    """The adjoint of an array, given part by part."""
    x = np.stack([d, d])
    d = {1: d}
    y = helper.from_parts(x, d)


@linear
def all_parts(d: "*s", values: const) -> listed(d):
    """All parts of the adjoint of a list of arrays."""
    values = [d, d]
    d = [d, d]
    y = helper.all_parts(d, values)
    d_d += d_y


def like_zero(x: const) -> structured(x):
    """Zeros in the shape of a value."""
    y = helper.like(x, 0.0)


@linear
def like(x: const, d: "*s") -> structured(x):
    """An adjoint in the shape of its value; its own adjoint is summed over what was repeated."""
    assert (x.shape, d.shape) in (((3,), (3,)), ((2, 3), (3,)), ((3,), ()))
    y = helper.like(x, d)
    d_d += helper.unbroadcast(d_y, np.shape(d))


@linear
@maybe_view(d)
def shadow_after(d: "*s", x: const) -> like(x):
    """The shadow that an array keeps when it is updated in place, else zeros."""
    assert (d.shape, x.shape) in (((3,), (3,)), ((2, 3), (2, 3)))
    y = helper.shadow_after(d, x)
    d_d += d_y if isinstance(x, np.ndarray) else np.zeros(np.shape(d))


@linear
def like_complex(x: const, d: "*s") -> structured(x):
    """The same for what may be complex."""
    assert (x.shape, d.shape) in (((3,), (3,)), ((2, 3), (3,)), ((3,), ()))
    y = helper.like_complex(x, d)
    d_d += helper.unbroadcast(d_y, np.shape(d))


def refuse_complex(x: const) -> "":
    """Stops where an argument is complex."""
    y = helper.refuse_complex(x)


def like_nothing(x: const) -> structured(x):
    """Zeros in the structure of a container."""
    y = helper.like_tree(x, None)


@linear
def like_tree(x: const, d: "*s") -> structured(x):
    """The same for a container: each part in the shape of its value."""
    y = helper.like_tree(x, d)
    d_d += d_y


# ---------------------------------------------------------------- tangents


def zero_tangent(x: const) -> "tree":
    """Zeros: no derivative."""
    x = [x, {"a": x}]
    y = helper.zero_tangent(x)


@linear
@when(array(x))
def tangent_like(x: const, d: "*s") -> like(x):
    """A tangent in the shape of its value."""
    assert (x.shape, d.shape) in (((3,), (3,)), ((2, 3), (3,)), ((3,), ()))
    y = helper.tangent_like(x, d)
    d_d += helper.unbroadcast(d_y, np.shape(d))


@linear
def tangent_like_tree(x: const, d: "*s") -> structured(x):
    """A tangent in the structure of its value."""
    x, d = [x, 2.0 * x], [d, d]
    y = helper.tangent_like(x, d)
    d_d += d_y


@linear
def laid_out_like(x: const, d: "*s") -> like(x):
    """A tangent in memory laid out as that of its value."""
    assert (x.shape, d.shape) in (((3,), (3,)), ((2, 3), (3,)), ((3,), ()))
    y = helper.laid_out_like(x, d)
    d_d += helper.unbroadcast(d_y, np.shape(d))


# ---------------------------------------------------------------- what a run puts back


@forward
def contents(x: "*s") -> "tree":
    """What arrays and containers hold: of tangents, what these do."""
    x = [x, [2.0 * x]]
    y = helper.contents(x)


@forward
def leave(found: "*s"):
    """Arrays and containers get that back, and so do tangents."""
    found = [(3.0 * found, found), ([found], [2.0 * found])]
    helper.leave(found)


@forward
def add_into(d: "*s", parts: "*r"):
    """What is added to the adjoints that a container holds; to their tangents, that of it."""
    d, parts = [d, [2.0 * d]], [parts, [3.0 * parts]]
    helper.add_into(d, parts)
