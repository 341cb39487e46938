"""
A task as the router tells it -> what its clock does. Pure.

The table RULES says it all: which difference between clock and snapshot means what, in the order in which it
is done. The snapshot alone decides, so it does not matter what was missed in between.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from wangge_contracts.counting import handed, resumed, suspended
from wangge_contracts.message import derive_id, known
from wangge_contracts.v1 import (
    Board,
    ClockChange,
    ClockKind,
    Limit,
    ListedSpan,
    Mode,
    Sensitivity,
    Task,
    TaskKind,
    TaskState,
    Urgency,
)
from wangge_escalation.almanac import Almanac
from wangge_escalation.clocks import Clock, Moved, Said, Scene
from wangge_escalation.ordering import undoing
from wangge_escalation.ringing import signed
from wangge_escalation.rounds import excuse, rearm, relaid, start, stop
from wangge_escalation.saying import say

ENDED = frozenset({"done", "returned", "withdrawn", "ended"})
"""States in which nobody's time runs."""
THERE = ENDED | {"working"}
"""The same for called forces: their limit is for being there (到场), so it ends when they have arrived."""


@dataclass(frozen=True, slots=True)
class Seen:
    """A snapshot as a rule looks at it."""

    task: Task
    others: Sequence[Task]
    """The other tasks of the same fact."""
    almanac: Almanac
    now: datetime
    patience: timedelta
    lives: bool
    """Whether somebody's time runs on it."""
    rule: str = ""
    """Whose turn it is to look."""

    def scene(self, limit: Limit) -> Scene:
        """What a change of a clock with that limit is seen by; raises `UnknownCalendar`."""
        worktime = self.almanac.worktime(limit)
        cause = f"{self.task.revision} {self.rule}"
        return Scene(self.now, worktime, self.patience, cause, self.almanac.staffed)

    def at(self, clock: Clock) -> datetime:
        """Since when the snapshot holds, but never before the clock's round began."""
        return max(self.task.effective_at, clock.lap[0].started_at)


@dataclass(frozen=True, slots=True)
class Rule:
    """What it means that a clock and the snapshot of its task differ in one respect."""

    name: str
    """Also the reason of the segment that begins."""
    when: Callable[[Clock, Seen], bool]
    then: Callable[[Clock, Seen], Moved]


def follow(
    clock: Clock | None,
    task: Task,
    *,
    almanac: Almanac,
    now: datetime,
    patience: timedelta,
    others: Sequence[Task] = (),
) -> Moved:
    """
    Move the clock of *task*, None when it has none yet, to where the task stands since its `effective_at`.

    An older snapshot than the last seen changes nothing. A task that is first heard of when it has ended
    gets a clock that ran from its assignment to its end. Raises `UnknownCalendar` when the limit names a
    calendar that is not here.

    :param others: what else the fact tells of the incident: the tasks that our own orders led to.
    """
    if clock is not None and task.revision <= clock.task_revision:
        return clock, ()
    kind, state = known(TaskKind, task.kind), known(TaskState, task.state)
    lives = state not in (THERE if kind == "attend" else ENDED)
    seen = Seen(task, others, almanac, now, patience, lives)
    clock = _described(clock or _blank(task), task)
    said: tuple[Said, ...] = ()
    for rule in RULES:
        if rule.when(clock, seen):
            clock, more = rule.then(clock, replace(seen, rule=rule.name))
            said += more
    return replace(clock, task_revision=task.revision, task_round=task.round), said


def _stopped(clock: Clock, seen: Seen) -> Moved:
    return stop(clock, at=seen.task.effective_at, scene=seen.scene(clock.limit))


def _starts(reason: str) -> Callable[[Clock, Seen], Moved]:
    def started(clock: Clock, seen: Seen) -> Moved:
        task, limit = seen.task, _readable(seen.task.limit)
        scene = seen.scene(limit)
        said: tuple[Said, ...] = ()
        if clock.runs:
            clock, said = stop(clock, at=task.effective_at, scene=seen.scene(clock.limit))
        urgency = known(Urgency, task.urgency)
        ladder, name = seen.almanac.climb(clock.kind, urgency, task.class_ref)
        at = task.effective_at if clock.round else task.assigned_at
        armed = replace(
            clock,
            limit=limit,
            ladder=name,
            stage=task.stage,
            task_round=task.round,
            acknowledge_by=task.acknowledge_by,
            acknowledged=False,
            automatic_at=task.suggestion.automatic_at if task.suggestion else None,
            suggested=task.suggestion.parties if task.suggestion else (),
        )
        clock, more = start(armed, ladder, holder=task.holder, at=at, reason=reason, scene=scene)
        return clock, said + more

    return started


