"""The decorator and the functions, as a program uses them."""

from __future__ import annotations

import copy
import functools
import inspect
import linecache
import operator
import pickle
import traceback
from collections.abc import Callable, Iterator
from pathlib import Path
from types import FunctionType, ModuleType

import cloudpickle
import numpy as np
import pytest

import s2sad
from s2sad import S2SADError, differentiable, grad, stop_gradient, value_and_grad, vjp
from tests.modules import Workshop

MODEL = '''
"""A model."""

import numpy as np
from numpy.typing import NDArray

from s2sad import differentiable, grad


@differentiable(wrt=("W", "b"))
def loss(W: NDArray[np.float64], b, x, scale=2.0):
    """Sum of squares of an affine map.

    More about it.
    """
    r = W * x + b
    return scale * np.sum(r * r)


@differentiable
def square(x):
    return np.sum(x * x)


def cube(x: float, y: float = 1.0) -> float:
    return x * x * x * y


cube_grad = grad(cube)


@differentiable(wrt="x")
def scaled(x, y):
    return x * y


@differentiable(has_aux=True)
def with_aux(x):
    return x * x, "kept"


class Model:
    """Methods of every kind."""

    def __init__(self, omega):
        self.omega = omega

    @differentiable(wrt="q")
    def energy(self, q, p):
        return p * (self.omega * q) ** 2

    def plain(self, q):
        return self.omega * q * q
'''.lstrip()


CLOSURES = """
from s2sad import differentiable


def make_power(n):
    c = 1.0

    @differentiable
    def power(x):
        return c * x**n

    def change(value):
        nonlocal c
        c = value

    return power, change
""".lstrip()

STATIC = """
from s2sad import differentiable


class Model:
    @staticmethod
    @differentiable
    def square(x):
        return x * x

    @classmethod
    @differentiable(wrt="x")
    def cube(cls, x):
        return x * x * x
""".lstrip()


@pytest.fixture
def workshop(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Workshop:
    return Workshop(tmp_path, monkeypatch)


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Workshop]:
    with pytest.MonkeyPatch.context() as monkeypatch:
        yield Workshop(tmp_path_factory.mktemp("api"), monkeypatch)


@pytest.fixture
def model(shared: Workshop) -> ModuleType:
    return shared.load("s2sad_test_model", MODEL)


def close(actual, desired) -> None:
    np.testing.assert_allclose(actual, desired, rtol=1e-6)


# ------------------------------------------------------------ derivatives


def test_the_decorated_function_is_the_plain_function(model):
    assert type(model.loss) is FunctionType
    assert model.loss.__qualname__ == "loss"
    assert model.loss(1.0, 2.0, 3.0) == 50.0

    def f(x):
        return x * x

    assert differentiable(f) is f


def test_modes(model):
    W, b, x = np.array([1.0, 2.0]), np.array([0.5, 0.0]), np.array([3.0, 4.0])
    r = W * x + b
    value, (d_W, d_b) = model.loss.value_and_grad(W, b, x)
    assert value == model.loss(W, b, x)
    close(d_W, 4 * r * x)
    close(d_b, 4 * r)
    for expected, actual in zip((d_W, d_b), model.loss.grad(W, b, x), strict=True):
        close(actual, expected)
    value, (d_W, d_b) = model.loss.vjp(W, b, x, scale=1.0, d_out=0.5)
    close(d_W, r * x)


def test_one_name_gives_a_bare_gradient(model):
    close(model.scaled.grad(2.0, 3.0), 3.0)
    close(model.square.grad(np.array([1.0, 2.0])), [2.0, 4.0])


@pytest.mark.parametrize(
    ("wrt", "expected"),
    [
        (None, 12.0),
        ("y", 8.0),
        (1, 8.0),
        (("y",), (8.0,)),
        (("y", "x"), (8.0, 12.0)),
        ([0, "y"], (12.0, 8.0)),
    ],
)
def test_wrt(model, wrt, expected):
    value, gradient = value_and_grad(model.cube, wrt)(2.0, 1.0)
    assert value == 8.0
    assert isinstance(gradient, tuple) == isinstance(expected, tuple)
    close(gradient, expected)


