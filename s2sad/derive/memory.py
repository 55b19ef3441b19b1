"""What must be remembered: the plan of memory, and the two halves of the derivative as programs.

Input: a function, the mirror of it, and facts. Output: a `Plan`, the forward and the backward
statements, in which every forward value is had in one of three ways: it still stands in its
variable, it is computed again, or it was remembered before it was overwritten and is restored on
the way back. The backward part then finds each variable as the forward statement found it ("to be
recorded" analysis; Hascoet, Naumann, Pascual: TBR analysis in reverse-mode AD, 2005).

    x_trace[i] = x                 x = x_trace[i]
    x = np.sin(x)                  d_x = d_x * np.cos(x)

A variable is needed at a point when the backward part of an earlier statement reads its value
there. The forward program is walked once, in order, with the set of needed variables; a statement
that overwrites one remembers it first. Only variables that are overwritten somewhere are followed.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from typing import Any

from s2sad.analysis.exits import none_of, one_shot, used_up
from s2sad.analysis.facts import Facts
from s2sad.analysis.iteration import ITERABLES, unwrapped
from s2sad.analysis.regions import Regions
from s2sad.analysis.types import (
    SCALAR,
    Array,
    DictOf,
    Shape,
    Unknown,
    is_integral,
    is_number,
    is_scalar,
)
from s2sad.derive import checkpoints
from s2sad.derive.broadcasting import call, same_shape, shape_from_operands
from s2sad.derive.cells import Cells
from s2sad.derive.checkpoints import State
from s2sad.derive.explain import Kept
from s2sad.derive.instantiate import as_value
from s2sad.derive.mirror import (
    Group,
    MirrorBranch,
    MirrorContext,
    MirrorGuard,
    MirrorLoop,
    Step,
)
from s2sad.derive.shadows import Shadows
from s2sad.derive.values import (
    CHEAP,
    Homes,
    can_repeat,
    cost,
    extract_or_repeat,
    hint_for,
    values_in,
)
from s2sad.ir.bindings import (
    bound_by,
    is_exchange,
    mutated_by,
    targets_of,
    written_by,
    written_into,
)
from s2sad.ir.flow import expressions, expressions_in, statements
from s2sad.ir.nodes import (
    Apply,
    Assign,
    Block,
    Branch,
    Break,
    Const,
    Context,
    Continue,
    Each,
    Evaluate,
    Expr,
    For,
    Function,
    Guard,
    Invoke,
    Make,
    Place,
    Ref,
    Return,
    Select,
    Stmt,
    Target,
    Unpack,
    Value,
    Var,
    Verbatim,
    While,
    children,
    walk,
)
from s2sad.tidy.algebra import key, rewrite
from s2sad.tidy.dead import all_reads, without_dead


@dataclass
class Plan:
    """The derivative's two halves. `replaced` maps expressions of the forward part to the variables
    that stand in their place now, `repeated` the loops of the backward part that run a forward loop
    again to those, `kept` what is remembered and why."""

    forward: Block = field(default_factory=list)
    backward: Block = field(default_factory=list)
    replaced: dict[Expr, Var] = field(default_factory=dict)
    results: list[Expr] = field(default_factory=list)
    sources: dict[Stmt, list[Stmt]] = field(default_factory=dict)
    repeated: dict[Stmt, Stmt] = field(default_factory=dict)
    kept: list[Kept] = field(default_factory=list)
    regions: Regions | None = None


@dataclass
class _Loop:
    """A loop that the walk is in. `before` collects the statements that must stand before it."""

    statement: For | While
    before: Block
    counter: Expr | None = None
    direct: bool = True


class Planner:
    """Plans the memory of one function."""

    def __init__(
        self, function: Function, facts: Facts, engine: Any, regions: Regions, shadows: Shadows
    ) -> None:
        self.function = function
        self.facts = facts
        self.engine = engine
        self.regions = regions
        self.shadows = shadows
        self.defined: set[Var] = {p.var for p in function.params}
        self.defined |= {v for s in shadows.entry for v in bound_by(s)}
        self.followers = {s for block in shadows.follow.values() for s in block}
        self.undefined: dict[Var, None] = {}
        self.plan = Plan(regions=regions)
        self.value = _returned_variable(function)
        self.homes = Homes(function.body, self._holds_value)
        last = function.body[-1] if function.body else None
        if isinstance(last, Return) and not isinstance(last.value, Ref | None):
            self.homes.variable.setdefault(last.value, self.value)
        self.extracted: dict[Stmt, list[tuple[Expr, Var]]] = {}
        self.headers: dict[Stmt, Ref] = {}
        self.loops: list[_Loop] = []
        self.defined |= shadows.handed
        self.overwritten = _overwritten(function, shadows)
        self.cells = Cells(facts, regions, self._is_fixed)
        self.mutated = self._mutated()
        for statement in statements(function.body):
            self.overwritten |= set(self._containers_written(statement))
        self.used_up = used_up(function.body)
        self.loop_targets = {
            v for s in statements(function.body) if isinstance(s, For) for v in targets_of(s.target)
        }
        self.flags: dict[Stmt, Var] = {}
        self.after: set[Ref] = set()
        self._tests: dict[Branch, Expr] = {}
        self.saved: dict[Stmt, Any] = {}
        self.readers: dict[Var, list[Stmt]] = {}
        self.here: Stmt | None = None

    def _mutated(self) -> set[Var]:
        """The variables whose objects are changed in place somewhere, so that a copy has to be
        remembered. Of arrays that are written into, the parts that are overwritten are."""
        found: set[Var] = set()
        for statement in statements(self.function.body):
            match statement:
                case Assign():
                    found |= set(mutated_by(statement.value))
                    if statement.augmented is not None:
                        # Of what other names share, the parts are remembered, and the name.
                        augmented = {v for t in statement.targets for v in targets_of(t)}
                        found |= {v for v in augmented if not self.regions.is_shared(v)}
                case Evaluate():
                    found |= set(mutated_by(statement.value))
                case Verbatim():
                    found |= set(statement.mutates)
            found |= set(self._containers_written(statement))
        return found

    def _containers_written(self, statement: Stmt) -> list[Var]:
        """The lists and dicts that a statement itself writes into."""
        exprs = [statement.value] if isinstance(statement, Evaluate) else []
        found = [v for e in exprs for v in self._changed_lists(e)]
        if isinstance(statement, Assign):
            found += [v for t in statement.targets for v in written_into(t) if not self.is_array(v)]
            found += self._changed_lists(statement.value)
        # What is put at a place of a list or dict, or at its end, is taken away again.
        undone = {v for place in self.cells.places(statement) if place.how != "place"
                  for v in written_into(Place(place.base, Const(None)))}  # fmt: skip
        return [v for v in found if v not in undone]

    def _changed_lists(self, expr: Expr) -> list[Var]:
        bases = [n.args[0] for n in walk(expr)
                 if isinstance(n, Apply) and n.args and n.op.startswith("list.")]  # fmt: skip
        return [v for base in bases for v in written_into(Place(base, Const(None)))]

    def is_array(self, var: Var) -> bool:
        """Whether the contents of a variable are followed part by part."""
        return isinstance(self.facts.bindings.get(var), Array | Unknown)

    # ------------------------------------------------------------ entry point

    def run(self, steps: list[Step], results: list[Expr], late: set[Ref]) -> Plan:
        """The plan for a function with these steps as its mirror, which returns these adjoints."""
        self.after |= late
        self._name_keys()
        self._resolve_all(steps)
        self.plan.results = [self._resolved(expr) for expr in results]
        self._read_where(steps)
        needed = self._read_by(self.plan.results) & self._lost
        forward, backward = self._block(self.function.body, steps, needed, set())
        nothing: Block = [Assign((var,), Const(None)) for var in self.undefined]
        self.plan.forward = [*nothing, *self._kept_value(forward, backward)]
        self.plan.backward = backward
        return self.plan

    def _kept_value(self, forward: Block, backward: Block) -> Block:
        """A returned value that the backward part restores is kept: a variable under another name,
        an array whose contents are restored as a copy."""
        last = forward[-1] if forward else None
        if not isinstance(last, Return) or last.value is None:
            return forward
        returned = last.value
        at = len(forward) - 1
        if isinstance(returned, Ref) and returned.var is self.value:
            found = [s for s in forward if isinstance(s, Assign) and s.targets == (self.value,)]
            origin = found[-1].value if found else returned
        else:
            origin = returned
        written = {self.regions.of(v) for s in backward for v in written_by(s)
                   if self.regions.knows(v)}  # fmt: skip
        shared = any(self.regions.of(v) in written for v, _ in self.regions.aliases(origin))
        if shared:
            kind = self.facts.type_of(origin)
            result = (
                Var("result") if origin is not returned or not _is_user(returned) else self.value
            )
            copied = (
                _copied_part(returned, kind) if isinstance(kind, Array) else _copy(returned, kind)
            )
            return [*forward[:at], Assign((result,), copied), Return(Ref(result))]
        if isinstance(returned, Ref) and any(returned.var in bound_by(s) for s in backward):
            result = Var("result") if returned.var is self.value else self.value
            return [*forward[:at], Assign((result,), returned), Return(Ref(result))]
        return forward

    # ------------------------------------------------------------ values

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
                var = Var(hint_for(target.key))
                self.plan.replaced[target.key] = var
                self.facts.bindings[var] = self.facts.type_of(target.key)
                self.extracted.setdefault(statement, []).append((target.key, var))
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
                        flag = _break_flag(node.source)
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
            for value in _own_values(statement):
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
                for value in _own_values(statement):
                    if self._is_computed(value.node):
                        give_name(value.node)
            result.append(self._resolved_statement(statement, named))
        return result

    def _is_computed(self, node: Expr) -> bool:
        """Whether a value is computed again where it is needed, and that costs more than reading a
        name would: not `i - 1`."""
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
            if not isinstance(node, Value):
                return None
            if named:
                var = named.get(key(node.node))
                if var is not None:
                    return self._typed(Ref(var), node.node)
            return self._value(node.node, named)

        return rewrite(expr, change)

    def _shape(self, value: Expr) -> Expr | None:
        """The shape of a value that is dear, and that nothing has needed so far but for this."""
        node = value.node if isinstance(value, Value) else value
        if node in self.plan.replaced or node in self.homes.variable:
            return None
        if not isinstance(value, Value) or not extract_or_repeat(node, self.homes, self.facts):
            return None
        shape = shape_from_operands(node, self.facts)
        return None if shape is None else self._resolved(shape)

    def _typed(self, ref: Ref, node: Expr) -> Ref:
        self.facts.types[ref] = self.facts.type_of(node)
        return ref

    def _again(self, node: Expr) -> Expr:
        """An expression computed again from variables, whatever it costs."""
        if (
            isinstance(node, Const | Ref)
            or node in self.plan.replaced
            or node in self.homes.variable
            or node in self.homes.place
        ):
            return self._value(node)
        again = _rebuilt(node, self._again)
        self.facts.types[again] = self.facts.type_of(node)
        return again

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
            var = Var(hint_for(node))
            self.plan.replaced[node] = var
            self.extracted.setdefault(self.homes.statement[node], []).append((node, var))
            if self.homes.depth[node]:
                self.overwritten.add(var)
            return self._typed(Ref(var), node)
        again = _rebuilt(node, lambda part: self._value(part, named))
        self.facts.types[again] = self.facts.type_of(node)
        return again

    def _holds_value(self, statement: Assign) -> bool:
        """Whether the place that a statement writes to holds the value that was written, in the
        same shape and to the last bit."""
        target = statement.targets[0]
        if not isinstance(target, Place) or not isinstance(target.base, Ref):
            return False
        kind = self.facts.type_of(target.base)
        if isinstance(target.key, str) or not isinstance(kind, Array) or kind.dtype != "float64":
            return False
        part = Apply("getitem", (target.base, target.key), (), "index")
        value = self.facts.type_of(statement.value)
        return (
            isinstance(value, Array)
            and value.dtype == "float64"
            and same_shape(self.facts.shape_of(part), value.shape)
        )

    def _read_back(self, place: Place, node: Expr) -> Expr:
        """A value that was written into an array, read from there."""
        assert isinstance(place.base, Ref) and not isinstance(place.key, str)
        base = self._typed(Ref(place.base.var), place.base)
        self.after.add(base)
        self.cells.late.add(base)
        found = Apply("getitem", (base, self._again(place.key)), (), "index")
        self.facts.types[found] = self.facts.type_of(node)
        return found

    # ------------------------------------------------------------ the walk

    def _block(
        self, block: Block, steps: list[Step], needed: set[Var], kept: set[Var]
    ) -> tuple[Block, Block]:
        """The forward and backward statements of a block.

        `needed` is changed to what is needed at its end; what is in `kept` was remembered before.
        """
        by_source = {step.source: step.nodes for step in steps if step.source is not None}
        forward: Block = []
        chunks: list[Block] = []
        closing = [n for step in steps if step.source is None for n in step.nodes]
        chunk: Block = []
        for node in closing:
            assert isinstance(node, Group)
            needed |= self._reads(node.body) & self._lost
            chunk += node.body
        chunks.append(chunk)
        for statement in block:
            if statement in self.followers:
                continue  # was taken together with the statement before it
            nodes = by_source.get(statement, [])
            self.here = statement
            calls: Block = []
            for expr, var in self._extracted_of(statement):
                extraction = Assign((var,), expr)
                saves, restores = self._save([var], needed, kept)
                self.defined.add(var)
                forward += saves
                # What a call overwrites is remembered before it.
                (calls if self._writes(expr) else forward).append(extraction)
                chunks.append(restores)
            ahead, back = self._statement(statement, nodes, needed, kept, calls)
            forward += ahead
            chunks.append(back)
        backward: Block = []
        for chunk in reversed(chunks):
            backward += chunk
        return forward, backward

    def _extracted_of(self, statement: Stmt) -> list[tuple[Expr, Var]]:
        """The values taken out of a statement, inner ones first."""
        found = self.extracted.get(statement, [])
        if len(found) < 2:
            return found
        order = {node: position for position, node in enumerate(_inner_first(statement))}
        return sorted(found, key=lambda pair: order.get(pair[0], len(order)))

    def _writes(self, expr: Expr) -> bool:
        return any(isinstance(n, Invoke) and self.regions.changed_by(n) for n in walk(expr))

    def _statement(
        self,
        statement: Stmt,
        nodes: list[Any],
        needed: set[Var],
        kept: set[Var],
        calls: Block,
    ) -> tuple[Block, Block]:
        """The halves of a statement; `calls` are those taken out of it that write somewhere."""
        match statement:
            case Branch():
                return self._branch(statement, nodes, needed, kept)
            case Guard():
                return self._guard(statement, nodes, needed, kept)
            case For() | While():
                return self._loop(statement, nodes, needed, kept)
            case Context():
                return self._context(statement, nodes, needed, kept)
        return self._simple(statement, nodes, needed, kept, calls)

    def _simple(
        self,
        statement: Stmt,
        nodes: list[Any],
        needed: set[Var],
        kept: set[Var],
        calls: Block,
    ) -> tuple[Block, Block]:
        body = [s for node in nodes for s in node.body]
        follow = self.shadows.follow.get(statement, [])
        bound = self._bound(statement)
        for follower in follow:
            bound |= bound_by(follower)
        before, after = self._reads_by_time(body, bound)
        needed |= before & self._lost
        if isinstance(statement, Assign) and _is_flag(statement):
            self.defined |= set(bound)
            return [statement], self._reset_flag(statement, needed)
        saves: Block = []
        restores: Block = []
        for part in (statement, *follow):
            if is_exchange(part) and not kept & set(bound):
                kept_here, put_back = self._exchanged(part, needed)
            else:
                kept_here, put_back = self._save(self._bound(part), needed, kept)
            saves, restores = [*saves, *kept_here], [*put_back, *restores]
        kept_parts, put_back, ends = self._save_parts(statement, needed, kept)
        # The arrays are those that the names stood for before the statement.
        saves, restores = [*saves, *kept_parts], [*ends, *restores, *put_back]
        needed |= after & self._lost
        self.defined |= set(bound)
        # An extracted call of which nothing else is done stands alone.
        whole = isinstance(statement, Evaluate) and statement.value in self.plan.replaced
        ahead = [*saves, *calls, *([] if whole else self._forward(statement)), *follow]
        if body:
            self.plan.sources[body[0]] = [statement]
        if not restores:
            return ahead, body
        return ahead, self._with_restores(body, restores, bound)

    def _reset_flag(self, statement: Assign, needed: set[Var]) -> Block:
        """A flag was False before it was set: nothing has to be remembered for that."""
        flag = statement.targets[0]
        assert isinstance(flag, Var)
        return [Assign((flag,), Const(False))] if flag in needed else []

    def _forward(self, statement: Stmt) -> Block:
        if isinstance(statement, Return) and statement.value is not None:
            if self.homes.variable.get(statement.value) is self.value:
                assign = Assign((self.value,), statement.value, origin=statement.origin)
                return [assign, Return(Ref(self.value))]
        return [statement]

    def _with_restores(self, body: Block, restores: Block, bound: dict[Var, None]) -> Block:
        """Restores variables between the statements that read their new and their old values."""
        targets = [r.targets[0] for r in restores if isinstance(r, Assign)]
        written = {v for target in targets for v in written_into(target)}
        restored = written | {v for target in targets for v in targets_of(target)}
        last = -1
        for position, statement in enumerate(body):
            if any(r in self.after and r.var in restored for r in _refs_of(statement)):
                last = position
        early = body[: last + 1]
        mixed = any(r.var in restored and r not in self.after for s in early for r in _refs_of(s))
        if not mixed:
            return [*early, *restores, *body[last + 1 :]]
        late = {r.var: None for s in body for r in _refs_of(s) if r in self.after}
        copies: Block = []
        instead: dict[Expr, Expr] = {}
        for var in (v for v in late if v in restored):
            new = Var(f"{var.hint}_out")
            reads = self._late_reads(body, var, restored) if var in written else []
            part = reads[0] if reads else Ref(var)
            fixed = var not in written or is_number(self.facts.type_of(part))
            copies.append(Assign((new,), part if fixed else call("numpy.copy", part)))
            late_refs = (r for s in body for r in _refs_of(s) if r in self.after and r.var is var)
            instead |= {read: Ref(new) for read in reads or late_refs}

        return [*copies, *restores, *(_rewritten(s, instead.get) for s in body)]

    def _late_reads(self, body: Block, var: Var, restored: set[Var]) -> list[Apply]:
        """The reads of an array's new value, where all of them are of one and the same part."""
        nodes = [node for s in body for expr in _exprs_of(s) for node in walk(expr)]
        refs = [n for n in nodes if isinstance(n, Ref) and n.var is var and n in self.after]
        parts = [
            n for n in nodes if isinstance(n, Apply) and n.op == "getitem" and n.args[0] in refs
        ]
        keys = [part.args[1] for part in parts]
        moved = any(ref.var in restored for place in keys for ref in _refs(place))
        same = len(parts) == len(refs) and len({key(place) for place in keys}) == 1
        return parts if same and not moved else []

    # ------------------------------------------------------------ reads

    @property
    def _lost(self) -> set[Var]:
        """The variables, and the parts of arrays, that are overwritten somewhere."""
        return self.overwritten | self.cells.known.keys()

    def _is_fixed(self, var: Var) -> bool:
        return var not in self.overwritten and var not in self.loop_targets

    def _read_by(self, exprs: Iterable[Expr]) -> set[Var]:
        """The variables that expressions read, and the parts of arrays that are written into."""
        found: set[Var] = set()
        for expr in exprs:
            found |= {ref.var for ref in _refs(expr)} | self.cells.read_by(expr)
        return found

    def _reads(self, body: Block) -> set[Var]:
        return self._read_by(expr for statement in body for expr in _exprs_of(statement))

    def _reads_by_time(self, body: Block, bound: dict[Var, None]) -> tuple[set[Var], set[Var]]:
        """What a group reads of the time before its statement, and of the time after it."""
        before: set[Var] = set()
        after: set[Var] = set()
        for statement in body:
            for expr in _exprs_of(statement):
                for ref in _refs(expr):
                    late = ref in self.after and (ref.var in bound or ref in self.cells.late)
                    (after if late else before).add(ref.var)
                early = self.cells.read_by(expr, self.cells.late)
                before |= early
                if any(ref in self.cells.late for ref in _refs(expr)):
                    after |= self.cells.read_by(expr)
        return before, after

    def _mirror_reads(self, steps: list[Step]) -> set[Var]:
        """All that the backward part of a block reads."""
        found: set[Var] = set()
        stack: list[Any] = [node for step in steps for node in step.nodes]
        while stack:
            node = stack.pop()
            match node:
                case Group():
                    found |= self._reads(node.body)
                case MirrorBranch():
                    found |= self._read_by([self._test(node.source)])
                    stack += [n for s in (*node.then, *node.other) for n in s.nodes]
                case MirrorGuard():
                    found |= set(node.source.left)
                    stack += [n for s in node.body for n in s.nodes]
                case MirrorContext():
                    stack += [n for s in node.body for n in s.nodes]
                case MirrorLoop():
                    if node.iterable is not None:
                        found |= self._read_by([node.iterable])
                    if node.source.count is not None:
                        found.add(node.source.count)
                    with self.cells.inside(node.source):
                        inner = self._mirror_reads(node.body) - _own_targets(node.source)
                        found |= self.cells.of_all(inner, node.source)
        return found

    # ------------------------------------------------------------ remembering

    def _save(self, bound: Iterable[Var], needed: set[Var], kept: set[Var]) -> tuple[Block, Block]:
        """Remembers the needed variables among those that are about to be overwritten."""
        saves: Block = []
        restores: Block = []
        for var in bound:
            if var not in needed or var in kept:
                needed.discard(var)
                continue
            needed.discard(var)
            save, restore = self._remember(var)
            saves += save
            restores = [*restore, *restores]
        return saves, restores

    def _save_parts(
        self, statement: Stmt, needed: set[Var], kept: set[Var]
    ) -> tuple[Block, Block, Block]:
        """Remembers the parts of arrays that a statement is about to overwrite, where needed; what
        brings them back; and what brings back the ends of lists, which may be in a name that the
        statement binds."""
        saves: Block = []
        restores: Block = []
        ends: Block = []
        for place in self.cells.places(statement):
            lost = self.cells.overwritten_in(place, needed - kept)
            if not lost:
                continue
            if place.how in ("append", "pop"):
                ends = [*self._put_end_back(statement, place), *ends]
                continue
            needed -= {cell for cell in lost if self.cells.is_covered(cell, place)}
            base, at = _plain(place.base), None if place.key is None else self._plain_key(place.key)
            part = base if at is None else Apply("getitem", (base, at), (), "index")
            kind = self.facts.type_of(place.part)
            value = part if is_number(kind) or place.how == "item" else _copied_part(part, kind)
            if place.how == "item" and isinstance(self.facts.type_of(base), DictOf):
                assert at is not None
                value = Apply("dict.get", (base, at), (), "method", "get")
                old = Var(f"{place.hint}_old")
                needed |= self._read_to_reach(base, at)
                save, restore = self._keep(place.hint, kind, value, old)
                put = call("helper.put_back", base, at, Ref(old), text="put_back")
                saves, restores = [*saves, *save], [*restore, Evaluate(put), *restores]
                continue
            target = Place(base, at if at is not None else Const(...))
            if at is None and isinstance(base, Apply) and base.op == "getitem":
                # An item of a list or dict keeps its array, whose contents are put back.
                if isinstance(place.base, Apply) and self.regions.is_array(place.base.args[0]):
                    target = Place(base.args[0], base.args[1])
            needed |= self._read_to_reach(base, at)
            save, restore = self._keep(place.hint, kind, value, target)
            saves += save
            restores = [*restore, *restores]
        return saves, restores, ends

    def _put_end_back(self, statement: Stmt, place: Any) -> Block:
        """A list is shortened by what was appended, and gets back what was taken from its end."""
        base = _plain(place.base)
        if place.how == "append":
            return [Evaluate(Apply("list.pop", (base,), (), "method", "pop"))]
        assert isinstance(statement, Assign) and isinstance(statement.targets[0], Var)
        taken = Ref(statement.targets[0])
        self.after.add(taken)
        return [Evaluate(Apply("list.append", (base, taken), (), "method", "append"))]

    def _read_to_reach(self, base: Expr, at: Expr | None) -> set[Var]:
        """What says where a part of an array is: the names in its base, and what its keys read."""
        names: set[Var] = set()
        keys = [] if at is None else [at]
        stack = [base]
        while stack:
            node = stack.pop()
            if isinstance(node, Ref):
                names.add(node.var)
            elif isinstance(node, Apply) and node.args:
                stack.append(node.args[0])
                keys += [*node.args[1:], *(value for _, value in node.kwargs)]
            else:
                keys.append(node)
        return (names & self.overwritten) | (self._read_by(keys) & self._lost)

    def _plain_key(self, key: Expr) -> Expr:
        """An index as the halves write it."""
        if key in self.plan.replaced:
            return Ref(self.plan.replaced[key])
        return _plain(key)

    def _save_whole(self, loop: Stmt, needed: set[Var], kept: set[Var]) -> tuple[Block, Block]:
        """Remembers arrays once before a loop that overwrites them and reads nothing of them on the
        way back; what is remembered is added to `kept`."""
        saves: Block = []
        restores: Block = []
        lost = self.cells.overwritten_by(loop, needed - kept)
        for arrays, cells in self.cells.arrays_written(loop, lost):
            needed -= cells
            kept |= cells
            for var in arrays:
                kind = self.facts.bindings.get(var)
                ref = self._noted(Ref(var), kind)
                whole = Place(Ref(var), Const(...))
                save, restore = self._keep(var.hint, kind, _copied_part(ref, kind), whole)
                needed |= {var} & self.overwritten
                saves += save
                restores = [*restore, *restores]
        return saves, restores

    def _exchanged(self, statement: Stmt, needed: set[Var]) -> tuple[Block, Block]:
        """Names that trade places trade back: nothing has to be remembered."""
        assert isinstance(statement, Assign) and isinstance(statement.value, Make)
        target = statement.targets[0]
        assert isinstance(target, Unpack)
        pairs = [
            (new, item.var)
            for new, item in zip(target.targets, statement.value.items, strict=True)
            if isinstance(new, Var) and isinstance(item, Ref)
        ]
        wanted = {old for _, old in pairs} & needed
        moved = {new for new, old in pairs if old in wanted}
        needed -= {new for new, _ in pairs}
        needed |= moved
        if not wanted:
            return [], []
        now = {old: new for new, old in pairs}
        names = tuple(new for new, _ in pairs)
        back = Assign((Unpack(names),), Make("tuple", tuple(Ref(now[name]) for name in names)))
        return [], [back]

    def _trading_places(self, loop: For | While, wanted: set[Var]) -> set[Var]:
        """The names among which a needed value wanders from one iteration to the next."""
        groups = [set(bound_by(s)) for s in statements(loop.body) if is_exchange(s)]
        found: set[Var] = set()
        while True:
            more = {v for g in groups if g & (wanted | found) for v in g} - found
            if not more:
                return found
            found |= more

    def _remember(self, var: Var) -> tuple[Block, Block]:
        """The statements that keep a variable's value and that bring it back."""
        if var not in self.defined:
            self.undefined[var] = None
        kind = self.facts.bindings.get(var)
        value: Expr = self._noted(Ref(var), kind)
        if var in self.mutated and not is_number(kind):
            value = _copy(value, kind)
        return self._keep(var.hint, kind, value, var)

    def _keep(self, hint: str, kind: Any, value: Expr, target: Target) -> tuple[Block, Block]:
        """The statements that keep a value and that bring it back to a target."""
        keeper = Var(f"{hint}_trace" if self.loops else f"{hint}_in")
        self._explain(keeper, kind, target)
        if isinstance(value, Ref):
            self.regions.keepers[keeper] = value.var
        if not self.loops:
            self._noted(back := Ref(keeper), kind)
            return [Assign((keeper,), value)], [Assign((target,), back)]
        outer, inner = self.loops[0], self.loops[-1]
        if len(self.loops) == 1 and inner.counter is not None and inner.direct and _is_float(kind):
            assert isinstance(inner.statement, For)
            size = call("builtins.len", inner.statement.iterable, text="len")
            if isinstance(inner.statement.iterable, Apply):
                size = call("builtins.len", _plain(inner.statement.iterable), text="len")
            outer.before.append(Assign((keeper,), call("numpy.empty", size)))
            place = Place(Ref(keeper), inner.counter)
            part = Apply("getitem", (Ref(keeper), inner.counter), (), "index")
            self._noted(part, kind)
            return self._saving(Assign((place,), value), kind), [Assign((target,), part)]
        outer.before.append(Assign((keeper,), Make("list", ())))
        append = Apply("list.append", (Ref(keeper), value), (), "method", "append")
        pop = Apply("list.pop", (Ref(keeper),), (), "method", "pop")
        self._noted(pop, kind)
        return self._saving(Evaluate(append), kind), [Assign((target,), pop)]

    def _explain(self, keeper: Var, kind: Any, target: Target) -> None:
        """Notes what is kept, and why."""
        taken_out = {var for found in self.extracted.values() for _, var in found}
        variables = [*targets_of(target), *written_into(target)]
        cells = {c for c, s in self.cells.known.items() if s.var in variables}
        readers = [s for v in (*variables, *cells) for s in self.readers.get(v, ())]
        if isinstance(target, Place):
            why = "this part of it is overwritten in place"
        elif set(variables) & taken_out:
            why = "it costs more to compute it again"
        else:
            why = "the line gives it another value, and what it comes from is not at hand later"
        what = ", ".join(v.hint for v in variables)
        loops = tuple(loop.statement for loop in self.loops)
        needed = tuple(dict.fromkeys(readers))
        self.plan.kept.append(Kept(keeper, what, kind, self.here, loops, needed, why))

    def _read_where(self, steps: list[Step]) -> None:
        """Notes which statements' adjoints read each variable and part of an array."""
        for step in steps:
            for node in step.nodes:
                if isinstance(node, Group):
                    if node.source is not None:
                        for var in self._reads(node.body):
                            self.readers.setdefault(var, []).append(node.source)
                    continue
                if isinstance(node, MirrorBranch):
                    self._read_where([*node.then, *node.other])
                    continue
                self._read_where(node.body)

    def _saving(self, statement: Stmt, kind: Any) -> Block:
        self.saved[statement] = kind
        return [statement]

    def _noted(self, expr: Expr, kind: Any) -> Expr:
        if kind is not None:
            self.facts.types[expr] = kind
        return expr

    # ------------------------------------------------------------ branches

    def _test(self, branch: Branch) -> Expr:
        """The test of a branch as the backward part evaluates it."""
        if branch in self.flags:
            return Ref(self.flags[branch])
        if branch not in self._tests:
            self._tests[branch] = self._again(branch.test)
        return self._tests[branch]

    def _branch(
        self, branch: Branch, nodes: list[Any], needed: set[Var], kept: set[Var]
    ) -> tuple[Block, Block]:
        mirror = next((n for n in nodes if isinstance(n, MirrorBranch)), None)
        then_steps = mirror.then if mirror else []
        other_steps = mirror.other if mirror else []
        bound = {v: None for v in self._bound_inside(branch) if v in self.overwritten}
        inner: set[Var] = set()
        entry: set[Var] = set()
        for arm, steps in ((branch.then, then_steps), (branch.other, other_steps)):
            self._inner_needs(arm, steps, set(), inner, entry)
        tested: set[Var] = set()
        before: Block = []
        recalled: Block = []
        flag = _break_flag(branch)
        if flag is not None:
            self.flags[branch] = flag
        if mirror is not None or self.cells.overwritten_by(branch, needed - kept):
            tested = self._read_by([self._test(branch)])
            changing = {v for v in tested if v in bound and v in inner}
            changing |= self.cells.overwritten_by(branch, tested)
            if flag is None and (changing or not self._can_test_again(branch)):
                before, recalled = self._flag(branch)
                tested = set()
        hoisted = [
            v
            for v in bound
            if v not in inner
            and (v in needed or v in entry or v in tested)
            and (v in tested or mirror is None or self._bound_in_both(v, branch))
        ]
        flags = [
            v for v in hoisted if self._only_flag(branch, v) and (v is flag or v not in tested)
        ]
        hoisted = [v for v in hoisted if v not in flags]
        needed |= set(hoisted) | (entry & self._lost)
        saves, restores = self._save(hoisted, needed, kept)
        resets: Block = [Assign((v,), Const(False)) for v in flags]
        inside = kept | set(hoisted) | set(flags)
        outer_direct = self.loops[-1].direct if self.loops else True
        if self.loops:
            self.loops[-1].direct = False
        then_needed, other_needed = set(needed), set(needed)
        defined = set(self.defined)
        then = self._block(branch.then, then_steps, then_needed, inside)
        then_defined, self.defined = self.defined, defined
        other = self._block(branch.other, other_steps, other_needed, inside)
        self.defined &= then_defined
        if self.loops:
            self.loops[-1].direct = outer_direct
        needed |= then_needed | other_needed
        for var in hoisted:
            if var not in then_needed and var not in other_needed:
                needed.discard(var)
        test: Expr = branch.test
        if branch in self.flags and flag is None:
            test = Ref(self.flags[branch])
        needed |= {v for v in tested if v not in hoisted} & self._lost
        ahead = [*before, *saves, replace(branch, test=test, then=then[0], other=other[0])]
        back: Block = []
        if mirror is not None or then[1] or other[1]:
            back = [Branch(self._test(branch), then[1], other[1], origin=branch.origin)]
            self.plan.sources[back[0]] = [branch]
        return ahead, [*restores, *recalled, *back, *resets]

    def _flag(self, branch: Branch) -> tuple[Block, Block]:
        """Keeps the outcome of a test under a name; in a loop, on a trace of its own."""
        flag = Var(hint_for(branch.test))
        self.flags[branch] = flag
        self.defined.add(flag)
        assign = Assign((flag,), branch.test)
        if not self.loops:
            return [assign], []
        save, restore = self._remember(flag)
        return [assign, *save], restore

    def _can_test_again(self, branch: Branch) -> bool:
        return can_repeat(branch.test, self.facts) and cost(branch.test, self.facts) <= 8

    def _bound_in_both(self, var: Var, branch: Branch) -> bool:
        then = any(var in bound_by(s) for s in branch.then)
        return then and any(var in bound_by(s) for s in branch.other)

    def _only_flag(self, branch: Branch, var: Var) -> bool:
        """Whether a variable is a flag that the branch sets: it was False before."""
        found = [s for s in _statements(branch) if isinstance(s, Assign) and var in bound_by(s)]
        return bool(found) and all(_is_flag(s) for s in found)

    def _inner_needs(
        self, block: Block, steps: list[Step], changed: set[Var], inner: set[Var], entry: set[Var]
    ) -> None:
        """Which variables the mirror of a block reads after the block changed them (`inner`), and
        which it reads as they were at its entry (`entry`)."""
        by_source = {step.source: step.nodes for step in steps if step.source is not None}
        for step in steps:
            if step.source is None:
                for node in step.nodes:
                    entry |= self._reads(node.body) if isinstance(node, Group) else set()
        for statement in block:
            nodes = by_source.get(statement, [])
            bound = self._bound(statement)
            for follower in self.shadows.follow.get(statement, []):
                bound |= bound_by(follower)
            changed |= {var for _, var in self.extracted.get(statement, [])}
            for node in nodes:
                if isinstance(node, Group) and node.source is not None:
                    before, after = self._reads_by_time(node.body, bound)
                    inner |= (before & changed) | after
                    entry |= before - changed
                else:
                    reads = self._mirror_reads([Step(statement, [node])])
                    within = set(self._bound_inside(statement)) | changed
                    inner |= reads & within
                    entry |= reads - changed
            changed |= set(self._bound_inside(statement))
            changed |= self.cells.overwritten_by(statement, self.cells.known)

    def _guard(
        self, guard: Guard, nodes: list[Any], needed: set[Var], kept: set[Var]
    ) -> tuple[Block, Block]:
        mirror = next((n for n in nodes if isinstance(n, MirrorGuard)), None)
        first = [s for n in nodes if isinstance(n, Group) for s in n.body]
        steps = mirror.body if mirror else []
        outer_direct = self.loops[-1].direct if self.loops else True
        if self.loops:
            self.loops[-1].direct = False
        forward, backward = self._block(guard.body, steps, needed, kept)
        if self.loops:
            self.loops[-1].direct = outer_direct
        ahead: Block = [Guard(guard.left, forward)]
        if not backward and not first:
            return ahead, []
        needed |= self._reads(first) & self._lost
        back: Block = [*first]
        if backward:
            needed |= set(guard.left) & self._lost
            back.append(Branch(none_of(guard.left), backward, []))
        return ahead, back

    def _context(
        self, context: Context, nodes: list[Any], needed: set[Var], kept: set[Var]
    ) -> tuple[Block, Block]:
        mirror = next((n for n in nodes if isinstance(n, MirrorContext)), None)
        steps = mirror.body if mirror else []
        forward, backward = self._block(context.body, steps, needed, kept)
        ahead: Block = [replace(context, body=forward)]
        if not backward:
            return ahead, []
        if "errstate" in context.header:
            return ahead, [replace(context, body=backward, origin=None)]
        return ahead, backward

    # ------------------------------------------------------------ loops

    def _loop(
        self, loop: For | While, nodes: list[Any], needed: set[Var], kept: set[Var]
    ) -> tuple[Block, Block]:
        mirror = next((n for n in nodes if isinstance(n, MirrorLoop)), None)
        at = nodes.index(mirror) if mirror else 0
        first = [s for n in nodes[:at] for s in n.body]
        last = [s for n in nodes[at + 1 :] for s in n.body] if mirror else []
        if mirror is None and nodes:
            first, last = [s for n in nodes for s in n.body], []
        needed |= self._reads(last) & self._lost
        bound = self._bound_inside(loop)
        with self.cells.inside(loop):
            reads = self._mirror_reads(mirror.body) if mirror else set()
        reads |= self._trading_places(loop, reads | needed)
        reads |= self._read_by_restores(loop, reads | needed)
        if mirror is None:
            saves, restores = self._save(bound, needed, kept)
            kept_parts, put_back = self._save_whole(loop, needed, kept)
            saves, restores = [*saves, *kept_parts], [*put_back, *restores]
            needed |= self._reads(first) & self._lost
            return [*saves, loop], [*first, *restores, *last]
        targets = set(targets_of(loop.target)) if isinstance(loop, For) else set()
        own = _own_targets(loop)
        hoisted = [v for v in bound if v in needed and (v in own or v not in reads)]
        saves, restores = self._save(hoisted, needed, kept)
        outer_kept = kept | set(hoisted)
        if not self.cells.overwritten_by(loop, reads):
            kept_parts, put_back = self._save_whole(loop, needed, outer_kept)
            saves, restores = [*saves, *kept_parts], [*put_back, *restores]
        ahead: Block = [*saves]
        back_after = [*restores, *last]
        header, given = self._header(loop, mirror)
        inside = _Loop(loop, [], self._counter(loop))
        outer, in_blocks = self.loops, self._runs_in_blocks(loop)
        state = self._state(loop, mirror, needed) if in_blocks else []
        self.loops = [inside] if in_blocks else [*outer, inside]
        again = self.cells.earlier(reads, loop)
        body_needed = (needed | (reads & set(bound) & self._lost) | again) - own - set(hoisted)
        stacked, popped = self._stacked_target(loop, given, reads)
        fresh = (self._assigned_first(loop) | (targets - own)) & body_needed - needed
        body_needed -= fresh
        defined = set(self.defined)
        self.defined |= own
        with self.cells.inside(loop):
            forward, backward = self._block(loop.body, mirror.body, body_needed, outer_kept)
            body_needed = self.cells.of_all(body_needed, loop)
        saves, restores = self._save(sorted_by(fresh, bound), body_needed, outer_kept)
        forward += saves
        backward = [*restores, *backward]
        self.defined = defined
        self.loops = outer
        header_reads = self._read_by([given]) if given is not None else set()
        header_reads |= {loop.count} if loop.count is not None else set()
        if in_blocks:
            body_needed = (body_needed - (set(bound) - needed)) | self._read_again(loop, bound)
        needed |= body_needed - own
        needed |= header_reads & self._lost if backward or popped else set()
        needed |= self._reads(first) & self._lost
        planned: For | While
        if isinstance(loop, For):
            assert header is not None
            planned = replace(loop, body=[*stacked, *forward], iterable=header)
        else:
            planned = replace(loop, body=forward)
        mirrored = None
        before = inside.before
        if backward or popped:
            target, iterable = self._reversed(loop, mirror, given)
            target = _without(target, targets - own)
            mirrored = For(target, iterable, [*popped, *backward], origin=loop.origin)
            self.plan.sources[mirrored] = [loop]
            if in_blocks:
                planned, mirrored, before = self._in_blocks(
                    loop, state, planned, mirrored, before, given, needed
                )
        where = self.loops[0].before if self.loops else ahead
        where += before
        ahead.append(planned)
        if mirrored is None:
            return ahead, [*first, *back_after]
        return ahead, [*first, mirrored, *back_after]

    # ------------------------------------------------------------ checkpointed loops

    def _runs_in_blocks(self, loop: Stmt) -> bool:
        """Whether a loop is checkpointed; one that cannot be is refused."""
        if not isinstance(loop, For) or not checkpoints.is_checkpointed(loop):
            return False
        changed: list[Var] = []
        for statement in statements(loop.body):
            places = [p for p in self.cells.places(statement) if p.how != "place"]
            changed += [v for p in places for v in written_into(Place(p.base, Const(None)))]
            bases = [write.base for write in self.regions.writes.get(statement, [])]
            found = [v for base in bases for v, _ in self.regions.aliases(base)]
            changed += [v for v in found if not self.is_array(v)]
            changed += self._containers_written(statement)
        program = self.engine.program
        refused = list(checkpoints.refusals(loop, program, self.facts, self.shadows, changed))
        self.engine.errors += refused
        return not refused

    def _state(self, loop: For | While, mirror: MirrorLoop, needed: set[Var]) -> list[State]:
        """What is kept of a checkpointed loop at the beginning of a block."""
        assert isinstance(loop, For)
        shadows = {*self.shadows.of.values(), *self.shadows.sharing.values()}
        bound = [v for v in self._bound_inside(loop) if v not in shadows]
        entry: set[Var] = set()
        self._inner_needs(loop.body, mirror.body, set(), set(), entry)
        wanted = checkpoints.exposed(loop, bound) | entry | needed
        own = set(targets_of(loop.target))
        carried = [v for v in bound if v in wanted and v not in own]
        self.undefined |= dict.fromkeys(v for v in carried if v not in self.defined)
        return checkpoints.state_of(loop, carried, self.defined, self)

    def _read_again(self, loop: For | While, bound: Iterable[Var]) -> set[Var]:
        """What running a loop again reads of what was before it."""
        exprs = [e for s in statements(loop.body) for e in expressions(s)]
        return (self._read_by(exprs) - set(bound)) & self._lost

    def _in_blocks(
        self,
        loop: For | While,
        state: list[State],
        ahead: For | While,
        mirrored: For,
        traces: Block,
        given: Expr | None,
        needed: set[Var],
    ) -> tuple[For, For, Block]:
        """The two halves of a checkpointed loop, each in blocks, and what stands before both.

        `ahead` and `mirrored` are the halves of the same loop as if it were not checkpointed.
        """
        assert isinstance(loop, For) and isinstance(ahead, For) and given is not None
        block = Var("block")
        live = needed | all_reads(mirrored)
        exchanged = {s for s in self.followers if is_exchange(s)}
        again: Block = [For(loop.target, Ref(block), checkpoints.again(ahead.body, exchanged))]
        again = without_dead(again, live, {}, None, self.plan.replaced, self.plan.regions)
        self.plan.repeated |= {repeated: loop for repeated in again}
        state = [part for part in state if live & set(self.regions.together(part.var))]
        traced = [self.saved[s] for s in statements(ahead.body) if s in self.saved]
        weight = checkpoints.weight_of(state, traced, self)
        saves: Block = []
        restores: Block = []
        for part in state:
            kind = self.facts.bindings.get(part.var)
            save, restore = checkpoints.kept(part, self._content(part, kind))
            if part.how in ("value", "both"):
                self.regions.keepers[part.checkpoints] = part.var
            saves += self._saving(save, kind)
            restores += restore
            why = "the loop is checkpointed: this is its state at the beginning of a block"
            around = tuple(each.statement for each in self.loops)
            readers = tuple(self.readers.get(part.var, ()))
            self.plan.kept.append(
                Kept(part.checkpoints, part.var.hint, kind, loop, around, readers, why, True)
            )
        backward = call("builtins.reversed", Ref(block), text="reversed")
        mirror = replace(mirrored, iterable=backward, origin=None)
        self.plan.sources[mirror] = self.plan.sources.pop(mirrored)
        steps = checkpoints.without(ahead.body, self.saved)
        blocks = checkpoints.blocks_of(ahead.iterable, weight)
        reverse = checkpoints.blocks_of(given, weight)
        return (
            For(block, blocks, [*saves, replace(ahead, body=steps, iterable=Ref(block))]),
            For(
                block,
                call("builtins.reversed", reverse, text="reversed"),
                [*restores, *traces, *again, mirror],
            ),
            [Assign((part.checkpoints,), Make("list", ())) for part in state],
        )

    def _content(self, part: State, kind: Any) -> Expr:
        """What is kept of a variable of the state."""
        ref = self._noted(Ref(part.var), kind)
        if part.how != "value":
            return _copied_part(ref, kind)
        changed = part.var in self.mutated and not is_number(kind)
        return _copy(ref, kind) if changed else ref

    def _read_by_restores(self, loop: For | While, wanted: set[Var]) -> set[Var]:
        """What says where a loop writes to wanted parts of arrays: they are put back there."""
        cells = wanted & self.cells.known.keys()
        found: set[Var] = set()
        with self.cells.inside(loop):
            for statement in statements(loop.body):
                for place in self.cells.places(statement):
                    if place.key is not None and self.cells.overwritten_in(place, cells):
                        found |= self._read_to_reach(place.base, self._plain_key(place.key))
        return found

    def _bound(self, statement: Stmt) -> dict[Var, None]:
        """What a statement gives values to; a list that it changes counts as another one."""
        bound = bound_by(statement)
        for inner in _statements(statement):
            bound |= dict.fromkeys(self._containers_written(inner))
        return bound

    def _bound_inside(self, statement: Stmt) -> dict[Var, None]:
        """What a compound statement gives values to, the values taken out of its parts included."""
        bound = self._bound(statement)
        for inner in _statements(statement):
            if inner is not statement:
                bound |= {var: None for _, var in self.extracted.get(inner, [])}
        return bound

    def _assigned_first(self, loop: For | While) -> set[Var]:
        """The variables that every iteration assigns before anything reads them.

        What they hold is remembered at the end of an iteration, since there is nothing to remember
        before the first.
        """
        if _leaves_early(loop.body):
            return set()
        seen: set[Var] = set()
        found: set[Var] = set()
        for statement in loop.body:
            if isinstance(statement, Assign) and statement.augmented is None:
                seen |= all_reads(statement)
                found |= set(bound_by(statement)) - seen
                seen |= set(bound_by(statement))
            else:
                for _, var in self.extracted.get(statement, []):
                    found.add(var)
                seen |= all_reads(statement) | set(bound_by(statement))
            found |= {var for _, var in self.extracted.get(statement, [])}
        return found & self._lost

    def _counter(self, loop: For | While) -> Expr | None:
        """The expression that counts a loop's iterations from 0, where its own variable does."""
        if not isinstance(loop, For) or loop.count is not None:
            return None
        iterable, target = loop.iterable, loop.target
        if not (isinstance(iterable, Apply) and iterable.op == "builtins.range"):
            return None
        plain = len(iterable.args) == 1 or (
            len(iterable.args) == 2
            and isinstance(iterable.args[0], Const)
            and iterable.args[0].value == 0
        )
        if not plain or not isinstance(target, Var) or target.hint == "_":
            return None
        if any(target in bound_by(s) for s in loop.body):
            return None
        return Ref(target)

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
        reads = {r.var for r in _refs(given)}
        costly = cost(unwrapped(loop.iterable), self.facts) > 8
        if not (unknown or costly or reads & set(self._bound_inside(loop))):
            return given
        # With a target of its own the backward loop runs over keys too, the forward loop does not.
        keyed = mirror.target is not loop.target
        whole = iterable if keyed else loop.iterable
        ref = self._typed(Ref(Var("items")), whole)
        if unknown or not _is_sequence(whole, self.facts):
            whole = call("builtins.list", whole, text="list")
        self.extracted.setdefault(loop, []).append((whole, ref.var))
        if self.homes.depth[loop.iterable]:
            self.overwritten.add(ref.var)
        if not keyed:
            self.headers[loop] = ref
        return ref

    def _header(self, loop: For | While, mirror: MirrorLoop) -> tuple[Expr | None, Expr | None]:
        """The iterable of the forward loop, and that of the backward loop."""
        if isinstance(loop, While):
            return None, None
        if one_shot(loop.iterable, self.used_up):
            return loop.iterable, None
        header = self.headers.get(loop)
        if header is None and self._of_unknown_kind(loop.iterable) and loop.count is not None:
            return loop.iterable, None
        return loop.iterable if header is None else header, mirror.iterable

    def _of_unknown_kind(self, iterable: Expr) -> bool:
        """Whether a parameter that a loop runs over may be an iterator, since nothing says what it
        is. What carries a derivative is an array or a list."""
        if not isinstance(iterable, Ref) or iterable in self.facts.varied:
            return False
        return any(p.var is iterable.var and p.annotation is None and p.kind == "positional"
                   for p in self.function.params)  # fmt: skip

    def _stacked_target(
        self, loop: For | While, given: Expr | None, reads: set[Var]
    ) -> tuple[Block, Block]:
        """Remembers the element of an iterable that cannot be run over again."""
        if not isinstance(loop, For) or given is not None:
            return [], []
        saves: Block = []
        restores: Block = []
        for var in targets_of(loop.target):
            if var in reads:
                save, restore = self._remember(var)
                saves += save
                restores = [*restore, *restores]
        return saves, restores

    def _reversed(
        self, loop: For | While, mirror: MirrorLoop, given: Expr | None
    ) -> tuple[Target, Expr]:
        """The target and the iterable of the backward loop."""
        count = loop.count
        if given is None or isinstance(loop, While):
            assert count is not None
            times = call("builtins.range", Ref(count), text="range")
            if mirror.position is not None:
                return mirror.position, call("builtins.reversed", times, text="reversed")
            return Var("_"), times
        target = mirror.target
        assert target is not None
        is_range = isinstance(given, Apply) and given.op == "builtins.range"
        position = mirror.position
        if position is not None and not mirror.enumerated:
            given = call("builtins.enumerate", given, text="enumerate")
            target = Unpack((position, target))
        if not is_range or (position is not None and not mirror.enumerated):
            if not _is_sequence(given, self.facts):
                given = call("builtins.list", given, text="list")
        if count is not None:
            from s2sad.ir.nodes import Slice

            given = Apply("getitem", (given, Slice(None, Ref(count))), (), "index")
        return target, call("builtins.reversed", given, text="reversed")


