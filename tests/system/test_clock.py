"""Clocks on a house that runs: a deadline is explained, and a task walks up its ladder and down again."""

from tests.system.running import RunningHouse

RAMP = ("--class", "dc-social:0101", "--grid", "110101009010003")
"""What a rule sends straight to a department with a mailbox."""


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
