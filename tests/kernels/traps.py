"""Small functions, each of which a careless differentiator of in-place code gets wrong."""

import numpy as np
from jaxtyping import Float, Int
from numpy import ndarray
from numpy.typing import NDArray

from tests.kernels import Kernel


def shared_adjoint(a, b):
    """The sum gives both terms one adjoint, and one of them is then added to."""
    c = a * 1.0
    d = b * 1.0
    s = c + d
    c[0] = c[0] * 3.0 + d[1]
    return np.sum(s * s) + np.sum(c**2) + np.sum(np.sin(d))


def shared_adjoint_of_buffers(a, b):
    u = np.zeros_like(a)
    v = np.zeros_like(a)
    u[:] = a
    v[:] = b
    w = u + v
    u[1:] += w[:-1] * v[1:]
    return np.sum(u * v * w)


def overwritten_after_use(x: Float[ndarray, "n"]) -> float:
    """The square needs what the next line overwrites."""
    y = np.exp(x)
    z = y * y
    y[:] = 1.0
    y[0] = x[0]
    return np.sum(z) + np.sum(y**3)


def overwritten_in_part(x):
    y = np.sin(x)
    total = 0.0
    for i in range(len(x) - 1):
        total += y[i] ** 2 * y[i + 1]
        y[i + 1] = y[i] * x[i]
    return total


def add_scaled(out, x, y):
    out += x * y
    out *= 1.5


def same_array_twice(x, y):
    """A callee's two arguments are one array."""
    a = x.copy()
    add_scaled(a, a, y)
    add_scaled(a, y, y)
    return np.sum(a**2)


def read_and_write_of_one_array(x):
    a = x.copy()
    add_scaled(a[1:], a[:-1], a[:-1])
    return np.sum(a**3)


def view_before_rebinding(x):
    """The view stays with the array that the name has left."""
    a = x * 2.0
    view = a[1:]
    a = np.sin(a)
    view *= x[1:]
    a[0] += view[0]
    return np.sum(view**2) + np.sum(a)


def alias_before_rebinding(x):
    a = x * 1.0
    b = a
    a = a + x
    b[0] = 5.0 * x[1]
    b += a
    return np.sum(a * b)


def overlapping_slices(x: Float[ndarray, "n"]) -> float:
    """NumPy reads the right-hand side before it writes."""
    a = x**2
    a[1:] = a[:-1]
    a[:-1] += a[1:] * x[:-1]
    a[::-1] -= 0.5 * a
    return np.sum(a * x)


def reversed_onto_itself(x):
    a = x**2
    a[:] = a[::-1] * x
    return np.sum(a**2)


def shift_in_a_loop(x, steps):
    a = x.copy()
    for k in range(steps):
        last = a[-1]
        a[1:] = a[:-1]
        a[0] = np.tanh(last) + 0.1 * k
    return np.sum(a * np.arange(1.0, len(a) + 1.0))


def new_sum_of_a_parameter(a, x):
    """a = a + x makes a new array."""
    b = a
    a = a + x
    b = b * 2.0
    return np.sum(a * b)


def sum_in_place_of_a_parameter(a, x):
    """a += x writes to the caller's array, which its other name sees."""
    b = a
    a += x
    return np.sum(a * b)


def sum_in_place_with_alias(a, x):
    c = a * 1.0
    b = c
    c += x
    c = c + b
    b *= 2.0
    return np.sum(c * b)


def grows(total, x):
    total = total + x
    total += x
    return total


def numbers_and_arrays(x):
    """The same callee for a number and an array: in place for one of them only."""
    a = x * 1.0
    b = grows(a, x)
    c = grows(x[0], 2.0)
    return np.sum(a * b) + c * c


def loop_variable_after_its_loop(x):
    a = x.copy()
    for i in range(len(x) - 1):
        a[i] = a[i + 1] * x[i]
    a[i] *= a[i + 1]
    return np.sum(a**2) * (i + 1)


