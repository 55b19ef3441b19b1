# ruff: noqa: B905
"""Lists, tuples, dicts, NamedTuples and dataclasses: as parameters, as locals, as results."""

import math
from collections import OrderedDict, namedtuple
from dataclasses import dataclass, replace
from typing import Any, NamedTuple, Optional

import numpy as np


class Gaussian(NamedTuple):
    mean: Any
    deviation: Any
    name: str = "g"


Pair = namedtuple("Pair", ["first", "second"])


@dataclass
class Beam:
    length: float
    sections: list
    material: dict
    label: Optional[str] = None  # noqa: UP045


@dataclass(frozen=True)
class State:
    q: Any
    p: Any


def tuple_parameter(params, x):
    w, b = params
    return np.sum(np.tanh(x * w + b))


def list_parameter(params: list, x):
    return np.sum((x * params[0] + params[1]) ** 2) * params[-1]


def dict_parameter(params: dict, x):
    y = x @ params["w"] + params["b"]
    return np.sum(y * y) + params["l2"] * np.sum(params["w"] ** 2)


def named_tuple_parameter(g: Gaussian, x):
    z = (x - g.mean) / g.deviation
    return 0.5 * np.sum(z * z) + len(x) * np.log(g.deviation) + g[0] * 0.1


def dataclass_parameter(beam: Beam) -> float:
    """A dataclass that holds a list of tuples and a dict; its label has no derivative."""
    inertia = 0.0
    for width, height in beam.sections:
        inertia = inertia + width * height**3 / 12.0
    return beam.material["E"] * inertia / beam.length**2


def leaves_that_are_not_float(params: dict, x: float) -> float:
    """int, str, None, bool and a callable get None; arrays of integers too."""
    y = x ** params["power"]
    if params["clip"] is not None and params["on"]:
        y = y + 1.0
    return params["f"](y) * params["scale"] + params["index"][0]


def unused_leaves(params: dict) -> float:
    """Float leaves that play no part get zeros, of their own shape."""
    return params["used"] ** 2


def unused_parameter(x: float, y, z: dict) -> float:
    return x * x


def same_array_twice(params: dict):
    """One array at two leaves: each leaf gets what arrives through it."""
    return np.sum(params["encoder"] ** 2) + np.sum(params["decoder"] ** 3)


def tied_by_name(params: dict, x):
    """A leaf under two names and a whole part handed on."""
    head = params["head"]
    w = head["w"]
    again = params["head"]["w"]
    return np.sum(x * w) * np.sum(again) + head["b"] * again[0]


def list_indexed_by_loop(ws: list, x):
    for k in range(len(ws)):
        x = np.tanh(ws[k] * x)
    return np.sum(x)


def list_sliced(ws: list, x):
    for w in ws[1:]:
        x = x * w
    for w in ws[::-2]:
        x = x + w
    return np.sum(x * ws[0])


def dict_by_computed_key(layers: dict, x):
    """Keys made by an f-string."""
    for k in range(len(layers)):
        x = np.sin(layers[f"layer{k}"]["w"] * x + layers[f"layer{k}"]["b"])
    return np.sum(x)


def list_of_dicts(layers: list, x):
    for layer in layers:
        x = np.tanh(x @ layer["W"] + layer["b"])
    return np.sum(x * x)


def list_of_pairs_unpacked(layers, x):
    for W, b in layers[:-1]:
        x = np.maximum(x @ W + b, 0.0)
    W, b = layers[-1]
    return np.sum((x @ W + b) ** 2)


def last_layer_apart(layers: list, x):
    *hidden, (W, b) = layers
    for V, c in hidden:
        x = np.tanh(x @ V + c)
    return np.sum(x @ W + b)


def local_tuples(x: float) -> float:
    """Tuples built, indexed, unpacked, joined and compared in length."""
    pair = (x * x, np.sin(x))
    triple = pair + (x,)
    a, b = pair
    t = triple[2] * triple[0]
    return a * b + t * len(triple)


def local_dict(x: float) -> float:
    """A dict built with values that are varied, read with get, in and keys."""
    state = {"q": x, "p": x * x}
    if "q" in state:
        energy = state["q"] ** 2 + state.get("p") * state.get("missing", 2.0)
    merged = {**state, "q": energy}
    return merged["q"] * merged["p"]


