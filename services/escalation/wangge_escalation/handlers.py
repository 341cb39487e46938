"""
incidents.changed -> clocks moved; and the bell: due rungs -> clocks.changed, mailboxes, the ladder's orders.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import structlog
from prometheus_client import Histogram

from wangge_chassis import Connection, Outgoing, Received, Room, Timer, Turn
from wangge_chassis.records import Written
from wangge_chassis.reference import NotPublished, Reference
from wangge_contracts.calendars import UnknownCalendar
from wangge_contracts.message import derive_id
from wangge_contracts.topics import CLOCKS_CHANGED, DESK_ORDERED
from wangge_contracts.v1 import IncidentChanged
from wangge_contracts.worktime import Worktime
from wangge_escalation import store
from wangge_escalation.almanac import Almanac
from wangge_escalation.clocks import Clock, Said, Scene
from wangge_escalation.following import follow
from wangge_escalation.ringing import excuse, ring
from wangge_escalation.store import Reach

LATENESS = Histogram(
    "wangge_escalation_ring_lateness_seconds",
    "House seconds from the instant a rung was due to the turn in which it rang.",
    buckets=(0.1, 0.2, 0.3, 0.5, 1, 2, 5, 15, 60, 3600, 86400),
)

Almanacs = Callable[[], Almanac]
"""Gives the almanac of the bundle in force."""


def almanacs_of(reference: Reference) -> Almanacs:
    """Parse each bundle once, when it is first asked for."""
    return reference.reading(
        lambda bundle: Almanac(
            version=bundle.version,
            ladder=bundle.part("ladder"),
            departments=bundle.part("departments"),
            calendars=bundle.ever["calendars"],
            rosters=bundle.parts.get("rosters"),
        )
    )


@dataclass(slots=True)
class Working:
    """What one batch works on: the clocks it knows, and which of them moved."""

    now: datetime
    almanac: Almanac
    clocks: dict[str, Clock]
    moved: dict[str, Clock]


class ClockRoom(Room):
    """Moves the clock of every task that a fact changes. Verdicts on the ladder's orders change none yet."""

    def __init__(self, almanacs: Almanacs, bell: "Bell", *, patience: timedelta) -> None:
        self._almanacs = almanacs
        self._bell = bell
        self._patience = patience

    async def load(self, connection: Connection, received: Sequence[Received], now: datetime) -> Working:
        """Load the clocks of every task that the batch names."""
        task_ids = {
            task.task_id
            for record in received
            if isinstance(record.message, IncidentChanged)
            for task in record.message.tasks
        }
        clocks = await store.load(connection, list(task_ids)) if task_ids else {}
        return Working(now, self._almanacs(), clocks, {})

    def decide(self, state: Working, received: Received) -> Iterable[Outgoing]:
        """Move the clocks of the tasks in the fact; a calendar that is not here yet is waited for."""
        fact = received.message
        if not isinstance(fact, IncidentChanged):
            return
        for task in fact.tasks:
            before = state.clocks.get(task.task_id)
            try:
                clock, said = follow(
                    before,
                    task,
                    almanac=state.almanac,
                    now=state.now,
                    patience=self._patience,
                    others=fact.tasks,
                )
            except UnknownCalendar as error:
                raise NotPublished(f"task {task.task_id}: {error}") from error
            if clock is not before:
                state.clocks[task.task_id] = state.moved[task.task_id] = clock
            for each in said:
                yield from outgoing(each, state.almanac)

    async def save(self, connection: Connection, state: Working) -> None:
        """Write the clocks that moved, and let the bell know which of them rings first."""
        await store.save(connection, state.moved.values())
        self._bell.expect(state.moved.values())


class Bell:
    """
    Rings what is due for the parts of this replica, once, in order, some in each turn.

    It sleeps until the next instant that is due, which it asks of an index, and is told of earlier ones.
    """

    def __init__(
        self, almanacs: Almanacs, *, rings_per_turn: int, patience: timedelta, net: timedelta
    ) -> None:
        self._almanacs = almanacs
        self._limit = rings_per_turn
        self._patience = patience
        self.timer = Timer(every=net, peek=self.next_due, work=self.ring)

    def expect(self, clocks: Iterable[Clock]) -> None:
        """Hear that *clocks* have moved: the bell wakes for the first of them."""
        first = min((clock.next_due for clock in clocks if clock.next_due), default=None)
        if first is not None:
            self.timer.expect(first)

    async def next_due(
        self, connection: Connection, parts: frozenset[int], partitions: int, now: datetime
    ) -> datetime | None:
        """When it rings next for these parts."""
        return await store.next_due_within(connection, Reach(parts, partitions, now, now))

    async def ring(self, turn: Turn) -> None:
        """
        Ring the clocks that are due first.

        When more are due than fit, later rungs of these clocks wait for the next turn too, so that
        everything rings in the order in which it was due.
        """
        reach = Reach(turn.parts, turn.partitions, turn.now, turn.now)
        clocks = await store.due(turn.connection, reach, limit=self._limit)
        upto = turn.now
        if len(clocks) == self._limit and clocks[-1].next_due is not None:
            upto = clocks[-1].next_due
        almanac = self._almanacs()
        rung: list[Clock] = []
        said: list[Said] = []
        for clock in clocks:
            worktime = _worktime(almanac, clock)
            scene = Scene(turn.now, worktime, self._patience, staffed=almanac.staffed)
            relieved, before = excuse(clock, almanac.outages, scene=scene)
            moved, more = ring(relieved, upto=upto, scene=scene)
            rung.append(moved)
            said += before + more
        said.sort(key=lambda each: each.changed.effective_at)
        for each in said:
            LATENESS.observe((turn.now - each.changed.effective_at).total_seconds())
            for promised in outgoing(each, almanac):
                turn.emit(promised)
        if clocks:
            await store.save_rung(turn.connection, rung)
            self.timer.expect(turn.now)  # to look what comes next, perhaps at once
        if said:
            late = turn.now - said[0].changed.effective_at
            structlog.get_logger().info("clocks_rang", rungs=len(said), late_s=round(late.total_seconds(), 3))


def outgoing(said: Said, almanac: Almanac) -> Iterator[Outgoing]:
    """The fact for the house, the same in the holder's mailbox if it has one, and what the rung orders."""
    changed = said.changed
    incident_id = changed.incident_id
    written = Written(changed.TYPE, changed.write())
    yield Outgoing(CLOCKS_CHANGED.name, incident_id, written, said.id, subject=incident_id)
    mailbox = almanac.mailbox(changed.holder)
    if mailbox is not None:
        yield Outgoing(mailbox, incident_id, written, derive_id(said.id, "mailbox"), subject=incident_id)
    for order in said.orders:
        commanded = Written(order.TYPE, order.write())
        yield Outgoing(DESK_ORDERED.name, incident_id, commanded, order.order_id, subject=incident_id)


def _worktime(almanac: Almanac, clock: Clock) -> Worktime:
    try:
        return almanac.worktime(clock.limit)
    except UnknownCalendar as error:
        raise NotPublished(f"clock of task {clock.task_id}: {error}") from error