def last_row_after_its_loop(A):
    B = A * A
    for row in B:
        row[0] = np.sin(row[1])
    row[1] = 3.0 * row[0]
    return np.sum(B**2)


def rebound_or_written(x, flag):
    """One side of the branch makes a new array, the other writes to the old one."""
    a = x * 1.0
    b = a
    if flag:
        a = a * 3.0
    else:
        a *= 3.0
    a[0] += x[1]
    return np.sum(a**2) + np.sum(b**3)


def rebound_or_written_by_sign(x):
    a = np.sin(x)
    b = a
    if x[0] > 0.0:
        b = np.cos(x)
        a[1] = 2.0 * x[0]
    b[1] *= x[2]
    return np.sum(a * x) + np.sum(b**2)


def one_of_two(x, y, flag):
    a = x * 1.0
    b = y * 1.0
    c = a if flag else b
    c[0] = c[1] * c[2]
    return np.sum(a**2) + 3.0 * np.sum(b**2)


def assigned_with_repeats(x):
    """Only the last writer of an element counts."""
    a = np.zeros(3)
    a[[1, 1]] = x[:2]
    a[[2, 0, 2]] = x[:3] ** 2
    return np.sum(a**2)


def added_with_repeats(x):
    """Not a sum over repeats: each reads the element as it was."""
    a = x * x
    a[[1, 1]] += x[:2]
    a[[0, 0, 2]] *= x[:3]
    return np.sum(a**2)


def index_array_with_repeats(x: Float[ndarray, "n"], index: Int[ndarray, "m"]) -> float:
    a = np.cos(x)
    a[index] = np.arange(1.0, len(index) + 1.0) * x[0]
    a[index] += a[index[::-1]] * x[1]
    return np.sum(a**2)


def added_at(x, index):
    """np.add.at does add for each repeat."""
    a = np.zeros(len(x))
    np.add.at(a, index, x[: len(index)] ** 2)
    np.subtract.at(a, index[:1], x[1])
    return np.sum(a**3)


def reshape_of_a_slice(x):
    """A slice of rows is contiguous: reshape is a view, and writes go through."""
    A = x * 1.0
    flat = A[1:].reshape(-1)
    flat[0] = flat[1] * flat[2]
    flat *= 2.0
    return np.sum(A**3)


def reshape_of_columns(x):
    """A slice of columns is not: reshape copies, and writes stay there."""
    A = x * 1.0
    flat = A[:, 1:].reshape(-1)
    flat[0] = flat[1] * flat[2]
    return np.sum(A**3) + np.sum(flat**2)


def ravel_written(x):
    """A view for C order, a copy for Fortran order, as NumPy finds at run time."""
    a = x.copy(order="K")
    flat = a.ravel()
    flat[1:] += flat[:-1] * flat[1:]
    return np.sum(a**2) + np.sum(flat)


def asarray_written(x):
    a = x * 1.0
    b = np.asarray(a)
    c = np.array(a)
    b[0] = 2.0 * b[1]
    c[0] = 7.0
    return np.sum(a**2) + np.sum(c**2)


def transposed_writes(x: Float[ndarray, "n m"]) -> float:
    """Orders of memory that are not C's: the bits of sums must stay too."""
    a = x.copy(order="K")
    a.T[0] += a.T[1] * 2.0
    a[:, -1] *= a[:, 0]
    a[::-1, ::-1][0] = a[0]
    return np.sum(a) + np.sum(a * x)


def any_order(x):
    """Called with Fortran-ordered and negatively strided arrays."""
    a = np.empty_like(x)
    a[...] = x
    a[1:] -= a[:-1] ** 2
    x = x * a
    x[0] = 1.0
    return np.sum(x)


def parameter_in_any_order(x):
    x[1:, 1:] += x[:-1, :-1] * x[1:, 1:]
    x[0] *= 0.5
    return np.sum(x)


