"""The table of rules, and how a use of an operator is matched with them.

    for rule in rules()[node.op]:        # its variants, the most special first
        bound = bind(rule, node)         # {'x': ..., 'axis': ...}, or None

Arguments are bound by the real parameter list of the callable, so that `np.sum(x, 0)`,
`np.sum(a=x, axis=0)` and `x.sum(axis=0)` all fit the match line `np.sum(x, axis=axis)`. Where
Python cannot tell the parameters of a callable, the match line is its parameter list.
"""

from __future__ import annotations

import importlib
import inspect
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any

from s2sad.analysis.sizes import UNKNOWN
from s2sad.derive.folder import templates_folder
from s2sad.derive.template_files import Template, TemplateFile
from s2sad.derive.templates import Contribution, Operand, Rule
from s2sad.ir.nodes import Apply, Const, Expr, Make, Opaque, Ref
from s2sad.source.operators import PACKED

__all__ = ["Contribution", "Operand", "Rule", "bind", "load", "rules"]

Rules = Mapping[str, tuple[Rule, ...]]
Parameters = tuple[inspect.Parameter, ...] | None

_LITERALS = int | float | str | bool | None


@cache
def rules() -> Rules:
    """The rules that s2sad comes with, by canonical operator, variants in file order."""
    return RuleTable(templates_folder())


def load(folder: Path) -> Rules:
    """The rules of all template files under a folder, each of them read and checked."""
    table = RuleTable(folder)
    return {op: table[op] for op in table}


class RuleTable(Mapping[str, tuple[Rule, ...]]):
    """The rules of all template files under a folder, each read when it is first asked for; the
    order is that of the files' names."""

    def __init__(self, folder: Path) -> None:
        self._templates: dict[str, list[Template]] = {}
        self._read: dict[str, tuple[Rule, ...]] = {}
        for path in sorted(folder.rglob("*.py"), key=lambda path: path.as_posix()):
            if path.name != "helpers.py":
                for template in TemplateFile.at(path).templates():
                    if template.op is not None:
                        self._templates.setdefault(template.op, []).append(template)

    def __getitem__(self, op: str) -> tuple[Rule, ...]:
        if op not in self._read:
            readers = [template.reader for template in self._templates[op]]
            self._read[op] = variants([reader.rule() for reader in readers if reader is not None])
        return self._read[op]

    def __contains__(self, op: object) -> bool:
        return op in self._templates

    def __iter__(self) -> Iterator[str]:
        return iter(self._templates)

    def __len__(self) -> int:
        return len(self._templates)


def variants(found: Sequence[Rule]) -> tuple[Rule, ...]:
    """The rules of one operator, each with what any of them says of the keywords' defaults."""
    defaults = {
        key: default
        for rule in found
        for key, place in rule.match.kwargs
        for name, default in rule.statics
        if default is not None and isinstance(place, Ref) and place.var is rule.place(name)
    }
    return tuple(replace(rule, defaults=defaults) for rule in found)


# ---------------------------------------------------------------- binding


def bind(rule: Rule, node: Apply) -> dict[str, Expr] | None:
    """What stands for each operand and static argument of a rule; None when the node does not fit.

    It does not fit when an argument is given that the rule does not name, when one is missing that
    the rule needs, or when the match line has a literal and the argument is not that literal.
    """
    parameters = rule.parameters
    if parameters is None:
        in_order = _fits_in_order(rule, node)
        if in_order is False:
            return None
        parameters = None if in_order else parameters_of(rule.op)
    wanted = _arguments(rule.match, parameters, rule.match)
    given = _arguments(node, parameters, rule.match)
    if wanted is None or given is None:
        return None
    bound: dict[str, Expr] = {}
    for key, argument in given.items():
        if key not in wanted and not is_default(parameters, key, argument):
            return None
    statics = dict(rule.statics)
    names = {rule.place(name): name for name in [*statics, *(o.name for o in rule.operands)]}
    for key, pattern in wanted.items():
        if key in given:
            if not _unify(pattern, given[key], names, bound):
                return None
        elif isinstance(pattern, Ref):
            default = statics.get(names[pattern.var])
            if default is None and rule.parameters is not None:
                default = _default(parameters, key)
            if default is None:
                return None
            bound[names[pattern.var]] = default
        elif not is_default(parameters, key, pattern):
            return None
    for operand in rule.operands:
        operand_given = bound.get(operand.name)
        if operand_given is None or (not operand.const and is_literal(operand_given, None)):
            return None
    return bound


