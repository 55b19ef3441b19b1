"""Discrete Fourier transforms. The adjoint of a transform is the other one, scaled differently."""

import numpy as np

# ---------------------------------------------------------------- of complex numbers


@linear
@gives(complex)
@when(n is None, literal(norm))
def fft(x: "*s", *, n=None, axis=-1, norm=None) -> like(x):
    """Fourier transform along an axis."""
    assert axis in (0, -1)
    assert norm in (None, "ortho", "forward")
    y = np.fft.fft(x, n, axis=axis, norm=norm)
    d_x += np.fft.ifft(d_y, axis=axis, norm=static.adjoint_norm(norm))


@linear
@gives(complex)
@when(n is None, literal(norm))
def ifft(x: "*s", *, n=None, axis=-1, norm=None) -> like(x):
    """Inverse Fourier transform along an axis."""
    assert axis in (0, -1)
    assert norm in (None, "ortho", "forward")
    y = np.fft.ifft(x, n, axis=axis, norm=norm)
    d_x += np.fft.fft(d_y, axis=axis, norm=static.adjoint_norm(norm))


@linear
@gives(complex)
@when(literal(norm))
def fft_of_length(x: "*s", *, n, axis=-1, norm=None) -> resized(x, axis):
    """Fourier transform along an axis, which is cut off or filled up with zeros."""
    assert n in (2, 5)
    assert axis in (0, -1)
    assert norm in (None, "ortho", "forward")
    y = np.fft.fft(x, n, axis=axis, norm=norm)
    d_cut = np.fft.ifft(d_y, axis=axis, norm=static.adjoint_norm(norm))
    d_x += helper.cut_or_fill(d_cut, np.shape(x)[axis], axis)


@linear
@gives(complex)
@when(literal(norm))
def ifft_of_length(x: "*s", *, n, axis=-1, norm=None) -> resized(x, axis):
    """Inverse Fourier transform along an axis, which is cut off or filled up with zeros."""
    assert n in (2, 5)
    assert axis in (0, -1)
    assert norm in (None, "ortho", "forward")
    y = np.fft.ifft(x, n, axis=axis, norm=norm)
    d_cut = np.fft.fft(d_y, axis=axis, norm=static.adjoint_norm(norm))
    d_x += helper.cut_or_fill(d_cut, np.shape(x)[axis], axis)


# ---------------------------------------------------------------- along several axes


@linear
@gives(complex)
@when(literal(norm))
def fft2(x: "*s", *, axes=(-2, -1), norm=None) -> like(x):
    """Fourier transform along two axes."""
    assert axes in ((-2, -1), (0, 1))
    assert norm in (None, "ortho", "forward")
    y = np.fft.fft2(x, axes=axes, norm=norm)
    d_x += np.fft.ifft2(d_y, axes=axes, norm=static.adjoint_norm(norm))


@linear
@gives(complex)
@when(literal(norm))
def ifft2(x: "*s", *, axes=(-2, -1), norm=None) -> like(x):
    """Inverse Fourier transform along two axes."""
    assert axes in ((-2, -1), (0, 1))
    assert norm in (None, "ortho", "forward")
    y = np.fft.ifft2(x, axes=axes, norm=norm)
    d_x += np.fft.fft2(d_y, axes=axes, norm=static.adjoint_norm(norm))


@linear
@gives(complex)
@when(literal(norm))
def fftn(x: "*s", *, axes=None, norm=None) -> like(x):
    """Fourier transform along several axes."""
    assert axes in (None, (0,), (0, -1))
    assert norm in (None, "ortho", "forward")
    y = np.fft.fftn(x, axes=axes, norm=norm)
    d_x += np.fft.ifftn(d_y, axes=axes, norm=static.adjoint_norm(norm))


@linear
@gives(complex)
@when(literal(norm))
def ifftn(x: "*s", *, axes=None, norm=None) -> like(x):
    """Inverse Fourier transform along several axes."""
    assert axes in (None, (0,), (0, -1))
    assert norm in (None, "ortho", "forward")
    y = np.fft.ifftn(x, axes=axes, norm=norm)
    d_x += np.fft.fftn(d_y, axes=axes, norm=static.adjoint_norm(norm))


@linear
@gives(complex)
@when(literal(norm))
def fft2_of_sizes(x: "*s", *, s, axes=(-2, -1), norm=None) -> resized(x, None):
    """Fourier transform along two axes, which are cut off or filled up with zeros."""
    assert x.shape in ((3, 4),)
    assert s in ((2, 5), (4, 2))
    assert axes in ((-2, -1), (1, 0))
    assert norm in (None, "ortho", "forward")
    y = np.fft.fft2(x, s, axes=axes, norm=norm)
    d_cut = np.fft.ifft2(d_y, axes=axes, norm=static.adjoint_norm(norm))
    d_x += helper.cut_or_fill_axes(d_cut, np.shape(x), axes)


