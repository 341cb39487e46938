"""Somebody hears that a year has come near of which the calendars know too little."""

from copy import deepcopy
from datetime import UTC, datetime
from typing import Any, cast

import pytest
from prometheus_client import REGISTRY

from tests.unit.escalation.builders import CALENDARS, DEPARTMENTS, LADDER
from wangge_chassis import Connection
from wangge_chassis.probes import Health
from wangge_escalation.almanac import Almanac
from wangge_escalation.guessing import Guessing


def calendars(**fields: Any) -> Any:
    made = deepcopy(CALENDARS)
    made["calendars"][0] |= fields
    return made


def almanac(in_force: Any, *before: Any) -> Almanac:
    return Almanac(
        version="1",
        ladder=LADDER,
        departments=DEPARTMENTS,
        calendars=(*before, in_force),
        these_calendars=in_force,
    )


async def notes(known: Almanac, now: datetime) -> list[str]:
    guessing, health = Guessing(lambda: known), Health()
    await guessing.look(cast("Connection", None), frozenset({0}), 1, now)
    guessing.examine(health)
    assert health.ready
    return health.notes


@pytest.mark.parametrize(
    ("now", "years"),
    [
        pytest.param(datetime(2026, 11, 30, 15, 59, 59, tzinfo=UTC), "", id="a month before it begins"),
        pytest.param(
            datetime(2026, 11, 30, 16, tzinfo=UTC), "2027", id="as limits reach into it, in Beijing"
        ),
        pytest.param(
            datetime(2027, 12, 15, tzinfo=UTC), "2027, 2028", id="it is over, and the next is unknown"
        ),
        pytest.param(datetime(2029, 1, 1, tzinfo=UTC), "2029", id="the calendar ends"),
    ],
)
async def test_it_is_told_while_limits_reach_into_a_year_that_nobody_knows(now: datetime, years: str) -> None:
    known = almanac(calendars(unannounced=(2027, 2028), last_year=2028))

    told = f"deadlines in {years} are a guess: calendar beijing does not know"
    assert [note.startswith(told) for note in await notes(known, now)] == [True] * bool(years)
    assert REGISTRY.get_sample_value("wangge_escalation_guessed_years") == years.count("20")


async def test_a_calendar_that_is_in_force_no_more_is_told_of_no_more() -> None:
    before = calendars(unannounced=(2027,))

    assert not await notes(almanac(calendars(version="2"), before), datetime(2027, 1, 5, tzinfo=UTC))
