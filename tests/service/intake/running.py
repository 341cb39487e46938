"""Replicas of intake as real processes, what outsiders put before them, and what they say."""

import time
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import psutil
from confluent_kafka import Consumer, KafkaException, Producer, TopicPartition
from confluent_kafka.admin import AdminClient
from confluent_kafka.cimpl import NewPartitions
from cryptography.fernet import Fernet
from pydantic_core import from_json, to_json

from tests.ground import FreshDatabase
from tests.replicas import Replicas
from tests.service.chassis.running import read_all
from tests.waiting import wait_for
from wangge_contracts.cloudevents import Envelope, to_headers
from wangge_contracts.v1 import ReportSubmitted, TaskAnswered
from wangge_local.kafka import Kafka

PDA = "terminals.pda.reports.v1"
PDA_RECEIPTS = "terminals.pda.receipts.v1"
HEARD = (
    PDA_RECEIPTS,
    "terminals.hotline.receipts.v1",
    "departments.gas.receipts.v1",
    "incidents.accepted.v1",
    "incidents.rejected.v1",
    "reports.attached.v1",
    "tasks.answered.v1",
    "intake.dead-letters",
)
KEY = Fernet.generate_key().decode()
JSON = ("content-type", b"application/json")


@dataclass(frozen=True, slots=True)
class Heard:
    """One record that intake published."""

    topic: str
    partition: int
    key: str
    headers: dict[str, bytes]
    bytes_: bytes

    @property
    def id(self) -> str:
        """The CloudEvents id."""
        return self.headers["ce_id"].decode()

    @property
    def value(self) -> Any:
        """The message as JSON."""
        return from_json(self.bytes_)


@dataclass
class Ears:
    """Everything that intake has published so far on the topics that concern it, first occurrences only."""

    bootstrap: str
    heard: list[Heard] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._consumer = Consumer(
            {"bootstrap.servers": self.bootstrap, "group.id": "ears", "log_level": 0, "fetch.wait.max.ms": 20}
        )
        wait_for("the topics", lambda: self._consumer.list_topics(timeout=10).topics.keys() >= set(HEARD))
        names = self._consumer.list_topics(timeout=10).topics
        self._consumer.assign(
            [TopicPartition(name, number, 0) for name in HEARD for number in names[name].partitions]
        )
        self._ids: set[str] = set()

    def on(self, topic: str, **fields: Any) -> list[Heard]:
        """Return what was said on *topic* whose members are as *fields* have them."""
        found = [one for one in self.heard if one.topic == topic]
        return [
            one
            for one in found
            if not fields or all(one.value.get(name) == value for name, value in fields.items())
        ]

    def wait(self, topic: str, count: int = 1, *, within_s: float = 20, **fields: Any) -> list[Heard]:
        """Wait for *count* such records, and return them."""

        def enough() -> list[Heard] | None:
            self._listen()
            found = self.on(topic, **fields)
            return found if len(found) >= count else None

        found: list[Heard] = wait_for(f"{count} on {topic} with {fields}", enough, within_s=within_s)
        return found

    def letters(self, count: int = 1) -> list[Heard]:
        """Wait for *count* dead letters."""
        return self.wait("intake.dead-letters", count)

    def quiet(self, *, for_s: float = 0.5) -> None:
        """Listen until nothing was said for a while."""
        ends = time.monotonic() + for_s
        while time.monotonic() < ends:
            if self._listen():
                ends = time.monotonic() + for_s

    def _listen(self) -> list[Heard]:
        fresh = 0
        for record in self._consumer.consume(500, timeout=0.05):
            assert record.error() is None, record.error()
            held: Any = record
            key = (held.key() or b"").decode("utf-8", "replace")
            one = Heard(held.topic(), held.partition(), key, dict(held.headers()), held.value())
            if one.id not in self._ids:
                self._ids.add(one.id)
                self.heard.append(one)
                fresh += 1
        return self.heard[-fresh:] if fresh else []

    def close(self) -> None:
        """Stop listening."""
        self._consumer.close()


