"""Which rung rings when, and which ladders are refused."""

from datetime import datetime, time
from zoneinfo import ZoneInfo

import pytest
from pydantic import ValidationError

from wangge_contracts.calendars import Calendar, Opening
from wangge_contracts.v1 import Limit, TaskKind, Urgency
from wangge_contracts.worktime import Worktime
from wangge_escalation.ladder import Ladders, rings

WARNING = {"name": "warning", "share": 0.8, "effects": ["tell-holder"]}
OVERDUE = {"name": "overdue", "share": 1, "effects": ["tell-holder", "tell-desk"]}
LADDERS = Ladders.model_validate(
    {
        "ladders": [
            {"name": "attendance", "kinds": ["attend"], "rungs": [OVERDUE]},
            {"name": "emergency", "urgencies": ["emergency"], "rungs": [OVERDUE]},
            {"name": "ordinary", "rungs": [WARNING, OVERDUE]},
        ]
    }
)
WORKTIME = Worktime(
    Calendar(
        name="dongcheng",
        time_zone="Asia/Shanghai",
        hours=(Opening(since=time(8), until=time(12)), Opening(since=time(14), until=time(18))),
        first_year=2026,
        last_year=2026,
    )
)


@pytest.mark.parametrize(
    ("kind", "urgency", "name"),
    [
        ("attend", "emergency", "attendance"),
        ("handle", "emergency", "emergency"),
        ("handle", "normal", "ordinary"),
    ],
)
def test_the_first_ladder_that_suits_is_climbed(kind: TaskKind, urgency: Urgency, name: str) -> None:
    assert LADDERS.pick(kind, urgency).name == name


def test_the_rungs_of_a_working_day_ring_in_working_time() -> None:
    start = datetime(2026, 11, 24, 9, tzinfo=ZoneInfo("Asia/Shanghai"))
    limit = Limit(value=1, clock_kind="working-days", calendar="dongcheng", calendar_version="1")

    due = rings(start, limit, LADDERS.pick("handle", "normal"), WORKTIME)

    local = [(ring.rung.name, ring.due_at.astimezone(start.tzinfo).strftime("%d %H:%M")) for ring in due]
    assert local == [("warning", "24 17:24"), ("overdue", "25 09:00")]


@pytest.mark.parametrize(
    ("ladder", "complaint"),
    [
        ({"rungs": [OVERDUE, WARNING]}, "every rung must come later"),
        ({"rungs": [WARNING, WARNING]}, "rung names used twice"),
        ({"rungs": []}, "at least 1 item"),
        ({"rungs": [{**WARNING, "share": 0}]}, "greater than 0"),
        ({"rungs": [{**WARNING, "effects": ["shoot"]}]}, "'tell-holder' or 'tell-desk'"),
        ({"kinds": ["attend"], "rungs": [OVERDUE]}, "the last ladder must suit every task"),
    ],
)
def test_a_bad_ladder_is_refused(ladder: dict[str, object], complaint: str) -> None:
    with pytest.raises(ValidationError, match=complaint):
        Ladders.model_validate({"ladders": [{"name": "bad", **ladder}]})


def test_two_ladders_of_one_name_are_refused() -> None:
    ladder = {"name": "twin", "rungs": [OVERDUE]}

    with pytest.raises(ValidationError, match="names used twice: twin"):
        Ladders.model_validate({"ladders": [ladder, ladder]})