def _own_targets(loop: For | While) -> set[Var]:
    """The targets of a loop; one that the body gives another value to is a variable like others."""
    targets = targets_of(loop.target) if isinstance(loop, For) else ()
    return {v for v in targets if not any(v in bound_by(s) for s in loop.body)}


def _without(target: Target, variables: set[Var]) -> Target:
    """A target that leaves these variables alone."""
    match target:
        case Var():
            return Var("_") if target in variables else target
        case Unpack(parts, star):
            return Unpack(tuple(_without(part, variables) for part in parts), star)
    return target


def sorted_by(variables: set[Var], order: Iterable[Var]) -> list[Var]:
    """Variables in a given order, the others after them by name."""
    known = [var for var in order if var in variables]
    return known + sorted(variables - set(known), key=lambda var: var.serial)


def _leaves_early(block: Block) -> bool:
    """Whether an iteration may end before the end of its block."""
    for statement in block:
        match statement:
            case Break() | Continue():
                return True
            case Branch():
                if _leaves_early(statement.then) or _leaves_early(statement.other):
                    return True
            case Context() | Guard():
                if _leaves_early(statement.body):
                    return True
    return False


def _break_flag(branch: Branch) -> Var | None:
    """The flag that says that a branch left the loop, where its first part always does."""
    if branch.then and isinstance(branch.then[-1], Break):
        before = branch.then[-2] if len(branch.then) > 1 else None
        if before is not None and _is_flag(before) and isinstance(before, Assign):
            flag = before.targets[0]
            return flag if isinstance(flag, Var) else None
    return None


