"""The derivative along one direction, as it stands in a loop over directions."""

from __future__ import annotations

import ast
import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from s2sad.derive.directions import Parts, Step


@dataclass(frozen=True)
class Inner:
    """A generated function: its name, its parameters as text, and how they are handed on.

    With `parts` these stand in the loop and before it; without, the function is called. `valued`
    says that the value comes with the derivative.
    """

    name: str
    parameters: str
    passed: str
    parts: Parts | None = None
    valued: bool = True

    @property
    def mentioned(self) -> set[str]:
        """The names that the text of its parts, or its signature, has."""
        texts = [self.parameters]
        if self.parts is not None:
            steps = [step.text for step in self.parts.once]
            texts += [*steps, *self.parts.each, self.parts.value, self.parts.result]
        return set(re.findall(r"\w+", "\n".join(texts)))

    @property
    def arguments(self) -> set[str]:
        """The names that the function is handed."""
        return set(re.findall(r"\w+", self.passed))

    @property
    def overwritten(self) -> set[str]:
        """The names that are changed before the first direction."""
        return set() if self.parts is None else _changed(self.parts)

    @property
    def before(self) -> list[str]:
        """What is done once, before the first direction."""
        return [] if self.parts is None else lines_of(self.parts.once)

    def along(self, seeds: Mapping[str, str], target: str) -> list[str]:
        """What gives a target the derivative along a direction."""
        if self.parts is None:
            given = ", ".join(f"{seed}={text}" for seed, text in seeds.items())
            names = f"_, {target}" if self.valued else target
            return [f"{names} = {self.name}({self.passed}, {given})"]
        begin = [f"{seed} = {text}" for seed, text in seeds.items() if seed != text]
        *lines, last = [*begin, *self.parts.each, f"{target} = {self.parts.result}"]
        if lines and lines[-1].startswith(given := f"{self.parts.result} = "):
            last = f"{target} = {lines.pop().removeprefix(given)}"
        return [*lines, last]

    def rank(self, name: str) -> int | None:
        """The rank of a parameter or of the `value`, where it is known."""
        return None if self.parts is None else self.parts.ranks.get(name)

    def takes_array(self, name: str) -> bool:
        """Whether the array that a loop puts a one into may stand for the seed of a parameter or
        the value: not where it may have to be a number, or is bound anew."""
        return self.parts is not None and self.parts.steady and bool(self.rank(name))


def inner_function(
    text: str, name: str, seeds: Sequence[str], parts: Parts | None, valued: bool
) -> Inner:
    """What a driver has to know of a generated function; it fills the parameters `seeds`."""
    functions = (n for n in ast.parse(text).body if isinstance(n, ast.FunctionDef))
    args = next(node for node in functions if node.name == name).args
    args.kw_defaults = [
        d for a, d in zip(args.kwonlyargs, args.kw_defaults, strict=True) if a.arg not in seeds
    ]
    args.kwonlyargs = [a for a in args.kwonlyargs if a.arg not in seeds]
    passed = [a.arg for a in (*args.posonlyargs, *args.args)]
    passed += [f"*{args.vararg.arg}"] if args.vararg else []
    passed += [f"{a.arg}={a.arg}" for a in args.kwonlyargs]
    passed += [f"**{args.kwarg.arg}"] if args.kwarg else []
    return Inner(name, ast.unparse(args), ", ".join(passed), parts, valued)


def free(name: str, *inner: Inner | None) -> str:
    """A name that none of these mentions."""
    taken = {found for each in inner if each is not None for found in each.mentioned}
    while name in taken:
        name += "_"
    return name


def lines_of(steps: Sequence[Step]) -> list[str]:
    """Statements as lines."""
    return [line for step in steps for line in step.lines]


@dataclass(frozen=True)
class Begun:
    """How a Jacobian begins: the statements that are done once, the name that they give to the
    value (empty if a call has to); what is done once for columns, which `forward` gives, and for
    rows, which `reverse` gives, if there are any."""

    lines: list[str]
    value: str
    columns: list[str]
    rows: list[str]
    forward: Inner
    reverse: Inner | None


