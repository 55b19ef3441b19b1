"""The command line: what it writes, what it compares, and what it refuses."""

from __future__ import annotations

import os
import re
import stat
import subprocess
import sys
from pathlib import Path

import black
import numpy as np
import pytest
from click.testing import CliRunner, Result

from s2sad import cli, pipeline
from s2sad.output import same_code

MODEL = '''
"""A model."""

import numpy as np

from s2sad import differentiable


@differentiable(wrt=("W", "b"))
def loss(W, b, x):
    """Sum of squares of an affine map."""
    r = W * x + b  # residual
    return np.sum(r * r)


def energy(q, p, n=2):
    return np.sum(q * q) * n + np.sum(p)
'''.lstrip()


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A working folder with a model in it."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "model.py").write_text(MODEL)
    return tmp_path


def s2sad(*words: str, stdin: bytes | None = None) -> Result:
    return CliRunner().invoke(cli.command, words, input=stdin, prog_name="s2sad")


def functions(text: str) -> dict:
    namespace: dict = {}
    exec(compile(text, "generated", "exec"), namespace)
    return namespace


def files(folder: Path) -> set[str]:
    return {path.name for path in folder.iterdir()}


# ------------------------------------------------------------ what it writes


def test_every_decorated_function_goes_to_standard_output(folder):
    result = s2sad("generate", "model.py")
    assert result.exit_code == 0, result.stderr
    assert result.stderr == ""
    loss_value_and_grad = functions(result.stdout)["loss_value_and_grad"]
    W, b, x = np.array([1.0, 2.0]), np.array([0.5, -1.0]), np.array([3.0, 4.0])
    value, (d_W, d_b) = loss_value_and_grad(W, b, x)
    r = W * x + b
    assert value == np.sum(r * r)
    np.testing.assert_allclose(d_W, 2 * r * x, rtol=1e-6)
    np.testing.assert_allclose(d_b, 2 * r, rtol=1e-6)
    assert files(folder) == {"model.py"}


def test_output_is_written_to_a_file_and_named_in_its_header(folder):
    result = s2sad("generate", "model.py", "-o", "model_grad.py")
    assert result.exit_code == 0, result.stderr
    assert result.stdout == ""
    assert "s2sad generate model.py -o model_grad.py\n" in Path("model_grad.py").read_text()
    assert files(folder) == {"model.py", "model_grad.py"}


def test_a_file_that_is_current_is_left_alone(folder):
    s2sad("generate", "model.py", "-o", "model_grad.py")
    os.utime("model_grad.py", ns=(0, 0))
    result = s2sad("generate", "model.py", "-o", "model_grad.py")
    assert "unchanged" in result.stderr
    assert Path("model_grad.py").stat().st_mtime_ns == 0


def test_permissions_are_kept(folder):
    Path("model_grad.py").write_text("old\n")
    Path("model_grad.py").chmod(0o640)
    s2sad("generate", "model.py", "-o", "model_grad.py")
    assert stat.S_IMODE(Path("model_grad.py").stat().st_mode) == 0o640


def test_a_new_file_has_the_usual_permissions(folder):
    Path("usual").touch()
    s2sad("generate", "model.py", "-o", "model_grad.py")
    assert Path("model_grad.py").stat().st_mode == Path("usual").stat().st_mode


def test_a_link_stays_a_link(folder):
    Path("real.py").touch()
    Path("model_grad.py").symlink_to("real.py")
    s2sad("generate", "model.py", "-o", "model_grad.py")
    assert Path("model_grad.py").is_symlink()
    assert "loss_value_and_grad" in Path("real.py").read_text()


def test_several_functions_and_modes_in_one_file(folder):
    result = s2sad(
        *("generate", "model.py", "--function", "energy", "--function", "loss"),
        *("--mode", "value-and-grad,grad", "--mode", "vjp"),
    )
    assert result.exit_code == 0, result.stderr
    names = re.findall(r"^def (\w+)", result.stdout, re.MULTILINE)
    assert len(names) == len(set(names))
    assert {f"{f}_{m}" for f in ("energy", "loss") for m in ("value_and_grad", "grad", "vjp")} <= {
        *names
    }


@pytest.mark.parametrize(
    ("wrt", "expected"),
    [
        (None, 4.0),
        ("p", 1.0),
        ("1", 1.0),
        ("p,q", (1.0, 4.0)),
        ("p,", (1.0,)),
    ],
)
def test_wrt(folder, wrt, expected):
    option = [] if wrt is None else ["--wrt", wrt]
    result = s2sad("generate", "model.py", "--function", "energy", "--mode", "grad", *option)
    assert result.exit_code == 0, result.stderr
    gradient = functions(result.stdout)["energy_grad"](1.0, 1.0)
    assert isinstance(gradient, tuple) == isinstance(expected, tuple)
    np.testing.assert_allclose(gradient, expected, rtol=1e-6)


