"""From source to generated file: the ordered list of passes. The file to read first.

source ─ lower ─▶ IR ─ exits ─▶ IR ─ facts ─▶ IR + tables ─ reverse ─▶ mirror ─ memory ─▶ IR
                                                                                        │
file ◀─ black ─ text ◀─ emit ─────────────────────────────────────────────────── tidy ◀─┘
"""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from s2sad.collector import paused_collector
from s2sad.errors import ManyErrors, S2SADError

if TYPE_CHECKING:
    from s2sad.derive.directions import Parts
    from s2sad.ir.nodes import Invoke
    from s2sad.source.classes import Definition
    from s2sad.source.module import SourceModule

MODES = ("value-and-grad", "grad", "vjp", "jvp", "hvp", "jacobian", "hessian",
         "jacobian-forward", "jacobian-reverse", "sparse-jacobian")  # fmt: skip
FORWARD = ("jvp", "hvp")
"""The modes of forward mode."""
REVERSE_PASSES = ("lower", "exits", "facts", "reverse", "memory", "tidy")
FORWARD_PASSES = ("lower", "facts", "forward")
"""The passes whose result can be printed, of either direction."""
KEPT = "kept"
"""Is printed instead of a program: what the derivatives remember, and why."""


@dataclass(frozen=True)
class Request:
    """One derivative to generate.

    `function` is the qualified name in its module (`loss`, `Model.energy`); `wrt` names parameters,
    empty for the default (the first after self); `bare` is true when one name was given instead of
    a tuple, so that the gradient comes without a tuple around it; `in_place` lets the generated
    function work in the caller's arrays, which it leaves as the plain function does;
    `memory_comments` asks for comments that say what is remembered, and why; `matrix` says of what
    it gives columns or rows, a `jacobian` or a `hessian`, `again` that the text is differentiated
    once more.
    """

    function: str
    wrt: tuple[str, ...] = ()
    bare: bool = True
    mode: str = "value-and-grad"
    has_aux: bool = False
    title: str = ""
    in_place: bool = False
    memory_comments: bool = False
    matrix: str = ""
    again: bool = False

    @property
    def name(self) -> str:
        """The name of the generated function, `loss_value_and_grad`; `title` if it has another."""
        mode = self.mode.removesuffix("-forward").removesuffix("-reverse")
        return self.title or f"{self.function.rpartition('.')[2]}_{mode.replace('-', '_')}"


@dataclass
class Generated:
    """A generated module.

    `text` is the whole file, formatted; `sources` are the texts of all modules that were read, by
    file name (for caches); `captured` names the keyword-only parameters that stand for values the
    function captured from where it was defined, in each generated function that has them.
    `containers` are the parameters that each is with respect to and that may be containers, and
    `return` where the result may be one: with whether it certainly is. `imaginary` are those of
    these that may be complex. `originals` are the user's functions that those in the text were made
    from.
    """

    text: str
    sources: dict[str, str] = field(default_factory=dict)
    captured: dict[str, tuple[str, ...]] = field(default_factory=dict)
    containers: dict[str, dict[str, bool]] = field(default_factory=dict)
    imaginary: dict[str, set[str]] = field(default_factory=dict)
    originals: dict[str, Definition] = field(default_factory=dict)


@dataclass
class Observer:
    """Is shown the program after each pass: verifies it, and prints what the pass `dump` made.

    `errors` are the refusals so far. After one the program has gaps, and is not verified.
    """

    facts: Any
    errors: list[S2SADError]
    dump: str = ""
    texts: list[str] = field(default_factory=list)
    structured: bool = True

    def __call__(self, stage: str, function: Any, program: Any, *given: Any) -> None:
        from s2sad.ir.verify import verify

        if not self.errors:
            kept = stage if self.structured else "lower"
            verify(program, kept, function, *given)
        if stage == self.dump:
            self._print(stage, function, program)
        elif self.dump == KEPT and stage == "tidy":
            self._explain(program)

    def tidied(self, derived: Any) -> None:
        """Is shown a generated function after tidying and naming."""
        given = [var for var in (derived.result, derived.seed) if var is not None]
        self("tidy", derived.function, derived, *given, *derived.written)

    def is_done(self, requests: Sequence[Request]) -> bool:
        """Whether all that is to be printed has been; the passes that follow may refuse it."""
        return self.dump != "" and len(self.texts) >= len(requests)

    @property
    def text(self) -> str:
        """The printed programs."""
        return "\n\n".join(self.texts)

    def _explain(self, derived: Any) -> None:
        from s2sad.derive.memory.explain import explanation
        from s2sad.emit.expressions import Writer

        self.texts.append(explanation(derived, Writer(derived.names, self.facts, {}, "np")))

    def _print(self, stage: str, function: Any, program: Any) -> None:
        from s2sad.ir.printer import Printer
        from s2sad.ir.verify import namer

        printer = Printer(None if stage in ("lower", "exits") else self.facts)
        if stage in ("memory", "tidy"):
            plan, title, results = program, function.name, getattr(program, "results", [])
            if stage == "tidy":
                printer.names = namer(program)
                plan, title, results = program.plan, program.name, [program.returns]
            printer.halves(title, plan, results)
        else:
            printer.titled(function, program)
        self.texts.append(printer.text())


