"""Which rung rings when, and which ladders are refused."""

from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from pydantic import ValidationError

from wangge_contracts.calendars import Calendar, Opening
from wangge_contracts.counting import begun
from wangge_contracts.v1 import ClassRef, Limit, TaskKind, Urgency
from wangge_contracts.worktime import Worktime
from wangge_escalation.ladder import Ladder, Ladders, Rung

WARNING = {"name": "warning", "share": 0.8, "effects": ["tell-holder"]}
OVERDUE = {"name": "overdue", "share": 1, "effects": ["tell-holder", "tell-desk"]}
LISTED = {
    "name": "listed",
    "after": {"value": 1, "clock_kind": "working-days"},
    "effects": ["list-street", "list-district"],
}
UNSIGNED = {"name": "unsigned", "at": "acknowledge-by", "effects": ["tell-desk"]}
LADDERS = Ladders.model_validate(
    {
        "ladders": [
            {"name": "attendance", "kinds": ["attend"], "rungs": [OVERDUE]},
            {"name": "gas", "classes": [{"scheme": "gb-event", "codes": ["0501"]}], "rungs": [OVERDUE]},
            {"name": "emergency", "urgencies": ["emergency"], "rungs": [OVERDUE]},
            {"name": "ordinary", "rungs": [UNSIGNED, WARNING, OVERDUE, LISTED]},
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
    ("kind", "urgency", "code", "name"),
    [
        ("attend", "emergency", "0501", "attendance"),
        ("handle", "emergency", "0501", "gas"),
        ("handle", "emergency", "0502", "emergency"),
        ("handle", "normal", None, "ordinary"),
    ],
)
def test_the_first_ladder_that_suits_is_climbed(
    kind: TaskKind, urgency: Urgency, code: str | None, name: str
) -> None:
    class_ref = ClassRef(scheme="gb-event", version="2013", code=code) if code else None

    assert LADDERS.pick(kind, urgency, class_ref).name == name


def test_rungs_of_a_working_day_are_due_in_working_time_and_at_the_instants_of_the_task() -> None:
    start = datetime(2026, 11, 27, 9, tzinfo=ZoneInfo("Asia/Shanghai"))
    limit = Limit(value=1, clock_kind="working-days", calendar="dongcheng", calendar_version="1")
    sign_by = start + timedelta(minutes=15)

    dues = [
        rung.due(begun("department:gas", start), limit, WORKTIME, {"acknowledge-by": sign_by})
        for rung in LADDERS.pick("handle", "normal", None).rungs
    ]

    local = [due.astimezone(start.tzinfo).strftime("%a %H:%M") for due in dues if due]
    assert local == ["Fri 09:15", "Fri 17:24", "Mon 09:00", "Tue 09:00"]


def test_a_rung_at_an_instant_that_the_task_does_not_bring_is_never_due() -> None:
    limit = Limit(value=1, clock_kind="urgent-hours", calendar="dongcheng", calendar_version="1")
    segments = begun("department:gas", datetime(2026, 11, 27, tzinfo=UTC))

    assert Rung.model_validate(UNSIGNED).due(segments, limit, WORKTIME, {}) is None


@pytest.mark.parametrize(
    ("rung", "punitive"),
    [
        (WARNING, False),
        (OVERDUE, True),
        (LISTED, True),
        ({**LISTED, "effects": ["tell-desk"]}, True),
        (UNSIGNED, False),
        ({**WARNING, "effects": ["list-street"]}, True),
        ({**OVERDUE, "effects": ["call-next"]}, False),
    ],
)
def test_what_costs_somebody_something_may_be_held_and_what_calls_somebody_never(
    rung: dict[str, object], punitive: bool
) -> None:
    assert Rung.model_validate(rung).punitive is punitive


def test_a_rung_may_be_half_an_hour_after_the_limit() -> None:
    soon = {**LISTED, "after": {"value": 0.5, "clock_kind": "urgent-hours"}}

    assert Ladder.model_validate({"name": "soon", "rungs": [OVERDUE, soon]}).rungs[-1].after is not None


@pytest.mark.parametrize(
    ("ladder", "complaint"),
    [
        ({"rungs": [OVERDUE, WARNING]}, "every rung must come later"),
        ({"rungs": [LISTED, OVERDUE]}, "every rung must come later"),
        ({"rungs": [LISTED, {**LISTED, "name": "again"}]}, "every rung must come later"),
        ({"rungs": [WARNING, WARNING]}, "rung names used twice"),
        ({"rungs": []}, "at least 1 item"),
        ({"rungs": [{**WARNING, "share": 0}]}, "greater than 0"),
        ({"rungs": [{**WARNING, "effects": ["shoot"]}]}, "'tell-holder', 'tell-desk'"),
        ({"rungs": [{**LISTED, "after": {"value": 1, "clock_kind": "days"}}]}, "'working-days'"),
        ({"rungs": [{**LISTED, "after": {"value": 0, "clock_kind": "working-days"}}]}, "greater than"),
        ({"rungs": [{**WARNING, "at": "acknowledge-by"}]}, "one of share, after and at"),
        ({"rungs": [{**OVERDUE, "effects": ["supervise"]}]}, "supervise and reply_within go together"),
        ({"rungs": [{**OVERDUE, "effects": ["dispatch"]}]}, "go together"),
        ({"kinds": ["attend"], "rungs": [OVERDUE]}, "the last ladder must suit every task"),
        ({"classes": [{"scheme": "gb-event"}], "rungs": [OVERDUE]}, "the last ladder must suit every task"),
    ],
)
def test_a_bad_ladder_is_refused(ladder: dict[str, object], complaint: str) -> None:
    with pytest.raises(ValidationError, match=complaint):
        Ladders.model_validate({"ladders": [{"name": "bad", **ladder}]})


@pytest.mark.parametrize(
    ("until", "complaint"),
    [("2026-01-06T09:00:00", "with its zone"), ("2026-01-06T09:00:00+08:00", "ends before it begins")],
)
def test_an_outage_that_is_no_stretch_of_time_is_refused(until: str, complaint: str) -> None:
    outage = {"since": "2026-01-06T10:00:00+08:00", "until": until, "reason": "power"}

    with pytest.raises(ValidationError, match=complaint):
        Ladders.model_validate({"ladders": [{"name": "all", "rungs": [OVERDUE]}], "outages": [outage]})


def test_two_ladders_of_one_name_are_refused() -> None:
    ladder = {"name": "twin", "rungs": [OVERDUE]}

    with pytest.raises(ValidationError, match="names used twice: twin"):
        Ladders.model_validate({"ladders": [ladder, ladder]})
