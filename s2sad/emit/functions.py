"""One generated function as text: signature, docstring, forward part, backward part."""

from __future__ import annotations

import ast
import re
import textwrap
from dataclasses import replace
from typing import Any

from s2sad.analysis.facts import Facts
from s2sad.analysis.types import Array, Shape, Star, is_complex
from s2sad.derive.derived import Derived
from s2sad.derive.memory.explain import comment
from s2sad.emit.embedded import standing_alone
from s2sad.emit.expressions import Writer
from s2sad.emit.statements import StatementWriter
from s2sad.ir.nodes import Block, Make, Parameter, Stmt, Var
from s2sad.tidy.copies import merge_copies, written
from s2sad.tidy.dead import all_reads, reads_of, without_dead
from s2sad.tidy.freed import freed
from s2sad.tidy.naming import Names
from s2sad.tidy.reused import reuse_names


class FunctionWriter:
    """Writes generated functions. `helpers` collects the helper functions that they use; `renamed`
    says which of them have another name, since the user's code has theirs."""

    def __init__(self, facts: Facts, numpy: str) -> None:
        self.facts = facts
        self.numpy = numpy
        self.helpers: dict[str, None] = {}
        self.renamed: dict[str, str] = {}

    def write(self, derived: Derived) -> str:
        """The text of a function, before formatting."""
        backward = self._tidied(derived)
        plan, names = derived.plan, derived.names
        writer = Writer(names, self.facts, plan.replaced, self.numpy)
        writer.used, writer.helpers = self.helpers, self.renamed
        writer.unbound = plan.unbound
        body = StatementWriter(writer, plan.sources)
        if derived.memory_comments:
            body.notes = {s: comment(k, writer, body.quoted) for s, k in plan.kept.items()}
        for statement, arrays in plan.again.items():
            body.notes[statement] = f"Fill {' and '.join(map(names.name, arrays))} again."
        if plan.forward and derived.kind != "backward":
            body.line("# Forward.", 1)
        body.alone = standing_alone(plan.forward, derived.returns)
        for statement in plan.forward:
            body.statement(statement, 1)
        if derived.check_scalar is not None:
            value = writer.text(derived.check_scalar)
            name = derived.function.name
            body.line(f"if {self.numpy}.ndim({value}) != 0:", 1)
            body.line(f'raise ValueError("{name} must return a scalar")', 2)
        self._write_backward(body, derived, backward, writer)
        signature = self.signature(
            derived.params,
            names,
            [v for v in (derived.result, derived.seed, *derived.written) if v is not None],
            by_keyword=derived.keyword_seed,
            inner=derived.kind == "backward",
        )
        head = f"def {derived.name}({signature}):"
        doc = self.docstring(derived, names)
        return "\n".join([head, *doc, *body.lines])

    def _tidied(self, derived: Derived) -> Block:
        """The backward part without needless copies. The plan loses its dead statements, and all
        variables get their names."""
        plan, names = derived.plan, derived.names
        live = reads_of(derived.returns) | set(plan.left)
        if derived.check_scalar is not None:
            live |= reads_of(derived.check_scalar)
        unmerged = without_dead(
            plan.backward, live, plan.sources, None, plan.replaced, plan.regions
        )
        backward = merge_copies(
            unmerged, derived.returns, names, plan.sources, derived.seed, plan.forward
        )
        forward = without_dead(
            plan.forward, live, {}, lambda var: not var.user, plan.replaced, plan.regions
        )
        derived.plan = replace(plan, forward=forward, backward=unmerged)
        self._name_in_order(derived)
        elsewhere = live | {
            var for s in forward for var in all_reads(s, plan.replaced) | written(s)
        }
        reuse_names(backward, elsewhere, names, self.facts.bindings, plan.replaced)
        return backward

    def _write_backward(
        self, body: StatementWriter, derived: Derived, backward: Block, writer: Writer
    ) -> None:
        """Writes the backward part, and what the function returns."""
        if not backward:
            body.line(f"return {self._returned(derived, writer)}", 1)
            return
        body.line("", 1)
        self._backward_title(body, derived, backward)
        start = len(body.lines)
        loop, unread = self._unread(derived, backward) or (None, [])
        for statement in backward:
            if statement is loop:
                body.line(f"del {', '.join(map(derived.names.name, unread))}", 1)
            body.statement(statement, 1)
        body.line(f"return {self._returned(derived, writer)}", 1)
        body.lines[start:] = unused_targets_hidden(body.lines[start:])

    def _unread(self, derived: Derived, backward: Block) -> tuple[Stmt, list[Var]] | None:
        """The loop before which arrays are let go of, and which."""
        plan = derived.plan
        live = reads_of(derived.returns, plan.replaced) | set(plan.left)
        bindings, root = self.facts.bindings, derived.names.root
        return freed(plan.forward, backward, live, bindings, plan.regions, plan.replaced, root)

    def _backward_title(self, body: StatementWriter, derived: Derived, backward: Any) -> None:
        """The comment above the backward part, which quotes its first statement."""
        sources = derived.plan.sources.pop(backward[0], [])
        quote = body.quotes(sources)
        if derived.kind == "backward":
            if quote and (derived.plan.forward or derived.result is not None):
                body.line(f"# {quote}", 1)
            return
        title = f"# Backward: {quote}" if quote else "# Backward."
        if len(title) > 84:
            body.line("# Backward.", 1)
            derived.plan.sources[backward[0]] = sources
        else:
            body.line(title, 1)
            for source in sources:
                if not quote and body.quoted(source) == "":
                    derived.plan.sources[backward[0]] = sources

    def _name_in_order(self, derived: Derived) -> None:
        """What is handed over by name, and then adjoints of parameters, have the first choice."""
        for seed in (derived.result, derived.seed, *derived.written):
            if seed is not None:
                derived.names.name(seed)
        for var in sorted(reads_of(derived.returns), key=lambda var: var.serial):
            derived.names.name(var)

    def _returned(self, derived: Derived, writer: Writer) -> str:
        if isinstance(derived.returns, Make) and derived.returns.kind == "tuple":
            listed = ", ".join(writer.text(item, 1) for item in derived.returns.items)
            return f"{listed}," if len(derived.returns.items) == 1 else listed
        return writer.text(derived.returns)

    # ------------------------------------------------------------ signature and docstring

    def signature(
        self,
        params: list[Parameter],
        names: Names,
        seeds: list[Var],
        *,
        by_keyword: bool,
        inner: bool,
    ) -> str:
        """The parameters with the user's defaults, and the seeds: adjoints or tangents.

        To the function of a callee, which is `inner`, the rest is handed as a tuple and a dict.
        """
        parts: list[str] = []
        starred = False
        for parameter in params:
            name = parameter.var.hint
            text = name
            annotation = _plain_annotation(parameter.annotation, self.numpy)
            if parameter.kind == "var_positional" and not inner:
                text, starred = f"*{name}", True
            elif parameter.kind == "var_keyword" and not inner:
                continue
            elif parameter.kind != "positional" and not starred:
                if not inner or by_keyword:
                    parts.append("*")
                    starred = True
            if annotation and not text.startswith("*") and not inner:
                text += f": {annotation}"
            if parameter.default is not None:
                text += f" = {parameter.default}" if ":" in text else f"={parameter.default}"
            parts.append(text)
        if seeds:
            if by_keyword and not starred:
                parts.append("*")
            parts += [names.name(seed) for seed in seeds]
        if not inner:
            parts += [f"**{p.var.hint}" for p in params if p.kind == "var_keyword"]
        return ", ".join(parts)

    def docstring(self, derived: Derived, names: Any) -> list[str]:
        """What the function is, with respect to what, and what it returns."""
        function = derived.function
        wrt = [var.hint for var in derived.wrt]
        if derived.kind == "backward":
            text = f"Gradient of `{function.name}` with respect to {listed(wrt)}"
            text += ", times d_out." if derived.seed is not None else "."
            if derived.result is not None:
                text = f"{text[:-1]}; {names.name(derived.result)} is what it returned."
            lines = [text]
            written = [names.name(var) for var in derived.written]
            if written:
                verb = "is the adjoint" if len(written) == 1 else "are the adjoints"
                what = listed([name.removeprefix("d_") for name in written])
                lines += ["", f"{listed(written)} {verb} of {what} after the call; what is "
                          "returned, before it."]  # fmt: skip
            return wrapped_doc(lines)
        what = {
            "value-and-grad": "Value of `{}` and its gradient",
            "grad": "Gradient of `{}`",
            "vjp": "Value of `{}` and its gradient",
        }[derived.kind].format(function.name)
        first = f"{what} with respect to {listed(wrt)}"
        first += ", times d_out." if derived.kind == "vjp" else "."
        lines = [first, ""]
        if function.doc:
            lines += [function.doc.strip().split("\n")[0].strip(), ""]
        lines += self._shapes(derived.params)
        gradients = ", ".join(f"d_{name}" for name in wrt)
        if derived.bare:
            returned, shaped = gradients, f"{gradients} shaped like {wrt[0]}."
        else:
            comma = "," if len(wrt) == 1 else ""
            returned = f"({gradients}{comma})"
            shaped = "each gradient shaped like its parameter."
        if derived.kind != "grad":
            returned = f"(value, {returned})"
        lines += ["Returns:", f"    {returned}, {shaped}"]
        return wrapped_doc(lines)

    def _shapes(self, params: list[Parameter]) -> list[str]:
        found = []
        for parameter in params:
            kind = parameter.type
            if isinstance(kind, Array) and isinstance(kind.shape, Star) and is_complex(kind):
                found.append(f"{parameter.var.hint} (...) {kind.dtype}")
            if isinstance(kind, Array) and isinstance(kind.shape, Shape) and not kind.python:
                sizes = ["?" if str(d).startswith("?") else str(d) for d in kind.shape.dims]
                if "?" in sizes and not is_complex(kind):
                    continue
                dims = ", ".join(sizes)
                comma = "," if kind.shape.rank == 1 else ""
                kept = "" if kind.dtype in ("float64", "unknown") else f" {kind.dtype}"
                found.append(f"{parameter.var.hint} ({dims}{comma}){kept}")
        return [f"Shapes: {', '.join(found)}.", ""] if found else []