class IntakeRun(Replicas):
    """One database and one broker with replicas of intake on them, and everything they say."""

    def __init__(self, kafka: Kafka, database: FreshDatabase, *, folder: Path) -> None:
        super().__init__(kafka, database, folder)
        self._producer = Producer(
            {"bootstrap.servers": kafka.bootstrap, "partitioner": "consistent_random", "log_level": 0}
        )
        self.ears = Ears(kafka.bootstrap)
        self.said = 0

    def start(self, replica: str, *, ready: bool = True, **settings: Any) -> None:
        """Start a replica and wait until it is ready; it needs a port for that."""
        usual: dict[str, Any] = {"replica": replica, "log_level": "info", "session_timeout_s": 3}
        self.launch(replica, "intake", **{**usual, "dead_letter_key": KEY, **settings})
        if ready:
            wait_for("the port listens", lambda: self._listens(replica, int(settings["port"])))

    def _listens(self, replica: str, port: int) -> bool:
        found = self.living(replica).net_connections(kind="tcp4")
        return any(one.status == psutil.CONN_LISTEN and one.laddr.port == port for one in found)

    def stop(self) -> None:
        """End every replica in order and stop listening."""
        self.stop_all()
        self.ears.close()

    def say(
        self,
        topic: str,
        value: bytes | None,
        *,
        headers: Iterable[tuple[str, bytes | None]],
        partition: int = -1,
        key: bytes | None = None,
    ) -> tuple[int, int]:
        """Put one record in, acknowledged, and return partition and offset."""
        where: list[tuple[int, int]] = []

        def done(error: Any, record: Any) -> None:
            if error is not None:
                raise KafkaException(error)
            where.append((record.partition(), record.offset()))

        self._producer.produce(topic, value, key, partition, headers=list(headers), on_delivery=done)
        self._producer.flush(20)
        self.said += 1
        return where[0]

    def reports(self, said: Iterable[tuple[int, dict[str, Any]]]) -> None:
        """Say reports, each on its partition, as fast as they go."""
        for partition, value in said:
            headers: Any = event(value["report_id"])
            self._producer.produce(PDA, to_json(value), None, partition, headers=headers)
            self.said += 1
        self._producer.flush(20)

    def report(
        self, report_id: str, *, topic: str = PDA, partition: int = -1, **fields: Any
    ) -> tuple[int, int]:
        """Say a report; None leaves a member out."""
        value = to_json(report(report_id, **fields))
        return self.say(topic, value, headers=event(report_id), partition=partition, key=b"any")

    def answer(
        self, answer_id: str, *, topic: str = "departments.gas.answers.v1", partition: int = -1, **fields: Any
    ) -> tuple[int, int]:
        """Say an answer."""
        value = to_json(answer(answer_id, **fields))
        return self.say(topic, value, headers=event(answer_id, type_=TaskAnswered.TYPE), partition=partition)

    def records(self, topic: str) -> set[str]:
        """Return the ids of everything that lies on *topic*."""
        found = read_all(self.kafka.bootstrap, topic)
        return {dict(record.headers())["ce_id"].decode() for record in found}

    def spread(self, topic: str, partitions: int) -> None:
        """Give *topic* more partitions than one."""
        client = AdminClient({"bootstrap.servers": self.kafka.bootstrap, "log_level": 0})
        for made in client.create_partitions([NewPartitions(topic, partitions)]).values():
            made.result()
        wait_for(
            f"{partitions} partitions of {topic}",
            lambda: len(client.list_topics(topic).topics[topic].partitions) == partitions,
        )


def report(report_id: str, **fields: Any) -> dict[str, Any]:
    """Return a report as JSON."""
    whole: dict[str, Any] = {
        "report_id": report_id,
        "source": "officer",
        "description": {"text": "井盖缺失"},
        "captured_at": "2026-01-06T02:02:00Z",
        "place": {"point": {"lon": 116.44, "lat": 39.93, "crs": "WGS84"}},
        "reporter": {"role": "inspector"},
    } | fields
    return {name: value for name, value in whole.items() if value is not None}


def answer(answer_id: str, **fields: Any) -> dict[str, Any]:
    """Return an answer as JSON."""
    return {
        "answer_id": answer_id,
        "task_id": "t-1",
        "incident_id": "i-1",
        "based_on_revision": 1,
        "act": "acknowledge",
        "actor": {"staff_id": "G-114"},
    } | fields


def event(
    id_: str, *, type_: str = ReportSubmitted.TYPE, **others: bytes | None
) -> list[tuple[str, bytes | None]]:
    """Return the headers of an event; *others* replace or add `ce_` headers."""
    headers: dict[str, bytes | None] = dict(
        to_headers(Envelope(id_, "/terminals/pda", type_, datetime.now(UTC)))
    )
    return list((headers | {f"ce_{name}": value for name, value in others.items()}).items())
