"""When a working is called provisional: where a year counts in it whose make-up days nobody knows yet."""

from copy import deepcopy
from datetime import UTC, datetime
from typing import Any

import pytest

from tests.unit.escalation.bench import Bench
from tests.unit.escalation.builders import (
    CALENDARS,
    DEPARTMENTS,
    HOUR,
    LADDER,
    MORNING,
    OVERDUE,
    almanac,
    limit,
    task,
)
from wangge_contracts.v1 import ClockKind
from wangge_escalation.almanac import Almanac
from wangge_escalation.explaining import explain

NEW_YEARS_EVE = datetime(2026, 12, 31, 1, tzinfo=UTC)
"""Thursday, 09:00 in Beijing."""


def city(listed: ClockKind) -> Any:
    """2027 is not announced; what is late is listed a day or an hour later."""
    calendars = deepcopy(CALENDARS)
    calendars["calendars"][0]["unannounced"] = [2027]
    after = {"name": "listed", "after": {"value": 1, "clock_kind": listed}, "effects": ["list-street"]}
    return almanac(calendars=(calendars,), ladder={"ladders": [{"name": "all", "rungs": [OVERDUE, after]}]})


@pytest.mark.parametrize(
    ("value", "kind", "listed", "provisional"),
    [
        pytest.param(2, "working-days", "urgent-hours", True, id="a deadline in working time"),
        pytest.param(2, "working-hours", "urgent-hours", False, id="one before the year ends"),
        pytest.param(3, "natural-days", "urgent-hours", False, id="days that no calendar moves"),
        pytest.param(48, "urgent-hours", "urgent-hours", False, id="hours that no calendar moves"),
        pytest.param(2, "working-hours", "working-days", True, id="a listing a working day later"),
        pytest.param(3, "natural-days", "working-days", True, id="a working day after natural days"),
    ],
)
def test_what_an_unannounced_year_can_still_move_is_provisional(
    value: float, kind: ClockKind, listed: ClockKind, provisional: bool
) -> None:
    known = city(listed)
    told = task(limit=limit(value, kind), assigned_at=NEW_YEARS_EVE)
    bench = Bench(almanac=known).hears(told, at=NEW_YEARS_EVE)
    assert bench.clock is not None

    assert explain(bench.clock, known, now=NEW_YEARS_EVE + HOUR)["unsure"] is provisional


def test_a_limit_keeps_its_calendar_and_says_which_is_in_force() -> None:
    newer = deepcopy(CALENDARS)
    newer["calendars"][0]["version"] = "2"
    known = Almanac(
        version="2026.2",
        ladder=LADDER,
        departments=DEPARTMENTS,
        calendars=(CALENDARS, newer),
        these_calendars=newer,
    )
    bench = Bench(almanac=known).hears(task(), at=MORNING)
    assert bench.clock is not None

    told = explain(bench.clock, known, now=MORNING + HOUR)
    assert (told["calendar"]["version"], told["calendar_in_force"]) == ("1", "2")
