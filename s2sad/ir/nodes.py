"""The intermediate representation: a small structured language of frozen dataclasses.

A `Function` is a list of statements; a statement holds expression trees. Nodes are compared by
identity, so that a table (a dict from node to fact) can stand beside the program: facts are never
kept on nodes. A node of the forward part carries its `origin`, the place in the user's source that
it came from, and is written out as the user wrote it; a node without origin was made by a pass.

    energy(x: float, n: int):
        s = 0.0
        for i in range(n):
            s = add(s, mul(x, x))
        return s

Expressions

    Const     a literal, or a value that a pass computed
    Ref       the value of a variable where it is read
    Apply     an operator applied to operands: arithmetic, a NumPy function, an index, an attribute
    Invoke    a call of a function whose source is at hand
    Make      a tuple, list, dict or object built from parts
    Slice     a:b:c inside an index
    Select    a conditional expression, `and`, `or`
    Each      a comprehension or generator expression
    Opaque    Python that is not understood; carried verbatim, never differentiated
    Value     in the backward part: the value of an expression of the forward part

Statements

    Assign    a value given to a target (a variable, a place in a container, or a tuple of these)
    Evaluate  an expression for its effect
    Branch    if / elif / else
    Guard     what runs unless a loop was left
    For       a loop over an iterable
    While     a loop on a condition
    Return, Break, Continue
    Context   a `with` block
    Define    a function defined inside a function
    Verbatim  statements carried through as they stand
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, TypeAlias


@dataclass(frozen=True, eq=False)
class Origin:
    """Where a node comes from: a LibCST node and the module that it stands in."""

    node: Any
    module: Any

    @property
    def location(self) -> Any:
        """Where that is, as a `Location` for messages."""
        return self.module.location(self.node)


def location_of(node: Any) -> Any:
    """Where in the source a node of a program comes from; None for one that a pass made."""
    origin = getattr(node, "origin", None)
    return None if origin is None else origin.location


@dataclass(frozen=True, eq=False)
class Anew(Origin):
    """Where a statement comes from that a pass has written anew: its text is not the one there."""


@dataclass(eq=False)
class Var:
    """A variable. One of the user's has its name; one made by a pass has a hint until it is named.

    `hint` is what the variable is (`d_x`, `tanh_in`, `x_trace`); naming makes it unique. `serial`
    puts variables in the order in which they were made.
    """

    hint: str
    user: bool = False
    name: str | None = None
    serial: int = field(default_factory=itertools.count().__next__)

    def __repr__(self) -> str:
        return self.name or (self.hint if self.user else f"{self.hint}'")


# ---------------------------------------------------------------- expressions


@dataclass(frozen=True, eq=False)
class Const:
    """A literal. `value` is a number, string, None, Ellipsis, or a tuple of these."""

    value: Any
    origin: Origin | None = None


@dataclass(frozen=True, eq=False)
class Ref:
    """The value of a variable where it is read."""

    var: Var
    origin: Origin | None = None


@dataclass(frozen=True, eq=False)
class Apply:
    """An operator applied to operands.

    `op` is the canonical name: `add`, `neg`, `lt`, `getitem` for Python's operators (NumPy's ufuncs
    of the same meaning share it), else the dotted path, `numpy.sum`, `math.sin`, `builtins.abs`.
    `form` says how it is written:

        infix       args[0] + args[1]              (also comparisons and @)
        prefix      -args[0]
        call        numpy.sum(args..., kwargs...)  (`text` is the callee as it is written: np.sum)
        method      args[0].sum(rest...)           (`text` is the method's name)
        attribute   args[0].T                      (`text` is the attribute's name)
        index       args[0][args[1]]

    `holder` is the local variable that stands in its text, if there is one: f in `f = np.tanh`.
    """

    op: str
    args: tuple[Expr, ...]
    kwargs: tuple[tuple[str, Expr], ...] = ()
    form: str = "call"
    text: str = ""
    origin: Origin | None = None
    holder: Var | None = None


@dataclass(frozen=True, eq=False)
class Invoke:
    """A call of a function whose source is at hand.

    `args` are the arguments in the callee's parameter order, None where the default stands; those
    of what it captures come last. `function` is the variable that holds it, if there is one. `text`
    is how it is written; what begins with a dot, or is empty, is called on the first argument.
    `site` is the call in the source, also where it is not written as it stands there. `order` are
    the positions of the arguments as they are evaluated, where that is not their order: keywords
    may be in any.
    """

    callee: Callee
    args: tuple[Expr | None, ...]
    function: Expr | None = None
    text: str = ""
    origin: Origin | None = None
    site: Origin | None = None
    order: tuple[int, ...] = ()

    @property
    def key(self) -> tuple[Any, Any] | None:
        """What identifies a call in all runs on one module: the call in the source, and the
        definition of the function."""
        definition = self.callee.definition
        if self.site is None or definition is None:
            return None
        return (self.site.node, definition.node)


@dataclass(frozen=True, eq=False)
class Make:
    """A container built from parts. `kind` is tuple, list, dict, set or object.

    For a dict, `keys` are constant or computed expressions; for an object, `cls` is the class as it
    is written, `keys` are the names of its fields as constants, and `counted` says that these have
    positions, too, as in a NamedTuple.
    """

    kind: str
    items: tuple[Expr, ...]
    keys: tuple[Expr, ...] = ()
    cls: str = ""
    origin: Origin | None = None
    counted: bool = False


@dataclass(frozen=True, eq=False)
class Slice:
    """start:stop:step inside an index; None where nothing is written."""

    start: Expr | None
    stop: Expr | None
    step: Expr | None = None
    origin: Origin | None = None


@dataclass(frozen=True, eq=False)
class Select:
    """`then if test else other`. `form` is if, and, or: how it is written."""

    test: Expr
    then: Expr
    other: Expr
    form: str = "if"
    origin: Origin | None = None


@dataclass(frozen=True, eq=False)
class Each:
    """A comprehension: `element for target in iterable if condition`, one clause.

    `kind` is list, tuple, set, dict or generator; a dict has `key`. Several `for` clauses are
    refused where a derivative flows through them.
    """

    kind: str
    element: Expr
    target: Target
    iterable: Expr
    conditions: tuple[Expr, ...] = ()
    key: Expr | None = None
    origin: Origin | None = None


@dataclass(frozen=True, eq=False)
class Opaque:
    """Python that is carried through verbatim.

    `parts` are the expressions inside that were understood (arguments of an unknown call);
    `reason` says why a derivative cannot flow through it, for the refusal, and `code` is its code.
    An `inert` one is a function or the like: nothing flows through it, whatever it reads; its
    `function` is the operator that it is, where there is one.
    """

    parts: tuple[Expr, ...]
    reason: str
    code: str = "S2S012"
    mutates: tuple[Var, ...] = ()
    pure: bool = True
    origin: Origin | None = None
    inert: bool = False
    function: str = ""


@dataclass(frozen=True, eq=False)
class Value:
    """The value that an expression of the forward part had: what the backward part refers to.

    Planning replaces it by a variable that still holds the value, or computes it again.
    """

    node: Expr
    origin: Origin | None = None


Expr: TypeAlias = Const | Ref | Apply | Invoke | Make | Slice | Select | Each | Opaque | Value
"""Any expression."""


# ---------------------------------------------------------------- targets and statements


@dataclass(frozen=True, eq=False)
class Place:
    """A write target inside something: `base[key]` (key is an expression) or `base.name`."""

    base: Expr
    key: Expr | str
    origin: Origin | None = None


@dataclass(frozen=True, eq=False)
class Unpack:
    """A tuple of targets; `star` is the position of a starred one, or None."""

    targets: tuple[Target, ...]
    star: int | None = None


Target: TypeAlias = Var | Place | Unpack
"""What an assignment can give a value to."""


@dataclass(frozen=True, eq=False)
class Assign:
    """`targets[0] = targets[1] = value`.

    `augmented` is the operator of an augmented assignment (`add` for `+=`), whose `value` is then
    the whole right side `target + e` as an Apply. An `embedded` one is a `:=` whose text stands
    inside the statement that follows it.
    """

    targets: tuple[Target, ...]
    value: Expr
    augmented: str | None = None
    origin: Origin | None = None
    embedded: bool = False


@dataclass(frozen=True, eq=False)
class Evaluate:
    """An expression evaluated for its effect; its result is dropped."""

    value: Expr
    origin: Origin | None = None


@dataclass(frozen=True, eq=False)
class Branch:
    """if test: then else: other.

    A `flat` one has a `then` that leaves (continue, break); `other` is what follows it in the text.
    """

    test: Expr
    then: Block
    other: Block
    origin: Origin | None = None
    flat: bool = False


@dataclass(frozen=True, eq=False)
class Guard:
    """What follows a statement that may have left the loop; runs unless one of `left` is set.

    The forward part needs no test, since control does not come here; the backward part does.
    """

    left: tuple[Var, ...]
    body: Block
    origin: Origin | None = None


@dataclass(frozen=True, eq=False)
class For:
    """for target in iterable: body, else: other (run unless the loop was left by break).

    `count` is the variable that counts the iterations of a loop that may end early.
    """

    target: Target
    iterable: Expr
    body: Block
    other: Block = field(default_factory=list)
    origin: Origin | None = None
    count: Var | None = None


@dataclass(frozen=True, eq=False)
class While:
    """while test: body, else: other (run unless the loop was left by break)."""

    test: Expr
    body: Block
    other: Block = field(default_factory=list)
    origin: Origin | None = None
    count: Var | None = None


@dataclass(frozen=True, eq=False)
class Return:
    """Leaves the function with a value (None for a bare return)."""

    value: Expr | None
    origin: Origin | None = None


@dataclass(frozen=True, eq=False)
class Break:
    """Leaves the innermost loop."""

    origin: Origin | None = None


@dataclass(frozen=True, eq=False)
class Continue:
    """Goes on with the next iteration of the innermost loop."""

    origin: Origin | None = None


@dataclass(frozen=True, eq=False)
class Context:
    """with items: body. Transparent: what the body computes is differentiated."""

    header: str
    reads: tuple[Expr, ...]
    body: Block
    origin: Origin | None = None


@dataclass(frozen=True, eq=False)
class Define:
    """A function defined inside the function; `var` is bound to it."""

    var: Var
    callee: Callee
    origin: Origin | None = None


@dataclass(frozen=True, eq=False)
class Verbatim:
    """Statements carried through as they stand.

    It reads `reads`, gives values to `binds`, changes the objects that `mutates` name, and is
    `pure` when running it again has no effect that anyone can see. `reason` is why it is not
    understood; when a derivative would have to flow through it, that is the refusal. `exits` is
    true when control may leave the function here (a return inside a try), `leaves` when it always
    does (a raise). `drops` are the names that it deletes: it is left out where their values are
    read again on the way back.
    """

    reads: tuple[Expr, ...]
    binds: tuple[Var, ...]
    mutates: tuple[Var, ...] = ()
    pure: bool = False
    reason: str = ""
    code: str = "S2S013"
    exits: bool = False
    leaves: bool = False
    drops: tuple[Var, ...] = ()
    origin: Origin | None = None


Stmt: TypeAlias = (
    Assign
    | Evaluate
    | Branch
    | Guard
    | For
    | While
    | Return
    | Break
    | Continue
    | Context
    | Define
    | Verbatim
)
"""Any statement."""

Block: TypeAlias = list[Stmt]
"""Statements in order."""


# ---------------------------------------------------------------- functions


@dataclass(frozen=True, eq=False)
class Parameter:
    """A parameter: its variable, kind (positional, keyword, var_positional, var_keyword), the text
    of its default and its annotation, read as a type.

    One that is `captured` stands for a variable of an enclosing function.
    """

    var: Var
    kind: str = "positional"
    default: str | None = None
    annotation: str | None = None
    type: Any = None


@dataclass(eq=False)
class Function:
    """A function: its name, parameters and body.

    `globals` are the names of the module's that it reads, by name; `names` are all names that its
    text mentions; `definition` is where it is written, if it was not written out.
    """

    name: str
    params: list[Parameter]
    body: Block
    doc: str | None = None
    globals: dict[str, Var] = field(default_factory=dict)
    names: frozenset[str] = frozenset()
    module: Any = None
    origin: Origin | None = None
    definition: Any = None


@dataclass(eq=False)
class Callee:
    """A function of the user's that is called: how it is found, and its body once it was lowered.

    One defined inside a function has the scope `outer` around it; `captured` are the variables that
    it reads there, itself or through functions that it is handed. `known` are the functions, or the
    numbers of arguments, that parameters stand for in a callee that is specialised for a call.
    """

    name: str
    function: Function | None
    module: Any = None
    method: bool = False
    definition: Any = None
    outer: Any = None
    captured: tuple[Var, ...] = ()
    known: tuple[tuple[str, Any], ...] = ()


def children(expr: Expr) -> Iterator[Expr]:
    """The expressions directly inside an expression, in evaluation order."""
    match expr:
        case Apply():
            yield from expr.args
            for _, value in expr.kwargs:
                yield value
        case Invoke():
            if expr.function is not None:
                yield expr.function
            given = [expr.args[k] for k in expr.order] if expr.order else expr.args
            for argument in given:
                if argument is not None:
                    yield argument
        case Make():
            yield from expr.keys
            yield from expr.items
        case Slice():
            for part in (expr.start, expr.stop, expr.step):
                if part is not None:
                    yield part
        case Select():
            yield expr.test
            yield expr.then
            if expr.other is not expr.test:
                yield expr.other
        case Each():
            yield expr.iterable
            yield from expr.conditions
            if expr.key is not None:
                yield expr.key
            yield expr.element
        case Opaque():
            yield from expr.parts
        case _:
            return


def walk(expr: Expr) -> Iterator[Expr]:
    """An expression and all expressions inside it."""
    stack = [expr]
    while stack:
        node = stack.pop()
        yield node
        stack.extend(children(node))
