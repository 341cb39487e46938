"""Deadlines as a person with a calendar on the wall would count them."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, strategies as st

from tests.unit.contracts.wall import DONGCHENG, beijing, city_hall, limit
from wangge_contracts.calendars import WEEKDAYS, Calendar, UnknownCalendar
from wangge_contracts.v1 import ClockKind
from wangge_contracts.worktime import (
    BeyondCalendar,
    Worktime,
    Worktimes,
    deadline,
    elapsed,
    unsure,
)

BOSTON = ZoneInfo("America/New_York")
CITY_HALL = city_hall(2015, date(2015, 1, 1))


def boston(month: int, day: int, hour: int, minute: int = 0) -> datetime:
    return datetime(2015, month, day, hour, minute, tzinfo=BOSTON)


FRIDAY_EVENING = beijing(11, 27, 17, 30)


@pytest.mark.parametrize(
    ("start", "value", "clock_kind", "due"),
    [
        pytest.param(FRIDAY_EVENING, 2, "urgent-hours", beijing(11, 27, 19, 30), id="through the evening"),
        pytest.param(beijing(11, 27, 17), 4, "working-hours", beijing(11, 30, 11), id="4h from Friday 17:00"),
        pytest.param(beijing(11, 27, 11), 4, "working-hours", beijing(11, 27, 17), id="4h over lunch"),
        pytest.param(beijing(11, 27, 10), 2, "working-hours", beijing(11, 27, 12), id="ends before lunch"),
        pytest.param(beijing(11, 28, 9), 4, "working-hours", beijing(11, 30, 12), id="4h from a Saturday"),
        pytest.param(beijing(11, 27, 12, 30), 1, "working-hours", beijing(11, 27, 15), id="from lunch"),
        pytest.param(beijing(11, 24, 9), 2, "working-days", beijing(11, 26, 9), id="2 days of 8 hours"),
        pytest.param(beijing(9, 30, 16), 2, "working-days", beijing(10, 9, 16), id="over National Day"),
        pytest.param(beijing(10, 9, 16), 2, "working-days", beijing(10, 12, 16), id="over a make-up day"),
        pytest.param(FRIDAY_EVENING, 3, "natural-days", beijing(11, 30, 17, 30), id="3 natural days"),
        pytest.param(FRIDAY_EVENING, 0.5, "natural-days", beijing(11, 28, 5, 30), id="half a natural day"),
        pytest.param(FRIDAY_EVENING, 0.5, "urgent-hours", beijing(11, 27, 18), id="half an urgent hour"),
    ],
)
def test_a_limit_ends_in_dongcheng(
    start: datetime, value: float, clock_kind: ClockKind, due: datetime
) -> None:
    assert deadline(start, limit(value, clock_kind), DONGCHENG) == due


@pytest.mark.parametrize(
    ("start", "value", "clock_kind", "due"),
    [
        pytest.param(boston(1, 1, 0, 25), 10, "working-days", boston(1, 16, 8, 30), id="from a holiday"),
        pytest.param(boston(3, 6, 21), 1, "working-days", boston(3, 10, 8, 30), id="a day from an evening"),
        pytest.param(boston(3, 6, 16), 1, "working-days", boston(3, 9, 16), id="same time over summer time"),
        pytest.param(boston(3, 6, 16), 1, "working-hours", boston(3, 6, 17), id="to the close"),
        pytest.param(boston(3, 6, 16), 2, "working-hours", boston(3, 9, 9, 30), id="over the weekend"),
        pytest.param(boston(3, 6, 12), 2.5, "working-days", boston(3, 10, 16, 15), id="half a working day"),
        pytest.param(boston(3, 7, 12), 1, "natural-days", boston(3, 8, 12), id="a day of 23 hours"),
        pytest.param(boston(3, 7, 2, 30), 1, "natural-days", boston(3, 8, 3, 30), id="a skipped wall time"),
        pytest.param(boston(3, 7, 12), 24, "urgent-hours", boston(3, 8, 13), id="24 hours are 24 hours"),
    ],
)
def test_a_limit_ends_in_boston(start: datetime, value: float, clock_kind: ClockKind, due: datetime) -> None:
    assert deadline(start, limit(value, clock_kind), CITY_HALL) == due


@pytest.mark.parametrize(
    ("start", "due"),
    [
        pytest.param(beijing(11, 27, 12, 30), beijing(11, 30, 14), id="from lunch to the next end of lunch"),
        pytest.param(beijing(11, 27, 12), beijing(11, 30, 14), id="from the stroke of noon"),
        pytest.param(beijing(11, 27, 14), beijing(11, 30, 14), id="from the end of lunch"),
        pytest.param(FRIDAY_EVENING, beijing(11, 30, 17, 30), id="from the afternoon"),
        pytest.param(beijing(11, 27, 18), beijing(12, 1, 8), id="from the evening"),
    ],
)
def test_a_day_of_same_time_goes_on_after_lunch(start: datetime, due: datetime) -> None:
    lunching = Worktime(DONGCHENG.calendar.model_copy(update={"working_day": "same-time"}))

    assert deadline(start, limit(1, "working-days"), lunching) == due


def test_a_deadline_is_told_in_utc() -> None:
    assert deadline(FRIDAY_EVENING, limit(1, "urgent-hours"), DONGCHENG).tzinfo is UTC


def test_time_off_is_not_used_up() -> None:
    used = elapsed(beijing(11, 27, 17), beijing(11, 30, 9), "working-hours", DONGCHENG)

    assert used == timedelta(hours=2)


def test_the_other_kinds_use_up_every_hour() -> None:
    used = elapsed(beijing(11, 27, 17), beijing(11, 28, 17), "natural-days", DONGCHENG)

    assert used == timedelta(days=1)


def test_an_end_before_the_start_used_nothing() -> None:
    assert elapsed(FRIDAY_EVENING, beijing(11, 1, 9), "urgent-hours", DONGCHENG) == timedelta()


def test_a_deadline_in_an_unannounced_year_is_flagged() -> None:
    start = beijing(12, 31, 9)

    assert unsure(start, deadline(start, limit(2, "working-days"), DONGCHENG), DONGCHENG)


def test_a_deadline_in_an_announced_year_is_not_flagged() -> None:
    assert not unsure(FRIDAY_EVENING, FRIDAY_EVENING + timedelta(days=2), DONGCHENG)


def test_of_years_after_the_calendars_last_nothing_is_announced() -> None:
    assert [CITY_HALL.unannounced(year) for year in (2015, 2016, 2017)] == [False, False, True]


def test_an_instant_without_a_zone_is_refused() -> None:
    with pytest.raises(ValueError, match="without a zone"):
        deadline(datetime(2026, 1, 5), limit(1, "urgent-hours"), DONGCHENG)  # noqa: DTZ001


@pytest.mark.parametrize("year", [2025, 2040])
def test_working_time_outside_the_calendar_is_refused_by_name(year: int) -> None:
    with pytest.raises(BeyondCalendar, match="calendar dongcheng does not cover"):
        deadline(datetime(year, 12, 1, tzinfo=UTC), limit(1, "working-hours"), DONGCHENG)


def test_a_limit_longer_than_the_calendar_is_refused_by_name() -> None:
    with pytest.raises(BeyondCalendar, match="calendar dongcheng ends"):
        deadline(FRIDAY_EVENING, limit(5000, "working-days"), DONGCHENG)


def test_a_limit_is_counted_by_the_calendar_of_the_version_that_it_names() -> None:
    calendars = [DONGCHENG.calendar.model_copy(update={"version": version}) for version in ("1", "2")]
    worktimes = Worktimes({"calendars": [each.model_dump(mode="json")]} for each in calendars)
    named = limit(1, "working-days").model_copy(update={"calendar": "dongcheng"})

    for version in ("1", "2"):
        told = named.model_copy(update={"calendar_version": version})
        assert worktimes.of(told).calendar.version == version
        assert worktimes.of(told) is worktimes.of(told)
    with pytest.raises(UnknownCalendar, match="dongcheng in version 3 was never published"):
        worktimes.of(named.model_copy(update={"calendar_version": "3"}))


def slow_elapsed(start: datetime, end: datetime, worktime: Worktime) -> timedelta:
    """Minute by minute, as one would without a calendar laid out."""
    calendar, minute, worked = worktime.calendar, timedelta(minutes=1), 0
    while start < end:
        local = start.astimezone(worktime.zone)
        if calendar.works(local.date()):
            worked += any(opening.since <= local.time() < opening.until for opening in calendar.hours)
        start += minute
    return worked * minute


minutes = st.integers(min_value=0, max_value=20 * 24 * 60)


@given(since=minutes, span=st.integers(min_value=0, max_value=10 * 24 * 60))
def test_working_time_agrees_with_counting_minutes(since: int, span: int) -> None:
    start = beijing(9, 25, 0) + timedelta(minutes=since)
    end = start + timedelta(minutes=span)

    assert elapsed(start, end, "working-hours", DONGCHENG) == slow_elapsed(start, end, DONGCHENG)


@given(since=minutes, value=st.integers(min_value=1, max_value=80), kind=st.sampled_from(["hours", "days"]))
def test_a_working_limit_is_used_up_exactly_at_its_deadline(since: int, value: int, kind: str) -> None:
    clock_kind: ClockKind = "working-hours" if kind == "hours" else "working-days"
    start = beijing(1, 1, 0) + timedelta(minutes=since)

    due = deadline(start, limit(value, clock_kind), DONGCHENG)

    allowed = timedelta(hours=value if kind == "hours" else 8 * value)
    assert elapsed(start, due, clock_kind, DONGCHENG) == allowed
    assert elapsed(start, due - timedelta(milliseconds=1), clock_kind, DONGCHENG) < allowed


SANTIAGO = ZoneInfo("America/Santiago")


@pytest.mark.parametrize("value", [0.02, 0.5])
def test_a_part_of_a_natural_day_is_as_long_in_the_hour_that_comes_twice(value: float) -> None:
    again = datetime(2026, 4, 4, 23, 55, tzinfo=SANTIAGO, fold=1)
    worktime = Worktime(
        city_hall(2026, date(2026, 1, 1)).calendar.model_copy(update={"time_zone": SANTIAGO.key})
    )

    due = deadline(again, limit(value, "natural-days"), worktime)

    assert due - again.astimezone(UTC) == timedelta(days=value)


@pytest.mark.parametrize(
    "hours",
    [
        pytest.param((("00:30", "01:15"), ("08:00", "12:00")), id="opens where nothing is"),
        pytest.param((("00:00", "00:40"), ("01:20", "12:00")), id="closes where nothing is"),
    ],
)
def test_working_time_goes_forward_over_an_hour_that_is_skipped(hours: tuple[tuple[str, str], ...]) -> None:
    worktime = Worktime(
        Calendar.model_validate(
            {
                "name": "night",
                "time_zone": SANTIAGO.key,
                "weekdays": WEEKDAYS,
                "hours": [{"since": since, "until": until} for since, until in hours],
                "first_year": 2026,
                "last_year": 2026,
            }
        )
    )
    skipped = datetime(2026, 9, 6, tzinfo=SANTIAGO)

    for minutes in range(0, 20 * 60, 7):
        start = (skipped - timedelta(hours=16)).astimezone(UTC) + timedelta(minutes=minutes)
        due = deadline(start, limit(0.25, "working-hours"), worktime)
        assert elapsed(start, due, "working-hours", worktime) == timedelta(minutes=15)
