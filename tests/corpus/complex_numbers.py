"""Complex numbers: inside of real functions of real numbers, and as parameters."""

import numpy as np
from jaxtyping import Complex, Complex128, Float
from numpy import ndarray
from numpy.typing import NDArray

# ---------------------------------------------------------------- signals


def fourier_filter(x: Float[ndarray, "n"], gain: Float[ndarray, "n"], wanted: Float[ndarray, "n"]):
    filtered = np.fft.ifft(gain * np.fft.fft(x)).real
    return np.sum((filtered - wanted) ** 2)


def deconvolution(
    x: Float[ndarray, "n"], h: Float[ndarray, "n"], y: Float[ndarray, "n"], penalty: float
):
    """Deconvolution in the Fourier domain."""
    H = np.fft.rfft(h)
    blurred = np.fft.irfft(H * np.fft.rfft(x), len(x))
    return np.sum((blurred - y) ** 2) + penalty * np.sum(x**2)


def phase_retrieval(x: Float[ndarray, "n"], b: Float[ndarray, "n"]):
    return np.sum((np.abs(np.fft.fft(x)) - b) ** 2)


def spectrum_of_unknown_shape(x, w):
    X = np.fft.fft(x, norm="ortho")
    return np.sum(w * np.abs(X) ** 2) + np.sum(w * np.angle(X))


def zero_padded_spectrum(x: Float[ndarray, "n"]):
    X = np.fft.fft(x, 8)
    Y = np.fft.rfft(x, 2 * len(x))
    short = np.fft.ifft(X, 3, norm="forward")
    return np.sum(np.abs(X) ** 4) + np.sum((Y * Y).imag) + np.sum(short.real)


def image_spectrum(u: Float[ndarray, "n m"], mask: Float[ndarray, "n m"]):
    F = np.fft.fft2(u)
    back = np.fft.ifft2(mask * F)
    rows = np.fft.fft(u, axis=0)
    both = np.fft.fftn(u, norm="ortho")
    return np.sum(np.abs(back) ** 2) + np.sum(rows.real**3) + np.sum(both.imag * mask)


def shifted_spectrum(x: Float[ndarray, "n"], width: float):
    f = np.fft.fftshift(np.fft.fftfreq(len(x)))
    X = np.fft.fftshift(np.fft.fft(x)) * np.exp(-((f / width) ** 2))
    return np.sum(np.abs(np.fft.ifft(np.fft.ifftshift(X))) ** 3)


def lms_filter(
    w: Complex[ndarray, "k"], x: Complex[ndarray, "n"], d: Complex[ndarray, "n"], mu: float
):
    """The error of an adaptive filter, by its first weights."""
    cost = 0.0
    for i in range(len(w), len(x)):
        window = x[i - len(w) : i]
        e = d[i] - np.vdot(w, window)
        w = w + mu * np.conj(e) * window
        cost += abs(e) ** 2
    return cost


def phase_of_a_tone(f: float, phase: float, t: Float[ndarray, "n"], seen: Complex[ndarray, "n"]):
    model = np.exp(1j * (2 * np.pi * f * t + phase))
    return -np.sum(np.conj(seen) * model).real


# ---------------------------------------------------------------- physics


def beam(a: Float[ndarray, "n"], k: Float[ndarray, "n"], wanted: Float[ndarray, "n"], steps: int):
    """A split-step Schroedinger equation, in place."""
    psi = np.zeros(len(a), dtype=complex)
    psi[:] = a
    half = np.exp(-0.5j * k**2 * 0.1)
    for _ in range(steps):
        psi[:] = np.fft.ifft(half * np.fft.fft(psi))
        psi *= np.exp(-0.1j * np.abs(psi) ** 2)
        psi[:] = np.fft.ifft(half * np.fft.fft(psi))
    return np.sum((np.abs(psi) ** 2 - wanted) ** 2)


def crank_nicolson(
    theta: Float[ndarray, "m"],
    H0: Complex[ndarray, "n n"],
    H1: Complex[ndarray, "n n"],
    start: Complex[ndarray, "n"],
    wanted: Complex[ndarray, "n"],
    dt: float,
):
    """One minus the fidelity of a controlled quantum system."""
    psi = start
    eye = np.eye(len(start))
    for t in range(len(theta)):
        A = eye + 0.5j * dt * (H0 + theta[t] * H1)
        psi = np.linalg.solve(A, A.conj().T @ psi)
    return 1.0 - np.abs(np.vdot(wanted, psi)) ** 2


def impedance_fit(
    R: float, L: float, C: float, w: Float[ndarray, "n"], seen: Complex[ndarray, "n"]
):
    """A series circuit fitted to a frequency response."""
    Z = R + 1j * w * L + 1.0 / (1j * w * C)
    H = R / Z
    return np.sum(np.abs(H - seen) ** 2)


