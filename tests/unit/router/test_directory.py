"""What is known of a holder: how people call him, and where his tasks lie."""

import pytest

from tests.unit.router.scenes import DESK, DIRECTORY, GRID, POLICE, WORKSTATION


@pytest.mark.parametrize(
    ("holder", "called"),
    [
        ("department:water", "water"),
        ("department:gone", "gone"),
        (POLICE, POLICE),
        (f"officer:{GRID}/gone", f"{GRID} gone"),
        (WORKSTATION, "110101009015工作站"),
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
