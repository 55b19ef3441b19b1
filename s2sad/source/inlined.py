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
from dataclasses import replace
from typing import Any

from s2sad.ir.flow import bound, statements
from s2sad.ir.nodes import (
    Assign,
    Block,
    Branch,
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
    Place,
    Ref,
    Return,
    Select,
    Stmt,
    Var,
    While,
    walk,
)
from s2sad.ir.order import always, before
from s2sad.source.anew import anew, headed
from s2sad.source.callees import Callees
from s2sad.source.caller import Caller, is_name, nodes_of
from s2sad.source.classes import ClassInfo
from s2sad.source.returned import Body, binds_names, given_at_once, with_targets
from s2sad.source.taken_apart import Apart, Construction, Whole, may_run_in_place
from s2sad.tidy.algebra import rewrite
from s2sad.tidy.naming import describe


def write_out(function: Function, program: Any) -> None:
    """Writes out the calls of a function that the program is to write out."""
    _Writer(function, program).run()


class _Writer:
    """Writes out the calls in a function. `objects` are the variables of objects that are taken
    apart, `others` those that are other names of them."""

    def __init__(self, function: Function, program: Any) -> None:
        self.function = function
        self.program = program
        self.caller = Caller(function, program)
        self.callees = Callees(self.caller)
        self.objects: dict[Var, ClassInfo] = {}
        self.others: set[Var] = set()

    def run(self) -> None:
        self.objects |= self._asked_objects()
        body = self.function.body
        if not self.objects and not any(
            self._is_asked(n) for s in statements(body) for n in nodes_of(s)
        ):
            return
        self.caller.begin()
        try:
            self.function.body = self._without_objects(body)
        except Whole:
            self.objects.clear()
            self.others.clear()
            self.function.body = self.block(body)
        self.function.names = frozenset(self.caller.names)

    def _without_objects(self, body: Block) -> Block:
        written = self.block(body)
        if not self.objects:
            return written
        once = [t for s in body if isinstance(s, Assign) for t in s.targets if isinstance(t, Var)]
        apart = Apart(self.objects, self.caller.free)
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
            return headed(block, statement, None)
        call = replace(made.init, args=(Ref(var), *made.init.args[1:]))
        before, call = self._arguments_taken_out(call)
        body = self._body(call)
        if body is None or not may_run_in_place(call.callee.definition):
            raise Whole
        return headed([*before, *given_at_once(body.block)], statement, call)

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
                made = with_targets(body, statement) or [
                    *body.block,
                    *self.block(self._given(statement, body.result)),
                ]
                return headed([*before, *made], statement, value)
            value = call
        else:
            before, value = self._taken_out(value)
        if not before:
            return [statement]
        made = [*before, replace(statement, value=value, origin=anew(statement))]
        return headed(made, statement, None)

    def _chosen(self, statement: Assign | Evaluate | Return, value: Select) -> Block:
        """y = g(a) if test else b, as a branch."""
        origin = anew(statement)
        if not isinstance(statement, Evaluate) and not binds_names(statement):
            let, name = self.caller.named(value, "chosen")
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
        return [replace(statement, value=result, origin=anew(statement, result))]

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
                let, name = self.caller.named(part, describe(part))
                before.append(let)
                expr = _with(expr, part, name)
            node = path[-1]
            hint = f"{node.callee.name}_out" if isinstance(node, Invoke) else "chosen"
            let, name = self.caller.named(node, hint)
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
            if not all(isinstance(n, Ref | Const) or is_name(n) for n in walk(part)):
                yield part

    def _arguments_taken_out(self, call: Invoke) -> tuple[Block, Invoke]:
        """The calls among the arguments of a call, written out before it."""
        if not any(a is not None and self._contains(a) for a in call.args):
            return [], call
        before, made = self._taken_out(Make("tuple", tuple(a or Const(None) for a in call.args)))
        assert isinstance(made, Make)
        pairs = zip(call.args, made.items, strict=True)
        return before, replace(call, args=tuple(None if a is None else new for a, new in pairs))

    def _body(self, call: Invoke) -> Body | None:
        """The body of a callee, in which calls are written out; None if it cannot stand here."""
        body = self.callees.body(call, self._owner(call))
        return None if body is None else replace(body, block=self.block(body.block))

    def _owner(self, call: Invoke) -> ClassInfo | None:
        """The class whose methods a method calls: that of the object, if it is known."""
        definition = call.callee.definition
        if definition.class_of_first is None:
            return None
        match call.args:
            case (Ref(var), *_) if var in self.objects:
                return self.objects[var]
        owner: ClassInfo = definition.owner
        return owner


def _with(expr: Expr, part: Expr, name: Expr) -> Expr:
    return rewrite(expr, lambda node: name if node is part else None)
