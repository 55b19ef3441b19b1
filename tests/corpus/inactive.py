"""Python that carries no derivative is carried over as it stands, whatever it is."""

import functools
import json
import logging
import operator
import os
import re
import sys
import tempfile
import warnings
from collections import Counter, defaultdict, deque
from contextlib import suppress
from pathlib import Path

import numpy as np

log = logging.getLogger(__name__)
SETTINGS = {"lr": 0.1, "names": ["a", "b"]}


def try_except(x, text: str = "3"):
    """try, except, else and finally around constants."""
    try:
        n = int(text)
    except ValueError as error:
        n = len(str(error)) % 3
    else:
        n += 1
    finally:
        k = 2
    return np.sum(x**n) * k


def dict_juggling(x, words: tuple = ("b", "a", "b")):
    counts = Counter(words)
    groups = defaultdict(list)
    for k, word in enumerate(words):
        groups[word].append(k)
    order = [k for word in sorted(groups) for k in groups[word]]
    counts["b"] += 1
    return np.sum(x[order] * counts["b"]) + x[groups["a"][0]] ** 2


def index_building(x):
    """Lists of indices made with append, del, slices and sort; arrays of them written in place."""
    index = []
    for k in range(len(x)):
        if k % 2 == 0:
            index.append(k)
            index.insert(0, k)
    index.sort(reverse=True)
    del index[0]
    index[0] = 1
    mask = np.zeros(len(x), dtype=bool)
    mask[index] = True
    mask[-1] ^= True
    return np.sum(x[index] ** 2) + np.sum(x[mask])


def mutated_between_reads(x):
    """The same list holds other indices at the second read."""
    index = [0, 1]
    a = x[index] ** 2
    index.append(2)
    index[0] = 3
    b = x[index] ** 3
    index.clear()
    return np.sum(a) * np.sum(b)


def mutated_in_a_loop(x):
    """weights is a constant array, another one in every iteration."""
    weights = np.ones(len(x))
    total = 0.0
    for k in range(3):
        weights[k] = k * 2.0
        x = x * weights
        total = total + np.sum(x * x)
        weights *= 0.5
    return total


def shuffled_in_a_loop(x, seed: int = 0):
    """rng.shuffle changes order in place; every epoch reads another order."""
    rng = np.random.default_rng(seed)
    order = np.arange(len(x))
    total = 0.0
    for _ in range(3):
        rng.shuffle(order)
        for k in order:
            total = total * 0.9 + x[k] ** 2 * total + x[k]
    return total


def random_noise(x, seed: int = 1):
    """What is random is drawn once, and remembered."""
    rng = np.random.default_rng(seed)
    total = 0.0
    for _ in range(3):
        noise = rng.normal(size=x.shape)
        keep = rng.random(x.shape) > 0.3
        x = np.tanh(x * noise * keep)
        total = total + np.sum(x * noise)
    return total


def generator_as_argument(x, rng):
    """The caller's generator has moved on by as much as the plain function moves it."""
    mask = rng.random(x.shape) > 0.5
    return np.sum(x**2 * mask) * rng.integers(2, 5)


def branch_on_random(x: float, seed: int = 3) -> float:
    rng = np.random.default_rng(seed)
    for _ in range(5):
        if rng.random() < 0.5:
            x = np.sin(x) + 0.1
        else:
            x = x * x
    return x


def next_of_an_iterator(x: float) -> float:
    """A test with an effect is asked once."""
    answers = iter([True, False, True, True])
    for _ in range(4):
        if next(answers):
            x = x * x + 0.1
        else:
            x = x * 3.0
    return x


def counters_and_flags(x, verbose: bool = True):
    calls = 0
    seen = set()
    history = []
    total = 0.0
    while calls < 4:
        calls += 1
        seen.add(calls % 3)
        history.append(("step", calls))
        total = total + np.sum(x) ** len(seen)
        if len(history) == 3:
            break
    if verbose:
        print("calls:", calls, *history)
    return total * calls


def prints_active_values(x: float) -> float:
    """print and logging may see what is varied; they print once."""
    y = x * x
    print(f"y = {y:.3f}", x)
    for k in range(2):
        y = y * x
        print(k, y, file=sys.stdout)
        log.debug("y is %s", y)
    return y


