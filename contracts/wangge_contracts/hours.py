"""Hours of the week, by the district's clocks: of duty, of quiet, of a rule."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import date, datetime, timedelta
from typing import Annotated, Any, Literal, Self, get_args

from pydantic import BaseModel, ConfigDict, Field, model_validator

from wangge_contracts.calendars import WEEKDAYS, Calendars, Weekday

_DAY = 24 * 60
_WEEK = 7 * _DAY
DayKind = Literal["working", "off"]
"""
Days by the district's calendar: `working` ones with make-up days (调休上班日), `off` ones with holidays on
weekdays (法定节假日).
"""
Works = Callable[[date], bool]
"""Says whether people work on a day."""
_KINDS: frozenset[str] = frozenset(get_args(DayKind))


def by_the_week(day: date) -> bool:
    """Whether people work on *day*, where no calendar says so: from Monday to Friday."""
    return day.weekday() < 5


def working_days(parts: Mapping[str, Any]) -> Works:
    """
    Return what tells working days in a bundle of these *parts*: the `calendar` that its `district` names.

    Of a bundle without it, and of years behind the calendar's last one, the week alone tells. Raises
    ValueError for a part `calendars` of no use.
    """
    name, written = parts.get("district", {}).get("calendar"), parts.get("calendars")
    known = Calendars.model_validate(written).calendars if written else ()
    return next((each.works for each in known if each.name == name), by_the_week)


class Window(BaseModel):
    """A span of the day on some days of the week, by the district's clocks."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    days: tuple[Weekday | DayKind, ...] = ()
    """The days on which it begins; none named: every day. A weekday is one whatever the calendar says."""
    hours: Annotated[str, Field(pattern=r"^([01]\d|2[0-3]):[0-5]\d-(([01]\d|2[0-3]):[0-5]\d|24:00)$")] = (
        "00:00-24:00"
    )
    """`18:00-08:00` ends on the next day; the end itself is outside."""

    @model_validator(mode="after")
    def _lasts(self) -> Self:
        begin, _, end = self.hours.partition("-")
        if begin == end:
            raise ValueError(f"hours {self.hours} are no time at all; a whole day is 00:00-24:00")
        return self

    @property
    def span(self) -> tuple[int, int]:
        """When it begins and ends, in minutes since midnight; the end may lie on the next day."""
        begin, end = (int(time[:2]) * 60 + int(time[3:]) for time in self.hours.split("-"))
        return begin, end if end > begin else end + _DAY

    def ends(self, local: datetime, works: Works = by_the_week) -> datetime | None:
        """Return when the span ends in which *local*, a wall time, lies; None when it lies in none."""
        begin, end = (timedelta(minutes=minutes) for minutes in self.span)
        today = local.replace(hour=0, minute=0, second=0, microsecond=0)
        for midnight in (today, today - timedelta(days=1)):
            if midnight + begin <= local < midnight + end and self._begins_on(midnight.date(), works):
                return midnight + end
        return None

    def _begins_on(self, day: date, works: Works) -> bool:
        if not self.days or WEEKDAYS[day.weekday()] in self.days:
            return True
        return self._asks_the_calendar and ("working" if works(day) else "off") in self.days

    @property
    def _asks_the_calendar(self) -> bool:
        return not _KINDS.isdisjoint(self.days)

    def weekdays(self, *, at_most: bool) -> Sequence[Weekday]:
        """Return the weekdays on which it always begins; or, *at_most*, those on which it ever may."""
        if not self.days or _KINDS.issubset(self.days) or (at_most and self._asks_the_calendar):
            return WEEKDAYS
        return [day for day in WEEKDAYS if day in self.days]


def week(windows: Sequence[Window], *, at_most: bool = False) -> bytes:
    """
    Return each minute of the week from Monday, midnight: 1 inside of one of *windows*, else 0.

    Whatever the calendar says; or, *at_most*, if it says what it must for that.
    """
    minutes = bytearray(_WEEK)
    for window in windows:
        begin, end = window.span
        for day in window.weekdays(at_most=at_most):
            start = WEEKDAYS.index(day) * _DAY
            for minute in range(start + begin, start + end):
                minutes[minute % _WEEK] = 1
    return bytes(minutes)


def end_of(windows: Iterable[Window], local: datetime, works: Works = by_the_week) -> datetime | None:
    """
    Return when it is over with *windows*, in one of which *local* lies; None when it lies in none.

    Spans that join are one. Windows without a gap in the week never end: then it is a week later.
    """
    latest = local + timedelta(days=7)
    until: datetime | None = None
    at, left = local, list(windows)
    while until is None or until < latest:
        ends = max((end for window in left if (end := window.ends(at, works)) is not None), default=None)
        if ends is None:
            return until
        at = until = ends
    return latest
