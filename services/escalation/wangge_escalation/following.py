"""
A task as the router tells it -> what its clock does. Pure.

The table RULES says it all: which difference between clock and snapshot means what, in the order in which it
is done. The snapshot alone decides, so it does not matter what was missed in between.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from wangge_contracts.message import derive_id, known
from wangge_contracts.v1 import TASK_OVER, Mode, Sensitivity, Task, TaskKind, TaskState
from wangge_escalation import boards, outcomes
from wangge_escalation.almanac import Almanac
from wangge_escalation.clocks import Clock, Moved, Said, but
from wangge_escalation.moving import (
    ask_to_sign,
    begin,
    end,
    extend,
    go_on,
    hand_over,
    pause,
    resume,
    sign,
)
from wangge_escalation.rounds import relieve
from wangge_escalation.seeing import Seen

THERE = TASK_OVER | {"working"}
"""When no time of called forces runs: their limit is for being there (到场), so it ends when they are."""


@dataclass(frozen=True, slots=True)
class Rule:
    """What it means that a clock and the snapshot of its task differ in one respect."""

    name: str
    """Also of the cause that the ids of its facts follow from."""
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
    lives = state not in (THERE if kind == "attend" else TASK_OVER)
    seen = Seen(task, others, almanac, now, patience, lives)
    clock = _described(clock or _blank(seen), task)
    said: tuple[Said, ...] = ()
    for rule in RULES:
        if rule.when(clock, seen):
            clock, more = rule.then(clock, replace(seen, rule=rule.name))
            said += more
    return but(clock, task_revision=task.revision, task_round=task.round), said


def _pausing(seen: Seen) -> datetime | None:
    """Until when the task is suspended; a request that waits meanwhile (`pending`) changes nothing."""
    return seen.task.suspended_until if seen.task.state in ("suspended", "pending") else None


def _again(clock: Clock, seen: Seen) -> bool:
    return clock.round > 0 and seen.task.round > clock.task_round


def _ended_earlier(clock: Clock, seen: Seen) -> bool:
    """Whether the router tells that a desk had decided before the ladder dispatched by itself."""
    until = clock.lap[-1].ended_at
    return clock.kind == "dispatch" and not seen.lives and until is not None and seen.at(clock) < until


def lay_outages(clock: Clock, seen: Seen) -> Moved:
    """Lay the declared outages on the round."""
    return relieve(clock, seen.almanac.outages, scene=seen.scene(clock.limit))


RULES: tuple[Rule, ...] = (
    # What was declared already, laid on this clock or not yet: a new round hides the one before.
    Rule("relieved", lambda clock, seen: clock.round > 0 and bool(seen.almanac.outages), lay_outages),
    # A round of its own, with the whole limit: first the beginnings, the most particular first.
    Rule("assigned", lambda clock, _: clock.round == 0, begin("assigned")),
    Rule(
        "reopened",
        lambda clock, seen: _again(clock, seen) and seen.lives and seen.task.change == "reopened",
        begin("reopened"),
    ),
    Rule("rework", lambda clock, seen: _again(clock, seen) and seen.lives, begin("rework")),
    Rule(
        "stage",
        lambda clock, seen: seen.lives and clock.runs and seen.task.stage != clock.stage,
        begin("stage"),
    ),
    # A return that was refused (推诿): the unit's time goes on since it returned the task.
    Rule(
        "shuffling",
        lambda clock, seen: seen.lives and not clock.runs and seen.task.change == "request-refused",
        go_on,
    ),
    Rule("assigned-again", lambda clock, seen: seen.lives and not clock.runs, begin("assigned")),
    # Within the round.
    Rule("listed", boards.moved, boards.relist),
    Rule("led-to", lambda clock, seen: bool(outcomes.led_to(clock, seen)), outcomes.remember),
    Rule("ended", lambda clock, seen: clock.runs and not seen.lives, end),
    Rule("forestalled", _ended_earlier, end),
    Rule("forwarded", lambda clock, seen: clock.runs and seen.task.holder != clock.holder, hand_over),
    Rule("extended", lambda clock, seen: clock.runs and seen.limit != clock.limit, extend),
    Rule(
        "suspended",
        lambda clock, seen: clock.runs and _pausing(seen) not in (None, clock.suspended_until),
        pause,
    ),
    Rule(
        "resumed",
        lambda clock, seen: clock.runs and clock.suspended_until is not None and _pausing(seen) is None,
        resume,
    ),
    Rule(
        "to-sign",
        lambda clock, seen: (
            clock.runs and seen.task.state == "assigned" and seen.task.acknowledge_by != clock.acknowledge_by
        ),
        ask_to_sign,
    ),
    Rule(
        "signed",
        lambda clock, seen: clock.runs and not clock.acknowledged and seen.task.state != "assigned",
        sign,
    ),
    # An older word for relieved: ids of facts that were told follow from it.
    Rule(
        "excused",
        lambda _, seen: bool(seen.almanac.outages),
        lay_outages,
    ),
)


def _described(clock: Clock, task: Task) -> Clock:
    street = task.place.street
    return but(
        clock,
        mode=known(Mode, task.mode),
        sensitivity=known(Sensitivity, task.sensitivity),
        desk=task.desk,
        district=task.district,
        street=street.code if street else None,
    )


def _blank(seen: Seen) -> Clock:
    task = seen.task
    return Clock(
        clock_id=derive_id(task.task_id, "clock"),
        task_id=task.task_id,
        incident_id=task.incident_id,
        case_number=task.case_number,
        kind=known(TaskKind, task.kind),
        mode=known(Mode, task.mode),
        sensitivity=known(Sensitivity, task.sensitivity),
        limit=seen.limit,
        task_round=task.round,
    )
