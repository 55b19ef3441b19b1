"""Containers filled by methods that s2sad does not follow: refused wherever the values are read.

What such a method puts into its object carries a derivative, also if the object itself did not.
"""


def inserted_in_a_callee(x: float, w: float) -> float:
    return first_of(x, w) * x


def first_of(x, w):
    items = []
    items.insert(0, x * w)
    return items[0]


def inserted_into_what_is_handed_over(x: float, w: float) -> float:
    items = [1.0, 2.0]
    put_first(items, x * w)
    return items[0] * x


def put_first(items, value):
    items.insert(0, value)


def extended_by_a_generator(P: dict[str, float], s: float) -> float:
    return doubled(P)[0] * s


def doubled(P):
    items = []
    items.extend(v * 2.0 for v in P.values())
    return items


def updated_with_a_dict(P: dict[str, float], s: float) -> float:
    Q = {"a": 2.0}
    Q.update(P)
    return Q["a"] * s


def updated_with_a_dict_in_a_callee(P: dict[str, float], s: float) -> float:
    return with_defaults(P)["a"] * s


def with_defaults(P):
    Q = dict(a=2.0)
    Q.update(P)
    return Q


NUMBERS = (("x", "w"), [(0.7, 1.3)])
DICTS = (("P", "s"), [({"a": 0.7}, 1.3)])
CALLS = {
    "inserted_in_a_callee": NUMBERS,
    "inserted_into_what_is_handed_over": NUMBERS,
    "extended_by_a_generator": DICTS,
    "updated_with_a_dict": DICTS,
    "updated_with_a_dict_in_a_callee": DICTS,
}
REFUSED = {
    "inserted_in_a_callee": "S2S011",
    "inserted_into_what_is_handed_over": "S2S011",
    "extended_by_a_generator": "S2S011",
    "updated_with_a_dict": "S2S011",
    "updated_with_a_dict_in_a_callee": "S2S011",
}
