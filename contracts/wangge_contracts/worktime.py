"""When a limit is used up, and how much of it already is. No clock: every instant is given.

A calendar is laid out once as a line of openings with the working time before each. Every question is then a
search in a sorted list, whatever lies between: nights, lunch, holidays, a change to summer time.

Instants go in aware, in any zone, and come out in UTC, in whole milliseconds, as house time is.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Iterable
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from typing import Any
from zoneinfo import ZoneInfo

from wangge_contracts.calendars import Calendar, Calendars, UnknownCalendar
from wangge_contracts.v1 import ClockKind, Limit

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MS = timedelta(milliseconds=1)
_HOUR = 3_600_000
_YEARS_BEYOND = 5
"""How far the weekly hours are laid out past the calendar's last year; those years count as unannounced."""


class BeyondCalendar(ValueError):
    """The instant, or the deadline, lies outside the years that the calendar covers."""


class Worktime:
    """
    A calendar, laid out. Built once per calendar version and kept: it takes some tens of milliseconds.

    Shared freely: nothing in it changes.
    """

    __slots__ = (
        "_before",
        "_begins",
        "_closes",
        "_day_of",
        "_days",
        "_ends",
        "_opens",
        "calendar",
        "zone",
    )

    def __init__(self, calendar: Calendar) -> None:
        self.calendar = calendar
        self.zone = ZoneInfo(calendar.time_zone)
        self._opens: list[int] = []
        self._closes: list[int] = []
        self._before: list[int] = []
        self._days: list[date] = []
        self._day_of: list[int] = []
        self._lay_out()

    def _lay_out(self) -> None:
        worked = 0
        day, end = (
            date(self.calendar.first_year, 1, 1),
            date(self.calendar.last_year + _YEARS_BEYOND + 1, 1, 1),
        )
        self._begins, self._ends = self._instant(day, time()), self._instant(end, time())
        while day < end:
            if self.calendar.works(day):
                for opening in self.calendar.hours:
                    # A wall time that is skipped is an hour later, and may so lie behind one that is not.
                    opens = max(self._instant(day, opening.since), self._closes[-1] if self._closes else 0)
                    closes = max(self._instant(day, opening.until), opens)
                    self._opens.append(opens)
                    self._closes.append(closes)
                    self._before.append(worked)
                    self._day_of.append(len(self._days))
                    worked += closes - opens
                self._days.append(day)
            day += timedelta(days=1)

    def _instant(self, day: date, wall: time) -> int:
        return _ms(datetime.combine(day, wall, self.zone))

    def _last_opening(self, at: int) -> int:
        if not self._begins <= at < self._ends:
            raise BeyondCalendar(f"calendar {self.calendar.name} does not cover {_instant(at).isoformat()}")
        return bisect_right(self._opens, at) - 1

    def worked(self, at: int) -> int:
        """Working milliseconds from the beginning of the calendar to *at*, in epoch milliseconds."""
        index = self._last_opening(at)
        if index < 0:
            return 0
        return self._before[index] + min(at, self._closes[index]) - self._opens[index]

    def reached(self, worked: int) -> int:
        """The first instant, in epoch milliseconds, at which *worked* milliseconds have been worked."""
        index = bisect_left(self._before, worked) - 1
        if index < 0:
            return self._opens[0]
        at = self._opens[index] + worked - self._before[index]
        if at > self._closes[index]:
            raise BeyondCalendar(f"calendar {self.calendar.name} ends before this limit does")
        return at

    def opening(self, at: int) -> tuple[int, int]:
        """*at* if it is working time, else the next opening; and the number of that working day."""
        index = self._last_opening(at)
        if index >= 0 and at < self._closes[index]:
            return at, self._day_of[index]
        if index + 1 == len(self._opens):
            raise BeyondCalendar(f"calendar {self.calendar.name} ends before work begins again")
        return self._opens[index + 1], self._day_of[index + 1]

    def same_time(self, at: int, working_days: int) -> int:
        """The same wall time *working_days* working days after *at*, or after the next opening."""
        opening, number = self.opening(at)
        if number + working_days >= len(self._days):
            raise BeyondCalendar(f"calendar {self.calendar.name} ends before this limit does")
        wall = _instant(opening).astimezone(self.zone).time()
        return self._instant(self._days[number + working_days], wall)

    def unannounced(self, year: int) -> bool:
        """Whether the make-up days of *year* are not known."""
        return not self.calendar.knows(year)


