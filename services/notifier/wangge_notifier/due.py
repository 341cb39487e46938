"""Until when a task is to be done, counted as the escalation room counts it, which may be later. Pure."""

from datetime import datetime

from wangge_contracts.calendars import UnknownCalendar
from wangge_contracts.counting import begun, used_up
from wangge_contracts.message import known
from wangge_contracts.reckoning import Hours
from wangge_contracts.v1 import ClockKind, Task
from wangge_contracts.worktime import BeyondCalendar


def unbroken(task: Task, before: datetime | None) -> datetime | None:
    """
    Return since when the limit of *task* runs with no suspension (缓办) between; None where there was one.

    :param before: what this was by the fact before; None as well where nobody knows. Of a suspension that is
        over a task says nothing more, but that a fact begins its round, it says.
    """
    known_whole = before == task.assigned_at or task.effective_at == task.assigned_at
    return task.assigned_at if known_whole and task.suspended_until is None else None


def due(task: Task, hours: Hours, *, since: datetime | None, now: datetime) -> datetime | None:
    """
    Return when the limit of *task* is used up (UTC): its clock's deadline, by what is declared so far.

    :param since: as `unbroken` has it. None where nothing is told: without it; where it is past *now*, which
        rungs tell; and where no calendar here counts so far.
    """
    if since is None:
        return None
    limit = task.limit.model_copy(update={"clock_kind": known(ClockKind, task.limit.clock_kind)})
    try:
        segments = hours.relieved(begun(task.holder, since), limit)
        found = used_up(segments, limit, hours.worktime(limit))
    except (UnknownCalendar, BeyondCalendar, OverflowError):
        return None
    return found if found > now else None
