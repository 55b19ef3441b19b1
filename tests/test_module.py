"""Reading a module: its text, what its names mean, and where they lead."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from textwrap import dedent
from typing import TypeAlias

import libcst as cst
import pytest

from s2sad.errors import S2SADError
from s2sad.source.module import SourceModule

Write: TypeAlias = Callable[[dict[str, str]], SourceModule]


def read(text: str) -> SourceModule:
    return SourceModule.from_text(dedent(text), "model.py")


def meaning(module: SourceModule, expr: str, *local_names: str) -> str | None:
    return module.qualified(cst.parse_expression(expr), local_names)


@pytest.fixture
def project(tmp_path: Path) -> Write:
    """Writes the files of a project and reads the first."""

    def write(files: dict[str, str]) -> SourceModule:
        for name, text in files.items():
            (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
            (tmp_path / name).write_text(dedent(text))
        return SourceModule.from_path(tmp_path / next(iter(files)))

    return write


# ---------------------------------------------------------------- files and texts


def refusal(path: Path) -> S2SADError:
    with pytest.raises(S2SADError) as caught:
        SourceModule.from_path(path)
    return caught.value


def test_a_file_that_cannot_be_read_is_refused(tmp_path: Path) -> None:
    assert str(refusal(tmp_path / "no.py")).startswith(f"S2S001 {tmp_path}/no.py does not exist")
    assert "is a folder" in str(refusal(tmp_path))
    broken = tmp_path / "broken.py"
    broken.write_bytes(b"x = '\xff'\n")
    assert "is not the text that it declares to be" in str(refusal(broken))
    broken.write_bytes(b"# coding: no-such-encoding\n")
    assert refusal(broken).code == "S2S001"


def test_the_declared_encoding_is_honoured(tmp_path: Path) -> None:
    path = tmp_path / "model.py"
    path.write_bytes("# coding: latin-1\nname = 'é'\n".encode("latin-1"))
    assert "'é'" in SourceModule.from_path(path).text
    path.write_bytes(b"\xef\xbb\xbfx = 1\r\ny = 2\r\n")
    assert SourceModule.from_path(path).text == "x = 1\ny = 2\n"


def test_a_syntax_error_has_its_place() -> None:
    with pytest.raises(S2SADError) as caught:
        read("x = 1\ny = f(]\n")
    assert caught.value.code == "S2S002"
    assert caught.value.location is not None
    assert (caught.value.location.line, caught.value.location.text) == (2, "y = f(]")
    assert str(caught.value).startswith("model.py:2:7: S2S002 syntax error")


def test_nesting_that_no_parser_survives_is_refused() -> None:
    with pytest.raises(S2SADError, match="S2S002"):
        read("x = " + "(" * 5000 + ")" * 5000)


def test_a_sum_of_a_thousand_terms_has_a_place_and_a_code() -> None:
    module = read("y = " + " + ".join(f"a{i}" for i in range(1000)))
    assert module.location(module.tree.body[0]).end_column == len(module.text) + 1
    assert module.code(module.tree.body[0]) == module.text


def test_nothing_is_run(tmp_path: Path) -> None:
    path = tmp_path / "model.py"
    trap = tmp_path / "trap"
    path.write_text(f"import numpy as np\nopen({str(trap)!r}, 'w')\ndef f(x): return x\n")
    module = SourceModule.from_path(path)
    assert module.find_function(".f") and module.mutated == set()
    assert not trap.exists()


def test_a_place_and_the_code_there() -> None:
    module = read("""
        def f(x):
            # why
            y = g(x,
                  1)  # note
            return y
        """)
    body = module.functions["f"].node.body.body
    assert module.code(body[0]) == "y = g(x,\n      1)  # note"
    value = body[1].body[0].value
    assert module.location(value).caret().split("\n")[1].endswith("           ^")
    assert module.location(module.functions["f"].node).text == "def f(x):"
    assert module.location(body[0]).end_column == len("    y = g(x,") + 1


# ---------------------------------------------------------------- what names mean


SPELLINGS = """
    import math
    import numpy as np
    import numpy.linalg
    import scipy.special as sp
    from numpy import tanh as th, linalg
    CONSTANT = np.ones(3)
    def f(x): ...
    class Model:
        def predict(self): ...
