"""The adjoint of a call of a function that is derived too.

Its backward function takes its arguments and the adjoint of its result, and returns the adjoints of
its arguments. Of an argument that it writes into, it takes the adjoint as it is after the call, and
returns it as it is before:

    y = mix(a, b)         d_a, d_b = mix_backward(a, b, d_y)
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from s2sad.analysis.exits import is_iterator
from s2sad.analysis.types import (
    NUMBER,
    SCALAR,
    Array,
    DictOf,
    ListOf,
    Struct,
    TupleOf,
    Type,
    Unknown,
    may_be_complex,
)
from s2sad.derive.adjoints import Adjoint, Slot, is_zero
from s2sad.derive.broadcasting import call, expand, shape_of_value
from s2sad.derive.derived import Interface
from s2sad.derive.effects import handed_twice, inner_call, unnamed_argument
from s2sad.derive.instantiate import as_value
from s2sad.ir.flow import expressions
from s2sad.ir.nodes import (
    Apply,
    Assign,
    Const,
    Each,
    Evaluate,
    Expr,
    Invoke,
    Make,
    Place,
    Ref,
    Stmt,
    Target,
    Unpack,
    Var,
    walk,
)

if TYPE_CHECKING:
    from s2sad.derive.backward.expressions import Expressions
    from s2sad.derive.backward.sweep import Sweep


class Calls:
    """Passes the adjoints of calls on, by backward functions."""

    def __init__(self, sweep: Sweep, expressions: Expressions) -> None:
        self.sweep = sweep
        self.facts = sweep.facts
        self.out = sweep.out
        self.regions = sweep.regions
        self.shadows = sweep.shadows
        self.state = sweep.state
        self.slots = sweep.slots
        self.contributions = sweep.contributions
        self.standing = sweep.standing
        self.places = sweep.places
        self.expressions = expressions

    def check_calls(self, statement: Stmt) -> None:
        """A call that writes must be all of a statement, so that its mirror is one too."""
        whole = statement.value if isinstance(statement, Assign | Evaluate) else None
        for expr in expressions(statement):
            for node in walk(expr):
                if isinstance(node, Invoke) and node is not whole:
                    if self.sweep.engine.writes_varied(node):
                        self.sweep.add_error(inner_call(node))

    def pull(self, node: Invoke, adjoint: Adjoint) -> None:
        if self.sweep.engine.writes_varied(node):
            self.sweep.add_error(inner_call(node))
            return
        self.pull_call(node, adjoint)

    def _is_used_up(self, argument: Expr) -> bool:
        """Whether an argument is an iterator that the call leaves empty. A zip is made again, and
        the items of a generator expression are listed, or computed again."""
        if isinstance(argument, Ref):
            return argument.var in self.sweep.iterators
        again = ("builtins.zip", "builtins.enumerate", "builtins.reversed")
        made_again = isinstance(argument, Apply) and argument.op in again
        return is_iterator(argument) and not (made_again or isinstance(argument, Each))

    def pull_call(self, node: Invoke, adjoint: Adjoint | None) -> None:
        """The adjoint of a call; of one that writes, also when its result has none."""
        self.sweep.now.called.add(node)
        interface = self.sweep.engine.interface(node.callee)
        if interface is None or not interface.wrt:
            return
        if any(a is not None and self._is_used_up(a) for a in node.args):
            self.sweep.refuse(
                "S2S012",
                f"cannot differentiate a call that hands an iterator to {node.callee.name}",
                node,
                "The backward part hands it over again, when nothing is left of it: hand over a "
                "list of what it gives.",
            )
            return
        if adjoint is not None:
            adjoint = self._whole(node, adjoint)
        if interface.written:
            if not self._check_arguments(node, interface):
                return
            self._pull_result_argument(node, adjoint)
        if interface.seeded and adjoint is None and not self._is_written_back(node, interface):
            return
        if interface.written and adjoint is not None:
            # It may stand in the variable of the adjoint of what is written into.
            adjoint = self.slots.protected(adjoint, f"d_{self.slots.hint(node)}")
        written = {k: self._handed_over(node, k) for k in interface.written}
        if adjoint is None and all(entry is None for entry in written.values()):
            return
        targets, results = self._results(node, interface)
        if interface.seeded and adjoint is None:
            adjoint = self._no_adjoint(node)
        backward = self._backward_call(node, interface, adjoint, list(written.values()))
        if len(targets) == 1 and self._is_for_a_while(targets[0], results):
            ((argument, result),) = results
            self.facts.types[backward] = self.facts.type_of(result.expr)
            result = replace(result, expr=backward)
            self.expressions.pull(argument, self._from_parts(node, argument, result))
            return
        target: Target = targets[0] if len(targets) == 1 else Unpack(tuple(targets))
        self.out.append(Assign((target,), backward))
        # Variables first: a call in another argument must not take their adjoints for its own.
        results.sort(key=lambda result: not self.slots.of(result[0]))
        for argument, result in results:
            self.expressions.pull(argument, self._from_parts(node, argument, result))

    def _from_parts(self, node: Invoke, argument: Expr, result: Adjoint) -> Adjoint:
        """The adjoint of an argument from what a function gives that also takes lists where this
        has arrays: lists, with None where an item has none."""
        function = self.sweep.engine.program.function(node.callee)
        taken = function.params[node.args.index(argument)].var
        kind = self.facts.type_of(argument)
        if not _comes_in_parts(kind, self.facts.bindings.get(taken)):
            return result
        name = "from_parts" if isinstance(kind, Array) else "like_tree"
        whole = call(f"helper.{name}", as_value(argument), result.expr, text=name)
        self.facts.types[whole] = self.facts.type_of(result.expr)
        return replace(result, expr=whole)

    def _results(
        self, node: Invoke, interface: Interface
    ) -> tuple[list[Target], list[tuple[Expr, Adjoint]]]:
        """What a backward function's results are given to, and which arguments they go on to."""
        targets: list[Target] = []
        results: list[tuple[Expr, Adjoint]] = []
        for index in interface.wrt:
            argument = node.args[index]
            if index in interface.written:
                targets.append(self._target_of_written(node, index))
                continue
            if argument is None or not self.sweep.is_varied(argument):
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
            ref = self.sweep.typed(Ref(var), Array(NUMBER if mixed else "unknown", shape))
            results.append((argument, Adjoint(ref, shape, True, False, tree)))
        return targets, results

    def _is_for_a_while(self, target: Target, results: list[tuple[Expr, Adjoint]]) -> bool:
        """Whether what a backward function returns goes on at once, so that it needs no name; it
        has one where it goes to another backward function."""
        if not results or results[0][1].tree or isinstance(results[0][0], Invoke):
            return False
        slot = self.slots.of(results[0][0])
        return slot is None or target is not self.slots.adjoint_vars.get(slot)

    def _whole(self, node: Expr, adjoint: Adjoint) -> Adjoint:
        """An adjoint as a backward function takes it: all of a tuple, and each in its shape."""
        kind = self.facts.type_of(node)
        if not adjoint.tree or not isinstance(kind, TupleOf | DictOf | Struct):
            return adjoint if adjoint.full else expand(adjoint, node, self.facts)
        known: dict[Any, Expr]
        match adjoint.expr:
            case Make("dict", given, names):
                known = {k.value: part for k, part in zip(names, given, strict=True)
                         if isinstance(k, Const)}  # fmt: skip
            case Make(items=given):
                known = dict(enumerate(given))
            case _:
                return adjoint
        whole: dict[Any, Expr] = dict(known) if isinstance(kind, DictOf) else {}
        for name, part in self._parts_of(node, kind).items():
            found = known.get(name, Const(0.0))
            if not is_zero(found):
                is_tree = isinstance(found, Make)
                inner = Adjoint(found, full=is_tree or not isinstance(found, Const), tree=is_tree)
                whole[name] = self._whole(part, inner).expr
            else:
                whole[name] = self._no_adjoint(part).expr
        return _made(kind, whole)

    def _parts_of(self, node: Expr, kind: TupleOf | DictOf | Struct) -> dict[Any, Apply]:
        """The items of a tuple, dict or object as expressions, by position, key or name."""
        if isinstance(kind, Struct):
            types: dict[Any, Type] = dict(kind.fields)
            parts = {name: Apply("getattr", (node,), (), "attribute", name) for name in types}
        else:
            items = enumerate(kind.items) if isinstance(kind, TupleOf) else kind.items
            types = dict(items)
            parts = {key: Apply("getitem", (node, Const(key)), (), "index") for key in types}
        self.facts.types.update((part, types[key]) for key, part in parts.items())
        return parts

    def _no_adjoint(self, node: Expr) -> Adjoint:
        """The adjoint of a result that nothing reads."""
        match self.facts.type_of(node):
            case Array(shape=shape):
                if shape == SCALAR:
                    return Adjoint(Const(0.0))
                mixed = may_be_complex(self.facts.type_of(node))
                return Adjoint(self.slots.zeros_of(shape_of_value(node, self.facts), mixed))
            case TupleOf() | DictOf() | Struct() as kind:
                parts = self._parts_of(node, kind)
                return _made(kind, {k: self._no_adjoint(part).expr for k, part in parts.items()})
        return Adjoint(Const(0.0))

    def _backward_call(
        self, node: Invoke, interface: Interface, seed: Adjoint | None, written: list[Expr | None]
    ) -> Apply:
        args: list[Expr] = []
        named: list[tuple[str, Expr]] = []
        for position, index in enumerate(interface.args):
            given = node.args[index]
            if given is None:
                continue
            # Behind a parameter that keeps its default, the others are given by name.
            if len(args) == position and not named:
                args.append(as_value(given))
            else:
                named.append((interface.names[index], as_value(given)))
        named += [(n, as_value(a)) for n, i in interface.named if (a := node.args[i]) is not None]
        handed: list[tuple[str, Expr]] = []
        if interface.takes_result:
            handed.append(("value", as_value(node)))
        if seed is not None and interface.seeded:
            handed.append((interface.seed("d_out"), seed.expr))
        for index, entry in zip(interface.written, written, strict=True):
            assert entry is not None
            handed.append((interface.seed(f"d_{interface.names[index]}"), entry))
        if interface.keyword:
            named += handed
        else:
            args += [expr for _, expr in handed]
        return Apply(f"backward:{interface.key}", tuple(args), tuple(named), "call", interface.name)

    def _target_for(self, argument: Expr) -> Var:
        """Where a callee's result goes: straight to the adjoint when that has no value yet."""
        slot = self.slots.of(argument)
        if (
            slot is not None
            and self.state.get(slot) is None
            and slot not in self.contributions.pending
        ):
            root_entries = self.state.entries.get(slot[0], {})
            taken = any(isinstance(s, Assign) and s.targets[0] is self.slots.adjoint_vars.get(slot)
                        for s in self.out.block)  # fmt: skip
            reading = (
                self.slots.adjoint_vars.get(slot) in self.sweep.now.seeds
                and not self.sweep.now.whole_call
            )
            if not root_entries and not taken and not reading and not self._seeds_read(slot):
                return self.slots.adjoint_var(slot)
        return Var(f"d_{self.slots.hint(argument) if slot is None else self.slots.hint_of(slot)}")

    def _seeds_read(self, slot: Slot) -> bool:
        var = self.slots.adjoint_vars.get(slot)
        if var is None:
            return False
        for contributions in self.contributions.pending.values():
            for _, _, adjoint in contributions:
                if any(isinstance(n, Ref) and n.var is var for n in walk(adjoint.expr)):
                    return True
        return False

    def _check_arguments(self, node: Invoke, interface: Interface) -> bool:
        """Whether no other argument may share memory with one that a call writes into."""
        for index in interface.written:
            argument = node.args[index]
            if argument is None or (
                self.places.written_slot(argument) is None and not self.places.is_literal(argument)
            ):
                self.sweep.add_error(unnamed_argument(node))
                return False
            if self.regions.hands_over_twice(node, index):
                self.sweep.add_error(handed_twice(node))
                return False
        return True

    def _pull_result_argument(self, node: Invoke, adjoint: Adjoint | None) -> None:
        """A call that returns what it writes into: the result's adjoint is the argument's, which
        may carry a derivative only after the call."""
        argument = self.sweep.engine.written_argument(node)
        if argument is None or adjoint is None:
            return
        slot = self.slots.of(argument)
        if slot is not None:
            self.contributions.pend(slot, adjoint)
            self.contributions.flush()
            return
        root = self.places.written_slot(argument)
        assert root is not None
        read = {node.var for node in walk(adjoint.expr) if isinstance(node, Ref)}
        if self.slots.adjoint_var(root) in read:
            # d = f(d[:]): the result's name is that of what its part was.
            adjoint = self.slots.protected(adjoint, f"d_{self.slots.hint(node)}")
        self.standing.stand_zero(root)
        place = self.places.mirrored(argument)
        assert isinstance(place, Apply)
        total = Apply("add", (place, adjoint.expr), (), "infix", "+")
        target = Place(place, Const(...))
        if place.op == "getitem":
            target = Place(place.args[0], place.args[1])
        self.out.append(Assign((target,), total, "add"))

    def _is_written_back(self, node: Invoke, interface: Interface) -> bool:
        """Whether what a call has written has an adjoint."""
        written = [a for k in interface.written if (a := node.args[k]) is not None]
        if any(isinstance(a, Make) for a in written):
            return True
        slots = [self.places.written_slot(a) for a in written]
        return any(slot is not None and self.state.get(slot) is not None for slot in slots)

    def _handed_over(self, node: Invoke, index: int) -> Expr | None:
        """The adjoint of an argument that is written into, as an array of the function's own."""
        argument = node.args[index]
        if isinstance(argument, Make):
            return self.places.mirrored_literal(argument)
        slot = None if argument is None else self.places.written_slot(argument)
        if slot is None or argument is None:
            return None
        self.standing.stand_zero(slot)
        return self.places.mirrored(argument)

    def _target_of_written(self, node: Invoke, index: int) -> Target:
        argument = node.args[index]
        assert argument is not None
        if isinstance(argument, Make):
            return Var("_")
        mirrored = self.places.mirrored(argument)
        if isinstance(mirrored, Ref):
            is_shadow = (
                mirrored.var in self.shadows.of.values() or mirrored.var in self.sweep.now.held
            )
            shared = is_shadow and self.regions.is_array(argument)
            return Place(mirrored, Const(...)) if shared else mirrored.var
        assert isinstance(mirrored, Apply)
        if mirrored.op == "getitem":
            return Place(mirrored.args[0], mirrored.args[1])
        return Place(mirrored, Const(...))


