"""The cache on disk: when it is used, when it must not be, and that it never gets in the way."""

from __future__ import annotations

import marshal
import os
import subprocess
import sys
from pathlib import Path

import pytest

from s2sad import S2SADError, cache, grad, pipeline
from tests.modules import Workshop

MODEL = """
import numpy as np
from s2sad import differentiable


@differentiable
def f(x):
    return np.sum(x * x)
""".lstrip()

POSIX = pytest.mark.skipif(os.name != "posix", reason="permissions of POSIX")


@pytest.fixture
def workshop(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Workshop:
    return Workshop(tmp_path, monkeypatch)


@pytest.fixture
def generations(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What has been generated, function by function."""
    made: list[str] = []
    generate = pipeline.generate

    def counted(module, requests, **options):
        made.extend(request.name for request in requests)
        return generate(module, requests, **options)

    monkeypatch.setattr(pipeline, "generate", counted)
    return made


def entries(workshop: Workshop) -> list[Path]:
    return sorted(workshop.cache.glob("*.s2sad"))


# ------------------------------------------------------------ when it is used


def test_a_second_import_generates_nothing(workshop, generations):
    first = workshop.load("s2sad_cached", MODEL)
    assert generations == ["f_value_and_grad"]
    again = workshop.load("s2sad_cached")
    assert generations == ["f_value_and_grad"]
    assert again.f.value_and_grad.source == first.f.value_and_grad.source
    assert again.f.value_and_grad(3.0)[0] == 9.0
    again.f.grad(3.0)
    workshop.load("s2sad_cached").f.grad(3.0)
    assert generations == ["f_value_and_grad", "f_grad"]


def test_a_warm_import_leaves_the_compiler_alone(workshop):
    workshop.load("s2sad_cached", MODEL)
    printed = workshop.run(
        "import sys, s2sad_cached\n"
        "heavy = {'libcst', 'black', 'click', 's2sad.pipeline', 's2sad.source', 'tempfile'}\n"
        "print(sorted(heavy & set(sys.modules)), s2sad_cached.f.value_and_grad(3.0)[0])"
    )
    assert printed == "[] 9.0\n"


def test_importing_s2sad_is_light():
    program = "import sys, s2sad; print({'numpy', 'libcst', 'black', 'click'} & set(sys.modules))"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)
    assert done.stdout == "set()\n", done.stderr


def test_ten_decorated_functions_import_quickly(workshop):
    function = "@differentiable\ndef f{}(x):\n    return np.sum(x * x)\n\n"
    head = "import numpy as np\nfrom s2sad import differentiable\n\n"
    workshop.load("s2sad_ten", head + "".join(function.format(i) for i in range(10)))
    printed = workshop.run(
        "import time, numpy, s2sad\n"
        "start = time.perf_counter()\n"
        "import s2sad_ten\n"
        "print(time.perf_counter() - start)"
    )
    assert float(printed) < 0.1  # 0.03 on a quiet machine, see benchmarks/generate.py


# ------------------------------------------------------------ when it must not be used


def test_a_changed_source(workshop, generations):
    workshop.load("s2sad_cached", MODEL)
    changed = workshop.load("s2sad_cached", MODEL.replace("x * x", "x * x * x"))
    assert changed.f.value_and_grad(2.0)[0] == 8.0
    assert len(generations) == 2
    assert len(entries(workshop)) == 1  # the old one was replaced


def test_a_changed_callee_in_another_module(workshop, generations):
    workshop.write("s2sad_callee", "def scale(x):\n    return 2.0 * x\n")
    text = MODEL.replace("import numpy", "from s2sad_callee import scale\nimport numpy")
    text = text.replace("np.sum(x * x)", "scale(x)")
    assert workshop.load("s2sad_cached", text).f.grad(1.0) == pytest.approx(2.0)
    made = len(generations)
    workshop.load("s2sad_cached").f.grad(1.0)
    assert len(generations) == made
    workshop.write("s2sad_callee", "def scale(x):\n    return 30.0 * x\n")
    assert workshop.load("s2sad_cached").f.grad(1.0) == pytest.approx(30.0)
    assert len(generations) == made + 2


def test_a_changed_toolchain(workshop, generations, monkeypatch):
    workshop.load("s2sad_cached", MODEL)
    monkeypatch.setattr(cache, "toolchain", lambda: "another")
    workshop.load("s2sad_cached")
    assert len(generations) == 2


def test_the_toolchain_is_s2sad_with_its_templates_and_black(monkeypatch):
    stamped = []
    monkeypatch.setattr(cache, "_stamp", lambda path: stamped.append(path) or path)
    cache.toolchain.__wrapped__()
    names = [Path(path) for path in stamped]
    assert any(path.name == "pipeline.py" for path in names)
    assert any("templates" in path.parts for path in names)
    assert {"black", "libcst", "numpy"} <= {path.parent.name for path in names}


def test_options_have_entries_of_their_own(workshop, generations):
    module = workshop.load("s2sad_plain", "def f(x, y):\n    return x * y\n")
    assert grad(module.f)(2.0, 3.0) == pytest.approx(3.0)
    assert grad(module.f, "y")(2.0, 3.0) == pytest.approx(2.0)
    assert grad(module.f, ("y",))(2.0, 3.0)[0] == pytest.approx(2.0)
    assert len(entries(workshop)) == len(generations) == 3


def test_equal_texts_in_different_places(workshop, generations):
    for name, factor in (("a", 2.0), ("b", 5.0)):
        package = workshop.folder / name
        package.mkdir()
        (package / "__init__.py").touch()
        (package / "layers.py").write_text(f"def scale(x):\n    return {factor} * x\n")
        (package / "model.py").write_text(
            "from s2sad import differentiable\nfrom .layers import scale\n\n\n"
            "@differentiable\ndef f(x):\n    return scale(x)\n"
        )
    assert workshop.load("a.model").f.grad(1.0) == pytest.approx(2.0)
    assert workshop.load("b.model").f.grad(1.0) == pytest.approx(5.0)


def test_line_ends_and_byte_order_marks_change_nothing():
    assert cache.digest("\ufeffa\r\nb\r\n") == cache.digest("a\nb\n") != cache.digest("a\nb")


@pytest.mark.parametrize("damage", ["empty", "cut", "flipped", "zeros", "header", "other"])
def test_a_damaged_entry_is_made_again(workshop, generations, damage):
    workshop.load("s2sad_cached", MODEL)
    (entry,) = entries(workshop)
    good = entry.read_bytes()
    middle = len(good) // 2
    bad = {
        "empty": b"",
        "cut": good[:middle],
        "flipped": good[:middle] + bytes([good[middle] ^ 1]) + good[middle + 1 :],
        "zeros": bytes(len(good)),
        "header": good[: len(cache.FORMAT)],
        "other": good[:-5],
    }
    entry.write_bytes(bad[damage])
    assert workshop.load("s2sad_cached").f.value_and_grad(3.0)[0] == 9.0
    assert len(generations) == 2
    assert entry.read_bytes() == good


@pytest.mark.parametrize("content", [3, (), ("stamp", (), "text"), None])
def test_an_entry_of_another_shape_is_made_again(workshop, generations, content):
    workshop.load("s2sad_cached", MODEL)
    (entry,) = entries(workshop)
    body = marshal.dumps(content)
    entry.write_bytes(cache.FORMAT + cache.importlib.util.source_hash(body) + body)
    assert workshop.load("s2sad_cached").f.value_and_grad(3.0)[0] == 9.0
    assert len(generations) == 2


def test_the_text_beside_an_entry_is_never_run(workshop, generations):
    workshop.load("s2sad_cached", MODEL)
    for text in workshop.cache.glob("*.py"):
        text.write_text("raise SystemExit('run')\n")
    assert workshop.load("s2sad_cached").f.value_and_grad(3.0)[0] == 9.0
    assert len(generations) == 1


@POSIX
def test_the_entry_of_another_user_is_not_trusted(workshop, generations, monkeypatch):
    workshop.load("s2sad_cached", MODEL)
    owner = entries(workshop)[0].stat().st_uid
    monkeypatch.setattr(os, "getuid", lambda: owner + 1)
    monkeypatch.setattr(cache, "TRUSTED", ())
    workshop.load("s2sad_cached")
    assert len(generations) == 2


def test_refusals_are_not_kept(workshop):
    text = MODEL.replace("np.sum(x * x)", "no_such_function(x)")
    for _ in range(2):
        with pytest.raises(S2SADError):
            workshop.load("s2sad_cached", text)
    assert entries(workshop) == []


# ------------------------------------------------------------ it never gets in the way


def test_off(workshop, generations, monkeypatch):
    monkeypatch.setenv("S2SAD_CACHE", "off")
    for _ in range(2):
        module = workshop.load("s2sad_cached", MODEL)
        assert module.f.value_and_grad(3.0)[0] == 9.0
    assert len(generations) == 2
    assert not workshop.cache.exists()
    assert module.f.value_and_grad.__code__.co_filename.startswith("<s2sad ")


def test_a_folder_that_cannot_be_written(workshop, generations):
    workshop.cache.write_text("a file, where the folder should be")
    for _ in range(2):
        assert workshop.load("s2sad_cached", MODEL).f.value_and_grad(3.0)[0] == 9.0
    assert len(generations) == 2


def test_a_disk_that_is_full(workshop, generations, monkeypatch):
    def replace(source, target):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "replace", replace)
    assert workshop.load("s2sad_cached", MODEL).f.value_and_grad(3.0)[0] == 9.0
    assert list(workshop.cache.iterdir()) == []


def test_a_folder_without_a_home(monkeypatch):
    monkeypatch.delenv("S2SAD_CACHE_DIR", raising=False)
    for name in ("XDG_CACHE_HOME", "LOCALAPPDATA"):
        monkeypatch.setenv(name, "")
    monkeypatch.setattr(os.path, "expanduser", lambda path: path)
    assert cache.folder() is None


@pytest.mark.parametrize(
    ("platform", "expected"),
    [
        ("linux", "/xdg/s2sad"),
        ("darwin", "/home/me/Library/Caches/s2sad"),
        ("win32", "/local/s2sad"),
    ],
)
def test_the_folder_of_each_platform(monkeypatch, platform, expected):
    monkeypatch.delenv("S2SAD_CACHE_DIR", raising=False)
    monkeypatch.delenv("S2SAD_CACHE", raising=False)
    monkeypatch.setattr(sys, "platform", platform)
    monkeypatch.setenv("XDG_CACHE_HOME", "/xdg")
    monkeypatch.setenv("LOCALAPPDATA", "/local")
    monkeypatch.setenv("HOME", "/home/me")
    assert cache.folder() == expected


@POSIX
def test_entries_are_private(workshop):
    workshop.load("s2sad_cached", MODEL)
    assert workshop.cache.stat().st_mode & 0o777 == 0o700
    for file in workshop.cache.iterdir():
        assert file.stat().st_mode & 0o777 == 0o600


def test_several_processes_at_once(workshop):
    workshop.write("s2sad_cached", MODEL)
    program = "import s2sad_cached as m; print(m.f.value_and_grad(3.0)[0], float(m.f.grad(3.0)))"
    processes = [
        subprocess.Popen(
            [sys.executable, "-c", program],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            cwd=workshop.folder,
        )
        for _ in range(6)
    ]
    for process in processes:
        printed, complaints = process.communicate(timeout=120)
        assert complaints == ""
        value, gradient = map(float, printed.split())
        assert (value, gradient) == (9.0, pytest.approx(6.0))
    assert {path.suffix for path in workshop.cache.iterdir()} == {".s2sad", ".py"}
    assert len(entries(workshop)) == 2


def test_a_large_cache_is_pruned(workshop, monkeypatch):
    workshop.cache.mkdir()
    kept = workshop.cache / "the_users_own.py"
    kept.touch()
    for i in range(8):
        for suffix in (".s2sad", ".py"):
            path = workshop.cache / f"old-{i}{suffix}"
            path.touch()
            os.utime(path, (i, i))
    monkeypatch.setattr(cache, "MOST_ENTRIES", 6)
    workshop.load("s2sad_cached", MODEL)
    names = {path.name for path in workshop.cache.iterdir()}
    assert len(entries(workshop)) == 5
    assert "the_users_own.py" in names
    assert "old-0.py" not in names and "old-0.s2sad" not in names
    assert any(name.startswith("f_value_and_grad-") for name in names)