@pytest.mark.parametrize(
    ("wrt", "message"),
    [
        ("z", "S2S004 cube has no parameter z"),
        (2, "no parameter at position 2"),
        (-1, "no parameter at position -1"),
        (("x", 0), "names x more than once"),
        ((), "with respect to nothing"),
        (1.5, "neither the name nor the position"),
        (True, "neither the name nor the position"),
    ],
)
def test_wrt_that_does_not_exist(model, wrt, message):
    with pytest.raises(S2SADError, match=message):
        grad(model.cube, wrt)


def test_has_aux(model):
    (value, aux), d_x = model.with_aux.value_and_grad(3.0)
    assert (value, aux) == (9.0, "kept")
    close(d_x, 6.0)


def test_functions_follow_the_decorator_unless_told_otherwise(model):
    assert grad(model.loss) is model.loss.grad
    assert value_and_grad(model.loss, ("W", "b")) is model.loss.value_and_grad
    assert grad(model.loss, "x") is not model.loss.grad
    close(grad(model.loss, "x")(2.0, 0.0, 1.0), 16.0)
    assert grad(model.cube) is grad(model.cube)
    (_, aux), _ = value_and_grad(model.with_aux)(3.0)
    assert aux == "kept"


def test_results_that_are_arrays_have_a_vjp(workshop):
    module = workshop.load(
        "s2sad_test_arrays",
        "import numpy as np\nfrom s2sad import differentiable\n\n"
        "@differentiable\ndef f(x):\n    return np.outer(x, x)\n\n"
        "def g(x):\n    return np.tanh(x)\n",
    )
    x = np.array([0.1, 0.2])
    value, d_x = module.f.vjp(x, d_out=np.ones((2, 2)))
    close(value, np.outer(x, x))
    close(d_x, [0.6, 0.6])
    value, d_x = vjp(module.g)(x, d_out=np.array([1.0, 0.0]))
    close(d_x, [1 - np.tanh(0.1) ** 2, 0.0])


def test_derivatives_of_derivatives(model):
    close(grad(grad(model.cube))(2.0), 12.0)
    close(grad(grad(grad(model.cube)), "y")(2.0), 12.0)


def test_stop_gradient_is_the_identity():
    x = np.ones(3)
    assert stop_gradient(x) is x


# ------------------------------------------------------------ what generated functions are


def test_generated_functions_are_functions(model):
    for name in ("value_and_grad", "grad", "vjp"):
        getattr(model.loss, name)(1.0, 1.0, 1.0, **({"d_out": 1.0} if name == "vjp" else {}))
        function = getattr(model.loss, name)
        assert type(function) is FunctionType
        assert function.__name__ == f"loss_{name}"
        assert function.__qualname__ == f"loss.{name}"
        assert function.__module__ == model.__name__


def test_signature(shared):
    model = shared.load("s2sad_test_signature", MODEL)
    for function in (model.loss.value_and_grad, model.loss.grad):
        signature = inspect.signature(function)
        assert list(signature.parameters) == ["W", "b", "x", "scale"]
        assert signature.parameters["scale"].default == 2.0
        assert signature.parameters["W"].annotation == model.loss.__annotations__["W"]
    d_out = inspect.signature(model.loss.vjp).parameters["d_out"]
    assert d_out.kind is inspect.Parameter.KEYWORD_ONLY
    assert "Sum of squares of an affine map." in model.loss.grad.__doc__


def test_annotations_in_quotes_are_resolved(workshop):
    module = workshop.load(
        "s2sad_test_quoted",
        "from __future__ import annotations\n"
        "from s2sad import differentiable\n\n"
        "@differentiable\ndef f(x: float, later: Later = None) -> float:\n    return x * x\n\n"
        "class Later: ...\n",
    )
    at_import, at_first_use = module.f.value_and_grad, grad(module.f)
    assert at_import.__annotations__["x"] is float
    assert "later" not in at_import.__annotations__
    assert at_first_use.__annotations__["later"] is module.Later


def test_source_is_a_module_that_stands_alone(model):
    for mode in ("value_and_grad", "grad"):
        source = getattr(model.loss, mode).source
        assert "import s2sad" not in source and "from s2sad" not in source
        namespace: dict = {}
        exec(source, namespace)
        assert f"loss_{mode}" in namespace
    assert "loss_value_and_grad" not in model.loss.grad.source


