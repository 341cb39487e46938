"""Who starts is waited for as long as it may need; who has ended says why."""

import json
import tracemalloc
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, cast

import psutil
import pytest

from wangge_local import daemon, house, house_replicas
from wangge_local.ground import GroundError
from wangge_local.house import _told_late
from wangge_local.house_folder import HouseFolder
from wangge_local.house_replicas import Replica, wait_until_ready

MIGRATING = "migrating wangge_ledger/0005_slow.sql since 2026-01-05 04:00:00 UTC"


@dataclass
class Clock:
    """Stands in for `time`: it moves by what is slept alone."""

    now: float = 1000.0

    def monotonic(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.now += seconds


@dataclass
class Starting:
    """A replica that gives each of *reasons* so many times, and is ready after them."""

    name: str
    reasons: list[tuple[str, int]]
    halted: dict[str, str] = field(default_factory=dict)
    """Each part that stands still for good, and why."""
    program: object = field(default_factory=object)

    @property
    def door(self) -> "Starting":
        return self

    def tend(self) -> Iterator[str]:
        return iter(())

    def health(self, *, timeout: float) -> dict[str, Any]:
        del timeout
        while self.reasons:
            why, times = self.reasons.pop(0)
            if times:
                self.reasons.insert(0, (why, times - 1))
                return {"ready": False, "reasons": [why, *self.halted], "ledger": {"halted": self.halted}}
        return {
            "ready": not self.halted,
            "reasons": [f"ledger: part {part} halted: {why}" for part, why in self.halted.items()],
            "ledger": {"halted": self.halted},
        }


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    clock = Clock()
    monkeypatch.setattr(house_replicas, "time", clock)
    monkeypatch.setattr(house, "time", clock)
    return clock


def waited(*replicas: Starting, timeout: float) -> list[dict[str, str]]:
    found = wait_until_ready([cast("Replica", replica) for replica in replicas], timeout=timeout)
    return [dict(waiting) for waiting in found]


def test_a_replica_that_migrates_is_waited_for_however_long_it_takes(clock: Clock) -> None:
    ledger = Starting("ledger-0", [("starting", 50), (MIGRATING, 100_000), ("starting", 30)])
    said = waited(Starting("router-0", [("starting", 20)]), ledger, timeout=10)

    assert said[-1] == {}
    assert clock.now > 1000 + 9_000


def test_what_does_not_migrate_has_its_limit_before_and_after_a_migration_together(clock: Clock) -> None:
    ledger = Starting("ledger-0", [("starting", 50), (MIGRATING, 1_000), ("waiting for kafka: away", 60)])
    with pytest.raises(GroundError, match="ledger-0 is not ready after 10 s: waiting for kafka: away"):
        waited(ledger, timeout=10)

    assert 1000 + 109 < clock.now < 1000 + 111


def test_a_part_that_waits_for_a_person_keeps_no_house_from_its_start(clock: Clock) -> None:
    ledger = Starting("ledger-0", [("ledger: 3 parts not taken over yet", 20)], halted={"10": "gap"})
    said = waited(ledger, Starting("router-0", [("starting", 40)]), timeout=10)

    assert said[-1] == {"ledger-0": "ledger: part 10 halted: gap"}
    assert 1000 + 3.9 < clock.now < 1000 + 4.1


def test_a_migration_that_takes_long_is_told_in_a_line_once(clock: Clock) -> None:
    since: dict[str, float] = {}
    told: list[str] = []
    for _ in range(200):
        told += _told_late({"router-0": "starting", "ledger-0": MIGRATING}, since)
        clock.sleep(0.1)

    assert told == [f"ledger-0: {MIGRATING}"]


def test_who_migrates_is_shown_before_who_starts() -> None:
    assert house._said({"router-0": "starting", "ledger-0": MIGRATING}, of=5) == (
        f"3 of 5 ready; ledger-0: {MIGRATING}"
    )


@pytest.fixture
def router(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Replica:
    """A replica whose log may hold 1000 bytes."""
    monkeypatch.setattr(daemon, "LOG_BYTES", 1000)
    folder = HouseFolder(tmp_path)
    folder.logs.mkdir()
    return Replica("router", "0", 1, folder, {})


def test_why_a_replica_ended_is_read_from_the_end_of_its_log_alone(router: Replica) -> None:
    why = json.dumps({"level": "critical", "event": "must_exit", "reason": "the disk is full"})
    router._daemon.log.write_text("坑" * 1_000_000 + f"\n{why}\n")

    tracemalloc.start()
    told = router.last_words()
    _, most = tracemalloc.get_traced_memory()
    tracemalloc.stop()

    assert told == "the disk is full"
    assert most < 1_000_000


def test_what_was_said_before_this_start_is_not_why_it_ended(router: Replica) -> None:
    before, now = "Error: of yesterday\n", "Error: of today\n"
    router._daemon.log.write_text(before + now)

    assert list(router._daemon.last_lines(since=len(before))) == ["Error: of today"]
    assert not list(router._daemon.last_lines(since=len(before + now)))


def test_a_log_is_begun_anew_while_its_program_runs_and_goes_on_writing(
    router: Replica, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(router._daemon, "program", psutil.Process)
    router._begins = 500
    with router._daemon.log.open("ab", buffering=0) as log:
        log.write(b"early\n" * 300)
        assert not list(router.tend())
        log.write(b"late\n")
        assert not list(router.tend())

    assert router._daemon.log.read_bytes() == b"late\n"
    assert router._daemon.log.with_suffix(".log.1").read_bytes() == (b"early\n" * 300)[-1000:]
    assert router.last_words() == "late"
