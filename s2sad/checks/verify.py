"""`s2sad verify`: runs a file of the user's, and compares derivatives at points.

The reverse derivative is the text that `s2sad generate` writes, run as it stands, but without
`on_gradient`, which changes derivatives on purpose. What it should be comes from the plain
function.
"""

from __future__ import annotations

import importlib
import importlib.util
import inspect
import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from types import ModuleType
from typing import Any

import numpy as np

from s2sad.checks.compare import FORWARD, Row, Subject, compare, cotangent, is_one_number
from s2sad.checks.inputs import given_inputs, made_inputs
from s2sad.checks.locate import first_wrong
from s2sad.checks.trees import float_leaves
from s2sad.errors import Location, S2SADError
from s2sad.pipeline import MODES, Request, generate
from s2sad.source.module import SourceModule


@dataclass
class Report:
    """What came out for one function at one point: the comparisons, and what there is to say."""

    function: str
    wrt: tuple[str, ...]
    rows: list[Row]
    notes: list[str] = field(default_factory=list)
    wrong: list[Location] = field(default_factory=list)

    @property
    def is_right(self) -> bool:
        """Whether everything agrees."""
        return all(row.is_right for row in self.rows)

    @property
    def text(self) -> str:
        """The report as a table."""
        head = f"{self.function}, with respect to {', '.join(self.wrt)}"
        width = max([len(row.what) for row in self.rows] + [len("along")])
        lines = [head, f"  {'along':{width}}  {'generated':>14}  {'should be':>14}  error"]
        for row in self.rows:
            verdict = "" if row.is_right else "  WRONG"
            figures = f"{row.generated:14.7g}  {row.reference:14.7g}  {row.error:7.0e}"
            lines.append(f"  {row.what:{width}}  {figures}  by {row.how}{verdict}")
        lines += [f"  {note}" for note in self.notes]
        if self.wrong:
            lines.append("  The first statement, from the end, whose adjoint is wrong:")
            for place in self.wrong:
                lines.append(f"  {place.file}:{place.line}:{place.column}")
                lines.append(place.caret())
        elif all(row.is_right for row in self.rows if row.what != FORWARD) and not self.is_right:
            lines.append(
                "  The adjoints are right: it is the tangent of a statement that is wrong."
            )
        elif not self.is_right:
            lines.append("  Which statement's adjoint is wrong could not be told.")
        return "\n".join(lines)


def verify(
    module: SourceModule, requests: Sequence[Request], inputs: str | None = None, seed: int = 0
) -> Iterator[Report]:
    """The reports on the functions asked for, at the points of `inputs`, or at one that is made."""
    live = imported(module)
    for request in requests:
        definition = module.functions[request.function]
        if definition.owner is not None:
            raise S2SADError(
                "S2S082",
                f"{request.function} is a method",
                module.location(definition.node.name),
                "Verify a function that makes the object and calls it.",
            )
        function = getattr(live, request.function)
        plain = _plain(function)
        parameters = list(inspect.signature(plain).parameters)
        wrt = request.wrt or tuple(parameters[:1])
        for arguments in _points(module, live, request, plain, wrt, inputs, seed):
            yield _report(module, replace(request, wrt=wrt), plain, arguments, seed)


def _plain(function: Any) -> Any:
    return getattr(function, "py_func", function)


def imported(module: SourceModule) -> ModuleType:
    """The module, run: imported by its name, from the folder that its package is in."""
    assert module.path is not None
    place = module.project.place(module.path)
    stem = [] if module.path.stem == "__init__" else [module.path.stem]
    folder = module.path.parent
    for _ in place.package:
        folder = folder.parent
    if str(folder) not in sys.path:
        sys.path.insert(0, str(folder))
    name = ".".join([*place.package, *stem])
    if place.package:
        return importlib.import_module(name)
    spec = importlib.util.spec_from_file_location(name, module.path)
    assert spec is not None and spec.loader is not None
    found = importlib.util.module_from_spec(spec)
    sys.modules[name] = found
    spec.loader.exec_module(found)
    return found


