"""Outages pause: broker or database away, replicas coming and going, and nothing is skipped or buried."""

import signal
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.checker import check
from tests.ground import FreshDatabase, free_ports_of, fresh_database, renew_topics
from tests.service.chassis.running import EchoRun, answer, echo_run, get_json, order
from tests.waiting import wait_for
from wangge_local.kafka import Kafka
from wangge_local.postgres import Postgres

KEYS = 50


@contextmanager
def steady(run: EchoRun, *, seconds: float, per_second: int = 200) -> Iterator[list[int]]:
    """Speak at a steady rate beside the test's own doings; the list holds how many in the end."""
    total = round(seconds * per_second)

    def speak() -> None:
        for number in range(0, total, 20):
            run.say(
                answer(n, f"i{n % KEYS}") if n % 2 else order(n, f"i{n % KEYS}")
                for n in range(number, number + 20)
            )
            time.sleep(20 / per_second)

    speaking = threading.Thread(target=speak)
    speaking.start()
    try:
        yield [total]
    finally:
        speaking.join()


def finish(run: EchoRun, effects: int) -> None:
    run.wait_done(effects=effects)
    run.stop_all()
    assert check(run.gather()) == []


def test_the_database_restarted_and_its_sessions_killed(own_kafka: Kafka, own_postgres: Postgres) -> None:
    renew_topics(own_kafka.bootstrap)
    with fresh_database(own_postgres) as database, echo_run(own_kafka, database) as run:
        run.start("a")
        with steady(run, seconds=6) as total:
            wait_for("work has begun", lambda: run.effects() > 50)
            own_postgres.sql(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = 'escalation'"
            )
            time.sleep(1)
            own_postgres.restart()
        finish(run, total[0])


def test_a_right_that_is_missing_buries_nothing(
    fresh_topics: Kafka, database: FreshDatabase, tmp_path: Path
) -> None:
    port = free_ports_of(tmp_path, "a")["a"]
    with echo_run(fresh_topics, database) as run:
        run.start("a", port=port)
        run.say([order(0, "i0")])
        wait_for("the first", lambda: run.effects() == 1)
        database.sql("ALTER TABLE escalation.tally OWNER TO postgres")
        run.say(order(number, f"i{number}") for number in range(1, 40))

        def told() -> bool:
            state = get_json(port, "/health/ready", expect=503) or {"reasons": []}
            return any("permission denied for table tally" in reason for reason in state["reasons"])

        wait_for("what is refused is told", told)
        database.sql("GRANT ALL ON escalation.tally TO escalation")
        finish(run, 40)
        assert run.gathered.dead_letters == []


@pytest.mark.long
def test_the_broker_killed_and_started_again(own_kafka: Kafka, database: FreshDatabase) -> None:
    renew_topics(own_kafka.bootstrap)
    with echo_run(own_kafka, database) as run:
        run.start("a")
        with steady(run, seconds=5) as total:
            wait_for("work has begun", lambda: run.effects() > 50)
            own_kafka.kill()
            time.sleep(1)
            own_kafka.start()
        finish(run, total[0])


def test_replicas_that_come_freeze_die_and_return(fresh_topics: Kafka, database: FreshDatabase) -> None:
    with echo_run(fresh_topics, database) as run:
        run.start("a")
        with steady(run, seconds=14) as total:
            wait_for("work has begun", lambda: run.effects() > 50)
            run.start("b")
            run.start("c")
            time.sleep(4)
            run.kill("a")
            run.signal("b", signal.SIGSTOP)
            run.start("a")
            time.sleep(6)
            run.signal("b", signal.SIGCONT)
            run.kill("c")
        finish(run, total[0])


LOCKED = """
SELECT EXISTS (SELECT FROM pg_locks WHERE relation = 'escalation.tally'::regclass
                  AND mode = 'AccessExclusiveLock' AND granted)
"""


@pytest.mark.long
def test_who_waits_for_a_lock_of_somebody_else_is_not_ready_and_says_why(
    fresh_topics: Kafka, database: FreshDatabase, tmp_path: Path
) -> None:
    port = free_ports_of(tmp_path, "a")["a"]
    with echo_run(fresh_topics, database) as run:
        run.start("a", port=port)
        run.say([order(0, "i0")])
        wait_for("the first", lambda: run.effects() == 1)

        def told() -> bool:
            state = get_json(port, "/health/ready", expect=503) or {"reasons": []}
            return any("LockNotAvailableError" in reason for reason in state["reasons"])

        with ThreadPoolExecutor() as beside:
            forgotten = beside.submit(
                database.sql, "BEGIN; LOCK TABLE escalation.tally; SELECT pg_sleep(45); COMMIT"
            )
            wait_for("it is locked", lambda: database.sql(LOCKED)[0] == "t")
            run.say([order(1, "i1")])
            wait_for("it says why", told, within_s=30)
            time.sleep(12)
            # Each try takes longer than trouble takes to settle, and meanwhile nothing is handled.
            for _ in range(13):
                assert told()
                time.sleep(1)
            forgotten.result()
        finish(run, 2)
