"""
The clock of one task: it starts, rings its rungs and stops, by what was said when. Pure.

A rung stands if and only if nothing with an earlier `effective_at` ended the clock. So a stop rings what was
due until then and is not rung yet, and withdraws what rang too soon: bell and answer may come in any order.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from pydantic import TypeAdapter

from wangge_contracts.message import derive_id
from wangge_contracts.v1 import ClockChange, ClockChanged, Limit, Mode, Segment, Sensitivity, TaskKind
from wangge_contracts.worktime import Worktime, deadline, elapsed
from wangge_escalation.ladder import Ladder, Rung, rings

_SECOND = timedelta(seconds=1)


@dataclass(frozen=True, slots=True)
class Step:
    """A rung by value, as this clock climbs it: when it is due in its round, and what became of it."""

    round: int
    rung: Rung
    due_at: datetime
    rang_at: datetime | None = None
    withdrawn_at: datetime | None = None

    @property
    def stands(self) -> bool:
        """Whether it rang and was not withdrawn."""
        return self.rang_at is not None and self.withdrawn_at is None


@dataclass(frozen=True, slots=True)
class Clock:
    """
    Everything that was ever counted on one task; nothing in it is a total.

    *segments* and *steps* only grow. A round (轮次) is one go at the task: it has the whole limit, and only
    the segments from *first* on count towards it. Instants are house time, UTC.
    """

    clock_id: str
    task_id: str
    incident_id: str
    case_number: str
    kind: TaskKind
    mode: Mode
    sensitivity: Sensitivity
    limit: Limit
    ladder: str
    deadline: datetime
    segments: tuple[Segment, ...] = ()
    steps: tuple[Step, ...] = ()
    round: int = 0
    first: int = 0
    revision: int = 0
    task_revision: int = 0
    task_round: int = 0

    @property
    def runs(self) -> bool:
        """Whether time is being counted now."""
        return bool(self.segments) and self.segments[-1].ended_at is None

    @property
    def holder(self) -> str:
        """Whom the time is counted against, or was until it stopped."""
        return self.segments[-1].holder

    @property
    def next_due(self) -> datetime | None:
        """When it rings next; None when it has stopped or all has rung."""
        if not self.runs:
            return None
        return min((step.due_at for step in self.steps if self.awaits(step)), default=None)

    def awaits(self, step: Step) -> bool:
        """Whether *step* is of this round and has not rung."""
        return step.round == self.round and step.rang_at is None


ClockDocument = TypeAdapter(Clock)
"""A clock as JSON, as the store keeps it."""


@dataclass(frozen=True, slots=True)
class Said:
    """A fact about a clock and the id that follows from its cause."""

    id: str
    changed: ClockChanged


Moved = tuple[Clock, tuple[Said, ...]]
"""The clock as it stands now, and what is to be said of it, in order."""


@dataclass(frozen=True, slots=True)
class Scene:
    """What a change of a clock is seen by: the house time at which we do it, the calendar, our patience."""

    now: datetime
    worktime: Worktime
    patience: timedelta
    """What is told later than this after its time is marked as catching up (补报)."""


def start(clock: Clock, ladder: Ladder, *, holder: str, at: datetime, scene: Scene) -> Moved:
    """
    Begin a round at *at*, never before the end of the last: the whole limit, every rung armed anew.

    *clock* holds the limit of the new round.
    """
    at = max([at, *(segment.ended_at for segment in clock.segments if segment.ended_at)])
    number = clock.round + 1
    armed = (Step(number, due.rung, due.due_at) for due in rings(at, clock.limit, ladder, scene.worktime))
    clock = replace(
        clock,
        round=number,
        first=len(clock.segments),
        deadline=deadline(at, clock.limit, scene.worktime),
        segments=(*clock.segments, Segment(kind="counted", holder=holder, started_at=at)),
        steps=(*clock.steps, *armed),
    )
    return _say(clock, "started", at=at, scene=scene)


def ring(clock: Clock, *, upto: datetime, scene: Scene) -> Moved:
    """Ring every rung that is due at *upto* or before and has not rung, the earliest first."""
    said: tuple[Said, ...] = ()
    if not clock.runs:
        return clock, said
    for index, step in enumerate(clock.steps):
        if clock.awaits(step) and step.due_at <= upto:
            clock = _mark(clock, index, replace(step, rang_at=scene.now))
            clock, more = _say(clock, "rang", at=step.due_at, scene=scene, rung=step.rung.name)
            said += more
    return clock, said


def withdraw(clock: Clock, *, after: datetime, scene: Scene) -> Moved:
    """Take back every rung of this round that rang though it was due after *after*, the latest first."""
    said: tuple[Said, ...] = ()
    for index, step in reversed(tuple(enumerate(clock.steps))):
        if step.stands and step.round == clock.round and step.due_at > after:
            clock = _mark(clock, index, replace(step, withdrawn_at=scene.now))
            clock, more = _say(clock, "rung-withdrawn", at=after, scene=scene, withdrawn=step.rung.name)
            said += more
    return clock, said


def stop(clock: Clock, *, at: datetime, scene: Scene) -> Moved:
    """End the round by what was effective at *at*, whatever rang meanwhile."""
    if not clock.runs:
        return clock, ()
    at = max(at, clock.segments[-1].started_at)
    clock, rung = ring(clock, upto=at, scene=scene)
    clock, withdrawn = withdraw(clock, after=at, scene=scene)
    clock, stopped = _say(_ended(clock, at), "stopped", at=at, scene=scene)
    return clock, rung + withdrawn + stopped


def hand_over(clock: Clock, *, holder: str, at: datetime, scene: Scene) -> Moved:
    """Count on against another holder: the deadline stays, the time before *at* was the other's."""
    at = max(at, clock.segments[-1].started_at)
    segment = Segment(kind="counted", holder=holder, started_at=at)
    clock = _ended(clock, at)
    clock = replace(clock, segments=(*clock.segments, segment))
    return _say(clock, "recalculated", at=at, scene=scene)