def test_options_go_before_the_decorator(folder):
    result = s2sad("generate", "model.py", "--function", "loss", "--wrt", "x", "--mode", "grad")
    d_x = functions(result.stdout)["loss_grad"](2.0, 1.0, 3.0)
    np.testing.assert_allclose(d_x, 2 * 7.0 * 2.0, rtol=1e-6)


def test_has_aux(folder):
    Path("aux.py").write_text("def f(x):\n    return x * x, 'kept'\n")
    result = s2sad("generate", "aux.py", "--function", "f", "--has-aux")
    (value, aux), d_x = functions(result.stdout)["f_value_and_grad"](3.0)
    assert (value, aux) == (9.0, "kept")
    np.testing.assert_allclose(d_x, 6.0, rtol=1e-6)


def test_standard_input(folder):
    result = s2sad("generate", "-", stdin=MODEL.encode())
    assert result.exit_code == 0, result.stderr
    assert "def loss_value_and_grad(W, b, x):" in result.stdout
    assert "s2sad generate -\n" in result.stdout


@pytest.mark.parametrize(
    "spelling",
    [
        "from s2sad import differentiable as d\n@d\n",
        "import s2sad\n@s2sad.differentiable(wrt='x')\n",
        "import s2sad as ad\n@ad.differentiable(wrt=0)\n",
        "from s2sad.api import differentiable\n@differentiable()\n",
        "from s2sad import differentiable\nNAMES = ('x',)\n@differentiable(wrt=NAMES)\n",
    ],
)
def test_every_spelling_of_the_decorator(folder, spelling):
    Path("m.py").write_text(f"{spelling}def f(x):\n    return x * x\n")
    result = s2sad("generate", "m.py")
    assert result.exit_code == 0, result.stderr
    assert "def f_value_and_grad(x):" in result.stdout


def test_the_file_is_never_run(folder):
    side_effect = "open('executed', 'w').close()\nraise SystemExit('executed')\n"
    Path("model.py").write_text(MODEL.replace("import numpy", side_effect + "import numpy"))
    result = s2sad("generate", "model.py", "-o", "model_grad.py")
    assert "executed" not in files(folder)
    assert "SystemExit" not in (result.stderr + str(result.exception))


def test_the_header_does_not_depend_on_the_working_folder(folder, monkeypatch):
    (folder / "pyproject.toml").touch()
    (folder / "pkg").mkdir()
    (folder / "model.py").rename(folder / "pkg" / "model.py")
    s2sad("generate", "pkg/model.py", "-o", "pkg/model_grad.py")
    text = Path("pkg/model_grad.py").read_text()
    assert "s2sad generate pkg/model.py -o pkg/model_grad.py\n" in text
    monkeypatch.chdir("pkg")
    result = s2sad("generate", "model.py", "-o", "model_grad.py")
    assert "unchanged" in result.stderr
    assert str(folder) not in text


def test_dump_ir(folder, monkeypatch):
    asked = {}

    def generate(module, requests, *, command, dump):
        asked["dump"] = dump
        return pipeline.Generated("the program\n")

    monkeypatch.setattr(pipeline, "generate", generate)
    assert s2sad("generate", "model.py", "--dump-ir", "lower").stdout == "the program\n"
    assert asked == {"dump": "lower"}
    assert s2sad("generate", "model.py", "--dump-ir=lower", "--check").exit_code == 2


# ------------------------------------------------------------ what it compares


@pytest.fixture
def generated(folder: Path) -> Path:
    s2sad("generate", "model.py", "-o", "model_grad.py")
    return folder / "model_grad.py"


CHECK = ("generate", "model.py", "-o", "model_grad.py", "--check")


def test_check_of_a_current_file(generated):
    result = s2sad(*CHECK)
    assert (result.exit_code, result.stdout, result.stderr) == (0, "", "")


def test_check_does_not_mind_layout_and_version(generated):
    text = black.format_str(generated.read_text(), mode=black.Mode(line_length=40))
    text = text.replace("s2sad 0.1.0", "s2sad 0.2.1rc1").replace("\n", "\r\n")
    assert text != generated.read_text()
    generated.write_bytes(text.encode())
    result = s2sad(*CHECK)
    assert result.exit_code == 0, result.stdout
    assert generated.read_bytes() == text.encode()


