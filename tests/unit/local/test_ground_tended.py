"""What the house stands on is started again when it has ended, however often that takes."""

import sys
from dataclasses import dataclass
from pathlib import Path

import psutil
import pytest

from wangge_local import daemon as daemons
from wangge_local.daemon import Daemon
from wangge_local.ground import GroundError, plain_environment, poll
from wangge_local.ground_tended import Tended


@dataclass
class Fragile:
    """Something that starts at the try after so many that fail."""

    fails: int
    pid: int | None = None
    log: Path = Path("fragile.log")
    tries: int = 0

    def start(self) -> None:
        self.tries += 1
        if self.tries <= self.fails:
            raise GroundError("the lock file is there")
        self.pid = 1


def test_what_has_ended_is_started_again() -> None:
    ground = Fragile(fails=0)
    told = list(Tended(ground).tend(now=5))

    assert told == ["Fragile ended (see fragile.log); it is started again", "Fragile runs again"]
    assert ground.pid is not None


def test_what_runs_is_left_alone() -> None:
    ground = Fragile(fails=0, pid=7)

    assert not list(Tended(ground).tend(now=5))
    assert ground.tries == 0


def test_the_log_of_what_runs_is_kept_short(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(daemons, "LOG_BYTES", 1000)
    ground = Fragile(fails=0, pid=7, log=tmp_path / "fragile.log")
    ground.log.write_bytes(b"x" * 1001)

    assert not list(Tended(ground).tend(now=5))
    assert not ground.log.read_bytes()


def test_a_start_in_vain_is_tried_again_later_each_time() -> None:
    ground = Fragile(fails=3)
    tended = Tended(ground)
    tries: list[int] = []
    told: list[str] = []
    for now in range(100, 110):
        told += tended.tend(now=now)
        tries.append(ground.tries)

    assert tries == [1, 2, 2, 3, 3, 3, 3, 4, 4, 4]
    assert [line.split(";")[0] for line in told] == [
        "Fragile ended (see fragile.log)",
        *["the lock file is there"] * 3,
        "Fragile runs again",
    ]


def test_a_dead_program_is_collected_before_it_is_started_again(tmp_path: Path) -> None:
    daemon = Daemon("short", tmp_path)
    launch = [sys.executable, "-c", ""]
    daemon.launch(launch, environment=plain_environment(), bound=False, options={})
    number = daemon._kept_pid() or 0
    assert any(psutil.Process(number).status() == psutil.STATUS_ZOMBIE for _ in poll(timeout=10))
    daemon.launch(launch, environment=plain_environment(), bound=False, options={})

    assert number not in psutil.pids()
    assert daemon.wait(timeout=10)
