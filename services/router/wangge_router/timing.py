"""When a task is due, and how far a desk may put that off: counted as the escalation room counts it."""

from datetime import datetime, timedelta
from math import ceil

from wangge_contracts.calendars import UnknownCalendar
from wangge_contracts.counting import Segments, begun, count, used_up
from wangge_contracts.message import LATEST
from wangge_contracts.v1 import Holder, Limit, TaskKind, Urgency
from wangge_contracts.worktime import BeyondCalendar, Worktime, deadline
from wangge_router.case import Held
from wangge_router.directory import Directory

_HOUR = timedelta(hours=1)
_HUNDREDTHS = 100
"""A limit is granted in hundredths of its hours or days, rounded up."""


def due(held: Held, directory: Directory) -> datetime:
    """The instant (UTC) at which the task's limit is used up; raises `UnknownCalendar`."""
    limit = held.task.limit
    return used_up(_segments(held, directory), limit, directory.hours.worktime(limit))


def countable(limit: Limit, at: datetime, directory: Directory) -> bool:
    """Whether *limit*, running since *at* (UTC), ends by a calendar that is here, and in time to be told."""
    try:
        return deadline(at, limit, directory.hours.worktime(limit)) < LATEST
    except (UnknownCalendar, BeyondCalendar, OverflowError):
        return False


def latest_extension(held: Held, directory: Directory) -> datetime:
    """The instant to which an extension may put the deadline off: one original limit more."""
    limit, original = held.task.limit, held.original or held.task.limit
    longest = limit.model_copy(update={"value": limit.value + original.value})
    return used_up(_segments(held, directory), longest, directory.hours.worktime(limit))


def grantable(held: Held, directory: Directory) -> tuple[datetime, datetime] | None:
    """
    After which instant, and until which at most, may lie what a desk grants of what the task asks for.

    None where that has no bounds: nothing is asked, or no time.
    """
    asked = held.asked
    if asked is not None and asked.act == "request-extension":
        return due(held, directory), latest_extension(held, directory)
    if asked is not None and asked.act == "request-suspension":
        return asked.at, asked.at + directory.terms.longest_suspension
    return None


def extended(held: Held, until: datetime, directory: Directory) -> Limit:
    """The task's limit, grown to be due at *until* or a little later, by its original value at most."""
    limit, original = held.task.limit, held.original or held.task.limit
    worktime, segments = directory.hours.worktime(limit), _segments(held, directory)
    over = -count(segments, limit, worktime, at=until).remaining
    more, most = over / _unit(limit, worktime) * _HUNDREDTHS, round(original.value * _HUNDREDTHS)

    def grown(hundredths: int) -> Limit:
        return limit.model_copy(update={"value": round(limit.value + hundredths / _HUNDREDTHS, 2)})

    hundredths = min(ceil(round(more, 6)), most)
    # What is over when work stops is over before a night or a holiday; and a natural day may be of 23 hours.
    while hundredths < most and used_up(segments, grown(hundredths), worktime) < until:
        hundredths += 1
    return grown(hundredths)


def acknowledge_by(
    kind: TaskKind, holder: Holder, urgency: Urgency, at: datetime, directory: Directory
) -> datetime | None:
    """
    When *holder* has to sign for such a task, given *at* (UTC) (签收); None where nothing says so.

    Who is reached by telephone only cannot sign: its desk writes down whom it spoke to.
    """
    if directory.reach(holder) == "contact-only":
        return None
    limit = directory.signing(kind, urgency)
    return deadline(at, limit, directory.hours.worktime(limit)) if limit else None


def _segments(held: Held, directory: Directory) -> Segments:
    """How the round counts, outages that were declared left out."""
    segments = held.segments or begun(held.task.holder, held.task.assigned_at)
    return directory.hours.relieved(segments, held.task.limit)


def _unit(limit: Limit, worktime: Worktime) -> timedelta:
    match limit.clock_kind:
        case "natural-days":
            return 24 * _HOUR
        case "working-days":
            return worktime.calendar.hours_per_day * _HOUR
        case _:
            return _HOUR