@paused_collector()
def generate(
    module: SourceModule,
    requests: Sequence[Request],
    *,
    command: str = "",
    dump: str = "",
    unmarked: bool = False,
    probed: bool = False,
) -> Generated:
    """The derivatives asked for, as one standalone module.

    `command` is written into the header. `dump` names a pass: then the text is the IR after it.
    For checks, `unmarked` leaves on_gradient out, and `probed` shows the adjoints before each
    statement to a function `probe__` (`s2sad.checks.locate`).

    Raises:
        S2SADError: a function cannot be differentiated; `ManyErrors` if for several reasons.
        InternalError: a pass left a program that does not satisfy an invariant.
    """
    written_out: dict[object, Invoke] = {}
    objects: set[object] = set()
    while True:
        calls, built = frozenset([*written_out, *objects]), set[object]()
        try:
            return _generated(module, requests, command, dump, unmarked, probed, calls, built)
        except S2SADError as error:
            errors = error.errors if isinstance(error, ManyErrors) else [error]
            written_out |= {call.key: call for each in errors for call in each.calls}
            objects |= built
            if calls == frozenset([*written_out, *objects]):
                raise _explained(errors, written_out.values()) from error


@paused_collector()
def two_parts(
    module: SourceModule, name: str, seeds: tuple[str, ...], named: dict[str, str]
) -> Parts | None:
    """What of a generated function in a module is the same for all values of its `seeds`, and what
    is not; `named` as in `in_two_parts`.

    Raises:
        S2SADError: the text says too little to know.
    """
    from s2sad.derive.directions import in_two_parts

    _, engine, _ = _engines(module, [], "", frozenset())
    program = engine.program
    program.unmarked, program.probed, program.sites = False, False, set()
    request = Request(name, seeds, mode="jvp", again=True)
    function, _ = _prepare(request, program, engine)
    if engine.errors:
        raise engine.errors[0]
    return in_two_parts(function, engine, seeds, named)


def _explained(errors: list[S2SADError], written_out: Collection[Invoke]) -> S2SADError:
    """Refusals, those inside of a function that is written out with the places of its calls."""
    if not written_out:
        return errors[0] if len(errors) == 1 else ManyErrors(errors)
    from s2sad.source.anew import place_of_call

    told = []
    for error in errors:
        places = dict.fromkeys(filter(None, (place_of_call(error, c) for c in written_out)))
        advice = " ".join(filter(None, [error.advice, *places]))
        told.append(S2SADError(error.code, error.message, error.location, advice))
    return told[0] if len(told) == 1 else ManyErrors(told)


def _generated(
    module: SourceModule,
    requests: Sequence[Request],
    command: str,
    dump: str,
    unmarked: bool,
    probed: bool,
    written_out: frozenset[object],
    built: set[object],
) -> Generated:
    """What is asked for, with calls `written_out` in place; adds the calls that make objects to
    those in `built`."""
    if dump:
        _check_pass(dump, requests)
    reverse, forward, observer = _engines(module, requests, dump, written_out)
    for engine in (reverse, forward):
        program = engine.program
        program.unmarked, program.probed, program.sites = unmarked, probed, built
    errors: list[S2SADError] = []
    prepared = []
    for request in requests:
        engine = forward if request.mode in FORWARD else reverse
        try:
            prepared.append((request, engine, *_prepare(request, engine.program, engine)))
        except S2SADError as error:
            errors.append(error)
    derived = []
    for request, engine, function, wrt in [] if observer.is_done(requests) else prepared:
        try:
            derived.append(engine.derive(function, wrt, request))
        except S2SADError as error:
            errors.append(error)
    errors += reverse.errors + forward.errors
    errors = list({error.location or error.message: error for error in errors}.values())
    sources = reverse.program.rules.read | {name: s.text for name, s in module.sources.items()}
    if observer.is_done(requests):
        return Generated(observer.text, sources)
    if errors:
        raise errors[0] if len(errors) == 1 else ManyErrors(errors)
    text, originals = _assemble(module, reverse, forward, derived, command)
    if dump:
        text = observer.text
    captured = {
        d.name: tuple(p.var.hint for p in d.params if p.kind == "captured") for d in derived
    }
    captured = {name: names for name, names in captured.items() if names}
    kinds = {
        request.name: _kinds(engine.facts.summaries[function], function, wrt)
        for request, engine, function, wrt in prepared
    }
    containers = {name: _containers(found) for name, found in kinds.items()}
    imaginary = {name: _imaginary(found) for name, found in kinds.items()}
    return Generated(text, sources, captured, containers, imaginary, originals)