"""


@pytest.mark.parametrize(
    ("expr", "path"),
    [
        ("np.tanh", "numpy.tanh"),
        ("np.linalg.norm", "numpy.linalg.norm"),
        ("numpy.linalg.norm", "numpy.linalg.norm"),
        ("linalg.norm", "numpy.linalg.norm"),
        ("sp.expit", "scipy.special.expit"),
        ("th", "numpy.tanh"),
        ("math.sin", "math.sin"),
        ("abs", "builtins.abs"),
        ("f", ".f"),
        ("Model.predict", ".Model.predict"),
        ("CONSTANT.sum", None),
        ("unknown", None),
        ("local.T", None),
        ("f(x).T", None),
    ],
)
def test_names_are_resolved_through_every_spelling(expr: str, path: str | None) -> None:
    assert meaning(read(SPELLINGS), expr, "local") == path


def test_a_local_name_hides_everything() -> None:
    assert meaning(read(SPELLINGS), "np.tanh", "np") is None


def test_a_name_of_the_module_hides_a_builtin() -> None:
    assert meaning(read("def abs(x): return x"), "abs") == ".abs"
    assert meaning(read("abs = print"), "abs") is None


def test_a_star_brings_what_the_library_exports() -> None:
    module = read("from math import *\nfrom numpy import *")
    assert meaning(module, "tanh") == "numpy.tanh"
    assert meaning(module, "sum") == "numpy.sum"
    assert meaning(module, "erf") == "math.erf"
    assert meaning(module, "len") == "builtins.len"


def test_an_unknown_star_may_hide_the_arithmetic_builtins() -> None:
    module = read("from pylab import *")
    assert meaning(module, "sum") is None
    assert meaning(module, "range") == "builtins.range"


def test_imports_in_branches_for_type_checkers_and_missing_packages() -> None:
    module = read("""
        from typing import TYPE_CHECKING
        if TYPE_CHECKING:
            from numpy import ndarray
        try:
            from numba import njit
        except ImportError:
            def njit(f):
                return f
        @njit
        def f(x): ...
        """)
    assert meaning(module, "ndarray") == "numpy.ndarray"
    assert module.functions["f"].decorators == ["numba.njit"]
    assert module.rebound == set()


def test_a_name_with_two_meanings_has_none() -> None:
    module = read("""
        import sys
        if sys.platform == "linux":
            def f(x): return x
        else:
            def f(x): return 2 * x
        def g(x): return x
        g = memoised(g)
        def h(x): return 1
        def h(x): return 2
        """)
    assert module.rebound == {"f", "g"}
    assert meaning(module, "f") is None and module.find_function(".f") is None
    assert module.code(module.functions["h"].node.body) == " return 2"  # the last one wins


def test_constants_are_assigned_once() -> None:
    module = read("""
        A = 1.0
        B: float = 2.0
        C, D = 3.0, 4.0
        E = F = 5.0
        x, y = f()
        if A:
            G = 1.0
        A2 = 1
        A2 = 2
        """)
    values = {
        name: module.code(node.value) for name, node in module.constants.items() if node.value
    }
    assert values.pop("A2") and "A2" in module.mutated
    assert values == {"A": "1.0", "B": "2.0", "C": "3.0", "D": "4.0", "E": "5.0", "F": "5.0"}


def test_an_alias_is_followed_on_request() -> None:
    module = read("import numpy as np\nact = np.tanh\nother = act\nN = 3")
    assert meaning(module, "act") is None
    assert (module.alias("act"), module.alias("other")) == ("numpy.tanh", "numpy.tanh")
    assert module.alias("N") is None
    assert read("a = b\nb = a").alias("a") is None


def test_an_import_inside_a_function() -> None:
    module = read("def f():\n    from numpy import tanh as th, sum\n")
    node = module.functions["f"].node.body.body[0].body[0]
    assert isinstance(node, cst.ImportFrom)
    assert module.imports_of(node) == {"th": "numpy.tanh", "sum": "numpy.sum"}


def test_decorators_are_named_whether_called_or_not() -> None:
    module = read("""
        import functools
        from numba import njit
        from .mine import special
        @functools.lru_cache(maxsize=None)
        @njit
        @staticmethod
        @unknown.thing(1)
        def f(x): ...
        """)
    assert module.functions["f"].decorators == [
        "functools.lru_cache",
        "numba.njit",
        "builtins.staticmethod",
        "unknown.thing",
    ]


# ---------------------------------------------------------------- changes


@pytest.mark.parametrize(
    "change",
    [
        "TABLE[0] = 1",
        "TABLE += 1",
        "TABLE.fill(0)",
        "np.copyto(TABLE, x)",
        "np.add(x, 1, out=TABLE)",
        "rng.shuffle(TABLE)",
        "del TABLE",
        "TABLE = 2",
        "def f():\n    global TABLE\n    TABLE = 1",
        "def f():\n    TABLE[0] = 1",
        "def f():\n    row = TABLE[1:]\n    row += 1",
        "def f():\n    for row in TABLE:\n        row[0] = 1",
        "def fill(a):\n    a[0] = 1\nfill(TABLE)",
        "def f():\n    def g():\n        TABLE.sort()",
        "[y := (TABLE := x) for x in xs]",
    ],
)
def test_what_changes_a_constant(change: str) -> None:
    assert "TABLE" in read(f"import numpy as np\nTABLE = np.zeros(3)\n{change}\n").mutated


@pytest.mark.parametrize(
    "use",
    [
        "x = TABLE.sum()\nx += 1",
        "def f(TABLE):\n    TABLE[0] = 1",
        "def f():\n    TABLE = [1]\n    TABLE.append(2)",
        "def f(x):\n    x.TABLE = 1",
        "xs = [TABLE for TABLE in ys]",
        "class C:\n    TABLE = 1",
        "def f():\n    global OTHER\n    OTHER = TABLE",
        "np.sort(TABLE)",
    ],
)
def test_what_leaves_a_constant_alone(use: str) -> None:
    assert "TABLE" not in read(f"import numpy as np\nTABLE = np.zeros(3)\n{use}\n").mutated


def test_a_number_is_not_changed_through_another_name() -> None:
    module = read("import math\nT0 = 2 * math.pi\ndef f():\n    t = T0\n    t += 1\n")
    assert module.mutated == set()


# ---------------------------------------------------------------- classes


CLASSES = """
    import dataclasses
    from collections import namedtuple
    from dataclasses import dataclass, field
    from typing import ClassVar, NamedTuple, TypedDict

    class Layer(NamedTuple):
        W: float
        b: float = 0.0
    @dataclass(frozen=True)
    class Spring:
        kind: ClassVar[str] = "s"
        stiffness: float
        def energy(self, x): ...
    @dataclasses.dataclass
    class Damped(Spring):
        damping: float = field(default=1.0)
    Point = namedtuple("Point", "x, y")
    class Options(TypedDict):
        rate: float
    class Plain:
        class Inner: ...
