"""The command `s2sad`.

Exit codes: 0, done, up to date or right; 1, `--check` found something out of date, or `verify`
something wrong; 2, something was refused. Every refusal of a run is printed, to standard error; a
file is written as a whole or not at all.
"""

from __future__ import annotations

import gc
import os
import sys
import traceback
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

import click

from s2sad import __version__
from s2sad.errors import InternalError, ManyErrors, S2SADError
from s2sad.project import EXAMPLE, MODES, Target, find_settings, modes_in, targets_of

if TYPE_CHECKING:
    from s2sad.source.module import SourceModule

OK, OUT_OF_DATE, REFUSED = 0, 1, 2

EXAMPLES = """
\b
Examples:
  s2sad generate model.py                      every @differentiable function, to the terminal
  s2sad generate model.py -o model_grad.py     the same, to a file
  s2sad generate model.py -o model_grad.py --check
                                               exit 1 and a diff when the file is out of date
  s2sad generate model.py --function loss --wrt W,b --mode grad,vjp
                                               one function, decorated or not
  s2sad generate - < model.py                  from standard input
  s2sad generate                               the targets in [tool.s2sad] of pyproject.toml
"""


def main() -> NoReturn:
    """Runs the command line, and exits."""
    gc.disable()  # the process ends before there is anything worth collecting
    try:
        command(prog_name="s2sad")
    except Exception:  # a fault in s2sad; Python's own exit code would be that of --check
        traceback.print_exc()
        click.echo("This is a fault in s2sad, not in your code. Please report it.", err=True)
    finally:
        gc.freeze()  # spares Python's own collection at the end, too
    sys.exit(REFUSED)


@click.group(context_settings={"help_option_names": ["-h", "--help"]}, epilog=EXAMPLES)
@click.version_option(__version__, message="s2sad %(version)s")
def command() -> None:
    """Writes the derivatives of NumPy functions, as Python source."""


def _modes(context: click.Context, parameter: click.Parameter, value: Sequence[str]) -> list[str]:
    try:
        return [mode for words in value for mode in modes_in(words)]
    except ValueError as error:
        raise click.BadParameter(str(error)) from None


@command.command(epilog=EXAMPLES)
@click.argument("file", required=False)
@click.option("-o", "--output", metavar="FILE", help="Write to this file. Default: the terminal.")
@click.option(
    "--function",
    "functions",
    metavar="NAME",
    multiple=True,
    help="Differentiate this function (Class.name for a method); may be repeated. "
    "Default: every @differentiable function.",
)
@click.option(
    "--wrt",
    metavar="NAMES",
    help="Differentiate with respect to these parameters, by name or position. `W,` gives a tuple "
    "of one. Default: what the decorator says, else the first parameter.",
)
@click.option(
    "--mode",
    "modes",
    metavar="MODES",
    multiple=True,
    callback=_modes,
    help=f"What to generate: {', '.join(MODES)}; separated by commas, or repeated. "
    f"Default: {MODES[0]}.",
)
@click.option("--has-aux", is_flag=True, help="The function returns (value, anything).")
@click.option(
    "--in-place",
    is_flag=True,
    help="Work in the caller's arrays, and leave them as the plain function does.",
)
@click.option(
    "--memory-comments",
    is_flag=True,
    help="Say in comments what the derivatives remember: for which statements, how much, and why.",
)
@click.option("--check", is_flag=True, help="Write nothing; exit 1 if a file is out of date.")
@click.option("--diff", is_flag=True, help="Write nothing; show what would change.")
@click.option("--dump-ir", metavar="PASS", help="Show the program after this pass instead.")
@click.option(
    "--explain-memory",
    is_flag=True,
    help="Show instead what the derivatives remember: for which lines, how much, and why.",
)
def generate(
    file: str | None,
    output: str | None,
    functions: tuple[str, ...],
    wrt: str | None,
    modes: list[str],
    has_aux: bool,
    in_place: bool,
    memory_comments: bool,
    check: bool,
    diff: bool,
    dump_ir: str | None,
    explain_memory: bool,
) -> None:
    """Generates the derivatives of the functions in FILE, which is read and never run.

    FILE may be - for standard input. Without FILE, generates every target that is listed in
    [tool.s2sad] of pyproject.toml.
    """
    flags = {"has_aux": has_aux, "in_place": in_place, "memory_comments": memory_comments}
    if dump_ir and explain_memory:
        raise click.UsageError("--explain-memory goes without --dump-ir.")
    run = Run(check=check, diff=diff, dump="kept" if explain_memory else dump_ir or "")
    if explain_memory and (output or check or diff or file is None):
        raise click.UsageError("--explain-memory goes with FILE, without -o, --check and --diff.")
    if dump_ir and (output or check or diff or file is None):
        raise click.UsageError("--dump-ir goes with FILE, and without -o, --check and --diff.")
    if file is None:
        if output or functions or wrt is not None or modes or any(flags.values()):
            raise click.UsageError("Missing argument 'FILE'. Without it, targets have the options.")
        run.project()
    else:
        if (check or diff) and output in (None, "-"):
            raise click.UsageError("--check and --diff compare with a file: name it with -o.")
        run.one(file, output, functions, wrt, modes, flags)
    sys.exit(run.exit_code)


