"""Names: every name that s2sad invents is made here, the same for the same input.

A value without a name is called after what it is: `tanh_in` for the argument of np.tanh, `exp_z`
for np.exp(z), `numerator` for the upper part of a quotient. A name that the user's code or Python
has gets a `_` (`sum_`); the second of one name that was made gets a number (`exp_z_2`).
"""

from __future__ import annotations

import builtins
import keyword
from collections.abc import Iterable

from s2sad.ir.nodes import Apply, Const, Expr, Invoke, Make, Ref, Select, Value, Var

_WORDS = {
    "add": "sum",
    "sub": "difference",
    "mul": "product",
    "truediv": "ratio",
    "matmul": "product",
    "pow": "power",
    "neg": "negative",
    "mod": "remainder",
    "floordiv": "quotient",
    "getitem": "part",
    "numpy.linalg.norm": "norm",
}
_COMPARISONS = {"lt": "below", "le": "below", "gt": "above", "ge": "above", "eq": "equal",
                "ne": "different", "in": "found", "notin": "missing", "not": "off"}  # fmt: skip


def describe(node: Expr) -> str:
    """A name for what an expression is."""
    match node:
        case Ref(var):
            return var.hint
        case Value(inner):
            return describe(inner)
        case Apply("getitem", (base, key)):
            name = describe(base)
            if isinstance(key, Const) and isinstance(key.value, str) and key.value.isidentifier():
                return key.value
            return f"{name}_part" if len(name) < 20 else "part"
        case Apply("getattr"):
            return node.text
        case Apply("numpy.transpose", (base,)):
            return f"{describe(base)}_T"
        case Apply(op, args) if op in _COMPARISONS:
            first = describe(args[0]) if args and isinstance(args[0], Ref) else ""
            return f"{first}_{_COMPARISONS[op]}".strip("_")
        case Apply(_, (of, *_), _, "called"):
            return f"{describe(of)}_out"
        case Apply(op, args):
            word = _WORDS.get(op, op.rpartition(".")[2])
            if len(args) == 1 and isinstance(args[0], Ref) and op not in _WORDS:
                return f"{word}_{args[0].var.hint}"
            return word
        case Invoke(callee):
            return f"{callee.name}_out"
        case Select():
            return "chosen"
        case Make(kind):
            return f"{kind}_parts" if kind == "tuple" else kind
    return "value"


def role(parent: Expr, child: Expr) -> str | None:
    """A name for an operand after its part in an operator: the argument of tanh is `tanh_in`."""
    match parent:
        case Apply("truediv", (top, bottom)):
            if top is child:
                return "numerator"
            return "denominator" if bottom is child else None
        case Apply(op, (only,)) if only is child and "." in op:
            return f"{op.rpartition('.')[2]}_in"
        case Apply("pow", (base, _)) if base is child:
            return "base"
    return None


class Names:
    """Gives variables their names in one generated function."""

    def __init__(self, taken: Iterable[str]) -> None:
        self.taken = set(taken) | set(dir(builtins))
        self._made: set[str] = set()
        self._same: dict[Var, Var] = {}
        self._numbers: dict[str, int] = {}

    def merge(self, var: Var, into: Var) -> None:
        """Gives a variable the name of another."""
        self._same[self.root(var)] = self.root(into)

    def root(self, var: Var) -> Var:
        """The variable whose name a variable has."""
        while var in self._same:
            var = self._same[var]
        return var

    def name(self, var: Var) -> str:
        """The name of a variable; made when it is asked for the first time."""
        var = self.root(var)
        if var.name is None:
            var.name = self.fresh(var.hint)
        return var.name

    def keep(self, var: Var, name: str) -> None:
        """Gives a variable a name that is settled, as a parameter's is for those who call."""
        self.root(var).name = name
        self.taken.add(name)

    def fresh(self, hint: str) -> str:
        """A name like the hint that nothing else has."""
        name = "".join(c if c.isalnum() or c == "_" else "_" for c in hint)
        if not name or name[0].isdigit():
            name = f"_{name}"
        while self._is_taken(name) and name not in self._made:
            name += "_"
        plain = name.rstrip("_")
        number = self._numbers.get(plain, 1)
        while self._is_taken(name):
            number += 1
            name = f"{plain}_{number}"
            self._numbers[plain] = number
        self.taken.add(name)
        self._made.add(name)
        return name

    def _is_taken(self, name: str) -> bool:
        return name in self.taken or keyword.iskeyword(name)