def _is_flag(statement: Stmt) -> bool:
    """Whether a statement sets one of the flags that exits made."""
    return (
        isinstance(statement, Assign)
        and isinstance(statement.value, Const)
        and statement.value.value is True
        and isinstance(statement.targets[0], Var)
        and not statement.targets[0].user
    )


def _is_float(kind: Any) -> bool:
    return isinstance(kind, Array) and kind.shape == SCALAR and kind.dtype == "float64"


def _is_sequence(expr: Expr, facts: Facts) -> bool:
    """Whether reversed() takes a value as it is: a list, a tuple, an array, a range."""
    from s2sad.analysis.types import ListOf, TupleOf

    if isinstance(expr, Apply) and expr.op in ITERABLES:
        return expr.op in ("builtins.range", "builtins.list", "builtins.tuple")
    return isinstance(facts.type_of(expr), Array | ListOf | TupleOf)


def _plain(expr: Expr) -> Expr:
    """An expression as the backward part writes it, without its place in the source."""
    return _rebuilt(expr, _plain)


def _rebuilt(node: Expr, inner: Any) -> Expr:
    """A node of the forward part made again from parts that `inner` gives."""
    from s2sad.ir.nodes import Invoke, Slice

    match node:
        case Const() | Ref():
            return node
        case Apply(op, args, kwargs, form, text):
            named = tuple((name, inner(value)) for name, value in kwargs)
            return Apply(op, tuple(inner(a) for a in args), named, form, text)
        case Make(kind, items, keys, cls):
            return Make(kind, tuple(inner(i) for i in items), tuple(inner(k) for k in keys), cls)
        case Slice(start, stop, step):
            return Slice(*(None if p is None else inner(p) for p in (start, stop, step)))
        case Select(test, then, other, form):
            again = inner(test)
            return Select(
                again,
                again if then is test else inner(then),
                again if other is test else inner(other),
                form,
            )
        case Invoke(callee, args, function, text):
            called = tuple(None if a is None else inner(a) for a in args)
            return Invoke(callee, called, None if function is None else inner(function), text)
    return node