def poles(a: Float[ndarray, "k"], w: Float[ndarray, "n"], seen: Float[ndarray, "n"]):
    """A rational frequency response, by Horner's scheme."""
    s = 1j * w
    below = np.zeros(len(w), dtype=complex)
    for c in a:
        below = below * s + c
    return np.sum((np.log(np.abs(1.0 / below)) - seen) ** 2)


def ladder(z: Complex[ndarray, "n"], load: complex):
    """The reflection of a ladder of impedances."""
    total = load
    for k in range(len(z)):
        total = z[k] + 1.0 / (1.0 / total + 1j * (k + 1))
    reflection = (total - 50.0) / (total + 50.0)
    return abs(reflection) ** 2 + np.angle(reflection)


# ---------------------------------------------------------------- linear algebra


def least_squares(A: Complex[ndarray, "n n"], b: Complex[ndarray, "n"], d: Complex[ndarray, "n"]):
    r = np.linalg.solve(A, b) - d
    return np.vdot(r, r).real


def normal_equations(A: Complex[ndarray, "n m"], b: Complex[ndarray, "n"]):
    x = np.linalg.solve(A.conj().T @ A, A.conj().T @ b)
    return np.linalg.norm(A @ x - b) + np.sum(np.abs(x) ** 2)


def inverse_and_determinant(A: Complex128[ndarray, "n n"], x: Complex128[ndarray, "n"]):
    y = np.linalg.inv(A) @ x
    return abs(np.linalg.det(A)) + np.sum(np.abs(y)) + np.real(x.conj() @ A @ x)


def products(a: Complex[ndarray, "n m"], b: Complex[ndarray, "m k"], c: Float[ndarray, "n"]):
    y = a @ b
    t = np.einsum("ij,jk,i->k", a, b, c)
    o = np.outer(c, t)
    return np.sum(np.abs(y) ** 2) + np.sum((t * t).imag) + np.sum((np.inner(o, o)).real)


def products_of_any_rank(a: NDArray[np.complex128], b):
    return np.sum(np.abs(a @ b) ** 2) + np.sum(np.dot(b, a).imag)


def hermitian_form(x: Complex[ndarray, "n"], M: Complex[ndarray, "n n"]):
    return (x.conj().T @ M @ x).real + np.vdot(x, x).real


# ---------------------------------------------------------------- functions


def elementary(z: Complex[ndarray, "n"]):
    a = np.exp(z) * np.sin(z) + np.cos(z) * np.tan(z) - np.sqrt(z)
    b = np.sinh(z) / np.cosh(z) + np.tanh(z) + np.log(z) * np.log1p(z) + np.expm1(z)
    c = np.arctan(z) + np.arcsin(z) - np.arccos(z) + np.arcsinh(z) + np.arctanh(0.3 * z)
    return np.sum((a * b).real + (b / c).imag + np.abs(c))


def powers(z: Complex[ndarray, "n"], p: complex, x: Float[ndarray, "n"]):
    y = z**2 + z**-1 + z**0.5 + z**3 + z**p + x**p + 2.0**z
    return np.sum(np.abs(y) ** 2) + np.sum((z * z.conj()).real)


def power_of_a_variable(z: complex, n: int):
    return (z**n + (n + 2) ** z).real


def parts(z: Complex[ndarray, "n"]):
    x, y = z.real, z.imag
    r = np.abs(z)
    return np.sum(x * y) + np.sum(np.angle(z) * r) + np.sum(np.real(z * z) * np.imag(z))


def polar(r: Float[ndarray, "n"], phi: Float[ndarray, "n"]):
    z = r * np.exp(1j * phi)
    w = np.cos(phi) + 1j * np.sin(phi)
    return np.sum((z * w.conj()).real ** 2) + np.sum(z.imag)


def escape(c: complex, n: int):
    """An iteration that is real at first."""
    z = 0.0
    for _ in range(n):
        z = z * z + c
    return abs(z)


def escape_time(c: complex):
    """How far a point got, by a while loop with a test of the absolute value."""
    z = c
    n = 0
    while abs(z) < 4.0 and n < 12:
        z = z * z + c
        n += 1
    return n + 1.0 - np.log(np.log(abs(z)))


def real_or_complex(x: float, turned: bool):
    """A value that is real on one path and complex on the other."""
    y = x * x
    if turned:
        y = y * (1.0 + 2.0j)
    return abs(y) ** 2 + x


def one_or_the_other(z: Complex[ndarray, "n"], x: Float[ndarray, "n"]):
    y = np.where(x > 0.0, x, z)
    w = z if len(x) > 2 else x
    return np.sum(np.abs(y) ** 2) + np.sum((w * w).imag)


