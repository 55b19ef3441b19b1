"""Where each forward value that the backward part refers to is had from.

Input: the mirror, with `Value(expr)` for the value that `expr` had. Afterwards each stands for a
variable or for an expression over variables:

- it stands in its variable, or in the place of an array that it was written to;
- it is cheap: it is computed again from variables, once for a group that uses it twice;
- it is dear: it is *extracted*, given a name in the forward part (`self.extracted`).

    Value(np.exp(-z * z))  ->  exp_z         exp_z = np.exp(-z * z) stands in the forward part
    Value(z * z)           ->  z * z         computed again; z is a variable
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from s2sad.analysis.exits import one_shot
from s2sad.analysis.facts import Facts
from s2sad.analysis.iteration import ITERABLES, unwrapped
from s2sad.analysis.types import SCALAR, Array, Shape, is_integral, is_number, is_scalar
from s2sad.derive.broadcasting import call, same_shape, shape_from_operands
from s2sad.derive.instantiate import as_value
from s2sad.derive.mirror import Group, MirrorBranch, MirrorContext, MirrorGuard, MirrorLoop, Step
from s2sad.derive.parts import own_values, rebuilt, refs
from s2sad.derive.plan import Planning
from s2sad.derive.values import CHEAP, can_repeat, cost, extract_or_repeat, hint_for
from s2sad.errors import S2SADError
from s2sad.ir.flow import statements
from s2sad.ir.nodes import (
    Apply,
    Assign,
    Block,
    Branch,
    Break,
    Const,
    Evaluate,
    Expr,
    For,
    Place,
    Ref,
    Slice,
    Stmt,
    Target,
    Unpack,
    Value,
    Var,
    children,
)
from s2sad.tidy.algebra import key, rewrite
from s2sad.tidy.sooner import sooner


class Recall(Planning):
    """Replaces each value of the mirror by what gives it in the backward part."""

    def _name_keys(self) -> None:
        """Indices that read the array that they write into are given a name: afterwards they would
        be others."""
        for statement in statements(self.function.body):
            if not isinstance(statement, Assign):
                continue
            for target in statement.targets:
                if not isinstance(target, Place) or isinstance(target.key, str):
                    continue
                place = next((p for p in self.cells.places(statement) if p.key is target.key), None)
                read = self.cells.read_by(target.key)
                if place is None or not self.cells.overwritten_in(place, read):
                    continue
                var = self._extract(target.key, statement)
                self.facts.bindings[var] = self.facts.type_of(target.key)
                if self.homes.depth.get(statement.value):
                    self.overwritten.add(var)

    def _resolve_all(self, steps: list[Step]) -> None:
        """Replaces each `Value` of the mirror by a variable or by the expression that gives it."""
        for step in steps:
            for node in step.nodes:
                match node:
                    case Group():
                        node.body = self._resolved_group(node.body)
                    case MirrorBranch():
                        flag = break_flag(node.source)
                        if flag is not None:
                            self.flags[node.source] = flag
                        self._test(node.source)
                        self._resolve_all(node.then)
                        self._resolve_all(node.other)
                    case MirrorGuard() | MirrorContext():
                        self._resolve_all(node.body)
                    case MirrorLoop():
                        self._resolve_all(node.body)
                        if node.iterable is not None:
                            node.iterable = self._kept_header(node, node.iterable)

    # ------------------------------------------------------------ groups

    def _resolved_group(self, body: Block) -> Block:
        """The statements of a group; a value that is computed again, but used more than once, gets
        a name. What it is computed from counts once for it."""
        counts: dict[Any, int] = {}

        def count(node: Expr) -> None:
            name = key(node)
            counts[name] = counts.get(name, 0) + 1
            if counts[name] == 1:
                for part in self._computed_parts(node):
                    count(part)

        for statement in body:
            for value in own_values(statement):
                if self._is_computed(value.node):
                    count(value.node)
        shared = {name for name, found in counts.items() if found > 1}
        named: dict[Any, Var] = {}
        result: Block = []

        def give_name(node: Expr) -> None:
            name = key(node)
            if name in named:
                return
            for part in self._computed_parts(node):
                give_name(part)
            if name in shared:
                var = Var(hint_for(node))
                result.append(Assign((var,), self._resolved(Value(node), named)))
                named[name] = var

        for statement in body:
            if shared:
                for value in own_values(statement):
                    if self._is_computed(value.node):
                        give_name(value.node)
            result.append(self._resolved_statement(statement, named))
        return sooner(result, self.regions.together)

    def _is_computed(self, node: Expr) -> bool:
        """Whether a value is computed again where it is needed, and that costs more than reading a
        name would: not `i - 1`, nor `i + 1:`."""
        if isinstance(node, Slice):
            return False
        kind = self.facts.type_of(node)
        limit = CHEAP if is_integral(kind) and is_scalar(kind) else 0
        return self._repeats(node) and cost(node, self.facts) > limit

    def _computed_parts(self, node: Expr) -> list[Expr]:
        return [part for part in children(node) if self._is_computed(part)]

    def _repeats(self, node: Expr) -> bool:
        """Whether a value is computed again where it is needed."""
        if isinstance(node, Const | Ref) or node in self.homes.variable:
            return False
        if node in self.plan.replaced or node in self.homes.place:
            return False
        return not extract_or_repeat(node, self.homes, self.facts)

    def _resolved_statement(self, statement: Stmt, named: dict[Any, Var]) -> Stmt:
        match statement:
            case Assign():
                targets = tuple(self._resolved_target(t, named) for t in statement.targets)
                value = self._resolved(statement.value, named)
                return Assign(targets, value, statement.augmented)
            case Evaluate():
                return Evaluate(self._resolved(statement.value, named))
            case Branch():
                test = self._resolved(statement.test, named)
                then = self._resolved_group(statement.then)
                return Branch(test, then, self._resolved_group(statement.other))
            case For():
                iterable = self._resolved(statement.iterable, named)
                return For(statement.target, iterable, self._resolved_group(statement.body))
        raise AssertionError(statement)

    def _resolved_target(self, target: Target, named: dict[Any, Var]) -> Target:
        match target:
            case Place(base, key) if not isinstance(key, str):
                return Place(self._resolved(base, named), self._resolved(key, named))
            case Unpack(parts, star):
                return Unpack(tuple(self._resolved_target(p, named) for p in parts), star)
        return target

    def _resolved(self, expr: Expr, named: dict[Any, Var] | None = None) -> Expr:
        def change(node: Expr) -> Expr | None:
            if isinstance(node, Apply) and node.op == "numpy.shape":
                return self._shape(node.args[0])
            if isinstance(node, Apply) and node.op == "numpy.size" and len(node.args) == 1:
                return self._size(node, node.args[0])
            if not isinstance(node, Value):
                return None
            if named:
                var = named.get(key(node.node))
                if var is not None:
                    return self._typed(Ref(var), node.node)
            return self._value(node.node, named)

        return rewrite(expr, change)

    def _shadow_at(self, node: Ref) -> Ref:
        """The shadow of a variable, where it is read."""
        shadow = self._typed(Ref(self.shadows.of[node.var]), node)
        if node in self.after:
            self.after.add(shadow)
        return shadow

    def _shape(self, value: Expr) -> Expr | None:
        """The shape of a value that nothing has needed so far but for this: that of an operand, or
        computed from those of the operands if the value is dear."""
        if not isinstance(value, Value):
            return None
        node = value.node
        if isinstance(node, Ref) and node.var in self.overwritten & self.shadows.of.keys():
            return call("numpy.shape", self._shadow_at(node))
        if isinstance(node, Ref) and node.var in self.overwritten:
            return self._shape_of_parameter(node)
        if node in self.plan.replaced or node in self.homes.variable:
            return None
        shape = shape_from_operands(node, self.facts)
        if shape is None:
            return None
        is_dear = extract_or_repeat(node, self.homes, self.facts)
        return self._resolved(shape) if is_dear or shape.op == "numpy.shape" else None

    def _shape_of_parameter(self, node: Ref) -> Expr | None:
        """The shape of a variable that is overwritten, as that of a parameter that is not."""
        shape = self.facts.shape_of(node)
        if not isinstance(shape, Shape) or shape == SCALAR:
            return None
        for parameter in self.function.params:
            kind = self.facts.bindings.get(parameter.var)
            if parameter.var not in self.overwritten and isinstance(kind, Array):
                if same_shape(kind.shape, shape):
                    return call("numpy.shape", self._typed(Ref(parameter.var), node))
        return None

    def _size(self, size: Apply, value: Expr) -> Expr | None:
        """The size of a value as that of a variable of the same shape, if the value is not at
        hand."""
        shape = self._shape(value)
        if not isinstance(shape, Apply) or shape.op != "numpy.shape":
            return None
        return replace(size, args=shape.args) if isinstance(shape.args[0], Ref) else None

    # ------------------------------------------------------------ one value

    def _value(self, node: Expr, named: dict[Any, Var] | None = None) -> Expr:
        """What stands for a forward value in the backward part; `named` have names there."""
        var = named.get(key(node)) if named and not isinstance(node, Const | Ref) else None
        if var is not None:
            return self._typed(Ref(var), node)
        match node:
            case Const():
                return node
            case Ref(var):
                ref = self._typed(Ref(var), node)
                if node in self.after:
                    self.after.add(ref)
                return ref
        if node in self.plan.replaced:
            return self._typed(Ref(self.plan.replaced[node]), node)
        if node in self.homes.variable:
            ref = self._typed(Ref(self.homes.variable[node]), node)
            self.after.add(ref)
            return ref
        if node in self.homes.place:
            return self._read_back(self.homes.place[node], node)
        if extract_or_repeat(node, self.homes, self.facts):
            var = self._extract(node, self.homes.statement[node])
            if self.homes.depth[node]:
                self.overwritten.add(var)
            return self._typed(Ref(var), node)
        again = rebuilt(node, lambda part: self._value(part, named))
        self.facts.types[again] = self.facts.type_of(node)
        return again

    def _extract(self, node: Expr, statement: Stmt) -> Var:
        """The name that a value gets before its statement; `a[k()] *= e` has `k()` once."""
        found = self.extracted.setdefault(statement, [])
        same = (var for other, var in found if key(other) == key(node))
        var = next(same, None) if can_repeat(node, self.facts) else None
        if var is None:
            var = Var(hint_for(node))
            found.append((node, var))
        self.plan.replaced[node] = var
        return var

    def _again(self, node: Expr) -> Expr:
        """An expression computed again from variables, whatever it costs."""
        if (
            isinstance(node, Const | Ref)
            or node in self.plan.replaced
            or node in self.homes.variable
            or node in self.homes.place
        ):
            return self._value(node)
        again = rebuilt(node, self._again)
        self.facts.types[again] = self.facts.type_of(node)
        return again

    def _read_back(self, place: Place, node: Expr) -> Expr:
        """A value that was written into an array, read from there."""
        assert isinstance(place.base, Ref) and not isinstance(place.key, str)
        base = self._typed(Ref(place.base.var), place.base)
        self.after.add(base)
        self.cells.late.add(base)
        found = Apply("getitem", (base, self._again(place.key)), (), "index")
        self.facts.types[found] = self.facts.type_of(node)
        return found

    # ------------------------------------------------------------ tests and headers

    def _test(self, branch: Branch) -> Expr:
        """The test of a branch as the backward part evaluates it."""
        if branch in self.flags:
            return Ref(self.flags[branch])
        if branch not in self._tests:
            self._tests[branch] = self._again(branch.test)
        return self._tests[branch]

    def _items_changed(self, loop: For, reads: set[Var]) -> bool:
        """Whether a loop changes which objects the containers hold that its header reads."""
        regions = {self.regions.of(v) for v in reads if self.regions.knows(v)}
        return any(
            self.regions.of(v) in regions
            for statement in statements(loop.body)
            for write in self.regions.writes.get(statement, ())
            if not self.regions.is_array(write.base)
            for v, _ in self.regions.aliases(write.base)
        )

    def _contents_changed(self, loop: For, given: Expr) -> bool:
        """Whether a loop writes into arrays from whose contents its header is computed. What is
        run over itself, and a view of it, is the same array before the loop and after it."""
        read: set[Var] = set()
        for part in _parts_run_over(given):
            stack = [part]
            while stack:
                node = stack.pop()
                if is_number(self.facts.type_of(node)) or not self.regions.aliases(node):
                    read |= self.cells.read_by(node)
                elif isinstance(node, Apply):
                    stack += node.args[:1]
                    read |= {cell for arg in node.args[1:] for cell in self.cells.read_by(arg)}
        return bool(self.cells.overwritten_by(loop, read))

    def _kept_header(self, mirror: MirrorLoop, iterable: Expr) -> Expr:
        """What the backward loop runs over: the same as the forward loop or, where that cannot be
        written again, a list of it that is made before the forward loop."""
        loop = mirror.source
        given = self._resolved(as_value(iterable))
        if not isinstance(loop, For) or loop.iterable in self.plan.replaced:
            return given
        if one_shot(loop.iterable, self.used_up):
            return given
        unknown = self._of_unknown_kind(loop.iterable)
        if unknown and loop.count is not None:
            return given
        reads = {r.var for r in refs(given)}
        costly = cost(unwrapped(loop.iterable), self.facts) > 8
        changed = reads & set(self._bound_inside(loop)) or self._items_changed(loop, reads)
        changed = changed or self._contents_changed(loop, given)
        if not (unknown or costly or changed):
            return given
        # With a target of its own the backward loop runs over keys too, the forward loop does not.
        keyed = mirror.target is not loop.target
        whole = iterable if keyed else loop.iterable
        ref = self._typed(Ref(Var("items")), whole)
        if unknown or not _is_sequence(whole, self.facts):
            self._check_items(loop)
            whole = call("builtins.list", whole, text="list")
        self.extracted.setdefault(loop, []).append((whole, ref.var))
        if self.homes.depth[loop.iterable]:
            self.overwritten.add(ref.var)
        if not keyed:
            self.headers[loop] = ref
        return ref

    def _check_items(self, loop: For) -> None:
        """Refuses a list of numbers that the loop changes before their turn comes."""
        inside = [w for s in statements(loop.body) for w in self.regions.writes.get(s, ())]
        written = {self.regions.of(v) for w in inside for v, _ in self.regions.aliases(w.base)}
        for part in _parts_run_over(loop.iterable):
            kind = self.facts.type_of(part)
            rows = isinstance(kind, Array) and isinstance(kind.shape, Shape) and kind.shape.rank > 1
            changed = [v for v, _ in self.regions.aliases(part) if self.regions.of(v) in written]
            if isinstance(kind, Array) and not rows and changed:
                name = changed[0].hint
                message = f"cannot differentiate: the loop changes {name} while it runs over it"
                location = None
                if loop.origin is not None:
                    location = loop.origin.module.location(loop.origin.node)
                advice = "Run over a copy, or over positions: for i in range(len(...))."
                self.engine.errors.append(S2SADError("S2S011", message, location, advice))

    def _of_unknown_kind(self, iterable: Expr) -> bool:
        """Whether a parameter that a loop runs over may be an iterator, since nothing says what it
        is. What carries a derivative is an array or a list."""
        if not isinstance(iterable, Ref) or iterable in self.facts.varied:
            return False
        return any(p.var is iterable.var and p.annotation is None and p.kind == "positional"
                   for p in self.function.params)  # fmt: skip


def _parts_run_over(iterable: Expr) -> Iterator[Expr]:
    """The iterables that a header goes through, side by side or one in another."""
    if isinstance(iterable, Apply) and iterable.op in ITERABLES:
        for arg in iterable.args:
            yield from _parts_run_over(arg)
    else:
        yield iterable


def break_flag(branch: Branch) -> Var | None:
    """The flag that says that a branch left the loop, where its first part always does."""
    if branch.then and isinstance(branch.then[-1], Break):
        before = branch.then[-2] if len(branch.then) > 1 else None
        if before is not None and is_flag(before) and isinstance(before, Assign):
            flag = before.targets[0]
            return flag if isinstance(flag, Var) else None
    return None


def is_flag(statement: Stmt) -> bool:
    """Whether a statement sets one of the flags that exits made."""
    return (
        isinstance(statement, Assign)
        and isinstance(statement.value, Const)
        and statement.value.value is True
        and isinstance(statement.targets[0], Var)
        and not statement.targets[0].user
    )


def _is_sequence(expr: Expr, facts: Facts) -> bool:
    """Whether reversed() takes a value as it is: a list, a tuple, an array, a range."""
    from s2sad.analysis.types import ListOf, TupleOf

    if isinstance(expr, Apply) and expr.op in ITERABLES:
        return expr.op in ("builtins.range", "builtins.list", "builtins.tuple")
    return isinstance(facts.type_of(expr), Array | ListOf | TupleOf)
