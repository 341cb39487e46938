"""The router as a real process, with what other rooms would put before it, and what it says."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from confluent_kafka import Consumer, TopicPartition

from tests.ground import FreshDatabase
from tests.publishing import published
from tests.replicas import Replicas
from tests.service.chassis.running import keyed_producer
from tests.unit.router.scenes import MORNING, PARTS, accepted
from tests.waiting import wait_for
from wangge_contracts import topics
from wangge_contracts.cloudevents import Envelope, to_headers
from wangge_contracts.message import Message, derive_id
from wangge_contracts.v1 import (
    DeskOrdered,
    IncidentAccepted,
    ReportAttached,
    TaskAnswered,
)
from wangge_local.kafka import Kafka

FACTS, VERDICTS = topics.INCIDENTS_CHANGED.name, topics.ACTS_JUDGED.name
WATER = "departments.water"
MAILBOX, RECEIPTS = f"{WATER}.tasks.v1", f"{WATER}.receipts.v1"
PDA_TASKS, PDA_RECEIPTS = "terminals.pda.tasks.v1", "terminals.pda.receipts.v1"
LISTENED = (FACTS, VERDICTS, MAILBOX, RECEIPTS, PDA_TASKS, PDA_RECEIPTS)
_TOPICS: dict[type[Message], str] = {
    IncidentAccepted: topics.INCIDENTS_ACCEPTED.name,
    ReportAttached: topics.REPORTS_ATTACHED.name,
    TaskAnswered: topics.TASKS_ANSWERED.name,
    DeskOrdered: topics.DESK_ORDERED.name,
}


@dataclass(frozen=True, slots=True)
class Heard:
    """One record as any reader of its topic sees it."""

    topic: str
    key: str
    sequence: int | None
    value: Any


class RouterRun:
    """One broker and one database with the router on them."""

    def __init__(self, kafka: Kafka, database: FreshDatabase, folder: Path) -> None:
        self.kafka = kafka
        self.database = database
        self.heard: list[Heard] = []
        self._replicas = Replicas(kafka, database, folder)
        self._producer = keyed_producer(kafka)
        self._consumer = Consumer(
            {"bootstrap.servers": kafka.bootstrap, "group.id": "tests-hear", "log_level": 0}
        )
        self._consumer.assign(wait_for("the topics", self._places))

    def _places(self) -> list[TopicPartition] | None:
        known = self._consumer.list_topics(timeout=10).topics
        if not known.keys() >= set(LISTENED):
            return None
        return [TopicPartition(name, number, 0) for name in LISTENED for number in known[name].partitions]

    def start(self) -> None:
        """Start the service, small and impatient, so that a test sees many batches and need not wait."""
        self._replicas.launch("router", "router", session_timeout_s=6, batch_size=20, unknown_after_s=3)

    def kill(self) -> None:
        """End it at once, as a failing machine would."""
        self._replicas.kill("router")

    def stop(self) -> None:
        """End it in order."""
        self._consumer.close()
        self._replicas.stop_all()

    def publish(self, version: str = "2026.1", **parts: Any) -> None:
        """Publish a bundle: its parts, then the manifest."""
        for said in published(PARTS | parts, version=version, since=MORNING):
            self._produce(topics.REFERENCE_PUBLISHED.name, said.hash, said, said.hash[:32])
        self._producer.flush(30)

    def say(self, *messages: Message, name: str | None = None) -> None:
        """Say these as intake and the ledger would; *name* makes for other message ids than usual."""
        for message in messages:
            fields: Any = message
            own = getattr(message, "answer_id", None) or getattr(message, "order_id", None)
            usual = own or f"{type(message).__name__} {fields.effective_at}"
            message_id = derive_id(fields.incident_id, name or usual)
            self._produce(_TOPICS[type(message)], fields.incident_id, message, message_id)
        self._producer.flush(30)

    def _produce(self, topic: str, key: str, message: Message, id_: str) -> None:
        headers: Any = to_headers(Envelope(id_, "/tests", message.TYPE, datetime.now(UTC)))
        self._producer.produce(topic, message.write(), key, headers=headers)
        self._producer.poll(0)

    def listen(self) -> list[Heard]:
        """Take in what has come since; return all, in log order within each partition."""
        for record in self._consumer.consume(1000, timeout=0.02):
            assert record.error() is None, record.error()
            held: Any = record
            sequence = dict(held.headers()).get("ce_sequence")
            self.heard.append(
                Heard(
                    held.topic(),
                    held.key().decode(),
                    int(sequence) if sequence else None,
                    json.loads(held.value()),
                )
            )
        return self.heard

    def wait(self, topic: str, *, within_s: float = 30, **fields: Any) -> Heard:
        """Wait for the newest record on *topic* whose members are as *fields* have them."""

        def found() -> Heard | None:
            fitting = [
                one
                for one in self.listen()
                if one.topic == topic and fields.items() <= {**one.value, "key": one.key}.items()
            ]
            return fitting[-1] if fitting else None

        try:
            heard: Heard = wait_for(f"{fields} on {topic}", found, within_s=within_s)
        except AssertionError as error:
            raise AssertionError(f"{error}; the process says: {self.log[-2000:]}") from None
        return heard

    def states(self, incident_id: str) -> list[str]:
        """The states that the facts told of an incident, repeats aside."""
        told = [one.value["incident"]["state"] for one in self.listen() if self._is_fact(one, incident_id)]
        return [state for number, state in enumerate(told) if number == 0 or told[number - 1] != state]

    @staticmethod
    def _is_fact(one: Heard, incident_id: str) -> bool:
        return one.topic == FACTS and one.key == incident_id

    @property
    def log(self) -> str:
        """What the process wrote."""
        return self._replicas.log("router")


@contextmanager
def router_run(kafka: Kafka, database: FreshDatabase, folder: Path) -> Iterator[RouterRun]:
    """A run whose process ends with the test."""
    run = RouterRun(kafka, database, folder)
    try:
        yield run
    finally:
        run.stop()


def report(incident_id: str, code: str = "0501", **fields: Any) -> IncidentAccepted:
    """An accepted report, as intake would say it."""
    return accepted(code, incident_id=incident_id, **fields)