"""


def test_classes_and_their_fields() -> None:
    module = read(CLASSES)
    found = {name: (c.kind, [f.name for f in c.fields]) for name, c in module.classes.items()}
    assert found == {
        "Layer": ("NamedTuple", ["W", "b"]),
        "Spring": ("dataclass", ["stiffness"]),
        "Damped": ("dataclass", ["stiffness", "damping"]),
        "Point": ("NamedTuple", ["x", "y"]),
        "Options": ("TypedDict", ["rate"]),
        "Plain": ("plain", []),
        "Plain.Inner": ("plain", []),
    }


def test_a_method_may_be_inherited() -> None:
    module = read(CLASSES)
    method = module.method("Damped", "energy")
    assert method is not None and method.qualname == "Spring.energy"
    assert method.owner is module.classes["Spring"]
    assert module.find_function(".Damped.energy") == (module, method)
    assert module.method("Damped", "other") is None


# ---------------------------------------------------------------- other modules


def leads_to(module: SourceModule, name: str) -> tuple[str, str]:
    path = meaning(module, name)
    found = path and module.find_function(path)
    assert found, f"{name} leads nowhere"
    assert found[0].path is not None
    return found[0].path.name, found[1].qualname


def test_a_file_beside_it(project: Write) -> None:
    module = project(
        {
            "model.py": "import layers\nfrom layers import dense as d\nfrom layers import *",
            "layers.py": "def dense(x): ...\ndef mix(x): ...\nRATE = 0.1",
        }
    )
    assert leads_to(module, "layers.dense") == ("layers.py", "dense")
    assert leads_to(module, "d") == ("layers.py", "dense")
    assert leads_to(module, "mix") == ("layers.py", "mix")
    assert module.find_constant("layers.RATE") is not None
    assert [Path(name).name for name in module.sources] == ["model.py", "layers.py"]


def test_relative_imports_in_a_package(project: Write) -> None:
    module = project(
        {
            "src/pkg/sub/model.py": """
                from . import ops
                from ..layers import dense
                from .. import act
                """,
            "src/pkg/__init__.py": "from .activations import act as act",
            "src/pkg/layers.py": "def dense(x): ...",
            "src/pkg/activations.py": "def act(x): ...",
            "src/pkg/sub/__init__.py": "",
            "src/pkg/sub/ops.py": "class Op:\n    def run(self): ...",
        }
    )
    assert module.imports["dense"] == "pkg.layers.dense"
    assert leads_to(module, "dense") == ("layers.py", "dense")
    assert leads_to(module, "act") == ("activations.py", "act")
    assert leads_to(module, "ops.Op.run") == ("ops.py", "Op.run")


def test_relative_imports_outside_a_package(project: Write) -> None:
    module = project({"m.py": "from .layers import dense", "layers.py": "def dense(x): ..."})
    assert leads_to(module, "dense") == ("layers.py", "dense")


def test_a_script_beside_the_src_folder(project: Write) -> None:
    module = project(
        {
            "scripts/run.py": "from pkg.layers import dense",
            "src/pkg/layers.py": "def dense(x): ...",
            "pyproject.toml": "",
        }
    )
    assert leads_to(module, "dense") == ("layers.py", "dense")


def test_installed_packages_are_not_read(project: Write) -> None:
    module = project({"m.py": "import numpy as np", "numpy.py": "def tanh(x): ..."})
    assert module.find_function("numpy.tanh") is None
    assert len(module.sources) == 1


def test_imports_that_go_in_circles_lead_nowhere(project: Write) -> None:
    module = project({"a.py": "from b import f", "b.py": "from a import f"})
    assert module.find_function("b.f") is None


def test_a_constant_elsewhere_is_no_path(project: Write) -> None:
    module = project({"m.py": "from config import W", "config.py": "W = [1.0]"})
    assert meaning(module, "W") == "config.W"
    assert meaning(module, "W.T") is None


def test_a_function_is_found_by_its_line() -> None:
    module = read("""
        def outer(k):
            if k:
                def inner(x): return x
            else:
                @decorated
                def inner(x): return 2 * x
            return inner
        """)
    first, second = (module.definition_at(line, "inner") for line in (4, 6))
    assert first and second and first is not second
    assert first.qualname == second.qualname == "outer.<locals>.inner"
    assert module.definition_at(4, "outer") is None


def test_importing_s2sad_does_not_load_libcst() -> None:
    import subprocess

    code = "import s2sad, sys; sys.exit('libcst' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code]).returncode == 0


def test_ufuncs_take_as_many_arguments_as_the_table_says() -> None:
    import numpy as np

    from s2sad.source.operators import UFUNCS

    for name, count in UFUNCS.items():
        ufunc = getattr(np, name.removeprefix("numpy."))
        assert isinstance(ufunc, np.ufunc) and (ufunc.nin, ufunc.nout) == (count, 1)