def _points(
    module: SourceModule,
    live: ModuleType,
    request: Request,
    function: Callable[..., Any],
    wrt: tuple[str, ...],
    inputs: str | None,
    seed: int,
) -> Iterator[dict[str, Any]]:
    """The points at which a function is to be verified."""
    signature = inspect.signature(function)
    if inputs is not None:
        make = getattr(live, inputs, None)
        if not callable(make):
            advice = "It is a function of the same file, without parameters."
            raise S2SADError("S2S082", f"there is no function {inputs}", None, advice)
        for given in given_inputs(make(), list(signature.parameters)):
            yield _complete(signature, given)
        return
    failure: Exception | None = None
    for make in made_inputs(module, request.function, wrt):
        arguments = _complete(signature, make(np.random.default_rng(seed)))
        try:
            with np.errstate(all="ignore"):
                result = Subject(function, wrt, function, None, arguments).call(function)
        except Exception as error:  # other numbers, or another shape, may do
            failure = error
            continue
        if all(np.all(np.isfinite(leaf)) for _, leaf in float_leaves(result)):
            yield arguments
            return
    definition = module.functions[request.function]
    message = f"{request.function} has no finite value at the inputs that were tried"
    if failure is not None:
        message = f"{request.function} fails at the inputs that were tried: {failure!r}"
    advice = "Write a function that returns the arguments, and name it with --inputs."
    raise S2SADError("S2S082", message, module.location(definition.node.name), advice)


def _complete(signature: inspect.Signature, given: dict[str, Any]) -> dict[str, Any]:
    """Arguments with the defaults of those that are left out."""
    found = dict(given)
    for name, parameter in signature.parameters.items():
        if name not in found and parameter.default is not parameter.empty:
            found[name] = parameter.default
    return {name: found[name] for name in signature.parameters if name in found}


def _report(
    module: SourceModule,
    request: Request,
    function: Callable[..., Any],
    arguments: dict[str, Any],
    seed: int,
) -> Report:
    subject = Subject(function, request.wrt, function, None, arguments, request.has_aux, seed)
    result = subject.call(function)
    scalar = request.has_aux or is_one_number(result)
    if not scalar:
        subject.d_out = cotangent(result, np.random.default_rng(seed + 1))
    mode = "value-and-grad" if scalar else "vjp"
    reverse = replace(request, bare=False, mode=mode)
    scope, _ = _run(module, reverse)
    subject.reverse = scope[reverse.name]
    report = Report(request.function, request.wrt, [])
    if "jvp" in MODES:
        try:
            forward = replace(reverse, mode="jvp")
            subject.forward = _run(module, forward)[0][forward.name]
        except S2SADError as error:
            report.notes.append(f"Forward mode: {error.code} {error.message}.")
    if "on_gradient" in module.text:
        report.notes.append("Verified without on_gradient.")
    report.rows = compare(subject)
    if not report.is_right:
        report.wrong = located(module, reverse, subject)
    return report


def _run(
    module: SourceModule, request: Request, probed: bool = False
) -> tuple[dict[str, Any], Any]:
    generated = generate(module, [request], unmarked=True, probed=probed)
    scope: dict[str, Any] = {"__name__": f"{request.name}_verified"}
    exec(compile(generated.text, f"<{request.name}>", "exec", dont_inherit=True), scope)
    return scope, generated


def located(module: SourceModule, request: Request, subject: Subject) -> list[Location]:
    """The statement whose adjoint is wrong, if that can be told."""
    try:
        scope, generated = _run(module, request, probed=True)
        return first_wrong(subject, scope[request.name], generated.sources, scope)
    except Exception:  # to say where is a service; that it is wrong has been said
        return []


def live_report(
    function: Any,
    wrt: tuple[str, ...],
    arguments: dict[str, Any],
    has_aux: bool = False,
    seed: int = 0,
) -> Report:
    """The report on a live function, whose derivatives are those that s2sad hands out for it."""
    import s2sad

    subject = Subject(function, wrt, function, None, arguments, has_aux, seed)
    result = subject.call(function)
    if has_aux or is_one_number(result):
        subject.reverse = s2sad.value_and_grad(function, wrt=wrt, has_aux=has_aux)
    else:
        subject.reverse = s2sad.vjp(function, wrt=wrt)
        subject.d_out = cotangent(result, np.random.default_rng(seed + 1))
    report = Report(function.__name__, wrt, [])
    if hasattr(s2sad, "jvp") and not has_aux:
        try:
            subject.forward = s2sad.jvp(function, wrt=wrt)
        except S2SADError as error:
            report.notes.append(f"Forward mode: {error.code} {error.message}.")
    report.rows = compare(subject)
    if not report.is_right:
        report.wrong = _live_located(function, subject)
    return report


def _live_located(function: Any, subject: Subject) -> list[Location]:
    from s2sad.source.live import source_of

    try:
        source = source_of(function)
    except S2SADError:
        return []
    mode = "value-and-grad" if subject.d_out is None else "vjp"
    request = Request(source.qualname, subject.wrt, False, mode, subject.has_aux)
    return located(source.module, request, subject)
