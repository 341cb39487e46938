"""The escalation room as a real process: what is put before it, the house time it lives in, what it says."""

import json
import urllib.error
import urllib.request
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from confluent_kafka import Consumer, TopicPartition

from tests.ground import FreshDatabase, free_ports_of
from tests.publishing import published
from tests.replicas import Replicas
from tests.service.chassis.running import get_json, keyed_producer
from tests.unit.escalation.builders import CALENDARS, DEPARTMENTS, LADDER, MORNING, word
from tests.waiting import wait_for
from wangge_contracts import topics
from wangge_contracts.cloudevents import Envelope, to_headers
from wangge_contracts.message import Message, derive_id
from wangge_contracts.v1 import ClockChanged, IncidentChanged
from wangge_local.kafka import Kafka

FACTS, CLOCKS = topics.INCIDENTS_CHANGED.name, topics.CLOCKS_CHANGED.name
MAILBOX = topics.DEPARTMENT_TASKS.named("water")


class Heard:
    """Everything that stands in one topic so far, in log order within each partition."""

    def __init__(self, bootstrap: str, topic: str) -> None:
        self.topic = topic
        self.records: list[tuple[str, str, int, ClockChanged]] = []
        """Key, id, sequence and message."""
        self._consumer = Consumer(
            {
                "bootstrap.servers": bootstrap,
                "group.id": "tests-hear",
                "enable.auto.commit": False,
                "log_level": 0,
            }
        )
        numbers = self._consumer.list_topics(topic, timeout=10).topics[topic].partitions
        self._partitions = [TopicPartition(topic, number, 0) for number in numbers]
        self._consumer.assign(self._partitions)

    def more(self) -> list[tuple[str, str, int, ClockChanged]]:
        """Take in what has come since; return all."""
        for record in self._consumer.consume(1000, timeout=0.02):
            assert record.error() is None, record.error()
            headers: Any = dict(record.headers() or [])
            key, value = record.key(), record.value()
            assert key is not None
            assert value is not None
            id_, sequence = headers["ce_id"].decode(), int(headers["ce_sequence"])
            self.records.append((key.decode(), id_, sequence, ClockChanged.read(value)))
        return self.records

    def all(self) -> list[tuple[str, str, int, ClockChanged]]:
        """Take in everything that stands there by now, however long it takes to read; return it."""
        ends = [self._consumer.get_watermark_offsets(each, timeout=10)[1] for each in self._partitions]
        wait_for("all that stands there", lambda: len(self.more()) >= sum(ends))
        return self.records

    def story(self, key: str | None = None, *, task: str | None = None) -> list[str]:
        """What was said, in a word each; of one incident or one task, or of all."""
        return [
            word(said) for of, _, _, said in self.more() if key in (None, of) and task in (None, said.task_id)
        ]

    def close(self) -> None:
        """Let go of the broker."""
        self._consumer.close()


class EscalationRun:
    """One broker and one database with the escalation room on them; house time starts in the MORNING."""

    def __init__(self, kafka: Kafka, database: FreshDatabase, folder: Path) -> None:
        self.kafka = kafka
        self.database = database
        self._replicas = Replicas(kafka, database, folder)
        self.port = free_ports_of(folder, "door")["door"]
        self._producer = keyed_producer(kafka)
        self._sequences: dict[str, int] = {}
        self._heard: dict[str, Heard] = {}
        self.advance(MORNING)

    def start(self, **settings: Any) -> None:
        """Start the service, with settings beyond those that a test needs."""
        given = {"port": self.port, "session_timeout_s": 6, "log_level": "info", **settings}
        self._replicas.launch("escalation", "escalation", **given)

    def kill(self, room: str = "escalation") -> None:
        """End it, or a room before it, at once, as a failing machine would."""
        self._replicas.kill(room)

    def start_before(self, room: str, **settings: Any) -> None:
        """Start a room before the bell: intake or router."""
        self._replicas.launch(room, room, session_timeout_s=6, **settings)

    def stop(self) -> None:
        """End it in order."""
        self._replicas.stop_all()
        for heard in self._heard.values():
            heard.close()

    def advance(self, house_at: datetime) -> None:
        """From now on it is *house_at*, and time goes on from there."""
        self.database.sql(
            "INSERT INTO house.anchor (real_at, house_at)"
            f" VALUES (clock_timestamp(), '{house_at.isoformat()}')"
        )

    def publish(self, *, version: str = "2026.1", **parts: Any) -> None:
        """Publish a bundle: its parts, other ones than usual where they are given, then the manifest."""
        usual = {"calendars": CALENDARS, "ladder": LADDER, "departments": DEPARTMENTS}
        for said in published(usual | parts, version=version, since=MORNING):
            self._produce(topics.REFERENCE_PUBLISHED.name, said.hash, said, said.hash[:32], None)
        self._producer.flush(30)

    def tell(self, facts: Iterable[IncidentChanged]) -> None:
        """Say these facts as the router would, numbered."""
        for fact in facts:
            key = fact.incident.incident_id
            self._sequences[key] = sequence = self._sequences.get(key, 0) + 1
            self._produce(FACTS, key, fact, derive_id(key, str(sequence)), sequence)
        self._producer.flush(30)

    def say(self, topic: str, message: Message, id_: str, *, key: str | None = None) -> None:
        """Say something as an outsider would, or under the incident's *key* as another room would."""
        self._produce(topic, key or id_, message, id_, None)
        self._producer.flush(30)

    def _produce(self, topic: str, key: str, message: Message, id_: str, sequence: int | None) -> None:
        envelope = Envelope(id_, "/tests", message.TYPE, datetime.now(UTC), sequence=sequence)
        headers: Any = to_headers(envelope)
        self._producer.produce(topic, message.write(), key, headers=headers)
        self._producer.poll(0)

    def heard(self, topic: str = CLOCKS) -> Heard:
        """What the room has said on *topic*."""
        if topic not in self._heard:
            self._heard[topic] = Heard(self.kafka.bootstrap, topic)
        return self._heard[topic]

    def ask(self, path: str) -> Any:
        """The JSON that the room's door gives; None while it is shut."""
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{self.port}{path}", timeout=5) as answer:
                return json.load(answer)
        except (ConnectionError, urllib.error.URLError):
            return None

    def text(self, path: str) -> str:
        """What the room's door gives, as it stands."""
        with urllib.request.urlopen(f"http://127.0.0.1:{self.port}{path}", timeout=5) as answer:
            return str(answer.read().decode())

    def reasons(self) -> list[str]:
        """Why the room is not ready; nothing when it is."""
        health = get_json(self.port, "/health/ready", expect=503) or {"reasons": []}
        return list(health["reasons"])

    def notes(self) -> list[str]:
        """What it wants known though it is ready."""
        return list((get_json(self.port, "/health/ready", expect=200) or {"notes": []})["notes"])

    def unpublished(self) -> int:
        """How many rows the outbox holds: promised, or published and not yet tidied away."""
        return int(self.database.sql("SELECT count(*) FROM outbox", role="escalation")[0])

    @property
    def log(self) -> str:
        """What the process wrote."""
        return self._replicas.log("escalation")


@contextmanager
def escalation_run(kafka: Kafka, database: FreshDatabase, folder: Path) -> Iterator[EscalationRun]:
    """A run whose process ends with the test."""
    run = EscalationRun(kafka, database, folder)
    try:
        yield run
    finally:
        run.stop()
