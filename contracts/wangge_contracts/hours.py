"""Hours of the week, by the district's clocks: of duty, of quiet, of a rule."""

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import Annotated, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from wangge_contracts.calendars import WEEKDAYS, Weekday

_DAY = 24 * 60
_WEEK = 7 * _DAY


class Window(BaseModel):
    """A span of the day on some days of the week, by the district's clocks."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    days: tuple[Weekday, ...] = ()
    """The days on which it begins; none named: every day."""
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
    def spans(self) -> tuple[tuple[int, int], ...]:
        """Its spans in minutes since Monday, midnight; an end may lie in the next week."""
        begin, end = (int(time[:2]) * 60 + int(time[3:]) for time in self.hours.split("-"))
        length = end - begin if end > begin else end - begin + _DAY
        starts = (WEEKDAYS.index(day) * _DAY + begin for day in self.days or WEEKDAYS)
        return tuple((start, start + length) for start in starts)

    def ends(self, local: datetime) -> datetime | None:
        """Return when the span ends in which *local*, a wall time, lies; None when it lies in none."""
        minute = minute_of_week(local)
        for begin, end in self.spans:
            inside = (minute - begin) % _WEEK
            if inside < end - begin:
                whole = local.replace(second=0, microsecond=0)
                return whole + timedelta(minutes=end - begin - inside)
        return None


def minute_of_week(local: datetime) -> int:
    """Return the minutes since Monday, midnight, of a wall time."""
    return local.weekday() * _DAY + local.hour * 60 + local.minute


def week(windows: Sequence[Window]) -> bytes:
    """Return each minute of the week from Monday, midnight: 1 inside of one of *windows*, else 0."""
    minutes = bytearray(_WEEK)
    for begin, end in (span for window in windows for span in window.spans):
        for minute in range(begin, end):
            minutes[minute % _WEEK] = 1
    return bytes(minutes)


def end_of(windows: Iterable[Window], local: datetime) -> datetime | None:
    """
    Return when it is over with *windows*, in one of which *local* lies; None when it lies in none.

    Spans that join are one. Windows without a gap in the week never end: then it is a week later.
    """
    latest = local + timedelta(days=7)
    until: datetime | None = None
    at, left = local, list(windows)
    while until is None or until < latest:
        ends = max((end for window in left if (end := window.ends(at)) is not None), default=None)
        if ends is None:
            return until
        at = until = ends
    return latest
