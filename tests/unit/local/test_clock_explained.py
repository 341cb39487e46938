"""How a deadline was worked out, told so that nobody takes one year for another."""

from datetime import UTC, datetime
from typing import Any

from tests.unit.contracts.wall import BEIJING, DONGCHENG
from wangge_local.clock_explained import Sheet

NOW = datetime(2026, 12, 31, 4, 0, tzinfo=UTC)
TOLD: dict[str, Any] = {
    "case_number": "110101-2026-0000004",
    "kind": "handle",
    "holder": "department:gas",
    "round": 1,
    "state": "running",
    "task_id": "t1",
    "limit": {"value": 3, "clock_kind": "working-days"},
    "calendar": DONGCHENG.calendar.model_dump(mode="json"),
    "at": "2026-12-31T04:00:00.000Z",
    "deadline": "2027-01-06T02:00:00.000Z",
    "unsure": False,
    "segments": [
        {
            "kind": "counted",
            "holder": "department:gas",
            "started_at": "2026-12-31T02:00:00.000Z",
            "counted_s": 7200,
        }
    ],
}


def sheet(*, now: datetime = NOW, **changes: Any) -> Sheet:
    return Sheet(TOLD | changes, BEIJING, {}, now)


def test_a_deadline_beyond_new_year_is_told_with_its_year() -> None:
    *_, deadline = sheet().heading()

    assert deadline == "deadline  Wed 06 Jan 2027 10:00"


def test_a_limit_that_keeps_a_calendar_which_was_corrected_says_so() -> None:
    old = DONGCHENG.calendar.model_copy(update={"version": "1"}).model_dump(mode="json")

    kept, now = (list(sheet(calendar=old, calendar_in_force=version).heading()) for version in ("2", "1"))

    assert [line.strip() for line in kept if line not in now] == [
        "version 2 is in force by now; this limit keeps its own"
    ]


def test_a_day_of_this_year_is_told_without_it() -> None:
    ((began, *_),) = sheet().segments()

    assert began == "Thu 31 Dec 10:00"


def test_a_clock_that_is_looked_at_a_year_later_tells_the_year_of_each_day() -> None:
    later = datetime(2027, 3, 1, tzinfo=UTC)
    ((began, *_, by_hand),) = sheet(now=later, at="2027-01-05T04:00:00.000Z").segments()

    assert began == "Thu 31 Dec 2026 10:00"
    assert "31 Dec 2026" in by_hand
    assert by_hand.endswith("05 Jan")