def files_and_environment(x: float) -> float:
    """Files written and read, the environment, JSON."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "factor.json"
        path.write_text(json.dumps({"factor": 2.5}))
        with open(path, encoding="utf-8") as file:
            factor = json.load(file)["factor"]
    if "S2SAD_NO_SUCH_VARIABLE" in os.environ:
        factor = 0.0
    return x**2 * factor


def contexts(x):
    """Contexts that change nothing about the derivative, around code that has one."""
    with np.errstate(divide="ignore", invalid="ignore"):
        y = np.log(np.abs(x) + 0.1)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            z = y * x
    with suppress(KeyError):
        SETTINGS["missing"]
    with np.printoptions(precision=3):
        text = str(np.array([1.23456]))
    return np.sum(z * y) * len(text)


def return_inside_a_context(x: float) -> float:
    with np.errstate(all="ignore"):
        if x < 0:
            return x * x
        for k in range(3):
            with np.errstate(over="ignore"):
                x = x * 1.5
                if x > 2.0:
                    return x * k
    return x


def strings_and_regular_expressions(x, spec: str = "a=2, b=3"):
    options = {m[1]: int(m[2]) for m in re.finditer(r"(\w+)=(\d+)", spec)}
    name = "-".join(options).upper()
    a, b = options["a"], options["b"]
    return np.sum(x**a) * b + name.count("-") * np.sum(x)


def settings_of_the_module(x: float) -> float:
    """A dict of constants of the module, read with a computed key."""
    factor = 1.0
    for name in SETTINGS["names"]:
        factor += len(name)
    return x * x * SETTINGS["lr"] * factor


def functools_and_operator(x: float) -> float:
    """Library functions over constants."""
    product = functools.reduce(operator.mul, [1, 2, 3], 1.0)
    pick = operator.itemgetter(1)((4.0, 5.0))
    return x * x * product + pick


def deque_as_a_window(x):
    """A deque of indices; the values are read through it."""
    window = deque(maxlen=2)
    total = 0.0
    for k in range(len(x)):
        window.append(k)
        total = total + sum(x[j] for j in window) ** 2
    return total


def numpy_on_constants(x, n: int = 4):
    """NumPy functions without a rule are welcome where nothing is varied."""
    grid = np.linspace(0.0, 1.0, n)
    basis = np.vander(grid, 3, increasing=True)
    edges = np.histogram_bin_edges(grid, bins=2)
    order = np.lexsort((grid[::-1], grid > 0.5))
    where = np.searchsorted(edges, 0.4)
    return np.sum((basis[order] @ x) ** 2) * where


def shapes_and_types(x):
    """Shapes, sizes and dtypes of what is varied are constants."""
    n, m = x.shape
    scale = 1.0 / (x.size + x.ndim + len(x) + n * m)
    ones = np.ones_like(x) + np.zeros(x.shape, x.dtype) + np.full_like(x, 0.5)
    if isinstance(x, np.ndarray) and x.dtype == np.float64 and np.issubdtype(x.dtype, np.floating):
        scale = scale * 2.0
    eye = np.eye(*x.shape)
    return np.sum(x * ones + eye) ** 2 * scale * np.finfo(x.dtype).bits


def integers_from_active_values(x):
    """argmax, argsort, counts, comparisons: integers that steer, without derivative."""
    best = np.argmax(x)
    order = np.argsort(x)
    positive = np.count_nonzero(x > 0)
    bins = np.digitize(x, [-0.5, 0.5])
    return x[best] ** 2 + x[order[0]] * positive + np.sum(x * bins) + int(np.floor(x[0])) * x[1]


def stopped_by_conversion(x: float, y: float) -> float:
    """int() and round() to whole numbers cut the derivative; float() does not."""
    k = int(x * 10)
    return float(x) * y * k + round(y) * x


def type_checks(x, axis=None):
    """Arguments tidied up in the way of libraries."""
    if axis is None:
        axis = 0
    elif isinstance(axis, str):
        axis = {"rows": 0, "columns": 1}[axis]
    if not isinstance(x, np.ndarray):
        raise TypeError(f"an array is needed, not {type(x).__name__}")
    x = np.asarray(x)
    return np.sum(np.sum(x, axis=axis) ** 2)


def class_inside(x: float) -> float:
    class Config:
        rate = 0.5

    config = Config()
    config.rate = 0.25
    return x * x * config.rate


def assertions_and_del(x):
    assert x.ndim == 1 and len(x) > 0
    n = len(x)
    weights = {k: 1.0 / (k + 1) for k in range(n)}
    del weights[0]
    total = 0.0
    for k, w in weights.items():
        total = total + w * x[k] ** 2
    return total


def progress(iterable):
    """A progress bar of the user's own: a generator around an iterable of constants."""
    for k, item in enumerate(iterable):
        print("step", k)
        yield item


def through_a_generator_function(x: float, n: int = 3) -> float:
    for k in progress(range(n)):
        x = x * x * 0.5 + k
    return x


r = np.random.default_rng(11).standard_normal
CALLS = {
    "try_except": ("x", [(r(3),), (r(3), "none")]),
    "dict_juggling": ("x", [(r(3),)]),
    "index_building": ("x", [(r(5),)]),
    "mutated_between_reads": ("x", [(r(4),)]),
    "mutated_in_a_loop": ("x", [(r(3),)]),
    "shuffled_in_a_loop": ("x", [(0.5 * r(4),)]),
    "random_noise": ("x", [(r(3),)]),
    "generator_as_argument": ("x", [lambda: (np.arange(4) / 3, np.random.default_rng(5))]),
    "branch_on_random": ("x", [(0.7,)]),
    "next_of_an_iterator": ("x", [(0.7,)]),
    "counters_and_flags": ("x", [(r(2),), (r(2), False)]),
    "prints_active_values": ("x", [(0.7,)]),
    "files_and_environment": ("x", [(0.7,)]),
    "contexts": ("x", [(r(3),)]),
    "return_inside_a_context": ("x", [(0.7,), (-0.7,), (0.1,)]),
    "strings_and_regular_expressions": ("x", [(r(3),)]),
    "settings_of_the_module": ("x", [(0.7,)]),
    "functools_and_operator": ("x", [(0.7,)]),
    "deque_as_a_window": ("x", [(r(4),)]),
    "numpy_on_constants": ("x", [(r(3),)]),
    "shapes_and_types": ("x", [(r((2, 3)),)]),
    "integers_from_active_values": ("x", [(r(4),)]),
    "stopped_by_conversion": (("x", "y"), [(0.77, 1.3)]),
    "type_checks": ("x", [(r((2, 3)),), (r((2, 3)), "columns")]),
    "class_inside": ("x", [(0.7,)]),
    "assertions_and_del": ("x", [(r(3),)]),
    "through_a_generator_function": ("x", [(0.7,)]),
}
