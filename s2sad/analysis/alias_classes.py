"""The regions of a function, by unification: what statements do to them.

Input: a function. Output: a forest over its variables, in which those of one region have one root;
which roots are written, and which are shared; and what each statement writes into (`writes`). The
order of statements plays no part. `regions.py` has what is asked of this.
"""

from __future__ import annotations

from s2sad.analysis.aliases import AliasFinder
from s2sad.analysis.sharing import Aliases, CallEffects, TypeOf, Write
from s2sad.derive.rules import rules
from s2sad.ir.bindings import CALLS_THAT_WRITE, LIST_CHANGES
from s2sad.ir.flow import expressions, statements, targets_of
from s2sad.ir.nodes import (
    Apply,
    Assign,
    Define,
    Each,
    Evaluate,
    Expr,
    For,
    Function,
    Invoke,
    Make,
    Place,
    Ref,
    Stmt,
    Target,
    Unpack,
    Var,
    Verbatim,
    walk,
)


class AliasClasses(AliasFinder):
    """Variables that may share memory are united."""

    def __init__(
        self, function: Function, calls: CallEffects, type_of: TypeOf | None = None
    ) -> None:
        super().__init__(function, calls, type_of)
        self._parent: dict[Var, Var] = {}
        self._written: set[Var] = set()
        self._shared: set[Var] = set()
        self.writes: dict[Stmt, list[Write]] = {}
        for parameter in function.params:
            self._root(parameter.var)
        for statement in statements(function.body):
            self._statement(statement)

    def _root(self, var: Var) -> Var:
        parent = self._parent.setdefault(var, var)
        while parent is not self._parent[parent]:
            parent = self._parent[parent]
        self._parent[var] = parent
        return parent

    def _unite(self, one: Var, other: Var) -> None:
        a, b = self._root(one), self._root(other)
        if a is not b:
            first, second = sorted((a, b), key=lambda var: var.serial)
            self._parent[second] = first
            for roots in (self._written, self._shared):
                if second in roots:
                    roots.add(first)

    def _statement(self, statement: Stmt) -> None:
        match statement:
            case Assign():
                self._assign(statement)
            case For(target, iterable):
                self._iterated(target, iterable)
            case Verbatim():
                parts = [v for e in statement.reads for v, _ in self._aliases(e)]
                for var in statement.binds:
                    self._bind(var, [(v, "maybe") for v in parts])
            case Define():
                self._root(statement.var)
            case Evaluate(Apply() as call):
                self._called(statement, call)
        for expr in expressions(statement):
            for node in walk(expr):
                self._expression(statement, node)

    def _iterated(self, target: Target, iterable: Expr) -> None:
        """The names that a loop gives to the elements of what it runs over."""
        match target, iterable:
            case Unpack((Var() as count, element)), Apply("builtins.enumerate", (inner, *_)):
                self._root(count)
                self._iterated(element, inner)
            case Unpack(parts), Apply("builtins.zip", args) if len(parts) == len(args):
                for part, arg in zip(parts, args, strict=True):
                    self._iterated(part, arg)
            case _:
                for var in targets_of(target):
                    self._bind(var, [(v, "view") for v, _ in self._aliases(iterable)])

    def _called(self, statement: Stmt, call: Apply) -> None:
        """A call for its effect: one that writes into its first argument."""
        if any(rule.writes for rule in rules().get(call.op, ())):
            self._write(statement, call.args[0], None)

    def _assign(self, statement: Assign) -> None:
        for target in statement.targets:
            self._target(statement, target, statement.value)
        if len(statement.targets) > 1:
            # a = b = e: each is a name of what e gives.
            names = [t for t in statement.targets if isinstance(t, Var)]
            for one, other in zip(names, names[1:], strict=False):
                if not self._is_immutable(statement.value):
                    self._bind(one, [(other, "same")])

    def _target(self, statement: Assign, target: Target, value: Expr) -> None:
        match target:
            case Var():
                if statement.augmented is not None:
                    self._root(target)
                    if not self._is_immutable(value):
                        self._write(statement, Ref(target), None)
                        self._bind(target, self.aliases(value))  # the items that `xs += ys` adds
                    return
                self._bind(target, self.aliases(value))
                if self.is_repeated(value):
                    self._share(target)
            case Place(base, key):
                self._write(statement, base, key)
                self._find_unnamed(base)
                if statement.augmented is not None and isinstance(value, Apply):
                    item = value.args[0]
                    if not self.is_array(base) and not self._is_immutable(item):
                        self._write(statement, item, None)  # items are changed in place, too
                for var, _ in self.stored(base, key, value):
                    for root, _ in self._aliases(base):
                        self._bind(root, [(var, "part")])
            case Unpack(parts):
                if self.is_exchange(target, value):
                    assert isinstance(value, Make)
                    refs = [item.var for item in value.items if isinstance(item, Ref)]
                    for one, other in zip(refs, refs[1:], strict=False):
                        self._unite(one, other)
                elif isinstance(value, Make) and len(value.items) == len(parts):
                    for part, item in zip(parts, value.items, strict=True):
                        self._target(statement, part, item)
                else:
                    names = list(targets_of(target))
                    found = self.part_aliases(value, len(parts))
                    for part, shared in zip(parts, found or [], strict=False):
                        for var in targets_of(part):
                            self._bind(var, [(v, "view") for v, _ in shared])
                    for var in names if found is None else ():
                        self._bind(var, [(v, "view") for v, _ in self._aliases(value)])
                    if isinstance(value, Invoke) and self.calls.effects(value).tangled:
                        for var in names[1:]:
                            self._bind(var, [(names[0], "maybe")])
                    for part in parts:
                        if isinstance(part, Place):
                            self._target(statement, part, value)

    def _bind(self, var: Var, found: Aliases) -> None:
        self._root(var)
        for other, _ in found:
            if other is not var:
                self._unite(var, other)
                self._share(var)
        if len({other for other, _ in found}) == 1 and found[0][0] is var:
            how = found[0][1]
            if how != "same":
                self._share(var)

    def _write(self, statement: Stmt, base: Expr, key: Expr | str | None) -> None:
        self.writes.setdefault(statement, []).append(Write(statement, base, key))
        for var, _ in self._aliases(base):
            self._written.add(self._root(var))

    def _share(self, *variables: Var) -> None:
        self._shared |= {self._root(var) for var in variables}

    def _find_unnamed(self, base: Expr) -> None:
        if self.is_unnamed(base):
            self._share(*(var for var, _ in self._aliases(base)))

    def _expression(self, statement: Stmt, node: Expr) -> None:
        match node:
            case Apply(op, (base, *given)) if op in CALLS_THAT_WRITE:
                self._write(statement, base, None)
                self._find_unnamed(base)
                # A list holds what it is given; an array copies it.
                for part in given if op in LIST_CHANGES else ():
                    for var, _ in self._aliases(part):
                        for root, _ in self._aliases(base):
                            self._bind(root, [(var, "part")])
            case Invoke():
                effects = self.calls.effects(node)
                for position in sorted(effects.writes):
                    argument = node.args[position]
                    if argument is not None and not self._is_immutable(argument):
                        self._write(statement, argument, None)
                        self._find_unnamed(argument)
                        if self._is_typed_container(argument):
                            # Caller and callee name what it holds: each its own way.
                            held = [v for v, _ in self._aliases(argument)]
                            self._share(*held)
                            for one, other in zip(held, held[1:], strict=False):
                                self._unite(one, other)
            case Each():
                # Only a call can write into an element while a comprehension runs.
                if any(isinstance(n, Invoke) for n in walk(node.element)):
                    for var in targets_of(node.target):
                        self._bind(var, [(v, "view") for v, _ in self._aliases(node.iterable)])
