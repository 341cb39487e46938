"""The same storm for minutes: faults drawn by chance, one after another, healed before the next."""

import os
import random
import signal
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.checker import check
from tests.ground import fresh_database
from tests.system.storm import Storm
from tests.waiting import wait_for
from wangge_local.kafka import Kafka
from wangge_local.postgres import Postgres

TOTAL = 40_000
PER_SECOND = 130
REPLICAS = [("intake", "a"), ("intake", "b"), ("router", "a"), ("router", "b"), ("router", "c")]


@pytest.mark.long
def test_five_minutes_of_faults_lose_nothing(
    own_kafka: Kafka, own_postgres: Postgres, tmp_path: Path
) -> None:
    seed = int(os.environ.get("WANGGE_TEST_SEED", time.time_ns() % 2**32))
    chance = random.Random(seed)
    print(f"WANGGE_TEST_SEED={seed}")  # noqa: T201 - the one thing needed to see a failure again
    with fresh_database(own_postgres) as database:
        storm = Storm(own_kafka, database, tmp_path)

        def kill() -> None:
            service, replica = chance.choice(REPLICAS)
            storm.kill(service, replica)
            time.sleep(chance.uniform(0, 6))
            storm.start(service, replica)

        def freeze() -> None:
            service, replica = chance.choice(REPLICAS)
            storm.signal(service, replica, signal.SIGSTOP)
            time.sleep(chance.uniform(1, 12))
            storm.signal(service, replica, signal.SIGCONT)

        def restart_database() -> None:
            own_postgres.restart()

        def kill_sessions() -> None:
            own_postgres.sql(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = 'router'"
            )

        def kill_broker() -> None:
            own_kafka.kill()
            time.sleep(chance.uniform(0, 4))
            own_kafka.start()

        def freeze_broker() -> None:
            own_kafka.freeze()
            time.sleep(chance.uniform(1, 8))
            own_kafka.thaw()

        faults: list[Callable[[], None]] = [
            kill,
            kill,
            freeze,
            freeze,
            restart_database,
            kill_sessions,
            kill_broker,
            freeze_broker,
        ]
        drawn: list[str] = []
        try:
            for service, replica in REPLICAS:
                storm.start(service, replica)
            with storm.reports(total=TOTAL, per_second=PER_SECOND):
                wait_for("work has begun", lambda: len(storm.gathered.spoken) > 500)
                while len(storm.gathered.spoken) < TOTAL * 0.95 and len(drawn) < 200:
                    fault = chance.choice(faults)
                    drawn.append(fault.__name__)
                    fault()
                    time.sleep(chance.uniform(1, 6))
            storm.wait_quiet(within_s=300)
        finally:
            storm.stop_all()
        print(f"{len(drawn)} faults: {' '.join(drawn)}")  # noqa: T201 - kept as evidence

        run = storm.gather()
        assert check(run) == []
        assert len(run.spoken) == len(set(run.effects)) == TOTAL
        assert len({incident for incident, _ in run.tasks}) == TOTAL
