"""What a write changes of the facts of others: the part of the interpreter that is about memory.

    y = x                  x and y are one array
    y[0] = t               t is varied: so are x and y from here on
    rows = [[0, 0]]
    row = rows[0]
    row[1] = 0.5           rows is a list of lists of int and float

All that may stand for the same memory, or hold it, is asked of the regions. What a function puts
into containers that it is handed, or captured, is noted in its summary for those who call it.
"""

from __future__ import annotations

from collections.abc import Callable

from s2sad.analysis.iteration import element
from s2sad.analysis.stored import (
    Store,
    is_container,
    path_of,
    perhaps_with_item,
    shortened,
    with_item_at,
)
from s2sad.analysis.tables import Course, Environment, Fact, Tables
from s2sad.analysis.types import (
    NUMBER,
    SCALAR,
    Array,
    Inert,
    Type,
    Unknown,
    is_integral,
)
from s2sad.ir.nodes import Apply, Expr, Slice, Var


class Storing:
    """The part of the interpreter that is about what several names see. `bind_type` notes that a
    variable has values of a type, too."""

    def __init__(
        self, tables: Tables, course: Course, bind_type: Callable[[Var, Type], None]
    ) -> None:
        self.tables = tables
        self.course = course
        self.bind_type = bind_type

    def stored(self, base: Expr, key: Expr | str, item: Type, env: Environment) -> None:
        """A container has another item from here on."""
        if isinstance(self.tables.types.get(base), Array):
            return
        found = path_of(base, key)
        root, path = found if found is not None else (None, ())
        fact = None if root is None else env.get(root)
        if root is not None and fact is not None:
            self._retype(root, with_item_at(fact.type, path, item), env)
        whole = self.tables.types.get(base, Unknown(""))
        known = root if fact else None
        self.perhaps_stored(base, (key, item, whole), env, known, len(path), exact=True)

    def perhaps_stored(
        self,
        base: Expr,
        store: Store,
        env: Environment,
        known: Var | None = None,
        depth: int = 0,
        exact: bool = False,
    ) -> None:
        """What may be the container, or hold it, has another item; `known` is the variable whose
        type is what it is after that, unless another one holds the same objects inside. It is
        `exact` where the container is `base` itself, and not something that this holds."""
        regions = self.course.regions[-1]
        members = {m: None for root, _ in regions.aliases(base) for m in regions.members(root)}
        self.course.stores[-1] += [(var, store) for var in members]
        facts = {var: fact for var in members if (fact := env.get(var)) is not None}
        others = [f for v, f in facts.items() if v is not known and is_container(f.type)]
        for var, fact in facts.items():
            if var is not known or (depth > 1 and others):
                levels = self.course.levels[-1]
                one = levels.may_be_one(var, base)
                inside = not exact or levels.may_hold(var, base)
                self._retype(var, perhaps_with_item(fact.type, store, one, inside), env)

    def list_changed(self, call: Apply, env: Environment) -> None:
        """A method has changed the items of a list."""
        base, *given = call.args
        end, whole = Slice(None, None), self.tables.types.get(base, Unknown(""))
        if call.op == "list.insert":
            item = self.tables.types[given[-1]]
            self.perhaps_stored(base, (end, item, whole), env, exact=True)
        elif call.op == "list.extend":
            item = element(self.tables.types[given[0]], "")
            self.perhaps_stored(base, (end, item, whole), env, exact=True)
        elif call.op == "list.pop":
            regions = self.course.regions[-1]
            for root, _ in regions.aliases(base):
                for var in regions.members(root):
                    if (fact := env.get(var)) is not None:
                        self._retype(var, shortened(fact.type), env)

    def _retype(self, var: Var, kind: Type, env: Environment) -> None:
        fact = env.get(var)
        if fact is not None and kind != fact.type:
            env.own[var] = Fact(kind, fact.varied)
            self.bind_type(var, kind)

    def written(self, base: Expr, env: Environment) -> None:
        """Something varied is written into an object: all that may share memory with it is varied
        from here on. Integers stay what they are: NumPy truncates what is written there."""
        kind = self.tables.types.get(base)
        if isinstance(kind, Inert) or (isinstance(kind, Array) and kind.shape == SCALAR):
            return
        regions = self.course.regions[-1]
        for root, _ in regions.aliases(base):
            for var in regions.members(root):
                fact = env.get(var)
                if fact is not None and not isinstance(fact.type, Inert):
                    env.own[var] = Fact(fact.type, not is_integral(fact.type))
                    if not is_integral(fact.type):
                        self.tables.made_varied.add(var)

    def written_complex(self, base: Expr, env: Environment) -> None:
        """Something that may be complex is written into an array or container: what is not known
        to be real may be complex from here on."""
        for root, _ in self.course.regions[-1].aliases(base):
            for var in self.course.regions[-1].members(root):
                fact = env.get(var)
                match fact:
                    case Fact(Array("unknown", shape), varied) if shape != SCALAR:
                        env.own[var] = Fact(Array(NUMBER, shape), varied)
                    case Fact(Unknown(name, False), varied):
                        env.own[var] = Fact(Unknown(name, foreign=True), varied)
