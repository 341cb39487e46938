"""What a person sees: lines, tables, steps under way; plain lines where there is no terminal."""

import json
import sys
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import date
from typing import Any

from rich.console import Console, ConsoleOptions, RenderableType
from rich.progress import Progress, SpinnerColumn, TaskID, TextColumn, TimeElapsedColumn
from rich.segment import Segment
from rich.text import Text

from wangge_contracts.signs import Signs, in_json
from wangge_local import cli_columns
from wangge_local.ground import GroundError

_SHOWN = Signs(lambda _: "\N{REPLACEMENT CHARACTER}")
_LINE_BREAK = "\N{DOWNWARDS ARROW WITH CORNER LEFTWARDS}"


class Screen(Console):
    """
    A console on which texts are read and never obeyed.

    What outsiders wrote is shown here: an escape sequence or a line break in it could clear the screen, forge
    a line or answer for whoever sits there. Rich's own sequences are styles and control segments, not text.
    """

    @property
    def is_moving(self) -> bool:
        """Whether what is shown can be drawn over: elsewhere (a file, TERM=dumb) lines follow lines."""
        return self.is_terminal and not self.is_dumb_terminal

    def render(self, renderable: RenderableType, options: ConsoleOptions | None = None) -> Iterator[Segment]:
        """Yield the segments of *renderable*: a text is one line, control characters in it replaced."""
        if isinstance(renderable, Text):
            renderable = in_a_line(renderable)
        for text, style, control in super().render(renderable, options):
            yield Segment(text if control else text.translate(_SHOWN), style, control)


def in_a_line(cell: Any) -> Text:
    """Return *cell*, None blank, with a sign wherever it would begin a line: only the house begins lines."""
    shown = cell.copy() if isinstance(cell, Text) else Text("" if cell is None else str(cell))
    shown.plain = shown.plain.translate(_SHOWN).replace("\n", _LINE_BREAK)
    return shown


SCREEN = Screen(highlight=False, markup=False, soft_wrap=True, width=None if sys.stdout.isatty() else 200)
ERRORS = Screen(stderr=True, highlight=False, markup=False, soft_wrap=True)


def say(text: str = "", *, style: str = "") -> None:
    """Say one line, as it stands: brackets in it are no markup."""
    SCREEN.print(Text(text, style=style))


def say_lines(text: str) -> None:
    """Say what is meant to be several lines, set in: none of them can pass for a line of the house's own."""
    for line in text.split("\n"):
        say(f"  {line}")


def complain(text: str, *below: str) -> None:
    """Say on standard error what went wrong, and a line for each thing *below* it."""
    for line in (f"wangge: {text}", *below):
        ERRORS.print(Text(line))


def confirmed(question: str) -> bool:
    """Ask, and return whether the answer was yes; raises GroundError where nobody answers."""
    SCREEN.print(Text(f"{question} [y/N]"), end=" ")
    SCREEN.file.flush()
    answer = sys.stdin.readline()
    if not answer:
        say()
        raise GroundError("nobody answers here, so nothing was done: --yes does it without asking")
    return answer.strip().lower() in ("y", "yes")


def say_json(value: Any) -> None:
    """Print *value* as JSON that a program reads."""
    text = json.dumps(value, ensure_ascii=False, indent=2, default=_plain)
    SCREEN.file.write(in_json(text) + "\n")


def _plain(value: Any) -> str:
    return value.isoformat() if isinstance(value, date) else str(value)


def first_of(found: Sequence[Any], limit: int) -> Sequence[Any]:
    """Return the first *limit*; that there are more is said on standard error, also to a program's owner."""
    if len(found) > limit:
        complain(f"these are the newest {limit}, and there are more: --limit N")
    return found[:limit]


def table(columns: Sequence[str], rows: Iterable[Sequence[Any]]) -> None:
    """Print a table; absent values are left blank. Only for a terminal is anything folded."""
    cells = [[in_a_line(cell) for cell in row] for row in rows]
    for line in cli_columns.drawn(columns, cells, width=SCREEN.width if SCREEN.is_terminal else None):
        SCREEN.print(line)


class Steps:
    """Steps of something that takes a while: a spinner for each on a terminal, a line when done elsewhere."""

    def __init__(self, progress: Progress | None) -> None:
        self._progress = progress
        self._began: dict[str, float] = {}
        self._lines: dict[str, TaskID] = {}

    @contextmanager
    def step(self, what: str) -> Iterator["Note"]:
        """Show that *what* is under way; say what came of it with the note."""
        began = time.monotonic()
        note = Note()
        line = self._progress.add_task(what, total=1, note="") if self._progress else None
        note.show = lambda text: self._note(line, text)
        yield note
        if self._progress is not None and line is not None:
            self._progress.update(line, completed=1, note=note.text)
        else:
            say(f"{what}: {note.text or 'done'} ({time.monotonic() - began:.1f} s)")

    def _note(self, line: TaskID | None, text: str) -> None:
        if self._progress is not None and line is not None:
            self._progress.update(line, note=text)


class Note:
    """What is to be said about a step."""

    def __init__(self) -> None:
        self.text = ""
        self.show: Callable[[str], None] = lambda _: None

    def __call__(self, text: str) -> None:
        """Say how the step is getting on, or at last what came of it."""
        self.text = text
        self.show(text)


@contextmanager
def steps() -> Iterator[Steps]:
    """Show steps one below the other."""
    if not SCREEN.is_moving:
        yield Steps(None)
        return
    columns = (
        SpinnerColumn(finished_text="[green]✓"),
        TextColumn("{task.description}", markup=False),
        TextColumn("{task.fields[note]}", style="dim", markup=False),
        TimeElapsedColumn(),
    )
    with Progress(*columns, console=SCREEN) as progress:
        yield Steps(progress)


def flat(value: Mapping[str, Any]) -> str:
    """Say a mapping in one line: `a 1, b 2`."""
    return ", ".join(f"{name} {item}" for name, item in value.items())