def test_the_header_names_the_command(model):
    assert (
        f"s2sad generate {model.__name__}.py --function loss --mode grad\n"
        in model.loss.grad.source
    )
    assert "--function cube --wrt y --mode grad\n" in grad(model.cube, "y").source
    assert "--function cube --wrt y, --mode grad\n" in grad(model.cube, ("y",)).source


def test_tracebacks_and_inspection_show_the_generated_source(model):
    linecache.checkcache()
    function = model.loss.value_and_grad
    source = inspect.getsource(function)
    assert source.startswith("def loss_value_and_grad(")
    assert source.strip() in function.source
    try:
        function(np.ones(2), np.ones(2), np.ones(3))
    except ValueError:
        shown = traceback.format_exc()
    assert "in loss_value_and_grad\n" in shown
    assert any(line.strip() and line in shown for line in source.splitlines()[1:])


def test_debuggers_find_the_file(model):
    file = Path(model.loss.grad.__code__.co_filename)
    assert file.read_text() == model.loss.grad.source


def test_pickling_by_reference(shared):
    model = shared.load("s2sad_test_pickling", MODEL)
    before = pickle.dumps([model.loss.grad, model.loss.vjp])
    assert "vjp" in repr(model.loss.vjp)
    for function in pickle.loads(before):
        assert callable(function)
    model.loss.grad(1.0, 1.0, 1.0)
    everything = [
        *(model.loss.value_and_grad, model.loss.grad, model.Model.energy.grad),
        *(model.cube_grad, grad(model.loss)),
    ]
    assert pickle.loads(pickle.dumps(everything))[0] is model.loss.value_and_grad
    assert copy.deepcopy(model.loss.grad) is model.loss.grad
    (shared.folder / "pickled").write_bytes(before + pickle.dumps(everything))
    printed = shared.run(
        "import pickle\n"
        "file = open('pickled', 'rb')\n"
        "functions = pickle.load(file) + pickle.load(file)\n"
        "print([f.__name__ for f in functions], float(functions[0](1.0, 2.0, 3.0)[1]))"
    )
    names = "loss_grad loss_vjp loss_value_and_grad loss_grad energy_grad cube_grad loss_grad"
    assert printed.startswith(str(names.split()))
    close(float(printed.split()[-1]), 20.0)


@pytest.fixture
def by_value() -> Iterator[Callable[[ModuleType, object], object]]:
    """Pickles as joblib does with what is defined in a notebook, and reads it back."""

    def copied(module, thing):
        cloudpickle.register_pickle_by_value(module)
        try:
            return cloudpickle.loads(cloudpickle.dumps(thing))
        finally:
            cloudpickle.unregister_pickle_by_value(module)

    return copied


def test_pickling_by_value(shared, by_value):
    model = shared.load("s2sad_test_by_value", MODEL)
    loss, loss_grad = by_value(model, [model.loss, model.loss.grad])
    assert loss is not model.loss
    close(loss_grad(1.0, 2.0, 3.0), (60.0, 20.0))
    close(loss.vjp(1.0, 2.0, 3.0, d_out=1.0)[1], (60.0, 20.0))


def test_pickling_of_closures_by_value(shared, by_value):
    model = shared.load("s2sad_test_closures", CLOSURES)
    square, _ = model.make_power(2)
    square, square_value_and_grad = by_value(model, [square, square.value_and_grad])
    close(square.grad(3.0), 6.0)
    close(square_value_and_grad(3.0), (9.0, 6.0))


def test_a_derivative_that_nobody_has_used_looks_like_a_function(shared):
    model = shared.load("s2sad_test_pending", MODEL)
    pending = model.loss.vjp
    assert (pending.__name__, pending.__qualname__) == ("loss_vjp", "loss.vjp")
    assert pending.__module__ == model.__name__
    assert callable(pending)
    assert not hasattr(pending, "no_such_thing")
    assert "def loss_vjp(" in pending.source
    assert type(model.loss.vjp) is FunctionType
    assert pending(1.0, 1.0, 1.0, d_out=1.0) == model.loss.vjp(1.0, 1.0, 1.0, d_out=1.0)
    assert inspect.signature(pending) == inspect.signature(model.loss.vjp)
    assert grad(model.loss) is model.loss.grad


# ------------------------------------------------------------ where functions come from