def of_a_single_number(x: float):
    return abs(complex(x, 2.0 * x)) + (1j * np.exp(1j * x)).real


# ---------------------------------------------------------------- arrays


def conversions(x: Float[ndarray, "n"], y: Float[ndarray, "n"]):
    z = x.astype(complex)
    z = z + 1j * y
    w = np.asarray(x, dtype=np.complex128) * np.array(y, dtype=complex)
    s = np.stack([x + 0.0, z])
    return np.sum(np.abs(z * w) ** 2) + np.sum((s * s).imag) + np.sum(s.real)


def written_in_place(x: Float[ndarray, "n"], c: complex):
    z = np.zeros(len(x), dtype=complex)
    z[0] = x[0]
    for i in range(1, len(x)):
        z[i] = z[i - 1] * c + x[i]
        z[i] *= 0.5
        z[i] += 1j * x[i]
    return np.sum(np.abs(z) ** 2)


def parts_written(z: Complex[ndarray, "n"]):
    w = z.copy()
    w.real[0] = 2.0 * w.imag[1]
    w.imag[1:] = w.real[1:] ** 2
    w.real += np.abs(z)
    return np.sum(np.abs(w) ** 2 * np.angle(z))


def part_that_is_overwritten(z: Complex[ndarray, "n"]):
    w = z * z
    y = w.real[1:] ** 2
    w.real[1:] = 3.0
    return np.sum(y) + np.sum(np.abs(w))


def argument_overwritten(z: Complex[ndarray, "n"]):
    z[1:] = z[:-1] * z[1:]
    z *= 1j
    return np.sum(z.real * z.imag)


