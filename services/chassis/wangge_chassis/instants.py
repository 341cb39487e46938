"""House time: real time until an anchor says otherwise; then a line that only moves forward, in any mode."""

import math
from bisect import bisect_right
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from time import monotonic, time

from wangge_chassis.postgres import Connection
from wangge_chassis.skew import hold_against_ours


@dataclass(frozen=True, slots=True)
class Anchor:
    """From *real_at* on, house time runs from *house_at* at *rate* house seconds per real second."""

    real_at: datetime
    house_at: datetime
    rate: float = 1.0


@dataclass(frozen=True, slots=True)
class HouseTime:
    """
    The mapping of real instants to house instants, all UTC.

    Without anchors it is the identity. Anchors are append-only, so an instant that was mapped once
    is mapped the same for ever: broker append times stay what they were.
    """

    anchors: tuple[Anchor, ...] = ()
    version: int = 0
    _starts: tuple[datetime, ...] = field(default=(), repr=False)

    def at(self, real: datetime) -> datetime:
        """Return the house instant of the *real* one, cut to milliseconds as the contracts print it."""
        index = bisect_right(self._starts, real) - 1
        if index >= 0:
            anchor = self.anchors[index]
            real = anchor.house_at + (real - anchor.real_at) * anchor.rate
        finer = real.microsecond % 1000
        return real.replace(microsecond=real.microsecond - finer) if finer else real

    def when(self, house: datetime, *, since: datetime) -> datetime | None:
        """
        Return the first real instant, *since* or later, at which it is *house* or later.

        None when house time stands still before it: only a new anchor can bring it on.
        """
        if self.at(since) >= house:
            return since
        first = self.anchors[0].real_at if self.anchors else None
        if first is None or house < first > since:
            return house
        for anchor, until in zip(self.anchors, (*self._starts[1:], None), strict=True):
            if until is not None and until <= since:
                continue
            if anchor.house_at >= house:
                return max(anchor.real_at, since)
            if anchor.rate > 0:
                reached = anchor.real_at + (house - anchor.house_at) / anchor.rate
                if until is None or reached < until:
                    return max(reached, since)
        return None


@dataclass(slots=True)
class HouseClock:
    """House time as last seen by this process; shared by its consumers, refreshed under the lock."""

    time: HouseTime = field(default_factory=HouseTime)
    _real: datetime | None = None
    _seen_at: float = 0.0

    async def now(self, connection: Connection) -> datetime:
        """Return house time outside a turn, by the newest anchors: an idle bell must see them too."""
        began_s = time()
        row = await connection.fetchrow(
            "SELECT clock_timestamp() AS real_now, (SELECT max(id) FROM house.anchor) AS anchor"
        )
        assert row is not None
        hold_against_ours("PostgreSQL", row["real_now"].timestamp(), since_s=began_s)
        return await self.seen(connection, row["real_now"], row["anchor"])

    async def seen(self, connection: Connection, real_now: datetime, anchor: int | None) -> datetime:
        """Map *real_now* by the anchors up to *anchor*, the newest there is."""
        if (anchor or 0) != self.time.version:
            self.time = await _load(connection)
        self._real, self._seen_at = real_now, monotonic()
        return self.time.at(real_now)

    def in_s(self, house: datetime) -> float:
        """
        Return in how many real seconds it is *house*, by the anchors last seen; 0 or less: it is past.

        The seconds since the database's clock was seen last are counted by ours, so that a machine whose
        clock is wrong rings no earlier or later for it.
        """
        if self._real is None:
            return 0.0
        since = self._real + timedelta(seconds=monotonic() - self._seen_at)
        real = self.time.when(house, since=since)
        return math.inf if real is None else (real - since).total_seconds()


async def _load(connection: Connection) -> HouseTime:
    """Read every anchor, oldest first."""
    rows = await connection.fetch("SELECT id, real_at, house_at, rate FROM house.anchor ORDER BY real_at, id")
    anchors = tuple(Anchor(row["real_at"], row["house_at"], row["rate"]) for row in rows)
    version = max((row["id"] for row in rows), default=0)
    return HouseTime(anchors, version, tuple(anchor.real_at for anchor in anchors))


@lru_cache(maxsize=1024)
def from_broker(timestamp_ms: int) -> datetime:
    """Return the real instant of a record's timestamp, UTC; records of one batch share it."""
    return datetime.fromtimestamp(timestamp_ms / 1000, UTC)
