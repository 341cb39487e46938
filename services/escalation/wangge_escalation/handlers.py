"""incidents.changed -> clocks moved -> clocks.changed and the holders' mailboxes."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from wangge_chassis import Connection, Outgoing, Received, Room
from wangge_chassis.records import Written
from wangge_chassis.reference import NotPublished, Reference
from wangge_contracts.calendars import UnknownCalendar
from wangge_contracts.message import derive_id
from wangge_contracts.topics import CLOCKS_CHANGED, DESK_ORDERED
from wangge_contracts.v1 import IncidentChanged
from wangge_escalation import store
from wangge_escalation.almanac import Almanac
from wangge_escalation.clocks import Clock, Said, Scene
from wangge_escalation.following import follow

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
            these_calendars=bundle.part("calendars"),
        )
    )


@dataclass(slots=True)
class Clocking:
    """What one batch works on: the clocks it knows, and which of them moved."""

    now: datetime
    almanac: Almanac
    clocks: dict[str, Clock]
    moved: dict[str, Clock]


class ClockRoom(Room):
    """Moves the clock of every task that a fact changes. Verdicts on the ladder's orders change none yet."""

    def __init__(
        self, almanacs: Almanacs, expect: Callable[[Iterable[Clock]], None], *, patience: timedelta
    ) -> None:
        self._almanacs = almanacs
        self._expect = expect
        self._patience = patience

    async def load(self, connection: Connection, received: Sequence[Received], now: datetime) -> Clocking:
        """Load the clocks of every task that the batch names."""
        task_ids = {
            task.task_id
            for record in received
            if isinstance(record.message, IncidentChanged)
            for task in record.message.tasks
        }
        clocks = await store.load(connection, list(task_ids)) if task_ids else {}
        return Clocking(now, self._almanacs(), clocks, {})

    def decide(self, state: Clocking, received: Received) -> Iterable[Outgoing]:
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

    async def save(self, connection: Connection, state: Clocking) -> None:
        """Write the clocks that moved, and let the bell know which of them rings first."""
        await store.save(connection, state.moved.values(), declared=state.almanac.declared)
        self._expect(state.moved.values())


def scene_of(clock: Clock, almanac: Almanac, *, now: datetime, patience: timedelta) -> Scene:
    """What *clock* is seen by when nothing is told of its task; raises NotPublished without its calendar."""
    try:
        return Scene(now, almanac.worktime(clock.limit), patience, staffed=almanac.staffed)
    except UnknownCalendar as error:
        raise NotPublished(f"clock of task {clock.task_id}: {error}") from error


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
