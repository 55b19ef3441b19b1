"""Reverse mode: the backward sweep over the statements of a function.

Input: a function with structured exits, and its facts. Output: a `Backward`, the mirror image of
the function, in which forward values are referred to by definition; what must be remembered for
that is decided later (`derive/memory.py`).

    h = np.tanh(z)                 d_z = d_h * (1.0 - h * h)
    for i in range(n): ...         for i in reversed(range(n)): ...
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from s2sad.analysis.facts import Facts
from s2sad.analysis.iteration import WRAPPERS, unwrapped
from s2sad.analysis.regions import Regions
from s2sad.analysis.types import (
    INT,
    NUMBER,
    SCALAR,
    Array,
    DictOf,
    ListOf,
    Shape,
    Star,
    Struct,
    TupleOf,
    Unknown,
    is_integral,
    may_be_complex,
)
from s2sad.derive.adjoints import Adjoint, Path, Slot, State, joined, same_entry
from s2sad.derive.broadcasting import call, expand, reduced_to, shape_of_value
from s2sad.derive.cells import Cells
from s2sad.derive.held import is_container, item_at, part_of, written_out
from s2sad.derive.instantiate import as_value, count_reads, instantiate
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
from s2sad.derive.pull import _summed
from s2sad.derive.shadows import Shadows
from s2sad.derive.unread import unread_writes
from s2sad.derive.writes import Writes, is_write
from s2sad.ir.bindings import bound_by, targets_of
from s2sad.ir.flow import expressions, statements
from s2sad.ir.nodes import (
    Apply,
    Assign,
    Block,
    Branch,
    Const,
    Context,
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
    Slice,
    Stmt,
    Target,
    Unpack,
    Value,
    Var,
    Verbatim,
    While,
    walk,
)


class Reverse(Writes):
    """The backward sweep of one function."""

    def __init__(self, facts: Facts, engine: Any, regions: Regions) -> None:
        super().__init__(facts, engine, regions)
        self.value_keys: dict[Expr, Var] = {}
        self.widened: dict[object, dict[Slot, None]] = {}
        self.borrowed: dict[object, dict[Slot, None]] = {}
        self.seeds: set[Var] = set()
        self.whole_call = False
        self.given: set[Var] = set()
        self.rebound: set[Var] = set()
        self.cells = Cells(facts, regions, lambda var: False)
        self.rebinds = False

    def mirror(self, shadows: Shadows) -> None:
        """From here on these variables have shadows."""
        self.shadows = shadows
        self.errors += shadows.errors
        for var, shadow in shadows.of.items():
            slot: Slot = (var, ())
            self.hold(slot, shadow)
            tree = is_container(self.slot_type(slot))
            whole = Adjoint(Ref(shadow), self.slot_shape(slot), True, True, tree)
            self.state.shadows[slot] = whole if tree else self.read(shadow, whole)

    def handed(self, var: Var) -> Var:
        """The variable in which a backward function is handed the adjoint of an argument that is
        written into: its own array, as it is after the call."""
        adjoint = self.adjoint_var((var, ()))
        if var in self.shadows.of:
            return adjoint
        shape = self.slot_shape((var, ()))
        whole = Adjoint(Ref(adjoint), shape, True, True)
        self.state.set((var, ()), self.read(adjoint, whole))
        return adjoint

    def run(self, function: Function, seed: Adjoint | None, wrt: list[Var]) -> Backward:
        """The backward part of a function for an adjoint of its result.

        `wrt` are the variables whose adjoints are returned, in order.
        """
        mirror: list[Step] = []
        self.unread = unread_writes(function, self.facts, self.regions)
        self.given = {p.var for p in function.params}
        for statement in function.body:
            if isinstance(statement, Assign):
                self.given |= set(bound_by(statement))
        body = function.body
        if body and isinstance(body[-1], Return):
            last = body[-1]
            if last.value is not None and seed is not None:
                value = last.value
                self.hints[value] = "value"
                nodes = self._group(last, lambda: self._pull_root(value, seed))
                mirror += [Step(last, nodes + self.probe(last))] if nodes else []
            body = body[:-1]
        mirror += self.block(body)
        self.rebound = set()
        results = [self.take(var) for var in wrt]
        late = {ref for ref in self.late if isinstance(ref, Ref)}
        return Backward(mirror, results, late)

    # ------------------------------------------------------------ statements

    def block(self, block: Block) -> list[Step]:
        """The mirror of a block: its statements in reverse order."""
        steps = []
        for statement in reversed(block):
            nodes = self.statement(statement)
            if nodes:
                steps.append(Step(statement, nodes + self.probe(statement)))
        return steps

    def probe(self, statement: Stmt) -> list[Mirror]:
        """For checks: shows all adjoints as they are before a simple statement."""
        origin = statement.origin
        if not self.engine.program.probed or origin is None:
            return []
        if not isinstance(statement, Assign | Evaluate | Return):
            return []
        place = origin.module.location(origin.node)
        shown: list[Expr] = []
        for slot in self.state.slots():
            root, path = slot
            entry = self.state.get(slot)
            if not isinstance(root, Var) or not root.user:
                return []
            if entry is not None:
                keys = Make("tuple", tuple(Const(key) for key in path))
                shown.append(Make("tuple", (Const(root.hint), keys, entry.expr)))
        where = (Const(place.file), Const(place.line))
        call_ = Apply("probe", (*where, Make("list", tuple(shown))), (), "call", "probe__")
        return [Group(None, [Evaluate(call_)])]

    def statement(self, statement: Stmt) -> list[Mirror]:
        """The mirror of one statement."""
        self._check_calls(statement)
        match statement:
            case Assign():
                return self._assign(statement)
            case Evaluate():
                return self._evaluate(statement)
            case Branch():
                return self._branch(statement)
            case Guard():
                return self._guard(statement)
            case For() | While():
                return self._loop(statement)
            case Context():
                inner = self.block(statement.body)
                return [MirrorContext(statement, inner)] if inner else []
            case Verbatim():
                self._verbatim(statement)
        return []

    def _check_calls(self, statement: Stmt) -> None:
        """A call that writes must be all of a statement, so that its mirror is one too."""
        whole = statement.value if isinstance(statement, Assign | Evaluate) else None
        for expr in expressions(statement):
            for node in walk(expr):
                if isinstance(node, Invoke) and node is not whole:
                    if self.engine.writes_varied(node):
                        self.add_error(inner_call(node))

    def _group(self, source: Stmt | None, work: Callable[[], None]) -> list[Mirror]:
        self.out = []
        self.seeds = set()
        self.whole_call = False
        self.taken = set()
        self.items = {}
        self.held = {}
        work()
        self.flush()
        return [Group(source, written_out(self.out, self.held))] if self.out else []

    def _assign(self, statement: Assign) -> list[Mirror]:
        return self._group(statement, lambda: self._pull_assigned(statement))

    def _pull_assigned(self, statement: Assign) -> None:
        first = statement.targets[0]
        read = {n.var for n in walk(statement.value) if isinstance(n, Ref)}
        self.rebound = read & set(bound_by(statement))
        self.rebinds = any(isinstance(t, Place | Unpack) for t in statement.targets)
        if len(statement.targets) == 1 and isinstance(first, Place):
            self.pull_write(statement, first, statement.value, statement.augmented)
            return
        if len(statement.targets) == 1 and isinstance(first, Unpack):
            self._pull_unpacked(statement, first, statement.value)
            return
        if isinstance(first, Var) and first in self.shadows.of:
            self._pull_allocation(statement, statement.value, first)
            return
        if isinstance(statement.value, Apply) and statement.value.op == "list.pop":
            if self.has_shadow(statement.value.args[0]):
                return
            seed = self.take(first) if isinstance(first, Var) else None
            self.pull_pop(statement, statement.value, seed)
            return
        # The targets are assigned from left to right.
        found = [self._seed(t, statement, statement.value) for t in reversed(statement.targets)]
        seeds = [seed for seed in found if seed is not None]
        if isinstance(statement.value, Invoke) and self.engine.writes_varied(statement.value):
            self._pull_call(statement.value, _summed(seeds) if seeds else None)
            return
        if not seeds or not self.is_varied(statement.value):
            return
        self._pull_root(statement.value, _summed(seeds), first)

    def _pull_root(self, value: Expr, seed: Adjoint, target: Target | None = None) -> None:
        self._hint_for(value, target)
        self.seeds |= {n.var for n in walk(seed.expr) if isinstance(n, Ref)}
        self.whole_call = isinstance(value, Invoke)
        if self._writes_early(value):
            seed = self.protected(seed, f"d_{self.hint(value)}_out")
        self.pull(value, seed)

    def _pull_allocation(self, statement: Assign, value: Expr, var: Var) -> None:
        """A name is bound to an array with a shadow: a new one passes its adjoint on; another name
        or a view has the same shadow."""
        if statement.augmented is not None:
            self.pull_write(statement, Place(Ref(var), Const(...)), value, statement.augmented)
            return
        if statement in self.shadows.sharing:
            flag = self.shadows.sharing[statement]
            if isinstance(flag, Ref):
                flag = Ref(flag.var)
                self.late.add(flag)
            outer, self.out = self.out, []
            seed = self.take(var)
            assert seed is not None
            self._pull_root(value, seed, var)
            self.flush()
            made, self.out = self.out, outer
            if made:
                match flag:
                    case Apply("gt"):
                        number = as_value(replace(flag, op="le", text="<="))
                        self.out.append(Branch(number, made, []))
                    case _:
                        self.out.append(Branch(flag, [], made))
            return
        if isinstance(value, Invoke) and self.engine.writes_varied(value):
            seed = None if self.regions.aliases(value) else self.take(var)
            self._pull_call(value, seed)
            return
        self._pull_new(value, Ref(var), var)

    def _pull_new(self, value: Expr, where: Expr, target: Target | None = None) -> None:
        """What is new in a value with a shadow passes its adjoint on. It stands at `where` after
        the statement: in a variable, or as an item of a container."""
        if not self.is_varied(value):
            return
        match value:
            case Select(test, then, other) if self._is_alias(value):
                arms: list[Block] = []
                for arm in (then, other):
                    outer, self.out = self.out, []
                    self._pull_new(arm, where, target)
                    self.flush()
                    arms.append(self.out)
                    self.out = outer
                if any(arms):
                    self.out.append(Branch(as_value(test), arms[0], arms[1]))
            case Make() if is_container(self.facts.type_of(value)):
                for k, item in enumerate(value.items):
                    key = value.keys[k].value if value.keys else k  # type: ignore[union-attr]
                    self._pull_new(item, part_of(where, key, self.facts.type_of(value)))
            case Apply("mul", args) if is_container(self.facts.type_of(value)):
                for part in args:
                    self._pull_new(part, where)
            case Apply("add", (left, right)) if is_container(self.facts.type_of(value)):
                self._pull_new(left, where)
                size = len(right.items) if isinstance(right, Make) else 0
                end = Apply("getitem", (where, Slice(Const(-size), None)), (), "index")
                self._pull_new(right, end)
            case _ if not self._is_alias(value):
                seed = self._taken_new(where)
                assert seed is not None
                self._pull_root(value, seed, target)

    def _taken_new(self, where: Expr) -> Adjoint | None:
        """The adjoint of what a statement put into a variable or a container."""
        if isinstance(where, Ref):
            return self.take(where.var)
        slot = self.held_slot(where, late=True)
        assert slot is not None
        entry = self.state.shadows[slot]
        self.late.add(entry.expr)
        if self.rebinds:
            kept = Var("d_new")
            self.out.append(Assign((kept,), entry.expr))
            entry = entry if entry.tree else self.read(kept, entry)
            entry = replace(entry, expr=Ref(kept) if entry.tree else entry.expr)
        return replace(entry, owned=False)

    def _is_alias(self, value: Expr) -> bool:
        return any(v in self.shadows.of for v, _ in self.regions.aliases(value))

    def _hint_for(self, value: Expr, target: Target | None) -> None:
        if isinstance(target, Var):
            self.hints[value] = target.hint

    def _writes_early(self, value: Expr) -> bool:
        """Whether contributions are written out while a part of the value is still to be pulled."""
        return any(isinstance(n, Select | Each) and self.is_varied(n) for n in walk(value))

    def _seeds_of(self, target: Unpack, statement: Assign, value: Expr) -> list[Adjoint | None]:
        """The adjoints of a target's parts, under names that hold until the last one is pulled."""
        seeds = self._seeds(target, statement, value)
        for seed in seeds:
            if seed is not None:
                self.seeds |= {n.var for n in walk(seed.expr) if isinstance(n, Ref)}
        if not self._writes_early(value):
            return seeds
        hints = [t.hint if isinstance(t, Var) else "part" for t in target.targets]
        return [
            None if seed is None else self.protected(seed, f"d_{hint}_out")
            for seed, hint in zip(seeds, hints, strict=True)
        ]

    def _seed(self, target: Target, statement: Assign, value: Expr) -> Adjoint | None:
        """The adjoint of a target, which is zero from then on."""
        match target:
            case Var() if target in self.shadows.of and self._is_alias(value):
                self._pull_new(value, Ref(target), target)
                return None
            case Var():
                return self.take(target)
            case Place():
                if self.puts_item(target):
                    self._pull_new(value, item_at(target))
                    return None
                return self.take_place(statement, target, value)
            case Unpack():
                parts = self._seeds(target, statement, value)
                if all(part is None for part in parts):
                    return None
                items = tuple(Const(0.0) if p is None else p.expr for p in parts)
                return Adjoint(Make("tuple", items), tree=True)

    def _seeds(self, target: Unpack, statement: Assign, value: Expr) -> list[Adjoint | None]:
        """The adjoints of the parts of a target, the last of which was assigned last."""
        items: list[Expr] = [
            Apply("getitem", (value, Const(k)), (), "index") for k in range(len(target.targets))
        ]
        if isinstance(value, Make) and len(value.items) == len(target.targets):
            items = list(value.items)
        self._check_keys(target, statement)
        pairs = list(zip(target.targets, items, strict=True))
        return [self._seed(part, statement, item) for part, item in reversed(pairs)][::-1]

    def _check_keys(self, target: Unpack, statement: Assign) -> None:
        """The places are those of before the statement only if it changes no key of theirs."""
        bound = set(targets_of(target))
        for part in target.targets:
            if isinstance(part, Place) and not isinstance(part.key, str):
                read = {n.var for e in (part.base, part.key) for n in walk(e) if isinstance(n, Ref)}
                if read & bound:
                    self.refuse("S2S011", "cannot differentiate a write to a place that the same "
                                "statement changes", statement,
                                "Write it as two statements.")  # fmt: skip

    def take(self, var: Var) -> Adjoint | None:
        """The adjoint of a variable, which is zero from then on."""
        if var in self.shadows.of:
            entry = self.state.shadows[var, ()]
            if entry.tree:
                entry = replace(entry, expr=Ref(self.shadows.of[var]))
            else:
                entry = self.read(self.shadows.of[var], entry)
            self.late.add(entry.expr)
            if var in self.rebound:
                # The adjoint of what was bound goes into that of what is replaced: two arrays.
                kept = Var(f"d_{var.hint}_out")
                self.out.append(Assign((kept,), entry.expr))
                entry = replace(entry, expr=Ref(kept)) if entry.tree else self.read(kept, entry)
            return replace(entry, owned=False)
        return self.take_part((var, ()))

    def take_part(self, slot: Slot) -> Adjoint | None:
        found = self.state.entries.get(slot[0], {})
        size = len(slot[1])
        entries = {path[size:]: found.pop(path) for path in list(found) if path[:size] == slot[1]}
        if not found:
            self.state.take(slot[0])
        whole = entries.pop((), None)
        if not entries:
            if whole is not None and whole.owned and isinstance(whole.expr, Ref):
                self.taken.add(whole.expr.var)
            return whole
        tree = self._tree(slot, entries)
        if whole is not None:
            tree = call("helper.add", whole.expr, tree, text="add")
        return Adjoint(tree, tree=True)

    def _tree(self, slot: Slot, entries: dict[Path, Adjoint]) -> Expr:
        """The adjoint of a container from those of its parts, as a dict of dicts."""
        groups: dict[str | int, dict[Path, Adjoint]] = {}
        for path, adjoint in entries.items():
            groups.setdefault(path[0], {})[path[1:]] = adjoint
        keys, items = [], []
        for key, parts in groups.items():
            keys.append(Const(key.lstrip(".") if isinstance(key, str) else key))
            whole = parts.pop((), None)
            if not parts and whole is not None:
                items.append(whole.expr)
                continue
            tree = self._tree((slot[0], (*slot[1], key)), parts)
            items.append(
                tree if whole is None else call("helper.add", whole.expr, tree, text="add")
            )
        made = Make("dict", tuple(items), tuple(keys))
        if len(groups) > 1 and any(isinstance(key, int) and key < 0 for key in groups):
            # x[0] and x[-1] may be one element.
            container = Value(self.slot_value(slot))
            return call("helper.from_both_ends", container, made, text="from_both_ends")
        return made

    def _check_views(self, statement: Assign, target: Unpack, value: Make) -> None:
        """Parts of an array that trade places are numbers: a view would see what the statement has
        written before. Where the rank is not known, the generated code makes sure."""
        changed: set[Var] = set()
        for part, item in zip(target.targets, value.items, strict=True):
            if not isinstance(part, Place):
                continue
            if not isinstance(self.facts.type_of(part.base), Array | Unknown):
                continue
            if changed & {self.regions.of(v) for v, _ in self.regions.aliases(item)}:
                kind = self.facts.type_of(item)
                self.numbers.add(statement)
                if isinstance(kind, Array) and isinstance(kind.shape, Shape):
                    self.refuse("S2S011", "cannot differentiate an exchange of parts that are "
                                "views: the second sees what is written to the first", statement,
                                "Take copies of them: .copy().")  # fmt: skip
            changed |= {self.regions.of(v) for v, _ in self.regions.aliases(part.base)}

    def _pull_unpacked(self, statement: Assign, target: Unpack, value: Expr) -> None:
        if isinstance(value, Make) and len(value.items) == len(target.targets):
            self._check_views(statement, target, value)
            if target.star is None:
                seeds = self._seeds_of(target, statement, value)
                for part, item, seed in zip(target.targets, value.items, seeds, strict=True):
                    if seed is not None:
                        self._hint_for(item, part)
                        self.pull(item, seed)
                return
        seeds = self._seeds_of(target, statement, value)
        writes = isinstance(value, Invoke) and self.engine.writes_varied(value)
        if isinstance(value, Invoke) and writes and all(seed is None for seed in seeds):
            self._pull_call(value, None)
            return
        if all(seed is None for seed in seeds) or not self.is_varied(value):
            return
        if target.star is not None:
            self.refuse("S2S014", "cannot differentiate a starred target", value,
                        "Take the parts by index.")  # fmt: skip
            return
        whole = []
        for part, seed in zip(target.targets, seeds, strict=True):
            if isinstance(part, Var) and (seed is None or not seed.tree):
                seed = self._whole_part(part, seed, isinstance(value, Invoke))
            whole.append(seed)
        self._pull_parts(value, whole)

    def _whole_part(self, part: Var, seed: Adjoint | None, zeros: bool) -> Adjoint | None:
        """The adjoint of one of several names that a value is given to, in the shape of its value;
        where there is none, `zeros` if a function needs to be handed one."""
        kind = self.facts.bindings.get(part, Unknown(part.hint))
        zeros = zeros and isinstance(kind, Array) and not is_integral(kind)
        if seed is None and not zeros:
            return None
        node = self.typed(Ref(part), kind)
        self.late.add(node)
        return expand(seed or Adjoint(Const(0.0), SCALAR, False), node, self.facts)

    def _pull_parts(self, value: Expr, seeds: list[Adjoint | None]) -> None:
        slot = self.slot_of(value)
        kind = self.facts.type_of(value)
        if self.has_shadow(value):
            for position, seed in enumerate(seeds):
                if seed is not None:
                    self.pull(Apply("getitem", (value, Const(position)), (), "index"), seed)
            return
        if slot is not None and isinstance(kind, TupleOf | Unknown | Struct | DictOf):
            names = [f".{f[0]}" for f in kind.fields] if isinstance(kind, Struct) else None
            for position, seed in enumerate(seeds):
                if seed is not None:
                    key: str | int = names[position] if names else position
                    self.pend((slot[0], (*slot[1], key)), seed)
            return
        if isinstance(kind, Array) or (slot is not None and isinstance(kind, ListOf)):
            for position, seed in enumerate(seeds):
                if seed is not None:
                    part = Apply("getitem", (value, Const(position)), (), "index")
                    self.facts.varied.add(part)
                    self.pull(part, seed)
            return
        parts = kind.items if isinstance(kind, TupleOf) else [None] * len(seeds)
        items: list[Expr] = []
        for seed, part_type in zip(seeds, parts, strict=True):
            if seed is None:
                items.append(Const(0.0))
            elif not seed.full and isinstance(part_type, Array):
                items.append(seed.expr)
            else:
                items.append(seed.expr)
        self.pull(value, Adjoint(Make("tuple", tuple(items)), tree=True))

    def _evaluate(self, statement: Evaluate) -> list[Mirror]:
        """A call for its effect; handing it something varied is harmless only where it is known."""
        value = statement.value
        if isinstance(value, Apply) and value.op == "s2sad.on_gradient":
            return self._group(statement, lambda: self._pull_mark(value))
        from s2sad.derive.effects import is_harmless, writer

        if isinstance(value, Invoke) and self.engine.writes_varied(value):
            return self._group(statement, lambda: self._pull_call(value, None))
        if isinstance(value, Apply) and value.op.startswith("list."):
            if self.has_shadow(value.args[0]):
                last = Apply("getitem", (value.args[0], Const(-1)), (), "index")
                new = value.args[1] if len(value.args) > 1 else Const(None)
                return self._group(statement, lambda: self._pull_new(new, last))
        if isinstance(value, Apply) and value.op == "list.append":
            return self._group(statement, lambda: self.pull_append(statement, value))
        if isinstance(value, Apply) and value.op == "list.pop":
            return self._group(statement, lambda: self.pull_pop(statement, value, None))
        if isinstance(value, Apply) and is_write(value):
            return self._group(statement, lambda: self.pull_call_that_writes(statement, value))

        if self.is_varied(value) and not is_harmless(value):
            if written := writer(value):
                self.refuse("S2S011", f"cannot differentiate {written}, which writes in place",
                            value, "Build the new value with np.where, np.concatenate or a "
                            "comprehension instead.")  # fmt: skip
                return []
            mutated = value.mutates if hasattr(value, "mutates") else ()
            if any(self.facts.bindings.get(v) is not None for v in mutated):
                advice = (
                    "If it changes nothing that carries a derivative, hand it stop_gradient(...)."
                )
                self.refuse("S2S012", "cannot see what this call does to what it is handed", value,
                            advice)  # fmt: skip
        return []

    def _pull_mark(self, value: Apply) -> None:
        """x = on_gradient(x, function): the adjoint of x is another one from here on."""
        assert isinstance(value.args[0], Ref)
        seed = self.take(value.args[0].var)
        if seed is not None:
            self._pull_root(value, seed, value.args[0].var)

    def _verbatim(self, statement: Verbatim) -> None:
        varied = any(self.is_varied(read) for read in statement.reads)
        for var in statement.binds:
            seed = self.take(var)
            if seed is not None and varied:
                reason = statement.reason or "s2sad does not look into this statement"
                advice = "If no derivative should flow here, use stop_gradient(...)."
                message = f"cannot differentiate: {reason}"
                self.refuse(statement.code, message, statement, advice)

    # ------------------------------------------------------------ branches

    def _branch(self, statement: Branch) -> list[Mirror]:
        before = self.state
        arms: list[tuple[list[Step], State]] = []
        for arm in (statement.then, statement.other):
            self.state = before.copy()
            mirror = self.block(arm)
            arms.append((mirror, self.state))
        joins: list[Block] = [[], []]
        self.state = self.merge((joins[0], arms[0][1]), (joins[1], arms[1][1]))
        for (mirror, _), join in zip(arms, joins, strict=True):
            if join:
                mirror.append(Step(None, [Group(None, join)]))
        if not arms[0][0] and not arms[1][0]:
            return []
        return [MirrorBranch(statement, arms[0][0], arms[1][0])]

    def _guard(self, statement: Guard) -> list[Mirror]:
        before = self.state.copy()
        mirror = self.block(statement.body)
        join: Block = []
        skipped: Block = []
        self.state = self.merge((join, self.state), (skipped, before))
        if join:
            mirror.append(Step(None, [Group(None, join)]))
        if not mirror:
            return []
        # What the guarded part leaves undone on the other path is done before it.
        return [*([Group(None, skipped)] if skipped else []), MirrorGuard(statement, mirror)]

    # ------------------------------------------------------------ loops

    def _loop(self, statement: For | While) -> list[Mirror]:
        position = self._position(statement) if isinstance(statement, For) else None
        used = [False]

        def body() -> list[Step]:
            steps = self.block(statement.body)
            if isinstance(statement, For) and position is not None:
                nodes = self._group(None, lambda: self._pull_target(statement, position, used))
                steps += [Step(None, nodes)] if nodes else []
            return steps

        before, inner = self.repeated(statement, body)
        after: list[Mirror] = []
        if isinstance(statement, For):
            for leaf in self._leaves(statement.iterable, statement):
                entry = self.take_root(leaf)
                if entry is not None:
                    after += self._group(None, lambda e=entry, n=leaf: self.pull(n, e))  # type: ignore[misc]
        changes = self._changes_containers(statement)
        changes = changes or self.cells.writes_under_changing_names(statement)
        if not inner and not after and not changes:
            return [Group(None, before)] if before else []
        loop = MirrorLoop(statement, inner)
        if isinstance(statement, For):
            loop.iterable, loop.target = self._keyed(statement.iterable, statement.target)
            loop.iterable = unwrapped(loop.iterable)
            if used[0]:
                loop.position = position
                loop.enumerated = _enumerated(statement) is not None
        head: list[Mirror] = [Group(None, before)] if before else []
        return [*head, loop, *after]

    def _changes_containers(self, loop: For | While) -> bool:
        """Whether a loop changes which objects a container holds, or what these hold: that is put
        back statement by statement."""
        return any(
            not self.regions.is_array(write.base)
            or any(self.regions.is_in_container(v) for v, _ in self.regions.aliases(write.base))
            for inner in statements(loop.body)
            for write in self.regions.writes.get(inner, ())
        )

    def take_root(self, root: Expr) -> Adjoint | None:
        """The adjoint of an iterable that has no name."""
        return self.state.take(root).get(())

    def _keyed(self, iterable: Expr, target: Target) -> tuple[Expr, Target]:
        """A loop over values as one over items, where the adjoint of a value needs its key."""
        key = self.value_keys.get(iterable)
        if key is None or not isinstance(iterable, Apply):
            return iterable, target
        items = Apply("dict.items", iterable.args, (), "method", "items")
        return items, Unpack((key, target))

    def repeated(self, key: object, body: Callable[[], list[Step]]) -> tuple[Block, list[Step]]:
        """The mirror of a loop's body, and the statements before the loop that it needs.

        Adjoints that the body changes must stand in their variables when an iteration begins. Which
        these are is found by running the body until no new one turns up.
        """
        entry = self.state
        modified = self.modified.setdefault(key, {})
        widened = self.widened.setdefault(key, {})
        borrowed = self.borrowed.setdefault(key, {})
        parted = set(self.parted.setdefault(key, set()))
        self.loops.append(key)
        while True:
            before: Block = []
            self.state = entry.copy()
            gathered = dict(self.gathered.get(key, {}))
            for whole in gathered:
                for slot in [s for s in modified if _is_part(s, whole)]:
                    del modified[slot]
                if self.entries_of(whole):
                    outer, self.out = self.out, before
                    self.stand_whole(whole)
                    self.out = outer
            for slot in modified:
                self._materialise(slot, before, key, slot in widened)
            for slot in borrowed:
                if (entry_ := self.state.get(slot)) is not None:
                    self.state.set(slot, replace(entry_, owned=False))
            head = self.state.copy()
            errors = list(self.errors)
            mirror = body()
            for whole in gathered:
                outer, self.out = self.out, []
                if len(self.entries_of(whole)) > 1:
                    self.stand_whole(whole)
                if self.out:
                    mirror.append(Step(None, [Group(None, self.out)]))
                self.out = outer
            found = [
                slot
                for slot in dict.fromkeys([*self.state.slots(), *head.slots()])
                if slot not in modified and not same_entry(head.get(slot), self.state.get(slot))
            ]
            wider = [slot for slot in modified if slot not in widened and self._grew(slot, head)]
            widened |= dict.fromkeys(wider)
            # Who owns an array as an iteration begins must still own it as it ends.
            lent = [slot for slot in head.slots() if self._lent(slot, head, key)]
            borrowed |= dict.fromkeys(lent)
            missing = self.parted[key] - parted
            more = self.gathered.get(key, {}).keys() - gathered.keys()
            if not found and not wider and not lent and not more and not (missing & set(modified)):
                break
            parted |= missing
            for slot in found:
                entry_ = self.state.get(slot) or head.get(slot)
                modified[slot] = entry_ is not None and entry_.tree
            self.errors = errors
        for slot in head.slots():
            # A loop may not run at all.
            start, end = head.get(slot), self.state.get(slot)
            if slot not in modified and start is not None and end is not None:
                both = joined(start, end)
                held = both.expr.var if isinstance(both.expr, Ref) and not both.tree else None
                self.state.set(slot, both if held is None else self.read(held, both))
        closing: Block = []
        for slot in modified:
            self._close(slot, closing, head)
        if closing:
            mirror.append(Step(None, [Group(None, closing)]))
        self.loops.pop()
        return before, mirror

    def _grew(self, slot: Slot, head: State) -> bool:
        """Whether an adjoint that was one number at the head of a loop is another at its end."""
        start, end = head.get(slot), self.state.get(slot)
        if start is None or end is None or start.tree or start.shape != SCALAR:
            return False
        return end.shape != SCALAR and self.slot_shape(slot) != SCALAR

    def _lent(self, slot: Slot, head: State, key: object) -> bool:
        """Whether an array that is the function's own at the head of a loop is another name's, or
        is read only, at its end: an iteration may not update it in place then."""
        start, end = head.get(slot), self.state.get(slot)
        if start is None or end is None or start.tree or end.tree or not start.owned:
            return False
        if start.shape == SCALAR or slot in self.parted[key]:
            return False
        return not end.owned or (start.full and not end.full)

    def _materialise(self, slot: Slot, before: Block, key: object, wide: bool) -> None:
        """Makes the adjoint of a slot stand in its variable before a loop.

        A number stays a number while the loop makes nothing larger of it (`wide`).
        """
        entry = self.state.get(slot)
        var = self.adjoint_var(slot)
        if entry is not None and entry.tree:
            if not (isinstance(entry.expr, Ref) and entry.expr.var is var):
                before.append(Assign((var,), entry.expr))
            self.state.set(slot, Adjoint(Ref(var), tree=True))
            return
        if entry is None and (self._is_container(slot) or self.modified[key][slot]):
            before.append(Assign((var,), self.empty_tree(slot)))
            self.state.set(slot, Adjoint(Ref(var), tree=True, fresh=key))
            return
        shape = self.slot_shape(slot)
        if entry is not None and entry.full and entry.shape == SCALAR and not wide:
            shape = SCALAR
        if entry is None or (entry.constant and entry.expr.value == 0):  # type: ignore[union-attr]
            if shape != SCALAR and not self._certain(slot, key):
                before.append(Assign((var,), Const(0.0)))
                self.state.set(slot, self.read(var, Adjoint(Const(0.0), Star("?"), False, True)))
                return
            none = 0j if self.is_complex_slot(slot) else 0.0
            zero: Expr = Const(none) if shape == SCALAR else self.zeros(slot)
            before.append(Assign((var,), zero))
            self.state.set(slot, self.read(var, Adjoint(zero, shape, True, True)))
            return
        if not entry.full and shape != SCALAR:
            before.append(Assign((var,), self._own(slot, entry)))
            self.state.set(slot, self.read(var, Adjoint(Const(0.0), shape, True, True)))
        elif not (isinstance(entry.expr, Ref) and entry.expr.var is var):
            before.append(Assign((var,), self._own(slot, entry) if shape != SCALAR else entry.expr))
            self.state.set(slot, self.read(var, Adjoint(entry.expr, shape, True, True)))
        elif not entry.owned and shape != SCALAR and slot in self.parted[key]:
            before.append(Assign((var,), self._own(slot, entry)))
            self.state.set(slot, self.read(var, Adjoint(Const(0.0), shape, True, True)))
        elif not entry.owned and shape != SCALAR:
            # An update in place inside the loop must not reach another name's array.
            self.state.set(slot, self.read(var, Adjoint(entry.expr, shape, entry.full, False)))

    def _certain(self, slot: Slot, loop: object) -> bool:
        """Whether a variable has a value, of the shape in question, where a loop has ended: what
        the loop alone gives values to has none when the loop does not run."""
        root = slot[0]
        if not isinstance(root, Var) or root in self.given:
            return True
        return not (isinstance(loop, For | While) and root in bound_by(loop))

    def _is_container(self, slot: Slot) -> bool:
        kind = self.slot_type(slot)
        return isinstance(kind, ListOf | DictOf | TupleOf | Struct)

    def _close(self, slot: Slot, closing: Block, head: State) -> None:
        """Makes a slot stand in its variable as an iteration ends, in the form it began with."""
        entry = self.state.get(slot)
        var = self.adjoint_var(slot)
        start = head.get(slot)
        assert start is not None
        if entry is None:
            settled = self.settle(slot, None, closing, start)
        elif not (isinstance(entry.expr, Ref) and entry.expr.var is var):
            closing.append(Assign((var,), entry.expr))
            settled = entry if entry.tree else self.read(var, entry)
        else:
            settled = entry
        if start.full and not settled.full and not settled.tree:
            node = self.slot_value(slot)
            whole = expand(Adjoint(Ref(var), settled.shape, False), node, self.facts)
            closing.append(Assign((var,), whole.expr))
            settled = self.read(var, whole)
        if start.owned and not settled.owned and settled.full and not settled.tree:
            if settled.shape != SCALAR:
                closing.append(Assign((var,), self._own(slot, settled)))
                settled = self.read(var, replace(settled, owned=True))
        full = settled.full and start.full
        shape = start.shape if full or settled.shape == start.shape else Star("?")
        owned = settled.owned and start.owned
        closed = Adjoint(settled.expr, shape, full, owned, settled.tree)
        self.state.set(slot, closed if closed.tree else self.read(var, closed))

    # ------------------------------------------------------------ what a loop runs over

    def _position(self, loop: For) -> Var:
        found = _enumerated(loop)
        return found if found is not None else self.counter("i")

    def counter(self, hint: str) -> Var:
        """A variable that counts positions."""
        var = Var(hint)
        self.facts.bindings[var] = INT
        return var

    def _pull_target(self, loop: For, position: Var, used: list[bool]) -> None:
        seeds = _seed_tree(loop.target, self)
        if seeds is not None and self.is_varied(loop.iterable):
            if self._pull_element(loop.iterable, seeds, Ref(position), loop.target):
                used[0] = True

    def _pull_element(
        self, iterable: Expr, seed: Any, position: Expr, target: Target | None
    ) -> bool:
        """Passes the adjoint of a loop's element on to the place in the iterable that it came from.

        `seed` is an Adjoint, or a list of them for the parts of a tuple. Says whether the position
        was used.
        """
        if seed is None or not self.is_varied(iterable):
            return False
        if isinstance(iterable, Apply):
            op, args = iterable.op, iterable.args
            if op in WRAPPERS:
                return self._pull_element(args[0], seed, position, target)
            if op == "builtins.enumerate" and isinstance(seed, list):
                return self._pull_element(args[0], seed[1], position, _part(target, 1))
            if op == "builtins.zip" and isinstance(seed, list):
                return any(
                    [
                        self._pull_element(a, s, position, _part(target, k))
                        for k, (a, s) in enumerate(zip(args, seed, strict=True))
                    ]
                )
            if op == "builtins.reversed":
                back = Apply("sub", (Const(-1), position), (), "infix", "-")
                return self._pull_element(args[0], seed, back, target)
            if op == "dict.items" and isinstance(seed, list):
                key = _key_of(target)
                if key is not None:
                    self._pull_at(args[0], seed[1], Ref(key))
                return False
            if op == "dict.values":
                self._pull_at(args[0], seed, Ref(self._values_key(iterable)))
                return False
        self._pull_at(iterable, seed, position)
        return True

    def _values_key(self, iterable: Expr) -> Var:
        if iterable not in self.value_keys:
            self.value_keys[iterable] = Var("key")
        return self.value_keys[iterable]

    def _pull_at(self, container: Expr, seed: Any, position: Expr) -> None:
        if isinstance(seed, list):
            items = tuple(Const(0.0) if s is None else s.expr for s in seed)
            seed = Adjoint(Make("tuple", items), tree=True)
        container, position = self._in_whole(container, position)
        found = self._slot_kept_by_loop(container)
        container_slot: Slot = found if found is not None else (container, ())
        kind = self.facts.type_of(container)
        if isinstance(kind, Array):
            self.pend(container_slot, seed, "index", position)
        else:
            self.pend(container_slot, seed, "item", position)

    def _slot_kept_by_loop(self, container: Expr) -> Slot | None:
        """The slot of what a loop runs over, unless the loop binds the variable anew."""
        found = None if isinstance(container, Make) else self.slot_of(container)
        loop = self.loops[-1] if self.loops else None
        if found is not None and isinstance(loop, For) and found[0] in bound_by(loop):
            return None
        return found

    def _in_whole(self, container: Expr, position: Expr) -> tuple[Expr, Expr]:
        """An element of xs[1:], counted from its start, as an element of xs."""
        match container:
            case Apply("getitem", (base, Slice(start, _, None))) if isinstance(position, Ref) and (
                start is None or (isinstance(start, Const) and start.value >= 0)
            ):
                if self._slot_kept_by_loop(base) is not None:
                    if start is not None:
                        position = Apply("add", (position, start), (), "infix", "+")
                    return base, position
        return container, position

    def _leaves(self, iterable: Expr, loop: Stmt | None) -> list[Expr]:
        """The iterables that a loop runs over and that have no name of their own: expressions, and
        variables that the loop binds anew."""
        if isinstance(iterable, Apply) and (
            iterable.op in WRAPPERS
            or iterable.op in ("builtins.zip", "builtins.enumerate", "builtins.reversed")
            or iterable.op.startswith("dict.")
        ):
            return [leaf for arg in iterable.args for leaf in self._leaves(arg, loop)]
        slot = self.slot_of(iterable)
        if slot is None:
            return [iterable]
        return [iterable] if loop is not None and slot[0] in bound_by(loop) else []

    # ------------------------------------------------------------ comprehensions and calls

    def _pull_each(self, node: Each, adjoint: Adjoint) -> None:
        self.flush()
        position = self.counter("k")
        used = [False]
        outer = (self.out, self.pending)
        item = self._item_of(node, adjoint, position, used)

        def body() -> list[Step]:
            self.out, self.pending = [], {}
            element = item()
            self.pull(node.element, element)
            self.flush()
            seeds = _seed_tree(node.target, self)
            if seeds is not None and self._pull_element(
                node.iterable, seeds, Ref(position), node.target
            ):
                used[0] = True
            self.flush()
            return [Step(None, [Group(None, self.out)])]

        before, mirror = self.repeated(node, body)
        self.out, self.pending = outer
        self.out += before
        statements = [
            s for step in mirror for g in step.nodes if isinstance(g, Group) for s in g.body
        ]
        for condition in reversed(node.conditions):
            statements = [Branch(as_value(condition), statements, [])]
        if statements:
            self.out += [self._each_loop(node, position if used[0] else None, statements)]
        for leaf in self._leaves(node.iterable, None):
            entry = self.take_root(leaf)
            if entry is not None:
                self.pull(leaf, entry)

    def _item_of(
        self, node: Each, adjoint: Adjoint, position: Var, used: list[bool]
    ) -> Callable[[], Adjoint]:
        shape = self.facts.shape_of(node.element)
        kind = self.facts.type_of(node.element)
        tree = not isinstance(kind, Array | Unknown)
        match adjoint.expr:
            case Apply("mul", (Make("list", (item,)), _)):
                uniform = self.protected(Adjoint(item, shape, True, False, tree), "d_item")
                return lambda: self._broadcast_item(uniform, adjoint, node.element)
            case Each(element=element_, target=Var() as index):
                used[0] = bool(count_reads(element_, index))
                places = {index: Ref(position)}
                return lambda: self._broadcast_item(
                    Adjoint(instantiate(element_, places), shape, True), adjoint, node.element
                )
        whole = self.protected(adjoint, f"d_{self.hint(node)}")
        if node.conditions:
            items = Var("d_items")
            self.out.append(Assign((items,), call("builtins.iter", whole.expr, text="iter")))
            taken = call("builtins.next", Ref(items), text="next")
            return lambda: self.let("d_item", Adjoint(taken, shape, True, False, tree))

        def element() -> Adjoint:
            key: Expr = Ref(position)
            used[0] = True
            if node.kind == "dict" and node.key is not None:
                used[0] = False
                key = as_value(node.key)
            if isinstance(whole.expr, Make):
                part: Expr = Apply("getitem", (whole.expr, key), (), "index")
            else:
                part = call("helper.part", whole.expr, key, text="part")
            return self.let("d_item", Adjoint(part, shape, True, False, tree))

        return element

    def _broadcast_item(self, item: Adjoint, whole: Adjoint, element: Expr) -> Adjoint:
        """The adjoint of one element, summed down to its shape where it was broadcast."""
        if whole.result is None:
            return item
        shape = self.facts.shape_of(whole.result)
        item = Adjoint(item.expr, shape, not item.constant)
        return reduced_to(item, whole.result, element, self.facts)

    def _each_loop(self, node: Each, position: Var | None, body: Block) -> Stmt:
        found, target = self._keyed(node.iterable, node.target)
        iterable = as_value(found)
        if position is not None:
            iterable = call("builtins.enumerate", iterable, text="enumerate")
            target = Unpack((position, target))
        return For(target, iterable, body)

    def _pull_invoke(self, node: Invoke, adjoint: Adjoint) -> None:
        if self.engine.writes_varied(node):
            self.add_error(inner_call(node))
            return
        self._pull_call(node, adjoint)

    def _pull_call(self, node: Invoke, adjoint: Adjoint | None) -> None:
        """The adjoint of a call; of one that writes, also when its result has none."""
        interface = self.engine.interface(node.callee)
        if interface is None:
            return
        if adjoint is not None and not adjoint.full:
            adjoint = expand(adjoint, node, self.facts)
        if interface.written:
            if not self._check_arguments(node, interface):
                return
            self._pull_result_argument(node, adjoint)
        if interface.seeded and adjoint is None and not self._is_written_back(node, interface):
            return
        if interface.written and adjoint is not None:
            # It may stand in the variable of the adjoint of what is written into.
            adjoint = self.protected(adjoint, f"d_{self.hint(node)}")
        written = {k: self._handed_over(node, k) for k in interface.written}
        if adjoint is None and all(entry is None for entry in written.values()):
            return
        targets: list[Target] = []
        results: list[tuple[Slot | Expr, Adjoint]] = []
        for index in interface.wrt:
            argument = node.args[index]
            if index in written:
                targets.append(self._target_of_written(node, index))
                continue
            if argument is None or not self.is_varied(argument):
                targets.append(Var("_"))
                continue
            kind = self.facts.type_of(argument)
            var = self._target_for(argument)
            if var in targets:
                var = Var(var.hint)
            targets.append(var)
            tree = isinstance(kind, ListOf | DictOf | TupleOf | Struct | Unknown)
            shape = self.facts.array(kind).shape
            mixed = interface.is_complex(index)
            ref = self.typed(Ref(var), Array(NUMBER if mixed else "unknown", shape))
            results.append((argument, Adjoint(ref, shape, True, False, tree)))
        seed = adjoint
        if interface.seeded and seed is None:
            seed = self._no_adjoint(node)
        backward = self._backward_call(node, interface, seed, list(written.values()))
        target: Target = targets[0] if len(targets) == 1 else Unpack(tuple(targets))
        self.out.append(Assign((target,), backward))
        # Variables first: a call in another argument must not take their adjoints for its own.
        results.sort(key=lambda pair: not (isinstance(pair[0], tuple) or self.slot_of(pair[0])))
        for where, result in results:
            if isinstance(where, tuple):
                self.pend(where, result)
            else:
                self.pull(where, result)

    def _no_adjoint(self, node: Expr) -> Adjoint:
        """The adjoint of a result that nothing reads."""
        match self.facts.type_of(node):
            case Array(shape=shape):
                if shape == SCALAR:
                    return Adjoint(Const(0.0))
                mixed = may_be_complex(self.facts.type_of(node))
                return Adjoint(self.zeros_of(shape_of_value(node, self.facts), mixed))
            case TupleOf(items):
                parts = [Apply("getitem", (node, Const(k)), (), "index") for k in range(len(items))]
                for part, kind in zip(parts, items, strict=True):
                    self.facts.types[part] = kind
                return Adjoint(
                    Make("tuple", tuple(self._no_adjoint(part).expr for part in parts)), tree=True
                )
        return Adjoint(Const(0.0))

    def _backward_call(
        self, node: Invoke, interface: Any, seed: Adjoint | None, written: list[Expr | None]
    ) -> Apply:
        args: list[Expr] = []
        named: list[tuple[str, Expr]] = []
        for index in interface.args:
            given = node.args[index]
            if given is None:
                continue
            # Behind a parameter that keeps its default, the others are given by name.
            if len(args) == index and not named:
                args.append(as_value(given))
            else:
                named.append((interface.names[index], as_value(given)))
        named += [(n, as_value(a)) for n, i in interface.named if (a := node.args[i]) is not None]
        handed: list[tuple[str, Expr]] = []
        if seed is not None and interface.seeded:
            handed.append(("d_out", seed.expr))
        for index, entry in zip(interface.written, written, strict=True):
            assert entry is not None
            handed.append((f"d_{interface.names[index]}", entry))
        if interface.keyword:
            named += handed
        else:
            args += [expr for _, expr in handed]
        return Apply(f"backward:{interface.key}", tuple(args), tuple(named), "call", interface.name)

    def _target_for(self, argument: Expr) -> Var:
        """Where a callee's result goes: straight to the adjoint when that has no value yet."""
        slot = self.slot_of(argument)
        if slot is not None and self.state.get(slot) is None and slot not in self.pending:
            root_entries = self.state.entries.get(slot[0], {})
            taken = any(isinstance(s, Assign) and s.targets[0] is self.adjoint_vars.get(slot)
                        for s in self.out)  # fmt: skip
            reading = self.adjoint_vars.get(slot) in self.seeds and not self.whole_call
            if not root_entries and not taken and not reading and not self._seeds_read(slot):
                return self.adjoint_var(slot)
        return Var(f"d_{self.hint(argument) if slot is None else self._slot_hint(slot)}")

    def _seeds_read(self, slot: Slot) -> bool:
        var = self.adjoint_vars.get(slot)
        if var is None:
            return False
        for contributions in self.pending.values():
            for _, _, adjoint in contributions:
                if any(isinstance(n, Ref) and n.var is var for n in walk(adjoint.expr)):
                    return True
        return False


