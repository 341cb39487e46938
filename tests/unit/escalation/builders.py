"""Tasks, facts and reference data as the escalation room meets them; a test names only what it is about."""

from datetime import UTC, datetime, timedelta
from typing import Any

from wangge_contracts.message import derive_id
from wangge_contracts.v1 import (
    Cause,
    ClockChanged,
    ClockKind,
    Counts,
    Decision,
    Incident,
    IncidentChanged,
    IncidentPlace,
    Limit,
    NamedPlace,
    Names,
    Task,
    Text,
)
from wangge_escalation.almanac import Almanac

MORNING = datetime(2026, 1, 6, 2, 0, tzinfo=UTC)
"""Tuesday, 10:00 in Beijing, in working time."""
HOUR = timedelta(hours=1)

CALENDARS: dict[str, Any] = {
    "calendars": [
        {
            "name": "beijing",
            "version": "1",
            "time_zone": "Asia/Shanghai",
            "hours": [{"since": "08:00", "until": "12:00"}, {"since": "14:00", "until": "18:00"}],
            "first_year": 2025,
            "last_year": 2039,
            "closed": ["2026-01-01"],
        }
    ]
}
WARNING = {"name": "warning", "share": 0.8, "effects": ["tell-holder"]}
OVERDUE = {"name": "overdue", "share": 1.0, "effects": ["tell-holder", "tell-desk"]}
LADDER: dict[str, Any] = {
    "ladders": [
        {"name": "attendance", "kinds": ["attend"], "rungs": [OVERDUE]},
        {"name": "ordinary", "rungs": [WARNING, OVERDUE]},
    ]
}
DEPARTMENTS: list[Any] = [
    {"slug": "water", "name": {"zh": "水务", "en": "Water"}, "level": "district", "reach": "mailbox"},
    {"slug": "gas", "name": {"zh": "燃气", "en": "Gas"}, "level": "city", "reach": "contact-only"},
]


FULL_LADDER: dict[str, Any] = {
    "ladders": [
        {
            "name": "attendance",
            "kinds": ["attend"],
            "rungs": [
                {"name": "unconfirmed", "at": "acknowledge-by", "effects": ["call-next"]},
                {"name": "absent", "share": 1, "effects": ["tell-desk", "call-next"]},
            ],
        },
        {
            "name": "dispatch",
            "kinds": ["dispatch"],
            "rungs": [{"name": "automatic", "at": "automatic-at", "effects": ["dispatch"]}],
        },
        {
            "name": "whole",
            "rungs": [
                {"name": "unsigned", "at": "acknowledge-by", "effects": ["tell-desk"]},
                WARNING,
                OVERDUE,
                {
                    "name": "listed",
                    "after": {"value": 2, "clock_kind": "urgent-hours"},
                    "effects": ["list-street", "list-district"],
                },
                {
                    "name": "supervised",
                    "after": {"value": 4, "clock_kind": "urgent-hours"},
                    "effects": ["supervise"],
                    "reply_within": {"value": 1, "clock_kind": "urgent-hours"},
                },
            ],
        },
    ]
}
"""Every kind of rung: of ten hours, a warning after 8, listing after 12 and supervision after 14."""
PLACE = IncidentPlace(
    unknown=True,
    street=NamedPlace(code="110101009", names=Names(zh="东直门", en="Dongzhimen")),
)


def almanac(
    *, calendars: tuple[Any, ...] = (CALENDARS,), ladder: Any = LADDER, rosters: Any = None
) -> Almanac:
    """The reference data above."""
    return Almanac(
        version="2026.1", ladder=ladder, departments=DEPARTMENTS, calendars=calendars, rosters=rosters
    )


def limit(value: float = 10, kind: ClockKind = "urgent-hours", *, version: str = "1") -> Limit:
    """Ten hours around the clock, unless the test says otherwise."""
    return Limit(value=value, clock_kind=kind, calendar="beijing", calendar_version=version)


def task(number: int = 1, **fields: Any) -> Task:
    """A `handle` task of the water company, assigned in the MORNING."""
    incident_id = fields.pop("incident_id", derive_id("incident", str(number)))
    return Task(
        **{
            "task_id": derive_id(incident_id, "task", str(number)),
            "incident_id": incident_id,
            "case_number": f"110101-2026-{number:07}",
            "district": "110101",
            "revision": 1,
            "change": "assigned",
            "state": "assigned",
            "kind": "handle",
            "role": "lead",
            "round": 1,
            "holder": "department:water",
            "mode": "actual",
            "urgency": "normal",
            "sensitivity": "normal",
            "assigned_at": MORNING,
            "effective_at": MORNING,
            "limit": limit(),
            "required_evidence": (),
            "description": Text(text="水管漏水"),
            "place": PLACE,
            "contact_allowed": False,
            "parties": (),
            "desk": "desk:110101009",
            "decision": Decision(reason="test"),
            "counts": Counts(),
            "allowed_acts": (),
            **fields,
        }
    )


def fact(*tasks: Task) -> IncidentChanged:
    """The router's fact that these tasks of one incident changed."""
    first = tasks[0]
    incident = Incident(
        incident_id=first.incident_id,
        case_number=first.case_number,
        district=first.district,
        terminal="pda",
        report_id=first.incident_id,
        mode="actual",
        source="officer",
        nature="problem",
        sensitivity="normal",
        confidential=False,
        accepted_at=MORNING,
        effective_at=MORNING,
        captured_at=MORNING,
        place=IncidentPlace(unknown=True),
        place_flags=(),
        reporter_role="grid-head",
        wants_reply=False,
        reference_versions={"bundle": "2026.1"},
        state="handling",
        revision=1,
        urgency="normal",
        counts=Counts(),
    )
    return IncidentChanged(
        incident=incident,
        tasks=tasks,
        change="task-changed",
        cause=Cause(id="cause", kind="answer"),
        effective_at=first.effective_at,
        decided_at=first.effective_at,
        reference_versions={"bundle": "2026.1"},
    )


def word(said: ClockChanged) -> str:
    """A fact about a clock in a word: what changed, and which rung rang or was withdrawn."""
    return " ".join(filter(None, (said.change, said.rung, said.withdrawn_rung)))
