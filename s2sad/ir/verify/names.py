"""What holds when names are given: none is the user's, and each holds what is read under it."""

from __future__ import annotations

from collections.abc import Iterator

from s2sad.ir.flow import bound, expressions, reads, statements
from s2sad.ir.nodes import Assign, Block, Branch, Context, Expr, For, Guard, Ref, Stmt, Var, While
from s2sad.ir.verify.invariants import Fault, Subject, invariant
from s2sad.ir.verify.memory import given


@invariant("tidy")
def no_generated_name_is_the_users(subject: Subject) -> Iterator[Fault]:
    """A name that s2sad made belongs to one variable, and the user's text does not mention it."""
    derived = subject.program
    users = set(subject.function.names)
    owner: dict[str, Var] = {}
    for statement, var in _named(subject):
        root = derived.names.root(var)
        if root.user or root.name is None or root.name == "_":
            continue
        if root.name in users or owner.setdefault(root.name, root) is not root:
            yield Fault(statement, root.name)


def _named(subject: Subject) -> Iterator[tuple[Stmt | None, Var]]:
    """The variables that a generated function gives a value to, and where."""
    plan = subject.program.plan
    for var in subject.given:
        yield None, var
    for statement in statements([*plan.forward, *plan.backward]):
        for var in bound(statement):
            yield statement, var


@invariant("tidy")
def what_is_read_is_assigned(subject: Subject) -> Iterator[Fault]:
    """Every variable of the function that is read is assigned in it, or handed to it."""
    plan, root = subject.program.plan, subject.program.names.root
    known = {root(var) for var in given(subject)} | {root(var) for _, var in _named(subject)}
    for statement in statements([*plan.forward, *plan.backward]):
        for expr in expressions(statement):
            for var in reads(expr):
                if root(var) not in known and _is_local(var, subject):
                    yield Fault(statement, f"{var!r} is read")


def _is_local(var: Var, subject: Subject) -> bool:
    """Whether a variable is one that the function itself assigns, or that a pass made."""
    return not var.user or any(var in bound(s) for s in statements(subject.function.body))


@invariant("tidy")
def a_name_holds_what_is_read(subject: Subject) -> Iterator[Fault]:
    """A variable has its own value where it is read: no other of its name was assigned since."""
    derived = subject.program
    names: dict[str, set[Var]] = {}
    for _, var in _named(subject):
        name = derived.names.root(var).name
        if name is not None and name != "_":
            names.setdefault(name, set()).add(var)
    given = [p.var for p in subject.function.params]
    for var in given:
        names.setdefault(var.hint, set()).add(var)
    shared = {v: n for n, owners in names.items() if len(owners) > 1 for v in owners}
    if not shared:
        return
    holders = _Holders(shared)
    held = {shared[v]: {v} for v in given if v in shared}
    held = holders.block([*derived.plan.forward, *derived.plan.backward], held)
    holders.read(derived.returns, None, held)
    yield from holders.faults


class _Holders:
    """Follows which variables the names hold that several variables share."""

    def __init__(self, shared: dict[Var, str]) -> None:
        self.shared = shared
        self.faults: list[Fault] = []

    def block(self, block: Block, held: dict[str, set[Var]]) -> dict[str, set[Var]]:
        """The holders after a block."""
        for statement in block:
            for expr in expressions(statement):
                self.read(expr, statement, held)
            held = self._inside(statement, held)
            if not isinstance(statement, For):
                held = self._assigned(statement, held)
        return held

    def read(self, expr: Expr, statement: Stmt | None, held: dict[str, set[Var]]) -> None:
        """Notes what an expression reads under a name that holds something else."""
        for var in reads(expr):
            name = self.shared.get(var)
            if name is not None and name in held and var not in held[name]:
                self.faults.append(Fault(statement, name))

    def _assigned(self, statement: Stmt, held: dict[str, set[Var]]) -> dict[str, set[Var]]:
        for var in bound(statement):
            name = self.shared.get(var)
            if name is None:
                continue
            match statement:
                case Assign((Var(),), Ref(old), None) if old in held.get(name, ()):
                    held = held | {name: held[name] | {var}}
                case _:
                    held = held | {name: {var}}
        return held

    def _inside(self, statement: Stmt, held: dict[str, set[Var]]) -> dict[str, set[Var]]:
        match statement:
            case Branch():
                return _joined(self.block(statement.then, held), self.block(statement.other, held))
            case For() | While():
                # Assignments act on a name whatever it held: running the body twice is enough.
                first = self.block(statement.body, self._assigned(statement, held))
                head = _joined(held, first)
                return _joined(held, self.block(statement.body, self._assigned(statement, head)))
            case Context() | Guard():
                return self.block(statement.body, held)
        return held


def _joined(one: dict[str, set[Var]], other: dict[str, set[Var]]) -> dict[str, set[Var]]:
    """The holders where two paths meet: those on both; a name that one does not have is free."""
    return {
        name: one[name] & other[name] if name in one and name in other else {**other, **one}[name]
        for name in one | other
    }
