"""The variables that hold tangents, and what is known of them: which are narrow, which are shared.

What is *narrow* is of a shape that broadcasts to its value's. What is *shared* is an array that
another name may stand for, so that nothing may be added to it in place. Both are known after the
sweep only, which is done again until nothing new comes up.
"""

from __future__ import annotations

from s2sad.analysis.facts import Facts
from s2sad.analysis.types import (
    NUMBER,
    SCALAR,
    AnyShape,
    Array,
    Star,
    Unknown,
    is_complex,
    may_be_complex,
)
from s2sad.derive.adjoints import Adjoint as Tangent
from s2sad.derive.fresh import is_fresh
from s2sad.derive.mirrored import Mirrored
from s2sad.ir.nodes import Apply, Const, Expr, Ref, Value, Var, walk


class Dots:
    """The variables that hold the tangents of one function's variables; `standing` are those whose
    tangents are expressions, since only a comprehension binds them."""

    def __init__(self, facts: Facts, mirrored: Mirrored) -> None:
        self.facts = facts
        self.mirrored = mirrored
        self.of_var: dict[Var, Var] = {}
        self.standing: dict[Var, Expr] = {}
        self.narrow: dict[Var, AnyShape] = {}
        self.shared: set[Var] = set()
        self.unsettled = False

    def of(self, var: Var) -> Var:
        """The variable that holds the tangent of a variable."""
        if var not in self.of_var:
            self.of_var[var] = Var(f"dot_{var.hint}")
        return self.of_var[var]

    def is_mirrored(self, dot: Var) -> bool:
        """Whether a variable holds the tangent of one that is written in place."""
        return any(self.of_var.get(var) is dot for var in self.mirrored)

    def is_narrow(self, dot: Var) -> bool:
        """Whether a variable may hold a tangent that is narrow."""
        return any(self.of_var[var] is dot for var in self.narrow)

    def note(self, var: Var, found: Tangent | None) -> None:
        """Notes whether the tangent of a variable may be narrow, or an array that others see."""
        if found is None or found.tree:
            return
        if not found.full:
            old = self.narrow.get(var)
            new = found.shape if old in (None, found.shape) else Star("?")
            self.unsettled |= new != old
            self.narrow[var] = new
        mixed = may_be_complex(self.facts.bindings.get(var, Unknown()))
        if mixed and not self.is_surely_complex(found.expr):
            # What is added in place would have to be real.
            self.unsettled |= self.of(var) not in self.shared
            self.shared.add(self.of(var))
        if not is_fresh(found.expr):
            seen = {n.var for n in walk(found.expr) if isinstance(n, Ref)} | {self.of(var)}
            seen &= set(self.of_var.values()) - {self.of(v) for v in self.mirrored}
            self.unsettled |= not seen <= self.shared
            self.shared |= seen

    def read(self, var: Var, node: Expr) -> Tangent:
        """The tangent that stands in a variable."""
        kind = self.facts.type_of(node)
        ref = self.standing[var] if var in self.standing else Ref(self.of(var))
        if not isinstance(kind, Array | Unknown):
            self.facts.types[ref] = kind
            return Tangent(ref, tree=True)
        shape = self.facts.shape_of(node)
        full = var not in self.narrow or shape == SCALAR
        shape = shape if full else self.narrow[var]
        if isinstance(kind, Array) or not full:
            kind = Array(NUMBER if may_be_complex(kind) else "float64", shape)
        self.facts.types[ref] = kind
        return Tangent(ref, shape, full)

    def is_surely_complex(self, expr: Expr) -> bool:
        """Whether a tangent has a complex dtype: that of a complex value need not."""
        match expr:
            case Const(value):
                return isinstance(value, complex)
            case Value(node):
                return is_complex(self.facts.type_of(node))
            case Apply(_, args):
                found = self.facts.rule_of(expr)
                if found is not None and found[0].gives:
                    return found[0].gives == "complex"
                stated = dict(expr.kwargs).get("dtype")
                if isinstance(stated, Apply) and stated.op == "builtins.complex":
                    return True
                return any(map(self.is_surely_complex, args))
        return False