def local_list_of_stages(x):
    """A list literal of arrays, joined and reduced."""
    stages = [x, x * 2.0, np.cos(x)]
    total = np.zeros(len(x))
    for w, s in zip((0.5, 0.25, 0.25), stages):
        total = total + w * s
    return np.sum(total * stages[1])


def local_named_tuple(x: float) -> float:
    p = Pair(x * x, second=x)
    q = p._replace(first=p.second)
    return p.first * q.first + q.second


def local_dataclass(x: float, steps: int = 4) -> float:
    """An object of the user's class is made new in every step of a loop."""
    s = State(x, 0.5)
    for _ in range(steps):
        p = s.p - 0.1 * np.sin(s.q)
        s = State(q=s.q + 0.1 * p, p=p)
    return energy_of(s)


def energy_of(s: State):
    return 0.5 * s.p**2 - np.cos(s.q)


def dataclass_replaced(state: State) -> float:
    moved = replace(state, q=state.q + state.p)
    return moved.q * moved.p + state.q


def state_in_a_loop(params: dict, x: float) -> float:
    """A tuple is the state of the loop."""
    state = (x, params["v"])
    for _ in range(3):
        q, v = state
        state = (q + 0.1 * v, v - 0.1 * params["k"] * q)
    return state[0] * state[1]


def dict_state_in_a_loop(x: float) -> float:
    state = {"q": x, "v": 1.0}
    for k in range(3):
        state = {"q": state["q"] + 0.1 * state["v"], "v": state["v"] - state["q"] * k}
    return state["q"] ** 2 + state["v"]


def tree_rebuilt(params: dict, x: float) -> float:
    """A gradient step by hand on a nested structure."""
    new = {"w": params["w"] * 0.9, "inner": {"b": params["inner"]["b"] - x}}
    return np.sum(new["w"]) * new["inner"]["b"]


def ordered_dict(params):
    total = 0.0
    for k, (name, p) in enumerate(params.items()):
        total = total + np.sum(p) ** (k + 1) * len(name)
    return total


def deep_structure(params: dict, x):
    """Four kinds of containers in one another."""
    g, rest = params["pair"]
    z = (x - g.mean) * rest[0]["gain"]
    for s in rest[1:]:
        z = z * s["gain"] + g.deviation
    return np.sum(z * z) + params["bias"]


def container_through_calls(params: dict, x):
    """Parts of a structure go into a callee, a new one comes out."""
    h = forward(params["first"], x)
    out = forward(params["second"], h["h"])
    return np.sum(out["h"]) * h["size"]


def forward(layer, x):
    z = x @ layer["w"]
    return {"h": np.tanh(z), "z": z, "size": len(z)}


def aliased_containers(params: dict) -> float:
    """Two names for one list, one of them bound anew."""
    ws = params["ws"]
    alias = ws
    ws = [w * 2.0 for w in ws]
    return alias[0] * ws[1] + ws[0] * params["ws"][1]


def choice_between_containers(a: dict, b: dict, first: bool) -> float:
    chosen = a if first else b
    return chosen["w"] ** 2 * a["w"]


def empty_containers(params: dict, x: float) -> float:
    total = x
    for w in params["extra"]:
        total = total * w
    return total * x


def membership_and_length(params: dict, x: float) -> float:
    y = x * len(params)
    if "gain" in params:
        y = y * params["gain"]
    if params.get("bias") is not None:
        y = y + params["bias"]
    return y * y


def float_and_array_leaves(params: tuple):
    """Numbers, 0-d arrays, NumPy scalars and arrays side by side."""
    a, b, c, d = params
    return a * b + np.sum(c * d) * a


r = np.random.default_rng(8).standard_normal
X = r(3)
SHARED = r(3)
LAYERS = [(r((3, 4)), r(4)), (r((4, 4)), r(4)), (r((4, 2)), r(2))]


def _last_of(layers, x):
    return np.sum(np.tanh(x @ layers[-1]))


def whole_and_slice(layers: list, x):
    """A list is handed on whole and as a slice, in one expression."""
    return _last_of(layers, x) * 2.0 + _last_of(layers[:1], x)


def fields_by_position(params: dict, x):
    """A NamedTuple inside a dict, whose fields are read by position."""
    return params["pair"][0] * np.sum(x) + np.sum(params["pair"][-1] * x)


def both_ends(parts: list) -> float:
    """The first part and the last, which may be one."""
    return np.sum(parts[0] ** 2) + np.sum(parts[-1] * parts[0])


