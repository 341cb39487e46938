"""`wangge clock`: what house time is, and the way into the future, clock by clock."""

import fcntl
import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

from wangge_contracts.calendars import Calendars
from wangge_local.cli_options import kafka_of, postgres_of
from wangge_local.cli_screen import SCREEN, complain, say, say_json
from wangge_local.clock import ClockKeeper, Step, advance, span
from wangge_local.doors import JSON
from wangge_local.explain_shown import span as span_text
from wangge_local.ground import GroundError, poll
from wangge_local.house_books import HouseBooks
from wangge_local.house_folder import HouseFolder, by_clocks
from wangge_local.quiet import Quiet
from wangge_local.standing import in_force
from wangge_local.status import healths_of
from wangge_local.up_stories import is_telling


def show(folder: HouseFolder, *, as_json: bool) -> None:
    """Say what time it is in the house, and when the next clock rings."""
    postgres = postgres_of(folder)
    clock, due = ClockKeeper(postgres), HouseBooks(postgres).pulse().next_due
    # In this order: each question takes a moment, by which house time would seem to have gone back.
    real = clock.real_now()
    now = clock.now()
    if as_json:
        say_json({"house_time": now.isoformat(), "real_time": real.isoformat(), "next_due": due})
        return
    ahead = now - real
    say(f"{_text(folder, now)}" + (f", {ahead_text(ahead)}" if abs(ahead.total_seconds()) > 1 else ""))
    say(f"the next clock rings at {_text(folder, due)}" if due else "no clock runs")


def move(folder: HouseFolder, by: str, *, as_json: bool) -> None:
    """
    Move house time by a span such as `5d` through every instant at which a clock rings.

    :raises GroundError: the house is not at rest, or not all of it is there, somebody else or a story moves
        the time, *by* is no span, or it leads to where no calendar counts any more: house time never goes
        back.
    """
    distance = span(by)
    with _alone(folder):
        _move(folder, distance, as_json=as_json)


def _move(folder: HouseFolder, distance: timedelta, *, as_json: bool) -> None:
    bootstrap, postgres = kafka_of(folder), postgres_of(folder)
    clock, rang = ClockKeeper(postgres), list[datetime]()
    # Stories that could not go on are told on at the next start, but have let time go.
    if is_telling(folder) and clock.stands_still():
        raise GroundError("a story is being told and moves the time itself: wait until it is over")
    ends = clock.now() + distance
    require_countable(ends, in_force(bootstrap, at=ends))
    quiet = Quiet(bootstrap, postgres, ready(folder))
    began = reached = clock.now()
    columns = (SpinnerColumn(), TextColumn("{task.description}"), TimeElapsedColumn())
    with Progress(*columns, console=SCREEN, disable=as_json or not SCREEN.is_moving) as progress:
        line = progress.add_task(f"house time {_text(folder, began)}", total=None)

        def stepped(step: Step) -> None:
            nonlocal reached
            reached = step.at
            if step.due:
                rang.append(step.at)
            progress.update(
                line,
                description=f"house time {_text(folder, step.at)}, {len(rang)} instants at which clocks rang",
            )

        try:
            advance(clock, HouseBooks(postgres), to=began + distance, settle=quiet.wait, on_step=stepped)
        except (GroundError, KeyboardInterrupt):
            came_to = f"house time has come from {_text(folder, began)} to {_text(folder, reached)}"
            complain(f"{came_to}, on the way to {_text(folder, began + distance)}")
            raise
    if as_json:
        say_json({"from": began.isoformat(), "to": clock.now().isoformat(), "rang": rang})
        return
    say(f"house time is {_text(folder, clock.now())}; clocks rang at {len(rang)} instants on the way")


@contextmanager
def _alone(folder: HouseFolder) -> Iterator[None]:
    """
    Be the one who moves the time; raises GroundError at once when somebody else does.

    Of two, one could look what is due next while what the other has just let ring starts another clock.
    """
    root = os.open(folder.root, os.O_RDONLY)
    try:
        fcntl.flock(root, fcntl.LOCK_EX | fcntl.LOCK_NB)
        yield
    except BlockingIOError:
        raise GroundError("house time is being moved already: wait until that is done") from None
    finally:
        os.close(root)


def ready(folder: HouseFolder, *, within_s: float = 10) -> dict[str, JSON]:
    """
    Return what every replica says of itself, once all of them are ready; raises GroundError otherwise.

    Of a room that gives no answer nobody knows what it has still to read, and the house would seem quiet.
    """
    late: Sequence[str] = ()
    for _ in poll(timeout=within_s, every=0.2):
        healths = healths_of(folder)
        late = [f"{name} {', '.join(told['reasons'])}" for name, told in healths.items() if not told["ready"]]
        if not late:
            return healths
    raise GroundError(f"house time is not moved while a room is not ready: {'; '.join(late)} (wangge status)")


def require_countable(to: datetime, parts: Mapping[str, Any]) -> None:
    """Raise GroundError when *to* lies behind a calendar's last year: no holidays are known there."""
    for calendar in Calendars.model_validate(parts["calendars"]).calendars:
        ends = datetime(calendar.last_year + 1, 1, 1, tzinfo=ZoneInfo(calendar.time_zone))
        if to >= ends:
            raise GroundError(
                f"calendar {calendar.name} ends with {calendar.last_year}, and house time never goes back: go"
                f" no further than {ends:%Y-%m-%d}, or publish one with a later last_year first"
            )


def ahead_text(ahead: timedelta) -> str:
    """Return how far house time is ahead of real time, or behind it."""
    return f"{span_text(abs(ahead))} {'ahead of' if ahead > timedelta() else 'behind'} real time"


def _text(folder: HouseFolder, at: datetime) -> str:
    return by_clocks(at, folder.zone())
