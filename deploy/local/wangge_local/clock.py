"""House time of a house on one machine: where it stands, and the only two ways it is moved."""

import re
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from wangge_local.ground import GroundError
from wangge_local.house_books import DATABASE, HOUSE_AT, HOUSE_NOW, HouseBooks
from wangge_local.postgres import Postgres

_SPAN = re.compile(r"(?:(\d{1,8})d)?(?:(\d{1,8})h)?(?:(\d{1,8})m)?(?:(\d{1,8})s)?")
_LONGEST = timedelta(days=36525)
_AHEAD_MS = 20
"""An anchor holds from a moment that has not come yet: nobody has mapped that moment otherwise before."""


class ClockKeeper:
    """
    Reads and moves house time in the table of anchors, as the database's owner.

    It never goes back, and all services see a move with their next transaction.
    """

    def __init__(self, postgres: Postgres) -> None:
        self._postgres = postgres

    def now(self) -> datetime:
        """Return the house time of this moment, UTC."""
        [text] = self._sql(f"SELECT ({HOUSE_NOW}) AT TIME ZONE 'UTC'")
        return _instant(text)

    def moved(self) -> bool:
        """Whether house time was ever anything but real time."""
        return self._sql("SELECT EXISTS (SELECT FROM house.anchor)") == ["t"]

    def stands_still(self) -> bool:
        """Whether house time stands still: whoever moved it last moves it on."""
        return self._sql("SELECT rate = 0 FROM house.anchor ORDER BY real_at DESC, id DESC LIMIT 1") == ["t"]

    def real_now(self) -> datetime:
        """Return the database's own time, UTC."""
        [text] = self._sql("SELECT clock_timestamp() AT TIME ZONE 'UTC'")
        return _instant(text)

    def set(self, at: datetime | None, *, rate: float = 1.0, first: bool = False) -> datetime:
        """
        Let house time be *at* from this moment on, or stay where it is (None), and run at *rate*.

        When it is past *at* already it goes on from where it is. With *first* it may be set back, for
        nothing has happened yet. Returns what it is now, when the anchor holds.

        :raises GroundError: the machine's clock has gone back behind the last anchor, which would hold again
            when that clock is there once more, and take house time back with it.
        """
        wish = "NULL::timestamptz" if at is None else f"'{at.astimezone(UTC).isoformat()}'::timestamptz"
        stands = "NULL::timestamptz" if first else f"({HOUSE_AT.format(real='moment.real_at')})"
        moved = self._sql(
            f"""
            BEGIN;
            DO $$ BEGIN PERFORM pg_advisory_xact_lock(hashtext('house.anchor')); END $$;
            WITH moment AS (SELECT clock_timestamp() + interval '{_AHEAD_MS} ms' AS real_at)
            INSERT INTO house.anchor (real_at, house_at, rate)
            SELECT moment.real_at, greatest({wish}, {stands}), {rate} FROM moment
             WHERE NOT EXISTS (SELECT FROM house.anchor WHERE anchor.real_at > moment.real_at)
            RETURNING house_at AT TIME ZONE 'UTC';
            COMMIT;
            """
        )
        if not moved:
            raise GroundError(
                "the clock of this machine has gone back behind the last move of house time: set it right, or"
                " wait until it is there again"
            )
        # The broker cuts instants to milliseconds: what is said now must not seem to be before the anchor.
        time.sleep((_AHEAD_MS + 5) / 1000)
        return _instant(moved[0])

    def to_present(self) -> datetime:
        """Let house time be real time again, from this moment on, unless it is ahead of it."""
        return self.set(self.real_now() + timedelta(milliseconds=_AHEAD_MS))

    def _sql(self, text: str) -> list[str]:
        return self._postgres.sql(text, database=DATABASE)


@dataclass(frozen=True, slots=True)
class Step:
    """One stop on the way of a moved clock; *due* when a clock rings there."""

    at: datetime
    due: bool


def advance(
    clock: ClockKeeper,
    books: HouseBooks,
    *,
    to: datetime,
    settle: Callable[[], None],
    on_step: Callable[[Step], None] = lambda _: None,
    rate: float = 1.0,
) -> None:
    """
    Move house time to *to* through every instant at which a clock rings, in order.

    *settle* is called at each of them and must return only when the house is quiet and nothing is due:
    what rings may start other clocks. With *rate* 0 time stands still at each of them, and in the end.
    Raises what *settle* raises; the time stays where it was then.
    """
    settle()
    while (due := (pulse := books.pulse()).next_due) is not None and due <= to:
        if due > pulse.now:
            clock.set(due, rate=rate)
        on_step(Step(due, due=True))
        settle()
    clock.set(to, rate=rate)
    on_step(Step(to, due=False))
    settle()


def span(text: str) -> timedelta:
    """Read `5d`, `36h`, `1d12h30m`; raises GroundError for anything else, and for nothing."""
    found = _SPAN.fullmatch(text.strip())
    if found is None or not any(found.groups()):
        raise GroundError(f"{text!r} is no span of time: write 5d, 36h, 90m or 1d12h30m")
    days, hours, minutes, seconds = (int(part or 0) for part in found.groups())
    whole = timedelta(days=days, hours=hours, minutes=minutes, seconds=seconds)
    if whole > _LONGEST:
        raise GroundError(f"{text!r} is longer than a century")
    return whole


def _instant(text: str) -> datetime:
    return datetime.fromisoformat(f"{text}+00:00")