def _engines(
    module: SourceModule, requests: Sequence[Request], dump: str, written_out: frozenset[object]
) -> tuple[Any, Any, Observer]:
    """What derives in reverse mode and in forward mode, which leaves exits where they are, and who
    is shown the passes."""
    from s2sad.derive.engine import Engine
    from s2sad.derive.forward_engine import ForwardEngine
    from s2sad.source.program import Program
    from s2sad.tidy.naming import Names

    program = Program(module, True, written_out)
    kept = Program(module, False, written_out, program.rules)
    names = Names({"copy", *module.imports, *module.functions, *module.classes})
    names.taken |= program.rules.names() | {request.name for request in requests}
    reverse, forward = Engine(program, names), ForwardEngine(kept, names)
    observer = reverse.observer = Observer(reverse.facts, reverse.errors, dump)
    forward.observer = Observer(forward.facts, forward.errors, dump, observer.texts, False)
    return reverse, forward, observer


def _check_pass(dump: str, requests: Sequence[Request]) -> None:
    """Refuses to print what no pass makes in the modes that are asked for."""
    modes = list(dict.fromkeys(request.mode for request in requests))
    both = [FORWARD_PASSES if mode in FORWARD else REVERSE_PASSES for mode in modes]
    passes = list(dict.fromkeys(name for each in both for name in each))
    if dump in passes or dump == KEPT and "tidy" in passes:
        return
    if dump == KEPT:
        message, advice = "forward mode remembers nothing", "Leave --explain-memory out."
    else:
        known = dump in (*REVERSE_PASSES, *FORWARD_PASSES)
        message = f"there is no pass {dump}" + (f" in the mode {', '.join(modes)}" if known else "")
        advice = f"The passes are {', '.join(passes)}."
    raise S2SADError("S2S006", message, None, advice)


def _kinds(summary: Any, function: Any, wrt: list[str]) -> dict[str, Any]:
    """The types of the parameters `wrt` and of the result (`return`)."""
    given = zip(function.params, summary.params, strict=True)
    kinds = {p.var.hint: fact.type for p, fact in given if p.var.hint in wrt}
    return {**kinds, "return": summary.result.type}


def _imaginary(kinds: dict[str, Any]) -> set[str]:
    """What may be complex."""
    from s2sad.analysis.types import may_be_complex

    return {name for name, kind in kinds.items() if may_be_complex(kind)}


def _containers(kinds: dict[str, Any]) -> dict[str, bool]:
    """What is not certainly an array or number: whether it is certainly a container."""
    from s2sad.analysis.types import Array, Unknown

    return {n: not isinstance(k, Unknown) for n, k in kinds.items() if not isinstance(k, Array)}


def _prepare(request: Request, program: Any, engine: Any) -> tuple[Any, list[str]]:
    """The lowered function of a request, interpreted, and the parameters it is with respect to."""
    from s2sad.derive.own_rules import as_a_call
    from s2sad.source.lower import Setting, lower_function

    module = program.module
    definition = _definition(request, module)
    outer = program.scope_around(definition)
    captured = program.captured_by(definition, outer)
    owner = definition.class_of_first
    has_rule = program.rules.own_op(module, f".{request.function}") is not None
    function = lower_function(
        as_a_call(definition.node, owner is not None) if has_rule else definition.node,
        module,
        program,
        Setting(owner, outer, captured=captured),
    )
    function.definition = definition
    engine.observe("lower", function, function)
    names = [p.var.hint for p in function.params]
    first = 1 if owner is not None else 0
    wrt = list(request.wrt) or names[first : first + 1]
    for name in wrt:
        if name not in names:
            raise S2SADError(
                "S2S004",
                f"{request.function} has no parameter {name}",
                module.location(definition.node.name),
                f"Its parameters are {', '.join(names)}.",
            )
    if request.mode != "jvp" and owner is not None and names[0] in wrt:
        _check_object(definition, owner)
    return engine.prepare(function, wrt, request.matrix, request.again), wrt


