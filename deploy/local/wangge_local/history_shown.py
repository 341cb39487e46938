"""A city's history while it is read: its mapping, how far it has come, and what had to be left out."""

from collections.abc import Iterator
from pathlib import Path

from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from wangge_local.cli_screen import ERRORS
from wangge_local.ground import GroundError
from wangge_local.history import History, Past
from wangge_local.replay import rows_of


def mapping_of(config: Path, mapping: Path | None) -> Path:
    """The mapping that was named, else the configuration's. Raises GroundError when there is none."""
    chosen = mapping or config / "mapping.toml"
    if not chosen.exists():
        raise GroundError(f"{chosen} does not exist: say with --mapping how the columns are to be read")
    return chosen


def watched(history: History) -> Iterator[Past]:
    """Yield the rows of *history*, and show on a terminal how far it has come."""
    total = None
    if ERRORS.is_moving:
        total = sum(1 for _ in rows_of(history.file, needed=history.mapped.columns))
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, console=ERRORS, transient=True, disable=not ERRORS.is_moving) as progress:
        bar = progress.add_task("rows", total=total)
        history.show = lambda read: progress.update(bar, completed=read)
        yield from history


def tell_left_out(history: History) -> None:
    """Say on standard error which rows could not be read, and why."""
    for reason, left in history.left_out.items():
        rows = "1 row" if left.rows == 1 else f"{left.rows:,} rows"
        ERRORS.print(f"left out: {rows}, the first is row {left.first}: {reason}")
