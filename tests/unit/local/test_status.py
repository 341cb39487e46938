"""How a house stands is told as far as it can be found out, whatever of it is away."""

import os
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from wangge_local.cli_options import kafka_of, ledger_of, postgres_of
from wangge_local.ground import GroundError
from wangge_local.house_folder import HouseFolder, Starting
from wangge_local.status import absent, gathered, no_room, standing, tell


def away() -> None:
    raise GroundError("the broker gives no answer", see="wangge status")


def test_what_comes_after_a_silence_is_not_waited_for() -> None:
    asked: list[str] = []
    found, why = gathered({"a": lambda: 1, "b": away, "c": lambda: asked.append("c")})

    assert found == {"a": 1}
    assert why == ["the broker gives no answer"]
    assert not asked


def test_what_has_ended_for_want_of_room_is_said_to_need_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("shutil.disk_usage", lambda _: SimpleNamespace(free=400_000_000))

    [why] = no_room(HouseFolder(tmp_path))
    assert why.startswith("Kafka is not started again: only 400 MB are free under ")
    assert why.endswith(": 500 MB are needed")


def test_each_part_that_is_known_is_told(capsys: pytest.CaptureFixture[str]) -> None:
    services = [{"name": "router-0", "ready": False, "parts": {"router": 12}, "notes": []}]
    part = {"service": "router", "consumer": "router", "part": "3", "topic": "t", "partition": 3, "offset": 9}
    part |= {"key": None, "expected": None, "seen": None, "reason": "a gap", "halted_at": ""}
    dump = {
        "pid": 7,
        "role": "postgres",
        "application": "pg_dump",
        "state": "active",
        "since": "",
        "age_s": 660,
    }
    stands: dict[str, Any] = {"ready": False, "why": ["Kafka is away"], "data": "var", "config": "dongcheng"}
    differing = ["topic incidents.changed.v1 has cleanup.policy compact, not delete"]
    waits = {"halted": [part], "unpublished": [], "held_open": [dump], "differing": differing}
    tell(stands | {"services": services} | waits)
    told = capsys.readouterr().out

    assert "pg_dump (pid 7, " in told
    assert "open for 11 minutes" in " ".join(told.split())
    assert "router-0" in told
    assert "part 3 of router stands still" in told
    assert "nothing waits to be published" in told
    assert "incidents.changed.v1 has cleanup.policy compact, not delete" in " ".join(told.split())
    assert "dead letters" not in told


def test_house_time_is_told_by_the_clocks_of_the_city(capsys: pytest.CaptureFixture[str]) -> None:
    stands: dict[str, Any] = {"ready": True, "why": [], "data": "var", "config": "dongcheng"}
    time = {"house_time": "2026-11-30T16:00:42+00:00", "time_zone": "Asia/Shanghai"}
    tell(stands | time | {"services": [], "absent": []})

    assert "house time 2026-12-01 00:00:42 CST" in capsys.readouterr().out


def test_a_house_that_starts_for_the_first_time_is_told_to_do_so(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = HouseFolder(tmp_path)
    with folder.held():
        stands = standing(folder)
    tell(stands)
    told = " ".join(capsys.readouterr().out.split())

    assert (stands["ready"], stands["pid"], stands["services"]) == (False, os.getpid(), [])
    assert "starts for the first time: wait until wangge status says ready" in " ".join(stands["why"])
    assert told.startswith("not ready the house in")
    assert "configuration -, house time -" in told


@pytest.mark.parametrize("asked", [kafka_of, postgres_of, ledger_of])
def test_nothing_is_asked_of_a_house_that_starts_for_the_first_time(tmp_path: Path, asked: Any) -> None:
    folder = HouseFolder(tmp_path)
    with folder.held(), pytest.raises(Starting, match="starts for the first time"):
        asked(folder)
    with pytest.raises(GroundError, match="start it with wangge up"):
        asked(folder)


def test_a_room_that_was_not_started_here_is_named(capsys: pytest.CaptureFixture[str]) -> None:
    rooms = ("intake-0", "intake-1", "escalation-0", "notifier-0", "ledger-0")
    services = [{"name": name, "ready": True, "parts": {}, "notes": []} for name in rooms]
    stands = {"ready": True, "why": [], "data": "var", "config": "dongcheng", "services": services}
    tell(stands | {"absent": absent(rooms)})

    assert absent(rooms) == ["router"]
    assert "not started here: router" in capsys.readouterr().out


def test_a_house_without_any_room_tells_what_waits_in_it(capsys: pytest.CaptureFixture[str]) -> None:
    stands = {"ready": True, "why": [], "data": "var", "config": "dongcheng", "services": []}
    waiting = {"lag": {"intake": {"terminals.pda.reports.v1": 30}}, "unpublished": []}
    tell(stands | {"absent": absent(())} | waiting)
    told = capsys.readouterr().out

    assert "not started here: intake, router" in told
    assert "terminals.pda.reports.v1" in told
    assert "nothing waits to be published" in told


def test_what_a_replica_notes_is_told_once(capsys: pytest.CaptureFixture[str]) -> None:
    note = "red lights and listings are held"
    service = {"name": "escalation-0", "ready": True, "parts": {}, "notes": [note]}
    stands = {"ready": True, "why": [], "data": "var", "config": "dongcheng", "services": [service]}
    tell(stands | {"notes": [f"escalation-0: {note}"]})

    assert capsys.readouterr().out.count(note) == 1
