"""What a story expects, held against what the ledger tells."""

from datetime import UTC, datetime
from typing import Any

import pytest

from tests.unit.local.telling import clock, fact, incident, line, task, told
from wangge_local.stories import Expected, Sought
from wangge_local.stories_expected import open_task, shortfalls, standing_rungs, states

BEGAN = datetime(2026, 1, 5, 3, 0, tzinfo=UTC)
EXPECTED = Expected.model_validate(
    {
        "state": "closed",
        "urgency": "urgent",
        "rule": "gas-leak",
        "class_ref": {"scheme": "s", "version": "1", "code": "0502"},
        "grid": "110101009015004",
        "closed_within": "+00:30:00",
        "open_tasks": 0,
        "never_rung": ("overdue",),
        "states": ("accepted", "handling", "closed"),
        "tasks": ({"kind": "handle", "holder": "department:gas"},),
    }
)


def as_expected(**changes: Any) -> dict[str, Any]:
    closed = incident(state="closed", urgency="urgent", closed_at="2026-01-05T03:28:00.000Z")
    return (
        told(
            incident=closed,
            tasks=[task(state="done")],
            timeline=[
                line("incidents.changed.v1", 2, fact("closed")),
                line("incidents.changed.v1", 1, fact("handling", decision={"rule": "gas-leak"})),
            ],
        )
        | changes
    )


def test_an_incident_that_went_as_told_falls_short_of_nothing() -> None:
    assert shortfalls(EXPECTED, as_expected(), began=BEGAN) == ()


@pytest.mark.parametrize(
    ("changes", "what"),
    [
        ({"tasks": [task()]}, "open tasks: 1 instead of 0"),
        ({"tasks": []}, "tasks: [] instead of"),
        ({"timeline": []}, "rule: None instead of 'gas-leak'"),
        ({"incident": incident(state="closed", urgency="urgent")}, "it is not closed"),
    ],
)
def test_what_went_otherwise_is_named(changes: dict[str, Any], what: str) -> None:
    found = shortfalls(EXPECTED, as_expected(**changes), began=BEGAN)

    assert any(what in difference for difference in found)


def test_closed_too_late_is_named_with_both_instants() -> None:
    late = incident(state="closed", urgency="urgent", closed_at="2026-01-05T03:31:00.000Z")

    (difference,) = shortfalls(EXPECTED, as_expected(incident=late), began=BEGAN)

    assert "03:31:00" in difference
    assert "03:30:00" in difference


def test_states_follow_the_order_in_which_facts_were_said() -> None:
    assert states(as_expected()) == ["accepted", "handling", "closed"]


def test_a_rung_that_was_withdrawn_does_not_stand() -> None:
    rang = clock(change="rang", rung="overdue")
    withdrawn = clock(change="rung-withdrawn", withdrawn_rung="overdue")

    assert standing_rungs(told(timeline=[line("clocks.changed.v1", 1, rang)])) == {"overdue"}
    both = [line("clocks.changed.v1", 1, rang), line("clocks.changed.v1", 2, withdrawn)]
    assert standing_rungs(told(timeline=both)) == set()


def test_the_task_to_answer_is_the_newest_open_one() -> None:
    older, newer = task(task_id="t1"), task(task_id="t2", assigned_at="2026-01-06T03:00:00.000Z")
    over = task(task_id="t3", assigned_at="2026-01-07T03:00:00.000Z", state="done")
    sought = Sought(kind="handle", holder="department:gas")

    found = open_task(told(tasks=[older, newer, over]), sought)

    assert found == newer
    assert open_task(told(tasks=[over]), sought) is None
