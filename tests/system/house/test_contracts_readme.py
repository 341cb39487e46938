"""The programs of the contracts' README, as they stand, on the house that it sends its readers to."""

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Timer
from typing import Any

import pytest

from tests.system.running import GRID, ROOT, RunningHouse
from tests.waiting import wait_for
from wangge_local.doors import Door
from wangge_local.house_keys import read_tokens

README = (ROOT / "contracts" / "README.md").read_text(encoding="utf-8")
BURST = ("--class", "gb-event:0501", "--grid", GRID)
"""What a rule sends straight to the department that the programs speak for."""


@pytest.fixture
def programs(tmp_path: Path) -> Path:
    for text, name in re.findall(r"^```python\n(# (\w+\.py)\b.*?)^```", README, re.DOTALL | re.MULTILINE):
        (tmp_path / name).write_text(text, encoding="utf-8")
    return tmp_path


@contextmanager
def running(
    program: Path, house: RunningHouse, *arguments: str, **settings: str
) -> Iterator[subprocess.Popen[str]]:
    """With nothing but the broker's address and *settings*; what says nothing for too long is ended."""
    environment = {name: text for name, text in os.environ.items() if name not in ("DEPARTMENT", "TERMINAL")}
    environment |= {"KAFKA": house.bootstrap, "PYTHONUNBUFFERED": "1"} | settings
    command = [sys.executable, str(program), *arguments]
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, text=True, env=environment, cwd=program.parent
    ) as process:
        patience = Timer(90, process.kill)
        patience.start()
        try:
            yield process
        finally:
            patience.cancel()
            process.kill()


def test_a_report_is_kept(house: RunningHouse, programs: Path) -> None:
    with running(programs / "report.py", house) as process:
        told, _ = process.communicate()

    assert told.startswith("kept at terminals.pda.reports.v1/0/")


def test_a_task_is_read_and_answered(house: RunningHouse, programs: Path) -> None:
    case = house.report(*BURST)
    with running(programs / "tasks.py", house) as reading:
        assert reading.stdout is not None
        for line in reading.stdout:
            if line.startswith(f"{case} assigned"):
                break
        _, _, *named = reading.stdout.readline().split()
    with running(programs / "answer.py", house, *named) as answering:
        told, _ = answering.communicate()

    assert told == "applied []\n"
    house.told(case, until="task-changed done")


def test_a_task_is_heard_of_over_http(house: RunningHouse, programs: Path) -> None:
    door, token = house.folder.door("intake-0"), read_tokens(house.folder)["departments.beijing-water"]
    case = house.report(*BURST)
    with running(programs / "listen.py", house, DOOR=door, TOKEN=token) as listening:
        assert listening.stdout is not None
        assert any(line.startswith(f"{case} assigned") for line in listening.stdout)


def test_who_lost_what_he_knew_asks_for_all_that_is_open(house: RunningHouse) -> None:
    token = read_tokens(house.folder)["departments.beijing-water"]
    door = Door("ledger", house.folder.door("ledger-0"), token)
    case = house.report(*BURST)

    def ours(told: Any) -> list[Any]:
        return [one for one in told if one["task"]["case_number"] == case]

    (found,) = wait_for(
        "the task has its clock",
        lambda: [one for one in ours(door.get("/v1/tasks", limit=200)["tasks"]) if "clock" in one],
    )
    assert found["task"]["holder"] == "department:beijing-water"
    assert found["clock"]["task_id"] == found["task"]["task_id"]
    assert door.get(f"/v1/tasks/{found['task']['task_id']}") == found
    assert ours(house.asked("department", "resync", "beijing-water")) == [found]
    assert case in house.wangge("department", "resync", "beijing-water")
    refused = house.run("department", "resync", "beijing-watre")
    assert (refused.exit_code, "There is no such holder" in refused.errors) == (1, True)
