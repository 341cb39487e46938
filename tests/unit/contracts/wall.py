"""Two calendars on the wall, and how a test writes an instant and a limit."""

from datetime import date, datetime, time
from zoneinfo import ZoneInfo

from wangge_contracts.calendars import Calendar, Opening
from wangge_contracts.v1 import ClockKind, Limit
from wangge_contracts.worktime import Worktime

BEIJING = ZoneInfo("Asia/Shanghai")
OFFICE = (Opening(since=time(8), until=time(12)), Opening(since=time(14), until=time(18)))
NATIONAL_DAY_2026 = tuple(date(2026, 10, day) for day in (1, 2, 5, 6, 7))
DONGCHENG = Worktime(
    Calendar(
        name="dongcheng",
        time_zone="Asia/Shanghai",
        hours=OFFICE,
        first_year=2026,
        last_year=2027,
        closed=NATIONAL_DAY_2026,
        opened=(date(2026, 9, 20), date(2026, 10, 10)),
        unannounced=(2027,),
    )
)


def city_hall(first_year: int, *closed: date) -> Worktime:
    """Boston's, for two years."""
    return Worktime(
        Calendar(
            name="boston",
            time_zone="America/New_York",
            hours=(Opening(since=time(8, 30), until=time(17)),),
            working_day="same-time",
            hours_per_day=8.5,
            first_year=first_year,
            last_year=first_year + 1,
            closed=closed,
        )
    )


def beijing(month: int, day: int, hour: int, minute: int = 0) -> datetime:
    """Wall time of 2026 there."""
    return datetime(2026, month, day, hour, minute, tzinfo=BEIJING)


def limit(value: float, clock_kind: ClockKind) -> Limit:
    """A limit by whichever calendar it is counted."""
    return Limit(value=value, clock_kind=clock_kind, calendar="any", calendar_version="1")