class Worktimes:
    """Every calendar that was ever published, for a limit that runs is counted by the one it started with."""

    def __init__(self, published: Iterable[Any] = ()) -> None:
        """Read parts `calendars`. Raises ValueError, with pydantic's account, for one of no use."""
        self._calendars = {
            (calendar.name, calendar.version): calendar
            for part in published
            for calendar in Calendars.model_validate(part).calendars
        }
        self._laid_out: dict[tuple[str, str], Worktime] = {}
        """Those that were asked for: to look one up by all it holds takes longer than to count with it."""

    def of(self, limit: Limit) -> Worktime:
        """The calendar that *limit* is counted by; raises `UnknownCalendar` when it was never published."""
        named = name, version = limit.calendar, limit.calendar_version
        if named not in self._laid_out:
            if named not in self._calendars:
                raise UnknownCalendar(f"calendar {name} in version {version} was never published")
            self._laid_out[named] = _laid_out(self._calendars[named])
        return self._laid_out[named]


@lru_cache(maxsize=32)
def _laid_out(calendar: Calendar) -> Worktime:
    return Worktime(calendar)


def deadline(start: datetime, limit: Limit, worktime: Worktime) -> datetime:
    """
    The instant at which *limit*, running since *start*, is used up; UTC.

    `urgent-hours` run around the clock; `natural-days` end at the same wall time, whatever summer time does
    between; `working-hours` run in working time only and end at the first instant that fulfils them (two
    hours from 10:00 end at 12:00, not after lunch); `working-days` as the calendar says (`WorkingDayRule`).
    Raises `ValueError` for a start without a zone, `BeyondCalendar` when the calendar does not reach so far.
    """
    at = _ms(start)
    match limit.clock_kind:
        case "urgent-hours":
            return _instant(at + round(limit.value * _HOUR))
        case "natural-days":
            return _instant(_natural_days(at, limit.value, worktime.zone))
        case "working-hours":
            return _instant(worktime.reached(worktime.worked(at) + round(limit.value * _HOUR)))
        case "working-days":
            return _instant(_working_days(at, limit.value, worktime))


def elapsed(start: datetime, end: datetime, clock_kind: ClockKind, worktime: Worktime) -> timedelta:
    """
    How much of a limit of *clock_kind* went by between the two instants; nothing when *end* is the earlier.

    Working kinds count working time, the others real time.
    """
    since, until = _ms(start), _ms(end)
    if until <= since:
        return timedelta()
    if in_working_time(clock_kind):
        return (worktime.worked(until) - worktime.worked(since)) * _MS
    return (until - since) * _MS


def later(start: datetime, span: timedelta, clock_kind: ClockKind, worktime: Worktime) -> datetime:
    """
    The first instant at which *span* of *clock_kind* has gone by since *start*: what `elapsed` counts back.

    Errors as for `deadline`.
    """
    at, ms = _ms(start), span // _MS
    return _instant(worktime.reached(worktime.worked(at) + ms) if in_working_time(clock_kind) else at + ms)


def unsure(start: datetime, end: datetime, worktime: Worktime) -> bool:
    """Whether the calendar between the two instants touches a year whose make-up days are not announced."""
    first, last = start.astimezone(worktime.zone).year, end.astimezone(worktime.zone).year
    return any(worktime.unannounced(year) for year in range(first, last + 1))


def in_working_time(clock_kind: str) -> bool:
    """Whether limits of that kind run in working time only; others no calendar moves."""
    return clock_kind in ("working-hours", "working-days")


def _working_days(at: int, days: float, worktime: Worktime) -> int:
    per_day = round(worktime.calendar.hours_per_day * _HOUR)
    if worktime.calendar.working_day == "hours":
        return worktime.reached(worktime.worked(at) + round(days * per_day))
    whole = int(days)
    due = worktime.same_time(at, whole)
    if days == whole:
        return due
    return worktime.reached(worktime.worked(due) + round((days - whole) * per_day))


def _natural_days(at: int, days: float, zone: ZoneInfo) -> int:
    whole = int(days)
    if whole:  # of a part of a day no wall time is asked: in autumn that of the start may come twice
        wall = _instant(at).astimezone(zone).replace(tzinfo=None) + timedelta(days=whole)
        # What summer time skips is read as if the clocks had not moved: an hour later on the wall.
        at = _ms(wall.replace(tzinfo=zone))
    return at + round((days - whole) * 24 * _HOUR)


def _ms(instant: datetime) -> int:
    if instant.tzinfo is None:
        raise ValueError(f"an instant without a zone: {instant.isoformat()}")
    return (instant - _EPOCH) // _MS


def _instant(ms: int) -> datetime:
    return _EPOCH + ms * _MS
