"""One tangent function as text: the user's statements, each with its tangent."""

from __future__ import annotations

from typing import Any

from s2sad.derive.forward import evaluated_by
from s2sad.derive.forward_engine import Tangent
from s2sad.emit.expressions import Writer
from s2sad.emit.functions import FunctionWriter, listed, wrapped_doc
from s2sad.emit.statements import StatementWriter, trailing_comment
from s2sad.ir.flow import statements
from s2sad.ir.nodes import Assign, Stmt


class GroupWriter(StatementWriter):
    """Writes statements with their tangents: the user's comments on a statement belong to all that
    stands for it. Those above it stand above the first, and that behind it, where the statement
    itself is left out, behind the first."""

    def __init__(self, writer: Writer, made: Tangent) -> None:
        super().__init__(writer, {})
        self.groups = made.groups
        self._standing = {s.origin.node for s in statements(made.body) if s.origin is not None}
        self._told: set[Any] = set()

    def statement(self, statement: Stmt, depth: int) -> None:
        """One statement; before the first of a group, the comments on it."""
        expr = evaluated_by(statement)
        origin = self.groups.get(expr) if expr is not None and statement.origin is None else None
        if origin is None or origin.node in self._told:
            super().statement(statement, depth)
            return
        self._leading(origin.node, depth)
        super().statement(statement, depth)
        if origin.node not in self._standing and isinstance(statement, Assign):
            self.lines[-1] += trailing_comment(origin)

    def _leading(self, node: Any, depth: int) -> None:
        if node not in self._told:
            self._told.add(node)
            super()._leading(node, depth)


class TangentWriter(FunctionWriter):
    """Writes tangent functions."""

    def write_tangent(self, made: Tangent) -> str:
        """The text of a function, before formatting."""
        writer = Writer(made.names, self.facts, made.replaced, self.numpy)
        writer.used, writer.helpers = self.helpers, self.renamed
        body = GroupWriter(writer, made)
        for statement in made.body:
            body.statement(statement, 1)
        inner = made.kind == "tangent"
        signature = self.signature(
            made.params, made.names, made.dots, by_keyword=made.keyword, inner=inner
        )
        head = f"def {made.name}({signature}):"
        return "\n".join([head, *self._docstring(made), *body.lines])

    def _docstring(self, made: Tangent) -> list[str]:
        function = made.function
        dots = [made.names.name(dot) for dot in made.dots]
        along = listed(dots) if len(dots) < 2 else f"({', '.join(dots)})"
        first = f"Value of `{function.name}` and its derivative along {along}."
        if made.kind == "tangent":
            return wrapped_doc([first])
        if made.kind == "hvp":
            return self._of_gradient(made, dots)
        lines = [first, ""]
        if function.doc:
            lines += [function.doc.strip().split("\n")[0].strip(), ""]
        lines += self._shapes(made.params)
        lines += ["Returns:", "    (value, dot_value), dot_value shaped like value."]
        return wrapped_doc(lines)

    def _of_gradient(self, made: Tangent, dots: list[str]) -> list[str]:
        """The docstring of a Hessian times a direction, from that of the gradient."""
        name = made.function.name.removesuffix("_grad")
        wrt = [var.hint for var in made.wrt]
        times = listed(dots) if len(dots) < 2 else f"({', '.join(dots)})"
        doc = (made.function.doc or "").strip().split("\n")[1:]
        kept = [line.strip() for line in doc[: _index(doc, "Returns:")]]
        first = f"Hessian of `{name}` with respect to {listed(wrt)}, times {times}."
        returned = (
            f"    dot_d_{wrt[0]}"
            if made.bare
            else (f"    ({', '.join(f'dot_d_{n}' for n in wrt)}{',' if len(wrt) == 1 else ''})")
        )
        return wrapped_doc([first, *kept, "Returns:", f"{returned}, shaped like the gradient."])


def _index(lines: list[str], wanted: str) -> int:
    return next((k for k, line in enumerate(lines) if line.strip() == wanted), len(lines))
