"""The same storm for minutes: faults drawn by chance, one after another, healed before the next."""

import os
import random
import signal
import sys
import textwrap
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.ground import fresh_database
from tests.system.storm import Storm
from tests.waiting import wait_for
from wangge_local.kafka import Kafka
from wangge_local.postgres import Postgres

ROOT = Path(__file__).parents[2]
TOTAL = 40_000
PER_SECOND = 130
REPLICAS = [("intake", "a"), ("intake", "b"), ("router", "a"), ("router", "b"), ("router", "c")]


class Faults:
    """What may go wrong. Each method does it, heals it after a time drawn by *chance*, says what it did."""

    def __init__(self, storm: Storm, postgres: Postgres, chance: random.Random) -> None:
        self._storm = storm
        self._postgres = postgres
        self._chance = chance

    def draw(self) -> str:
        """Let one of them happen; what befalls single replicas is twice as likely."""
        faults: list[Callable[[], str]] = [self.kill, self.freeze] * 2
        faults += [self.restart_database, self.kill_sessions, self.kill_broker, self.freeze_broker]
        return self._chance.choice(faults)()

    def _wait(self, least_s: float, most_s: float) -> str:
        wait_s = self._chance.uniform(least_s, most_s)
        time.sleep(wait_s)
        return f"{wait_s:.1f} s"

    def kill(self) -> str:
        room, replica = self._chance.choice(REPLICAS)
        self._storm.kill(f"{room}-{replica}")
        away = self._wait(0, 6)
        self._storm.start(room, replica)
        return f"{room}-{replica} killed, back after {away}"

    def freeze(self) -> str:
        name = "-".join(self._chance.choice(REPLICAS))
        self._storm.signal(name, signal.SIGSTOP)
        away = self._wait(1, 12)
        self._storm.signal(name, signal.SIGCONT)
        return f"{name} frozen for {away}"

    def restart_database(self) -> str:
        self._postgres.restart()
        return "database restarted"

    def kill_sessions(self) -> str:
        self._postgres.sql("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = 'router'")
        return "the router's sessions ended"

    def kill_broker(self) -> str:
        self._storm.kafka.kill()
        away = self._wait(0, 4)
        self._storm.kafka.start()
        return f"broker killed, back after {away}"

    def freeze_broker(self) -> str:
        self._storm.kafka.freeze()
        away = self._wait(1, 8)
        self._storm.kafka.thaw()
        return f"broker frozen for {away}"


@pytest.mark.long
def test_five_minutes_of_faults_lose_nothing(
    own_kafka: Kafka, own_postgres: Postgres, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    seed = int(os.environ.get("WANGGE_TEST_SEED", time.time_ns() % 2**32))
    chance = random.Random(seed)
    drawn: list[str] = []

    def tell(text: str) -> None:
        """Say it past pytest, to whoever keeps the output, also of a run that passes or never ends."""
        with capsys.disabled():
            sys.stdout.write(f"\n{textwrap.fill(text, 110, break_on_hyphens=False)}\n")

    file = Path(__file__).relative_to(ROOT)
    tell(f"again: WANGGE_TEST_SEED={seed} .venv/bin/pytest -m long {file}")
    with fresh_database(own_postgres) as database, Storm(own_kafka, database, tmp_path) as storm:
        faults = Faults(storm, own_postgres, chance)
        try:
            for room, replica in REPLICAS:
                storm.start(room, replica)
            with storm.reports(total=TOTAL, per_second=PER_SECOND) as speaking:
                wait_for("work has begun", lambda: len(storm.gathered.spoken) > 500)
                while speaking.is_alive() and len(drawn) < 200:
                    drawn.append(faults.draw())
                    time.sleep(chance.uniform(1, 6))
            storm.wait_quiet(within_s=300)
            storm.stop_all()
        finally:
            tell(f"{len(drawn)} faults: {'; '.join(drawn)}")

        assert storm.breaches() == []
        assert len(storm.gathered.effects) == TOTAL
        assert len({incident for incident, _ in storm.gathered.tasks}) == TOTAL