@linear
@gives(complex)
@when(literal(norm))
def ifft2_of_sizes(x: "*s", *, s, axes=(-2, -1), norm=None) -> resized(x, None):
    """Inverse Fourier transform along two axes, which are cut off or filled up with zeros."""
    assert x.shape in ((3, 4),)
    assert s in ((2, 5), (4, 2))
    assert axes in ((-2, -1), (1, 0))
    assert norm in (None, "ortho", "forward")
    y = np.fft.ifft2(x, s, axes=axes, norm=norm)
    d_cut = np.fft.fft2(d_y, axes=axes, norm=static.adjoint_norm(norm))
    d_x += helper.cut_or_fill_axes(d_cut, np.shape(x), axes)


@linear
@gives(complex)
@when(literal(norm))
def fftn_of_sizes(x: "*s", *, s, axes=None, norm=None) -> resized(x, None):
    """Fourier transform along several axes, which are cut off or filled up with zeros."""
    assert x.shape in ((3, 4),)
    assert s in ((2, 5), (4, 2))
    assert axes in ((0, 1), (1, 0))
    assert norm in (None, "ortho", "forward")
    y = np.fft.fftn(x, s, axes=axes, norm=norm)
    d_cut = np.fft.ifftn(d_y, axes=axes, norm=static.adjoint_norm(norm))
    d_x += helper.cut_or_fill_axes(d_cut, np.shape(x), axes)


@linear
@gives(complex)
@when(literal(norm))
def ifftn_of_sizes(x: "*s", *, s, axes=None, norm=None) -> resized(x, None):
    """Inverse Fourier transform along several axes, which are cut off or filled up with zeros."""
    assert x.shape in ((3, 4),)
    assert s in ((2, 5), (4, 2))
    assert axes in ((0, 1), (1, 0))
    assert norm in (None, "ortho", "forward")
    y = np.fft.ifftn(x, s, axes=axes, norm=norm)
    d_cut = np.fft.fftn(d_y, axes=axes, norm=static.adjoint_norm(norm))
    d_x += helper.cut_or_fill_axes(d_cut, np.shape(x), axes)


# ---------------------------------------------------------------- of real numbers


@linear
@real
@gives(complex)
@when(n is None, literal(norm))
def rfft(x: "*s", *, n=None, axis=-1, norm=None) -> resized(x, axis):
    """The first half of the Fourier transform of real numbers; the other half is its mirror."""
    assert axis in (0, -1)
    assert norm in (None, "ortho", "forward")
    y = np.fft.rfft(x, n, axis=axis, norm=norm)
    d_x += np.real(np.fft.ifft(d_y, np.shape(x)[axis], axis, static.adjoint_norm(norm)))


@linear
@real
@gives(complex)
@when(literal(norm))
def rfft_of_length(x: "*s", *, n, axis=-1, norm=None) -> resized(x, axis):
    """The same for an axis that is cut off or filled up with zeros."""
    assert n in (2, 5)
    assert axis in (0, -1)
    assert norm in (None, "ortho", "forward")
    y = np.fft.rfft(x, n, axis=axis, norm=norm)
    d_cut = np.real(np.fft.ifft(d_y, n, axis, static.adjoint_norm(norm)))
    d_x += helper.cut_or_fill(d_cut, np.shape(x)[axis], axis)


@linear
@gives(real)
@when(literal(norm))
def irfft(x: "*s", *, n=None, axis=-1, norm=None) -> resized(x, axis):
    """Real numbers from the first half of their Fourier transform."""
    assert n in (None, 2, 4, 5)
    assert axis in (0, -1)
    assert norm in (None, "ortho", "forward")
    y = np.fft.irfft(x, n, axis=axis, norm=norm)
    d_x += helper.irfft_backward(d_y, np.shape(x)[axis], axis, static.adjoint_norm(norm))


@linear
@real
@gives(complex)
@when(literal(norm))
def rfft2(x: "*s", *, s=None, axes=(-2, -1), norm=None) -> resized(x, None):
    """Half of the Fourier transform of real numbers along several axes: the last has the half."""
    assert x.shape in ((3, 4), (2, 3))
    assert s in (None, (2, 5), (4, 4))
    assert axes in ((-2, -1), (1, 0))
    assert norm in (None, "ortho", "forward")
    y = np.fft.rfft2(x, s, axes=axes, norm=norm)
    d_x += helper.rfftn_backward(d_y, np.shape(x), s, axes, static.adjoint_norm(norm))


