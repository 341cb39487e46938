"""What a story says must be true in the end, held against what the ledger tells. Pure."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from wangge_contracts.message import instant_text
from wangge_contracts.topics import CLOCKS_CHANGED, INCIDENTS_CHANGED
from wangge_contracts.v1 import TASK_OVER
from wangge_local.stories import Expected, Sought

Told = Mapping[str, Any]
"""What `GET /v1/incidents/{id}` gives: incident, tasks, clocks, notices, timeline."""


def shortfalls(expected: Expected, told: Told, *, began: datetime) -> tuple[str, ...]:
    """Return, one line each, in what the incident differs from what was *expected*; empty: in nothing."""
    return tuple(_differences(expected, told, began=began))


def open_task(told: Told, sought: Sought) -> Mapping[str, Any] | None:
    """Return the newest open task of that kind and holder; None when there is none."""
    found = [
        task
        for task in told["tasks"]
        if (task["kind"], task["holder"]) == (sought.kind, sought.holder) and task["state"] not in TASK_OVER
    ]
    return max(found, key=lambda task: str(task["assigned_at"]), default=None)


def _differences(expected: Expected, told: Told, *, began: datetime) -> Iterator[str]:
    incident = told["incident"]
    class_ref = {name: value for name, value in incident.get("class_ref", {}).items() if name != "names"}
    rules = [
        fact["decision"]["rule"]
        for fact in facts(told, INCIDENTS_CHANGED.name)
        if fact.get("decision", {}).get("rule")
    ]
    grid = incident["place"].get("grid", {}).get("code")
    yield from _differs("state", expected.state, incident["state"])
    yield from _differs("urgency", expected.urgency, incident["urgency"])
    yield from _differs("rule", expected.rule, rules[0] if rules else None)
    yield from _differs("class", expected.class_ref.model_dump(exclude_none=True), class_ref)
    yield from _differs("grid", expected.grid, grid)
    yield from _differs("states", list(expected.states), states(told))
    held = [task for task in told["tasks"] if task["state"] not in TASK_OVER]
    yield from _differs("open tasks", expected.open_tasks, len(held))
    wanted = sorted(f"{task.kind} {task.holder}" for task in expected.tasks)
    yield from _differs("tasks", wanted, sorted(f"{task['kind']} {task['holder']}" for task in told["tasks"]))
    yield from _took_too_long(expected.closed_within, incident.get("closed_at"), began=began)
    for rung in sorted(standing_rungs(told) & set(expected.never_rung)):
        yield f"the rung {rung} rang, and was not withdrawn"


def states(told: Told) -> list[str]:
    """Return the states the incident went through, repeats aside, from its acceptance on."""
    went = ["accepted"]
    for fact in facts(told, INCIDENTS_CHANGED.name):
        if fact["incident"]["state"] != went[-1]:
            went.append(fact["incident"]["state"])
    return went


def standing_rungs(told: Told) -> set[str]:
    """Return the rungs that rang on any clock of the incident and were not withdrawn."""
    rung: set[tuple[str, str]] = set()
    for clock in facts(told, CLOCKS_CHANGED.name):
        if clock["change"] == "rang":
            rung.add((clock["clock_id"], clock["rung"]))
        elif clock["change"] == "rung-withdrawn":
            rung.discard((clock["clock_id"], clock["withdrawn_rung"]))
    return {name for _, name in rung}


def facts(told: Told, topic: str) -> Sequence[Mapping[str, Any]]:
    """Return the messages of a numbered topic in the order in which they were said."""
    lines = [line for line in told["timeline"] if line["topic"] == topic]
    return [line["document"] for line in sorted(lines, key=lambda line: int(line["sequence"]))]


def _differs(what: str, wanted: Any, found: Any) -> Iterator[str]:
    if wanted != found:
        yield f"{what}: {found!r} instead of {wanted!r}"


def _took_too_long(within: timedelta, closed_at: str | None, *, began: datetime) -> Iterator[str]:
    if closed_at is None:
        yield "it is not closed"
    elif datetime.fromisoformat(closed_at) > began + within:
        yield f"closed at {closed_at}, later than {instant_text(began + within)}"