def wrapped_doc(lines: list[str]) -> list[str]:
    """A docstring of these paragraphs, as lines of a function."""
    wrapped: list[str] = []
    for line in lines:
        indent = line[: len(line) - len(line.lstrip())]
        wrapped += textwrap.wrap(line, 82, subsequent_indent=indent, break_long_words=False) or [""]
    escaped = [line.replace("\\", "\\\\").replace('"""', "'''") for line in wrapped]
    result = [f'    """{escaped[0]}']
    result += [f"    {line}" if line else "" for line in escaped[1:]]
    if len(result) == 1:
        return [result[0] + '"""']
    return [*result, '    """']


def listed(names: list[str]) -> str:
    """Names as a sentence lists them."""
    if len(names) < 2:
        return "".join(names)
    return f"{', '.join(names[:-1])} and {names[-1]}"


def _plain_annotation(text: str | None, numpy: str) -> str | None:
    """An annotation that needs no import: of builtin types and NumPy's."""
    if text is None:
        return None
    try:
        tree = ast.parse(text.strip("'\""), mode="eval")
    except SyntaxError:
        return None
    allowed = {"float", "int", "bool", "complex", "str", "list", "tuple", "dict", "None", numpy}
    for node in ast.walk(tree):
        if isinstance(node, ast.Name) and node.id not in allowed:
            return None
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            return None
    return text.strip("'\"")


