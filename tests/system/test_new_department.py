"""A department joins while reports flow: its first task and its first verdict come within 15 s."""

import json
import shutil
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from confluent_kafka import Consumer, Producer

from tests.ground import fresh_database
from tests.system.storm import CONFIG, Storm
from tests.waiting import wait_for
from wangge_contracts import topics
from wangge_contracts.cloudevents import Envelope, to_headers
from wangge_contracts.v1 import AnswerJudged, Person, TaskAnswered, TaskChanged
from wangge_local import bundle, publish
from wangge_local.kafka import Kafka
from wangge_local.postgres import Postgres

SLUG = "lanterns"
WITHIN_S = 15.0
"""Clients ask for new topics every 10 s (`metadata_max_age_ms`)."""
UNIT = f"""
[[departments]]
slug = "{SLUG}"
name = {{ zh = "灯笼维护所", en = "Lantern keepers" }}
level = "district"
kind = "lanterns"
reach = "mailbox"
"""
RULE = f"""
[[rules]]
name = "everything-to-the-new-one"
when.sources = ["officer"]
then.lead = "{SLUG}"

"""


def with_new_department(folder: Path) -> Path:
    """Return a copy of the configuration in which a new unit answers for every officer's report."""
    shutil.copytree(CONFIG, folder)
    units, rules = folder / "departments.toml", folder / "rulebook.toml"
    units.write_text(units.read_text("utf-8") + UNIT, "utf-8")
    rules.write_text(rules.read_text("utf-8").replace("[[rules]]", RULE + "[[rules]]", 1), "utf-8")
    return folder


def first_record(consumer: Consumer, *, since: float) -> tuple[Any, float]:
    """Return the first record that comes, and how many seconds after *since* it came."""
    record = wait_for("a record", lambda: consumer.poll(0.2), within_s=60)
    assert record.error() is None, record.error()
    return record, time.monotonic() - since


def reader(kafka: Kafka, topic: str) -> Consumer:
    """Return a plain client of the department's, which knows nothing of us but the topic's name."""
    settings = {"bootstrap.servers": kafka.bootstrap, "group.id": SLUG, "auto.offset.reset": "earliest"}
    consumer = Consumer({**settings, "topic.metadata.refresh.interval.ms": 1000, "log_level": 0})
    consumer.subscribe([topic])
    return consumer


@pytest.mark.long
def test_a_new_departments_first_task_and_verdict_come_soon(
    own_kafka: Kafka, own_postgres: Postgres, tmp_path: Path
) -> None:
    with fresh_database(own_postgres) as database:
        storm = Storm(own_kafka, database, tmp_path)
        try:
            storm.start("intake", "a")
            storm.start("router", "a")
            with storm.reports(total=1000, per_second=25):
                wait_for("work has begun", lambda: len(storm.gathered.spoken) > 50)
                wait_for("it is judged", lambda: storm.count("router", "SELECT count(*) FROM heard") > 20)
                folder = with_new_department(tmp_path / "config")
                joined = bundle.load(folder)

                since = time.monotonic()
                publish.make_topics(own_kafka.bootstrap, publish.outsiders(joined, folder))
                publish.publish(own_kafka.bootstrap, joined, at=datetime.now(UTC))

                mailbox = reader(own_kafka, topics.DEPARTMENT_TASKS.named(SLUG))
                record, took_s = first_record(mailbox, since=since)
                task = TaskChanged.read(record.value())
                mailbox.close()
                assert task.holder == f"department:{SLUG}"
                assert took_s < WITHIN_S

                since = time.monotonic()
                answer(own_kafka, task)
                receipts = reader(own_kafka, topics.DEPARTMENT_RECEIPTS.named(SLUG))
                record, took_s = first_record(receipts, since=since)
                receipts.close()
                assert AnswerJudged.read(record.value()).outcome == "applied", json.loads(record.value())
                assert took_s < WITHIN_S
        finally:
            storm.stop_all()


def answer(kafka: Kafka, task: TaskChanged) -> None:
    """Sign for the task, as the department would: with contracts and a Kafka client."""
    said = TaskAnswered(
        answer_id="first",
        task_id=task.task_id,
        incident_id=task.incident_id,
        based_on_revision=task.revision,
        act="acknowledge",
        actor=Person(staff_id="keeper"),
    )
    producer = Producer({"bootstrap.servers": kafka.bootstrap, "log_level": 0})
    headers = to_headers(Envelope("first", f"/departments/{SLUG}", said.TYPE, datetime.now(UTC)))
    producer.produce(topics.DEPARTMENT_ANSWERS.named(SLUG), said.write(), "first", headers=list(headers))
    producer.flush(30)
