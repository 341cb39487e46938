"""Days off were told when clocks ran already: they keep their calendar, and are spared those days."""

from datetime import datetime, timedelta
from typing import Any

import pytest

from tests.unit.escalation.bench import Bench
from tests.unit.escalation.builders import FULL_LADDER, HOUR, MORNING, almanac, limit, task
from wangge_contracts.v1 import ClockKind
from wangge_escalation.almanac import Almanac

DAY = timedelta(days=1)
EVENING = MORNING + 8 * HOUR
"""Tuesday, 18:00: work is over."""


def off(*kinds: ClockKind, **fields: Any) -> dict[str, Any]:
    """Wednesday was told to be a day off."""
    midnight = MORNING + 14 * HOUR
    stretch = {"since": midnight, "until": midnight + DAY, "reason": "day-off"}
    return {**stretch, **({"clock_kinds": kinds} if kinds else {}), **fields}


def told(*outages: dict[str, Any]) -> Almanac:
    return almanac(ladder={**FULL_LADDER, "outages": outages})


def begun(kind: ClockKind, value: float, *outages: dict[str, Any]) -> Bench:
    return Bench(almanac=told(*outages)).hears(task(limit=limit(value, kind)), at=MORNING)


@pytest.mark.parametrize(
    ("kind", "value", "due"),
    [
        ("working-days", 1, MORNING + 2 * DAY),
        ("working-hours", 8, MORNING + 2 * DAY),
        ("natural-days", 1, MORNING + DAY),
        ("urgent-hours", 24, MORNING + DAY),
    ],
)
def test_a_day_off_is_taken_from_limits_in_working_time_alone(
    kind: ClockKind, value: float, due: datetime
) -> None:
    bench = begun(kind, value)
    bench.almanac = told(off("working-hours", "working-days"))

    assert bench.swings(MORNING + HOUR).due == due


def test_what_rang_on_the_day_off_is_withdrawn_when_it_is_told_afterwards() -> None:
    bench = begun("working-days", 1).swings(MORNING + DAY + HOUR)
    bench.almanac = told(off("working-hours", "working-days"))
    bench.swings(MORNING + DAY + HOUR)

    assert bench.story[1:] == [
        "rang warning",
        "rang overdue",
        "rung-withdrawn overdue",
        "rung-withdrawn warning",
        "recalculated",
    ]
    assert bench.due == MORNING + 2 * DAY


@pytest.mark.parametrize(("kind", "due"), [("working-hours", 2 * DAY), ("urgent-hours", 8 * HOUR)])
def test_a_day_off_that_was_declared_for_all_is_taken_back_from_who_works_on_it(
    kind: ClockKind, due: timedelta
) -> None:
    whole = off(since=MORNING, until=off()["until"])
    bench = begun(kind, 8, whole)
    bench.almanac = told({**whole, "taken_back_at": MORNING}, off("working-hours", "working-days"))
    bench.swings(MORNING + HOUR)

    assert bench.due == MORNING + due