def _is_part(slot: Slot, whole: Slot) -> bool:
    """Whether a slot is that of a part of a container."""
    size = len(whole[1])
    return slot[0] is whole[0] and len(slot[1]) > size and slot[1][:size] == whole[1]


def _enumerated(loop: For) -> Var | None:
    """The variable of `enumerate(...)` that counts the iterations from 0."""
    iterable, target = loop.iterable, loop.target
    if isinstance(iterable, Apply) and iterable.op == "builtins.enumerate":
        if len(iterable.args) == 1 and not iterable.kwargs and isinstance(target, Unpack):
            first = target.targets[0]
            return first if isinstance(first, Var) else None
    return None


def _part(target: Target | None, position: int) -> Target | None:
    """A part of a target that takes a tuple apart."""
    return target.targets[position] if isinstance(target, Unpack) else None


def _key_of(target: Target | None) -> Var | None:
    """The variable that holds the key in a loop over items."""
    if isinstance(target, Unpack) and isinstance(target.targets[0], Var):
        return target.targets[0]
    return None


def _seed_tree(target: Target, sweep: Reverse) -> Any:
    """The adjoints of a loop's target: one, a list of them, or None when all are zero."""
    match target:
        case Var():
            # The shadow of an element is a part of the shadow of what the loop runs over.
            return None if target in sweep.shadows.of else sweep.take(target)
        case Unpack():
            parts = [_seed_tree(t, sweep) for t in target.targets]
            return None if all(part is None for part in parts) else parts
    return None
