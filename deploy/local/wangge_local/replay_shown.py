"""`wangge replay`: progress while it runs, the summary at its end."""

import math
import time
from pathlib import Path
from typing import Any

from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from wangge_local.cli_options import kafka_of
from wangge_local.cli_screen import SCREEN, say, say_json, table
from wangge_local.ground import GroundError
from wangge_local.house_folder import HouseFolder
from wangge_local.replay import Replay, rows_of
from wangge_local.replay_counting import Tally
from wangge_local.replay_mapping import Mapped


def play(
    folder: HouseFolder, file: Path, *, mapping: Path | None, speed: str, limit: int | None, as_json: bool
) -> int:
    """Play *file* through the house; return 0 when nothing was lost, else 1. Raises GroundError."""
    bootstrap = kafka_of(folder)
    chosen = mapping or folder.remembered().config / "mapping.toml"
    if not chosen.exists():
        raise GroundError(f"{chosen} does not exist: say with --mapping how the columns are to be read")
    mapped = Mapped.read(chosen)
    total = sum(1 for _ in rows_of(file, needed=mapped.columns))
    rows = rows_of(file, needed=mapped.columns)
    if limit is not None:
        total = min(total, limit)
    replay = Replay(bootstrap, mapped, speed=speed_of(speed))
    columns = (TextColumn("{task.description:<7}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, console=SCREEN, disable=as_json or not SCREEN.is_moving) as progress:
        bars = [progress.add_task(name, total=total) for name in ("sent", "judged", "routed")]

        def show(tally: Tally) -> None:
            for bar, count in zip(bars, (tally.sent, tally.judged, tally.arrived), strict=True):
                progress.update(bar, completed=count)

        began = time.monotonic()
        try:
            replay.run((row for row, _ in zip(rows, range(total), strict=False)), show=show)
        finally:
            seconds = time.monotonic() - began
            progress.stop()
            # What broke it off is told after it; what was sent until then was sent.
            lost = _told(replay.tally.summary(seconds=seconds), file, as_json=as_json)
    return 1 if lost else 0


def _told(counts: dict[str, Any], file: Path, *, as_json: bool) -> bool:
    """Print what came of *file* and return whether anything was lost."""
    summary = {"file": str(file), **counts}
    if as_json:
        say_json(summary)
    else:
        _tell(summary)
    return bool(summary["lost"])


def speed_of(text: str) -> float | None:
    """Return how many reports go out per second, None for as many as can; raises GroundError."""
    if text == "max":
        return None
    try:
        speed = float(text)
    except ValueError:
        speed = 0
    if not 0 < speed < math.inf:
        raise GroundError(f"--speed {text}: a number of reports per second, or max")
    return speed


def _tell(summary: dict[str, Any]) -> None:
    times, city = summary["report_to_routed_ms"], summary["as_the_city_did"]
    say(f"sent        {summary['sent']} in {summary['seconds']} s ({summary['per_second']}/s)")
    say(f"accepted    {summary['accepted']}")
    for name in ("rejected", "duplicates", "attached", "conflicts", "unreadable"):
        if summary[name]:
            say(f"{name:<11} {summary[name]}")
    for reason, count in summary["rejected_because"].items():
        say(f"            {count} {reason}")
    for reason, count in summary["not_sent"].items():
        say(f"not sent    {count} {reason}", style="yellow")
    if times["p50"] is not None:
        say(f"report to routed: p50 {times['p50']:.0f} ms, p99 {times['p99']:.0f} ms")
    if city["of"]:
        say(f"to the same unit as the city: {city['same']} of {city['of']} ({city['same'] / city['of']:.1%})")
    if summary["routed"]:
        table(("routed to", "incidents"), summary["routed"].items())
    if summary["lost"]:
        say(f"{summary['lost']} lost: wangge status says what waits", style="bold red")
    else:
        say("nothing lost: every report has its verdict, every accepted one is routed", style="green")
