"""Statements of the IR as text: the user's own statements as they stand, with their comments."""

from __future__ import annotations

import textwrap
from typing import Any

import libcst as cst

from s2sad.emit.expressions import Writer
from s2sad.ir.nodes import (
    Anew,
    Apply,
    Assign,
    Block,
    Branch,
    Break,
    Context,
    Continue,
    Define,
    Evaluate,
    Expr,
    For,
    Guard,
    Make,
    Place,
    Ref,
    Return,
    Stmt,
    Target,
    Unpack,
    Var,
    Verbatim,
    While,
)
from s2sad.source.operators import TOKENS
from s2sad.tidy.algebra import key, positive_part

_INDENT = "    "


class StatementWriter:
    """Writes the statements of one function as lines."""

    def __init__(self, writer: Writer, sources: dict[Stmt, list[Stmt]]) -> None:
        self.writer = writer
        self.sources = sources
        self.lines: list[str] = []
        self.notes: dict[Stmt, str] = {}
        self.begun: set[Any] = set()
        self.alone: set[Stmt] = set()

    def block(self, block: Block, depth: int) -> None:
        """The statements of a block; `pass` when there are none."""
        before = len(self.lines)
        for statement in block:
            self.statement(statement, depth)
        if not any(
            line.strip() and not line.strip().startswith("#") for line in self.lines[before:]
        ):
            self.line("pass", depth)

    def line(self, text: str, depth: int) -> None:
        """One line; further lines of a text that has several stand inside parentheses."""
        self.lines.append(_INDENT * depth + text)

    def statement(self, statement: Stmt, depth: int) -> None:
        """One statement."""
        self._comment(self.quotes(self.sources.get(statement, [])), depth)
        self._comment(self.notes.get(statement, ""), depth)
        match statement:
            case Assign():
                self._assign(statement, depth)
            case Evaluate() | Return() | Break() | Continue():
                self._simple(statement, depth)
            case Verbatim() | Define():
                self._verbatim(statement, depth)
            case Branch():
                self._branch(statement, depth)
            case Guard():
                for inner in statement.body:
                    self.statement(inner, depth)
            case For() | While():
                self._loop(statement, depth)
            case Context():
                self._context(statement, depth)

    # ------------------------------------------------------------ quoting

    def _comment(self, text: str, depth: int) -> None:
        """A comment above a statement: which statements' adjoint follows, what is kept."""
        width = max(40, 86 - len(_INDENT) * depth)
        for part in textwrap.wrap(text, width, break_long_words=False, break_on_hyphens=False):
            self.line(f"# {part}", depth)

    def quotes(self, sources: list[Stmt]) -> str:
        """The statements in one line."""
        return ";  ".join(text for source in sources if (text := self.quoted(source)))

    def quoted(self, source: Stmt) -> str:
        """A simple statement of the user's in one line; nothing for compound ones."""
        if isinstance(source, Return) or (isinstance(source, Assign) and _was_return(source)):
            value = getattr(source.value, "origin", None)
            if value is None:
                return ""
            return "value = " + " ".join(value.module.own.tree.code_for_node(value.node).split())
        if source.origin is None or isinstance(source, Branch | For | While | Context | Guard):
            return ""
        node, module = source.origin.node, source.origin.module
        if isinstance(node, cst.SimpleStatementLine):
            node = node.body[0]
        if not isinstance(node, cst.BaseSmallStatement):
            return " ".join(module.own.tree.code_for_node(node).split())
        node = node.with_changes(semicolon=cst.MaybeSentinel.DEFAULT)
        return " ".join(module.own.tree.code_for_node(node).split())

    # ------------------------------------------------------------ simple statements

    def _assign(self, statement: Assign, depth: int) -> None:
        if statement.embedded and statement not in self.alone:
            return
        origin = statement.origin
        written_anew = isinstance(origin, Anew)
        if origin is not None and not written_anew and _is_assignment(origin.node):
            self._original(statement, statement.value, depth)
            return
        if origin is not None and not statement.embedded:
            self._leading(origin.node, depth)
        value = statement.value
        if statement.augmented is not None and isinstance(value, Apply):
            rest = _without_first(statement.targets[0], value, self.writer)
            if rest is not None:
                op, other = rest
                target = self.writer.target(statement.targets[0])
                self.line(f"{target} {op}= {self.writer.text(other)}", depth)
                return
        targets = " = ".join(self.writer.target(t) for t in statement.targets)
        taken_out = statement.targets[0] is self.writer.replaced.get(value)
        written = self.writer.text(value, 0, taken_out)
        if isinstance(value, Make) and value.kind == "tuple" and len(value.items) > 1:
            if value.origin is None and isinstance(statement.targets[0], Unpack):
                written = written[1:-1]
        text = f"{targets} = {written}"
        self.line(text + trailing_comment(origin), depth)

    def _simple(self, statement: Any, depth: int) -> None:
        if isinstance(statement, Evaluate) and _is_mark(statement.value):
            if statement.origin is not None:
                self._leading(statement.origin.node, depth)
            return
        written_anew = isinstance(statement.origin, Anew)
        if statement.origin is not None and not _generated(statement) and not written_anew:
            self._original(statement, getattr(statement, "value", None), depth)
            return
        trailing = ""
        if written_anew and statement.origin.node not in self.begun:
            self.begun.add(statement.origin.node)  # several may stand for one
            self._leading(statement.origin.node, depth)
            trailing = trailing_comment(statement.origin)
        match statement:
            case Evaluate(value):
                self.line(self.writer.text(value), depth)
            case Return(Make("tuple", (_, _, *_) as items, origin=None)):
                listed = ", ".join(self.writer.text(item, 1) for item in items)
                self.line(f"return {listed}{trailing}", depth)
            case Return(value):
                text = "return" if value is None else f"return {self.writer.text(value)}"
                self.line(text + trailing, depth)
            case Break():
                self.line("break", depth)
            case Continue():
                self.line("continue", depth)

    def _original(self, statement: Stmt, value: Expr | None, depth: int) -> None:
        """A simple statement as it stands in the source, with its comments."""
        assert statement.origin is not None
        node, module = statement.origin.node, statement.origin.module
        self._leading(node, depth)
        changes: dict[Any, str | None] = {}
        if value is not None:
            changes = self.writer.changes(value)
            if value in self.writer.replaced and value.origin is not None:
                name = self.writer.names.name(self.writer.replaced[value])
                changes[value.origin.node] = name
            elif isinstance(value, Apply) and value.origin is None:
                for part in value.args:
                    if part in self.writer.replaced and part.origin is not None:
                        changes[part.origin.node] = self.writer.names.name(
                            self.writer.replaced[part]
                        )
        if changes:
            node = self.writer.changed(node, changes)
        if isinstance(node, cst.SimpleStatementLine):
            node = node.with_changes(leading_lines=())
        elif isinstance(node, cst.BaseSmallStatement):
            node = node.with_changes(semicolon=cst.MaybeSentinel.DEFAULT)
        self.line(module.tree.code_for_node(node).rstrip("\n"), depth)

    def _leading(self, node: Any, depth: int) -> None:
        """The comments and blank lines above a statement."""
        for leading in getattr(node, "leading_lines", ()):
            self.line(leading.comment.value if leading.comment else "", depth)

    def _verbatim(self, statement: Verbatim | Define, depth: int) -> None:
        if statement.origin is None:
            return
        node, module = statement.origin.node, statement.origin.module
        if isinstance(node, cst.SimpleStatementLine | cst.BaseSmallStatement):
            self._original(statement, None, depth)
            return
        wrapped: Any = node
        for _ in range(depth):
            wrapped = cst.IndentedBlock(body=[wrapped])
        text: str = module.tree.code_for_node(wrapped)
        self.lines += text.strip("\n").split("\n")

    # ------------------------------------------------------------ compound statements

    def _header(self, text: str, statement: Stmt, depth: int) -> None:
        comment = ""
        if statement.origin is not None and statement not in self.sources:
            node = statement.origin.node
            self._leading(node, depth)
            body = getattr(node, "body", None)
            header = getattr(body, "header", None)
            if header is not None and header.comment is not None:
                comment = f"  {header.comment.value}"
        self.line(f"{text}:{comment}", depth)

    def _branch(self, statement: Branch, depth: int, word: str = "if") -> None:
        then, other = statement.then, statement.other
        if not _visible(then) and _visible(other) and statement in self.sources:
            self._header(f"{word} not {self.writer.text(statement.test, 6)}", statement, depth)
            self.block(other, depth + 1)
            return
        self._header(f"{word} {self.writer.text(statement.test)}", statement, depth)
        self.block(then, depth + 1)
        if not _visible(other):
            return
        if statement.flat and isinstance(_last(then), Break | Continue | Return):
            for inner in other:
                self.statement(inner, depth)
            return
        only = other[0] if len(other) == 1 else None
        if isinstance(only, Branch) and not only.flat:
            self._branch(only, depth, "elif")
            return
        self.line("else:", depth)
        self.block(other, depth + 1)

    def _loop(self, statement: For | While, depth: int) -> None:
        if isinstance(statement, While):
            self._header(f"while {self.writer.text(statement.test)}", statement, depth)
        else:
            target = self._loop_target(statement)
            iterable = self.writer.text(statement.iterable)
            self._header(f"for {target} in {iterable}", statement, depth)
        self.block(statement.body, depth + 1)
        if statement.other:
            self.line("else:", depth)
            self.block(statement.other, depth + 1)

    def _loop_target(self, statement: For) -> str:
        return self.writer.target(statement.target)

    def _context(self, statement: Context, depth: int) -> None:
        self._header(f"with {statement.header}", statement, depth)
        self.block(statement.body, depth + 1)


