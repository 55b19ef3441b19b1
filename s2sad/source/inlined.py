"""Calls that are written out in place: the body of the callee stands for the call.

    def g(a, n=2):                  # y = g(x)[0], written out
        a[0] = n * a[1]             g_n = 2
        return a[::-1], a      ->   x[0] = g_n * x[1]
                                    g_out = x[::-1], x
    y = g(x)[0]                     y = g_out[0]

A function and its backward function tell each other of arguments and results, not of what names
share in them. Where that matters, in calls that the derivation has refused, the aliases have to be
those of one function. The callee is read once more, with names for its variables that the caller
does not have; an argument that is a name stands for its parameter itself.

Input: a lowered function and the calls that are to be written out. Its body is changed, and means
what it meant. What cannot be written out stays: calls of functions that call themselves, calls that
may not be evaluated (`a and g(b)`), those in comprehensions and in the tests of while loops.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from typing import Any

import libcst as cst

from s2sad.analysis.call_effects import invocations
from s2sad.analysis.exits import structure_exits
from s2sad.analysis.pops import named_pops
from s2sad.errors import S2SADError
from s2sad.ir.flow import bound, expressions, statements
from s2sad.ir.nodes import (
    Anew,
    Apply,
    Assign,
    Block,
    Branch,
    Callee,
    Const,
    Context,
    Evaluate,
    Expr,
    For,
    Function,
    Guard,
    Invoke,
    Make,
    Opaque,
    Origin,
    Place,
    Ref,
    Return,
    Select,
    Stmt,
    Target,
    Unpack,
    Var,
    While,
    walk,
)
from s2sad.ir.order import always, before
from s2sad.source.bound import bound_names, names_in, parameters
from s2sad.source.calls import is_of_class
from s2sad.source.classes import ClassInfo
from s2sad.source.elsewhere import Elsewhere
from s2sad.source.expressions import ExpressionLowerer
from s2sad.source.lower import lower_function
from s2sad.source.program import takes_object
from s2sad.source.renamed import inner_names, is_renamable, renamed
from s2sad.source.scope import Scope
from s2sad.source.taken_apart import Apart, Construction, Whole, may_run_in_place
from s2sad.tidy.algebra import rewrite
from s2sad.tidy.naming import describe

LARGEST = 2000
"""So many statements may be written out in one run."""

_TRANSPARENT = {"builtins.staticmethod", "builtins.property", "numba.njit", "numba.jit",
                "s2sad.differentiable", "s2sad.api.differentiable"}  # fmt: skip
"""Decorators of functions that are the same when their body is run in place."""


def place_of_call(error: S2SADError, call: Invoke) -> str:
    """Where a function is called that is written out and has an error inside; else nothing."""
    definition, site, at = call.callee.definition, call.site, error.location
    start = definition.module.location(definition.node)
    end = start.line + definition.module.code(definition.node).count("\n")
    if site is None or at is None or at.file != start.file or not start.line <= at.line <= end:
        return ""
    where = site.module.location(site.node)
    name = call.callee.name
    return f"{name} is written out where it is called, at {where.file}:{where.line}."


def write_out(function: Function, program: Any) -> None:
    """Writes out the calls of a function that the program is to write out."""
    _Writer(function, program).run()


@dataclass
class _Body:
    """The body of a callee in its caller, its arguments bound, and what it returns."""

    block: Block
    result: Expr


@dataclass
class _Writer:
    """Writes out the calls in a function. `names` are all names that stand in it, `variables` those
    of its variables; `objects` are the variables of objects that are taken apart, `others` those
    that are other names of them."""

    function: Function
    program: Any
    names: set[str] = field(default_factory=set)
    variables: dict[str, Var] = field(default_factory=dict)
    elsewhere: dict[Any, Elsewhere] = field(default_factory=dict)
    objects: dict[Var, ClassInfo] = field(default_factory=dict)
    others: set[Var] = field(default_factory=set)

    def run(self) -> None:
        self.objects |= self._asked_objects()
        body = self.function.body
        if not self.objects and not any(
            self._is_asked(n) for s in statements(body) for n in _nodes(s)
        ):
            return
        self.names |= {*self.function.names, *self.function.globals}
        self.variables |= _variables(self.function)
        try:
            self.function.body = self._without_objects(body)
        except Whole:
            self.objects.clear()
            self.others.clear()
            self.function.body = self.block(body)
        self.function.names = frozenset(self.names)

    def _without_objects(self, body: Block) -> Block:
        written = self.block(body)
        if not self.objects:
            return written
        once = [t for s in body if isinstance(s, Assign) for t in s.targets if isinstance(t, Var)]
        apart = Apart(self.objects, self._free)
        return apart.block(written, {var for var in once if once.count(var) == 1})

    def _asked_objects(self) -> dict[Var, ClassInfo]:
        """The variables of the objects that are to be taken apart, with their classes."""
        found: dict[Var, set[ClassInfo | None]] = {}
        for statement in statements(self.function.body):
            made = self._construction(statement)
            for var in bound(statement):
                found.setdefault(var, set()).add(None if made is None else made.cls)
        objects = {
            var: cls
            for var, classes in found.items()
            for cls in classes if cls is not None and len(classes) == 1
        }  # fmt: skip
        for statement in statements(self.function.body) if objects else ():
            match statement:
                case Assign((Var() as var,), Ref(of)) if of in objects:
                    self.others.add(var)
        return objects

    def _construction(self, statement: Stmt) -> Construction | None:
        """How a statement makes an object that is to be taken apart, if it does."""
        match statement:
            case Assign((Var(),), (Make() | Opaque()) as value, embedded=False):
                if value.origin is not None:
                    node, module = value.origin.node, value.origin.module
                    if module.as_read(node) in self.program.written_out:
                        found: Construction | None = self.program.built.get(node)
                        return found
        return None

    def _made(self, statement: Assign, made: Construction) -> Block:
        """The statements that give an object its attributes."""
        (var,) = statement.targets
        assert isinstance(var, Var)
        if made.init is None:
            there = [Place(Ref(var), name) for name, _ in made.fields]
            values = [value for _, value in made.fields]
            block: Block = [
                Assign((place,), value) for place, value in zip(there, values, strict=True)
            ]
            return _headed(block, statement, None)
        call = replace(made.init, args=(Ref(var), *made.init.args[1:]))
        before, call = self._arguments_taken_out(call)
        body = self._body(call)
        if body is None or not may_run_in_place(call.callee.definition):
            raise Whole
        return _headed([*before, *_given_at_once(body.block)], statement, call)

    def block(self, block: Block) -> Block:
        return [made for statement in block for made in self._statement(statement)]

    def _is_asked(self, node: Expr) -> bool:
        return isinstance(node, Invoke) and (
            node.key in self.program.written_out or self._is_handed_an_object(node)
        )

    def _is_handed_an_object(self, call: Invoke) -> bool:
        objects = {*self.objects, *self.others}
        root, _, name = call.text.partition(".")
        return any(isinstance(a, Ref) and a.var in objects for a in call.args) or (
            name != "" and root in {var.hint for var in objects}
        )

    def _contains(self, expr: Expr) -> bool:
        return any(self._is_asked(node) for node in walk(expr))

    # ------------------------------------------------------------ statements

    def _statement(self, statement: Stmt) -> Block:
        made = self._construction(statement)
        if made is not None and isinstance(statement, Assign):
            if statement.targets[0] in self.objects:
                return self._made(statement, made)
        match statement:
            case Branch():
                before, test = self._taken_out(statement.test)
                then, other = self.block(statement.then), self.block(statement.other)
                return [*before, replace(statement, test=test, then=then, other=other)]
            case For():
                before, iterable = self._taken_out(statement.iterable)
                body, other = self.block(statement.body), self.block(statement.other)
                return [*before, replace(statement, iterable=iterable, body=body, other=other)]
            case While():
                body, other = self.block(statement.body), self.block(statement.other)
                return [replace(statement, body=body, other=other)]
            case Context() | Guard():
                return [replace(statement, body=self.block(statement.body))]
            case Assign(embedded=False) | Evaluate():
                return self._simple(statement, statement.value)
            case Return(value) if value is not None:
                return self._simple(statement, value)
        return [statement]

    def _simple(self, statement: Assign | Evaluate | Return, value: Expr) -> Block:
        if not self._contains(value):
            return [statement]
        if isinstance(value, Select) and value.form == "if":
            return self._chosen(statement, value)
        if self._is_asked(value):
            assert isinstance(value, Invoke)
            before, call = self._arguments_taken_out(value)
            body = self._body(call)
            if body is not None:
                made = _with_targets(body, statement) or [
                    *body.block,
                    *self.block(self._given(statement, body.result)),
                ]
                return _headed([*before, *made], statement, value)
            value = call
        else:
            before, value = self._taken_out(value)
        if not before:
            return [statement]
        made = [*before, replace(statement, value=value, origin=_anew(statement))]
        return _headed(made, statement, None)

    def _chosen(self, statement: Assign | Evaluate | Return, value: Select) -> Block:
        """y = g(a) if test else b, as a branch."""
        origin = _anew(statement)
        if not isinstance(statement, Evaluate) and not _binds_names(statement):
            let, name = self._named(value, "chosen")
            return [*self._chosen(let, value), replace(statement, value=name, origin=origin)]
        before, test = self._taken_out(value.test)
        arms = [
            self._simple(replace(statement, value=arm, origin=origin), arm)
            for arm in (value.then, value.other)
        ]
        return [*before, Branch(test, arms[0], arms[1])]

    def _given(self, statement: Assign | Evaluate | Return, result: Expr) -> Block:
        """The statement with what the callee returns in place of the call."""
        if isinstance(statement, Evaluate):
            if not any(isinstance(n, Invoke | Opaque) for n in walk(result)):
                return []
            return [Evaluate(result)]
        return [replace(statement, value=result, origin=_anew(statement, result))]

    # ------------------------------------------------------------ calls inside of expressions

    def _taken_out(self, expr: Expr) -> tuple[Block, Expr]:
        """What is evaluated up to the last call that is written out, under names, and the
        expression with these names."""
        before: Block = []
        while True:
            wanted = [p for p in always(expr) if self._is_taken_out(p[-1])]
            if not wanted:
                return before, expr
            path = wanted[0]
            for part in self._earlier(path):
                let, name = self._named(part, describe(part))
                before.append(let)
                expr = _with(expr, part, name)
            node = path[-1]
            hint = f"{node.callee.name}_out" if isinstance(node, Invoke) else "chosen"
            let, name = self._named(node, hint)
            made = self._simple(let, node)
            if made == [let]:
                return before, expr  # it cannot be written out
            match made:
                case [_, *_, Assign((var,), Ref() as given)] if var is name.var:
                    made, name = made[:-1], given  # it has a name of its own
            before += made
            expr = _with(expr, node, name)

    def _is_taken_out(self, node: Expr) -> bool:
        if isinstance(node, Select):
            return node.form == "if" and (self._contains(node.then) or self._contains(node.other))
        return self._is_asked(node)

    def _earlier(self, path: list[Expr]) -> Iterator[Expr]:
        """What is evaluated before the end of a path and may read what the call changes, or change
        what it reads. What an object is does not change, only what is in it."""
        for part in before(path):
            if not all(isinstance(n, Ref | Const) or _is_name(n) for n in walk(part)):
                yield part

    def _arguments_taken_out(self, call: Invoke) -> tuple[Block, Invoke]:
        """The calls among the arguments of a call, written out before it."""
        if not any(a is not None and self._contains(a) for a in call.args):
            return [], call
        before, made = self._taken_out(Make("tuple", tuple(a or Const(None) for a in call.args)))
        assert isinstance(made, Make)
        pairs = zip(call.args, made.items, strict=True)
        return before, replace(call, args=tuple(None if a is None else new for a, new in pairs))

    def _named(self, value: Expr, hint: str) -> tuple[Assign, Ref]:
        name = self._free(hint)
        var = Var(name, user=True, name=name)
        self.variables[name] = var
        return Assign((var,), value), Ref(var)

    def _free(self, name: str) -> str:
        """A name that the function does not have."""
        free, number = name, 2
        while free in self.names:
            free, number = f"{name}_{number}", number + 1
        self.names.add(free)
        return free

    # ------------------------------------------------------------ the callee

    def _body(self, call: Invoke) -> _Body | None:
        """The body of a callee as a part of the caller; None if it cannot be one."""
        callee = call.callee
        definition = callee.definition
        if not self._may_stand_here(call):
            return None
        node = definition.node
        reader = _Reader(self, call)
        if not reader.bind():
            return None
        made = renamed_function(node, reader.names, definition.module)
        module, module_names = self._seen_from_here(definition.module)
        known = {reader.names.get(name, name): value for name, value in callee.known}
        lowered = lower_function(
            made,
            module,
            self.program,
            name=callee.name,
            owner=self._owner(call),
            outer=callee.outer,
            known=known,
            captured={var: var for var in callee.captured},
            symbols=callee.name,
            held=reader.held,
            module_names=module_names,
        )
        self.function.globals |= {var.name or name: var for name, var in module_names.items()}
        body = self._structured(lowered)
        if body is None:
            return None
        self.program.statements_written_out += sum(1 for _ in statements(body.body))
        if self.program.statements_written_out > LARGEST:
            return None
        self.names |= body.names
        self.variables |= reader.held | _variables(replace(body, params=[]))
        inner = _Writer(
            self.function, self.program, self.names, self.variables, self.elsewhere, self.objects,
            self.others,
        )  # fmt: skip
        block = inner.block(body.body[:-1])
        last = body.body[-1]
        assert isinstance(last, Return)
        result = Const(None) if last.value is None else last.value
        return _Body([*reader.prelude, *block], result)

    def _owner(self, call: Invoke) -> ClassInfo | None:
        """The class whose methods a method calls: that of the object, if it is known."""
        definition = call.callee.definition
        if definition.owner is None or not takes_object(definition):
            return None
        match call.args:
            case (Ref(var), *_) if var in self.objects:
                return self.objects[var]
        owner: ClassInfo = definition.owner
        return owner

    def _structured(self, function: Function) -> Function | None:
        """A function with one return, its last statement."""
        function = named_pops(function)
        if not self.program.structured:
            returns = [s for s in statements(function.body) if isinstance(s, Return)]
            if not returns:
                return replace(function, body=[*function.body, Return(None)])
            if len(returns) == 1 and returns[0] is function.body[-1]:
                return function
        made = structure_exits(function)
        if self.program.structured:
            return made
        guarded = any(isinstance(s, Guard) for s in statements(made.body))
        return None if guarded else made

    def _may_stand_here(self, call: Invoke) -> bool:
        callee = call.callee
        definition = callee.definition
        if is_of_class(callee):
            return False
        if not set(definition.decorators) <= _TRANSPARENT:
            return False
        if not is_renamable(definition.node) or self._calls_itself(callee):
            return False
        # What a name of the callee's stands for that it does not bind.
        own = {p.name.value for p in parameters(definition.node.params)}
        if isinstance(definition.node, cst.FunctionDef):
            own |= bound_names(definition.node.body)
        around = {} if callee.outer is None else {
            name: callee.outer.find(name) for name in names_in(definition.node.body)
        }  # fmt: skip
        module, _ = self._seen_from_here(definition.module)
        for name in set(names_in(definition.node.body)) - own:
            if isinstance(module, Elsewhere) and module.is_marked(name):
                continue
            if self.variables.get(name) is not around.get(name):
                return False
        given = call.args[len(call.args) - len(callee.captured) :] if callee.captured else ()
        return all(
            isinstance(a, Ref) and a.var is var
            for a, var in zip(given, callee.captured, strict=True)
        )

    def _seen_from_here(self, module: Any) -> tuple[Any, dict[str, Var]]:
        """A module as its text stands in the function, and the variables of its names."""
        here = self.function.module
        if module is here.own:
            return here, self.function.globals
        if module not in self.elsewhere:
            mark = self.program.rules.mark_of(module)
            self.elsewhere[module] = Elsewhere(module, here, mark)
        return self.elsewhere[module], self.elsewhere[module].globals

    def _calls_itself(self, callee: Callee) -> bool:
        """Whether a function leads to itself."""
        reached = [callee]
        for current in reached:
            for node in invocations(self.program.function(current)):
                if node.callee.definition.node is callee.definition.node:
                    return True
                if not any(node.callee is other for other in reached):
                    reached.append(node.callee)
        return False


class _Reader:
    """Gives names to the variables of a callee, and its arguments to its parameters.

    `names` are the new names by the old ones, `held` the variables of the caller that parameters
    are, by their new names, `prelude` the statements that bind the other parameters.
    """

    def __init__(self, writer: _Writer, call: Invoke) -> None:
        self.writer = writer
        self.call = call
        self.callee: Callee = call.callee
        self.node = call.callee.definition.node
        self.names: dict[str, str] = {}
        self.held: dict[str, Var] = {}
        self.prelude: Block = []

    def bind(self) -> bool:
        """Whether each parameter has a value."""
        inner = inner_names(self.node)
        is_lambda = isinstance(self.node, cst.Lambda)
        local = set() if is_lambda else bound_names(self.node.body)
        params = parameters(self.node.params)
        own = {p.name.value for p in params}
        here = set(self.writer.variables.values())
        read = set(names_in(self.node.body))
        fresh: list[tuple[Any, Expr]] = []
        used: set[Var] = set()
        for param, argument in zip(params, self.call.args, strict=False):
            name = param.name.value
            value = self._default(param) if argument is None else argument
            if value is None:
                return False
            is_plain = isinstance(value, Ref) and value.var in here and value.var.user
            if name not in read and (isinstance(value, Const) or is_plain):
                continue
            if is_plain and name not in local:
                assert isinstance(value, Ref)
                var = value.var
                if var not in used and var.hint not in inner and var.hint == (var.name or var.hint):
                    used.add(var)
                    self.names[name] = var.hint
                    self.held[var.hint] = var
                    continue
            fresh.append((param, value))
        for name in sorted(local - own):
            self.names[name] = self._free(name, read)
        for param, value in fresh:
            name = param.name.value
            self.names[name] = self._free(name, read)
            var = Var(self.names[name], user=True, name=self.names[name])
            self.held[self.names[name]] = var
            self.prelude.append(Assign((var,), value, None, self._line(self.names[name], value)))
        return True

    def _free(self, name: str, read: set[str]) -> str:
        if name not in self.writer.names:
            self.writer.names.add(name)
            return name
        free = self.writer._free(f"{self.callee.name.strip('_')}_{name}")
        while free in read:
            free = self.writer._free(f"{self.callee.name.strip('_')}_{name}")
        return free

    def _default(self, param: cst.Param) -> Expr | None:
        """A default that is the same whenever it is evaluated."""
        if param.default is None:
            return None
        module, names = self.writer._seen_from_here(self.callee.definition.module)
        scope = Scope(module, set())
        scope.globals = names
        value = ExpressionLowerer(scope, self.writer.program).lower(param.default)
        same = all(isinstance(n, Const | Ref) or _is_name(n) for n in walk(value))
        return value if same else None

    def _line(self, name: str, value: Expr) -> Origin | None:
        """The statement that binds a parameter, as text."""
        if value.origin is None:
            return None
        text = value.origin.module.own.code(value.origin.node).strip()
        text = f"({text})" if "\n" in text else text
        module = value.origin.module
        line = cst.parse_statement(f"{name} = {text}")
        module.made(line, value.origin.node)
        return Anew(line, module)


def renamed_function(node: Any, names: dict[str, str], module: Any) -> Any:
    """A function with other names for its parameters and variables."""
    if not any(old != new for old, new in names.items()):
        return node
    changed = {old: new for old, new in names.items() if old != new}
    params = _renamed_parameters(node.params, changed, module)
    return node.with_changes(params=params, body=renamed(node.body, changed, module))


def _renamed_parameters(node: cst.Parameters, names: dict[str, str], module: Any) -> Any:
    def made(param: Any) -> Any:
        if not isinstance(param, cst.Param):
            return param
        name = names.get(param.name.value, param.name.value)
        return param.with_changes(name=cst.Name(name))

    return node.with_changes(
        params=[made(p) for p in node.params],
        posonly_params=[made(p) for p in node.posonly_params],
        kwonly_params=[made(p) for p in node.kwonly_params],
        star_arg=made(node.star_arg),
        star_kwarg=made(node.star_kwarg),
    )


def _variables(function: Function) -> dict[str, Var]:
    """The variables of a function by their names."""
    found = {p.var.hint: p.var for p in function.params}
    for statement in statements(function.body):
        found |= {var.hint: var for var in bound(statement) if var.user}
    return found


def _is_name(node: Expr) -> bool:
    """Whether an expression is the name of something that a library has."""
    return isinstance(node, Apply) and node.form == "name"


def _nodes(statement: Stmt) -> Iterator[Expr]:
    for expr in expressions(statement):
        yield from walk(expr)


def _with(expr: Expr, part: Expr, name: Expr) -> Expr:
    return rewrite(expr, lambda node: name if node is part else None)


# ---------------------------------------------------------------- what the callee returns


def _binds_names(statement: Stmt) -> bool:
    """Whether a statement does nothing but give names to a value or its parts."""
    return (
        isinstance(statement, Assign)
        and statement.augmented is None
        and all(map(_is_names, statement.targets))
    )


def _is_names(target: Target) -> bool:
    parts = target.targets if isinstance(target, Unpack) else (target,)
    return all(isinstance(part, Var) for part in parts)


def _with_targets(body: _Body, statement: Stmt) -> Block:
    """The body of a callee that gives the targets of the call's statement what it returns, where it
    returns at several places and each is the last statement that runs; else nothing."""
    result = body.result
    if not isinstance(result, Ref) or result.var.user or not isinstance(statement, Assign):
        return []
    value = result.var
    given_to = [s for s in statements(body.block) if isinstance(s, Assign) and value in s.targets]
    if not _binds_names(statement) or len(given_to) != _ends(body.block, value):
        return []

    def given(block: Block) -> Block:
        return [made(s) for s in block]

    def made(inner: Stmt) -> Stmt:
        match inner:
            case Assign((target,), returned) if target is value:
                origin = _anew(statement, returned, inner)
                return replace(inner, targets=statement.targets, origin=origin)
            case Branch():
                return replace(inner, then=given(inner.then), other=given(inner.other))
            case Context():
                return replace(inner, body=given(inner.body))
        return inner

    return given(body.block)


def _ends(block: Block, value: Var) -> int:
    """How many paths through a block end with a value for a variable; -1 if one does not."""
    match block[-1] if block else None:
        case Assign((target,)) if target is value:
            return 1
        case Branch(then=then, other=other):
            arms = _ends(then, value), _ends(other, value)
            return -1 if -1 in arms else sum(arms)
        case Context(body=body):
            return _ends(body, value)
    return -1


def _given_at_once(block: Block) -> Block:
    """The body of a constructor, in which an attribute that is a parameter is given the argument:
    nothing but attributes is assigned before."""
    arguments: dict[Var, Expr] = {}
    made: Block = []
    read = [n.var for s in statements(block) for n in _nodes(s) if isinstance(n, Ref)]
    for position, statement in enumerate(block):
        match statement:
            case Assign((Var() as var,), value, None) if not made and read.count(var) == 1:
                arguments[var] = value
                continue
            case Assign((Place(Ref(), str()),), Ref(var), None) if var in arguments:
                value = arguments.pop(var)
                made.append(replace(statement, value=value, origin=_anew(statement, value)))
                continue
            case Assign((Place(Ref(), str()),), value, None) if not any(
                isinstance(n, Invoke | Opaque) for n in walk(value)
            ):
                made.append(statement)
                continue
        made[:0] = [Assign((var,), value) for var, value in arguments.items()]
        return [*made, *block[position:]]
    return [*(Assign((var,), value) for var, value in arguments.items()), *made]


# ---------------------------------------------------------------- the text around it


def _anew(
    statement: Stmt, value: Expr | None = None, returned: Stmt | None = None
) -> Origin | None:
    """The place of a statement that is written anew, without the comments above it; with another
    value on its right side, and the comments of the statement that `returned` it."""
    origin = statement.origin
    if origin is None:
        return None
    node, module = origin.node, origin.module
    if isinstance(node, cst.SimpleStatementLine):
        above = getattr(returned and returned.origin and returned.origin.node, "leading_lines", ())
        node = node.with_changes(leading_lines=above)
        small = node.body[0]
        if value is not None and value.origin is not None and isinstance(small, cst.Assign):
            text = value.origin.module.own.code(value.origin.node).strip()
            text = f"({text})" if "\n" in text else text
            small = small.with_changes(value=cst.parse_expression(text))
            node = node.with_changes(body=[small, *node.body[1:]])
        stands_for = origin.node if returned is None or returned.origin is None else (
            returned.origin.node
        )  # fmt: skip
        module.made(node, stands_for)
    return Anew(node, module)


def _headed(block: Block, statement: Stmt, call: Invoke | None) -> Block:
    """A block with the comments of the statement that it stands for, and one that tells which."""
    origin = statement.origin
    lines = list(getattr(origin.node, "leading_lines", ())) if origin is not None else []
    if call is not None:
        lines.append(cst.EmptyLine(comment=cst.Comment(f"# {_shown(statement, call)}:")))
    there = block[0].origin if block else None
    if there is None or not lines or not hasattr(there.node, "leading_lines"):
        return block
    node = there.node.with_changes(leading_lines=[*lines, *there.node.leading_lines])
    there.module.made(node, there.node)
    return [replace(block[0], origin=type(there)(node, there.module)), *block[1:]]


def _shown(statement: Stmt, call: Invoke) -> str:
    """The statement with the call, the call, or its function: what is short enough for a line."""
    origins = [o for o in (statement.origin, call.origin) if o is not None]
    for origin in origins:
        if isinstance(origin.node, cst.SimpleStatementLine | cst.Call):
            text = " ".join(origin.module.own.code(origin.node).split())
            if len(text) <= 60:
                return f"{text}, written out"
    return f"{call.callee.name}, written out"
