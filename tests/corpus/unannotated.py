"""Programs without annotations: no rank is known, so that a helper sums what was broadcast."""

import numpy as np


def advance(u, v, nu, dx, dt):
    un = u.copy()
    vn = v.copy()
    u[1:-1, 1:-1] = (
        un[1:-1, 1:-1]
        - dt / dx * un[1:-1, 1:-1] * (un[1:-1, 1:-1] - un[1:-1, :-2])
        - dt / dx * vn[1:-1, 1:-1] * (un[1:-1, 1:-1] - un[:-2, 1:-1])
        + nu * dt / dx**2 * (un[1:-1, 2:] - 2 * un[1:-1, 1:-1] + un[1:-1, :-2])
    )
    v[1:-1, 1:-1] = (
        vn[1:-1, 1:-1]
        - dt / dx * un[1:-1, 1:-1] * (vn[1:-1, 1:-1] - vn[1:-1, :-2])
        + nu * dt / dx**2 * (vn[2:, 1:-1] - 2 * vn[1:-1, 1:-1] + vn[:-2, 1:-1])
    )
    u[0, :] = 1.0
    v[0, :] = v[-1, :] = 0.0
    return u, v


def burgers(u0, v0, nu, target, steps, dx, dt):
    u = u0.copy()
    v = v0.copy()
    for _ in range(steps):
        u, v = advance(u, v, nu, dx, dt)
    return np.mean((u - target) ** 2) + 0.1 * np.mean(v**2)


def attraction(pos, mass, soft):
    acc = np.zeros_like(pos)
    for i in range(len(mass)):
        for j in range(len(mass)):
            if i != j:
                r = pos[j] - pos[i]
                acc[i] += mass[j] * r / (np.dot(r, r) + soft**2) ** 1.5
    return acc


def orbits(pos, vel, mass, dt, steps):
    pos = pos.copy()
    vel = vel.copy()
    acc = attraction(pos, mass, 0.1)
    for _ in range(steps):
        vel += 0.5 * dt * acc
        pos += dt * vel
        acc = attraction(pos, mass, 0.1)
        vel += 0.5 * dt * acc
    return np.sum(pos * pos) + np.sum(mass[:, None] * vel**2)


def smile(params, strikes, times, quotes):
    a, b, rho, m, width = params
    total = 0.0
    for i, t in enumerate(times):
        k = np.log(strikes) - 0.01 * t
        w = a + b * (rho * (k - m) + np.sqrt((k - m) ** 2 + width**2))
        total += np.sum((np.sqrt(w / t) - quotes[i]) ** 2)
    return total


def average_of_paths(s, sigma, rate, z):
    steps = z.shape[1]
    dt = 1.0 / steps
    level = np.log(s) * np.ones(z.shape[0])
    mean = np.zeros(z.shape[0])
    for t in range(steps):
        level = level + (rate - 0.5 * sigma**2) * dt + sigma * np.sqrt(dt) * z[:, t]
        mean += np.exp(level)
    mean /= steps
    return np.exp(-rate) * np.maximum(mean - s, 0.0).mean()


def chain(a, b, x):
    y = (a + b) * np.tanh(a * x + b) / (1.0 + x * x * b)
    return np.sum(y * y)


def chain_into_a_part(c, x, n):
    y = np.ones((n, 3))
    y[1:] = c * x + c * (x - c)
    y[0] = x * y[1]
    y[1:] -= x * c * 0.5
    return np.sum(y**3)


def masked_chain(a, x):
    return np.sum(np.where(x > 0.0, np.sqrt(np.abs(a * x) + 0.1) * a, x))


def gradient_for_each_item(pair, xs):
    scale, shift = pair
    total = 0.0
    for x in xs:
        g = np.exp(-scale * x) + shift
        total = total + g * g * scale
    return np.sum(total)


def rescaled_each_time(rows, w):
    out = []
    for row in rows:
        share = row * w / np.sum(row)
        out.append(share - w * share)
    return np.sum(np.array(out) ** 2)


def sign_and_determinant(a, b):
    sign, logdet = np.linalg.slogdet(a)
    return sign * b + logdet * b


def saxpy(y, x, a):
    y += a * x


def slices_updated_in_place(u, w):
    y = u[1:]
    y += w * u[:-1]
    saxpy(u, u, w)
    saxpy(u[1:], u[:-1], w)
    return np.sum(u**2)


def nothing_added(h, idx):
    k = h * 1.0
    np.add.at(k, idx, k - k)
    return np.sum(k)


def mean_of_an_item(A, n):
    rows = [A[1, :], A[0]]
    table = {"M": A}
    c = table["M"].mean(axis=0)
    return np.sum(c**2) + rows[n][0]


def r(*shape):
    return np.random.default_rng(len(shape)).uniform(0.4, 1.2, shape)


def list_times_what_is_not_known(a, s, n):
    """A number would repeat the list, an array would be multiplied."""
    xs = n * [a * s]
    return np.sum(xs[0] * xs[-1])


CALLS = {
    "list_times_what_is_not_known": (("a", "s"), [(r(4), 0.7, 3)]),
    "burgers": (
        ("u0", "v0", "nu"),
        [(1.0 + 0.1 * r(6, 7), 0.1 * r(6, 7), 0.05, r(6, 7), 3, 0.5, 0.01)],
    ),
    "orbits": (("pos", "vel", "mass"), [(r(3, 2), r(3, 2)[::-1], r(3), 0.05, 3)]),
    "smile": (
        "params",
        [(np.array([0.04, 0.1, -0.3, 0.02, 0.2]), r(5), [0.5, 1.0], r(2, 5))],
    ),
    "average_of_paths": (("s", "sigma", "rate"), [(1.1, 0.2, 0.03, r(7, 4) - 0.7)]),
    "chain": (
        ("a", "b", "x"),
        [
            (0.3, 0.5, r(2, 3)),
            (r(3), 0.5, r(2, 3)),
            (r(2, 1), r(3), 0.7),
            (r(3), r(4, 2, 1), r(2, 3)),
        ],
    ),
    "chain_into_a_part": (
        ("c", "x"),
        [(0.3, r(3), 3), (r(2, 1), r(3), 3), (r(1), r(1, 3), 4), (0.4, 0.7, 2)],
    ),
    "masked_chain": (("a", "x"), [(0.3, r(4) - 0.8), (r(2, 1), r(3) - 0.8)]),
    "gradient_for_each_item": (
        "pair",
        [((0.3, 0.7), [0.2, 0.5]), ([0.3, 0.7], [r(2), r(3, 1)]), ((r(2), 0.4), [r(2), r(3, 1)])],
    ),
    "rescaled_each_time": (("rows", "w"), [(r(4, 3), 0.7), (r(4, 3), r(3))]),
    "slices_updated_in_place": (("u", "w"), [(r(4), 0.7), (r(4, 2), 0.7)]),
    "nothing_added": ("h", [(r(3), np.array([0, 2, 2]))]),
    "mean_of_an_item": ("A", [(r(3, 4), 0), (r(3, 4), 1)]),
    "sign_and_determinant": (("a", "b"), [(r(3, 3) + 2.0 * np.eye(3), 0.7)]),
}

REFUSED = {"list_times_what_is_not_known": "S2S012"}
