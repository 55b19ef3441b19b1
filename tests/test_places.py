"""Every way to say which elements are written, in every kind of assignment, both modes."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from s2sad.pipeline import Request, generate
from s2sad.source.module import SourceModule
from tests.checking import check_gradient, check_tangent
from tests.fuzz_writes import unformatted

IN_VECTORS = [
    "0", "-1", "i", "n - 1", "int(k)", "idx[0]", "np.argmax(x)",
    "1:", "::-1", "::2", "slice(1, 3)", "np.s_[1:3]", "...", "None", "(0,)",
    "idx", "idx[::-1]", "[0, 2]", "[1, 1]", "np.arange(3)", "-np.arange(1, 3)", "np.unique(idx)",
    "np.argsort(x)", "np.argsort(x)[:2]", "np.flatnonzero(x > 0)", "np.nonzero(x > 0.1)",
    "np.where(x > 0.1)", "x > 0.1", "(x > 0) & (x < 1)", "mask", "~mask",
]  # fmt: skip
IN_MATRICES = [
    "0", "-1, -1", "i, i", "i, :", ":, i", "i + 1 :, i", "::-1, ::2", "..., 0", "None, 0",
    "idx", "idx, idx", "[0, 1], [1, 2]", "idx[:, None], idx", "np.arange(4), np.arange(4)",
    "np.diag_indices(4)", "np.triu_indices(4, 1)", "np.tril_indices_from(x)",
    "np.ix_([0, 1], [2, 3])", "np.argmax(x, axis=0), np.arange(4)", "np.where(x > 0)",
    "np.unravel_index(np.argmax(x), x.shape)", "x > 0", "x[0] > 0", ":, x[0] > 0",
]  # fmt: skip

ASSIGNMENTS = [
    "y[{at}] = s * x.ravel()[1]",
    "y[{at}] -= s * y.ravel()[0]",
    "y[{at}] /= s",
    "y[{at}] **= 2",
]
BODIES = {
    "argument": "    y = x\n    {statement}\n",
    "loop": "    y = 1.5 * x\n    for i in (1, 2):\n        {statement}\n        s += y.sum()\n",
    "view": "    base = 1.5 * x\n    y = base[:]\n    {statement}\n    y = base\n",
}
CASES = [(at, np.linspace(-0.9, 1.4, 6)[[2, 5, 0, 3, 1, 4]]) for at in IN_VECTORS] + [
    (at, np.cos(np.arange(16.0) ** 2).reshape(4, 4) + 0.3) for at in IN_MATRICES
]


def _function(text: str, name: str) -> Callable[..., Any]:
    scope: dict[str, Any] = {}
    exec(compile(text, f"<{name}>", "exec"), scope)
    return scope[name]


@pytest.mark.parametrize("at, x", CASES, ids=[at for at, _ in CASES])
@pytest.mark.parametrize("body", BODIES)
def test_written_at(at: str, x: Any, body: str) -> None:
    call = (x, 0.7, len(x), 2.0, np.array([0, 2, 3]), np.arange(len(x)) % 3 > 0)
    for assignment in ASSIGNMENTS:
        statement = BODIES[body].format(statement=assignment.format(at=at))
        text = (
            "import numpy as np\n\ndef f(x, s, n, k, idx, mask):\n    i = 1\n"
            + statement
            + "    return np.sum(y**2 * (1 + np.arange(y.size).reshape(y.shape))) + s\n"
        )
        requests = [
            Request("f", ("x", "s"), bare=False, mode=mode) for mode in ("value-and-grad", "jvp")
        ]
        with unformatted():
            generated = generate(SourceModule.from_text(text, "program.py"), requests).text
        plain = _function(text, "f")
        check_gradient(plain, call, ("x", "s"), _function(generated, "f_value_and_grad"))
        check_tangent(plain, call, ("x", "s"), _function(generated, "f_jvp"))