def shuffled_order(x: Float[ndarray, "n"], seed: int) -> float:
    """What active code reads is mutated by a method in a loop."""
    rng = np.random.default_rng(seed)
    order = np.arange(len(x))
    a = x.copy()
    for _ in range(3):
        rng.shuffle(order)
        a[order[0]] = a[order[1]] * x[order[2]]
        a += 0.1 * a[order]
    return np.sum(a * np.arange(len(x)))


def list_of_indices_changes(x):
    order = list(range(len(x)))
    a = x.copy()
    for k in range(3):
        order.append(order.pop(0))
        a[k] = a[order[k]] * x[order[0]]
    return np.sum(a**2)


def counter_is_the_index(x):
    a = np.zeros(len(x) + 2)
    k = 0
    for value in x:
        if value > 0.0:
            a[k] = value**2
            k += 1
    a[k] = x[0]
    return np.sum(a * np.arange(len(a)))


def integers_take_floats(x):
    """NumPy truncates: the derivative is zero there."""
    counts = np.zeros(len(x), dtype=int)
    counts[:] = 10.0 * x
    return np.sum(counts * x)


def zero_length(x, steps):
    """Loops that run zero times, arrays without elements."""
    a = x.copy()
    for i in range(steps):
        a[i] = a[i] * 2.0
    empty = a[steps : steps - 3]
    empty += 1.0
    b = np.zeros(0)
    b[:] = 3.0
    return np.sum(a**2) + np.sum(empty) + np.sum(b)


def same_view_twice(A):
    """Two views of one row."""
    B = A * 1.0
    p, q = B[0], B[0]
    p[0] = q[1] * 2.0
    q[1] = p[0] * p[1]
    return np.sum(B**2)


def view_of_view(A):
    B = A * 1.0
    inner = B[1:, 1:]
    corner = inner[::-1, ::-1][0]
    corner[0] = corner[1] ** 2
    inner *= B[:-1, :-1]
    return np.sum(B**2)


def view_reread(x):
    """What a view shows changes when the array does."""
    a = x * 1.0
    head = a[:2]
    s = np.sum(head**2)
    a[0] = s
    t = np.sum(head**2)
    a += 1.0
    return s * t + np.sum(head)


def first_row(A):
    return A[0]


def returned_view(A):
    """A callee returns a part of its argument."""
    B = A * 1.0
    row = first_row(B)
    row *= 2.0
    row[0] = B[1, 0] * B[0, 1]
    return np.sum(B**3)


def scaled(A, s):
    A *= s
    return A


def returned_argument(A, s):
    B = A + 1.0
    C = scaled(B, s)
    C[0, 0] = B[1, 1]
    return np.sum(B * C)


def chained_targets(x):
    a = np.zeros(3)
    b = np.ones(3)
    a[0] = b[1] = x[0] * x[1]
    c = d = np.sin(x)
    c[0] = 2.0 * d[1]
    return np.sum(a * b) + np.sum(c * d)


def tuple_targets(x):
    a = x * 1.0
    a[0], a[1] = a[1], a[0] * 2.0
    a[1:], s = a[:-1] * 2.0, a[0]
    return np.sum(a**2) * s


def swapped_rows(A):
    B = A * 1.0
    B[0], B[1] = B[1] * 1.0, B[0] * 2.0
    B[[0, 1]] = B[[1, 0]]
    return np.sum(B**2 * np.arange(B.size).reshape(B.shape))


def swapped_rows_without_copies(A):
    """The views see the first write: both rows end equal."""
    B = A * 1.0
    B[0], B[1] = B[1], B[0]
    return np.sum(B**2 * np.arange(B.size).reshape(B.shape))


def swapped_buffers(u, steps):
    v = np.zeros_like(u)
    u = u.copy()
    for _ in range(steps):
        v[1:-1] = u[2:] * u[:-2]
        v[0] = u[1]
        u, v = v, u
    return np.sum(u**2) + np.sum(v)


