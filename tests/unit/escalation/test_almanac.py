"""Whose mailbox is which, and what reference data of a newer make are read as."""

import pytest

from tests.unit.escalation.builders import CALENDARS, DEPARTMENTS, LADDER, almanac
from wangge_escalation.almanac import Almanac


@pytest.mark.parametrize(
    ("holder", "mailbox"),
    [
        ("department:water", "departments.water.tasks.v1"),
        ("department:gas", None),
        ("department:nobody-knows", None),
        ("desk:110101009", None),
        ("officer:110101009015004/police", "terminals.pda.tasks.v1"),
        ("officer:110101009015004/fire", "terminals.fire-119.tasks.v1"),
    ],
)
def test_the_clock_lies_where_its_task_lies(holder: str, mailbox: str | None) -> None:
    rosters = {
        "terminal": "pda",
        "posts": [{"holder": "officer:110101009015004/fire", "terminal": "fire-119", "staff_id": "f"}],
    }
    kept = Almanac(
        version="1", ladder=LADDER, departments=DEPARTMENTS, calendars=[CALENDARS], rosters=rosters
    )

    assert kept.mailbox(holder) == mailbox


def test_an_officer_has_no_mailbox_where_no_roster_names_a_terminal() -> None:
    kept = Almanac(version="1", ladder=LADDER, departments=DEPARTMENTS, calendars=[CALENDARS])

    assert kept.mailbox("officer:110101009015004/police") is None


def test_a_way_of_reaching_people_that_is_not_known_here_is_no_mailbox() -> None:
    newer = [{"slug": "pigeons", "reach": "carrier-pigeon", "breed": "homer"}]

    assert (
        Almanac(version="1", ladder=LADDER, departments=newer, calendars=()).mailbox("department:pigeons")
        is None
    )


def test_a_ladder_is_named_with_the_version_of_its_bundle() -> None:
    assert almanac().climb("handle", "normal", None)[1] == "ordinary-2026.1"