def list_made_anew(x: float, n: int = 3) -> float:
    """Items that nothing reads have no adjoint."""
    xs = []
    for _ in range(n):
        xs = [*xs, x * len(xs)]
    return xs[2] * x


def first_above(items, limit):
    for k, item in enumerate(items):
        if item > limit:
            return item * (k + 1)
    return limit


def items_of_a_list_or_array(x):
    """A function that is handed an array and a list gives the adjoint of either item by item."""
    return first_above(x[::-1], 0.1) * first_above([x[0], x[2]], 0.2)


def replaced_in_a_list(x, y):
    b = y + 0.2
    xs = [x, b]
    ys = xs
    ys[1] = 0.4
    y = b = 0.5
    return np.sum(x) * b + y


def loop_that_may_not_run(x, y, u):
    """k has no value yet where the loop around its loop begins."""
    b = x
    for i in range(2):
        for _ in range(i, 3):
            for k in reversed(u):
                b = b * 0.5 + k
            x = 0.2 * k + y
    return b + x


def rows_in_a_dict(x, y):
    """What is a number or an array, in lists that a dict holds."""
    w = {"a": [x, y], "b": [y, x * y]}
    for row in w.values():
        row[0] *= row[1]
    return np.sum(w["a"][0] * w["b"][0])


def rows_in_a_list(x, y):
    """The loop changes what the rows hold, and no row of the list."""
    w = [[x, y]]
    w.append([y, x * y])
    for row in w:
        row[-1] = row[0] * y
    for row in w:
        row[0], row[1] = row[1], row[0] * x
    return sum(np.sum(row[0] * row[1]) for row in w)


def list_in_a_list_that_grows(x: float, y: float):
    """The list in the list has an item more, which counts from its end, too."""
    w = [[x, y], [y, x]]
    w[0].append(x * y)
    d = {"a": [x, y], "b": 0.3}
    d["a"].append(w[0][-1] * x)
    return w[0][2] * w[0][0] * w[1][1] + d["a"][2] * d["a"][-2]


def found_in(rows, limit):
    for row in rows:
        for value in row:
            if value > limit:
                return value * limit
    return limit


def rows_of_all_kinds(x, y: float):
    """A function that is handed lists of lists, lists of arrays, and a matrix."""
    a = found_in([x, np.sin(x)], 0.3) * found_in([[0.1], [y, 0.4]], y)
    return a * found_in(np.array([x, x * x]), y) + x[1]


def taken_from_a_list_and_left(x, y):
    """The last item, which has no adjoint, is taken from the list of adjoints, too."""
    for _ in range(2):
        p, q = [x, 0.3], [y]
        q.append(p.pop())
        q[-1] = x * y
        y = math.sin(sum(p) + 0.5 * sum(q))
        t = (x, y)
        x = t[0] * t[1]
    return x * y