def _visible(block: Block) -> bool:
    """Whether a block writes anything."""
    return any(not (isinstance(s, Assign) and s.embedded) for s in block)


def _last(block: Block) -> Stmt | None:
    return block[-1] if block else None


def _generated(statement: Any) -> bool:
    """Whether a statement that has a place in the source stands for another one now."""
    node = statement.origin.node
    if isinstance(node, cst.SimpleStatementLine):
        node = node.body[0]
    if isinstance(node, cst.Pass):
        return True
    return (
        isinstance(node, cst.Return)
        and isinstance(statement.value, Ref)
        and statement.value.origin is None
    )


def _was_return(statement: Assign) -> bool:
    """Whether an assignment stands for a return of the user's."""
    if statement.origin is None:
        return False
    node = statement.origin.node
    if isinstance(node, cst.SimpleStatementLine):
        node = node.body[0]
    return isinstance(node, cst.Return)


def _is_assignment(node: Any) -> bool:
    if isinstance(node, cst.SimpleStatementLine):
        node = node.body[0]
    return isinstance(node, cst.Assign | cst.AugAssign | cst.AnnAssign | cst.Expr)


def trailing_comment(origin: Any) -> str:
    """The comment behind a statement that was written anew."""
    node = getattr(origin, "node", None)
    comment = getattr(getattr(node, "trailing_whitespace", None), "comment", None)
    return f"  {comment.value}" if comment is not None else ""