def _continued(clock: Clock, seen: Seen) -> Moved:
    """The time since the return counts against the unit, as if it had never stopped."""
    since = clock.lap[-1].ended_at or seen.at(clock)
    clock = relaid(clock, resumed(clock.lap, since, "shuffling"))
    return rearm(clock, "recalculated", since=since, scene=seen.scene(clock.limit))


def _handed(clock: Clock, seen: Seen) -> Moved:
    task, at = seen.task, seen.at(clock)
    reason = "forwarded" if task.change == "forwarded" else "reassigned"
    clock = relaid(clock, handed(clock.lap, task.holder, at, reason))
    return say(clock, "recalculated", at=at, scene=seen.scene(clock.limit))


def _extended(clock: Clock, seen: Seen) -> Moved:
    limit = _readable(seen.task.limit)
    change: ClockChange = "extended" if seen.task.change == "extended" else "recalculated"
    return rearm(replace(clock, limit=limit), change, since=seen.at(clock), scene=seen.scene(limit))


def _suspended(clock: Clock, seen: Seen) -> Moved:
    at, until = seen.at(clock), seen.task.suspended_until
    assert until is not None
    clock = replace(clock, suspended_until=until)
    if until <= at:
        return clock, ()
    clock = relaid(replace(clock, wakes_at=until), suspended(clock.lap, at, until))
    return rearm(clock, "suspended", since=at, scene=seen.scene(clock.limit))


def _resumed(clock: Clock, seen: Seen) -> Moved:
    at, until = seen.at(clock), clock.suspended_until
    assert until is not None
    told = clock.wakes_at is None
    clock = replace(clock, suspended_until=None, wakes_at=None)
    if at >= until and told:
        return clock, ()
    if at < until:
        clock = relaid(clock, resumed(clock.lap, at))
    return rearm(clock, "resumed", since=min(at, until), scene=seen.scene(clock.limit))


def _signed(clock: Clock, seen: Seen) -> Moved:
    return signed(clock, at=seen.at(clock), scene=seen.scene(clock.limit))


def _to_sign(clock: Clock, seen: Seen) -> Moved:
    clock = replace(clock, acknowledge_by=seen.task.acknowledge_by, acknowledged=False)
    return rearm(clock, "recalculated", since=seen.at(clock), scene=seen.scene(clock.limit))


def _listed(clock: Clock, seen: Seen) -> Moved:
    """Time on a board counts; it hides no suspension, and a suspension hides no listing."""
    task, scene = seen.task, seen.scene(clock.limit)
    now = {(known(Board, each.board), each.place): each.since for each in task.listed}
    before = {(each.board, each.place) for each in clock.listings if each.until is None}
    lifted = tuple(
        each.model_copy(update={"until": max(task.effective_at, each.since)})
        if each.until is None and (each.board, each.place) not in now
        else each
        for each in clock.listings
    )
    fresh = tuple(
        ListedSpan(board=board, place=place, since=since)
        for (board, place), since in now.items()
        if (board, place) not in before
    )
    clock = replace(clock, listings=(*lifted, *fresh))
    said: tuple[Said, ...] = ()
    if before - now.keys():
        clock, said = say(clock, "unlisted", at=task.effective_at, scene=scene)
    if fresh:
        clock, more = say(clock, "listed", at=task.effective_at, scene=scene)
        said += more
    return clock, said


def _led(clock: Clock, seen: Seen) -> Moved:
    """Remember the tasks that our orders led to; one whose rung was withdrawn meanwhile is taken back."""
    ids = _led_to(clock, seen)
    steps = tuple(
        replace(step, led_to=ids.get(number, step.led_to)) for number, step in enumerate(clock.steps)
    )
    late = [step for step in steps if step.led_to and step.withdrawn_at and not step.undone]
    undone = tuple(replace(step, undone=step.undone or step in late) for step in steps)
    clock = replace(clock, steps=undone)
    if not late:
        return clock, ()
    ordered = tuple(order for step in late for order in undoing(clock, step) if order.order == "withdraw")
    scene = seen.scene(clock.limit)
    return say(clock, "recalculated", at=seen.at(clock), scene=scene, ordered=ordered)