CALLS = {
    "fields_by_position": ("params", [({"pair": Pair(0.7, r(3))}, X), ({"pair": [0.7, 0.2]}, X)]),
    "both_ends": ("parts", [([r(3)],), ([r(3), r(3), r(3)],)]),
    "tuple_parameter": ("params", [((r(3), r(3)), X), ((0.5, r(3)), X)]),
    "list_parameter": ("params", [([r(3), r(3), 0.7], X), ([0.1, 0.2, 0.3], X)]),
    "dict_parameter": ("params", [({"w": r((3, 2)), "b": r(2), "l2": 0.1}, r((4, 3)))]),
    "named_tuple_parameter": (("g", "x"), [(Gaussian(0.3, 1.2), X)]),
    "dataclass_parameter": (
        "beam",
        [(Beam(2.0, [(0.3, 0.5), (0.2, 0.9)], {"E": 3.0, "rho": 1.0}),)],
    ),
    "leaves_that_are_not_float": (
        ("params", "x"),
        [
            (
                {
                    "power": 3,
                    "clip": "yes",
                    "on": True,
                    "f": np.tanh,
                    "scale": 0.7,
                    "index": np.array([1, 2]),
                },
                0.6,
            )
        ],
    ),
    "unused_leaves": ("params", [({"used": 0.7, "array": r((2, 3)), "list": [1.0, (r(2),)]},)]),
    "unused_parameter": (("x", "y", "z"), [(0.7, r((2, 2)), {"a": 1.0, "b": None})]),
    "same_array_twice": ("params", [({"encoder": SHARED, "decoder": SHARED},)]),
    "tied_by_name": ("params", [({"head": {"w": r(3), "b": 0.4}}, X)]),
    "list_indexed_by_loop": ("ws", [([r(3), r(3), r(3)], X), ([], X)]),
    "list_sliced": ("ws", [([r(3), r(3), r(3), r(3)], X), ([r(3)], X)]),
    "dict_by_computed_key": (
        "layers",
        [({"layer0": {"w": r(3), "b": 0.2}, "layer1": {"w": r(3), "b": 0.3}}, X)],
    ),
    "list_of_dicts": ("layers", [([{"W": W, "b": b} for W, b in LAYERS], r((5, 3)))]),
    "list_of_pairs_unpacked": ("layers", [(LAYERS, r((5, 3))), (tuple(LAYERS[:1]), r((5, 3)))]),
    "last_layer_apart": ("layers", [(LAYERS, r((5, 3))), (LAYERS[:1], r((2, 3)))]),
    "local_tuples": ("x", [(0.7,)]),
    "local_dict": ("x", [(0.7,)]),
    "local_list_of_stages": ("x", [(X,)]),
    "local_named_tuple": ("x", [(0.7,)]),
    "local_dataclass": ("x", [(0.7,), (0.7, 0)]),
    "dataclass_replaced": ("state", [(State(0.7, 1.2),)]),
    "state_in_a_loop": (("params", "x"), [({"v": 0.7, "k": 1.2}, 0.5)]),
    "dict_state_in_a_loop": ("x", [(0.7,)]),
    "tree_rebuilt": (("params", "x"), [({"w": r(3), "inner": {"b": 0.4}}, 0.7)]),
    "ordered_dict": ("params", [(OrderedDict(b=r(2), aa=0.7, c=r((2, 2))),)]),
    "deep_structure": (
        ("params", "x"),
        [({"pair": (Gaussian(0.3, 1.2), [{"gain": 0.7}, {"gain": 1.1}]), "bias": 0.1}, X)],
    ),
    "container_through_calls": (
        "params",
        [({"first": {"w": r((3, 3))}, "second": {"w": r((3, 2))}}, r((2, 3)))],
    ),
    "aliased_containers": ("params", [({"ws": [0.7, 1.2]},)]),
    "choice_between_containers": (("a", "b"), [({"w": 0.7}, {"w": 1.2}, k) for k in (True, False)]),
    "empty_containers": (("params", "x"), [({"extra": []}, 0.7), ({"extra": ()}, 0.7)]),
    "membership_and_length": ("params", [({"gain": 0.7}, 1.2), ({"bias": 0.1, "n": 3}, 1.2)]),
    "float_and_array_leaves": (
        "params",
        [
            ((0.7, np.float64(0.3), np.array(1.2), r(3)),),
            ((np.array(0.7), 0.3, r(2), np.array([2.0])),),
        ],
    ),
    "whole_and_slice": ("layers", [([np.ones((3, 2)), np.eye(3)[:, :2]], np.ones((4, 3)) / 3)]),
    "list_made_anew": ("x", [(0.7,)]),
    "items_of_a_list_or_array": ("x", [(np.array([0.7, 0.4, 0.9]),)]),
    "replaced_in_a_list": (("x", "y"), [(0.7, 0.4)]),
    "loop_that_may_not_run": (("x", "y", "u"), [(0.7, 0.4, np.array([0.7, 0.4]))]),
    "rows_in_a_dict": (("x", "y"), [(0.7, 0.4), (np.array([0.7, 0.2]), 0.4)]),
    "rows_in_a_list": (("x", "y"), [(0.7, 0.4), (np.array([0.7, 0.2]), 0.4)]),
    "list_in_a_list_that_grows": (("x", "y"), [(0.7, 0.4)]),
    "rows_of_all_kinds": (("x", "y"), [(np.array([0.1, 0.8]), 0.35)]),
    "taken_from_a_list_and_left": (("x", "y"), [(0.7, 0.4)]),
}

REFUSED = {
    "leaves_that_are_not_float": "S2S012",
}

TWICE = dict.fromkeys(
    (
        "items_of_a_list_or_array",
        "rows_of_all_kinds",
        "unused_parameter",
        "dataclass_replaced",
        "fields_by_position",
    )
)
# What is put back into a list on the way back has no place in the list of tangents.
TWICE["taken_from_a_list_and_left"] = "ValueError"
