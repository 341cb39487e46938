"""What whoever is on call is told by metrics and log: that something is wrong, and that it is over."""

import json
import time
import urllib.request
from pathlib import Path

from confluent_kafka.admin import AdminClient

from tests.ground import FreshDatabase, free_ports_of
from tests.service.chassis.running import ANSWERS, EchoRun, answer, get_json
from tests.service.chassis.test_batches import POISON
from tests.waiting import wait_for
from wangge_contracts import topics
from wangge_local import topics as house_topics
from wangge_local.kafka import Kafka


def metric(port: int, named: str) -> float:
    """Return the sum of the samples whose name and labels begin with *named*; -1 if there is none."""
    with urllib.request.urlopen(f"http://127.0.0.1:{port}/metrics", timeout=5) as told:
        lines = [line for line in told.read().decode().splitlines() if line.startswith(named)]
    return sum(float(line.rpartition(" ")[2]) for line in lines) if lines else -1


def events(run: EchoRun, named: str) -> list[dict[str, object]]:
    """Return what replica a has logged under *named*."""
    lines = [json.loads(line) for line in run.log("a").splitlines() if line.startswith("{")]
    return [line for line in lines if line["event"] == named]


def test_what_the_broker_refuses_is_counted_all_the_while_and_told_once(
    fresh_topics: Kafka, database: FreshDatabase, tmp_path: Path
) -> None:
    port = free_ports_of(tmp_path, "a")["a"]
    client = AdminClient({"bootstrap.servers": fresh_topics.bootstrap, "log_level": 0})
    client.delete_topics([topics.CLOCKS_CHANGED.name])[topics.CLOCKS_CHANGED.name].result(30)
    wait_for("it is gone", lambda: topics.CLOCKS_CHANGED.name not in client.list_topics(timeout=10).topics)
    with EchoRun(fresh_topics, database, folder=tmp_path) as run:
        run.say([answer(1, "i1")])
        run.start("a", port=port, log_level="info")
        wait_for("it is refused", lambda: bool(events(run, "publication_refused")), within_s=60)
        run.say([answer(2, "i1"), answer(3, "i1")])
        waits = f'wangge_consumer_lag_records{{consumer="escalation",topic="{ANSWERS}"}}'
        wait_for("what waits is counted", lambda: metric(port, waits) == 2, within_s=30)
        for _ in range(30):
            assert metric(port, "wangge_unpublished_rows") == 1
            time.sleep(0.5)
        house_topics.create(fresh_topics.bootstrap)
        run.wait_done(effects=3)

        wait_for("nothing waits", lambda: metric(port, waits) == 0)
        assert metric(port, "wangge_unpublished_rows") == 0
        assert len(events(run, "publication_refused")) == 1
        assert len(events(run, "publication_goes_on")) == 1


def test_what_is_buried_is_logged_by_topic_and_code_and_not_by_what_it_says(
    fresh_topics: Kafka, database: FreshDatabase, tmp_path: Path
) -> None:
    port = free_ports_of(tmp_path, "a")["a"]
    _, usual = POISON["invalid JSON"]
    with EchoRun(fresh_topics, database, folder=tmp_path) as run:
        for _ in range(40):
            run.put(ANSWERS, b'{"phone": "13800138000"', key=b"i1", headers=usual)
        run.start("a", port=port)
        buried = 'wangge_records_handled_total{consumer="escalation",outcome="dead-letter"}'
        wait_for("it answers", lambda: get_json(port, "/health/ready", expect=200) is not None)
        wait_for("all are buried", lambda: metric(port, buried) == 40)
        told = events(run, "records_buried")

    assert sum(int(str(line["records"])) for line in told) == 40
    assert {(line["topic"], line["level"]) for line in told} == {(ANSWERS, "warning")}
    assert len(told) < 10
    assert "13800138000" not in run.log("a")
