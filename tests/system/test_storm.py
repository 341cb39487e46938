"""5,000 reports through intake and router while replicas, broker and database come and go."""

import signal
import time
from collections import defaultdict
from pathlib import Path

from tests.checker import check
from tests.ground import fresh_database
from tests.system.storm import Storm
from tests.waiting import wait_for
from wangge_contracts import topics
from wangge_local.kafka import Kafka
from wangge_local.postgres import Postgres

TOTAL = 5000


def test_a_storm_loses_nothing_doubles_nothing_and_keeps_the_order(
    own_kafka: Kafka, own_postgres: Postgres, tmp_path: Path
) -> None:
    with fresh_database(own_postgres) as database:
        storm = Storm(own_kafka, database, tmp_path)
        try:
            for service, replica in (("intake", "a"), ("router", "a"), ("intake", "b"), ("router", "b")):
                storm.start(service, replica)
            with storm.reports(total=TOTAL, per_second=200):
                storm.start("router", "c")
                wait_for("work has begun", lambda: len(storm.gathered.spoken) > 500)
                storm.kill("router", "b")
                storm.signal("router", "c", signal.SIGSTOP)
                storm.start("router", "b")
                time.sleep(3)
                own_postgres.restart()
                storm.kill("intake", "a")
                time.sleep(3)
                storm.start("intake", "a")
                storm.signal("router", "c", signal.SIGCONT)
                own_kafka.kill()
                time.sleep(1)
                own_kafka.start()
            storm.wait_quiet()
        finally:
            storm.stop_all()

        run = storm.gather()
        assert check(run) == []
        assert len(run.spoken) == len(set(run.effects)) == TOTAL
        assert len({incident for incident, _ in run.tasks}) == TOTAL
        said: dict[tuple[str, str], int] = defaultdict(int)
        for fact in run.facts:
            said[fact.topic, fact.key] = max(said[fact.topic, fact.key], fact.sequence)
        promised = storm.promised()
        assert {at: n for at, n in promised.items() if said.get(at) != n and "terminals." not in at[0]} == {}
        assert sum(1 for topic, _ in promised if topic == topics.INCIDENTS_CHANGED.name) == TOTAL