def _fits_in_order(rule: Rule, node: Apply) -> bool | None:
    """Whether the arguments are those of the match line, whatever the parameter list is.

    None when that cannot be told: NumPy is asked for its parameter lists then, and has to be
    imported for that.
    """
    match, args = rule.match, _packed(node)
    if any(isinstance(arg, Apply) and arg.op == "starred" for arg in (*match.args, *args)):
        return None
    wanted, given = dict(match.kwargs), dict(node.kwargs)
    if len(args) != len(match.args):
        rest = args[len(match.args) :]
        settled = all(literal(arg) is UNKNOWN for arg in rest) if rest else _all_needed(rule)
        return False if settled and not wanted and not given else None
    for key in given.keys() - wanted.keys():
        found, default = literal(given[key]), rule.defaults.get(key)
        if default is not None and (found is UNKNOWN or not is_literal(default, found)):
            return False
        return None
    return True if all(isinstance(wanted[k], Ref) for k in wanted.keys() - given.keys()) else None


def _all_needed(rule: Rule) -> bool:
    """Whether every positional argument of the match line has to be given."""
    optional = {rule.place(name) for name, default in rule.statics if default is not None}
    return all(isinstance(arg, Ref) and arg.var not in optional for arg in rule.match.args)


def is_literal(expr: Expr, value: object) -> bool:
    """Whether an expression is this literal."""
    found = literal(expr)
    if found is UNKNOWN or isinstance(found, bool) != isinstance(value, bool):
        return False
    numbers = isinstance(found, int | float) and isinstance(value, int | float)
    return (numbers or type(found) is type(value)) and found == value


def literal(expr: Expr) -> Any:
    """The value of an expression that is written out in full, else UNKNOWN."""
    match expr:
        case Const(value):
            return value
        case Apply("neg", (operand,)):
            value = literal(operand)
            return -value if isinstance(value, int | float) else UNKNOWN
        case Make("tuple" | "list" as kind, items):
            values = [literal(item) for item in items]
            if any(value is UNKNOWN for value in values):
                return UNKNOWN
            return tuple(values) if kind == "tuple" else values
    return UNKNOWN


def _unify(pattern: Expr, expr: Expr, names: Mapping[Any, str], bound: dict[str, Expr]) -> bool:
    """Whether an argument has the form of the match line's; `bound` gets its parts."""
    match pattern:
        case Ref(var):
            bound[names[var]] = expr
            return True
        case Const(value):
            return is_literal(expr, value)
        case Make("tuple" | "list", patterns):
            if not isinstance(expr, Make) or expr.kind not in ("tuple", "list"):
                return False
            return _unify_all(patterns, expr.items, names, bound)
        case Apply(op, ()):
            if isinstance(expr, Opaque):
                return expr.function == op
            return isinstance(expr, Apply) and expr.op == op and not expr.args
        case Apply(op, patterns, ()):
            if not isinstance(expr, Apply) or expr.op != op or expr.kwargs:
                return False
            return _unify_all(patterns, expr.args, names, bound)
    return False


