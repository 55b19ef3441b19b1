"""Complex numbers against other sources of truth: closed forms, PyTorch, JAX, differences.

The convention is PyTorch's: for a real L of z = x + iy the gradient is dL/dx + i dL/dy. JAX gives
its conjugate.
"""

from __future__ import annotations

import importlib
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeAlias

import numpy as np
import pytest

import s2sad
from s2sad.errors import S2SADError
from s2sad.testing import check_gradients
from tests.corpus import complex_numbers as corpus

RNG = np.random.default_rng(3)


def mixed(*shape: int) -> Any:
    return RNG.normal(size=shape) + 1j * RNG.normal(size=shape)


# ---------------------------------------------------------------- closed forms


def squared(z: complex) -> float:
    return abs(z) ** 2


def linear(z: complex, c: complex) -> float:
    return (c * z).real


def modulus(z: complex) -> float:
    return np.abs(z)


def phase(z: complex) -> float:
    return np.angle(z)


def parseval(x: Any) -> float:
    return np.sum(np.abs(np.fft.fft(x)) ** 2)


def logarithm(z: complex) -> float:
    return np.log(z).real


def test_closed_forms() -> None:
    z, c = 0.6 - 0.8j, 1.5 + 0.5j
    assert np.isclose(s2sad.grad(squared)(z), 2 * z)
    assert np.isclose(s2sad.grad(linear)(z, c), np.conj(c))
    assert np.isclose(s2sad.grad(modulus)(z), z / abs(z))
    assert np.isclose(s2sad.grad(phase)(z), 1j * z / abs(z) ** 2)
    assert np.isclose(s2sad.grad(logarithm)(z), z / abs(z) ** 2)
    x = RNG.normal(size=5)
    np.testing.assert_allclose(s2sad.grad(parseval)(x), 2 * len(x) * x)


def test_slope_of_the_absolute_value_at_zero_is_zero() -> None:
    assert s2sad.grad(modulus)(0j) == 0
    assert s2sad.grad(squared)(0j) == 0


def test_gradient_descends() -> None:
    z, c = 2.0 + 1.0j, -1.0 + 3.0j

    def loss(z: complex, c: complex) -> float:
        return abs(z - c) ** 2

    step = s2sad.grad(loss)
    for _ in range(60):
        z -= 0.2 * step(z, c)
    assert abs(z - c) < 1e-9


# ---------------------------------------------------------------- PyTorch and JAX


def in_torch(name: str, torch: Any) -> Callable[..., Any]:
    """Functions of the corpus in PyTorch."""

    def phase_retrieval(x: Any, b: Any) -> Any:
        return torch.sum((torch.abs(torch.fft.fft(x)) - b) ** 2)

    def deconvolution(x: Any, h: Any, y: Any, penalty: float) -> Any:
        blurred = torch.fft.irfft(torch.fft.rfft(h) * torch.fft.rfft(x), len(x))
        return torch.sum((blurred - y) ** 2) + penalty * torch.sum(x**2)

    def beam(a: Any, k: Any, wanted: Any, steps: int) -> Any:
        psi = a.to(torch.complex128)
        half = torch.exp(-0.5j * k**2 * 0.1)
        for _ in range(steps):
            psi = torch.fft.ifft(half * torch.fft.fft(psi))
            psi = psi * torch.exp(-0.1j * torch.abs(psi) ** 2)
            psi = torch.fft.ifft(half * torch.fft.fft(psi))
        return torch.sum((torch.abs(psi) ** 2 - wanted) ** 2)

    def crank_nicolson(theta: Any, H0: Any, H1: Any, start: Any, wanted: Any, dt: float) -> Any:
        psi = start
        for t in range(len(theta)):
            A = torch.eye(len(start)) + 0.5j * dt * (H0 + theta[t] * H1)
            psi = torch.linalg.solve(A, A.conj().T @ psi)
        return 1.0 - torch.abs(torch.vdot(wanted, psi)) ** 2

    def least_squares(A: Any, b: Any, d: Any) -> Any:
        r = torch.linalg.solve(A, b) - d
        return torch.vdot(r, r).real

    def inverse_and_determinant(A: Any, x: Any) -> Any:
        y = torch.linalg.inv(A) @ x
        held = torch.abs(torch.linalg.det(A)) + torch.sum(torch.abs(y))
        return held + torch.real(x.conj() @ A @ x)

    def parts(z: Any) -> Any:
        r = torch.abs(z)
        held = torch.sum(z.real * z.imag) + torch.sum(torch.angle(z) * r)
        return held + torch.sum(torch.real(z * z) * torch.imag(z))

    found: Callable[..., Any] = locals()[name]
    return found


