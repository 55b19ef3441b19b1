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
import inspect
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Literal

from s2sad.derive.notation import Notation
from s2sad.ir.nodes import Apply, Const, Expr, Ref, Var

Kind = Literal["elementwise", "linear", "multilinear", "general"]
How = Literal["add", "index", "addat", "clear"]
Sharing = Literal["always", "maybe"]
Numbers = Literal["real", "holomorphic", "complex", "any"]


@dataclass(frozen=True, eq=False)
class Operand:
    """What a derivative may flow into. `spec` is its shape as the template states it.

    `const` (no derivative), empty (elementwise), `scalar`, `*s`, `... n k`, `n m`, or, for a list
    of arrays, `list *s`. Into a `fixed` one a derivative would flow that is not known: it is
    const, and the rule does not fit where it is varied.
    """

    name: str
    spec: str
    fixed: bool = False

    @property
    def is_list(self) -> bool:
        """Whether it is a list or tuple of arrays."""
        return self.spec.startswith("list ")

    @property
    def broadcasts(self) -> bool:
        """Whether its contributions come in the shape of the result, to be summed down to its own.

        This is said by the operand, whatever the kind of the rule: np.full and setitem have such
        operands too. Of a `... n k` operand only the leading axes broadcast.
        """
        return self.spec in ("", "list ") or self.spec.startswith("...")

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
    `parameters` are those of the operator, where Python cannot be asked for them; `defaults` what
    the variants of its rule say of its keywords.

    The result of an `array` rule is an array, without axes where its shape leaves none.

    `forward` rules are for forward mode alone, where the operator does to tangents what it does to
    values.

    `numbers` are what the rule is for: real operands; any, with the values in its lines conjugated
    where they are complex (`holomorphic`); complex ones, with its lines as they stand; or any, with
    no lines at all. `if_complex` has to be proved where an operand is complex. The result is
    complex if an operand is, unless `gives` says what it is, or what each of several is.
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
    parameters: tuple[inspect.Parameter, ...] | None = None
    defaults: Mapping[str, Const] = field(default_factory=dict, repr=False)
    numbers: Numbers = "real"
    gives: str = ""
    if_complex: tuple[Expr, ...] = ()
    forward: bool = False
    array: bool = False

    @property
    def is_tree(self) -> bool:
        """Whether the result may be a container, which holds what the operands hold."""
        return isinstance(self.result, Const) and self.result.value == "tree"

    @property
    def is_structured(self) -> bool:
        """Whether the result is a new container, structured like a gradient."""
        return isinstance(self.result, Apply) and self.result.op == "shape.structured"

    @property
    def zero(self) -> bool:
        """Whether nothing flows into any operand."""
        return all(operand.const for operand in self.operands)

    def position(self, name: str) -> int:
        """The position of an operand among the arguments of the match line; 0 if it has none."""
        place, args = self.place(name), enumerate(self.match.args)
        return next((k for k, arg in args if isinstance(arg, Ref) and arg.var is place), 0)

    def place(self, name: str) -> Var:
        """The placeholder of an operand, a static argument, a temporary, `y`, `d_y`, `dot_x`."""
        return self.vars[name]


def is_number(result: Expr) -> bool:
    """Whether the annotation of a result says that it is one number."""
    return isinstance(result, Const) and result.value == ""


# ---------------------------------------------------------------- rules