def indexed(z: Complex[ndarray, "n"], key: ndarray):
    picked = z[key]
    joined = np.concatenate([picked, 2.0 * z[1:]])
    table = joined[: 2 * (len(joined) // 2)].reshape(2, -1)
    return np.abs(table.sum()) + np.abs(np.mean(table, axis=0)[0]) + (table.T[0, 1] ** 2).real


def rows_of_a_list(z: Complex[ndarray, "n"], x: Float[ndarray, "n"]):
    rows = []
    for k in range(3):
        rows.append(z * k if k else x)
    total = 0.0
    for row in rows:
        total = total + np.sum(row * row) * (1.0 - 0.5j)
    return total.real + np.sum(np.abs(np.array([x[0], z[0], 1j * x[1]])))


def broadcast(z: Complex[ndarray, "n 1"], x: Float[ndarray, "m"], s: float):
    y = z * x + s
    return np.sum((y * y * y).imag)


def broadcast_unknown(z: NDArray[np.complex128], x):
    return np.sum(np.abs(z * x + x) ** 2)


# ---------------------------------------------------------------- functions of the user's


def rotated(z, angle):
    return z * np.exp(1j * angle)


def through_a_callee(x: Float[ndarray, "n"], angle: float):
    first = rotated(x, angle)
    return np.sum(np.abs(rotated(first, x) - x) ** 2)


def fill(out, value):
    out[1:] = value * out[:-1]


def written_by_a_callee(z: Complex[ndarray, "n"], c: complex):
    w = z * 2.0
    fill(w, c)
    fill(w, z[0])
    return np.sum(np.abs(w) ** 2)


def over_a_dict(params: dict[str, NDArray[np.complex128]], x: Float[ndarray, "n"]):
    y = params["a"] * x + params["b"]
    return np.sum(np.abs(y) ** 2)


def noisy(x: Float[ndarray, "n"], seed: int):
    """What a generator of random numbers returns is known to be real where that is said."""
    rng = np.random.default_rng(seed)
    noise = np.asarray(rng.normal(size=len(x)), dtype=float)
    level = float(rng.uniform())
    z = np.fft.fft(x * noise) + level
    return level * np.sum(np.abs(z)) + np.sum(noise * x)


UNIT = 1j
WAVE = 2j * np.pi


def module_constants(x: float):
    return (UNIT * np.exp(WAVE * x)).real


# ---------------------------------------------------------------- complex results


def complex_result(z: Complex[ndarray, "n"], x: Float[ndarray, "n"]):
    return np.exp(1j * x) * z**2


def holomorphic_number(c: complex):
    return c * c * np.exp(c)


def several_results(x: Float[ndarray, "n"]):
    X = np.fft.fft(x)
    return X, np.abs(X), X.real


rng = np.random.default_rng(5)


def real(*shape):
    return rng.normal(size=shape)


def mixed(*shape):
    return rng.normal(size=shape) + 1j * rng.normal(size=shape)


def square(n):
    return mixed(n, n) + 3.0 * np.eye(n)


def inside(n):
    """Numbers well inside the domain of all elementary functions."""
    return rng.uniform(0.2, 0.7, n) + 1j * rng.uniform(0.2, 0.7, n)


CALLS = {
    "fourier_filter": (("x", "gain"), [(real(6), real(6), real(6))]),
    "deconvolution": (
        ("x", "h"),
        [(real(6), real(6), real(6), 0.1), (real(5), real(5), real(5), 0.2)],
    ),
    "phase_retrieval": ("x", [(real(6), real(6)), (real(5), real(5))]),
    "spectrum_of_unknown_shape": ("x", [(real(5), real(5)), (real(2, 4), real(4))]),
    "zero_padded_spectrum": ("x", [(real(5),), (real(9),)]),
    "image_spectrum": (("u", "mask"), [(real(3, 4), real(3, 4))]),
    "shifted_spectrum": (("x", "width"), [(real(6), 0.3), (real(5), 0.4)]),
    "lms_filter": (("w", "x"), [(mixed(2), mixed(7), mixed(7), 0.1)]),
    "phase_of_a_tone": (("f", "phase"), [(0.3, 0.2, real(5), mixed(5))]),
    "beam": (("a", "k"), [(real(6), real(6), real(6), 3)]),
    "crank_nicolson": (("theta", "H1"), [(real(3), square(3), square(3), mixed(3), mixed(3), 0.2)]),
    "impedance_fit": (("R", "L", "C"), [(1.5, 0.7, 0.4, real(4) ** 2 + 0.5, mixed(4))]),
    "poles": ("a", [(real(3) + 2.0, real(4), real(4))]),
    "ladder": (("z", "load"), [(mixed(3), 2.0 + 1.0j)]),
    "least_squares": (("A", "b"), [(square(3), mixed(3), mixed(3))]),
    "normal_equations": (("A", "b"), [(mixed(5, 3), mixed(5))]),
    "inverse_and_determinant": (("A", "x"), [(square(3), mixed(3))]),
    "products": (("a", "b", "c"), [(mixed(2, 3), mixed(3, 4), real(2))]),
    "products_of_any_rank": (("a", "b"), [(mixed(3, 3), real(3, 3)), (mixed(3), real(3))]),
    "hermitian_form": (("x", "M"), [(mixed(3), mixed(3, 3))]),
    "elementary": ("z", [(inside(3),)]),
    "powers": (("z", "p", "x"), [(mixed(3), 1.3 - 0.4j, real(3))]),
    "power_of_a_variable": ("z", [(0.7 + 0.4j, 3), (0.7 + 0.4j, 0)]),
    "parts": ("z", [(mixed(4),)]),
    "polar": (("r", "phi"), [(real(3), real(3))]),
    "escape": ("c", [(0.3 + 0.2j, 4), (0.3 + 0.2j, 1)]),
    "escape_time": ("c", [(0.6 + 0.7j,), (1.1 - 0.4j,)]),
    "real_or_complex": ("x", [(1.3, True), (1.3, False)]),
    "one_or_the_other": (("z", "x"), [(mixed(4), real(4)), (mixed(2), real(2))]),
    "of_a_single_number": ("x", [(0.7,)]),
    "conversions": (("x", "y"), [(real(3), real(3))]),
    "written_in_place": (("x", "c"), [(real(4), 0.4 + 0.3j)]),
    "parts_written": ("z", [(mixed(4),)]),
    "part_that_is_overwritten": ("z", [(mixed(4),)]),
    "argument_overwritten": ("z", [(mixed(4),)]),
    "indexed": ("z", [(mixed(5), np.array([0, 0, 3]))]),
    "rows_of_a_list": (("z", "x"), [(mixed(3), real(3))]),
    "broadcast": (("z", "x", "s"), [(mixed(3, 1), real(2), 0.3)]),
    "broadcast_unknown": (
        ("z", "x"),
        [(mixed(3, 1), real(2)), (mixed(2), 0.5), (mixed(), real(2))],
    ),
    "through_a_callee": (("x", "angle"), [(real(3), 0.4)]),
    "written_by_a_callee": (("z", "c"), [(mixed(3), 0.4 - 0.3j)]),
    "over_a_dict": ("params", [({"a": mixed(3), "b": mixed(3)}, real(3))]),
    "noisy": ("x", [(real(3), 3)]),
    "module_constants": ("x", [(0.3,)]),
}

VJPS = {
    "complex_result": (("z", "x"), [((mixed(3), real(3)), mixed(3))]),
    "holomorphic_number": ("c", [((0.3 + 0.2j,), 1.0 - 0.5j)]),
    "several_results": ("x", [((real(4),), (mixed(4), real(4), real(4)))]),
}

TWICE = {"parts": None, "over_a_dict": "S2S021"}  # what a dict holds is of no known dtype