def three_buffers(a, steps):
    """A rotation, with what each holds written in part."""
    b = a * 2.0
    c = np.zeros_like(a)
    a = a.copy()
    for k in range(steps):
        c[k % len(a)] = a[0] * b[1]
        c += 0.1 * a
        a, b, c = b, c, a
    return np.sum(a) + np.sum(b**2) + np.sum(a * c)


def swapped_on_a_branch(x, y):
    a = x * 1.0
    b = y * 1.0
    for i in range(len(x)):
        if a[i] > b[i]:
            a, b = b, a
        a[i] *= b[i]
    return np.sum(a**2) + 2.0 * np.sum(b**2)


def masks(x):
    a = x * 1.0
    mask = a > 0.0
    a[mask] = np.sqrt(a[mask])
    a[~mask] *= 2.0
    a[a > 0.8] += x[a > 0.8]
    a[mask] = x[0]
    return np.sum(a**2 * np.arange(len(x)))


def mask_changes_after_use(x):
    a = np.zeros_like(x)
    mask = x > 0.0
    a[mask] = x[mask] ** 2
    mask[0] = not mask[0]
    a[mask] += x[mask]
    return np.sum(a**2)


def index_changes_after_use(x):
    index = np.array([0, 1])
    a = x * 1.0
    a[index] = a[index] ** 2 * x[2]
    index += 1
    a[index] *= a[0]
    return np.sum(a**2)


def broadcast_writes(x, s):
    A = np.zeros((3, len(x)))
    A[:] = x
    A[1] = s
    A[:, 0] = x[1]
    A += x
    A *= s
    A[:2, 1:] -= x[1:]
    return np.sum(A**2)


def functions_that_write(x, order):
    a = np.empty_like(x)
    np.copyto(a, x)
    np.multiply(a, 2.0, out=a)
    np.sin(a, a)
    np.put_along_axis(a, np.array([1]), x[0], axis=0)
    b = np.full(3, x[1])
    b.fill(x[2])
    b[0] = a[order]
    c = np.ones_like(x)
    np.add(a, c, out=c)
    a.sort()
    return np.sum(a * x) + np.sum(b**2) + np.sum(c**2)


def list_of_arrays(x, steps):
    layers = [x * 1.0, x * 2.0]
    for k in range(steps):
        layers[k % 2][0] += layers[1 - k % 2][1]
        layers[0], layers[1] = layers[1], layers[0]
    layers.append(layers[0] * layers[1])
    last = layers.pop()
    last[0] = 0.0
    return np.sum(last) + np.sum(layers[0] ** 2)


def dict_of_arrays(x):
    params = {"W": x * 1.0, "b": x[0]}
    params["W"] *= 2.0
    params["W"][0] = params["b"] ** 2
    params["b"] = params["W"][1]
    alias = params["W"]
    alias[-1] *= 3.0
    return np.sum(params["W"] ** 2) * params["b"]


def grown_list(x):
    xs = []
    for value in x:
        xs.append(value * value)
    xs[0] = xs[1] * xs[2]
    xs[1] += xs.pop()
    return sum(xs)


def written_before_an_exit(x: NDArray[np.float64], limit: float) -> float:
    a = x.copy()
    for i in range(1, len(a)):
        a[i] += a[i - 1] ** 2
        if a[i] > limit:
            a[i] = limit * x[0]
            break
        if a[i] < -limit:
            continue
        a[i] *= 0.5
    else:
        a[0] = 1.0
    return np.sum(a**2)


def returned_from_a_loop(x, limit):
    a = x * 1.0
    for i in range(len(a) - 1):
        a[i + 1] *= a[i]
        if abs(a[i + 1]) > limit:
            a[0] = a[i + 1] ** 2
            return np.sum(a)
    return np.sum(a**2)


def while_it_is_large(x):
    a = x * 4.0
    k = 0
    while np.sum(a * a) > 1.0:
        a *= 0.5
        a[k % len(a)] = np.sin(a[k % len(a)])
        k += 1
    return np.sum(a) * k


def deleted_name(x):
    a = x * 1.0
    b = a
    a[0] = 3.0 * x[1]
    del a
    b *= 2.0
    return np.sum(b**2)


