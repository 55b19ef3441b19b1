"""Lists that lists and dicts hold, and that are written into where they are."""


def table_of_numbers(x: float, y: float, n: int):
    grid = [[0.0] * n for _ in range(n)]
    for i in range(n):
        for j in range(n):
            grid[i][j] = x * i + y * j * grid[i - 1][j]
    return sum(sum(row) for row in grid) + grid[1][-1] * x


def filled_from_neighbours(x: float, y: float):
    grid = [[x, y, 0.2], [y, 0.3, x], [x * y, y, y]]
    for i in range(1, 3):
        for j in range(1, 3):
            grid[i][j] = grid[i - 1][j] * x + grid[i][j - 1]
    return sum(sum(row) for row in grid)


def dicts_in_a_list(x: float, y: float):
    p = {"scale": x, "layers": [{"w": y, "b": x}, {"w": x, "b": 0.2}]}
    for k in range(2):
        p["layers"][k]["b"] *= y
        p["layers"][k]["w"] = p["layers"][k - 1]["b"] * x
    s = 0.0
    for layer in p["layers"]:
        layer["w"] *= x
        s = s * layer["b"] + layer["w"]
    return p["scale"] * s


def by_constant_keys(x: float, y: float):
    p = {"layers": [{"b": x}], "all": [x, y]}
    p["layers"][0]["b"] = y * x
    p["all"][0] *= y
    p["all"].append(x)
    return p["layers"][0]["b"] * sum(p["all"])


def constant_appended(x: float, n: int):
    w = []
    for _ in range(n):
        w.append(x)
        w.append(0.2)
    return w[0] * w[2] + sum(w)


def extended_by_a_constant(x: float, y: float):
    w = [y]
    w.extend([x, 0.2])
    w.append(x * y)
    return w[0] * w[1] * w[3]


CALLS = {
    "constant_appended": ("x", [(0.7, 3)]),
    "extended_by_a_constant": (("x", "y"), [(0.7, -0.4)]),
    "table_of_numbers": (("x", "y"), [(0.7, -0.4, 3)]),
    **dict.fromkeys(
        ["filled_from_neighbours", "dicts_in_a_list", "by_constant_keys"],
        (("x", "y"), [(0.7, -0.4)]),
    ),
}

TWICE = dict.fromkeys(("constant_appended", "dicts_in_a_list"))