IN_TORCH = (
    "phase_retrieval deconvolution beam crank_nicolson least_squares inverse_and_determinant parts"
).split()


@pytest.mark.parametrize("name", IN_TORCH)
def test_gradient_is_that_of_pytorch(name: str) -> None:
    torch = pytest.importorskip("torch")
    torch.set_default_dtype(torch.float64)
    wrt, calls = corpus.CALLS[name]
    names = (wrt,) if isinstance(wrt, str) else wrt
    function = getattr(corpus, name)
    code = function.__code__
    for call in calls:
        given = [torch.tensor(a) if isinstance(a, np.ndarray) else a for a in call]
        chosen = [given[code.co_varnames.index(each)] for each in names]
        for tensor in chosen:
            tensor.requires_grad_()
        in_torch(name, torch)(*given).backward()
        found = s2sad.grad(function, wrt=names)(*call)
        for tensor, gradient in zip(chosen, found, strict=True):
            np.testing.assert_allclose(gradient, tensor.grad.numpy(), rtol=1e-9, atol=1e-11)


@pytest.mark.parametrize("name", ["elementary", "hermitian_form", "products", "powers"])
def test_gradient_is_the_conjugate_of_that_of_jax(
    name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    jax = pytest.importorskip("jax")
    jax.config.update("jax_enable_x64", True)
    wrt, calls = corpus.CALLS[name]
    names = (wrt,) if isinstance(wrt, str) else wrt
    function = getattr(corpus, name)
    found = s2sad.grad(function, wrt=names)(*calls[0])
    places = tuple(function.__code__.co_varnames.index(each) for each in names)
    monkeypatch.setattr(corpus, "np", jax.numpy)
    theirs = jax.grad(function, argnums=places)(*map(jax.numpy.asarray, calls[0]))
    for gradient, other in zip(found, theirs, strict=True):
        np.testing.assert_allclose(gradient, np.conj(other), rtol=1e-9, atol=1e-11)


# ---------------------------------------------------------------- second derivatives


SECOND = (
    "parts powers elementary least_squares phase_retrieval deconvolution beam lms_filter polar"
    " inverse_and_determinant impedance_fit escape written_in_place argument_overwritten"
    " through_a_callee broadcast_unknown conversions normal_equations"
).split()


@pytest.mark.parametrize("name", SECOND)
def test_second_derivative_is_that_of_the_gradient(name: str) -> None:
    wrt, calls = corpus.CALLS[name]
    first = wrt if isinstance(wrt, str) else wrt[0]
    function = getattr(corpus, name)
    place = function.__code__.co_varnames.index(first)
    gradient, hvp = s2sad.grad(function, wrt=first), s2sad.hvp(function, wrt=first)
    call = list(calls[0])
    at = call[place]
    generator = np.random.default_rng(1)
    for factor in (1.0, 1j) if np.iscomplexobj(at) else (1.0,):
        direction = factor * generator.standard_normal(np.shape(at))
        direction = direction if np.ndim(at) else np.asarray(direction).item()

        def moved(step: float, direction: Any = direction) -> Any:
            there = list(call)
            there[place] = at + step * direction
            return gradient(*there)

        h = 1e-4
        near, far = moved(h) - moved(-h), moved(2 * h) - moved(-2 * h)
        numeric = (8.0 * near - far) / (12.0 * h)
        found = hvp(*call, **{f"dot_{first}": direction})
        scale = 1.0 + float(np.max(np.abs(numeric)))
        np.testing.assert_allclose(found, numeric, rtol=1e-6, atol=1e-6 * scale)


# ---------------------------------------------------------------- what is generated


def generated(name: str, mode: str = "grad") -> str:
    """The backward part of a generated function of the corpus."""
    wrt, _ = {**corpus.CALLS, **corpus.VJPS}[name]
    made: Any = getattr(s2sad, mode)(getattr(corpus, name), wrt=wrt)
    text: str = made.source
    return text[text.index(f"def {name}") :]


def test_text_has_no_needless_conjugates() -> None:
    for name in corpus.CALLS:
        text = generated(name)
        assert "conj(np.conj(" not in text, name
        assert not re.search(r"\.real\.(real|imag)\b", text), name


def test_conjugates_of_literals_are_literals() -> None:
    """d_z times the conjugate of 1j * k is written as -1j times k, and its real part as .imag."""
    text = generated("phase_of_a_tone")
    assert "np.conj(1j" not in text
    assert ".imag" in text


def test_real_programs_have_no_trace_of_complex_numbers() -> None:
    module = importlib.import_module("tests.corpus.linear_algebra")
    text = s2sad.grad(module.quadratic_form, wrt=("A", "x")).source
    assert "conj" not in text and ".real" not in text


def test_gradients_have_the_dtype_of_their_parameter() -> None:
    z = mixed(3).astype(np.complex64)

    def unshaped(z: np.ndarray[Any, np.dtype[np.complex64]]) -> float:
        return np.sum(np.abs(z) ** 2)

    assert s2sad.grad(unshaped)(z).dtype == np.complex64
    assert isinstance(s2sad.grad(squared)(0.5j), complex)
    assert isinstance(s2sad.grad(modulus)(0.5j), complex)


# ---------------------------------------------------------------- checks and refusals


def test_check_gradients_takes_complex_numbers() -> None:
    check_gradients(corpus.parts, (mixed(4),), order=2)
    check_gradients(corpus.complex_result, (mixed(3), RNG.normal(size=3)), wrt=("z", "x"))


def test_check_gradients_finds_a_wrong_gradient() -> None:
    from s2sad.checks.compare import Subject, compare

    right = s2sad.value_and_grad(corpus.parts, wrt=("z",))

    def wrong(z: Any) -> Any:
        value, (gradient,) = right(z)
        return value, (np.conj(gradient),)

    subject = Subject(corpus.parts, ("z",), wrong, None, {"z": mixed(4)})
    assert not all(row.is_right for row in compare(subject))


def test_verify_makes_complex_inputs(tmp_path: Path) -> None:
    from click.testing import CliRunner

    from s2sad.cli import command

    (tmp_path / "model.py").write_text(
        "import numpy as np\n"
        "from jaxtyping import Complex\n"
        "from numpy import ndarray\n"
        "from s2sad import differentiable\n\n\n"
        '@differentiable(wrt=("z", "c"))\n'
        'def loss(z: Complex[ndarray, "n"], c: complex) -> float:\n'
        "    return np.sum(np.abs(np.exp(c * z)) ** 2)\n"
    )
    result = CliRunner().invoke(command, ["verify", str(tmp_path / "model.py")])
    assert result.exit_code == 0, result.output


def test_captured_complex_numbers_are_refused() -> None:
    turn = 1j

    def loss(x: float) -> float:
        return abs(turn * x + 1.0)

    with pytest.raises(S2SADError, match="captured turn, which is complex"):
        s2sad.grad(loss)(0.5)


def test_containers_of_complex_numbers_are_not_differentiated_twice() -> None:
    with pytest.raises(S2SADError, match="holds complex numbers"):
        s2sad.hvp(corpus.over_a_dict, wrt="params").source  # noqa: B018


# ---------------------------------------------------------------- Jacobians

C1: TypeAlias = np.ndarray[tuple[int], np.dtype[np.complex128]]
C2: TypeAlias = np.ndarray[tuple[int, int], np.dtype[np.complex128]]
R1: TypeAlias = np.ndarray[tuple[int], np.dtype[np.float64]]


def transmission(z: C1, A: C2) -> C1:
    return np.exp(1j * z) @ A.T + (A @ z) ** 3 - np.linalg.solve(A, np.arcsinh(z))


def rotating(x: R1, z: C1) -> C1:
    return np.fft.fft(x) * np.exp(1j * x[0]) * z[1] ** 2


def by_test(z: C1) -> C1:
    if np.abs(z[0]) > 0.5:
        return np.where(z.real > 0.0, z**2, -z)
    return z


def marching(z: C1) -> C1:
    """Writes real tangents of complex numbers first, and complex ones later."""
    for k in range(1, len(z)):
        z[k] += 1j * z[k - 1] * z[k]
    return z


def of_a_number(z: complex) -> complex:
    return z**2 * np.sin(z)


JACOBIANS: list[tuple[Callable[..., Any], tuple[str, ...], tuple[Any, ...]]] = [
    (transmission, ("z",), (mixed(3), mixed(3, 3))),
    (transmission, ("z", "A"), (mixed(3), mixed(3, 3))),
    (rotating, ("x",), (RNG.normal(size=4), mixed(2))),
    (rotating, ("x", "z"), (RNG.normal(size=4), mixed(2))),
    (by_test, ("z",), (mixed(4),)),
    (marching, ("z",), (mixed(4),)),
    (of_a_number, ("z",), (0.3 - 0.4j,)),
]


@pytest.mark.parametrize(("function", "wrt", "call"), JACOBIANS)
def test_jacobian_of_a_holomorphic_function(function: Any, wrt: Any, call: Any) -> None:
    """The columns are derivatives along real and along imaginary steps."""
    names = function.__code__.co_varnames
    blocks = s2sad.jacobian(function, wrt=wrt)(*map(np.copy, call))
    for name, found in zip(wrt, blocks, strict=True):
        at = call[names.index(name)]
        assert np.iscomplexobj(found)
        for turn in (1.0, 1j) if np.iscomplexobj(at) else (1.0,):
            for place in np.ndindex(np.shape(at)):
                unit = np.zeros(np.shape(at), complex)
                unit[place] = turn * 1e-6
                unit = unit if np.iscomplexobj(at) else unit.real

                def moved(by: Any, name: str = name, at: Any = at) -> Any:
                    there = [np.copy(a) for a in call]
                    there[names.index(name)] = at + by
                    return function(*there)

                numeric = (moved(unit) - moved(-unit)) / 2e-6
                np.testing.assert_allclose(turn * found[(..., *place)], numeric, 1e-6, 1e-7)


def test_jacobian_is_that_of_jax(monkeypatch: pytest.MonkeyPatch) -> None:
    jax = pytest.importorskip("jax")
    jax.config.update("jax_enable_x64", True)
    z, A = mixed(3), mixed(3, 3)
    ours = s2sad.jacobian(transmission)(z, A)
    monkeypatch.setitem(globals(), "np", jax.numpy)
    theirs = jax.jacfwd(transmission, holomorphic=True)(z, A)
    monkeypatch.undo()
    np.testing.assert_allclose(ours, theirs, rtol=1e-10, atol=1e-12)


def scaled_by_size(z: C1) -> C1:
    return z * np.abs(z)


def twice_conjugate(z: C1) -> C1:
    return np.conj(np.conj(z))


def real_part_lost(z: C1) -> C1:
    return np.fft.irfft(z) + 0j


def factor(z: C2) -> C2:
    return np.linalg.cholesky(z)


def real_part_overwritten(z: C1) -> C1:
    w = np.zeros_like(z)
    part = w.real
    w[...] = z**2
    part[0] = 1.0
    return w


def inside_of_a_callee(z: C1) -> C1:
    return 1.0 + scaled_by_size(z)


@pytest.mark.parametrize(
    "function",
    [scaled_by_size, twice_conjugate, real_part_lost, factor, real_part_overwritten,
     inside_of_a_callee],
)  # fmt: skip
def test_jacobian_of_what_is_not_proved_to_be_holomorphic_is_refused(function: Any) -> None:
    with pytest.raises(S2SADError, match="S2S021 cannot give .* of complex numbers is not holo"):
        s2sad.jacobian(function)


def pair(z: C1) -> Any:
    return z**2, z**3


@pytest.mark.parametrize(
    ("derivative", "function", "message"),
    [
        (s2sad.hessian, squared, "a Hessian is of real ones"),
        (lambda f: s2sad.jacobian(f, mode="reverse"), of_a_number, "found by columns"),
        (s2sad.sparse_jacobian, marching, "found by columns"),
        (s2sad.jacobian, pair, "found by columns, of arrays"),
    ],
)
def test_what_there_is_none_of(derivative: Any, function: Any, message: str) -> None:
    with pytest.raises(S2SADError, match="S2S021") as caught:
        derivative(function)
    assert message in str(caught.value)


# ---------------------------------------------------------------- parameters without annotations


def summed_squares(z):
    return np.sum(np.abs(z) ** 2)


def real_of_square(z):
    return np.sum((z * z).real)


def data_turned(x, A):
    return np.sum((A @ x).imag ** 2)


def annotated_but_for_its_data(x: np.ndarray[tuple[int], np.dtype[np.float64]], A) -> float:
    return np.sum(np.abs(A @ x))


def written_one_by_one(z, w):
    out = np.zeros(len(z))
    for i in range(len(z)):
        out[i] = np.abs(z[i] * w[i])
    return np.sum(out)


def in_a_dict(p):
    return np.sum(np.abs(p["W"] * p["b"]))


def turned_by_time(x, t):
    return np.abs(np.sum(np.exp(1j * x * t)))


def through_a_norm(z, w):
    return np.linalg.norm(z * w)


def complex_loss(z):
    return np.sum(z * z)


Z, W = mixed(3), RNG.normal(size=3)
UNANNOTATED = [
    (summed_squares, (Z,)),
    (real_of_square, (Z,)),
    (data_turned, (W, mixed(2, 3))),
    (annotated_but_for_its_data, (W, mixed(2, 3))),
    (written_one_by_one, (Z, W)),
    (written_one_by_one, (W, Z)),
    (in_a_dict, ({"W": W, "b": Z},)),
    (turned_by_time, (W, 1.0 + 1.0j)),
    (turned_by_time, (Z, 1.0)),
    (through_a_norm, (W, Z)),
    (complex_loss, (Z,)),
]


def real_tree(value: Any) -> Any:
    """The same arguments without imaginary parts."""
    if isinstance(value, dict):
        return {key: real_tree(item) for key, item in value.items()}
    return np.real(value)


@pytest.mark.parametrize("mode", ["grad", "jvp", "hvp", "jacobian", "hessian"])
@pytest.mark.parametrize(("function", "arguments"), UNANNOTATED)
def test_complex_arguments_without_annotation_are_refused(
    function: Any, arguments: Any, mode: str
) -> None:
    """A parameter without annotation is real: a complex array in its place is found at run time,
    and never gives the derivative for real numbers."""
    if (function, mode) == (complex_loss, "jvp"):
        _, dot = s2sad.jvp(function)(Z, dot_z=1j * Z)
        np.testing.assert_allclose(dot, np.sum(2j * Z * Z))  # holomorphic: the tangent is right
        return
    derivative = getattr(s2sad, mode)(function)
    name = function.__code__.co_varnames[0]
    first = real_tree(arguments[0])
    dots = {f"dot_{name}": first} if mode in ("jvp", "hvp") else {}
    with pytest.raises(TypeError, match="complex (numbers: annotate|one)"):
        derivative(*arguments, **dots)
    derivative(*map(real_tree, arguments), **dots)


def test_real_arguments_without_annotation_have_their_gradient() -> None:
    x, A = W, RNG.normal(size=(2, 3))
    found = s2sad.grad(annotated_but_for_its_data)(x, A)
    np.testing.assert_allclose(found, A.T @ np.sign(A @ x))
    found = s2sad.grad(written_one_by_one)(x, A[0])
    np.testing.assert_allclose(found, np.sign(x * A[0]) * A[0])


def test_programs_that_hide_nothing_check_nothing() -> None:
    def smooth(x, A):
        return np.sum(np.tanh(A @ x))

    assert "refuse_complex" not in s2sad.grad(smooth).source
    assert "refuse_complex" not in s2sad.jvp(smooth).source


# ---------------------------------------------------------------- factors, moments, transforms

R2: TypeAlias = np.ndarray[tuple[int, int], np.dtype[np.float64]]


def spread(z: C2) -> float:
    return np.var(z) + np.sum(np.std(z, axis=0) ** 3) + np.sum(np.var(z, axis=1, ddof=1) ** 2)


def log_likelihood(B: C2, x: C2) -> float:
    A = B @ B.conj().T + 2.0 * np.eye(3)
    L = np.linalg.cholesky(A)
    y = np.linalg.solve(L, x)
    return np.sum(np.abs(y) ** 2) + 2.0 * np.sum(np.log(np.diagonal(L).real))


def levels(B: C2) -> float:
    w, v = np.linalg.eigh(B + B.conj().T)
    return np.sum(w**3) + np.sum(np.arange(3.0) * np.abs(v[1]) ** 4)


def level_values(B: C2) -> float:
    return np.sum(np.linalg.eigvalsh(B + B.conj().T) ** 3)


def conditioned(A: C2) -> float:
    s = np.linalg.svd(A, compute_uv=False)
    sign, logdet = np.linalg.slogdet(A[:3])
    return np.log(s[0] / s[2]) + logdet + (sign * (1.0 + 2.0j)).real


def powers_and_products(A: C2, B: C2) -> float:
    P = np.linalg.matrix_power(A, 3) + B @ np.linalg.matrix_power(A @ B, -2)
    return np.sum(np.abs(P) ** 2)


def chain(A: C2, B: C2) -> float:
    return np.sum(np.abs(np.linalg.multi_dot([A, B, A])) ** 2)


def low_rank(A: C2) -> float:
    u, s, vh = np.linalg.svd(A, full_matrices=False)
    return np.sum(np.abs((u[:, :1] * s[:1]) @ vh[:1] - 1.0) ** 3) + np.sum(s)


def filtered(A: C2, B: C2) -> float:
    y = np.convolve(A[0], B[0], "same") + np.correlate(A[1], B[1], "same")
    return np.sum(np.abs(y) ** 2)


def spectra(X: R2, Z: C2) -> float:
    a = np.fft.irfft2(np.fft.rfft2(X) * Z, s=(3, 4))
    b = np.fft.irfftn(np.fft.rfftn(X, axes=(1, 0)), axes=(1, 0))
    return np.sum(a**3) + np.sum(np.fft.hfft(Z[0]) * np.fft.ihfft(X[0], 4).real[0]) + np.sum(b**2)


def newer_in_torch(name: str, torch: Any) -> Callable[..., Any]:
    """The functions above in PyTorch."""

    def spread(z: Any) -> Any:
        held = torch.var(z, correction=0) + torch.sum(torch.std(z, 0, correction=0) ** 3)
        return held + torch.sum(torch.var(z, 1, correction=1) ** 2)

    def log_likelihood(B: Any, x: Any) -> Any:
        L = torch.linalg.cholesky(B @ B.conj().T + 2.0 * torch.eye(3))
        y = torch.linalg.solve_triangular(L, x, upper=False)
        return torch.sum(torch.abs(y) ** 2) + 2.0 * torch.sum(torch.log(torch.diagonal(L).real))

    def levels(B: Any) -> Any:
        w, v = torch.linalg.eigh(B + B.conj().T)
        return torch.sum(w**3) + torch.sum(torch.arange(3.0) * torch.abs(v[1]) ** 4)

    def level_values(B: Any) -> Any:
        return torch.sum(torch.linalg.eigvalsh(B + B.conj().T) ** 3)

    def conditioned(A: Any) -> Any:
        s = torch.linalg.svdvals(A)
        sign, logdet = torch.linalg.slogdet(A[:3])
        return torch.log(s[0] / s[2]) + logdet + (sign * (1.0 + 2.0j)).real

    def powers_and_products(A: Any, B: Any) -> Any:
        P = torch.linalg.matrix_power(A, 3) + B @ torch.linalg.matrix_power(A @ B, -2)
        return torch.sum(torch.abs(P) ** 2)

    def chain(A: Any, B: Any) -> Any:
        return torch.sum(torch.abs(torch.linalg.multi_dot([A, B, A])) ** 2)

    def low_rank(A: Any) -> Any:
        u, s, vh = torch.linalg.svd(A, full_matrices=False)
        rest = (u[:, :1] * s[:1].to(A.dtype)) @ vh[:1] - 1.0
        return torch.sum(torch.abs(rest) ** 3) + torch.sum(s)

    found: Callable[..., Any] = locals()[name]
    return found


NEWER: dict[str, tuple[Callable[..., Any], tuple[Any, ...]]] = {
    "spread": (spread, (mixed(3, 4),)),
    "log_likelihood": (log_likelihood, (mixed(3, 3), mixed(3, 2))),
    "levels": (levels, (mixed(3, 3),)),
    "level_values": (level_values, (mixed(3, 3),)),
    "conditioned": (conditioned, (mixed(3, 3),)),
    "powers_and_products": (powers_and_products, (mixed(3, 3), mixed(3, 3))),
    "chain": (chain, (mixed(3, 3), mixed(3, 3))),
    "low_rank": (low_rank, (mixed(3, 4),)),
    "filtered": (filtered, (mixed(2, 4), mixed(2, 3))),
    "spectra": (spectra, (RNG.normal(size=(3, 4)), mixed(3, 3))),
}


@pytest.mark.parametrize("name", [name for name in NEWER if name not in ("filtered", "spectra")])
def test_newer_gradient_is_that_of_pytorch(name: str) -> None:
    torch = pytest.importorskip("torch")
    torch.set_default_dtype(torch.float64)
    function, call = NEWER[name]
    names = function.__code__.co_varnames[: function.__code__.co_argcount]
    given = [torch.tensor(a, requires_grad=True) for a in call]
    newer_in_torch(name, torch)(*given).backward()
    found = s2sad.grad(function, wrt=names)(*call)
    for tensor, gradient in zip(given, found, strict=True):
        np.testing.assert_allclose(gradient, tensor.grad.numpy(), rtol=1e-8, atol=1e-10)


ONCE = ("chain",)
"""What is refused a second time, as it is for real numbers."""


@pytest.mark.parametrize("name", NEWER)
def test_newer_functions_in_both_modes_and_twice(name: str) -> None:
    """Gradients and tangents along real and imaginary directions are differences, and so are
    second derivatives."""
    function, call = NEWER[name]
    names = function.__code__.co_varnames[: function.__code__.co_argcount]
    check_gradients(function, call, wrt=names, order=1 if name in ONCE else 2)


def test_phases_of_eigenvectors_are_those_of_lapack() -> None:
    """A loss that sees the phase of an eigenvector has the derivative of what NumPy gives."""

    def seen(B: C2) -> float:
        w, v = np.linalg.eigh(B + B.conj().T)
        return np.sum(v.real[1:] * w) + v[2, 0].imag

    def seen_of_several(A: C2) -> float:
        u, s, vh = np.linalg.svd(A, full_matrices=False)
        return np.sum(u.real[1:]) + np.sum(vh.imag[:, 1:] * s[:, None])

    check_gradients(seen, (mixed(3, 3),))
    for sizes in ((3, 3), (4, 2), (2, 4)):
        check_gradients(seen_of_several, (mixed(*sizes),))
