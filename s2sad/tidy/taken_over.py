"""Products that take over the memory of an adjoint that is about to be cleared.

Of the adjoint of what was overwritten nothing is left in the end, so what is computed from it last
needs no array of its own:

    d_difference = d_v[1:-1] * dt             d_new = d_v[1:-1]
    d_u[1:-1] += d_v[1:-1] - d_difference     d_u[1:-1] += d_new
    d_k += np.sum(d_difference * u[1:-1])     d_new *= dt
    d_v[1:-1] = 0.0                           d_u[1:-1] -= d_new
                                              d_k += np.sum(d_new * u[1:-1])
                                              d_v[1:-1] = 0.0

Only slices of arrays, multiplied or divided by numbers, and only where nothing else in the group
reads or keeps that memory.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Hashable
from dataclasses import dataclass, replace

from s2sad.analysis.types import Array, Shape, Type, is_scalar, may_be_complex
from s2sad.ir.bindings import bound_by, written_by
from s2sad.ir.flow import expressions, reads, statements
from s2sad.ir.nodes import (
    Apply,
    Assign,
    Block,
    Const,
    Expr,
    Invoke,
    Make,
    Place,
    Ref,
    Slice,
    Stmt,
    Var,
    walk,
)
from s2sad.tidy.algebra import infix, key, rewrite
from s2sad.tidy.sooner import changed_by, moved_before, only_added_to, read_by


@dataclass
class TakingOver:
    """Rewrites groups of the backward part; `together` gives the names of an array, and `outside`
    are the variables that are read elsewhere, too."""

    together: Callable[[Var], Collection[Var]]
    type_of: Callable[[Expr], Type]
    outside: Collection[Var]

    def groups(self, bodies: list[Block]) -> None:
        """Rewrites the groups of a function in place."""
        used = [{var for s in statements(body) for var in _used(s)} for body in bodies]
        count = Counter(var for found in used for var in found)
        for body, found in zip(bodies, used, strict=True):
            own = {var for var in found if count[var] == 1} - set(self.outside)
            body[:] = self._group(body, own)

    def _group(self, body: Block, own: set[Var]) -> Block:
        group = [statement for statement in body if isinstance(statement, Assign)]
        if len(group) < len(body) or len(group) < 2:
            return body
        *before, last = group
        part = self._cleared(last)
        if part is None or not self._is_alone(before, part):
            return body
        new = Var("d_new")
        named = [_reading(statement, key(part), new) for statement in before]
        found = named
        position = 0
        while position < len(found):
            found = self._in_place(found, position, new, own) or found
            position += 1
        return body if found is named else [Assign((new,), part), *found, last]

    def _cleared(self, statement: Assign) -> Apply | None:
        """The part of an array that a statement clears, if it is a slice."""
        match statement:
            case Assign((Place(Ref() as base, at),), Const(0.0), None) if not isinstance(at, str):
                part = Apply("getitem", (base, at), (), "index")
                parts = at.items if isinstance(at, Make) else (at,)
                basic = all(isinstance(p, Slice) or is_scalar(self.type_of(p)) for p in parts)
                return part if basic and _is_array(self.type_of(part)) else None
        return None

    def _is_alone(self, group: list[Assign], part: Apply) -> bool:
        """Whether a group has no other way to the memory of a part than the part itself, changes
        nothing that says which part that is, and hands nothing to functions that may keep it."""
        base, at = part.args
        assert isinstance(base, Ref)
        names, name = set(self.together(base.var)), key(part)
        for statement in group:
            if changed_by(statement) & (names | set(reads(at))):
                return False
            for expr in expressions(statement):
                rest = rewrite(expr, lambda node: Const(0.0) if key(node) == name else None)
                if names & set(reads(rest)) or any(isinstance(n, Invoke) for n in walk(expr)):
                    return False
        return True

    def _in_place(
        self, group: list[Assign], position: int, new: Var, own: set[Var]
    ) -> list[Assign] | None:
        """The group with the product at a position in the memory of what it multiplies, if it is a
        product, and what it multiplies is not read any more then."""
        target, product = group[position].targets[0], self._product(group[position], new)
        if product is None or not isinstance(target, Var) or target not in own:
            return None
        sums = only_added_to(group, self.together)
        first, (_, *rest) = moved_before(group[position:], {new}, sums)
        done = [*group[:position], *first]
        if any(new in read_by(s) or target in changed_by(s) for s in rest):
            return None
        if any(_keeps(s, new) for s in done) or any(_keeps(s, target) for s in rest):
            return None
        scaled = Assign((new,), product, product.op)
        return [*done, scaled, *(_reading(s, key(Ref(target)), new) for s in rest)]

    def _product(self, statement: Assign, new: Var) -> Apply | None:
        """The product that a statement gives a name, as one in place, if it is that of `new` and a
        real number."""
        match statement:
            case Assign((Var(),), Apply("mul" | "truediv" as op, (Ref(var), other)), None) if (
                var is new
            ):
                pass
            case Assign((Var(),), Apply("mul" as op, (other, Ref(var))), None) if var is new:
                pass
            case _:
                return None
        kind = self.type_of(other)
        if not is_scalar(kind) or may_be_complex(kind):
            return None
        return infix(op, "*" if op == "mul" else "/", Ref(new), other)


def _is_array(kind: Type) -> bool:
    """Whether a value is certainly an array, no number."""
    return isinstance(kind, Array) and isinstance(kind.shape, Shape) and kind.shape.rank > 0


def _reading(statement: Assign, name: Hashable, new: Var) -> Assign:
    """The same statement with a variable in the place of what has this key."""
    value = rewrite(statement.value, lambda node: Ref(new) if key(node) == name else None)
    return statement if value is statement.value else replace(statement, value=value)


def _keeps(statement: Assign, var: Var) -> bool:
    """Whether a statement may give an array another name, or put it somewhere."""
    if var not in read_by(statement) or statement.augmented is not None:
        return False
    return not (isinstance(statement.value, Apply) and statement.value.form == "infix")


def _used(statement: Stmt) -> set[Var]:
    read = {var for expr in expressions(statement) for var in reads(expr)}
    return read | bound_by(statement).keys() | written_by(statement).keys()
