"""
The clock of one task: everything that was ever counted on it, and what became of each of its rungs. Pure.

A rung stands if and only if nothing with an earlier `effective_at` ended the clock (`ringing`, `rounds`).
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, TypeVar

from pydantic import TypeAdapter

from wangge_contracts.message import derive_id
from wangge_contracts.v1 import (
    ClockChanged,
    DeskOrdered,
    Limit,
    ListedSpan,
    Mode,
    OrderedParty,
    Segment,
    Sensitivity,
    TaskKind,
)
from wangge_contracts.worktime import Worktime
from wangge_escalation.ladder import At, Effect, Rung


@dataclass(frozen=True)
class Step:
    """A rung as this clock climbs it: when it is due in its round, and what became of it."""

    round: int
    rung: str
    due_at: datetime
    rang_at: datetime | None = None
    withdrawn_at: datetime | None = None
    turn: int = 0
    """How often it was armed in this round before, and rang: an extension arms it anew."""
    owes_orders: bool = False
    """It rang when the turn was over already, so it has ordered nothing."""
    led_to: str | None = None
    """The task that came of its order: a supervision, the next force called."""
    undone: bool = False
    """That task was taken back."""
    reached: tuple[Effect, ...] | None = None
    """
    What it did, where its round is over or nobody was there for some effect of its rung; absent: all that its
    rung has.
    """
    holder: str | None = None
    """Who held the task when it rang, and was told: who is told when it is taken back."""
    desk: str | None = None
    """The desk that decided then, likewise."""

    @property
    def stands(self) -> bool:
        """Whether it rang and was not withdrawn."""
        return self.rang_at is not None and self.withdrawn_at is None

    @property
    def cause(self) -> str:
        """What its ids follow from."""
        return f"{self.rung}.{self.turn}" if self.turn else self.rung


@dataclass(frozen=True)
class Clock:
    """
    Everything that was ever counted on one task; nothing in it is a total.

    A round (轮次) is one go at the task: it has the whole limit, its rungs by value, and only the segments
    from *first* on count towards it. Instants are house time, UTC.
    """

    clock_id: str
    task_id: str
    incident_id: str
    case_number: str
    kind: TaskKind
    mode: Mode
    sensitivity: Sensitivity
    limit: Limit
    ladder: str = ""
    desk: str = ""
    district: str | None = None
    street: str | None = None
    rungs: tuple[Rung, ...] = ()
    segments: tuple[Segment, ...] = ()
    steps: tuple[Step, ...] = ()
    listings: tuple[ListedSpan, ...] = ()
    round: int = 0
    first: int = 0
    stage: str | None = None
    acknowledge_by: datetime | None = None
    acknowledged: bool = False
    automatic_at: datetime | None = None
    suggested: tuple[OrderedParty, ...] = ()
    suspended_until: datetime | None = None
    wakes_at: datetime | None = None
    """When the suspension ends and nobody has been told."""
    revision: int = 0
    task_revision: int = 0
    task_round: int = 0

    @property
    def runs(self) -> bool:
        """Whether its task is held: time is counted now, or will be when the suspension ends."""
        return bool(self.segments) and self.segments[-1].ended_at is None

    @property
    def lap(self) -> tuple[Segment, ...]:
        """The segments of this round."""
        return self.segments[self.first :]

    @property
    def holder(self) -> str:
        """Whom the time is counted against, or was until it stopped."""
        return self.segments[-1].holder

    @property
    def instants(self) -> dict[At, datetime | None]:
        """The instants that the task brings along, as far as they still matter."""
        return {
            "acknowledge-by": None if self.acknowledged else self.acknowledge_by,
            "automatic-at": self.automatic_at,
        }

    @property
    def next_due(self) -> datetime | None:
        """When it rings next; None when it has stopped or all has rung."""
        return self.dues[0]

    @property
    def dues(self) -> tuple[datetime | None, datetime | None]:
        """When it rings next, and when next but for what may be held: found in one go."""
        if not self.runs:
            return None, None
        first = lenient = self.wakes_at
        for step in self.steps:
            if self.awaits(step):
                first = _earlier(first, step.due_at)
                lenient = lenient if self.holdable(step) else _earlier(lenient, step.due_at)
        return first, lenient

    def holdable(self, step: Step) -> bool:
        """
        Whether *step* waits while input is late: it is punitive, and nobody is called by it.

        Attendance (到场) has minutes, and the next officer must not wait for our own backlog.
        """
        return self.kind != "attend" and self.rung(step.rung).punitive

    def awaits(self, step: Step) -> bool:
        """Whether *step* is of this round and has not rung."""
        return step.round == self.round and step.rang_at is None

    def rung(self, name: str) -> Rung:
        """The rung of that name in this round's ladder."""
        for rung in self.rungs:
            if rung.name == name:
                return rung
        raise LookupError(f"the ladder of task {self.task_id} has no rung {name}")

    def effects(self, step: Step) -> tuple[Effect, ...]:
        """What *step* did when it rang, or is to do: what is taken back later is that."""
        return self.rung(step.rung).effects if step.reached is None else step.reached

    def order_id(self, step: Step, effect: Effect) -> str:
        """The id of what *step* orders by *effect*; it follows from the clock, its round and the rung."""
        return derive_id(self.clock_id, "order", str(step.round), step.cause, effect)


def _earlier(found: datetime | None, due: datetime) -> datetime:
    return due if found is None or due < found else found


T = TypeVar("T", Clock, Step)


def but(made: T, **changes: Any) -> T:
    """
    Return *made* with these fields otherwise.

    `dataclasses.replace` reads and sets thirty fields one by one, three times for every rung that rings.
    """
    other = object.__new__(type(made))
    other.__dict__.update(made.__dict__, **changes)
    if len(other.__dict__) > len(made.__dict__):
        raise TypeError(f"a field that there is not: {changes.keys() - made.__dict__.keys()}")
    return other


ClockDocument = TypeAdapter(Clock)
"""A clock as JSON, as the store keeps it."""


@dataclass(frozen=True, slots=True)
class Said:
    """A fact about a clock, the id that follows from its cause, and what is ordered along with it."""

    id: str
    changed: ClockChanged
    orders: tuple[DeskOrdered, ...] = ()


Moved = tuple[Clock, tuple[Said, ...]]
"""The clock as it stands now, and what is to be said of it, in order."""


@dataclass(frozen=True, slots=True)
class Scene:
    """What a change of a clock is seen by."""

    now: datetime
    """The house time at which we do it."""
    worktime: Worktime
    patience: timedelta
    """What is told later than this after its time is marked as catching up (补报)."""
    cause: str = "bell"
    """What the ids of the facts follow from, besides the change itself: the task's revision."""
    staffed: Callable[[str], bool] = lambda _: True
    """Whether a holder or desk exists and somebody sits there."""