def test_check_of_a_stale_file(generated):
    stale = generated.read_text()
    Path("model.py").write_text(MODEL.replace("W * x + b", "W * x - b"))
    result = s2sad(*CHECK)
    assert result.exit_code == 1
    assert result.stdout.startswith("--- model_grad.py\n+++ model_grad.py (generated)\n@@")
    assert "\x1b" not in result.stdout
    assert "model_grad.py is out of date" in result.stderr
    assert generated.read_text() == stale


@pytest.mark.parametrize(
    ("old", "new"),
    [("# Backward", "# Upward"), ("return ", "return 1.0 * "), ("with respect to", "for")],
)
def test_check_sees_comments_code_and_docstrings(generated, old, new):
    text = generated.read_text()
    assert old in text
    generated.write_text(text.replace(old, new, 1))
    assert s2sad(*CHECK).exit_code == 1


def test_check_of_a_missing_file(folder):
    result = s2sad(*CHECK)
    assert result.exit_code == 1
    assert "+def loss_value_and_grad" in result.stdout
    assert files(folder) == {"model.py"}


@pytest.mark.parametrize("broken", [b"def (", b"\xff\xfe", b"x = '\x00'"])
def test_check_of_a_broken_file(generated, broken):
    generated.write_bytes(broken)
    assert s2sad(*CHECK).exit_code == 1


def test_diff_writes_nothing(generated):
    stale = "# by hand\n" + generated.read_text()
    generated.write_text(stale)
    result = s2sad("generate", "model.py", "-o", "model_grad.py", "--diff")
    assert result.exit_code == 0
    assert "-# by hand\n" in result.stdout
    assert generated.read_text() == stale


def test_moved_comments_are_a_difference():
    assert same_code("a = 1  # one\nb = 2\n", "# one\na = 1\nb = 2\n") is False
    assert same_code("f(\n    a,  # one\n)\n", "f(a)  # one\n") is True
    assert same_code("# one\n# two\na = 1\n", "#  one two\n\na = (1)\n") is True


# ------------------------------------------------------------ the targets of a project

SETTINGS = """
[[tool.s2sad.targets]]
source = "model.py"
output = "model_grad.py"

[[tool.s2sad.targets]]
source = "model.py"
output = "sub/energy_grad.py"
functions = ["energy"]
wrt = ["q", "p"]
mode = ["grad", "vjp"]
"""


@pytest.fixture
def project(folder: Path) -> Path:
    (folder / "sub").mkdir()
    (folder / "pyproject.toml").write_text(SETTINGS)
    return folder


def test_every_target_is_refreshed(project):
    result = s2sad("generate")
    assert result.exit_code == 0, result.stderr
    assert "def loss_value_and_grad(" in Path("model_grad.py").read_text()
    text = Path("sub/energy_grad.py").read_text()
    assert "def energy_grad(" in text and "def energy_vjp(" in text
    assert s2sad("generate", "--check").exit_code == 0


def test_targets_are_found_from_a_folder_below(project, monkeypatch):
    s2sad("generate")
    monkeypatch.chdir("sub")
    assert s2sad("generate", "--check").exit_code == 0
    Path("energy_grad.py").unlink()
    result = s2sad("generate", "--check")
    assert result.exit_code == 1
    assert "energy_grad.py is out of date" in result.stderr


def test_one_bad_target_does_not_keep_the_others_back(project):
    bad = '[[tool.s2sad.targets]]\nsource = "missing.py"\noutput = "missing_grad.py"\n'
    Path("pyproject.toml").write_text(bad + SETTINGS + bad.replace("missing.py", "gone.py"))
    result = s2sad("generate")
    assert result.exit_code == 2
    assert "missing.py does not exist" in result.stderr
    assert "gone.py does not exist" in result.stderr
    assert {"model_grad.py"} <= files(project)
    assert "missing_grad.py" not in files(project)


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ("", "no target to generate"),
        ("[tool.s2sad]\ntarget = []", "no key target"),
        ("[tool.s2sad]\ntargets = 3", "not an array of tables"),
        ("[[tool.s2sad.targets]]\nsource = 'a.py'", "a target has no output"),
        ("[[tool.s2sad.targets]]\nsource = 'a'\noutput = 'b'\nmode = 'jac'", "mode is"),
        ("[[tool.s2sad.targets]]\nsource = 'a'\noutput = 'b'\nwrt = 1.5", "wrt is 1.5"),
        ("[[tool.s2sad.targets]]\nsource = 'a'\noutput = 'b'\nwrd = 'x'", "Did you mean wrt?"),
        ("[tool.s2sad\n", "pyproject.toml:1:12"),
    ],
)
def test_settings_that_cannot_be_understood(folder, settings, message):
    Path("pyproject.toml").write_text(settings)
    result = s2sad("generate")
    assert result.exit_code == 2
    assert "S2S006" in result.stderr
    assert message in result.stderr