def begun(forward: Inner, reverse: Inner | None, by_rows: bool) -> Begun:
    """How a Jacobian begins that may have columns and rows; only rows if it is to be `by_rows`.

    What reverse mode does once comes first, and what forward mode needs more behind it. Where a
    column takes a call, nothing is remembered before it is known that rows are fewer. Where the two
    do not go together, there are columns alone.
    """
    one, other = forward.parts, None if reverse is None else reverse.parts
    if other is not None and by_rows:
        return Begun(lines_of(other.once), other.value, [], [], forward, reverse)
    if one is None:
        rows = [] if other is None else lines_of(other.once)
        return Begun([], "", [], rows, forward, reverse)
    if other is None:
        if reverse is not None and _changed(one) & reverse.arguments:
            return Begun([], "", [], [], replace(forward, parts=None), reverse)
        return Begun(lines_of(one.once), one.value, [], [], forward, reverse)
    found = further(one, other, forward.arguments)
    if found is None:
        return Begun(lines_of(one.once), one.value, [], [], forward, None)
    checks, more = found
    once = [step for step in other.once if not _is_implied(step, checks)]
    lines = lines_of([*checks, *once])
    return Begun(lines, other.value, lines_of(more), [], forward, reverse)


def _is_implied(step: Step, checks: list[Step]) -> bool:
    """Whether a step looks for complex numbers where they have been looked for."""
    looks = re.compile(r"refuse_complex_*\(")
    found = [check.reads for check in checks if looks.match(check.text)]
    return bool(looks.match(step.text)) and any(step.reads <= reads for reads in found)


def further(parts: Parts, done: Parts, given: set[str]) -> tuple[list[Step], list[Step]] | None:
    """What one derivative has to do once, where another has done its own already: what comes before
    that, since it only checks what is `given`, and what follows. None if the other has changed what
    is given, and this would have to read it as it was.

    A name has the same value in both if the same statements change it, in the same order, and read
    nothing but such names. All that has to do with other names is done anew.
    """
    first = [s for k, s in enumerate(parts.once) if not s.changes and not _states(k, parts)]
    names = {n for step in parts.once for n in step.reads | step.changes} | parts.needed
    anew = {n for n in names if _history(n, parts) != _history(n, done)}
    end = _states(len(parts.once), parts)
    while True:
        left = [
            k
            for k, step in enumerate(parts.once)
            if step not in first and _is_left(k, step, parts, done, anew)
        ]
        more = {name for k in left for name in parts.once[k].changes}
        for k in left:
            at = _states(k, parts)
            more |= {name for name in parts.once[k].reads if at[name] != end[name]}
        if more <= anew:
            break
        anew |= more
    if anew & given & _changed(done):
        return None
    checks = [step for step in first if step.text not in {other.text for other in done.once}]
    return checks, _needed([parts.once[k] for k in left], set(parts.needed))


def _is_left(k: int, step: Step, parts: Parts, done: Parts, anew: set[str]) -> bool:
    """Whether a step is to be done: it has not been, or it was with other values."""
    same = [j for j, other in enumerate(done.once) if other.text == step.text]
    if not same or (step.reads | step.changes) & anew:
        return True
    at, there = _states(k, parts), _states(same[0], done)
    return any(at[name] != there[name] for name in step.reads)


def _states(k: int, parts: Parts) -> Counter[str]:
    """How often each name has been changed before a step."""
    return Counter(name for step in parts.once[:k] for name in step.changes)


def _history(name: str, parts: Parts) -> list[str]:
    return [step.text for step in parts.once if name in step.changes]


def _changed(parts: Parts) -> set[str]:
    return {name for step in parts.once for name in step.changes}


def _needed(steps: list[Step], wanted: set[str]) -> list[Step]:
    """The steps that give what is wanted, and those that only check something."""
    found: list[Step] = []
    for step in reversed(steps):
        if step.changes & wanted or not step.changes:
            wanted |= step.reads
            found.append(replace(step, comments=()))
    return found[::-1]