def _without_first(target: Target, value: Apply, writer: Writer) -> tuple[str, Expr] | None:
    """The operator and right side of an augmented assignment, from `target op rest`."""
    terms = []
    node: Expr = value
    while isinstance(node, Apply) and node.op in ("add", "sub") and node.form == "infix":
        terms.append((node.op, node.args[1]))
        node = node.args[0]
    if not terms or not _is_target(node, target):
        if value.op in ("mul", "truediv") and _is_target(value.args[0], target):
            return TOKENS[value.op], value.args[1]
        return None
    terms.reverse()
    first_op, total = terms[0]
    positive = positive_part(total)
    if first_op == "add" and positive is not None:
        first_op, total = "sub", positive
    sign = "+" if first_op == "add" else "-"
    for op, term in terms[1:]:
        flipped = op if first_op == "add" else ("sub" if op == "add" else "add")
        total = Apply(flipped, (total, term), (), "infix", "+" if flipped == "add" else "-")
    return sign, total


def _is_target(node: Expr, target: Target) -> bool:
    if isinstance(target, Var):
        return isinstance(node, Ref) and node.var is target
    if not isinstance(target, Place) or isinstance(target.key, str):
        return False
    if not isinstance(node, Apply) or node.op != "getitem":
        return False
    return key(node.args[0]) == key(target.base) and key(node.args[1]) == key(target.key)


def _is_mark(value: Expr) -> bool:
    """Whether an expression is there for the backward part alone."""
    return isinstance(value, Apply) and value.op == "s2sad.on_gradient"
