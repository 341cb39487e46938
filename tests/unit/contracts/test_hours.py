"""Hours of the week end where the district's clocks say so."""

from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from wangge_contracts.hours import Window, end_of, week, working_days

SHANGHAI = ZoneInfo("Asia/Shanghai")
OFFICE = Window(days=("mon", "tue", "wed", "thu", "fri"), hours="09:00-18:00")
NIGHT = Window(hours="22:00-07:00")
FRIDAY_NIGHT = Window(days=("fri",), hours="22:00-24:00")
WEEKEND = Window(days=("sat", "sun"))


def at(text: str) -> datetime:
    """A wall time of January 2026; the fifth is a Monday."""
    return datetime.strptime(f"2026-01-{text}", "%Y-%m-%d %H:%M").replace(tzinfo=SHANGHAI)


@pytest.mark.parametrize(
    ("windows", "now", "end"),
    [
        ((OFFICE,), "05 09:00", "05 18:00"),
        ((OFFICE,), "05 17:59", "05 18:00"),
        ((OFFICE,), "05 18:00", None),
        ((OFFICE,), "10 12:00", None),
        ((NIGHT,), "05 23:30", "06 07:00"),
        ((NIGHT,), "05 06:59", "05 07:00"),
        ((NIGHT,), "05 07:00", None),
        ((FRIDAY_NIGHT, WEEKEND), "09 22:10", "12 00:00"),
        ((NIGHT, Window(hours="06:00-08:00")), "05 23:00", "06 08:00"),
        ((Window(),), "05 12:00", "12 12:00"),
        ((), "05 12:00", None),
    ],
)
def test_spans_that_join_are_one(windows: tuple[Window, ...], now: str, end: str | None) -> None:
    assert end_of(windows, at(now)) == (at(end) if end else None)


def test_the_minutes_of_a_week_are_those_of_its_windows() -> None:
    minutes = week([OFFICE])

    assert sum(minutes) == 5 * 9 * 60
    assert (minutes[9 * 60 - 1], minutes[9 * 60]) == (0, 1)


CITY = {
    "district": {"calendar": "city"},
    "calendars": {
        "calendars": [
            {
                "name": name,
                "time_zone": "Asia/Shanghai",
                "hours": [{"since": "08:00", "until": "18:00"}],
                "first_year": 2026,
                "last_year": 2026,
                "closed": closed,
                "opened": opened,
            }
            for name, closed, opened in (("other", [], []), ("city", ["2026-01-05"], ["2026-01-10"]))
        ]
    },
}
"""Monday the fifth is a holiday, and made up for on Saturday the tenth."""
DAY = Window(days=("working",), hours="09:00-18:00")
WATCH = Window(days=("off",), hours="20:00-08:00")


@pytest.mark.parametrize(
    ("window", "now", "end"),
    [
        (DAY, "05 10:00", None),
        (DAY, "06 10:00", "06 18:00"),
        (DAY, "10 10:00", "10 18:00"),
        (DAY, "11 10:00", None),
        (WATCH, "05 21:00", "06 08:00"),
        (WATCH, "06 07:00", "06 08:00"),  # a night belongs to the day on which it begins
        (WATCH, "06 21:00", None),
        (WATCH, "10 21:00", None),
        (OFFICE, "05 10:00", "05 18:00"),  # a weekday is one, whatever the calendar says
        (OFFICE, "10 10:00", None),
        (Window(days=("working", "sun")), "11 10:00", "12 00:00"),
    ],
)
def test_working_days_and_days_off_are_those_of_the_districts_calendar(
    window: Window, now: str, end: str | None
) -> None:
    assert window.ends(at(now), working_days(CITY)) == (at(end) if end else None)


@pytest.mark.parametrize("parts", [{}, {"district": {"calendar": "city"}}, CITY | {"district": {}}])
def test_where_no_calendar_tells_the_week_does(parts: dict[str, Any]) -> None:
    works = working_days(parts)

    assert DAY.ends(at("05 10:00"), works) == at("05 18:00")
    assert DAY.ends(at("10 10:00"), works) is None


def test_of_days_that_a_calendar_tells_the_week_holds_none_for_certain() -> None:
    both = Window(days=("working", "off"))

    assert (sum(week([DAY])), sum(week([DAY], at_most=True))) == (0, 7 * 9 * 60)
    assert all(week([both]))
