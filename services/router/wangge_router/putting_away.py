"""A long incident stays quick: its case keeps few tasks that are over; others lie in rows of their own."""

from collections.abc import Iterable, Sequence

from wangge_router.case import Case, Held, Past
from wangge_router.turns import WORK

MOST_OVER = 2
"""
How many tasks that are over a case keeps whole; more are put away, the oldest first.

An act in an incident of 200 tasks costs 1.7 times one in a small incident; with 4 kept it was 3.6 times, with
12 eight (`make bench ARGS=acts`).
"""
WAITED_FOR = ("handle", "check", "attend")
"""The kinds of task that the closing of an incident waits for."""


def put_away(case: Case) -> tuple[Case, tuple[Held, ...]]:
    """
    Return *case* without what it can do without, and that.

    It keeps what is open and what that is about, who stands in for whom, who handled last, and what was
    dispatched by itself.
    """
    open_tasks = [held.task for held in case.held if held.open]
    if len(case.held) - len(open_tasks) <= MOST_OVER:
        return case, ()
    needed = {task_id for task in open_tasks for task_id in (task.concerns, task.successor)}
    # What a return that may still be refused has ended, and its refusal would bring back.
    returned = (held.watched for held in case.held if held.task.task_id in needed and held.watched)
    needed |= {reply.task_id for watched in returned for reply in watched.replies}
    lead = next((held for held in reversed(case.held) if held.task.kind == "handle"), None)
    over = [
        held
        for held in case.held
        if not (held.open or held is lead or held.task.task_id in needed or held.asked or held.given)
    ]
    if len(over) <= MOST_OVER:
        return case, ()
    away = over[:-MOST_OVER]
    gone = {held.task.task_id for held in away}
    kept = tuple(held for held in case.held if held.task.task_id not in gone)
    return case.model_copy(update={"held": kept, "past": _past(case.past, away)}), tuple(away)


def brought_back(case: Case, away: Sequence[Held]) -> Case:
    """Return *case* with tasks that were put away and are spoken of again; what came back before is newer."""
    there = {held.task.task_id for held in case.held}
    back = tuple(held for held in away if held.task.task_id not in there)
    return case.model_copy(update={"held": (*back, *case.held)}) if back else case


def _past(before: Past | None, away: Sequence[Held]) -> Past:
    """Return what is remembered of *away* besides what was before; what comes back stays remembered."""
    past = before or Past(tasks=0)
    work = [held for held in away if held.task.kind in WORK]
    others = [held for held in away if held.task.kind not in WORK]
    decided = [held for held in others if held.task.kind == "dispatch" and held.task.state == "done"]
    ends = [held.task.effective_at for held in away if held.task.kind in WAITED_FOR]
    return Past(
        tasks=past.tasks + len(away),
        workers=_joined(past.workers, (hand for held in work for hand in held.hands)),
        hands=_joined(past.hands, (hand for held in others for hand in held.hands)),
        holders=_joined(past.holders, (held.task.holder for held in (*work, *decided))),
        units=_joined(past.units, (held.task.holder for held in work if held.hands)),
        called=_joined(past.called, (held.task.holder for held in others if held.task.kind == "attend")),
        until=max((*ends, *([past.until] if past.until else [])), default=None),
    )


def _joined(before: tuple[str, ...], more: Iterable[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys((*before, *more)))
