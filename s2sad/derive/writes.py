"""The adjoint of a write into an array: what is written takes the adjoint of the place it went to.

    y[i] = e          d_e = d_y[i]; d_y[i] = 0.0
    y[i] += e         d_e = d_y[i]

What stood in the place before has no effect any more, so its adjoint is cleared, between taking the
adjoint and passing it on: `e` may read the same array. The clearing is left out where nothing reads
the adjoint again (`analysis/sections.py`).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

from s2sad.analysis.types import (
    SCALAR,
    Array,
    Star,
    Unknown,
    is_complex,
    is_number,
    may_be_complex,
)
from s2sad.derive.adjoints import Adjoint, Path, Slot
from s2sad.derive.broadcasting import call, reduced_to
from s2sad.derive.effects import handed_twice
from s2sad.derive.held import is_container, is_held, item_at, place_of
from s2sad.derive.instantiate import as_value, count_reads, instantiate
from s2sad.derive.pull import Pull, is_everything, is_fresh, is_zero
from s2sad.derive.rules import rules
from s2sad.derive.templates import Rule
from s2sad.ir.bindings import targets_of
from s2sad.ir.nodes import (
    Apply,
    Assign,
    Block,
    Const,
    Evaluate,
    Expr,
    Invoke,
    Make,
    Place,
    Ref,
    Slice,
    Stmt,
    Target,
    Var,
    walk,
)
from s2sad.tidy.algebra import key as structure
from s2sad.tidy.algebra import rewrite

DISCARDED = ("S2S021", "cannot differentiate a write of what may be complex into an array that is "
             "not certainly complex: NumPy would leave out the imaginary part")  # fmt: skip
"""Code and message of a refusal."""

KEEP_COMPLEX = (
    "Make the array with dtype=complex, or write the real part: .real. A number that is certainly "
    "real is known as such by its annotation, or by np.asarray(x, dtype=float)."
)


@dataclass
class _Writing:
    """A write whose adjoint is under way: where it goes, and the rule of the operator."""

    statement: Stmt
    base: Expr
    rule: Rule
    bound: dict[str, Expr]
    slot: Slot
    adjoint: Callable[[], Expr]


class Writes(Pull):
    """The backward sweep's handling of writes."""

    def pull_write(
        self, statement: Stmt, target: Place, value: Expr, augmented: str | None
    ) -> None:
        """The adjoint of `base[key] = value`.

        An augmented one, whose value is `base[key] + e`, leaves the adjoint where it is if it adds.
        """
        if self.puts_item(target):
            item = item_at(target)
            if augmented is None or is_number(self.facts.type_of(item)):
                self._pull_new(value, item)
                return
            target = Place(item, Const(...))
        elif augmented is not None and self.held_slot(item_at(target)) is not None:
            target = Place(item_at(target), Const(...))
        elif self._changes_items(target):
            if isinstance(target.key, str):
                self._writing(statement, target, value)
            else:
                self.pull_item(statement, target, value)
            return
        writing = self._writing(statement, target, value)
        if writing is None:
            return
        if augmented is None and self._is_whole(target):
            self._pull_whole(writing, value)
            return
        if not self.is_varied(value) and not self.is_cleared(statement):
            return
        self.stand(writing)
        if augmented in ("add", "sub") and isinstance(value, Apply) and _is_distinct(writing.rule):
            self._pull_increment(writing, value, augmented)
        else:
            self._pull_replaced(writing, value)

    # ------------------------------------------------------------ lists and dicts

    def puts_item(self, target: Place) -> bool:
        """Whether a target is an item of a container that has a shadow."""
        named = isinstance(target.key, str)  # a field, which nothing puts back
        return not named and is_held(item_at(target), self.facts) and self.has_shadow(target.base)

    def has_shadow(self, container: Expr) -> bool:
        """Whether a container that an expression stands for has a shadow."""
        return is_container(self.facts.type_of(container)) and (
            place_of(container, self.shadows.of, self.facts, as_value) is not None
        )

    def _pull_new(self, value: Expr, where: Expr) -> None:
        """What is new in a value that was put into a container passes its adjoint on."""
        raise NotImplementedError

    def pull_item(self, statement: Stmt, target: Place, value: Expr) -> None:
        """The adjoint of `xs[key] = value`: that of the item, which has none before."""
        slot = self._container(statement, target.base)
        if slot is None:
            return
        adjoint = self._taken_item(slot, target, value)
        if adjoint is not None and self.is_varied(value):
            self.pull(value, adjoint)

    def _changes_items(self, target: Place) -> bool:
        """Whether a write changes which items a list or dict has."""
        kind = self.facts.type_of(target.base)
        if isinstance(kind, Unknown):
            key = target.key
            return isinstance(key, Const) and isinstance(key.value, str)
        return not isinstance(kind, Array)

    def _container(self, statement: Stmt, base: Expr) -> Slot | None:
        """The slot of a container that is written to; None when nothing flows there."""
        roots = [var for var, _ in self.regions.aliases(base)]
        names = {other for var in roots for other in self.regions.members(var)}
        if not self.is_varied(base) and not any(self.state.entries.get(v) for v in names):
            return None
        slot = self.slot_of(base)
        root = slot[0] if slot is not None else None
        if slot is None or not isinstance(root, Var) or self.regions.is_container_shared(root):
            self._refuse_write(statement, "a write into a container that other names may see")
            return None
        return slot if self.entries_of(slot) else None

    def has_adjoint(self, base: Expr) -> bool:
        """Whether a container, or a part of it, has an adjoint."""
        slot = self.slot_of(base)
        return slot is not None and bool(self.entries_of(slot))

    def entries_of(self, slot: Slot) -> list[Path]:
        """The paths of the adjoints of a container: of it, of its parts, of what it is part of."""
        size = len(slot[1])
        found = self.state.entries.get(slot[0], {})
        return [p for p in found if p[:size] == slot[1] or slot[1][: len(p)] == p]

    def _taken_item(self, slot: Slot, target: Place, value: Expr) -> Adjoint | None:
        key = target.key
        assert not isinstance(key, str)
        node = Apply("getitem", (target.base, key), (), "index")
        own = self.slot_of(node)
        paths = self.entries_of(slot)
        if own is not None and all(len(path) > len(slot[1]) for path in paths):
            return self.take_part(own)
        self.stand_whole(slot)
        var, at = self.adjoint_var(slot), as_value(key)
        part = call("helper.part", Ref(var), at, text="part")
        adjoint = self._named(value, part)
        self.out.append(Assign((Place(Ref(var), at),), Const(0.0)))
        return adjoint

    def stand_whole(self, slot: Slot) -> None:
        """Makes the adjoint of a container stand in its variable, as a list or dict of its own;
        loops do so before their first iteration."""
        for loop in self.loops:
            self.gathered.setdefault(loop, {})[slot] = None
        whole = self.take_part(slot)
        assert whole is not None
        var = self.adjoint_var(slot)
        if not (isinstance(whole.expr, Ref) and whole.expr.var is var):
            fresh = isinstance(whole.expr, Make) or (
                isinstance(whole.expr, Apply) and whole.expr.op == "mul"
            )
            maker = "dict" if self.has_keys(slot) else "list"
            made = whole.expr if fresh else call(f"builtins.{maker}", whole.expr, text=maker)
            self.out.append(Assign((var,), made))
        self.state.set(slot, Adjoint(Ref(var), tree=True))

    def take_part(self, slot: Slot) -> Adjoint | None:
        """The adjoint of a part of a container, which is zero from then on."""
        raise NotImplementedError

    def _named(self, value: Expr, adjoint: Expr) -> Adjoint:
        """An adjoint under a name; an item that has none is the number 0.0."""
        var = Var("d_new")
        self.out.append(Assign((var,), adjoint))
        shape = self.facts.shape_of(value)
        kind = self.facts.type_of(value)
        if not isinstance(kind, Array | Unknown):
            return Adjoint(Ref(var), tree=True)
        if self.facts.mixed and self.complex_numbers.may_be_complex(adjoint):
            self.complex_vars.add(var)
        if shape == SCALAR:
            return self.read(var, Adjoint(Ref(var), SCALAR, True))
        return self.read(var, Adjoint(Ref(var), Star("?"), False))

    def pull_append(self, statement: Stmt, node: Apply) -> None:
        """xs.append(e): e has the adjoint of the last item."""
        slot = self._container(statement, node.args[0])
        if slot is None:
            return
        self.stand_whole(slot)
        last = call("helper.take_last", Ref(self.adjoint_var(slot)), text="take_last")
        adjoint = self._named(node.args[1], last)
        if self.is_varied(node.args[1]):
            self.pull(node.args[1], adjoint)

    def pull_pop(self, statement: Stmt, node: Apply, seed: Adjoint | None) -> None:
        """x = xs.pop(): the last item has the adjoint of x."""
        base = node.args[0]
        if seed is not None and self.slot_of(base) is not None and not self.has_adjoint(base):
            slot = self.slot_of(base)
            assert slot is not None
            self.out.append(Assign((self.adjoint_var(slot),), self.empty_tree(slot)))
            self.state.set(slot, Adjoint(Ref(self.adjoint_var(slot)), tree=True))
        slot = self._container(statement, base)
        if slot is None:
            return
        self.stand_whole(slot)
        value = Const(0.0) if seed is None else seed.expr
        var = Ref(self.adjoint_var(slot))
        self.out.append(Evaluate(Apply("list.append", (var, value), (), "method", "append")))

    # ------------------------------------------------------------ calls that write by a rule

    def pull_call_that_writes(self, statement: Stmt, node: Apply) -> None:
        """The adjoint of a call that writes: np.add.at(base, key, value)."""
        found = self._found(statement, node, node.args[0])
        if found is not None:
            self.stand(found)
            self._pull_replaced(found, found.bound[_value_name(found.rule)])

    def take_place(self, statement: Stmt, target: Place, value: Expr) -> Adjoint | None:
        """The adjoint of a place that is one of several targets, under a name; it is cleared."""
        if not isinstance(self.facts.type_of(target.base), Array | Unknown):
            container = (
                None if isinstance(target.key, str) else self._container(statement, target.base)
            )
            return None if container is None else self._taken_item(container, target, value)
        writing = self._writing(statement, target, value)
        if writing is None:
            return None
        self.stand(writing)
        seed, node = Var("d_new"), self._node(writing)
        taken = self._taken(writing)
        if statement in self.numbers:
            self.out.append(Assign((seed,), call("helper.number", taken, text="number")))
        else:
            self.out.append(Assign((seed,), self._kept(taken, node)))
        cleared = self._cleared(writing)
        if cleared is not None:
            self.out.append(Assign((Place(writing.adjoint(), cleared[0]),), cleared[1]))
        shape = self.facts.shape_of(node)
        ref = self.typed(Ref(seed), Array(self._seed_dtype(writing), shape))
        return reduced_to(Adjoint(ref, shape, True), node, value, self.facts)

    def _writing(self, statement: Stmt, target: Place, value: Expr) -> _Writing | None:
        if isinstance(target.key, str):
            if self.is_varied(value) or self.is_varied(target.base):
                self._refuse_write(statement, "a write into a field of an object")
            return None
        node = Apply("setitem", (target.base, target.key, value), form="write")
        return self._found(statement, node, target.base)

    def _found(self, statement: Stmt, node: Apply, base: Expr) -> _Writing | None:
        """What is known of a write; None when nothing flows, or when it is refused."""
        slot = self._written_slot(base)
        if slot is None:
            if self.is_varied(node.args[-1]) or self.is_varied(base):
                self._refuse_write(statement, "a write into an array that s2sad cannot name")
            return None
        varied = self.is_varied(node.args[-1]) or self.is_varied(base)
        if varied and self.is_out_of_sight(slot):
            self._refuse_write(statement, "a write into an array that a list or dict holds")
            return None
        self._gather(slot)
        entry = self.state.get(slot)
        if entry is None and varied and self._is_inside(slot):
            self._refuse_write(statement, "a write into an array that a list or dict holds")
            return None
        if entry is None or (entry.constant and is_zero(entry.expr)):
            return None
        if self._discards(base, node.args[-1]):
            self.refuse(*DISCARDED, statement, KEEP_COMPLEX)
            return None
        found = self.facts.rule_of(node)
        if found is None:
            self._refuse_write(statement, "this write")
            return None
        rule, bound = found
        return _Writing(statement, base, rule, bound, slot, lambda: self._mirrored(base))

    def _is_inside(self, slot: Slot) -> bool:
        """Whether the adjoint of a container around a slot stands as a whole."""
        root, path = slot
        return any(self.state.get((root, path[:size])) is not None for size in range(len(path)))

    def _discards(self, base: Expr, value: Expr) -> bool:
        """Whether NumPy may leave out the imaginary part of what is written into an array."""
        kind = self.facts.type_of(base)
        mixed = may_be_complex(self.facts.type_of(value))
        return mixed and isinstance(kind, Array) and not is_complex(kind)

    def _gather(self, slot: Slot) -> None:
        """Adjoints of elements that were read as if their array were a list go to the array's."""
        found = self.state.entries.get(slot[0], {})
        size = len(slot[1])
        deeper = [path for path in found if path[:size] == slot[1] and len(path) > size]
        for path in deeper:
            element = found.pop(path)
            keys = tuple(Const(k) for k in path[size:])
            key = keys[0] if len(keys) == 1 else Make("tuple", keys)
            self._add_part(slot, "index", key, element)

    def _refuse_write(self, statement: Stmt | Expr, what: str) -> None:
        call = statement if isinstance(statement, Invoke) else None
        self.refuse("S2S011", f"cannot differentiate {what}", statement,
                    "Write into an array that has a name, or build the new value with np.where or "
                    "np.concatenate.", call)  # fmt: skip

    # ------------------------------------------------------------ calls that write

    def _check_arguments(self, node: Invoke, interface: Any) -> bool:
        """Whether no other argument may share memory with one that a call writes into."""
        for index in interface.written:
            argument = node.args[index]
            if argument is None:
                continue
            if self._written_slot(argument) is None and not self._is_written_literal(argument):
                self._refuse_write(node, "a call that writes into what has no name")
                return False
            if self.regions.hands_over_twice(node, index):
                self.add_error(handed_twice(node))
                return False
        return True

    def _pull_result_argument(self, node: Invoke, adjoint: Adjoint | None) -> None:
        """A call that returns what it writes into: the result's adjoint is the argument's, which
        may carry a derivative only after the call."""
        argument = self.engine.written_argument(node)
        if argument is None or adjoint is None:
            return
        slot = self.slot_of(argument)
        if slot is not None:
            self.pend(slot, adjoint)
            self.flush()
            return
        root = self._written_slot(argument)
        assert root is not None
        self._stand_zero(root)
        place = self._mirrored(argument)
        assert isinstance(place, Apply)
        total = Apply("add", (place, adjoint.expr), (), "infix", "+")
        target = Place(place, Const(...))
        if place.op == "getitem":
            target = Place(place.args[0], place.args[1])
        self.out.append(Assign((target,), total, "add"))

    def _stand_zero(self, slot: Slot) -> None:
        """Makes the adjoint of an array stand in its variable, zeros if it has none."""
        if self.state.get(slot) is None:
            whole = Adjoint(self.zeros(slot), self.slot_shape(slot), True, True)
            self._bind(slot, whole)
        self.stand_in(slot)

    def _is_written_back(self, node: Invoke, interface: Any) -> bool:
        """Whether what a call has written has an adjoint."""
        written = [a for k in interface.written if (a := node.args[k]) is not None]
        if any(isinstance(a, Make) for a in written):
            return True
        slots = [self._written_slot(a) for a in written]
        return any(slot is not None and self.state.get(slot) is not None for slot in slots)

    def _handed_over(self, node: Invoke, index: int) -> Expr | None:
        """The adjoint of an argument that is written into, as an array of the function's own."""
        argument = node.args[index]
        if isinstance(argument, Make):
            return self._mirrored_literal(argument)
        slot = None if argument is None else self._written_slot(argument)
        if slot is None or argument is None:
            return None
        self._stand_zero(slot)
        return self._mirrored(argument)

    def _is_written_literal(self, argument: Expr) -> bool:
        """Whether an argument is a list or dict of arrays that all have shadows."""
        return isinstance(argument, Make) and argument.kind != "object" and all(
            place_of(item, self.shadows.of, self.facts, as_value) is not None
            for item in argument.items
        )  # fmt: skip

    def _mirrored_literal(self, argument: Make) -> Expr:
        """The list or dict of the shadows of what a literal holds."""
        items = tuple(self._mirrored(item) for item in argument.items)
        kind = "dict" if argument.keys else "list"
        return Make(kind, items, tuple(as_value(key) for key in argument.keys))

    def _target_of_written(self, node: Invoke, index: int) -> Target:
        argument = node.args[index]
        assert argument is not None
        if isinstance(argument, Make):
            return Var("_")
        mirrored = self._mirrored(argument)
        if isinstance(mirrored, Ref):
            is_shadow = mirrored.var in self.shadows.of.values() or mirrored.var in self.held
            shared = is_shadow and self.regions.is_array(argument)
            return Place(mirrored, Const(...)) if shared else mirrored.var
        assert isinstance(mirrored, Apply)
        if mirrored.op == "getitem":
            return Place(mirrored.args[0], mirrored.args[1])
        return Place(mirrored, Const(...))

    # ------------------------------------------------------------ where the adjoint is

    def _written_slot(self, base: Expr) -> Slot | None:
        """The slot of the variable that a write goes into, directly or through views of it."""
        if isinstance(base, Ref):
            return base.var, ()
        slot = self.slot_of(base)
        if slot is not None:
            return slot
        inner = self.viewed(base)
        return None if inner is None else self._written_slot(inner)

    def viewed(self, node: Expr) -> Expr | None:
        """What an expression is certainly a view of."""
        if not isinstance(node, Apply):
            return None
        if node.op == "getitem" and not isinstance(self.facts.type_of(node.args[0]), Array):
            return None
        found = self.facts.rule_of(node)
        if found is None or found[0].view is None or found[0].view[1] != "always":
            return None
        return found[1][found[0].view[0]]

    def _mirrored(self, base: Expr) -> Expr:
        """The same view of the adjoint: b.T[1] is mirrored by d_b.T[1]."""
        slot = (base.var, ()) if isinstance(base, Ref) else self.slot_of(base)
        if slot is not None:
            ref: Expr = Ref(self.adjoint_var(slot))
            return self.typed(ref, Array(self._dtype_like(base), self.facts.shape_of(base)))
        inner = self.viewed(base)
        assert inner is not None and isinstance(base, Apply)
        mirrored = self._mirrored(inner)
        args = tuple(mirrored if a is inner else as_value(a) for a in base.args)
        kwargs = tuple((n, mirrored if a is inner else as_value(a)) for n, a in base.kwargs)
        again = replace(base, args=args, kwargs=kwargs, origin=None)
        return self.typed(again, Array(self._dtype_like(base), self.facts.shape_of(base)))

    def _dtype_like(self, base: Expr) -> str:
        """The dtype of the adjoint of an array that is written into, which is its function's
        own."""
        return "complex128" if may_be_complex(self.facts.type_of(base)) else "unknown"

    def _seed_dtype(self, writing: _Writing) -> str:
        return self._dtype_like(writing.base)

    def stand(self, writing: _Writing) -> None:
        """Makes the adjoint of the array that is written stand in its variable."""
        self.stand_in(writing.slot)

    def stand_in(self, slot: Slot) -> None:
        """Makes the adjoint of an array stand in its variable, whole and the function's own."""
        entry = self.state.get(slot)
        assert entry is not None
        var = self.adjoint_var(slot)
        holds = isinstance(entry.expr, Ref) and entry.expr.var is var
        if not (entry.full and entry.owned and holds):
            self.make_own(slot, entry)
            whole = Adjoint(Const(0.0), self.slot_shape(slot), True, True)
            self.state.set(slot, self.read(var, whole))

    def _is_whole(self, target: Place) -> bool:
        """Whether all of a variable is given new values, so that its adjoint is taken whole."""
        if not isinstance(target.base, Ref) or target.base.var in self.shadows.of:
            return False
        key = target.key
        full = isinstance(key, Slice) and key.start is key.stop is key.step is None
        shape = self.facts.shape_of(target.base)
        return (full and shape != SCALAR) or (not isinstance(key, str) and is_everything(key))

    def _pull_whole(self, writing: _Writing, value: Expr) -> None:
        node = self._node(writing)
        entry = self.state.get(writing.slot)
        assert entry is not None
        if not entry.full and self.is_varied(value):
            self.stand(writing)
        seed = self.state.take(writing.slot[0])[()]
        if self.is_varied(value):
            self.pull(value, reduced_to(seed, node, value, self.facts))

    # ------------------------------------------------------------ taking and passing on

    def _places(self, writing: _Writing) -> dict[Var, Expr]:
        rule = writing.rule
        places = {rule.place(n): as_value(e) for n, e in writing.bound.items()}
        places[rule.place(f"d_{rule.operands[0].name}")] = writing.adjoint()
        for name, expr in rule.temporaries:
            places[rule.place(name)] = instantiate(expr, places)
        return places

    def _taken(self, writing: _Writing) -> Expr:
        """The adjoint of the place that was written to."""
        name = _value_name(writing.rule)
        line = next(c for c in writing.rule.contributions if c.operand == name)
        assert line.value is not None
        return instantiate(line.value, self._places(writing))

    def _seeded(self, writing: _Writing, value: Expr, hint: str) -> tuple[Var, Block]:
        """What flows into a value from a seed that has a name; contributions are pending."""
        seed = Var(hint)
        node = self._node(writing)
        shape = self.facts.shape_of(node)
        ref = self.typed(Ref(seed), Array(self._seed_dtype(writing), shape))
        outer, self.out = self.out, []
        self.pull(value, reduced_to(Adjoint(ref, shape, True), node, value, self.facts))
        made, self.out = self.out, outer
        return seed, made

    def _node(self, writing: _Writing) -> Expr:
        """A forward expression of the shape of the place."""
        key = writing.bound.get("key")
        if key is None:
            cleared = next(c.key for c in writing.rule.contributions if c.how == "clear")
            assert cleared is not None
            key = instantiate(cleared, self._places(writing))
        return Apply("getitem", (writing.base, key), (), "index")

    def _pull_increment(self, writing: _Writing, value: Apply, op: str) -> None:
        """base[key] += e: the place keeps its adjoint."""
        increment = value.args[1]
        if op == "sub":
            increment = Apply("neg", (increment,), (), "prefix", "-")
            self.facts.varied.add(increment)
        if not self.is_varied(value.args[1]):
            return
        seed, made = self._seeded(writing, increment, "d_update")
        self._spread(writing, seed, made, None)

    def _pull_replaced(self, writing: _Writing, value: Expr) -> None:
        """base[key] = e: the place gives its adjoint away."""
        cleared = self._cleared(writing)
        if not self.is_varied(value):
            if cleared is not None:
                self.out.append(Assign((Place(writing.adjoint(), cleared[0]),), cleared[1]))
            return
        seed, made = self._seeded(writing, value, "d_new")
        self._spread(writing, seed, made, cleared)

    def _cleared(self, writing: _Writing) -> tuple[Expr, Expr] | None:
        """The place whose adjoint is cleared and what it becomes, where anything reads it again."""
        clears = [c for c in writing.rule.contributions if c.how == "clear"]
        if not clears or not self.is_cleared(writing.statement):
            return None
        places = self._places(writing)
        assert clears[0].key is not None and clears[0].value is not None
        return instantiate(clears[0].key, places), instantiate(clears[0].value, places)

    def _spread(
        self, writing: _Writing, seed: Var, made: Block, cleared: tuple[Expr, Expr] | None
    ) -> None:
        """Takes the adjoint of the place, clears it, and writes out what it contributes.

        The adjoint is read where it stands, unless something changes it before or keeps it: then it
        gets a name, and a copy if it is an array.
        """
        taken = self._taken(writing)
        aliased = self.aliased_adjoints(self.adjoint_var(writing.slot))
        own = [slot for slot in self.pending if self.adjoint_vars.get(slot) in aliased]
        added = [adjoint for slot in own for _, _, adjoint in self.pending[slot]]
        emptied = cleared is not None and self._filled(writing, cleared[0], own) is None
        if self._must_be_named(writing, seed, made, own, emptied):
            self.out.append(Assign((seed,), self._kept(taken, self._node(writing))))
        else:
            self._inline(seed, taken, made)
        clearing: Block = []
        if cleared is not None:
            clearing = [Assign((Place(writing.adjoint(), cleared[0]),), cleared[1])]
        assigned: set[int] = set()
        if cleared is not None and added:
            assigned = self._filling(writing, cleared[0], own)
            self.out += [] if assigned else clearing
        self.out += made
        self.flush(assigned)
        if not added:
            self.out += clearing

    def _must_be_named(
        self, writing: _Writing, seed: Var, made: Block, own: list[Slot], is_emptied: bool
    ) -> bool:
        """Whether the adjoint of a place cannot be read where it stands, or is read too often.

        What goes into slots of `own` is added to the same array, the place being cleared before
        that if it `is_emptied`.
        """
        views = _views_of(seed, made)
        pending = [(slot, how, a) for slot, found in self.pending.items() for how, _, a in found]
        uses = sum(_reads(s, seed) for s in made)
        uses += sum(count_reads(a.expr, seed) for _, _, a in pending)
        if uses == 0:
            return False
        simple = all(
            isinstance(s, Assign) and not s.augmented and isinstance(s.targets[0], Var) and
            not any(isinstance(n, Apply) and n.op.startswith("backward") for n in walk(s.value))
            for s in made
        )  # fmt: skip

        def is_read_by(adjoint: Adjoint, names: set[Var]) -> bool:
            return any(count_reads(adjoint.expr, name) for name in names)

        kept = any(
            (how in ("item", "slice") or (how == "add" and self.state.get(slot) is None))
            and not is_fresh(a.expr) and is_read_by(a, views)
            for slot, how, a in pending
        )  # fmt: skip
        added = [a for slot, _, a in pending if slot in own]
        later = len(added) > 1 and any(is_read_by(a, views) for a in added)
        if added:
            # `flush` knows the order for what reads the adjoint by its own name alone.
            unordered = views if own != [writing.slot] else views - {seed}
            later |= any(is_read_by(a, unordered) for slot, _, a in pending if slot not in own)
        return not simple or kept or later or (is_emptied and bool(added)) or uses > 3

    def _kept(self, taken: Expr, node: Expr) -> Expr:
        """The adjoint of a place, as a value that no later write changes."""
        if self.facts.shape_of(node) == SCALAR or not isinstance(taken, Apply):
            return taken
        if taken.op != "getitem" or not self._is_view(node):
            return taken
        return Apply("numpy.copy", (taken,), (), "method", "copy")

    def _is_view(self, node: Expr) -> bool:
        if not isinstance(node, Apply):
            return True
        found = self.facts.rule_of(node)
        return found is None or found[0].view is not None

    def _inline(self, seed: Var, taken: Expr, made: Block) -> None:
        made[:] = [_inlined(s, seed, taken) for s in made]
        for slot, found in self.pending.items():
            self.pending[slot] = [
                (how, key and _put(key, seed, taken), replace(a, expr=_put(a.expr, seed, taken)))
                for how, key, a in found
            ]

    def _filling(self, writing: _Writing, key: Expr, own: list[Slot]) -> set[int]:
        """The contribution that fills the whole place again, so that nothing has to be cleared: it
        is made the first one, and assigns."""
        position = self._filled(writing, key, own)
        if position is None:
            return set()
        found = self.pending[writing.slot]
        found.insert(0, found.pop(position))
        return {id(found[0][2])}

    def _filled(self, writing: _Writing, key: Expr, own: list[Slot]) -> int | None:
        """Which of the contributions to the array of a place fills all of the place."""
        if own != [writing.slot] or not isinstance(writing.base, Ref):
            return None
        found = self.pending[writing.slot]
        if any(how != "index" for how, _, _ in found):
            return None
        for position, (_, at, _) in enumerate(found):
            if at is not None and structure(at) == structure(key):
                return position
        return None

    def is_cleared(self, statement: Stmt) -> bool:
        """Whether the adjoint of the place that a statement writes to is read again."""
        return statement not in self.unread


