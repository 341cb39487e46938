"""Which hours of which days count as working time, spelled out day by day so that anyone can recount."""

from datetime import date, time
from hashlib import blake2b
from itertools import pairwise
from typing import Annotated, Literal, Self
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, field_validator, model_validator

from wangge_contracts.naming import refuse_twice
from wangge_contracts.v1.words import Slug

Weekday = Literal["mon", "tue", "wed", "thu", "fri", "sat", "sun"]
WEEKDAYS: tuple[Weekday, ...] = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")


def _existing(name: str) -> str:
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:  # as a file it may be a folder, or too long
        raise ValueError(f"no such time zone: {name[:60]!r}; use a name such as Asia/Shanghai") from error
    return name


TimeZone = Annotated[str, AfterValidator(_existing)]
"""By its name in the database of time zones, as `Asia/Shanghai`."""

WorkingDayRule = Literal["hours", "same-time"]
"""
What one working day (工作日) means.

`hours`: as many working hours as `hours_per_day` says; two days from 16:00 end when sixteen working hours are
used up. The one system of GB/T 30428 whose specification could be read counts so, with eight hours.
`same-time`: the same wall time on the n-th working day after the start, as Boston counts; a start outside
working hours is the next opening.
"""


class UnknownCalendar(LookupError):
    """A limit names a calendar, or a version of one, that the reference data do not hold."""


class Opening(BaseModel):
    """One stretch of working time in a day, by local wall time; *until* is not part of it."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    since: time
    until: time

    @model_validator(mode="after")
    def _runs_forward(self) -> Self:
        if self.since.tzinfo or self.until.tzinfo:
            raise ValueError("opening hours are local wall time: write them without a zone")
        if self.since >= self.until:
            raise ValueError(f"opening hours must end after they begin: {self.since} to {self.until}")
        return self


class Calendar(BaseModel):
    """
    The working time of one city: weekly hours, and every date that departs from the week.

    *closed* are weekdays that are off (法定节假日); *opened* are days off that are worked (调休上班日).
    *unannounced* are years whose make-up days are not published yet: what is computed in them, or beyond
    *last_year*, is the best guess and is flagged (see `worktime.unsure`).
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: Slug
    version: str = ""
    time_zone: TimeZone
    weekdays: Annotated[tuple[Weekday, ...], Field(min_length=1)] = ("mon", "tue", "wed", "thu", "fri")
    hours: Annotated[tuple[Opening, ...], Field(min_length=1)]
    working_day: WorkingDayRule = "hours"
    hours_per_day: Annotated[float, Field(gt=0, le=24)] = 8
    first_year: Annotated[int, Field(ge=1990, le=2100)]
    last_year: Annotated[int, Field(ge=1990, le=2100)]
    closed: tuple[date, ...] = ()
    opened: tuple[date, ...] = ()
    unannounced: tuple[int, ...] = ()

    @field_validator("hours")
    @classmethod
    def _hours_do_not_overlap(cls, hours: tuple[Opening, ...]) -> tuple[Opening, ...]:
        for earlier, later in pairwise(hours):
            if later.since < earlier.until:
                raise ValueError(f"opening hours overlap or are out of order at {later.since}")
        return hours

    @model_validator(mode="after")
    def _days_agree(self) -> Self:
        if self.first_year > self.last_year:
            raise ValueError("first_year lies after last_year")
        both = sorted(set(self.closed) & set(self.opened))
        if both:
            raise ValueError(f"{both[0]} is named both as closed and as opened")
        return self

    def works(self, day: date) -> bool:
        """Whether people work on *day*."""
        return day in self.opened or (WEEKDAYS[day.weekday()] in self.weekdays and day not in self.closed)

    def knows(self, year: int) -> bool:
        """Whether all holidays and make-up days of *year* are told; else what is counted in it is a guess."""
        return year <= self.last_year and year not in self.unannounced

    def versioned(self) -> Self:
        """The same calendar, its version derived from its content: an edited day makes another version."""
        content = self.model_dump_json(exclude={"version"})
        return self.model_copy(update={"version": blake2b(content.encode(), digest_size=6).hexdigest()})


class Calendars(BaseModel):
    """All calendars of one bundle; the content of the part `calendars`."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    calendars: Annotated[tuple[Calendar, ...], Field(min_length=1)]

    @model_validator(mode="after")
    def _names_are_unique(self) -> Self:
        refuse_twice("calendar", (calendar.name for calendar in self.calendars))
        return self
