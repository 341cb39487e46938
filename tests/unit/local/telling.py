"""What the ledger would tell of an incident, as small as the tests of the command line need it."""

from typing import Any


def told(**changes: Any) -> dict[str, Any]:
    """An incident that a unit handles, with one running clock; *changes* replace its parts."""
    whole: dict[str, Any] = {
        "incident": incident(),
        "tasks": [task()],
        "clocks": [clock()],
        "notices": [],
        "timeline": [
            line("incidents.changed.v1", 1, fact("handling"), what="accepted-into-router", who="router")
        ],
    }
    return whole | changes


def incident(**changes: Any) -> dict[str, Any]:
    """The incident itself, handled and normal."""
    grid = {"code": "110101009015004", "names": {"zh": "第4网格", "en": "grid 4"}}
    whole: dict[str, Any] = {
        "incident_id": "i1",
        "case_number": "110101-2026-0000001",
        "mode": "actual",
        "state": "handling",
        "urgency": "normal",
        "revision": 1,
        "terminal": "pda",
        "report_id": "r1",
        "lead": "department:gas",
        "place": {"grid": grid},
        "class_ref": {"scheme": "s", "version": "1", "code": "0502", "names": {"zh": "燃气", "en": "gas"}},
    }
    return whole | changes


def task(**changes: Any) -> dict[str, Any]:
    """An open task of the gas company."""
    whole: dict[str, Any] = {
        "task_id": "t1",
        "kind": "handle",
        "holder": "department:gas",
        "state": "working",
        "assigned_at": "2026-01-05T03:00:00.000Z",
        "allowed_acts": ["progress", "done"],
        "decision": {"reason": "gas-leak: the gas company"},
    }
    return whole | changes


def clock(**changes: Any) -> dict[str, Any]:
    """The running clock of that task, due at five."""
    whole: dict[str, Any] = {
        "clock_id": "c1",
        "task_id": "t1",
        "state": "running",
        "deadline": "2026-01-05T05:00:00.000Z",
        "remaining_s": 3600,
        "change": "started",
    }
    return whole | changes


def fact(state: str, **changes: Any) -> dict[str, Any]:
    """What the router says when the incident comes into *state*."""
    cause = {"id": "said", "kind": "report"}
    return {
        "incident": incident(state=state),
        "change": "task-changed",
        "tasks": [],
        "cause": cause,
        **changes,
    }


def line(
    topic: str, sequence: int, document: dict[str, Any], *, what: str = "said", who: str = "somebody"
) -> dict[str, Any]:
    """One line of a timeline."""
    return {
        "topic": topic,
        "sequence": sequence,
        "document": document,
        "what": what,
        "who": who,
        "effective_at": "2026-01-05T03:00:00.000Z",
    }
