"""A connector is tried out before it counts: one that bears everything, one that believes all it hears."""

import json
import subprocess
import sys
from collections.abc import Mapping, Sequence
from typing import Any

import pytest

from tests.system.connectors import connected, reporting
from tests.system.running import ROOT, RunningHouse
from wangge_contracts.topics import (
    DEPARTMENT_TASKS,
    TERMINAL_ANSWERS,
    TERMINAL_TASKS,
)
from wangge_contracts.v1 import TaskChanged
from wangge_local.listening import Listener
from wangge_local.ports import free_port

GOOD, GULLIBLE = "beijing-heating", "beijing-power"
UNHEARD, SILENT = "dongcheng-roads", "sensor"
OFFICERS = "pda"
MIXED_UP, CAREFUL = "residents", "hotline"
TROUBLES = ["kept", "unknown", "lost answer", "away", "quota", "captive portal", "refused"]
TRIALS = ["new", "duplicate", "stale", "clock first", "unknown", "withdrawn", "refused"]


def failed_of(play: tuple[int, Any]) -> tuple[int, Mapping[str, str]]:
    """Return a play's exit status and, of each trial that failed, why."""
    status, told = play
    return status, {each["trial"]: each["why"] for each in told["trials"] if each["verdict"] == "failed"}


def tried(house: RunningHouse, *asked: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [
            *(sys.executable, "-m", "wangge_local", "conformance", *asked, "--json"),
            *("--data", str(house.folder.root), "--quiet", "0.5"),
        ],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        text=True,
    )


def left(house: RunningHouse, slug: str) -> list[str]:
    """Return how each task of a trial stands at the end in the unit's mailbox."""
    newest: dict[str, tuple[int, str]] = {}
    with Listener(house.bootstrap, [DEPARTMENT_TASKS.named(slug)], since="start") as listener:
        for record in listener.rest():
            if record.header("ce_type") == TaskChanged.TYPE:
                task = TaskChanged.read(record.value or b"")
                if task.mode == "test":
                    newest[task.task_id] = max(newest.get(task.task_id, (0, "")), (task.revision, task.state))
    return [state for _, state in newest.values()]


@pytest.fixture(scope="module")
def played(house: RunningHouse) -> Mapping[str, tuple[int, Any]]:
    """By slug, the exit status of each play and what it told; all at once, for they mostly wait."""
    ports = {slug: free_port() for slug in (CAREFUL, MIXED_UP)}
    with (
        connected(house, GOOD, gullible=False),
        connected(house, GULLIBLE, gullible=True),
        connected(house, OFFICERS, gullible=False, hears=TERMINAL_TASKS, says=TERMINAL_ANSWERS),
        reporting(house, CAREFUL, ports[CAREFUL], careful=True),
        reporting(house, MIXED_UP, ports[MIXED_UP], careful=False),
    ):
        plays = {
            GOOD: tried(house, "department", GOOD),
            GULLIBLE: tried(house, "department", GULLIBLE),
            UNHEARD: tried(house, "department", UNHEARD, "--within", "1"),
            OFFICERS: tried(house, "terminal", OFFICERS, "--tasks"),
            CAREFUL: tried(house, "terminal", CAREFUL, "--port", str(ports[CAREFUL])),
            MIXED_UP: tried(house, "terminal", MIXED_UP, "--port", str(ports[MIXED_UP]), "--within", "5"),
            SILENT: tried(house, "terminal", SILENT, "--within", "1"),
        }
        told = {slug: json.loads(play.communicate(timeout=120)[0]) for slug, play in plays.items()}
    return {slug: (play.returncode, told[slug]) for slug, play in plays.items()}


@pytest.mark.parametrize(("slug", "trials"), [(GOOD, TRIALS), (OFFICERS, TRIALS), (CAREFUL, TROUBLES)])
def test_who_bears_everything_passes(played: Mapping[str, Any], slug: str, trials: Sequence[str]) -> None:
    passed = [{"trial": name, "verdict": "passed", "why": None} for name in trials]

    assert played[slug] == (0, {"passed": True, "trials": passed})


@pytest.mark.parametrize("slug", [UNHEARD, SILENT])
def test_who_is_not_heard_at_all_is_not_tried_on(played: Mapping[str, Any], slug: str) -> None:
    status, told = played[slug]

    assert status == 1
    assert [each["verdict"] for each in told["trials"]] == ["failed", *["not tried"] * 6]


def test_a_connector_is_told_what_it_does_not_bear(played: Mapping[str, Any]) -> None:
    status, failed = failed_of(played[GULLIBLE])

    assert status == 1
    assert failed.keys() == {"duplicate", "stale", "withdrawn"}
    assert "3 times" in failed["duplicate"]
    assert "revision 1, 2" in failed["stale"]


def test_a_terminal_is_told_what_it_does_not_bear(played: Mapping[str, Any]) -> None:
    status, failed = failed_of(played[MIXED_UP])

    assert status == 1
    assert {name: why.partition(",")[0] for name, why in failed.items()} == {
        "lost answer": "not sent again within 5 s",
        "away": "not sent again within 5 s",
        "quota": "sent again as another report",
        "captive portal": "not sent again within 5 s",
        "refused": "sent again as another report",
    }


@pytest.mark.usefixtures("played")
def test_no_task_of_a_trial_is_left(house: RunningHouse) -> None:
    for slug, trials in ((GOOD, 7), (GULLIBLE, 7), (UNHEARD, 1)):
        assert left(house, slug) == ["withdrawn"] * trials


@pytest.mark.parametrize(
    ("asked", "why"),
    [
        (("department", "beijing-watre"), "there is no such unit"),
        (("department", "beijing-gas"), "it is reached by contact-only"),
        (("terminal", "pdas"), "there is no terminal system 'pdas' here; there is hotline, pda,"),
        (("terminal", "sensor", "--tasks"), "no officer of the roster in force has his tasks by it"),
        (("desk", "110101"), "'desk' is not one of 'department', 'terminal'"),
    ],
)
def test_what_cannot_be_tried_is_said(house: RunningHouse, asked: tuple[str, str], why: str) -> None:
    ran = house.run("conformance", *asked)

    assert ran.exit_code in (1, 2)
    assert why in ran.errors