@linear
@gives(real)
@when(literal(norm))
def irfft2(x: "*s", *, s=None, axes=(-2, -1), norm=None) -> resized(x, None):
    """Real numbers from half of their Fourier transform along several axes."""
    assert x.shape in ((3, 4), (2, 3))
    assert s in (None, (2, 5), (4, 4))
    assert axes in ((-2, -1), (1, 0))
    assert norm in (None, "ortho", "forward")
    y = np.fft.irfft2(x, s, axes=axes, norm=norm)
    d_x += helper.irfftn_backward(d_y, np.shape(x), axes, static.adjoint_norm(norm))


@linear
@real
@gives(complex)
@when(literal(norm))
def rfftn(x: "*s", *, s=None, axes=None, norm=None) -> resized(x, None):
    """Half of the Fourier transform of real numbers along several axes: the last has the half."""
    assert x.shape in ((3, 4), (2, 3))
    assert s in (None,)
    assert axes in ((0, 1), (1, 0), (-1,), None)
    assert norm in (None, "ortho", "forward")
    y = np.fft.rfftn(x, s, axes=axes, norm=norm)
    d_x += helper.rfftn_backward(d_y, np.shape(x), s, axes, static.adjoint_norm(norm))


@linear
@gives(real)
@when(literal(norm))
def irfftn(x: "*s", *, s=None, axes=None, norm=None) -> resized(x, None):
    """Real numbers from half of their Fourier transform along several axes."""
    assert x.shape in ((3, 4), (2, 3))
    assert s in (None,)
    assert axes in ((0, 1), (1, 0), (-1,), None)
    assert norm in (None, "ortho", "forward")
    y = np.fft.irfftn(x, s, axes=axes, norm=norm)
    d_x += helper.irfftn_backward(d_y, np.shape(x), axes, static.adjoint_norm(norm))


@linear
@gives(real)
@when(literal(norm))
def hfft(x: "*s", *, n=None, axis=-1, norm=None) -> resized(x, axis):
    """The Fourier transform, which is real, of the first half of what its conjugate mirrors."""
    assert n in (None, 2, 4, 5)
    assert axis in (0, -1)
    assert norm in (None, "ortho", "forward")
    y = np.fft.hfft(x, n, axis=axis, norm=norm)
    d_x += np.conj(helper.irfft_backward(d_y, np.shape(x)[axis], axis, norm))


@linear
@real
@gives(complex)
@when(n is None, literal(norm))
def ihfft(x: "*s", *, n=None, axis=-1, norm=None) -> resized(x, axis):
    """The first half of the inverse Fourier transform of real numbers."""
    assert axis in (0, -1)
    assert norm in (None, "ortho", "forward")
    y = np.fft.ihfft(x, n, axis=axis, norm=norm)
    d_x += np.real(np.fft.fft(d_y, np.shape(x)[axis], axis, static.adjoint_norm(norm)))


@linear
@real
@gives(complex)
@when(literal(norm))
def ihfft_of_length(x: "*s", *, n, axis=-1, norm=None) -> resized(x, axis):
    """The same for an axis that is cut off or filled up with zeros."""
    assert n in (2, 5)
    assert axis in (0, -1)
    assert norm in (None, "ortho", "forward")
    y = np.fft.ihfft(x, n, axis=axis, norm=norm)
    d_cut = np.real(np.fft.fft(d_y, n, axis, static.adjoint_norm(norm)))
    d_x += helper.cut_or_fill(d_cut, np.shape(x)[axis], axis)


# ---------------------------------------------------------------- order of frequencies


@linear
def fftshift(x: "*s", *, axes=None) -> like(x):
    """Frequency 0 moved to the middle."""
    assert axes in (None, 0, (0, -1))
    y = np.fft.fftshift(x, axes=axes)
    d_x += np.fft.ifftshift(d_y, axes=axes)


@linear
def ifftshift(x: "*s", *, axes=None) -> like(x):
    """Frequency 0 moved back to the front."""
    assert axes in (None, 0, (0, -1))
    y = np.fft.ifftshift(x, axes=axes)
    d_x += np.fft.fftshift(d_y, axes=axes)


def fftfreq(*, n, d=1.0) -> filled(n):
    """The frequencies of a Fourier transform."""
    assert n in (4,)
    y = np.fft.fftfreq(n, d)


def rfftfreq(*, n, d=1.0) -> "?":
    """The frequencies of a Fourier transform of real numbers."""
    assert n in (4,)
    y = np.fft.rfftfreq(n, d)
