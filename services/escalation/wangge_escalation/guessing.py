"""Whether deadlines are a guess by now: of which years to come the calendars in force know too little."""

from collections.abc import Callable
from contextlib import suppress
from datetime import datetime, timedelta

from prometheus_client import Gauge

from wangge_chassis import Connection, Timer
from wangge_chassis.probes import Health
from wangge_chassis.reference import NotPublished
from wangge_escalation.almanac import Almanac

GUESSED = Gauge(
    "wangge_escalation_guessed_years",
    "Years that limits reach into by now, and of which a calendar in force does not know all holidays.",
)
_EVERY = timedelta(seconds=60)
_AHEAD = timedelta(days=31)
"""Ours: so far most limits reach."""


class Guessing:
    """Looks from house time at the calendars in force, for nobody publishes one because the year ends."""

    def __init__(self, almanacs: Callable[[], Almanac]) -> None:
        self._almanacs = almanacs
        self._found: dict[str, tuple[int, ...]] = {}
        self.timer = Timer(every=_EVERY, peek=self.look, work=_nothing)

    async def look(self, _: Connection, __: frozenset[int], ___: int, now: datetime) -> None:
        """Note what is guessed at *now*, house time; it asks no database."""
        with suppress(NotPublished):  # then the room is not ready, and says why
            self._found = self._almanacs().guessed(now, now + _AHEAD)
        GUESSED.set(len({year for years in self._found.values() for year in years}))

    def examine(self, health: Health) -> None:
        """Name calendars and years in *health*; clocks ring by them all the same."""
        health.notes += [
            f"deadlines in {', '.join(map(str, years))} are a guess: calendar {name} does not know the"
            " holidays and make-up days (调休); publish them"
            for name, years in self._found.items()
        ]


async def _nothing(_: object) -> None:
    """A look never leads to a turn."""