def _own_values(statement: Stmt) -> list[Value]:
    """The references to values in a statement, not in those inside it, nor in comprehensions."""
    exprs = _exprs_of(statement)
    if isinstance(statement, Branch):
        exprs = [statement.test]
    if isinstance(statement, For):
        exprs = [statement.iterable]
    return [v for e in exprs if not isinstance(e, Each) for v in values_in(e)]


def _exprs_of(statement: Stmt) -> list[Expr]:
    """The expressions of a statement of the backward part, those of nested ones included."""
    match statement:
        case Assign():
            return [statement.value, *(e for t in statement.targets for e in expressions_in(t))]
        case Evaluate():
            return [statement.value]
        case Branch():
            inner = [e for s in (*statement.then, *statement.other) for e in _exprs_of(s)]
            return [statement.test, *inner]
        case For():
            return [statement.iterable, *(e for s in statement.body for e in _exprs_of(s))]
        case Context():
            return [e for s in statement.body for e in _exprs_of(s)]
    return []


def _refs(expr: Expr) -> list[Ref]:
    return [n for n in walk(expr) if isinstance(n, Ref)]


def _refs_of(statement: Stmt) -> list[Ref]:
    return [ref for expr in _exprs_of(statement) for ref in _refs(expr)]


def _rewritten(statement: Stmt, change: Any) -> Stmt:
    match statement:
        case Assign():
            return Assign(statement.targets, rewrite(statement.value, change), statement.augmented)
        case Evaluate():
            return Evaluate(rewrite(statement.value, change))
        case Branch():
            then = [_rewritten(s, change) for s in statement.then]
            other = [_rewritten(s, change) for s in statement.other]
            return Branch(rewrite(statement.test, change), then, other)
        case For():
            body = [_rewritten(s, change) for s in statement.body]
            return For(statement.target, rewrite(statement.iterable, change), body)
    return statement