def test_closures_are_read_when_they_are_called(shared):
    model = shared.load("s2sad_test_closures", CLOSURES)
    square, change = model.make_power(2)
    cube, _ = model.make_power(3)
    close(square.grad(3.0), 6.0)
    close(cube.grad(3.0), 27.0)
    change(10.0)
    assert square.value_and_grad(3.0)[0] == square(3.0) == 90.0
    close(square.grad(3.0), 60.0)
    assert list(inspect.signature(square.grad).parameters) == ["x"]
    assert square.grad.__name__ == "power_grad"
    assert "power" in square.grad.source


def test_methods(model):
    m = model.Model(3.0)
    close(model.Model.energy.grad(m, 2.0, 0.5), 18.0)
    value, d_q = grad(m.energy), m.energy.value_and_grad(m, 2.0, 0.5)[1]
    close(value(2.0, 0.5), 18.0)
    close(d_q, 18.0)
    close(grad(m.energy, "p")(2.0, 0.5), 36.0)
    close(grad(m.plain)(2.0), 12.0)
    assert m.energy(2.0, 0.5) == 18.0


def test_methods_without_self(workshop):
    model = workshop.load("s2sad_test_static", STATIC).Model
    close(model.square.grad(3.0), 6.0)
    close(model().square.grad(3.0), 6.0)
    close(model.cube.__func__.grad(model, 3.0), 27.0)
    close(grad(model.cube)(3.0), 27.0)


def test_caches_are_looked_through(workshop):
    module = workshop.load(
        "s2sad_test_lru",
        "from functools import lru_cache\n\n@lru_cache\ndef f(x):\n    return x * x\n",
    )
    close(grad(module.f)(3.0), 6.0)
    close(differentiable(module.f).grad(3.0), 6.0)


def test_other_decorators_are_not_looked_through(workshop):
    text = (
        "import functools\n\n"
        "def doubled(f):\n    @functools.wraps(f)\n    def wrapper(x):\n"
        "        return 2.0 * (x * x)\n    return wrapper\n\n"
        "@doubled\ndef f(x):\n    return x * x\n"
    )
    module = workshop.load("s2sad_test_wraps", text)
    try:
        gradient = grad(module.f)(3.0)
    except S2SADError:
        return  # refusing is right, too
    close(gradient, 12.0)


def test_attributes_that_a_decorator_copied_do_not_mislead(workshop):
    @functools.wraps(np.sum)
    def wrapper(x):
        return x * x

    def f(x):
        return x * x * x

    grad(f)
    wrapper.__dict__.update(f.__dict__)
    close(grad(f)(1.0), 3.0)
    close(grad(wrapper)(1.0), 2.0)


@pytest.mark.parametrize("thing", [len, operator.itemgetter(1), 3, np.tanh, int])
def test_what_has_no_source_is_refused(thing):
    with pytest.raises(S2SADError, match="S2S007"):
        grad(thing)


def test_the_order_of_decorators_is_explained():
    with pytest.raises(S2SADError, match="Put @differentiable below @staticmethod"):
        differentiable(staticmethod(lambda x: x))


def test_a_notebook_cell(workshop):
    text = "import numpy as np\ndef f(x):\n    return np.sum(np.sin(x))\n"
    name = "<ipython-input-1-abcdef>"
    linecache.cache[name] = (len(text), None, text.splitlines(keepends=True), name)
    namespace: dict = {"__name__": "__main__"}
    exec(compile(text, name, "exec"), namespace)
    close(grad(namespace["f"])(np.array([0.0, 1.0])), np.cos([0.0, 1.0]))


def test_code_without_a_source_is_refused():
    namespace: dict = {}
    exec("def f(x):\n    return x * x\n", namespace)
    with pytest.raises(S2SADError, match="S2S007"):
        grad(namespace["f"])


def test_refusals_come_at_import(workshop):
    text = (
        "from scipy.optimize import brentq\nfrom s2sad import differentiable\n\n"
        "@differentiable\ndef f(x):\n    return brentq(f, 0.0, x)\n"
    )
    with pytest.raises(S2SADError, match=r"s2sad_test_refused.py:6:\d+: S2S\d\d\d"):
        workshop.load("s2sad_test_refused", text)


def test_errors_can_be_pickled():
    with pytest.raises(S2SADError) as caught:
        grad(len)
    again = pickle.loads(pickle.dumps(caught.value))
    assert str(again) == str(caught.value)


def test_what_is_public():
    for name in s2sad.__all__:
        assert getattr(s2sad, name).__doc__
