"""Working time over year ends and changed clocks, against going from opening to opening by the wall."""

from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta
from functools import cache

import pytest
from hypothesis import example, given, settings, strategies as st

from tests.unit.contracts.wall import OFFICE, limit
from wangge_contracts.calendars import Calendar, WorkingDayRule
from wangge_contracts.counting import begun, count, suspended, used_up
from wangge_contracts.worktime import Worktime, deadline, elapsed

DAY, MINUTE = timedelta(days=1), timedelta(minutes=1)


@cache
def city(time_zone: str, rule: WorkingDayRule) -> Worktime:
    """New Year and Spring Festival of 2027 are off, two Saturdays are made up for, and 2028 leaps."""
    return Worktime(
        Calendar(
            name="city",
            time_zone=time_zone,
            hours=OFFICE,
            working_day=rule,
            first_year=2026,
            last_year=2028,
            closed=(date(2027, 1, 1), *(date(2027, 2, day) for day in (5, 8, 9, 10, 11, 12))),
            opened=(date(2027, 1, 3), date(2027, 2, 20)),
        )
    )


CITIES = pytest.mark.parametrize(
    "worktime",
    [
        city("Asia/Shanghai", "hours"),
        city("America/New_York", "same-time"),
        city("Australia/Lord_Howe", "hours"),
        city("America/Santiago", "same-time"),
    ],
    ids=lambda worktime: f"{worktime.zone.key}, {worktime.calendar.working_day}",
)
AROUND = st.sampled_from(
    [date(2027, 1, 1), date(2027, 2, 8), date(2028, 1, 1), date(2028, 2, 29)]
    + [date(2027, month, 7) for month in (3, 4, 9, 10, 11)]
)
STARTS = st.tuples(
    AROUND, st.integers(-9, 9), st.sampled_from([0, 480, 720, 840, 1080]), st.integers(-1, 400)
)
"""A day, days from it, a minute at which work begins or ends, or midnight, and seconds beside it."""


def instant(start: tuple[date, int, int, int], worktime: Worktime) -> datetime:
    day, days, minutes, seconds = start
    wall = datetime.combine(day + days * DAY, time(minutes // 60, minutes % 60), worktime.zone)
    return wall.astimezone(UTC) + timedelta(seconds=seconds)


def openings(since: datetime, worktime: Worktime) -> Iterator[tuple[datetime, datetime]]:
    """Every stretch of work after *since*, one after the other; UTC."""
    day = since.astimezone(worktime.zone).date()
    while True:
        for hours in worktime.calendar.hours if worktime.calendar.works(day) else ():
            opens, closes = (
                datetime.combine(day, wall, worktime.zone).astimezone(UTC)
                for wall in (hours.since, hours.until)
            )
            if closes > since:
                yield max(opens, since), closes
        day += DAY


def walked(since: datetime, until: datetime, worktime: Worktime) -> timedelta:
    found = timedelta()
    for opens, closes in openings(since, worktime):
        if opens >= until:
            return found
        found += min(closes, until) - opens
    raise AssertionError("openings go on for ever")


def reached(since: datetime, left: timedelta, worktime: Worktime) -> datetime:
    for opens, closes in openings(since, worktime):
        if closes - opens >= left:
            return opens + left
        left -= closes - opens
    raise AssertionError("openings go on for ever")


def same_time(since: datetime, days: int, worktime: Worktime) -> datetime:
    opens = next(openings(since, worktime))[0].astimezone(worktime.zone)
    day = opens.date()
    while days:
        day += DAY
        days -= worktime.calendar.works(day)
    return datetime.combine(day, opens.time(), worktime.zone).astimezone(UTC)


@CITIES
@settings(max_examples=30)
@given(start=STARTS, span=st.integers(0, 30 * 24 * 60))
def test_working_time_is_what_lies_between_opening_and_close(
    worktime: Worktime, start: tuple[date, int, int, int], span: int
) -> None:
    since = instant(start, worktime)
    until = since + span * MINUTE

    assert elapsed(since, until, "working-hours", worktime) == walked(since, until, worktime)


@CITIES
@settings(max_examples=30)
@given(start=STARTS, value=st.integers(1, 25))
@example(start=(date(2027, 1, 1), -1, 1080, 0), value=1)  # from the close of New Year's Eve
@example(start=(date(2028, 2, 29), 0, 1080, -1), value=1)
def test_a_deadline_is_where_the_walk_ends(
    worktime: Worktime, start: tuple[date, int, int, int], value: int
) -> None:
    since = instant(start, worktime)
    hours = timedelta(hours=value)
    by_hours = worktime.calendar.working_day == "hours"
    days = reached(since, 8 * hours, worktime) if by_hours else same_time(since, value, worktime)

    assert deadline(since, limit(value, "working-hours"), worktime) == reached(since, hours, worktime)
    assert deadline(since, limit(value, "working-days"), worktime) == days


@CITIES
@settings(max_examples=30)
@given(start=STARTS, value=st.integers(1, 60), before=st.integers(0, 9999), length=st.integers(1, 30_000))
def test_a_suspension_over_holidays_leaves_what_was_left(
    worktime: Worktime, start: tuple[date, int, int, int], value: int, before: int, length: int
) -> None:
    since = instant(start, worktime)
    stops, goes_on = since + before * MINUTE, since + (before + length) * MINUTE
    segments, whole = suspended(begun("desk:1", since), stops, goes_on), timedelta(hours=value)
    left = whole - walked(since, stops, worktime)

    due = used_up(segments, limit(value, "working-hours"), worktime)

    later = reached(goes_on, left, worktime) if left > timedelta() else reached(since, whole, worktime)
    assert due == later
    assert count(segments, limit(value, "working-hours"), worktime, at=due).elapsed == whole
