"""Which days count: against the law, against another library, and against nonsense."""

from datetime import date, timedelta

import chinese_calendar  # type: ignore[import-untyped]
import pytest
from pydantic import ValidationError

from wangge_contracts.calendars import Calendar, Calendars
from wangge_escalation.statutory import WrittenCalendar

OFFICE = [{"since": "08:00", "until": "12:00"}, {"since": "14:00", "until": "18:00"}]


def written(**fields: object) -> WrittenCalendar:
    complete = {
        "name": "dongcheng",
        "time_zone": "Asia/Shanghai",
        "hours": OFFICE,
        "statutory": {"country": "CN"},
        "first_year": 2020,
        "last_year": 2028,
    }
    return WrittenCalendar.model_validate(complete | fields)


def plain(**fields: object) -> Calendar:
    complete = {
        "name": "plain",
        "time_zone": "Asia/Shanghai",
        "hours": OFFICE,
        "first_year": 2026,
        "last_year": 2026,
    }
    return Calendar.model_validate(complete | fields)


@pytest.fixture(scope="module")
def dongcheng() -> Calendar:
    return written().freeze()


def days_of(year: int) -> list[date]:
    first = date(year, 1, 1)
    return [first + timedelta(days=n) for n in range((date(year + 1, 1, 1) - first).days)]


@pytest.mark.parametrize("year", range(2020, 2027))
def test_working_days_agree_with_the_second_library(dongcheng: Calendar, year: int) -> None:
    ours = [day for day in days_of(year) if dongcheng.works(day)]

    assert ours == [day for day in days_of(year) if chinese_calendar.is_workday(day)]


def test_the_make_up_days_of_2026_are_worked(dongcheng: Calendar) -> None:
    made_up = [day.strftime("%m-%d") for day in dongcheng.opened if day.year == 2026]

    assert made_up == ["01-04", "02-14", "02-28", "05-09", "09-20", "10-10"]


def test_a_year_whose_make_up_days_are_not_known_is_flagged(dongcheng: Calendar) -> None:
    assert dongcheng.unannounced == (2027, 2028)


def test_a_country_without_make_up_days_is_never_flagged() -> None:
    boston = written(statutory={"country": "US", "subdivision": "MA"}, time_zone="America/New_York").freeze()

    assert boston.unannounced == ()


def test_an_operator_may_declare_a_year_announced() -> None:
    calendar = written(statutory={"country": "CN", "announced": [2027]}).freeze()

    assert calendar.unannounced == (2028,)


def test_an_override_wins_over_the_law() -> None:
    calendar = written(
        overrides=[
            {"on": "2026-10-01", "works": True, "reason": "drill"},
            {"on": "2026-10-10", "works": False, "reason": "drill"},
            {"on": "2026-11-24", "works": False, "reason": "power cut"},
        ]
    ).freeze()

    assert [calendar.works(date(2026, *day)) for day in ((10, 1), (10, 10), (11, 24))] == [True, False, False]


def test_an_edited_day_makes_another_version() -> None:
    edited = written(overrides=[{"on": "2026-11-24", "works": False, "reason": "power cut"}])

    assert edited.freeze().version != written().freeze().version


def test_the_same_writing_makes_the_same_version() -> None:
    assert written().freeze() == written().freeze()


@pytest.mark.parametrize(
    ("fields", "complaint"),
    [
        ({"time_zone": "Asia/Dongcheng"}, "no such time zone"),
        ({"hours": [{"since": "12:00", "until": "08:00"}]}, "must end after they begin"),
        ({"hours": OFFICE[::-1]}, "overlap or are out of order"),
        ({"hours": []}, "at least 1 item"),
        ({"first_year": 2027}, "first_year lies after last_year"),
        ({"closed": ["2026-05-01"], "opened": ["2026-05-01"]}, "both as closed and as opened"),
        ({"working_day": "a while"}, "'hours' or 'same-time'"),
        ({"holydays": []}, "Extra inputs are not permitted"),
    ],
)
def test_nonsense_is_refused(fields: dict[str, object], complaint: str) -> None:
    with pytest.raises(ValidationError, match=complaint):
        plain(**fields)


def test_two_overrides_for_one_day_are_refused() -> None:
    with pytest.raises(ValidationError, match="two overrides for 2026-11-24"):
        written(overrides=[{"on": "2026-11-24", "works": works, "reason": "?"} for works in (True, False)])


def test_two_calendars_of_one_name_are_refused() -> None:
    with pytest.raises(ValidationError, match="names used twice: plain"):
        Calendars(calendars=(plain(), plain()))