def _led_to(clock: Clock, seen: Seen) -> dict[int, str]:
    given = {
        task.decision.order_id: task.task_id
        for task in seen.others
        if task.decision.order_id and task.kind in ("supervise", "attend")
    }
    return {
        number: given[order_id]
        for number, step in enumerate(clock.steps)
        if step.round == clock.round and step.led_to is None and step.rang_at is not None
        for effect in clock.rung(step.rung).effects
        if (order_id := clock.order_id(step, effect)) in given
    }


def _pausing(seen: Seen) -> datetime | None:
    """Until when the task is suspended; a request that waits meanwhile (`pending`) changes nothing."""
    return seen.task.suspended_until if seen.task.state in ("suspended", "pending") else None


def _boards(clock: Clock, seen: Seen) -> bool:
    before = {(each.board, each.place) for each in clock.listings if each.until is None}
    return before != {(known(Board, each.board), each.place) for each in seen.task.listed}


def _again(clock: Clock, seen: Seen) -> bool:
    return clock.round > 0 and seen.task.round > clock.task_round


RULES: tuple[Rule, ...] = (
    # A round of its own, with the whole limit: first the beginnings, the most particular first.
    Rule("assigned", lambda clock, _: clock.round == 0, _starts("assigned")),
    Rule(
        "reopened",
        lambda clock, seen: _again(clock, seen) and seen.lives and seen.task.change == "reopened",
        _starts("reopened"),
    ),
    Rule("rework", lambda clock, seen: _again(clock, seen) and seen.lives, _starts("rework")),
    Rule(
        "stage",
        lambda clock, seen: seen.lives and clock.runs and seen.task.stage != clock.stage,
        _starts("stage"),
    ),
    # A return that was refused (推诿): the unit's time goes on since it returned the task.
    Rule(
        "shuffling",
        lambda clock, seen: seen.lives and not clock.runs and seen.task.change == "request-refused",
        _continued,
    ),
    Rule("assigned-again", lambda clock, seen: seen.lives and not clock.runs, _starts("assigned")),
    # Within the round.
    Rule("listed", _boards, _listed),
    Rule("led-to", lambda clock, seen: bool(_led_to(clock, seen)), _led),
    Rule("ended", lambda clock, seen: clock.runs and not seen.lives, _stopped),
    Rule("forwarded", lambda clock, seen: clock.runs and seen.task.holder != clock.holder, _handed),
    Rule("extended", lambda clock, seen: clock.runs and _readable(seen.task.limit) != clock.limit, _extended),
    Rule(
        "suspended",
        lambda clock, seen: clock.runs and _pausing(seen) not in (None, clock.suspended_until),
        _suspended,
    ),
    Rule(
        "resumed",
        lambda clock, seen: clock.runs and clock.suspended_until is not None and _pausing(seen) is None,
        _resumed,
    ),
    Rule(
        "to-sign",
        lambda clock, seen: (
            clock.runs and seen.task.state == "assigned" and seen.task.acknowledge_by != clock.acknowledge_by
        ),
        _to_sign,
    ),
    Rule(
        "signed",
        lambda clock, seen: clock.runs and not clock.acknowledged and seen.task.state != "assigned",
        _signed,
    ),
    Rule(
        "excused",
        lambda _, seen: bool(seen.almanac.outages),
        lambda clock, seen: excuse(clock, seen.almanac.outages, scene=seen.scene(clock.limit)),
    ),
)


def _described(clock: Clock, task: Task) -> Clock:
    street = task.place.street
    return replace(
        clock,
        mode=known(Mode, task.mode),
        sensitivity=known(Sensitivity, task.sensitivity),
        desk=task.desk,
        district=task.district,
        street=street.code if street else None,
    )


def _blank(task: Task) -> Clock:
    return Clock(
        clock_id=derive_id(task.task_id, "clock"),
        task_id=task.task_id,
        incident_id=task.incident_id,
        case_number=task.case_number,
        kind=known(TaskKind, task.kind),
        mode=known(Mode, task.mode),
        sensitivity=known(Sensitivity, task.sensitivity),
        limit=_readable(task.limit),
        task_round=task.round,
    )


def _readable(limit: Limit) -> Limit:
    """The limit in words that this version knows: what it does not know counts as the strictest kind."""
    kind = known(ClockKind, limit.clock_kind)
    if kind == limit.clock_kind:
        return limit
    return limit.model_copy(update={"clock_kind": kind})
