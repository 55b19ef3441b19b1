"""The user's own rules: where they are found, that they are never run, and what depends on them."""

from __future__ import annotations

import linecache
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from click.testing import CliRunner

from s2sad import adjoint, grad, pipeline, value_and_grad
from s2sad.cli import command
from s2sad.errors import S2SADError
from s2sad.pipeline import Request, generate
from s2sad.source.module import SourceModule
from tests.modules import Workshop

SOLVER = """
import numpy as np
from scipy.optimize import brentq


def root(p):
    return brentq(lambda v: v**3 + v - p, -10.0, 10.0)


def slope(v):
    return 3.0 * v**2 + 1.0
""".lstrip()

RULE = """
@adjoint(root)
def root_rule(p):
    y = root(p)
    d_p += d_y / slope(y)
""".lstrip()

MODEL = """
def f(x: float) -> float:
    return root(x) ** 2
""".lstrip()


def slope_of(function: Any, x: float, h: float = 1e-5) -> float:
    return (function(x + h) - function(x - h)) / (2.0 * h)


@pytest.fixture
def workshop(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Workshop:
    return Workshop(tmp_path, monkeypatch)


def text_of(path: Path, name: str = "f") -> str:
    return generate(SourceModule.from_path(path), [Request(name)]).text


def test_adjoint_hands_back_the_rule() -> None:
    def rule(x):
        raise AssertionError

    assert adjoint(abs)(rule) is rule
    assert adjoint(abs, linear=True)(rule) is rule


# ------------------------------------------------------------ where rules are found


def test_in_a_module_that_is_imported_by_one_that_is_imported(workshop: Workshop) -> None:
    workshop.write("s2sad_solver", SOLVER)
    workshop.write(
        "s2sad_rules",
        "from s2sad import adjoint\nfrom s2sad_solver import root\nimport s2sad_solver as so\n\n"
        + RULE.replace("slope", "so.slope"),
    )
    workshop.write("s2sad_between", "import s2sad_rules\n")
    head = "import s2sad_between\nfrom s2sad_solver import root\n\n"
    module = workshop.load("s2sad_model", head + MODEL)
    assert np.isclose(grad(module.f)(3.0), slope_of(module.f, 3.0), rtol=1e-8)


def test_names_of_two_modules_stay_apart(workshop: Workshop) -> None:
    rules = "from s2sad import adjoint\n\n" + SOLVER + "\n\n" + RULE
    workshop.write("s2sad_rules", rules)
    own = "def slope(v):\n    return 1e6 * v\n\n"
    text = own + "def f(x: float) -> float:\n    return root(x) * slope(x)\n"
    module = workshop.load("s2sad_model", "from s2sad_rules import root\n\n" + text)
    assert np.isclose(grad(module.f)(3.0), slope_of(module.f, 3.0), rtol=1e-8)


def test_equal_names_of_functions_are_not_confused(workshop: Workshop) -> None:
    """A rule for `root` of one module is none for `root` of another."""
    workshop.write("s2sad_rules", "from s2sad import adjoint\n\n" + SOLVER + "\n\n" + RULE)
    head = "import s2sad_rules\n\n\ndef root(x):\n    return x * x\n\n\n"
    body = "def f(x: float) -> float:\n    return root(x) + s2sad_rules.root(x)\n"
    module = workshop.load("s2sad_model", head + body)
    assert np.isclose(grad(module.f)(3.0), slope_of(module.f, 3.0), rtol=1e-8)


def test_in_cells_of_a_notebook() -> None:
    namespace: dict[str, Any] = {"__name__": "__main__"}

    def run(number: int, text: str) -> None:
        name = f"<ipython-input-{number}-s2sad-rules>"
        linecache.cache[name] = (len(text), None, text.splitlines(keepends=True), name)
        exec(compile(text, name, "exec"), namespace)

    run(1, "import numpy as np\nfrom s2sad import adjoint, grad\n")
    run(2, SOLVER)
    run(3, RULE)
    run(4, MODEL + "\ng = grad(f)\n")
    assert np.isclose(namespace["g"](3.0), slope_of(namespace["f"], 3.0), rtol=1e-8)


def test_in_the_folder_of_templates(tmp_path: Path) -> None:
    (tmp_path / "pyproject.toml").write_text('[tool.s2sad]\ntemplates = "rules"\n')
    (tmp_path / "rules").mkdir()
    (tmp_path / "rules" / "special.py").write_text(
        "import scipy.special\n\nfrom mylib import slope\n\n\n"
        "def voigt(x, s: const, g: const):\n"
        "    y = scipy.special.voigt_profile(x, s, g)\n"
        "    d_x += d_y * slope(x, s, g)\n"
    )
    (tmp_path / "mylib.py").write_text(
        "import scipy.special as sp\n\n\ndef slope(x, s, g):\n    h = 1e-5\n"
        "    up, down = sp.voigt_profile(x + h, s, g), sp.voigt_profile(x - h, s, g)\n"
        "    return (up - down) / (2.0 * h)\n"
    )
    model = tmp_path / "model.py"
    model.write_text(
        "from scipy.special import voigt_profile\n\n\n"
        "def f(x: float) -> float:\n    return voigt_profile(x, 1.0, 2.0) ** 2\n"
    )
    scope: dict[str, Any] = {}
    exec(text_of(model), scope)
    plain: dict[str, Any] = {}
    exec(model.read_text(), plain)
    assert np.isclose(scope["f_value_and_grad"](0.7)[1], slope_of(plain["f"], 0.7), rtol=1e-6)


def test_a_folder_of_templates_that_is_not_there(tmp_path: Path) -> None:
    (tmp_path / "pyproject.toml").write_text('[tool.s2sad]\ntemplates = "nowhere"\n')
    model = tmp_path / "model.py"
    model.write_text("def f(x: float) -> float:\n    return x * x\n")
    with pytest.raises(S2SADError, match="templates is 'nowhere'") as refused:
        text_of(model)
    assert refused.value.code == "S2S006"


# ------------------------------------------------------------ what they are


def test_the_command_runs_nothing(tmp_path: Path) -> None:
    """A function behind a rule may be anywhere; its module is not imported to generate."""
    path = tmp_path / "model.py"
    path.write_text(
        "from s2sad import adjoint\nfrom s2sad_no_such_solver.fast import solve\n\n"
        "raise SystemExit('run')\n\n\n"
        "@adjoint(solve)\ndef solve_rule(a: 'n n', b: 'n') -> 'n':\n    y = solve(a, b)\n"
        "    d_a -= solve(a.T, d_y)[:, None] * y\n    d_b += solve(a.T, d_y)\n\n\n"
        "def f(a, b: float) -> float:\n    return b\n"
    )
    assert "s2sad_no_such_solver" not in text_of(path)
    path.write_text(
        path.read_text().replace(
            "return b\n", "z = solve(a @ a.T, a[0])\n    return b * z @ z\n"
        ).replace("def f(a,", "def f(a: np.ndarray[tuple[int, int], np.dtype[np.float64]],")
    )  # fmt: skip
    path.write_text("import numpy as np\n" + path.read_text())
    text = text_of(path)
    assert "from s2sad_no_such_solver.fast import solve" in text
    assert "import s2sad\n" not in text and "adjoint" not in text.replace("adjoint of", "")


def test_a_function_with_a_rule_that_is_asked_for_itself(workshop: Workshop) -> None:
    head = "from s2sad import adjoint, differentiable\n\n"
    decorated = SOLVER.replace("def root", "@differentiable\ndef root")
    module = workshop.load("s2sad_model", head + decorated + "\n\n" + RULE)
    value, slope = module.root.value_and_grad(3.0)
    assert value == module.root(3.0)
    assert np.isclose(slope, slope_of(module.root, 3.0), rtol=1e-8)


def test_every_bad_rule_is_shown(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    rules = RULE.replace("d_p +=", "d_q +=") + "\n\n" + RULE.replace("d_y", "d_z")
    Path("rules.py").write_text("from s2sad import adjoint\n\n" + SOLVER + "\n\n" + rules)
    Path("model.py").write_text("from rules import root\n\n\n" + MODEL)
    result = CliRunner().invoke(command, ["generate", "model.py", "--function", "f"])
    assert result.exit_code == 2
    assert "rules.py:18:5: S2S080 a contribution to d_q" in result.stderr
    assert "rules.py:24:12: S2S080 a rule that reads d_z" in result.stderr


def test_side_effects_of_a_function_with_a_rule_happen_once(workshop: Workshop, capsys) -> None:
    noisy = SOLVER.replace("    return brentq", '    print("solving")\n    return brentq')
    text = "from s2sad import adjoint\n\n" + noisy + "\n\n" + RULE
    body = (
        "\n\ndef f(x: float, n: int) -> float:\n    s = 0.0\n"
        "    for k in range(n):\n        if root(x + k) > 0.0:\n"
        "            s += root(x * k) ** 2\n    return s\n"
    )
    module = workshop.load("s2sad_model", text + body)
    module.f(3.0, 3)
    plain = capsys.readouterr().out
    assert plain.count("solving") == 6
    value_and_grad(module.f)(3.0, 3)
    assert capsys.readouterr().out == plain


# ------------------------------------------------------------ the cache


@pytest.fixture
def generations(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    made: list[str] = []

    def counted(module: Any, requests: Any, **options: Any) -> Any:
        made.extend(request.name for request in requests)
        return generate(module, requests, **options)

    monkeypatch.setattr(pipeline, "generate", counted)
    return made


def test_a_rule_that_changes_makes_entries_stale(workshop: Workshop, generations) -> None:
    rules = "from s2sad import adjoint\n\n" + SOLVER + "\n\n"
    workshop.write("s2sad_rules", rules + RULE)
    text = "from s2sad_rules import root\n\n\n" + MODEL
    first = grad(workshop.load("s2sad_model", text).f)(3.0)
    grad(workshop.load("s2sad_model").f)
    assert len(generations) == 1
    workshop.write("s2sad_rules", rules + RULE.replace("d_y /", "2.0 * d_y /"))
    assert np.isclose(grad(workshop.load("s2sad_model").f)(3.0), 2.0 * first, rtol=1e-12)


def test_a_rule_that_appears_makes_entries_stale(workshop: Workshop, generations) -> None:
    """In a module of which nothing was needed before."""
    workshop.write("s2sad_rules", "X = 1\n")
    text = "import numpy as np\nimport s2sad_rules\n\n\n"
    text += "def f(x: float) -> float:\n    return np.sinh(x)\n"
    first = grad(workshop.load("s2sad_model", text).f)(3.0)
    assert np.isclose(first, np.cosh(3.0))
    workshop.write(
        "s2sad_rules",
        "import numpy as np\nfrom s2sad import adjoint\n\n\n@adjoint(np.sinh)\n"
        "def rule(x):\n    y = np.sinh(x)\n    d_x += 2.0 * d_y * np.cosh(x)\n",
    )
    assert np.isclose(grad(workshop.load("s2sad_model").f)(3.0), 2.0 * first, rtol=1e-12)


def test_a_template_that_changes_makes_entries_stale(workshop: Workshop, generations) -> None:
    folder = workshop.folder / "rules"
    folder.mkdir()
    (workshop.folder / "pyproject.toml").write_text('[tool.s2sad]\ntemplates = "rules"\n')
    rule = "import numpy as np\n\n\ndef sinh(x):\n    y = np.sinh(x)\n    d_x += 3.0 * d_y\n"
    text = "import numpy as np\n\n\ndef f(x: float) -> float:\n    return np.sinh(x)\n"
    (folder / "own.py").write_text(rule)
    assert grad(workshop.load("s2sad_first", text).f)(1.0) == 3.0
    (folder / "own.py").write_text(rule.replace("3.0", "44.0"))
    _forget_settings()
    assert grad(workshop.load("s2sad_first").f)(1.0) == 44.0
    assert len(generations) == 2


def _forget_settings() -> None:
    """As a new process: settings are read once in each."""
    from s2sad import derivatives

    derivatives._digest_of_settings.cache_clear()


# ------------------------------------------------------------ derivatives of derivatives


def test_second_derivatives_know_the_rules(workshop: Workshop) -> None:
    workshop.write("s2sad_rules", "from s2sad import adjoint\n\n" + SOLVER + "\n\n" + RULE)
    text = "from s2sad_rules import root\n\n\n" + MODEL
    module = workshop.load("s2sad_model", text)
    first = grad(module.f)
    second = grad(first)
    assert np.isclose(second(3.0), slope_of(first, 3.0), rtol=1e-8)
    assert second.source.count("def root") == second.source.count("def slope") - 1 == 1
    third = grad(second)
    assert np.isclose(third(3.0), slope_of(second, 3.0), rtol=1e-8)


def test_a_rule_that_changes_makes_second_derivatives_stale(workshop: Workshop) -> None:
    rules = "from s2sad import adjoint\n\n" + SOLVER + "\n\n"
    workshop.write("s2sad_rules", rules + RULE)
    text = "from s2sad_rules import root\n\n\ndef f(x: float) -> float:\n    return root(x * x)\n"
    grad(grad(workshop.load("s2sad_model", text).f))
    workshop.write("s2sad_rules", rules + RULE.replace("d_y /", "2.0 * d_y /"))
    changed = grad(grad(workshop.load("s2sad_model").f))(1.2)
    assert "2.0 * " in grad(grad(workshop.load("s2sad_model").f)).source
    assert np.isfinite(changed)
