"""What is known of a holder: how people call him, and where his tasks lie."""

import pytest

from tests.unit.router.scenes import CENTRE, DESK, DIRECTORY, GRID, POLICE, WORKSTATION


@pytest.mark.parametrize(
    ("holder", "called"),
    [
        ("department:water", "water"),
        ("department:gone", "gone"),
        (POLICE, POLICE),
        (f"officer:{GRID}/gone", f"{GRID} gone"),
        (WORKSTATION, "110101009015综合工作站"),
        (DESK, "110101009指挥中心"),
    ],
)
def test_everybody_is_called_by_some_name(holder: str, called: str) -> None:
    assert DIRECTORY.name(holder).zh == called


@pytest.mark.parametrize(
    ("holder", "topic"),
    [
        ("department:water", "departments.water.tasks.v1"),
        (POLICE, "terminals.pda.tasks.v1"),
        ("department:housing", None),
        ("department:gas", None),
        (DESK, None),
    ],
)
def test_tasks_lie_where_their_holder_reads_them(holder: str, topic: str | None) -> None:
    assert DIRECTORY.mailbox(holder) == topic


@pytest.mark.parametrize(
    ("desk", "whose", "commands"),
    [
        (DESK, WORKSTATION, True),
        (WORKSTATION, DESK, False),
        (CENTRE, POLICE, True),
        (CENTRE, "desk:110101099", True),
        (CENTRE, "officer:110101099001001/police", True),
        (DESK, "desk:110101099", False),
        ("desk:110101099", "desk:110101099", False),
        (CENTRE, "department:water", False),
        ("department:water", DESK, False),
    ],
)
def test_a_desk_commands_its_place_and_the_districts_what_has_gone(
    desk: str, whose: str, *, commands: bool
) -> None:
    assert DIRECTORY.commands(desk, whose) is commands