def _unify_all(
    patterns: Sequence[Expr],
    exprs: Sequence[Expr],
    names: Mapping[Any, str],
    bound: dict[str, Expr],
) -> bool:
    """The same for arguments in a row; a starred pattern at the end takes all the rest."""
    if patterns and isinstance(patterns[-1], Apply) and patterns[-1].op == "starred":
        count = len(patterns) - 1
        rest = Make("tuple", tuple(exprs[count:]))
        if len(exprs) < count or not _unify(patterns[-1].args[0], rest, names, bound):
            return False
        patterns, exprs = patterns[:-1], exprs[:count]
    if len(patterns) != len(exprs):
        return False
    pairs = zip(patterns, exprs, strict=True)
    return all(_unify(pattern, expr, names, bound) for pattern, expr in pairs)


def _arguments(
    node: Apply,
    parameters: Parameters,
    match: Apply,
) -> dict[str, Expr] | None:
    """The arguments of a call by parameter, or None when the callable does not take them.

    Without a parameter list the match line is one: its keywords follow its positional arguments,
    which are known by their position; a starred one makes a tuple of all that are positional, and
    takes at least two (`max(x)` is another function than `max(x, y)`).
    """
    args = _packed(node)
    if parameters is None:
        if any(isinstance(arg, Apply) and arg.op == "starred" for arg in match.args):
            enough = node is match or len(args) > 1
            return {"*": Make("tuple", args), **dict(node.kwargs)} if enough else None
        keywords = {len(match.args) + i: key for i, (key, _) in enumerate(match.kwargs)}
        by_name = {keywords.get(i, str(i)): arg for i, arg in enumerate(args)}
        return {**by_name, **dict(node.kwargs)}
    by_position = [p for p in parameters if p.kind in (p.POSITIONAL_ONLY, p.POSITIONAL_OR_KEYWORD)]
    variadic = [p for p in parameters if p.kind is p.VAR_POSITIONAL]
    found = {p.name: arg for p, arg in zip(by_position, args, strict=False)}
    if variadic:
        found[variadic[0].name] = Make("tuple", args[len(by_position) :])
    elif len(args) > len(by_position):
        return None
    for key, value in node.kwargs:
        if key in found:
            return None
        found[key] = value
    return found


def _packed(node: Apply) -> tuple[Expr, ...]:
    """The positional arguments, `x.reshape(2, 3)` read as `x.reshape((2, 3))`."""
    if node.form == "method" and node.text in PACKED and len(node.args) > 2:
        return (node.args[0], Make("tuple", node.args[1:]))
    return node.args


_ASKED = {"numpy", "scipy", *sys.stdlib_module_names}
"""The libraries whose callables are asked for their parameters; nothing else is ever imported."""


@cache
def parameters_of(op: str) -> Parameters:
    """The parameters of the callable with a dotted path; None for operators, and where unknown."""
    module, _, name = op.rpartition(".")
    if module.partition(".")[0] not in _ASKED:
        return None
    try:
        signature = inspect.signature(getattr(_imported(module), name))
    except (ImportError, AttributeError, TypeError, ValueError):
        return None
    return tuple(signature.parameters.values())


def is_method(op: str) -> bool:
    """Whether a dotted path leads into a class of a library."""
    cls, _, _ = op.rpartition(".")
    try:
        return cls.partition(".")[0] in _ASKED and inspect.isclass(_imported(cls))
    except (ImportError, AttributeError, ValueError):
        return False


def _imported(path: str) -> Any:
    """A module, or a class in one."""
    try:
        return importlib.import_module(path)
    except ImportError:
        module, _, name = path.rpartition(".")
        return getattr(importlib.import_module(module), name)


def is_default(parameters: Parameters, key: str, argument: Expr) -> bool:
    """Whether an argument is a literal that stands for leaving it out."""
    for parameter in parameters or ():
        if parameter.name == key:
            return is_literal(argument, parameter.default)
    return False


def _default(parameters: Parameters, key: str) -> Const | None:
    """The number, string or None that stands where a parameter is left out."""
    for parameter in parameters or ():
        if parameter.name == key and isinstance(parameter.default, _LITERALS):
            return Const(parameter.default)
    return None
