"""Hours of the week end where the district's clocks say so."""

from datetime import datetime
from zoneinfo import ZoneInfo

import pytest

from wangge_contracts.hours import Window, end_of, week

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
