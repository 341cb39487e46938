"""The proof that the bell rings: nothing is due for longer than is stated, or everybody hears that it is."""

import asyncio
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

import aiohttp
import structlog
from prometheus_client import Gauge

from wangge_chassis import Connection, Timer
from wangge_chassis.probes import Health
from wangge_escalation import store_due
from wangge_escalation.holding import Hold
from wangge_escalation.store_due import Overdue, Reach

OVERDUE = Gauge(
    "wangge_escalation_overdue_clocks",
    "Open clocks of this replica's parts with a rung that is due for longer than the bound and has not rung.",
)
HELD_CLOCKS = Gauge("wangge_escalation_held_clocks", "Clocks of this replica's parts with a held rung.")
AUDITED_AT = Gauge("wangge_escalation_audited_at_seconds", "When it was last looked, Unix time.")
_ALL, _NOBODY = frozenset({0}), Overdue(0, None)
_PING_WITHIN_S = 10.0


@dataclass(frozen=True, slots=True)
class Finding:
    """What one look at the table has shown."""

    ours: Overdue = _NOBODY
    anybodys: Overdue = _NOBODY
    """Of every part, whoever owns it: a part that nobody has taken over rings for nobody."""
    at_s: float = 0.0
    """Monotonic seconds; 0: nobody has looked yet."""


class Audit:
    """
    Looks at the clocks themselves, not at what the bell believes, and says what should have rung.

    It is asked by the same loop that rings, so a look that does not come is a finding as well.
    """

    def __init__(self, hold_of: Callable[[], Hold], *, every: timedelta, bound: timedelta) -> None:
        self._hold_of = hold_of
        self._bound = bound
        self._stale_s = 3 * every.total_seconds()
        self.finding = Finding()
        self.timer = Timer(every=every, peek=self.look, work=_nothing)

    async def look(
        self, connection: Connection, parts: frozenset[int], partitions: int, now: datetime
    ) -> None:
        """Count what is due for longer than the bound; what is held by intent is counted by itself."""
        holds, then = self._hold_of().holds, now - self._bound
        ours = await store_due.overdue(connection, Reach(parts, partitions, then, holds))
        anybodys = await store_due.overdue(connection, Reach(_ALL, 1, then, holds))
        held = await store_due.held(connection, Reach(parts, partitions, now, holds)) if holds else 0
        self.finding = Finding(ours, anybodys, time.monotonic())
        OVERDUE.set(ours.clocks)
        HELD_CLOCKS.set(held)
        AUDITED_AT.set(time.time())
        if ours.clocks:
            structlog.get_logger().error("rungs_overdue", clocks=ours.clocks, oldest=ours.oldest)

    @property
    def stale(self) -> bool:
        """Whether nobody has looked for too long, or ever."""
        return time.monotonic() - self.finding.at_s > self._stale_s

    def forget(self) -> None:
        """Hear that no part is held any more: what was found is for others to answer for."""
        self.finding = Finding()
        OVERDUE.set(0)
        HELD_CLOCKS.set(0)

    def examine(self, health: Health) -> None:
        """Say in *health* what keeps the room from being ready, and what is worth knowing besides."""
        ours, reason = self.finding.ours, self._hold_of().reason
        if ours.clocks:
            health.reasons.append(
                f"{ours.clocks} clocks should have rung {self._bound.total_seconds():.0f} s ago or earlier,"
                f" the first at {ours.oldest}"
            )
        if self.finding.at_s and self.stale and health.ready:
            health.reasons.append("nobody has looked for overdue rungs for a while")
        if reason:
            health.notes.append(reason)

    async def ping(self, url: str, *, every: timedelta) -> None:
        """
        Get *url* again and again as long as nothing is overdue, whoever owns it (dead man's switch).

        Who listens there sounds the alarm when the pings stop.
        """
        async with aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=_PING_WITHIN_S)) as session:
            while True:
                if not self.stale and not self.finding.anybodys.clocks:
                    try:
                        async with session.get(url, allow_redirects=False) as answer:
                            answer.raise_for_status()
                    except (aiohttp.ClientError, OSError, TimeoutError) as error:
                        structlog.get_logger().warning("dead_man_not_reached", reason=type(error).__name__)
                await asyncio.sleep(every.total_seconds())


async def _nothing(_: object) -> None:
    """A look never leads to a turn."""
