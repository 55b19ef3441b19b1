"""Templates read into rules: Python source that is parsed, and never imported or executed.

A template is a function that reads like the mathematics of one operator:

    def tanh(x):
        \"\"\"Hyperbolic tangent.\"\"\"
        y = np.tanh(x)
        d_x += d_y * (1.0 - y * y)

Its *match line* (the one that gives `y`, or writes `x[key] = e`) says which operator it is for;
what stands before it builds samples for the tests and is skipped here; what stands after it are
temporaries, contributions (`d_x += ...`) and the tangent (`dot_y = ...`). Names inside a rule
become placeholders, one `Var` for each, and operators get the canonical names that user code has.
"""

from __future__ import annotations

import ast
import builtins
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal, NoReturn

from s2sad.errors import Location, S2SADError
from s2sad.ir.nodes import Apply, Const, Each, Expr, Make, Ref, Select, Slice, Var
from s2sad.source.operators import AST, ATTRIBUTES, METHODS, canonical

Kind = Literal["elementwise", "linear", "multilinear", "general"]
How = Literal["add", "index", "addat", "clear"]
Sharing = Literal["always", "maybe"]


@dataclass(frozen=True, eq=False)
class Operand:
    """What a derivative may flow into. `spec` is its shape as the template states it.

    `const` (no derivative), empty (elementwise), `scalar`, `*s`, `... n k`, `n m`, or, for a list
    of arrays, `list *s`.
    """

    name: str
    spec: str

    @property
    def is_list(self) -> bool:
        """Whether it is a list or tuple of arrays."""
        return self.spec.startswith("list ")

    @property
    def const(self) -> bool:
        """Whether no derivative flows into it."""
        return self.spec == "const"


@dataclass(frozen=True, eq=False)
class Contribution:
    """One line of the reverse derivative.

    add      d_x += value
    index    d_x[key] += value
    addat    np.add.at(d_x, key, value)
    clear    d_x[key] = value
    """

    operand: str
    how: How
    key: Expr | None
    value: Expr | None


@dataclass(frozen=True, eq=False)
class Rule:
    """How one operator, in one variant of shapes and static arguments, is differentiated.

    `match` is the right side of the match line over placeholders; for a match line that writes it
    is `setitem(x, key, e)`. `zero` says that all operands are const: the derivative is zero.
    """

    name: str
    op: str
    match: Apply
    operands: tuple[Operand, ...]
    statics: tuple[tuple[str, Const | None], ...]
    kind: Kind
    writes: bool
    result: Expr | None
    where: tuple[Expr, ...]
    temporaries: tuple[tuple[str, Expr], ...]
    contributions: tuple[Contribution, ...]
    tangent: Expr | None
    view: tuple[str, Sharing] | None
    doc: str
    file: str
    line: int
    vars: Mapping[str, Var] = field(repr=False)

    @property
    def zero(self) -> bool:
        """Whether nothing flows into any operand."""
        return all(operand.const for operand in self.operands)

    def place(self, name: str) -> Var:
        """The placeholder of an operand, a static argument, a temporary, `y`, `d_y`, `dot_x`."""
        return self.vars[name]


# ---------------------------------------------------------------- files


def read_file(path: Path) -> list[Rule]:
    """The rules of one template file, in order."""
    text = path.read_text(encoding="utf-8")
    try:
        module = ast.parse(text)
    except SyntaxError as error:
        source = (error.text or "").rstrip("\n")
        place = Location(str(path), error.lineno or 1, error.offset or 1, 0, source)
        raise S2SADError("S2S080", f"a template is not Python: {error.msg}", place) from None
    modules = dict(_imports(module))
    lines = text.splitlines()
    return [
        _RuleReader(str(path), lines, modules, node).rule()
        for node in module.body
        if isinstance(node, ast.FunctionDef)
    ]


def _imports(module: ast.Module) -> Iterator[tuple[str, str]]:
    """What the names of modules stand for: ('np', 'numpy')."""
    for node in module.body:
        if isinstance(node, ast.Import):
            for name in node.names:
                yield (name.asname, name.name) if name.asname else (name.name.split(".")[0],) * 2


