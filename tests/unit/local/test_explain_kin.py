"""What a matter hangs together with: a parent waits for its parts, what was merged follows its parent."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

import pytest

from tests.unit.local.telling import incident, task, told
from wangge_local.explain import explained
from wangge_local.explain_kin import Relative, lines, relatives

NOW = datetime(2026, 1, 5, 4, 0, tzinfo=UTC)
DONE = [task(state="done")]


def waits(of: Mapping[str, Any], kin: tuple[Relative, ...], tasks: list[Any]) -> str:
    found = explained(told(incident=of, tasks=tasks), now=NOW, halted=[], kin=kin)
    return str(found["waits_for"])


def part(number: int, state: str) -> Relative:
    return Relative("part", f"p{number}", f"c-{number}", state)


PARTS = (part(1, "handling"), part(2, "closed"), part(3, "checking"), part(4, ""))


def test_a_parent_whose_own_work_is_done_waits_for_the_parts_that_are_not_over() -> None:
    assert waits(incident(state="checking"), PARTS, DONE) == (
        "its parts: c-1 (handling) and c-3 (checking) and c-4 (on its way)"
    )


def test_a_parent_that_is_worked_on_waits_for_its_holders_first() -> None:
    assert waits(incident(), PARTS[:2], [task()]) == "department:gas must handle; then c-1 (handling)"


def test_parts_that_are_over_are_waited_for_by_nobody() -> None:
    assert waits(incident(state="closed"), PARTS[1:2], DONE) == "nobody: it is over"
    assert waits(incident(), PARTS[1:2], [task()]) == "department:gas must handle"


@pytest.mark.parametrize(
    ("state", "parent", "said"),
    [
        ("merged", "handling", "nobody here: it follows c-9 (handling), which it was merged into"),
        ("closed", "closed", "nobody: it is over, with c-9 (closed), which it was merged into"),
    ],
)
def test_what_was_merged_follows_its_parent(state: str, parent: str, said: str) -> None:
    assert waits(incident(state=state), (Relative("follows", "i9", "c-9", parent),), DONE) == said


def test_everything_that_an_incident_names_is_looked_up_and_told_with_its_state() -> None:
    known = {
        "i2": {"case_number": "c-2", "state": "merged"},
        "i9": {"case_number": "c-9", "state": "handling"},
    }
    kin = relatives(incident(split=("p1",), merged=("i2",), split_from="i9"), known.get)

    assert lines(kin) == [
        "split off: p1 (on its way)",
        "has taken in: c-2 (merged)",
        "split from: c-9 (handling)",
    ]
    assert relatives(incident(), known.get) == ()