def _statements(statement: Stmt) -> Iterable[Stmt]:
    stack = [statement]
    while stack:
        node = stack.pop()
        yield node
        match node:
            case Branch():
                stack += [*node.then, *node.other]
            case For() | While() | Context() | Guard():
                stack += node.body


def _inner_first(statement: Stmt) -> list[Expr]:
    """The expressions of a statement, parts before what they are parts of."""
    roots: list[Expr] = []
    match statement:
        case Assign() | Evaluate():
            roots = [statement.value]
        case Return():
            roots = [statement.value] if statement.value is not None else []
        case Branch() | While():
            roots = [statement.test]
        case For():
            roots = [statement.iterable]
    order: list[Expr] = []
    stack = list(reversed(roots))
    while stack:
        node = stack.pop()
        order.append(node)
        stack.extend(children(node))
    return order[::-1]


def _returned_variable(function: Function) -> Var:
    """The variable that holds the result: the one that the exits made, else a new one."""
    last = function.body[-1] if function.body else None
    if isinstance(last, Return) and isinstance(last.value, Ref):
        if last.value.var.hint == "value" and not last.value.var.user:
            return last.value.var
    return Var("value")


def _is_user(expr: Expr) -> bool:
    return isinstance(expr, Ref) and expr.var.user


def _copied_part(value: Expr, kind: Any) -> Expr:
    """A copy of a part of an array; of one that may be a number too."""
    if isinstance(kind, Array) and isinstance(kind.shape, Shape):
        return Apply("numpy.copy", (value,), (), "method", "copy")
    return call("numpy.copy", value)


def _copy(value: Expr, kind: Any) -> Expr:
    """A copy of an object that the program changes later."""
    if isinstance(kind, Array):
        return call("numpy.copy", value)
    return call("copy.deepcopy", value, text="copy.deepcopy")


def _overwritten(function: Function, shadows: Shadows) -> set[Var]:
    """The variables that are given a value more than once when the function runs."""
    counts: dict[Var, int] = {p.var: 1 for p in function.params}
    counts |= {v: 1 for s in shadows.entry for v in bound_by(s)}
    counts |= dict.fromkeys(shadows.handed, 1)

    def visit(block: Block, weight: int) -> None:
        for statement in block:
            match statement:
                case Branch():
                    visit(statement.then, weight)
                    visit(statement.other, weight)
                case For() | While():
                    if isinstance(statement, For):
                        for var in targets_of(statement.target):
                            counts[var] = counts.get(var, 0) + 1
                    visit(statement.body, 2)
                case Context() | Guard():
                    visit(statement.body, weight)
                case _:
                    for var in bound_by(statement):
                        counts[var] = counts.get(var, 0) + weight

    visit(function.body, 1)
    return {var for var, count in counts.items() if count > 1}