_HEADER = re.compile(r"^( *)for ([\w, ()]+?) in (.*):$")
_MENTION = r"(?<![\w.]){}(?!\w)"


def unused_targets_hidden(lines: list[str]) -> list[str]:
    """Lines in which the targets of loops that nothing reads are called `_`.

    A name is read unless each mention is inside another loop that gives it its value.
    """
    loops: dict[str, list[tuple[int, int]]] = {}
    for number, line in enumerate(lines):
        if found := _HEADER.match(line):
            for name in re.findall(r"\w+", found[2]):
                loops.setdefault(name, []).append((number, _end_of_block(lines, number)))
    changed = list(lines)
    mentions = _mentions(lines) if loops else {}
    for name, spans in loops.items():
        mention = re.compile(_MENTION.format(name))
        iterables = (lines[start].split(" in ", 1)[1] for start, _ in spans)
        if name == "_" or any(mention.search(text) for text in iterables):
            continue
        for start in _unread(spans, mentions[name]):
            head, tail = changed[start].split(" in ", 1)
            changed[start] = f"{mention.sub('_', head)} in {tail}"
    return changed


def _end_of_block(lines: list[str], header: int) -> int:
    """The number of the line that follows a compound statement."""
    indent = len(lines[header]) - len(lines[header].lstrip())
    end = header + 1
    while end < len(lines):
        text = lines[end].lstrip()
        if text and len(lines[end]) - len(text) <= indent:
            break
        end += 1
    return end


def _mentions(lines: list[str]) -> dict[str, list[int]]:
    """The lines of code that mention each name."""
    found: dict[str, list[int]] = {}
    word = re.compile(_MENTION.format(r"\w+"))
    for number, line in enumerate(lines):
        if not line.lstrip().startswith("#"):
            for name in set(word.findall(line)):
                found.setdefault(name, []).append(number)
    return found


def _unread(spans: list[tuple[int, int]], mentions: list[int]) -> list[int]:
    """Where the loops over a name begin in which nothing mentions it; none if it is mentioned
    outside all of them. Where one stands inside the other, both are taken to be read."""
    unread = []
    position = reached = 0
    for index, (start, end) in enumerate(spans):
        inside = 0
        while position < len(mentions) and mentions[position] < end:
            if mentions[position] < start:
                return []
            inside += mentions[position] != start
            position += 1
        nested = start < reached or any(first < end for first, _ in spans[index + 1 : index + 2])
        reached = max(reached, end)
        if not inside and not nested:
            unread.append(start)
    return [] if position < len(mentions) else unread
