"""A time in which the house was out of order is nobody's: deadlines are those that the clocks tell."""

from datetime import timedelta
from typing import Any

import pytest

from tests.unit.router.scenes import CALENDARS, PARTS, Play, accepted, directory, minutes, order
from wangge_router.directory import Directory
from wangge_router.timing import due

# The lead has four hours, from minute 0. From minute 60 to 180 the house was out of order: due at minute 360.


def outage(since: float = 60, until: float = 180, **fields: Any) -> dict[str, Any]:
    stretch = {"since": minutes(since).isoformat(), "until": minutes(until).isoformat(), "reason": "no-power"}
    return stretch | fields


def ladder(*outages: dict[str, Any]) -> dict[str, Any]:
    return {"ladders": [], "outages": list(outages)}


def begun(*outages: dict[str, Any]) -> Play:
    return Play(directory(ladder=ladder(*outages))).hear(accepted())


def deadline(play: Play) -> float:
    return (due(play.held("handle"), play.directory) - minutes(0)) / timedelta(minutes=1)


def test_a_declared_outage_puts_the_deadline_off() -> None:
    assert deadline(begun()) == 240
    assert deadline(begun(outage())) == 360
    assert deadline(begun(outage(), outage(60, 90))) == 360
    assert deadline(begun(outage(-60, 0), outage(400, 500))) == 240


def test_what_is_declared_for_another_kind_of_limit_puts_no_deadline_off() -> None:
    assert deadline(begun(outage(clock_kinds=["working-days"]))) == 240
    assert deadline(begun(outage(clock_kinds=["working-days", "urgent-hours"]))) == 360


@pytest.mark.parametrize(("at", "verdict"), [(359, ("pending-approval",)), (360, ("refused", "too-late"))])
def test_a_request_is_in_time_until_the_deadline_that_was_told(at: float, verdict: tuple[str, ...]) -> None:
    play = begun(outage()).says("handle", "request-extension", at=at, requested_until=minutes(420))

    assert play.verdict == verdict


def test_an_extension_adds_what_was_asked_for_and_not_the_outage_once_more() -> None:
    play = begun(outage()).says("handle", "request-extension", at=200, requested_until=minutes(420))
    play.says("approve", "approve", at=201)

    assert play.task("handle").limit.value == 5
    assert deadline(play) == 420


def test_an_outage_after_the_deadline_is_no_part_of_what_is_added() -> None:
    play = begun(outage(240, 300)).hear(order("extend", at=10, until=minutes(360)))

    assert play.task("handle").limit.value == 5
    assert deadline(play) == 360


@pytest.mark.parametrize(("until", "verdict"), [(600, ("pending-approval",)), (601, ("refused", "too-much"))])
def test_an_extension_is_one_original_limit_at_most_whatever_was_declared(
    until: float, verdict: tuple[str, ...]
) -> None:
    play = begun(outage()).says("handle", "request-extension", at=200, requested_until=minutes(until))

    assert play.verdict == verdict


def test_a_suspension_and_an_outage_in_it_are_not_counted_twice() -> None:
    play = begun(outage()).hear(order("suspend", at=120, until=minutes(1000)))

    assert deadline(play) == 1000 + 180


def test_what_was_declared_stays_declared_until_it_is_taken_back() -> None:
    taken_back = outage(taken_back_at=minutes(200).isoformat())

    for declared, expected in (
        ((ladder(outage()), ladder()), 360),
        ((ladder(outage()), ladder(taken_back)), 240),
        ((ladder(outage()), ladder(outage()), ladder(outage(300, 330))), 390),
    ):
        there = Directory.of("2026.2", PARTS | {"ladder": declared[-1]}, [CALENDARS], declared)
        assert deadline(Play(there).hear(accepted())) == expected
