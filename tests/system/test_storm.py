"""5,000 reports through intake and router while replicas, broker and database come and go."""

import signal
import time
from pathlib import Path

import pytest

from tests.ground import fresh_database
from tests.system.storm import Storm
from tests.waiting import wait_for
from wangge_local.kafka import Kafka
from wangge_local.postgres import Postgres

TOTAL = 5000


@pytest.mark.long
def test_a_storm_loses_nothing_doubles_nothing_and_keeps_the_order(
    own_kafka: Kafka, own_postgres: Postgres, tmp_path: Path
) -> None:
    with fresh_database(own_postgres) as database, Storm(own_kafka, database, tmp_path) as storm:
        for room, replica in (("intake", "a"), ("router", "a"), ("intake", "b"), ("router", "b")):
            storm.start(room, replica)
        with storm.reports(total=TOTAL, per_second=200):
            storm.start("router", "c")
            wait_for("work has begun", lambda: len(storm.gathered.spoken) > 500)
            storm.kill("router-b")
            storm.signal("router-c", signal.SIGSTOP)
            storm.start("router", "b")
            time.sleep(3)
            own_postgres.restart()
            storm.kill("intake-a")
            time.sleep(3)
            storm.start("intake", "a")
            storm.signal("router-c", signal.SIGCONT)
            own_kafka.kill()
            time.sleep(1)
            own_kafka.start()
        storm.wait_quiet()
        storm.stop_all()

        assert storm.breaches() == []
        assert len(storm.gathered.effects) == TOTAL
        assert len({incident for incident, _ in storm.gathered.tasks}) == TOTAL
