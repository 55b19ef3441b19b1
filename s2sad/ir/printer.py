"""Programs as text, for people: the syntax of `ir/nodes.py`, one statement per line.

Input: a function, a block, a mirror, or the two halves of a derivative. Output: text that is the
same for the same program. Behind `#` stand the line that a statement came from, what its form does
not show, and, when facts are given, the type of what is assigned.

    energy(x, n):
        s = 0.0                      # 8: float
        for i in builtins.range(n):  # 9
            s = add(s, mul(x, x))    # 10: float

A variable without a name is its hint and a `'`, with a number from the second of that hint on.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any, TypeGuard

from s2sad.analysis.types import (
    Array,
    DictOf,
    Inert,
    ListOf,
    Shape,
    Star,
    Struct,
    TupleOf,
    Type,
    Unknown,
)
from s2sad.derive.mirror import (
    Backward,
    Group,
    Mirror,
    MirrorBranch,
    MirrorContext,
    MirrorGuard,
    MirrorLoop,
    Step,
)
from s2sad.ir.nodes import (
    Apply,
    Assign,
    Block,
    Branch,
    Break,
    Const,
    Context,
    Continue,
    Define,
    Each,
    Evaluate,
    Expr,
    For,
    Function,
    Guard,
    Invoke,
    Make,
    Opaque,
    Parameter,
    Place,
    Ref,
    Return,
    Select,
    Slice,
    Stmt,
    Unpack,
    Value,
    Var,
    Verbatim,
    While,
)

_BRACKETS = {
    "list": ("[", "]"),
    "set": ("{", "}"),
    "dict": ("{", "}"),
    "tuple": ("(", ")"),
    "generator": ("(", ")"),
}
_COMMENT_COLUMN = 60


def printed(program: Any, facts: Any = None) -> str:
    """A Function, a Block, a mirror (a list of Steps or a Backward) or an expression as text."""
    printer = Printer(facts)
    printer.program(program)
    return printer.text()


class Printer:
    """Collects the lines of a program. `line_of` says on which of them a node begins.

    `names` gives a variable its name, where naming is done; else it is shown as `Var` describes.
    """

    def __init__(self, facts: Any = None, names: Callable[[Var], str | None] | None = None) -> None:
        self.facts = facts
        self.names = names or (lambda var: var.name)
        self.lines: list[tuple[str, str]] = []
        self.line_of: dict[object, int] = {}
        self._numbers: dict[Var, str] = {}
        self._used: dict[str, int] = {}

    def text(self) -> str:
        """The lines, with their comments in one column."""
        return "\n".join(self.rendered(number) for number in range(len(self.lines))) + "\n"

    def rendered(self, number: int) -> str:
        """One line with its comment."""
        code, comment = self.lines[number]
        return f"{code.ljust(self._column)}  # {comment}" if comment else code

    @property
    def _column(self) -> int:
        widths = [len(code) for code, comment in self.lines if comment]
        return min(_COMMENT_COLUMN, max(widths, default=0))

    def around(self, node: object, margin: int = 4) -> str:
        """The lines around a node, which is marked with `>`; all of them when it has no line."""
        found = self.line_of.get(node)
        if found is None:
            return self.text().rstrip("\n")
        numbers = range(max(0, found - margin), min(len(self.lines), found + margin + 1))
        return "\n".join(f"{'>' if n == found else ' '} {self.rendered(n)}" for n in numbers)

    # ------------------------------------------------------------ programs

    def program(self, program: Any) -> None:
        """Whatever can be printed."""
        match program:
            case Function():
                self.function(program)
            case Backward():
                self.backward(program)
            case list() if program and isinstance(program[0], Step):
                self.mirror(program, 0)
            case list():
                self.block(program, 0)
            case Group() | MirrorBranch() | MirrorGuard() | MirrorContext() | MirrorLoop():
                self._node(program, 0)
            case _ if is_statement(program):
                self.statement(program, 0)
            case _:
                self.line(self.expr(program), 0)

    def function(self, function: Function, depth: int = 0) -> None:
        """A function with its parameters and body."""
        params = ", ".join(self._parameter(p) for p in function.params)
        self.line(f"{function.name}({params}):", depth, function)
        self.block(function.body, depth + 1)

    def titled(self, function: Function, program: Any) -> None:
        """What a pass made of a function: the function itself, or its backward part."""
        if isinstance(program, Backward):
            self.line(f"{function.name}:", 0, function)
            self.backward(program, 1)
        else:
            self.program(program)

    def backward(self, backward: Backward, depth: int = 0) -> None:
        """The backward part before memory is planned, and the adjoints that it returns."""
        self.mirror(backward.mirror, depth)
        results = [None if r is None else r.expr for r in backward.results]
        self.line(f"return {self._listed(results)}", depth)

    def halves(self, title: str, plan: Any, results: Iterable[Expr]) -> None:
        """A derivative after memory was planned: its forward and its backward statements.

        A copy between two variables that have one name now is left out: nothing is written for it.
        """
        self.line(f"{title}:", 0)
        self.line("forward:", 1)
        self.block(plan.forward, 2)
        self.line("backward:", 1)
        self.block([s for s in plan.backward if not self._is_merged(s)], 2)
        self.line(f"return {self._listed(results)}", 1)

    def _is_merged(self, statement: Stmt) -> bool:
        match statement:
            case Assign((Var() as new,), Ref(old), None):
                return self.var(new) == self.var(old)
        return False

    def line(self, code: str, depth: int, node: object = None, comment: str = "") -> None:
        """One line, at which `node` begins."""
        if node is not None:
            self.line_of.setdefault(node, len(self.lines))
        self.lines.append(("    " * depth + code, comment))

    def _parameter(self, parameter: Parameter) -> str:
        star = {"var_positional": "*", "var_keyword": "**"}.get(parameter.kind, "")
        text = f"{star}{self.var(parameter.var)}"
        if parameter.annotation is not None:
            text += f": {parameter.annotation}"
        return text if parameter.default is None else f"{text} = {parameter.default}"

    # ------------------------------------------------------------ statements

    def block(self, block: Block, depth: int) -> None:
        """The statements of a block; `pass` when there are none."""
        for statement in block:
            self.statement(statement, depth)
        if not block:
            self.line("pass", depth)

    def statement(self, statement: Stmt, depth: int) -> None:
        """One statement and the blocks inside it."""
        self.line(self.head(statement), depth, statement, self._comment(statement))
        match statement:
            case Branch():
                self.block(statement.then, depth + 1)
                self._other(statement.other, depth)
            case For() | While():
                self.block(statement.body, depth + 1)
                self._other(statement.other, depth)
            case Context() | Guard():
                self.block(statement.body, depth + 1)
            case Define() if statement.callee.function is not None:
                self.function(statement.callee.function, depth + 1)

    def _other(self, block: Block, depth: int) -> None:
        if block:
            self.line("else:", depth)
            self.block(block, depth + 1)

    def head(self, statement: Stmt) -> str:
        """The first line of a statement."""
        match statement:
            case Assign():
                targets = " = ".join(self.target(t) for t in statement.targets)
                sign = ":=" if statement.embedded else "="
                return f"{targets} {sign} {self.expr(statement.value)}"
            case Evaluate():
                return self.expr(statement.value)
            case Branch():
                return f"if {self.expr(statement.test)}:"
            case Guard():
                return f"unless {' or '.join(map(self.var, statement.left))}:"
            case For():
                return f"for {self.target(statement.target)} in {self.expr(statement.iterable)}:"
            case While():
                return f"while {self.expr(statement.test)}:"
            case Return(value):
                return "return" if value is None else f"return {self.expr(value)}"
            case Break():
                return "break"
            case Continue():
                return "continue"
            case Context():
                return f"with {statement.header}:"
            case Define():
                return f"{self.var(statement.var)} = define {statement.callee.name}"
            case Verbatim():
                return self._verbatim(statement)

    def _verbatim(self, statement: Verbatim) -> str:
        parts = [f"verbatim {_source(statement) or '<made>'}"]
        if statement.reads:
            parts.append(f"reads {', '.join(map(self.expr, statement.reads))}")
        outcomes = {
            "binds": statement.binds,
            "mutates": statement.mutates,
            "drops": statement.drops,
        }
        for word, variables in outcomes.items():
            if variables:
                parts.append(f"{word} {', '.join(map(self.var, variables))}")
        return "; ".join(parts)

    def _comment(self, statement: Stmt) -> str:
        """The line of the source, the type of what is assigned, and what the text does not show."""
        notes = []
        if isinstance(statement, Assign):
            if self.facts is not None:
                kind = self.facts.types.get(statement.value)
                notes += [] if kind is None else [type_text(kind)]
            if statement.augmented is not None:
                notes.append(f"in place, {statement.augmented}")
        if isinstance(statement, For | While) and statement.count is not None:
            notes.append(f"counted by {self.var(statement.count)}")
        if isinstance(statement, Branch) and statement.flat:
            notes.append("flat")
        line = _line(statement)
        return ": ".join(part for part in (line, "; ".join(notes)) if part)

    # ------------------------------------------------------------ the mirror

    def mirror(self, steps: list[Step], depth: int) -> None:
        """The backward part, in the order in which it runs."""
        for step in steps:
            self.line_of.setdefault(step, len(self.lines))
            for node in step.nodes:
                self._node(node, depth)
        if not steps:
            self.line("pass", depth)

    def _node(self, node: Mirror, depth: int) -> None:
        source = node.source
        title = "join:" if source is None else f"mirror of {self.head(source).rstrip(':')}:"
        self.line(title, depth, node, "" if source is None else _line(source))
        match node:
            case Group():
                self.block(node.body, depth + 1)
            case MirrorBranch():
                self.mirror(node.then, depth + 1)
                self.line("else:", depth)
                self.mirror(node.other, depth + 1)
            case MirrorLoop():
                self._mirror_loop(node, depth + 1)
            case MirrorGuard() | MirrorContext():
                self.mirror(node.body, depth + 1)

    def _mirror_loop(self, loop: MirrorLoop, depth: int) -> None:
        target = "_" if loop.target is None else self.target(loop.target)
        if loop.position is not None and not loop.enumerated:
            target = f"{self.var(loop.position)}, {target}"
        what = "" if loop.iterable is None else f" {self.expr(loop.iterable)}"
        self.line(f"for {target} in reversed{what}:", depth)
        self.mirror(loop.body, depth + 1)

    # ------------------------------------------------------------ expressions

    def var(self, var: Var) -> str:
        """A variable: its name, or its hint and a mark."""
        name = self.names(var)
        if name is not None:
            return name
        if var.user:
            return var.hint
        if var not in self._numbers:
            count = self._used[var.hint] = self._used.get(var.hint, 0) + 1
            self._numbers[var] = f"{var.hint}'" + (str(count) if count > 1 else "")
        return self._numbers[var]

    def expr(self, expr: Expr) -> str:
        """An expression."""
        match expr:
            case Const(value):
                return "..." if value is Ellipsis else repr(value)
            case Ref(var):
                return self.var(var)
            case Apply():
                return self._apply(expr)
            case Invoke():
                args = ["-" if a is None else self.expr(a) for a in expr.args]
                return f"invoke {expr.callee.name}({', '.join(args)})"
            case Make():
                return self._make(expr)
            case Slice(start, stop, step):
                parts = ["" if p is None else self.expr(p) for p in (start, stop, step)]
                return ":".join(parts if step is not None else parts[:2])
            case Select():
                return self._select(expr)
            case Each():
                return self._each(expr)
            case Opaque():
                return self._opaque(expr)
            case Value(node):
                return f"value({self.expr(node)})"

    def _apply(self, expr: Apply) -> str:
        args = [self.expr(a) for a in expr.args]
        args += [f"{name}={self.expr(value)}" for name, value in expr.kwargs]
        if expr.form == "starred":
            return f"*{args[0]}"
        if expr.op == "getattr":
            return f"getattr({args[0]}, {expr.text!r})"
        if expr.form == "chain":
            return f"chain({', '.join([repr(expr.text), *args])})"
        return expr.op if expr.form == "name" else f"{expr.op}({', '.join(args)})"

    def _make(self, expr: Make) -> str:
        items = [self.expr(item) for item in expr.items]
        keys = [self.expr(k) for k in expr.keys]
        match expr.kind:
            case "dict":
                return f"{{{', '.join(f'{k}: {v}' for k, v in zip(keys, items, strict=True))}}}"
            case "object":
                names = [str(k.value) if isinstance(k, Const) else self.expr(k) for k in expr.keys]
                pairs = ", ".join(f"{n}={v}" for n, v in zip(names, items, strict=True))
                return f"{expr.cls}({pairs})"
        opening, closing = _BRACKETS[expr.kind]
        comma = "," if expr.kind == "tuple" and len(items) == 1 else ""
        return f"{opening}{', '.join(items)}{comma}{closing}"

    def _select(self, expr: Select) -> str:
        test, then = self.expr(expr.test), self.expr(expr.then)
        match expr.form:
            case "and":
                return f"({test} and {then})"
            case "or":
                return f"({test} or {self.expr(expr.other)})"
        return f"({then} if {test} else {self.expr(expr.other)})"

    def _each(self, expr: Each) -> str:
        element = self.expr(expr.element)
        if expr.key is not None:
            element = f"{self.expr(expr.key)}: {element}"
        text = f"{element} for {self.target(expr.target)} in {self.expr(expr.iterable)}"
        text += "".join(f" if {self.expr(condition)}" for condition in expr.conditions)
        opening, closing = _BRACKETS[expr.kind]
        return f"{opening}{text}{closing}"

    def _opaque(self, expr: Opaque) -> str:
        parts = [_source(expr)] if expr.origin is not None else []
        parts += [f"reads {', '.join(map(self.expr, expr.parts))}"] if expr.parts else []
        if expr.mutates:
            parts.append(f"mutates {', '.join(map(self.var, expr.mutates))}")
        return f"opaque<{'; '.join(parts)}>"

    def target(self, target: object) -> str:
        """What an assignment gives a value to."""
        match target:
            case Var():
                return self.var(target)
            case Place(base, key):
                inside = f".{key}" if isinstance(key, str) else f"[{self.expr(key)}]"
                return f"{self.expr(base)}{inside}"
            case Unpack(targets, star):
                parts = [("*" if n == star else "") + self.target(t) for n, t in enumerate(targets)]
                return f"({', '.join(parts)}{',' if len(parts) == 1 else ''})"
        return f"<{type(target).__name__}>"

    def _listed(self, exprs: Iterable[Expr | None]) -> str:
        return ", ".join("0" if e is None else self.expr(e) for e in exprs)


def is_statement(node: object) -> TypeGuard[Stmt]:
    """Whether a node is a statement rather than an expression."""
    compound = Branch | Guard | For | While | Context
    simple = Assign | Evaluate | Return | Break | Continue | Define | Verbatim
    return isinstance(node, compound | simple)


def type_text(kind: Type) -> str:
    """A type, in short: `float64[n, 3]`, `unknown[*x]`, `float` for a Python number."""
    match kind:
        case Array(dtype, Shape(()), True):
            return dtype.rstrip("0123456789") if dtype != "unknown" else "number"
        case Array(dtype, Shape(dims)):
            return f"{dtype}[{', '.join(map(str, dims))}]"
        case Array(dtype, shape):
            assert isinstance(shape, Star)
            ones = "".join(f", {axis}: 1" for axis in sorted(shape.ones))
            return f"{dtype}[*{shape.name}{ones}]"
        case TupleOf(items):
            return f"({', '.join(map(type_text, items))}{',' if len(items) == 1 else ''})"
        case ListOf(item, made):
            return f"{made} of {type_text(item)}"
        case DictOf(entries, rest):
            parts = [f"{key!r}: {type_text(value)}" for key, value in entries]
            parts += [] if rest is None else [f"...: {type_text(rest)}"]
            return f"{{{', '.join(parts)}}}"
        case Struct(name):
            return name
        case Unknown(name):
            return f"unknown {name}".strip()
        case Inert(what):
            return f"inert {what}".strip()


def _line(node: Any) -> str:
    """The number of the line that a node came from; nothing for one that a pass made."""
    return "" if node.origin is None else str(node.origin.location.line)


def _source(node: Any) -> str:
    """The code that a node came from, in one line."""
    if node.origin is None:
        return ""
    return " ".join(str(node.origin.module.code(node.origin.node)).split())
