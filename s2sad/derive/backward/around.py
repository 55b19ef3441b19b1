"""What is known of a loop of the backward part, from one run of its body to the next."""

from __future__ import annotations

from dataclasses import dataclass, field

from s2sad.derive.adjoints import Slot


@dataclass
class Around:
    """What an iteration does to the adjoints of slots.

    `modified` are those that it changes, and whether they are trees; `widened` those of them that
    begin as a number and become arrays; `narrowed` those whose value may not exist as an iteration
    begins, so that they may have no shape there; `borrowed` those that end as an array which has
    another name; `parted` those that it updates in place; `refilled` those of containers of which
    it writes to more than one item; `gathered` those of containers whose items it changes.
    """

    modified: dict[Slot, bool] = field(default_factory=dict)
    widened: dict[Slot, None] = field(default_factory=dict)
    narrowed: dict[Slot, None] = field(default_factory=dict)
    borrowed: dict[Slot, None] = field(default_factory=dict)
    parted: set[Slot] = field(default_factory=set)
    refilled: dict[Slot, None] = field(default_factory=dict)
    gathered: dict[Slot, None] = field(default_factory=dict)