def is_write(node: Apply) -> bool:
    """Whether a call writes into its first argument, by a rule."""
    return any(rule.writes for rule in rules().get(node.op, ()))


def _value_name(rule: Rule) -> str:
    """The operand that is written."""
    return rule.operands[1].name


def _is_distinct(rule: Rule) -> bool:
    """Whether the places that a write goes to are distinct, so that `+=` adds to each once."""
    name = _value_name(rule)
    line = next(c for c in rule.contributions if c.operand == name)
    return isinstance(line.value, Apply) and line.value.op == "getitem"


def _views_of(var: Var, made: Block) -> set[Var]:
    """A variable, and those that statements bind to what may be a view of it."""
    found = {var}
    for statement in made:
        if isinstance(statement, Assign) and not is_fresh(statement.value):
            if any(isinstance(n, Ref) and n.var in found for n in walk(statement.value)):
                found |= {v for t in statement.targets for v in targets_of(t)}
    return found


def _reads(statement: Stmt, var: Var) -> int:
    from s2sad.derive.parts import exprs_of

    return sum(count_reads(expr, var) for expr in exprs_of(statement))


def _put(expr: Expr, var: Var, value: Expr) -> Expr:
    return rewrite(expr, lambda n: value if isinstance(n, Ref) and n.var is var else None)


def _inlined(statement: Stmt, var: Var, value: Expr) -> Stmt:
    if not isinstance(statement, Assign):
        return statement
    return replace(statement, value=_put(statement.value, var, value))
