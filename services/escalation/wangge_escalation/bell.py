"""The bell: due rungs -> clocks.changed, mailboxes and the ladder's orders, in the turn of their parts."""

import asyncio
import time
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta

import structlog
from prometheus_client import Gauge, Histogram

from wangge_chassis import Connection, Timer, Turn
from wangge_chassis.backlogs import Backlogs, NotTold
from wangge_chassis.postgres import beside
from wangge_escalation import store, store_due
from wangge_escalation.aside import Aside
from wangge_escalation.clocks import Clock, Said
from wangge_escalation.handlers import Almanacs, outgoing, scene_of
from wangge_escalation.holding import Hold
from wangge_escalation.ringing import ring
from wangge_escalation.rounds import relieve
from wangge_escalation.store_due import Reach

BEFORE_US = ("intake", "router", "escalation")
"""Consumer groups that an answer passes before its clock stops, this room's own the last."""
_BREATH = 100
"""After so many clocks or facts the event loop has its turn, so that bytes on their way go on."""

LATENESS = Histogram(
    "wangge_escalation_ring_lateness_seconds",
    "House seconds from the instant a rung was due to the turn in which it rang.",
    buckets=(0.05, 0.1, 0.2, 0.3, 0.5, 1, 2, 5, 15, 60, 3600, 86400),
)
HELD = Gauge("wangge_escalation_held", "1 while punitive rungs are held because input is late.")
BEHIND = Gauge("wangge_escalation_late_input_records", "Records that a room has left for too long.", ["room"])


class Bell:
    """
    Rings what is due for the parts of this replica, once, in order, some in each turn.

    It sleeps until the next instant that is due, which it asks of an index, and is told of earlier ones.
    """

    def __init__(
        self,
        almanacs: Almanacs,
        *,
        rings_per_turn: int,
        patience: timedelta,
        net: timedelta,
        hold: Hold,
        aside: Aside,
    ) -> None:
        self._almanacs = almanacs
        self._limit = rings_per_turn
        self._patience = patience
        self.hold = hold
        self.aside = aside
        self.timer = Timer(every=net, peek=self.next_due, work=self.ring)

    def expect(self, clocks: Iterable[Clock]) -> None:
        """Hear that *clocks* have moved: the bell wakes for the first of them, and tries each again."""
        clocks = tuple(clocks)
        for clock in clocks:
            self.aside.forget(clock)
        first = min((clock.next_due for clock in clocks if clock.next_due), default=None)
        if first is not None:
            self.timer.expect(first)

    async def next_due(
        self, connection: Connection, parts: frozenset[int], partitions: int, now: datetime
    ) -> datetime | None:
        """When it rings next for these parts; whoever has just come back first asks who is late."""
        if not self.hold.asked:
            return None
        self.aside.keep(parts, partitions)
        reach = Reach(parts, partitions, now, self.hold.holds, self.aside.resting(now))
        found = await store_due.next_due_within(connection, reach)
        return min((at for at in (found, self.aside.again_at(now)) if at is not None), default=None)

    async def ring(self, turn: Turn) -> None:
        """
        Ring the clocks that are due first.

        When more are due than fit, later rungs of these clocks wait for the next turn too, so that
        everything rings in the order in which it was due. Not so while red lights are held: what is due next
        may be one of them on every clock of the turn, and nothing up to it would ring.

        A clock that cannot be counted keeps no other from ringing: it is set aside.
        """
        held = self.hold.holds
        reach = Reach(turn.parts, turn.partitions, turn.now, held, self.aside.resting(turn.now))
        clocks = await store_due.due(turn.connection, reach, limit=self._limit)
        if not clocks:
            return
        upto = turn.now
        if not held and len(clocks) == self._limit and clocks[-1].next_due is not None:
            upto = clocks[-1].next_due
        almanac = self._almanacs()
        rung: list[Clock] = []
        said: list[Said] = []
        async with beside(turn.recall(clock.incident_id for clock in clocks)):
            for number, clock in enumerate(clocks):
                if number % _BREATH == 0:
                    await asyncio.sleep(0)
                scene = scene_of(clock, almanac, now=turn.now, patience=self._patience)
                try:
                    relieved, before = relieve(clock, almanac.outages, scene=scene)
                    moved, more = ring(relieved, upto=upto, scene=scene, held=held)
                except Exception as error:  # both are pure: whatever they raise, this clock is to blame
                    self.aside.put(clock, error, now=turn.now)
                    continue
                self.aside.forget(clock)
                rung.append(moved)
                said += before + more
        said.sort(key=lambda each: each.changed.effective_at)
        async with beside(store.save_rung(turn.connection, rung, declared=almanac.declared)):
            for number, each in enumerate(said):
                if number % _BREATH == 0:
                    await asyncio.sleep(0)
                try:
                    for promised in outgoing(each, almanac):
                        turn.emit(promised)
                except Exception as error:
                    # Half of it is promised: the turn is given up, and the next passes this clock over.
                    self.aside.put(each.changed, error, now=turn.now)
                    raise
        self.timer.wake()  # to look what comes next, perhaps at once
        _note(said, turn.now)

    async def attend(self, backlogs: Backlogs, *, late: timedelta, every: timedelta) -> None:
        """Ask again and again whether the rooms before us are late, until the service stops."""
        try:
            while True:
                try:
                    behind = await backlogs.older_than(late, BEFORE_US)
                except NotTold as error:
                    structlog.get_logger().warning("lateness_of_rooms_not_told", reason=str(error))
                    behind = None
                self._see(behind)
                await asyncio.sleep(every.total_seconds())
        finally:
            await backlogs.close()

    def _see(self, behind: dict[str, int] | None) -> None:
        before, self.hold = self.hold, self.hold.see(behind, now_s=time.monotonic())
        HELD.set(self.hold.holds)
        for room in BEFORE_US:
            BEHIND.labels(room).set((behind or {}).get(room, 0))
        if before.holds != self.hold.holds:
            structlog.get_logger().info("hold_changed", holds=self.hold.holds, reason=self.hold.reason)
        if before.holds != self.hold.holds or not before.asked:
            self.timer.wake()


def _note(said: Sequence[Said], now: datetime) -> None:
    late_s = [(now - each.changed.effective_at).total_seconds() for each in said if each.changed.rung]
    for each in late_s:
        LATENESS.observe(each)
    if late_s:
        structlog.get_logger().info("clocks_rang", rungs=len(late_s), late_s=round(max(late_s), 3))