class RuleReader(Notation):
    """Reads one function of a template file; which operator it is for is known before the rest."""

    needs_tangent = True

    def __init__(
        self, file: str, lines: list[str], modules: dict[str, str], node: ast.FunctionDef
    ) -> None:
        super().__init__(file, lines, modules)
        self.node = node
        self.operands = tuple(self._operand(arg) for arg in node.args.args)
        self.statics = tuple(self._statics())
        active = [operand.name for operand in self.operands if not operand.const]
        for name in [o.name for o in self.operands] + [name for name, _ in self.statics]:
            self.declare(name)
        for name in ["y", *active]:
            self.declare(name, f"d_{name}", f"dot_{name}")

    @cached_property
    def pattern(self) -> Apply:
        """The operator and how it is applied in the match line."""
        return self._pattern(self._split()[1])

    def _field(self, node: ast.expr) -> str:
        """What a result is."""
        match node:
            case ast.Name("real" | "complex" | "integer" | "boolean" as what):
                return what
        self.refuse(node, "a result is real, complex, integer or boolean")

    def rule(self) -> Rule:
        """The rule, checked."""
        _, match, body = self._split()
        result = self.result()
        rule = Rule(
            name=self.node.name,
            op=self.pattern.op,
            match=self.pattern,
            operands=self.operands,
            statics=self.statics,
            kind=self._kind_by_shapes(result),
            writes=isinstance(match, ast.Expr) or isinstance(match.targets[0], ast.Subscript),
            result=result,
            where=tuple(self._static_annotations()),
            temporaries=(),
            contributions=(),
            tangent=None,
            view=None,
            doc=ast.get_docstring(self.node) or "",
            file=self.file,
            line=self.node.lineno,
            vars=self.vars,
        )
        for decorator in self.node.decorator_list:
            rule = self._decorated(rule, decorator)
        rule = self._with_lines(rule, body)
        if not any(map(_says_numbers, self.node.decorator_list)):
            linear = rule.kind in ("linear", "multilinear")
            numbers: Numbers = "any" if rule.zero else "holomorphic" if linear else "real"
            rule = replace(rule, numbers=numbers)
        self._check(rule)
        return rule

    def _decorated(self, rule: Rule, decorator: ast.expr) -> Rule:
        """The rule with what a decorator says of it."""
        match decorator:
            case ast.Name("linear"):
                return replace(rule, kind="linear")
            case ast.Name("multilinear"):
                return replace(rule, kind="multilinear")
            case ast.Name("forward"):
                return replace(rule, kind="linear", forward=True)
            case ast.Name("array"):
                return replace(rule, array=True)
            case ast.Name("real"):
                return replace(rule, numbers="real")
            case ast.Name("holomorphic"):
                return replace(rule, numbers="holomorphic")
            case ast.Call(ast.Name("holomorphic"), conditions):
                found = [self.expr(condition, "template") for condition in conditions]
                if_complex = (*rule.if_complex, *found)
                return replace(rule, numbers="holomorphic", if_complex=if_complex)
            case ast.Name("for_complex"):
                return replace(rule, numbers="complex")
            case ast.Call(ast.Name("gives"), parts):
                return replace(rule, gives=" ".join(map(self._field, parts)))
            case ast.Call(ast.Name("view"), [ast.Name(name)]):
                return replace(rule, view=(name, "always"))
            case ast.Call(ast.Name("maybe_view"), [ast.Name(name)]):
                return replace(rule, view=(name, "maybe"))
            case ast.Call(ast.Name("when"), conditions):
                found = [self.expr(condition, "template") for condition in conditions]
                return replace(rule, where=(*rule.where, *found))
        self.refuse(decorator, "a decorator that is not known")

    def _with_lines(self, rule: Rule, body: list[ast.stmt]) -> Rule:
        """The rule with its temporaries, contributions and tangent."""
        temporaries: list[tuple[str, Expr]] = []
        contributions: list[Contribution] = []
        tangent = None
        for statement in body:
            match statement:
                case ast.Assign([ast.Name("dot_y")], value):
                    tangent = self.expr(value)
                case ast.Assign([ast.Name(name)], value):
                    if name in self.vars:
                        advice = f"Write {name} += ... for an adjoint, else use another name."
                        self.refuse(statement, f"{name} has a meaning already", advice)
                    temporaries.append((name, self.expr(value)))
                    self.declare(name)
                case _:
                    contributions.append(self._contribution(statement))
        return replace(
            rule,
            temporaries=tuple(temporaries),
            contributions=tuple(contributions),
            tangent=tangent,
        )

    def result(self) -> Expr | None:
        """The shape of the result, as the annotation states it."""
        return None if self.node.returns is None else self.expr(self.node.returns, "shape")

    def _kind_by_shapes(self, result: Expr | None) -> Kind:
        """Elementwise without shapes, and so is what makes one number of numbers."""
        specs = {o.spec for o in self.operands if not o.const}
        numbers = specs == {"scalar"} and (result is None or is_number(result))
        return "elementwise" if specs <= {""} or numbers else "general"

    def _split(self) -> tuple[list[ast.stmt], ast.Assign | ast.Expr, list[ast.stmt]]:
        """What stands before the match line, the match line, and what stands after it."""
        for position, statement in enumerate(self.node.body):
            match statement:
                case ast.Assign([ast.Name("y")]):
                    return self.node.body[:position], statement, self.node.body[position + 1 :]
                case ast.Assign([ast.Subscript(ast.Name(name))]) if name in self.vars:
                    return self.node.body[:position], statement, self.node.body[position + 1 :]
                case ast.Expr(ast.Call(args=[ast.Name(name), *_])) if name in self.vars:
                    return self.node.body[:position], statement, self.node.body[position + 1 :]
        self.refuse(self.node, "a rule without a match line", "Write y = ..., the operator.")

    def _operand(self, arg: ast.arg) -> Operand:
        match arg.annotation:
            case None:
                return Operand(arg.arg, "")
            case ast.Name("const" | "scalar" as spec):
                return Operand(arg.arg, spec)
            case ast.Name("fixed"):
                return Operand(arg.arg, "const", fixed=True)
            case ast.Constant(str(spec)):
                return Operand(arg.arg, spec)
            case ast.List([ast.Constant(str(spec))]):
                return Operand(arg.arg, f"list {spec}")
        self.refuse(arg, "an operand whose shape is not understood")

    def _statics(self) -> Iterator[tuple[str, Const | None]]:
        for arg, default in zip(self.node.args.kwonlyargs, self.node.args.kw_defaults, strict=True):
            if default is None:
                yield arg.arg, None
            else:
                try:
                    yield arg.arg, Const(ast.literal_eval(default))
                except ValueError:
                    self.refuse(default, "a default that is not a literal")

    def _static_annotations(self) -> Iterator[Expr]:
        """`key: basic` is the condition basic(key)."""
        for arg in self.node.args.kwonlyargs:
            if isinstance(arg.annotation, ast.Name):
                yield Apply(f"template.{arg.annotation.id}", (Ref(self.vars[arg.arg]),))

    def _pattern(self, statement: ast.Assign | ast.Expr) -> Apply:
        value = self.expr(statement.value)
        target = statement.targets[0] if isinstance(statement, ast.Assign) else None
        if isinstance(target, ast.Subscript):
            parts = (self.expr(target.value), self.expr(target.slice), value)
            return Apply("setitem", parts, form="write")
        if not isinstance(value, Apply):
            self.refuse(statement, "a match line that applies no operator")
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
        self.refuse(
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
            self.refuse(statement, "a contribution that is not added", "Write d_x += ...")
        return Contribution(
            self._adjoint_of(statement, name), how, self.expr(key) if key else None, expr
        )

    def _adjoint_of(self, statement: ast.stmt, name: str) -> str:
        for operand in self.operands:
            if name == f"d_{operand.name}" and not operand.const:
                return operand.name
        adjoints = ", ".join(f"d_{o.name}" for o in self.operands if not o.const) or "none"
        advice = f"Contribute to one of {adjoints}."
        self.refuse(statement, f"a contribution to {name}, which is no operand's adjoint", advice)

    def _check(self, rule: Rule) -> None:
        """Every operand that a derivative flows into has a line."""
        contributed = {contribution.operand for contribution in rule.contributions}
        for operand in self.operands:
            stays = rule.writes and operand is rule.operands[0]
            if not (operand.const or operand.name in contributed or stays or rule.forward):
                self.refuse(
                    self.node,
                    f"a rule without a line for its operand {operand.name}",
                    f"Write d_{operand.name} += ..., or {operand.name}: const.",
                )
        stated = rule.tangent is not None or not self.needs_tangent
        if rule.numbers == "complex" and rule.kind == "elementwise" and not (rule.zero or stated):
            self.refuse(
                self.node,
                "a rule for complex numbers without a tangent",
                "Its adjoint lines are not those of tangents: write dot_y = ...",
            )
        if rule.kind == "general" and not stated and not rule.zero and not rule.writes:
            self.refuse(
                self.node,
                "a rule without a tangent",
                "Write dot_y = ..., or mark the rule as @linear or @multilinear.",
            )


def _says_numbers(decorator: ast.expr) -> bool:
    """Whether a decorator says what numbers a rule is for."""
    named = decorator.func if isinstance(decorator, ast.Call) else decorator
    return isinstance(named, ast.Name) and named.id in ("real", "holomorphic", "for_complex")