def test_options_of_a_file_need_a_file(project):
    result = s2sad("generate", "--wrt", "x")
    assert result.exit_code == 2
    assert "Missing argument 'FILE'" in result.stderr


# ------------------------------------------------------------ what it refuses

BAD = {
    "missing file": (["nowhere.py"], "S2S001 nowhere.py does not exist"),
    "a folder": (["sub"], "S2S001 sub is a folder"),
    "not UTF-8": (["latin.py"], "S2S001 latin.py"),
    "syntax error": (["syntax.py"], "syntax.py:2:"),
    "no functions": (["empty.py"], "S2S003 empty.py has no function decorated"),
    "unknown function": (["model.py", "--function", "los"], "Did you mean loss?"),
    "method without its class": (["m.py", "--function", "energy"], "Did you mean Model.energy?"),
    "unknown wrt": (["model.py", "--function", "energy", "--wrt", "qq"], "Did you mean q?"),
    "unknown position": (["model.py", "--wrt", "7"], "S2S004 loss has no parameter at position 7"),
    "wrt twice": (["model.py", "--wrt", "W,0"], "S2S004 wrt names W more than once"),
    "empty wrt": (["model.py", "--wrt", ""], "S2S004"),
    "unknown mode": (["model.py", "--mode", "sideways"], "there is no mode sideways"),
    "wrt in the decorator": (["badwrt.py"], "badwrt.py:3:21: S2S004 f has no parameter y"),
    "wrt to be computed": (["computed.py"], "S2S006 what wrt is cannot be seen"),
    "decorator's argument": (["argument.py"], "S2S006 @differentiable takes no argument argnums"),
    "equal names": (["equal.py"], "would both become energy_value_and_grad"),
}


@pytest.fixture
def odd_files(folder: Path) -> Path:
    (folder / "sub").mkdir()
    (folder / "latin.py").write_bytes("# café\n".encode("latin-1"))
    (folder / "syntax.py").write_text("x = 1\ndef f(x:\n    return x\n")
    (folder / "empty.py").write_text("x = 1\n")
    (folder / "m.py").write_text("class Model:\n    def energy(self, q):\n        return q * q\n")
    head = "from s2sad import differentiable\nnames = tuple('x')\n"
    body = "\ndef f(x):\n    return x * x\n"
    (folder / "badwrt.py").write_text(f"{head}@differentiable(wrt='y'){body}")
    (folder / "computed.py").write_text(f"{head}@differentiable(wrt=names){body}")
    (folder / "argument.py").write_text(f"{head}@differentiable(argnums=0){body}")
    method = "    @differentiable\n    def energy(self, q):\n        return q * q\n"
    (folder / "equal.py").write_text(f"{head}class A:\n{method}class B:\n{method}")
    return folder


@pytest.mark.parametrize("case", BAD)
def test_refusals(odd_files, case):
    words, message = BAD[case]
    before = files(odd_files)
    result = s2sad("generate", *words, "-o", "out.py")
    assert result.exit_code == 2, result.stderr
    assert message in result.stderr
    assert result.stdout == ""
    assert files(odd_files) == before


def test_standard_input_that_is_not_utf8(folder):
    result = s2sad("generate", "-", stdin=b"\xff\xff")
    assert result.exit_code == 2
    assert "S2S001 standard input is not UTF-8" in result.stderr


@pytest.mark.parametrize(
    ("output", "message"),
    [
        ("sub", "S2S005 sub is a folder"),
        ("nowhere/out.py", "S2S005 there is no folder nowhere"),
        ("empty.py/out.py", "S2S005 there is no folder empty.py"),
        ("model.py", "S2S005 model.py is the source itself"),
        ("./sub/../model.py", "is the source itself"),
        ("x" * 300, "S2S005 cannot write"),
    ],
)
def test_outputs_that_cannot_be_written(odd_files, output, message):
    before = files(odd_files)
    result = s2sad("generate", "model.py", "-o", output)
    assert result.exit_code == 2
    assert message in result.stderr
    assert files(odd_files) == before
    assert Path("model.py").read_text() == MODEL