def used(clock: Clock, *, at: datetime, worktime: Worktime) -> tuple[int, int]:
    """
    Seconds of the limit that this round has used up at *at*, and seconds left: negative when overdue.

    Both in the limit's own kind of time.
    """
    segments = clock.segments[clock.first :]
    kind = clock.limit.clock_kind
    counted: Iterable[timedelta] = (
        elapsed(segment.started_at, min(segment.ended_at or at, at), kind, worktime) for segment in segments
    )
    elapsed_s = sum(counted, timedelta()) // _SECOND
    whole_s = elapsed(segments[0].started_at, clock.deadline, kind, worktime) // _SECOND
    return elapsed_s, whole_s - elapsed_s


def _say(
    clock: Clock,
    change: ClockChange,
    *,
    at: datetime,
    scene: Scene,
    rung: str | None = None,
    withdrawn: str | None = None,
) -> Moved:
    clock = replace(clock, revision=clock.revision + 1)
    elapsed_s, remaining_s = used(clock, at=at, worktime=scene.worktime)
    changed = ClockChanged(
        task_id=clock.task_id,
        incident_id=clock.incident_id,
        clock_id=clock.clock_id,
        case_number=clock.case_number,
        revision=clock.revision,
        change=change,
        state="running" if clock.runs else "stopped",
        kind=clock.kind,
        holder=clock.holder,
        mode=clock.mode,
        sensitivity=clock.sensitivity,
        limit=clock.limit,
        ladder=clock.ladder,
        deadline=clock.deadline,
        effective_at=at,
        segments=clock.segments,
        elapsed_s=elapsed_s,
        remaining_s=remaining_s,
        catch_up=scene.now - at > scene.patience,
        rung=rung,
        withdrawn_rung=withdrawn,
    )
    which = rung or withdrawn or str(len(clock.segments))
    return clock, (Said(derive_id(clock.clock_id, change, str(clock.round), which), changed),)


def _ended(clock: Clock, at: datetime) -> Clock:
    *before, last = clock.segments
    closed = Segment(kind=last.kind, holder=last.holder, started_at=last.started_at, ended_at=at)
    return replace(clock, segments=(*before, closed))


def _mark(clock: Clock, index: int, step: Step) -> Clock:
    return replace(clock, steps=(*clock.steps[:index], step, *clock.steps[index + 1 :]))
