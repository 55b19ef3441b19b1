"""Reads a rule of the user's: `@adjoint(function)`, or a function of the templates folder.

Input: the function that is the rule, and the module it stands in. Output: a `Rule`, or an error
with the rule's line and what would be right. The form is that of s2sad's templates; names mean what
they mean in the module, and functions are operators by what the book of rules says.

    @adjoint(volume, when="literal(n)")         options stand for the decorators of templates
    def volume_rule(p: "*s", *, n=2) -> "scalar":
        y = volume(p, n=n)                      has to fit the parameters of the function
        d_p += d_y * slope(p, n)
"""

from __future__ import annotations

import ast
import builtins
import inspect
import re
from collections.abc import Iterator
from dataclasses import replace
from typing import TYPE_CHECKING, Any, NoReturn

import libcst as cst

from s2sad.derive.rules import is_method, parameters_of
from s2sad.derive.templates import Operand, Rule, RuleReader
from s2sad.errors import Location, S2SADError
from s2sad.ir.nodes import Apply, Const, Expr, Make, Ref, walk
from s2sad.source.classes import Definition
from s2sad.source.module import SourceModule

if TYPE_CHECKING:
    from s2sad.derive.own_rules import RuleBook


class OwnReader(RuleReader):
    """Reads a rule in a module of the user's; `given` is its decorator `@adjoint(...)`."""

    needs_tangent = False

    def __init__(
        self,
        book: RuleBook,
        home: SourceModule,
        place: str,
        node: ast.FunctionDef,
        given: ast.expr | None,
    ) -> None:
        self.book = book
        self.home = home
        self.place = place
        super().__init__(home.filename, home.lines, {}, node)
        self.receiver = ""
        self.cls = ""
        self.given = given if isinstance(given, ast.Call) else None
        if given is not None and (self.given is None or len(self.given.args) != 1):
            self.refuse(given, "@adjoint without a function", "Write @adjoint(function).")
        if given is not None and len(node.decorator_list) > 1:
            self.refuse(node, "a rule with other decorators than @adjoint(...)")
        for arg in (node.args.vararg, node.args.kwarg, *node.args.posonlyargs):
            if arg is not None:
                advice = "Give each operand a name, and each static argument one after *."
                self.refuse(arg, f"{arg.arg} is neither an operand nor a static argument", advice)

    def rule(self) -> Rule:
        """The rule, checked."""
        options: dict[Any, ast.keyword] = {}
        for keyword in self.given.keywords if self.given is not None else ():
            value = keyword.value.value if isinstance(keyword.value, ast.Constant) else None
            if not isinstance(value, _OPTIONS.get(keyword.arg or "", ())):
                message = f"@adjoint takes no argument {ast.unparse(keyword)}"
                listed = ", ".join(_OPTIONS)
                self.refuse(keyword, message, f"It takes {listed}, written out.")
            options[keyword.arg] = keyword
        if self.given is not None:
            self.node.decorator_list = list(self._as_decorators(options))
        target = self._target()
        rule = super().rule()
        if self.given is not None and rule.op != target:
            shown = ast.unparse(self.given.args[0])
            line = next(s for s in self.node.body if _is_match(s))
            self.refuse(
                line,
                f"a rule for {shown} whose match line calls something else",
                f"Write y = {self._as_called(shown)}(...).",
            )
        parameters = self._parameters()
        return rule if parameters is None else replace(rule, parameters=parameters)

    def _as_decorators(self, options: dict[str, ast.keyword]) -> Iterator[ast.expr]:
        """The options of @adjoint as the decorators that templates have."""
        for name, keyword in options.items():
            value = keyword.value
            assert isinstance(value, ast.Constant)
            if name in ("linear", "multilinear"):
                if value.value is True:
                    yield ast.copy_location(ast.Name(name), value)
            else:
                part = self._parsed(str(value.value), value)
                yield ast.copy_location(ast.Call(ast.Name(name), [part], []), value)

    def _target(self) -> str:
        """The operator that the rule is for, as its decorator names it; empty if it has none."""
        if self.given is None:
            called = _match_call(self.node).func
            names = dotted(called)
            path = None if names is None else self.home.path_of(names)
            if path is not None:
                self._note_receiver(called, path)
            return ""
        node = self.given.args[0]
        names = dotted(node)
        path = None if names is None else self.home.path_of(names)
        if path is None or path.startswith("builtins.") and not self.book.has(path):
            self.refuse(
                node,
                f"s2sad cannot see which function {ast.unparse(node)} is",
                "Name a function of a module, by its name there or as it is imported.",
                "S2S081",
            )
        found = self.home.find_function(path)
        if found is None and path.startswith("."):
            advice = "A method is named by its class: @adjoint(Class.method)."
            self.refuse(node, f"{ast.unparse(node)} is not a function", advice, "S2S081")
        self._note_receiver(node, path)
        return self.book.op_of(self.home, path)

    # ------------------------------------------------------------ methods

    def _note_receiver(self, node: ast.expr, path: str) -> None:
        """Notes the class of a method, and which operand is the object; nothing flows into it."""
        home = self.home.find_function(path)
        found = None if home is None else home[1]
        cls, _, name = path.rpartition(".")
        first = self.operands[0].name if self.operands else ""
        of_class = is_method(path) if found is None else found.owner is not None
        if not of_class and not self._is_of_object(first):
            return
        if found is not None and {f"builtins.{kind}" for kind in _OTHERS} & {*found.decorators}:
            message = f"{ast.unparse(node)} is not called on an object"
            advice = "Write a function that calls it, and a rule for that."
            self.refuse(node, message, advice, "S2S081")
        if not first or not self.operands[0].const:
            at = self.node.args.args[0] if first else self.node
            message = "the object of a method, into which no derivative flows, is its first operand"
            self.refuse(at, message, f'Write {first or "self"}: "const".')
        self.receiver, self.cls = first, cls
        self.operands = (Operand(first, "const", fixed=True), *self.operands[1:])

    def _is_of_object(self, name: str) -> bool:
        """Whether the match line calls an operand, or a method of it: y = curve(x)."""
        written = dotted(_match_call(self.node).func)
        return bool(name) and written is not None and written[0] == name

    def _as_called(self, shown: str) -> str:
        """How the match line calls what a rule is for."""
        cls, _, name = shown.rpartition(".")
        if not self.receiver:
            return shown
        return self.receiver if name == "__call__" else f"{self.receiver}.{name}"

    def _call(self, node: ast.Call, home: str) -> Apply:
        """A call, of the object whose method the rule is for or of one of its methods, too."""
        match node.func:
            case ast.Name(self.receiver):
                form, name = "called", "__call__"
            case ast.Attribute(ast.Name(self.receiver), name):
                form = "method"
            case _:
                return super()._call(node, home)
        args = tuple(self.expr(arg, home) for arg in node.args)
        kwargs = tuple((kw.arg or "**", self.expr(kw.value, home)) for kw in node.keywords)
        op = self.book.op_of(self.home, f"{self.cls}.{name}")
        return Apply(op, (Ref(self.vars[self.receiver]), *args), kwargs, form=form, text=name)

    def _attribute(self, node: ast.Attribute) -> Expr:
        """An attribute, of the object whose method the rule is for, too."""
        match node.value:
            case ast.Name(self.receiver) if self.receiver:
                of = Ref(self.vars[self.receiver])
                return Apply("getattr", (of,), form="attribute", text=node.attr)
        return super()._attribute(node)

    # ------------------------------------------------------------ names

    def path(self, node: ast.expr) -> str | None:
        names = dotted(node)
        if names is None or names[0] in self.vars:
            return None
        if names[0] in ("static", "helper") and names[0] not in self.home.bound.names:
            return ".".join(names)
        path = self.home.path_of(names)
        if path is None or path.startswith("builtins."):
            return None
        return self.book.op_of(self.home, path)

    def spelled(self, node: ast.expr, path: str) -> str:
        text = ast.unparse(node)
        if path.startswith(("static.", "helper.")):
            return text
        if path.startswith("numpy."):
            return f"np.{path.removeprefix('numpy.')}"
        return f"{self.place}.{text}"

    def called(self, node: ast.Name, home: str) -> str:
        if home == "builtins" and not hasattr(builtins, node.id):
            self.refuse(node, f"a rule that calls {node.id}, which is not here", _NAMES)
        return super().called(node, home)

    def constant(self, node: ast.Name) -> Expr | None:
        path = self.path(node)
        if path is not None:  # a function that is handed on
            return Apply(path, (), (), "name", self.spelled(node, path))
        if node.id not in self.home.constants or node.id in self.home.rebound:
            return None
        value = self.home.constants[node.id].value
        number = isinstance(value, cst.Integer | cst.Float)
        op = "user.number" if number else "user.constant"
        return Apply(op, (), (), "name", f"{self.place}.{node.id}")

    # ------------------------------------------------------------ annotations

    def _parsed(self, text: str, at: ast.expr) -> ast.expr:
        """An expression that is written as a string."""
        try:
            node = ast.parse(text, mode="eval").body
        except SyntaxError:
            self.refuse(at, f"{text} is not an expression", "")
        for part in ast.walk(node):
            ast.copy_location(part, at)
        return node

    def _operand(self, arg: ast.arg) -> Any:
        advice = 'Write "n m", "*s", "... n", "scalar" or "const", or nothing.'
        if isinstance(arg.annotation, ast.Name) and not self._means_something(arg.annotation.id):
            # Formatters take the quotes off where annotations are not evaluated.
            arg.annotation = ast.copy_location(ast.Constant(arg.annotation.id), arg.annotation)
        if not isinstance(arg.annotation, ast.Constant | ast.List | None):
            self.refuse(arg, "an operand whose shape is not understood", advice)
        operand = super()._operand(arg)
        for name in operand.spec.removeprefix("list ").split():
            known = name == "..." or name.isdigit() or name.lstrip("*").isidentifier()
            if not known or self._means_something(name):
                self.refuse(arg, f"{operand.spec!r} is not the shape of an operand", advice)
        return operand

    def _means_something(self, name: str) -> bool:
        """Whether a name is a type or the like, and not the size of an axis."""
        return name in self.home.bound.names or hasattr(builtins, name)

    def _static_annotations(self) -> Iterator[Expr]:
        for arg in self.node.args.kwonlyargs:
            if isinstance(arg.annotation, ast.Constant):
                arg.annotation = self._parsed(str(arg.annotation.value), arg.annotation)
        yield from super()._static_annotations()

    def result(self) -> Expr | None:
        return None if self.node.returns is None else self._result(self.node.returns)

    def _result(self, written: ast.expr) -> Expr:
        match written:
            case ast.Constant(str(text)) if "(" in text:
                return self._result(self._parsed(text, written))
            case ast.Tuple(parts):
                return Make("tuple", tuple(self._result(part) for part in parts))
            case ast.Constant("scalar") | ast.Name("scalar"):
                return Const("")
            case ast.Name(name) if not self._means_something(name):
                return Const(name)
            case ast.Constant(str()) | ast.Call():
                return self.expr(written, "shape")
        advice = 'Write -> "n m", -> "scalar", -> "?" or a tuple of these.'
        self.refuse(written, "a result whose shape is not understood", advice)

    # ------------------------------------------------------------ checks

    def _check(self, rule: Rule) -> None:
        super()._check(rule)
        if rule.writes:
            self.refuse(
                self.node,
                "a rule for a function that writes into its argument",
                "Write a function that gives a new array, y = ...(x), and a rule for that one.",
            )
        from s2sad.derive.result_shapes import RESULTS
        from s2sad.derive.selection import CONDITIONS

        matched = {n.var.hint for n in walk(rule.match) if isinstance(n, Ref)}
        for arg in (*self.node.args.args, *self.node.args.kwonlyargs):
            if arg.arg not in matched:
                self.refuse(
                    arg,
                    f"the match line does not have {arg.arg}",
                    f"Hand it to the function: y = ...({arg.arg}), or leave it out.",
                )
        for node in () if rule.result is None else walk(rule.result):
            if isinstance(node, Apply) and node.op.removeprefix("shape.") not in RESULTS:
                assert self.node.returns is not None
                self.refuse(
                    self.node.returns,
                    f"there is no shape function {node.text}",
                    f"There are {', '.join(sorted(RESULTS))}.",
                )
        for condition in rule.where:
            for node in walk(condition):
                if isinstance(node, Apply) and node.op.startswith("template."):
                    if node.op not in CONDITIONS:
                        self.refuse(self.node, f"there is no condition {node.text or node.op}", "")
        shaped = [o for o in rule.operands if o.spec not in ("", "const", "scalar")]
        if shaped and rule.result is None:
            self.refuse(
                self.node,
                "a rule without the shape of its result",
                'Write -> "n m", -> "scalar" or -> "?", behind the parameters.',
            )
        if rule.view is not None and rule.view[0] not in matched:
            self.refuse(self.node, f"a view of {rule.view[0]}, which is no operand", "")

    def _parameters(self) -> tuple[inspect.Parameter, ...] | None:
        """The parameters of the function, where they are known; the match line has to fit them."""
        call = _match_call(self.node)
        names = dotted(call.func)
        path = None if names is None else self.home.path_of(names)
        of_object = self._is_of_object(self.receiver)
        if of_object and names is not None:
            path = f"{self.cls}.{(*names[1:], '__call__')[0]}"
        found = None if path is None else self.home.find_function(path)
        if found is None:
            return parameters_of(self.pattern.op) if self.receiver else None
        parameters = _parameters_of(found[1].node)
        kinds = {p.kind for p in parameters}
        positional = [p for p in parameters if p.kind in _BY_POSITION]
        listed = f"Its parameters are {', '.join(p.name for p in parameters)}."
        name, count = found[1].name, len(call.args) + of_object
        if count > len(positional) and inspect.Parameter.VAR_POSITIONAL not in kinds:
            excess = call.args[len(positional) - count]
            self.refuse(excess, f"{name} does not take {count} arguments by position", listed)
        for keyword in call.keywords:
            known = keyword.arg in {p.name for p in parameters}
            if not known and inspect.Parameter.VAR_KEYWORD not in kinds:
                self.refuse(keyword, f"{name} has no parameter {keyword.arg}", listed)
        self._check_elementwise(found[1])
        return parameters

    def _check_elementwise(self, definition: Definition) -> None:
        """A function that makes one number of an array, by its annotations, is not elementwise."""
        node, module = definition.node, definition.module
        bare = not any(o.spec for o in self.operands) and self.node.returns is None
        if self.given is None or self.given.keywords or not bare or node.returns is None:
            return
        if module.code(node.returns.annotation).strip("'\"") not in _NUMBERS:
            return
        for param in (*node.params.posonly_params, *node.params.params):
            said = param.annotation and module.code(param.annotation.annotation).strip("'\"")
            if said and re.search(r"[Aa]rray\b|Float", said):
                message = f"{definition.name} makes a number of the array {param.name.value}"
                advice = f'Say so: {self.operands[0].name}: "*s", and -> "scalar".'
                self.refuse(self.node, f"{message}, and its rule has no shapes", advice)

    def refuse(self, node: Any, message: str, advice: str = "", code: str = "S2S080") -> NoReturn:
        text = self.lines[node.lineno - 1]
        end = node.end_col_offset if node.end_lineno == node.lineno else None
        if isinstance(node, ast.FunctionDef):
            start = node.col_offset + len("def ")
            begin, end = start, start + len(node.name)
        else:
            begin = node.col_offset
        # ast counts bytes.
        column = len(text.encode()[:begin].decode()) + 1
        stop = len(text) + 1 if end is None else len(text.encode()[:end].decode()) + 1
        raise S2SADError(
            code, message, Location(self.file, node.lineno, column, stop, text), advice
        )