def unwritten_elements(x):
    """np.empty is read nowhere before it is written."""
    a = np.empty((2, len(x)))
    a[0] = x
    for i in range(len(x)):
        a[1, i] = a[0, i] ** 2
    return np.sum(a[1] * a[0])


def closure_writes(x):
    a = x * 1.0

    def bump(i, by):
        a[i] += by * a[i]

    bump(0, x[1])
    bump(1, a[0])
    return np.sum(a**2)


class Grid:
    """A state that a method steps."""

    def __init__(self, u):
        self.u = u

    def step(self, dt):
        self.u[1:-1] += dt * (self.u[2:] * self.u[:-2])


def written_in_an_object(u, dt):
    grid = Grid(u * 1.0)
    for _ in range(3):
        grid.step(dt)
    return np.sum(grid.u**2)


def recursive_writes(x):
    a = x * 1.0
    halve(a)
    return np.sum(a**2)


def halve(a):
    n = len(a)
    if n < 2:
        return
    half = n // 2
    a[:half] += a[n - half :] ** 2
    halve(a[:half])


def single_precision_buffer(x):
    """Values are rounded where they are stored; the gradient has the parameter's dtype."""
    a = np.zeros(len(x))
    a[:] = x
    a[1:] *= a[:-1]
    return np.sum(a**2)


def zero_dimensional(x):
    total = np.zeros(())
    for value in x:
        total += value**2
    total[()] = np.sin(total)
    return total * x[0]


def augmented_element_of_itself(x):
    """The right-hand side reads the element that is written."""
    a = x * 1.0
    a[0] *= a[0]
    a[1] **= 2
    a[2] -= a[2] * a[1]
    a /= a + 3.0
    a -= a.mean()
    return np.sum(a**2)


def dead_write(x):
    """What is overwritten unread has no adjoint; what is written to a temporary is lost."""
    a = x * 1.0
    a[0] = np.exp(x[1])
    a[0] = x[2] ** 2
    (a + 1.0)[1] = 5.0
    a[[0, 1]][0] = 7.0
    return np.sum(a**2)


def values(rng, n):
    return (rng.normal(size=n),)


def two(rng, n):
    return tuple(rng.normal(size=(2, n)))


def grid(rng, n):
    return (rng.normal(size=(n, n + 1)),)


def fortran(rng, n):
    return (np.asfortranarray(rng.normal(size=(n, n + 1))),)


def backwards(rng, n):
    return (rng.normal(size=(n, 2 * n + 2))[::-1, ::-2],)


def followed_by(*rest):
    return lambda rng, n: (rng.normal(size=n), *rest)


