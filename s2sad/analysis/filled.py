"""What a block certainly gives contents to, and what it reads of the time before it.

    p[0] = 0.0                        fills p[0:n - 1]: the loop goes on where the first statement
    for j in range(1, n - 1):         ended, and reads p[j - 1] when it has been filled; of the time
        p[j] = c / (p[j - 1] + b)     before the block it reads b, c and n

The answer is None for all but assignments, and loops over ranges in which each iteration fills the
next elements. So each element is given its contents as often as statements write to it: what fills
an array costs no more than that many passes over it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

from s2sad.analysis.sections import Affine, Axis, Section, Sections
from s2sad.ir.flow import reads
from s2sad.ir.nodes import Assign, Block, Expr, For, Place, Ref, Stmt, Var

ReadBy = Callable[[Expr], Iterable[Section]]
"""The sections that an expression reads of arrays that are written into."""


@dataclass
class Filling:
    """What running a block does. `filled` are sections that get their contents there, of several
    side by side the union, `parts` each of them as a statement or a loop fills it; `before` are
    those that it reads of the contents of the time before it, and `variables` the variables;
    `bound` are those that it gives values to."""

    filled: list[Section] = field(default_factory=list)
    parts: list[Section] = field(default_factory=list)
    before: dict[Section, None] = field(default_factory=dict)
    variables: dict[Var, None] = field(default_factory=dict)
    bound: dict[Var, None] = field(default_factory=dict)

    def fills(self, section: Section, sections: Sections) -> bool:
        """Whether all of a section gets its contents there."""
        return any(sections.covers(known, section) for known in (*self.filled, *self.parts))


def filling(block: Block, sections: Sections, read_by: ReadBy) -> Filling | None:
    """What running a block does, if that is certain."""
    walk = _Walk(sections, read_by)
    return walk.found if walk.block(block) else None


def joined(filled: list[Section], section: Section, sections: Sections) -> list[Section]:
    """Sections with one more, as one section with those that it continues."""
    others = []
    for known in filled:
        together = _union(known, section, sections)
        if together is None:
            others.append(known)
        else:
            section = together
    return [*others, section]


class _Walk:
    def __init__(self, sections: Sections, read_by: ReadBy) -> None:
        self.sections = sections
        self.read_by = read_by
        self.found = Filling()
        self.given: set[Var] = set()

    def block(self, block: Block) -> bool:
        return all(self._statement(statement) for statement in block)

    def _statement(self, statement: Stmt) -> bool:
        match statement:
            case Assign((Var() as var,), value, None, embedded=False):
                self._read(value)
                self.found.bound[var] = None
                self.given.add(var)
                return True
            case Assign((Place(Ref(var), key),), value, embedded=False) if not isinstance(key, str):
                self._read(value)
                self._read(key)
                self._read_variables([var])
                section = self.sections.exact(var, key)
                if section is None:
                    return False
                self._fill(section)
                return True
            case For(target=Var()):
                return self._loop(statement)
        return False

    def _loop(self, loop: For) -> bool:
        target = loop.target
        if loop.other or loop.count is not None or not isinstance(target, Var):
            return False
        self._read(loop.iterable)
        ranges = self.sections.ranges
        outer = dict(ranges.known)
        ranges.known.pop(target, None)
        self.sections.enter(loop)
        certain = target in ranges.known and abs(ranges.steps[target]) == 1
        certain = certain and self._body(loop, target)
        ranges.known = outer
        return certain

    def _body(self, loop: For, target: Var) -> bool:
        """One iteration, for all of them: what it reads may have been filled by earlier ones."""
        once = filling(loop.body, self.sections, lambda expr: ())
        if once is None or not all(_moves_on(section, target) for section in once.filled):
            return False
        outside, given = self.found, set(self.given)
        filled, before = list(outside.filled), dict(outside.before)
        parts = list(outside.parts)
        for section in once.filled:
            earlier = self.sections.earlier(section, target)
            if _is_known(earlier):
                outside.filled = joined(outside.filled, earlier, self.sections)
        outside.bound[target] = None
        self.given.add(target)
        outside.before = {}
        if not self.block(loop.body):
            return False
        read = {self.sections.all_of(section, target): None for section in outside.before}
        outside.filled, outside.before, self.given = filled, before | read, given
        outside.parts = parts
        for section in once.filled:
            whole = self.sections.all_of(section, target)
            if not _is_known(whole):
                return False
            self._fill(whole)
        return True

    def _fill(self, section: Section) -> None:
        self.found.filled = joined(self.found.filled, section, self.sections)
        self.found.parts.append(section)

    def _read(self, expr: Expr) -> None:
        self._read_variables(reads(expr))
        for section in self.read_by(expr):
            rest: Section | None = section
            for known in self.found.filled:
                rest = None if rest is None else _rest(rest, known, self.sections)
            if rest is not None:
                self.found.before[rest] = None

    def _read_variables(self, variables: Iterable[Var]) -> None:
        self.found.variables |= {v: None for v in variables if v not in self.given}


# ---------------------------------------------------------------- sections


def _moves_on(section: Section, target: Var) -> bool:
    """Whether the sections of successive iterations are side by side, without gap or overlap."""
    moving = [axis for axis in section.axes if any(_depends(bound, target) for bound in axis)]
    if len(moving) != 1:
        return False
    low, high = moving[0]
    assert low is not None and high is not None
    return abs(low.factor(target)) == 1 and high - low == Affine(const=1)


def _depends(bound: Affine | None, target: Var) -> bool:
    return bound is not None and bound.factor(target) != 0


def _is_known(section: Section) -> bool:
    return all(low is not None and high is not None for low, high in section.axes)


def _union(one: Section, other: Section, sections: Sections) -> Section | None:
    """Two sections as one, if all elements of that are certainly in one of them."""
    if one.var is not other.var:
        return None
    if sections.covers(one, other):
        return one
    if sections.covers(other, one):
        return other
    place = _differing(one, other, sections)
    if place is None:
        return None
    axis = _together(one.axes[place], other.axes[place], sections)
    return None if axis is None else _with_axis(one, place, axis)


def _together(one: Axis, other: Axis, sections: Sections) -> Axis | None:
    for first, second in ((one, other), (other, one)):
        follows = sections.is_before(first[0], second[0])
        meets = sections.is_before(second[0], first[1])
        ends = sections.is_before(first[1], second[0]) or sections.is_before(first[1], second[1])
        if follows and meets and ends:
            return first[0], second[1]
    return None


def _rest(section: Section, filled: Section, sections: Sections) -> Section | None:
    """What is left of a section without the elements of another; a part too much, never too
    little."""
    if sections.covers(filled, section):
        return None
    place = _differing(filled, section, sections, within=True)
    if place is None:
        return section
    low, high = section.axes[place]
    first, end = filled.axes[place]
    if sections.is_before(high, end):
        return _with_axis(section, place, (low, first))
    if sections.is_before(first, low):
        return _with_axis(section, place, (end, high))
    return section


def _differing(
    one: Section, other: Section, sections: Sections, within: bool = False
) -> int | None:
    """The only axis on which two sections differ; `within`, the only one on which the first does
    not have all of the second."""
    if one.var is not other.var or len(one.axes) != len(other.axes):
        return None
    found = []
    for place, (a, b) in enumerate(zip(one.axes, other.axes, strict=True)):
        has = sections.is_before(a[0], b[0]) and sections.is_before(b[1], a[1])
        same = within or (sections.is_before(b[0], a[0]) and sections.is_before(a[1], b[1]))
        if not (has and same):
            found.append(place)
    return found[0] if len(found) == 1 else None


def _with_axis(section: Section, place: int, axis: Axis) -> Section:
    return Section(section.var, (*section.axes[:place], axis, *section.axes[place + 1 :]))
