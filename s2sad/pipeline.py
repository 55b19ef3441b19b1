"""From source to generated file: the ordered list of passes. The file to read first."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from s2sad.source.module import SourceModule

MODES = ("value-and-grad", "grad", "vjp")


@dataclass(frozen=True)
class Request:
    """One derivative to generate.

    `function` is the qualified name in its module (`loss`, `Model.energy`); `wrt` names parameters,
    empty for the default (the first after self); `bare` is true when one name was given instead of
    a tuple, so that the gradient comes without a tuple around it.
    """

    function: str
    wrt: tuple[str, ...] = ()
    bare: bool = True
    mode: str = "value-and-grad"
    has_aux: bool = False

    @property
    def name(self) -> str:
        """The name of the generated function, `loss_value_and_grad`."""
        return f"{self.function.rpartition('.')[2]}_{self.mode.replace('-', '_')}"


@dataclass
class Generated:
    """A generated module.

    `text` is the whole file, formatted; `sources` are the texts of all modules that were read, by
    file name (for caches); `captured` names the keyword-only parameters that stand for values the
    function captured from where it was defined, in each generated function that has them.
    """

    text: str
    sources: dict[str, str] = field(default_factory=dict)
    captured: dict[str, tuple[str, ...]] = field(default_factory=dict)


def generate(
    module: SourceModule, requests: Sequence[Request], *, command: str = "", dump: str = ""
) -> Generated:
    """The derivatives asked for, as one standalone module.

    `command` is written into the header. `dump` names a pass: then the text is the IR after it.

    Raises:
        S2SADError: a function cannot be differentiated; `ManyErrors` when there are several reasons.
    """
    raise NotImplementedError