@command.command()
@click.argument("file")
@click.option(
    "--function",
    "functions",
    metavar="NAME",
    multiple=True,
    help="Verify this function; may be " "repeated. Default: every @differentiable function.",
)
@click.option("--wrt", metavar="NAMES", help="As for generate.")
@click.option("--has-aux", is_flag=True, help="The function returns (value, anything).")
@click.option(
    "--inputs",
    metavar="NAME",
    help="A function in FILE that returns the arguments: a tuple, a dict "
    "by name, or a list of these. Default: made from the annotations.",
)
@click.option("--seed", default=0, help="For what is random.")
def verify(
    file: str,
    functions: tuple[str, ...],
    wrt: str | None,
    has_aux: bool,
    inputs: str | None,
    seed: int,
) -> None:
    """Compares the derivatives of the functions in FILE with differences.

    This imports FILE and calls its functions, as no other command does. Exits with 1 when something
    is wrong, and then says which statement's adjoint is the first to be.
    """
    from s2sad.checks.verify import verify as verified
    from s2sad.requests import parsed_wrt, requests_for

    run = Run()
    try:
        module = _module(Path(file))
        requests = requests_for(module, functions, parsed_wrt(wrt), MODES[:1], has_aux)
        for report in verified(module, requests, inputs, seed):
            click.echo(report.text)
            if not report.is_right:
                run.exit_code = OUT_OF_DATE
    except S2SADError as error:
        run.refuse(error)
    except Exception as error:  # of the code that was run
        _say(f"{file} fails: {error!r}", fg="red", bold=True)
        traceback.print_exc()
        run.exit_code = REFUSED
    sys.exit(run.exit_code)