def test_a_disk_that_is_full_leaves_the_old_file(generated, monkeypatch):
    before = generated.read_text()
    Path("model.py").write_text(MODEL.replace("+ b", "- b"))

    def replace(source, target):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "replace", replace)
    result = s2sad("generate", "model.py", "-o", "model_grad.py")
    assert result.exit_code == 2
    assert "S2S005 cannot write model_grad.py: No space left on device" in result.stderr
    assert generated.read_text() == before
    assert files(generated.parent) == {"model.py", "model_grad.py"}


def test_every_refusal_is_printed_and_nothing_is_written(folder):
    body = "def {}(x):\n    return brentq(f, 0.0, x)\n"
    head = "from scipy.optimize import brentq\nfrom s2sad import differentiable\n"
    bad = "".join("@differentiable\n" + body.format(name) for name in ("first", "second"))
    Path("bad.py").write_text(head + bad)
    result = s2sad("generate", "bad.py", "-o", "bad_grad.py")
    assert result.exit_code == 2
    assert len(re.findall(r"S2S\d\d\d cannot", result.stderr)) == 2
    assert "bad_grad.py" not in files(folder)


def test_check_and_diff_need_a_file_to_compare_with(folder):
    for option in ("--check", "--diff"):
        result = s2sad("generate", "model.py", option)
        assert result.exit_code == 2
        assert "name it with -o" in result.stderr


# ------------------------------------------------------------ how it speaks


def test_help_and_version():
    assert "Examples:\n    s2sad generate model.py" in s2sad("--help").stdout
    assert "s2sad generate - < model.py" in s2sad("generate", "--help").stdout
    assert re.fullmatch(r"s2sad \d+\.\d+\.\d+\n", s2sad("--version").stdout)


class Stream:
    def __init__(self, terminal: bool) -> None:
        self.terminal = terminal

    def isatty(self) -> bool:
        return self.terminal


def test_colour_is_for_terminals(monkeypatch):
    monkeypatch.delenv("NO_COLOR", raising=False)
    monkeypatch.setenv("TERM", "xterm")
    assert cli._has_colour(Stream(True))
    assert not cli._has_colour(Stream(False))
    monkeypatch.setenv("NO_COLOR", "1")
    assert not cli._has_colour(Stream(True))


def run(*words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "s2sad", *words], capture_output=True, text=True, timeout=60
    )


def test_as_a_module(folder):
    done = run("generate", "model.py", "-o", "model_grad.py")
    assert done.returncode == 0, done.stderr
    assert "def loss_value_and_grad(" in Path("model_grad.py").read_text()
    assert run("generate", "nowhere.py").returncode == 2
    assert run("generate", "--no-such-option").returncode == 2


def test_no_numpy_is_imported_where_its_parameter_lists_are_not_needed():
    """Its import would take a quarter of the whole command's time."""
    watched = (
        "import sys, atexit\n"
        "atexit.register(lambda: print('numpy' in sys.modules, file=sys.stderr))\n"
        "sys.argv[0] = 's2sad'\n"
        "from s2sad.cli import main; main()"
    )
    for model in ("first.py", "digits/model.py", "regression/model.py"):
        path = Path(__file__).parent.parent / "examples" / model
        words = ["generate", str(path), "--function", "loss"]
        done = subprocess.run(
            [sys.executable, "-c", watched, *words], capture_output=True, text=True, timeout=60
        )
        assert done.returncode == 0 and "def loss_value_and_grad(" in done.stdout
        assert done.stderr.splitlines()[-1] == "False"


def test_a_fault_of_s2sad_is_not_taken_for_a_stale_file(folder, monkeypatch, capsys):
    def generate(*args, **kwargs):
        raise ZeroDivisionError

    monkeypatch.setattr(pipeline, "generate", generate)
    monkeypatch.setattr(sys, "argv", ["s2sad", "generate", "model.py"])
    with pytest.raises(SystemExit) as stopped:
        cli.main()
    assert stopped.value.code == 2
    assert "a fault in s2sad" in capsys.readouterr().err


def test_two_runs_give_the_same_bytes(folder):
    outputs = []
    for seed in ("0", "1"):
        done = subprocess.run(
            [sys.executable, "-m", "s2sad", "generate", "model.py", "--mode", "grad,vjp"],
            capture_output=True,
            env={**os.environ, "PYTHONHASHSEED": seed},
        )
        outputs.append(done.stdout)
    assert outputs[0] == outputs[1] != b""