def _comes_in_parts(given: Type, taken: Type | None) -> bool:
    """Whether a function may take something for lists in which arrays are handed to it."""
    match given, taken:
        case Array(shape=shape), _:
            return shape != SCALAR and isinstance(taken, Unknown)
        case TupleOf(items), Unknown():
            return any(_comes_in_parts(item, taken) for item in items)
        case DictOf(pairs), Unknown():
            return any(_comes_in_parts(item, taken) for _, item in pairs)
        case ListOf(item), Unknown():
            return _comes_in_parts(item, taken)
        case TupleOf(items), TupleOf(others) if len(items) == len(others):
            return any(_comes_in_parts(a, b) for a, b in zip(items, others, strict=True))
        case TupleOf(items), ListOf(other):
            return any(_comes_in_parts(item, other) for item in items)
        case ListOf(item), ListOf(other):
            return _comes_in_parts(item, other)
    return False


def _made(kind: TupleOf | DictOf | Struct, parts: dict[Any, Expr]) -> Adjoint:
    """The adjoint of a tuple, dict or object from those of its parts."""
    if isinstance(kind, TupleOf):
        return Adjoint(Make("tuple", tuple(parts.values())), tree=True)
    keys = tuple(Const(key) for key in parts)
    return Adjoint(Make("dict", tuple(parts.values()), keys), tree=True)
