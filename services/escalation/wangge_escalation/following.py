"""A task as the router tells it -> what its clock does. Pure."""

from dataclasses import replace
from datetime import datetime, timedelta

from wangge_contracts.message import derive_id, known
from wangge_contracts.v1 import ClockKind, Limit, Mode, Sensitivity, Task, TaskKind, TaskState, Urgency
from wangge_escalation.almanac import Almanac
from wangge_escalation.clocks import Clock, Moved, Said, Scene, hand_over, start, stop

ENDED = frozenset({"done", "returned", "withdrawn", "ended"})
"""States in which nobody's time runs."""
THERE = ENDED | {"working"}
"""The same for called forces: their limit is for being there (到场), so it ends when they have arrived."""


def follow(
    clock: Clock | None,
    task: Task,
    *,
    almanac: Almanac,
    now: datetime,
    patience: timedelta,
) -> Moved:
    """
    Move the clock of *task*, None when it has none yet, to where the task stands since its `effective_at`.

    The snapshot alone decides: an older one than the last seen changes nothing, and a task that is first
    heard of when it has ended gets a clock that ran from its assignment to its end. A task that lives again
    begins a new round. Raises `UnknownCalendar` when the limit names a calendar that is not here.
    """
    if clock is not None and task.revision <= clock.task_revision:
        return clock, ()
    kind = known(TaskKind, task.kind)
    lives = known(TaskState, task.state) not in (THERE if kind == "attend" else ENDED)
    said: tuple[Said, ...] = ()
    if clock is not None and clock.runs and (task.round > clock.task_round or not lives):
        scene = Scene(now, almanac.worktime(clock.limit), patience)
        clock, said = stop(clock, at=task.effective_at, scene=scene)
    if clock is None or (lives and not clock.runs):
        begins = task.assigned_at if clock is None else task.effective_at
        limit = _readable(task.limit)
        scene = Scene(now, almanac.worktime(limit), patience)
        ladder, name = almanac.climb(kind, known(Urgency, task.urgency))
        clock = replace(clock or _blank(task), limit=limit, ladder=name)
        clock, more = start(clock, ladder, holder=task.holder, at=begins, scene=scene)
        said += more
        if not lives:
            clock, more = stop(clock, at=task.effective_at, scene=scene)
            said += more
    elif clock.runs and task.holder != clock.holder:
        scene = Scene(now, almanac.worktime(clock.limit), patience)
        clock, said = hand_over(clock, holder=task.holder, at=task.effective_at, scene=scene)
    clock = replace(
        clock,
        mode=known(Mode, task.mode),
        sensitivity=known(Sensitivity, task.sensitivity),
        task_revision=task.revision,
        task_round=task.round,
    )
    return clock, said


def _blank(task: Task) -> Clock:
    return Clock(
        clock_id=derive_id(task.task_id, "clock"),
        task_id=task.task_id,
        incident_id=task.incident_id,
        case_number=task.case_number,
        kind=known(TaskKind, task.kind),
        mode=known(Mode, task.mode),
        sensitivity=known(Sensitivity, task.sensitivity),
        limit=task.limit,
        ladder="",
        deadline=task.assigned_at,
    )


def _readable(limit: Limit) -> Limit:
    """The limit in words that this version knows: what it does not know counts as the strictest kind."""
    kind = known(ClockKind, limit.clock_kind)
    if kind == limit.clock_kind:
        return limit
    return limit.model_copy(update={"clock_kind": kind})