_OTHERS = ("staticmethod", "classmethod", "property")
"""Decorators of functions in a class that are not called on an object."""

_NUMBERS = ("float", "int", "np.float64", "numpy.float64")

_BY_POSITION = (inspect.Parameter.POSITIONAL_ONLY, inspect.Parameter.POSITIONAL_OR_KEYWORD)

_NAMES = (
    "A rule reads its operands, y, d_y, what it has computed, and names of its module that stand "
    "for a function, or for a value that is given once."
)

_OPTIONS = {"linear": bool, "multilinear": bool, "view": str, "maybe_view": str, "when": str}


def dotted(node: ast.expr) -> list[str] | None:
    """The parts of a dotted name; None for any other expression."""
    match node:
        case ast.Name(name):
            return [name]
        case ast.Attribute(value, name):
            inner = dotted(value)
            return None if inner is None else [*inner, name]
    return None


def _is_match(statement: ast.stmt) -> bool:
    return isinstance(statement, ast.Assign) and dotted(statement.targets[0]) == ["y"]


def _match_call(node: ast.FunctionDef) -> Any:
    """The call of the match line; an empty one for an operator that is no call."""
    line = next((s for s in node.body if _is_match(s)), None)
    value = line.value if isinstance(line, ast.Assign) else None
    return value if isinstance(value, ast.Call) else ast.Call(ast.Constant(None), [], [])


def _parameters_of(node: cst.FunctionDef) -> tuple[inspect.Parameter, ...]:
    """The parameters of a function of the user's, with the defaults that are literals."""
    kinds = inspect.Parameter
    found: list[inspect.Parameter] = []

    def add(param: cst.Param, kind: Any) -> None:
        default: Any = kinds.empty
        if param.default is not None:
            try:
                default = ast.literal_eval(cst.Module([]).code_for_node(param.default))
            except (ValueError, SyntaxError):
                default = object()
        if kind in (kinds.VAR_POSITIONAL, kinds.VAR_KEYWORD):
            default = kinds.empty
        found.append(kinds(param.name.value, kind, default=default))

    params = node.params
    for param in params.posonly_params:
        add(param, kinds.POSITIONAL_ONLY)
    for param in params.params:
        add(param, kinds.POSITIONAL_OR_KEYWORD)
    if isinstance(params.star_arg, cst.Param):
        add(params.star_arg, kinds.VAR_POSITIONAL)
    for param in params.kwonly_params:
        add(param, kinds.KEYWORD_ONLY)
    if params.star_kwarg is not None:
        add(params.star_kwarg, kinds.VAR_KEYWORD)
    return tuple(found)
