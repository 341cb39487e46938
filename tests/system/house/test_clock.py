"""
Clocks on a house that runs: a deadline is explained, and a task walks up its ladder and down again.

This file is the first on the house: to move time is to walk through every ring of every matter there is.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from tests.system.running import RunningHouse

RAMP = ("--class", "dc-social:0101", "--grid", "110101009010003")
"""What a rule sends straight to a department with a mailbox."""


def test_time_is_moved_through_every_ring_in_order(house: RunningHouse) -> None:
    case = house.report()
    house.told(case, until="clock started")
    moved = house.asked("clock", "advance", "1h")

    rang = [datetime.fromisoformat(at) for at in moved["rang"]]
    assert rang == sorted(rang)
    assert len(rang) >= 2
    told = house.told(case, until="clock rang overdue")
    warned, overdue = (
        next(line for line in told["timeline"] if line["what"] == f"clock rang {rung}")
        for rung in ("warning", "overdue")
    )
    assert warned["effective_at"] < overdue["effective_at"]
    assert not any(line["document"].get("catch_up") for line in (warned, overdue))


def test_a_deadline_is_explained_on_one_screen(house: RunningHouse) -> None:
    case = house.report(*RAMP)
    house.told(case, until="clock started")
    shown = house.wangge("clock", "explain", case)

    assert len(shown.splitlines()) <= 24
    for word in ("limit", "calendar", "deadline", "Whose time", "warning", "list-street, list-district"):
        assert word in shown
    told = house.asked("clock", "explain", case)
    assert told["case_number"] == case
    assert sum(told["by_holder"].values()) == told["elapsed_s"]
    assert house.asked("clock", "explain", told["task_id"])["deadline"] == told["deadline"]


def test_a_task_without_a_clock_is_said_in_one_line(house: RunningHouse) -> None:
    refused = house.run("clock", "explain", "nonsense")

    assert refused.exit_code == 1
    assert "no clock runs or ever ran for task nonsense" in refused.errors


def test_a_task_walks_from_its_warning_to_both_boards_and_off_them(house: RunningHouse) -> None:
    case = house.report("--class", "dc-social:0101/2", "--grid", "110101009010003")
    house.told(case, until="clock started")
    house.wangge("clock", "advance", "40d")  # ten working days and one more, whatever holidays lie there

    told = house.told(case, until="clock listed")
    rungs = [what for what in said(told) if what != "clock rang unsigned"]
    assert rungs == [
        "clock started",
        "clock rang warning",
        "clock rang overdue",
        "clock rang listed",
        "clock listed",
        "clock rang supervised",
    ]
    assert {(each["board"], each["place"]) for each in told["incident"]["listed"]} == {
        ("street", "110101009"),
        ("district", "110101"),
    }
    assert house.wangge("clock", "explain", case).count("listed (挂账)") == 2

    house.wangge("answer", case, "done", "--text", "已修好")
    told = house.told(case, until="clock stopped")
    assert said(told)[-2:] == ["clock unlisted", "clock stopped"]
    assert not told["incident"].get("listed")


def said(told: Mapping[str, Any]) -> list[str]:
    """What the clock of who handles said, each once, in order."""
    lines = (
        line["what"]
        for line in told["timeline"]
        if line["topic"] == "clocks.changed.v1" and line["document"]["kind"] == "handle"
    )
    return list(dict.fromkeys(lines))
