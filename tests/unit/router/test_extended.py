"""An extension reaches as far as it was granted, whatever the calendar has between."""

from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from tests.unit.router.scenes import CALENDARS, PARTS, Play, accepted, minutes
from wangge_router.directory import Directory
from wangge_router.timing import due


def limited(value: float, clock_kind: str, *, zone: str = "Asia/Shanghai") -> Play:
    """The lead has so long from minute 0, Tuesday, 10:00 in Beijing, by the clocks of *zone*."""
    row = next(each for each in PARTS["standard"] if each["class_ref"]["code"] == "0501")
    row = row | {"limit": row["limit"] | {"value": value, "clock_kind": clock_kind}}
    (calendar,) = CALENDARS["calendars"]
    calendars = {"calendars": [calendar | {"time_zone": zone}]}
    parts: dict[str, Any] = PARTS | {"standard": [row], "calendars": calendars}
    return Play(Directory.of("2026.1", parts))


def granted(play: Play, until: datetime) -> datetime:
    """When the lead is due after its extension until then."""
    play.says("handle", "request-extension", at=10, requested_until=until)
    play.says("approve", "approve", at=11)
    assert play.task("handle").change == "extended"
    return due(play.held("handle"), play.directory)


@pytest.mark.parametrize("hours", [14, 13.37], ids=["due as work ends", "due before work ends"])
@pytest.mark.parametrize("until", [34 * 60, 45 * 60], ids=["that evening", "that night"])
def test_until_a_time_off_work_it_ends_when_work_begins_again(hours: float, until: float) -> None:
    play = limited(hours, "working-hours").hear(accepted())
    opening = minutes(46 * 60)

    assert opening <= granted(play, minutes(until)) <= opening + timedelta(minutes=1)


def test_over_a_day_of_23_hours_it_ends_at_the_time_that_was_granted_or_a_little_later() -> None:
    santiago = ZoneInfo("America/Santiago")
    begins, until = (datetime(2026, 9, day, 12, tzinfo=santiago) for day in (4, 7))
    play = limited(1.5, "natural-days", zone=santiago.key)
    play.now = until
    play.hear(accepted(effective_at=begins, accepted_at=begins))
    play.says("handle", "request-extension", effective_at=begins, requested_until=until)
    play.says("approve", "approve", effective_at=begins)

    assert timedelta() <= due(play.held("handle"), play.directory) - until <= timedelta(hours=1)


def test_it_is_never_longer_than_the_limit_was() -> None:
    play = limited(6, "working-hours").hear(accepted())

    # Due on Tuesday at 18:00, and twice as long on Wednesday at 16:00.
    assert granted(play, minutes(30 * 60)) == minutes(30 * 60)