def _definition(request: Request, module: SourceModule) -> Any:
    """The function that is asked for, if it can have a derivative."""
    from s2sad.source.plain import unusual

    definition = module.functions.get(request.function) or module.nested(request.function)
    if definition is None:
        import difflib  # imported when something went wrong, as it costs milliseconds

        close = difflib.get_close_matches(request.function, list(module.functions), 1)
        advice = f"Did you mean {close[0]}?" if close else "Check the name."
        raise S2SADError(
            "S2S003", f"no function {request.function} in {module.filename}", None, advice
        )
    kind = unusual(definition.node)
    if kind:
        raise S2SADError(
            "S2S017",
            f"{request.function} is {kind}",
            module.location(definition.node.name),
            "Write it as a function that returns its result.",
        )
    return definition


def _check_object(definition: Any, owner: Any) -> None:
    """Refuses the gradient of a method with respect to an object whose fields nothing states: no
    other object can be made like it."""
    if owner.is_opaque:
        message = f"cannot differentiate with respect to an object of the class {owner.name}"
        advice = (
            f"Make {owner.name} a dataclass or a NamedTuple, whose fields can be known, or take "
            "what is to be differentiated as a parameter."
        )
        place = definition.module.location(definition.node.name)
        raise S2SADError("S2S018", message, place, advice)


def _assemble(
    module: SourceModule, reverse: Any, forward: Any, derived: list[Any], command: str
) -> tuple[str, dict[str, Definition]]:
    """The file: header, imports, what is carried, helpers, functions of callees, derivatives; and
    which functions of the user's those in it were made from."""
    from s2sad import __version__
    from s2sad.emit.carry import Carrier
    from s2sad.emit.functions import FunctionWriter
    from s2sad.emit.layout import formatted
    from s2sad.emit.module import helper_source, rename_helpers
    from s2sad.emit.tangents import TangentWriter

    numpy = next((n for n, path in module.imports.items() if path == "numpy"), "np")
    inner = [*reverse.backwards, *forward.tangents]
    source = helper_source()
    writer = FunctionWriter(reverse.facts, numpy)
    tangents = TangentWriter(forward.facts, numpy)
    taken = {n for d in (*inner, *derived) for n in d.names.taken}
    writer.renamed = source.renamed(taken, reverse.program.rules.helpers)
    tangents.helpers, tangents.renamed = writer.helpers, writer.renamed
    made = {d.name for d in (*derived, *inner)}
    program = reverse.program
    carrier = Carrier(module, program.markers, made, program.rules.modules)
    texts = []
    for d in (*inner, *derived):
        is_tangent = hasattr(d, "dots")
        texts.append((d, tangents.write_tangent(d) if is_tangent else writer.write(d)))
    for d, _ in texts:
        if not hasattr(d, "dots"):
            reverse.observer.tidied(d)
    carrier.imports[numpy] = "import numpy" if numpy == "numpy" else f"import numpy as {numpy}"
    if any(re.search(r"(?<![.\w])copy\.(deep)?copy\(", text) for _, text in texts):
        carrier.imports["copy"] = "import copy"
    texts = [(d, carrier.adopted(text, d.function.module)) for d, text in texts]
    carried = {name for _, name in carrier.definitions}
    used = [
        name
        for name in source.closure(list(writer.helpers))
        if writer.renamed.get(name, name) not in carried
    ]
    helpers = [rename_helpers(source.texts[n], numpy, writer.renamed) for n in used]
    backward_of: dict[object, list[str]] = {}
    for d, text in texts:
        if any(d is other for other in inner):
            key = (d.function.module.filename, d.function.name)
            backward_of.setdefault(key, []).append(text)
    parts: list[str] = []
    for key, text in carrier.definitions.items():
        parts += [text, *backward_of.pop(key, ())]
    parts += helpers
    parts += [text for left in backward_of.values() for text in left]
    parts += [text for d, text in texts if not any(d is other for other in inner)]
    if not re.search(rf"\b{numpy}\b", "\n".join(parts)):
        del carrier.imports[numpy]
    imports = "\n".join(sorted(set(carrier.imports.values()), key=_import_order))
    parts = [_header(module, __version__, command), *([imports] if imports else []), *parts]
    originals = carrier.functions()
    originals |= {d.name: d.function.definition for d in (*inner, *derived)}
    text = "\n\n\n".join(part.rstrip("\n") for part in parts) + "\n"
    return formatted(text, module.path), originals


def _header(module: SourceModule, version: str, command: str) -> str:
    name = module.path.name if module.path is not None else module.filename
    lines = [f'"""Gradients of {name}, generated by s2sad {version}. Do not edit']
    if command:
        return f'{lines[0]}; regenerate with\n\n{command}\n"""'
    return f'{lines[0]}.\n"""'


def _import_order(line: str) -> tuple[int, str]:
    """Standard library first, then the rest, as import sorters have it."""
    import sys

    root = line.split()[1].split(".")[0]
    return (0 if root in sys.stdlib_module_names else 1, line)