class Run:
    """One run of `s2sad generate`: what it is to do, and how it has gone so far."""

    def __init__(self, *, check: bool = False, diff: bool = False, dump: str = "") -> None:
        self.check = check
        self.diff = diff
        self.dump = dump
        self.exit_code = OK

    def project(self) -> None:
        """Every target of the project around the working folder."""
        try:
            settings = find_settings(Path.cwd())
            if settings is None:
                message = "there is no FILE, and no pyproject.toml here or above"
                raise S2SADError("S2S006", message, None, f"Name a file, or write {EXAMPLE}.")
            targets = targets_of(settings)
        except S2SADError as error:
            self.refuse(error)
            return
        for target in targets:
            self.target(target)

    def one(
        self,
        file: str,
        output: str | None,
        functions: tuple[str, ...],
        wrt: str | None,
        modes: Sequence[str],
        flags: Mapping[str, bool],
    ) -> None:
        """The file and the options of the command line."""
        from s2sad.requests import parsed_wrt

        self.target(
            Target(
                source=None if file == "-" else Path(file),
                output=None if output in (None, "-") else Path(str(output)),
                functions=functions,
                wrt=parsed_wrt(wrt),
                modes=tuple(dict.fromkeys(modes)) or MODES[:1],
                **flags,
            )
        )

    def target(self, target: Target) -> None:
        """Generates one file, and compares or writes it."""
        try:
            text = self._text(target)
            if target.output is None:
                _print(text)
            else:
                self._deliver(text, target.output)
        except S2SADError as error:
            self.refuse(error)
        except InternalError as error:
            _say(f"{target.source or '<stdin>'}: {error}\nThis is a fault in s2sad.", fg="red")
            self.exit_code = REFUSED

    def _text(self, target: Target) -> str:
        from s2sad.command import canonical_command
        from s2sad.modes import generate_all
        from s2sad.requests import requests_for

        if target.output is not None and _same_file(target.source, target.output):
            message = f"{target.output} is the source itself"
            raise S2SADError("S2S005", message, None, "Choose another file with -o.")
        module = _module(target.source)
        requests = requests_for(module, target.functions, target.wrt, target.modes, **target.flags)
        made_by = canonical_command(
            target.source,
            target.output,
            functions=tuple(dict.fromkeys(target.functions)),
            wrt=target.wrt,
            modes=target.modes,
            **target.flags,
        )
        return generate_all(module, requests, command=made_by, dump=self.dump).text

    def _deliver(self, text: str, output: Path) -> None:
        from s2sad.output import current_text, diff, same_code, write

        old = current_text(output)
        if not (self.check or self.diff):
            if old != text:
                write(output, text)
            _say(f"{output}: {'unchanged' if old == text else 'written'}")
            return
        stale = old is None or not same_code(old, text)
        if stale or self.diff:
            _show_diff(diff(old or "", text, output))
        if stale and self.check:
            _say(f"{output} is out of date.", bold=True)
            self.exit_code = max(self.exit_code, OUT_OF_DATE)

    def refuse(self, error: S2SADError) -> None:
        """Shows every refusal."""
        for each in error.errors if isinstance(error, ManyErrors) else [error]:
            first, _, rest = each.render().partition("\n")
            _say(first, fg="red", bold=True)
            _say(rest)
        self.exit_code = REFUSED


def _module(source: Path | None) -> SourceModule:
    from s2sad.source.module import SourceModule

    if source is not None:
        return SourceModule.from_path(source)
    try:
        return SourceModule.from_text(sys.stdin.buffer.read().decode(), "<stdin>")
    except UnicodeDecodeError:
        message = "standard input is not UTF-8"
        raise S2SADError("S2S001", message, None, "Convert it, or name the file.") from None


def _same_file(source: Path | None, output: Path) -> bool:
    return source is not None and os.path.realpath(source) == os.path.realpath(output)


def _print(text: str) -> None:
    """Generated text to standard output, in UTF-8 whatever the terminal's encoding."""
    sys.stdout.buffer.write(text.encode())
    sys.stdout.buffer.flush()


def _say(text: str, **style: Any) -> None:
    """A message to standard error."""
    click.echo(click.style(text, **style) if _has_colour(sys.stderr) else text, err=True)


def _show_diff(text: str) -> None:
    colours = {"+": "green", "-": "red", "@": "cyan"}
    coloured = _has_colour(sys.stdout)
    for line in text.splitlines(keepends=True):
        colour = colours.get(line[0]) if coloured else None
        click.echo(click.style(line, fg=colour) if colour else line, nl=False)


def _has_colour(stream: Any) -> bool:
    """Colour is for terminals, and for people who have not asked for none."""
    return stream.isatty() and not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb"