KERNELS = [
    Kernel(shared_adjoint, ("a", "b"), two),
    Kernel(shared_adjoint_of_buffers, ("a", "b"), two),
    Kernel(overwritten_after_use, ("x",), values),
    Kernel(overwritten_in_part, ("x",), values),
    Kernel(same_array_twice, ("x", "y"), two),
    Kernel(read_and_write_of_one_array, ("x",), values),
    Kernel(view_before_rebinding, ("x",), values),
    Kernel(alias_before_rebinding, ("x",), values),
    Kernel(overlapping_slices, ("x",), values),
    Kernel(reversed_onto_itself, ("x",), values),
    Kernel(shift_in_a_loop, ("x",), followed_by(3)),
    Kernel(new_sum_of_a_parameter, ("a", "x"), two),
    Kernel(sum_in_place_of_a_parameter, ("a", "x"), two),
    Kernel(sum_in_place_with_alias, ("a", "x"), two),
    Kernel(numbers_and_arrays, ("x",), values),
    Kernel(loop_variable_after_its_loop, ("x",), values),
    Kernel(last_row_after_its_loop, ("A",), grid),
    Kernel(rebound_or_written, ("x",), followed_by(True)),
    Kernel(rebound_or_written, ("x",), followed_by(False)),
    Kernel(rebound_or_written_by_sign, ("x",), values, (3, 4, 5, 6)),
    Kernel(one_of_two, ("x", "y"), lambda rng, n: (*two(rng, n), True)),
    Kernel(one_of_two, ("x", "y"), lambda rng, n: (*two(rng, n), False)),
    Kernel(assigned_with_repeats, ("x",), values),
    Kernel(added_with_repeats, ("x",), values, (3, 3)),
    Kernel(index_array_with_repeats, ("x",), followed_by(np.array([2, 0, 2, 1, 0]))),
    Kernel(added_at, ("x",), followed_by(np.array([2, 0, 2, 2]))),
    Kernel(reshape_of_a_slice, ("x",), grid),
    Kernel(reshape_of_columns, ("x",), grid),
    Kernel(ravel_written, ("x",), grid),
    Kernel(ravel_written, ("x",), fortran),
    Kernel(asarray_written, ("x",), values),
    Kernel(transposed_writes, ("x",), grid),
    Kernel(transposed_writes, ("x",), fortran),
    Kernel(transposed_writes, ("x",), backwards),
    Kernel(any_order, ("x",), fortran),
    Kernel(any_order, ("x",), backwards),
    Kernel(parameter_in_any_order, ("x",), grid),
    Kernel(parameter_in_any_order, ("x",), fortran),
    Kernel(parameter_in_any_order, ("x",), backwards),
    Kernel(shuffled_order, ("x",), followed_by(3)),
    Kernel(list_of_indices_changes, ("x",), values),
    Kernel(counter_is_the_index, ("x",), values),
    Kernel(integers_take_floats, ("x",), values),
    Kernel(zero_length, ("x",), followed_by(0)),
    Kernel(zero_length, ("x",), followed_by(0), (0, 1)),
    Kernel(same_view_twice, ("A",), grid),
    Kernel(view_of_view, ("A",), grid),
    Kernel(view_reread, ("x",), values),
    Kernel(returned_view, ("A",), grid),
    Kernel(returned_argument, ("A", "s"), lambda rng, n: (*grid(rng, n), 1.7)),
    Kernel(chained_targets, ("x",), values),
    Kernel(tuple_targets, ("x",), values),
    Kernel(swapped_rows, ("A",), grid),
    Kernel(swapped_rows_without_copies, ("A",), grid, stops="have to be copied"),
    Kernel(swapped_buffers, ("u",), followed_by(3)),
    Kernel(three_buffers, ("a",), followed_by(5)),
    Kernel(swapped_on_a_branch, ("x", "y"), two),
    Kernel(masks, ("x",), values),
    Kernel(mask_changes_after_use, ("x",), values),
    Kernel(index_changes_after_use, ("x",), values),
    Kernel(broadcast_writes, ("x", "s"), followed_by(0.7)),
    Kernel(functions_that_write, ("x",), followed_by(2)),
    Kernel(list_of_arrays, ("x",), followed_by(3)),
    Kernel(dict_of_arrays, ("x",), values),
    Kernel(grown_list, ("x",), values),
    Kernel(written_before_an_exit, ("x",), followed_by(1.0), (3, 4, 5, 6)),
    Kernel(written_before_an_exit, ("x",), followed_by(50.0), (3, 4)),
    Kernel(returned_from_a_loop, ("x",), followed_by(0.2), (3, 4, 5, 6)),
    Kernel(while_it_is_large, ("x",), values),
    Kernel(deleted_name, ("x",), values),
    Kernel(unwritten_elements, ("x",), values),
    Kernel(closure_writes, ("x",), values),
    Kernel(written_in_an_object, ("u", "dt"), followed_by(0.2)),
    Kernel(recursive_writes, ("x",), values),
    Kernel(single_precision_buffer, ("x",), lambda rng, n: (values(rng, n)[0].astype(np.float32),)),
    Kernel(zero_dimensional, ("x",), values),
    Kernel(augmented_element_of_itself, ("x",), values),
    Kernel(dead_write, ("x",), values),
]
