"""When a timer is to be asked next: the clockwork behind `Timer`."""

import time
from collections.abc import Iterable
from datetime import datetime

from wangge_chassis.consumer import Timer
from wangge_chassis.instants import HouseClock
from wangge_chassis.ownership import Owned
from wangge_chassis.postgres import Connection


class Waking:
    """
    One timer of a loop, and what its last answer rested on.

    Asking seldom is safe because everything that could make the answer another one is looked at here: the
    parts with their epochs, the anchors of house time, and what the room itself expects.
    """

    def __init__(self, timer: Timer, clock: HouseClock) -> None:
        self._timer = timer
        self._clock = clock
        self._rests_on: tuple[frozenset[tuple[str, int]], int] | None = None
        self._asked_at = 0.0

    def in_s(self, ready: Iterable[Owned]) -> float:
        """Return in how many seconds it is to be asked about the parts *ready*; 0 or less: now."""
        if self._rests_on != (_held(ready), self._clock.time.version):
            return 0.0
        net_s = self._asked_at + self._timer.every.total_seconds() - time.monotonic()
        expected = self._timer.expected
        return net_s if expected is None else min(net_s, self._clock.in_s(expected))

    async def ask(self, connection: Connection, ready: Iterable[Owned], *, partitions: int) -> bool:
        """Return whether its work is to be done now."""
        held = _held(ready)
        self._timer.expected = None
        now = await self._clock.now(connection)
        self._rests_on = held, self._clock.time.version
        self._asked_at = time.monotonic()
        parts = frozenset(int(part) for part, _ in held)
        answer = await self._timer.peek(connection, parts, partitions, now)
        if isinstance(answer, datetime) and answer > now:
            self._timer.expect(answer)
            return False
        return bool(answer)


def _held(ready: Iterable[Owned]) -> frozenset[tuple[str, int]]:
    return frozenset((owned.part, owned.epoch) for owned in ready)