# ---------------------------------------------------------------- rules


class _RuleReader:
    """Reads one function of a template file."""

    def __init__(
        self, file: str, lines: list[str], modules: dict[str, str], node: ast.FunctionDef
    ) -> None:
        self.file = file
        self.lines = lines
        self.modules = modules
        self.node = node
        self.vars: dict[str, Var] = {}
        self.operands = tuple(self._operand(arg) for arg in node.args.args)
        self.statics = tuple(self._statics())
        active = [operand.name for operand in self.operands if not operand.const]
        for name in [o.name for o in self.operands] + [name for name, _ in self.statics]:
            self._declare(name)
        for name in ["y", *active]:
            self._declare(name, f"d_{name}", f"dot_{name}")

    def rule(self) -> Rule:
        """The rule, checked."""
        before, match, body = self._split()
        kind: Kind = (
            "general"
            if any(o.spec not in ("", "const") for o in self.operands)
            else ("elementwise")
        )
        where: list[Expr] = list(self._static_annotations())
        view: tuple[str, Sharing] | None = None
        for decorator in self.node.decorator_list:
            match decorator:
                case ast.Name("linear"):
                    kind = "linear"
                case ast.Name("multilinear"):
                    kind = "multilinear"
                case ast.Call(ast.Name("view"), [ast.Name(name)]):
                    view = (name, "always")
                case ast.Call(ast.Name("maybe_view"), [ast.Name(name)]):
                    view = (name, "maybe")
                case ast.Call(ast.Name("when"), conditions):
                    where += [self.expr(condition, "template") for condition in conditions]
                case _:
                    self._refuse(decorator, "a decorator that is not known")
        temporaries: list[tuple[str, Expr]] = []
        contributions: list[Contribution] = []
        tangent = None
        for statement in body:
            match statement:
                case ast.Assign([ast.Name("dot_y")], value):
                    tangent = self.expr(value)
                case ast.Assign([ast.Name(name)], value):
                    temporaries.append((name, self.expr(value)))
                    self._declare(name)
                case _:
                    contributions.append(self._contribution(statement))
        writes = isinstance(match.targets[0], ast.Subscript)
        pattern = self._pattern(match)
        rule = Rule(
            name=self.node.name,
            op=pattern.op,
            match=pattern,
            operands=self.operands,
            statics=self.statics,
            kind=kind,
            writes=writes,
            result=self.expr(self.node.returns, "shape") if self.node.returns else None,
            where=tuple(where),
            temporaries=tuple(temporaries),
            contributions=tuple(contributions),
            tangent=tangent,
            view=view,
            doc=ast.get_docstring(self.node) or "",
            file=self.file,
            line=self.node.lineno,
            vars=self.vars,
        )
        self._check(rule)
        return rule

    def _split(self) -> tuple[list[ast.stmt], ast.Assign, list[ast.stmt]]:
        """What stands before the match line, the match line, and what stands after it."""
        for position, statement in enumerate(self.node.body):
            match statement:
                case ast.Assign([ast.Name("y")]):
                    return self.node.body[:position], statement, self.node.body[position + 1 :]
                case ast.Assign([ast.Subscript(ast.Name(name))]) if name in self.vars:
                    return self.node.body[:position], statement, self.node.body[position + 1 :]
        self._refuse(self.node, "a rule without a match line", "Write y = ..., the operator.")

    def _operand(self, arg: ast.arg) -> Operand:
        match arg.annotation:
            case None:
                return Operand(arg.arg, "")
            case ast.Name("const" | "scalar" as spec):
                return Operand(arg.arg, spec)
            case ast.Constant(str(spec)):
                return Operand(arg.arg, spec)
            case ast.List([ast.Constant(str(spec))]):
                return Operand(arg.arg, f"list {spec}")
        self._refuse(arg, "an operand whose shape is not understood")

    def _statics(self) -> Iterator[tuple[str, Const | None]]:
        for arg, default in zip(self.node.args.kwonlyargs, self.node.args.kw_defaults, strict=True):
            if default is None:
                yield arg.arg, None
            else:
                try:
                    yield arg.arg, Const(ast.literal_eval(default))
                except ValueError:
                    self._refuse(default, "a default that is not a literal")

    def _static_annotations(self) -> Iterator[Expr]:
        """`key: basic` is the condition basic(key)."""
        for arg in self.node.args.kwonlyargs:
            if isinstance(arg.annotation, ast.Name):
                yield Apply(f"template.{arg.annotation.id}", (Ref(self.vars[arg.arg]),))

    def _pattern(self, statement: ast.Assign) -> Apply:
        target = statement.targets[0]
        value = self.expr(statement.value)
        if isinstance(target, ast.Subscript):
            parts = (self.expr(target.value), self.expr(target.slice), value)
            return Apply("setitem", parts, form="write")
        if not isinstance(value, Apply):
            self._refuse(statement, "a match line that applies no operator")
        return value

    def _contribution(self, statement: ast.stmt) -> Contribution:
        match statement:
            case ast.AugAssign(ast.Name(name), op, value):
                return self._added(statement, "add", name, None, op, value)
            case ast.AugAssign(ast.Subscript(ast.Name(name), key), op, value):
                return self._added(statement, "index", name, key, op, value)
            case ast.Assign([ast.Subscript(ast.Name(name), key)], value):
                operand = self._adjoint_of(statement, name)
                return Contribution(operand, "clear", self.expr(key), self.expr(value))
            case ast.Expr(
                ast.Call(
                    ast.Attribute(ast.Attribute(ast.Name("np"), "add"), "at"),
                    [ast.Name(name), key, value],
                )
            ):
                operand = self._adjoint_of(statement, name)
                return Contribution(operand, "addat", self.expr(key), self.expr(value))
        self._refuse(
            statement,
            "a line of a rule that is not understood",
            "After the match line stand temporaries, d_x += ..., d_x[key] += ..., "
            "np.add.at(d_x, key, ...) and dot_y = ...",
        )

    def _added(
        self,
        statement: ast.stmt,
        how: How,
        name: str,
        key: ast.expr | None,
        op: ast.operator,
        value: ast.expr,
    ) -> Contribution:
        expr = self.expr(value)
        if isinstance(op, ast.Sub):
            expr = Apply("neg", (expr,), form="prefix")
        elif not isinstance(op, ast.Add):
            self._refuse(statement, "a contribution that is not added", "Write d_x += ...")
        return Contribution(
            self._adjoint_of(statement, name), how, self.expr(key) if key else None, expr
        )

    def _adjoint_of(self, statement: ast.stmt, name: str) -> str:
        for operand in self.operands:
            if name == f"d_{operand.name}" and not operand.const:
                return operand.name
        self._refuse(statement, f"a contribution to {name}, which is no operand's adjoint")

    def _check(self, rule: Rule) -> None:
        """Every operand that a derivative flows into has a line."""
        contributed = {contribution.operand for contribution in rule.contributions}
        for operand in self.operands:
            if not operand.const and operand.name not in contributed:
                self._refuse(
                    self.node,
                    f"a rule without a line for its operand {operand.name}",
                    f"Write d_{operand.name} += ..., or {operand.name}: const.",
                )
        if rule.kind == "general" and rule.tangent is None and not rule.zero and not rule.writes:
            self._refuse(
                self.node,
                "a rule without a tangent",
                "Write dot_y = ..., or mark the rule as @linear or @multilinear.",
            )

    # ------------------------------------------------------------ expressions

    def expr(self, node: ast.expr, home: str = "builtins") -> Expr:
        """An expression over placeholders. `home` is where a bare function name is looked up."""
        match node:
            case ast.Constant(value):
                return Const(value)
            case ast.Name(name):
                if name in self.vars:
                    return Ref(self.vars[name])
                if hasattr(builtins, name):
                    return Apply(f"builtins.{name}", (), form="name", text=name)
                self._refuse(node, f"a rule that reads {name}, which it does not have")
            case ast.UnaryOp(ast.USub(), ast.Constant(int() | float() as value)):
                return Const(-value)
            case ast.UnaryOp(op, operand):
                return Apply(AST[type(op)], (self.expr(operand, home),), form="prefix")
            case ast.BinOp(left, op, right):
                sides = (self.expr(left, home), self.expr(right, home))
                return Apply(AST[type(op)], sides, form="infix")
            case ast.Compare(left, [op], [right]):
                sides = (self.expr(left, home), self.expr(right, home))
                return Apply(AST[type(op)], sides, form="infix")
            case ast.BoolOp(op, [left, *rest]):
                result = self.expr(left, home)
                for part in rest:
                    other = self.expr(part, home)
                    if isinstance(op, ast.And):
                        result = Select(result, other, result, "and")
                    else:
                        result = Select(result, result, other, "or")
                return result
            case ast.IfExp(test, then, other):
                return Select(self.expr(test, home), self.expr(then, home), self.expr(other, home))
            case ast.Tuple(items) | ast.List(items):
                kind = "tuple" if isinstance(node, ast.Tuple) else "list"
                return Make(kind, tuple(self.expr(item, home) for item in items))
            case ast.Starred(value):
                return Apply("starred", (self.expr(value, home),), form="starred")
            case ast.Slice(lower, upper, step):
                start, stop, stride = map(self._optional, (lower, upper, step))
                return Slice(start, stop, stride)
            case ast.Subscript(value, key):
                return Apply("getitem", (self.expr(value), self.expr(key)), form="index")
            case ast.ListComp(element, [ast.comprehension(ast.Name(name), source, conditions)]):
                iterable = self.expr(source)
                self._declare(name)
                return Each(
                    "list",
                    self.expr(element),
                    self.vars[name],
                    iterable,
                    tuple(self.expr(condition) for condition in conditions),
                )
            case ast.Call():
                return self._call(node, home)
            case ast.Attribute(value, name):
                path = self._path(node)
                if path is not None:
                    return Apply(path, (), form="name", text=ast.unparse(node))
                if name in ATTRIBUTES:
                    return Apply(ATTRIBUTES[name], (self.expr(value),), form="attribute", text=name)
        self._refuse(node, "an expression that rules do not have")

    def _optional(self, node: ast.expr | None) -> Expr | None:
        return None if node is None else self.expr(node)

    def _call(self, node: ast.Call, home: str) -> Apply:
        args = tuple(self.expr(arg, home) for arg in node.args)
        kwargs = tuple((kw.arg or "**", self.expr(kw.value, home)) for kw in node.keywords)
        path = self._path(node.func)
        if path is not None:
            return Apply(canonical(path), args, kwargs, text=ast.unparse(node.func))
        match node.func:
            case ast.Name(name):
                scope = "builtins" if home != "shape" and hasattr(builtins, name) else home
                return Apply(canonical(f"{scope}.{name}"), args, kwargs, text=name)
            case ast.Attribute(value, name) if name in METHODS:
                receiver = self.expr(value)
                return Apply(METHODS[name], (receiver, *args), kwargs, form="method", text=name)
        self._refuse(node, "a call that rules do not have")

    def _path(self, node: ast.expr) -> str | None:
        """The dotted path of a name that belongs to a module, such as numpy.linalg.norm."""
        match node:
            case ast.Name(name) if name in self.modules and name not in self.vars:
                return self.modules[name]
            case ast.Name("static" | "helper" as name):
                return name
            case ast.Attribute(value, name):
                base = self._path(value)
                return f"{base}.{name}" if base else None
        return None

    def _declare(self, *names: str) -> None:
        for name in names:
            self.vars.setdefault(name, Var(name))

    def _refuse(
        self, node: ast.expr | ast.stmt | ast.arg, message: str, advice: str = ""
    ) -> NoReturn:
        text = self.lines[node.lineno - 1]
        end = node.end_col_offset if node.end_lineno == node.lineno else len(text)
        place = Location(self.file, node.lineno, node.col_offset + 1, (end or 0) + 1, text)
        raise S2SADError("S2S080", message, place, advice)
