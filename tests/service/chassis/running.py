"""Replicas of the echo service as real processes, what is put before them, and what they leave behind."""

import json
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterable
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from confluent_kafka import Consumer, KafkaException, Producer, TopicPartition

from tests.checker import DeadLetter, Fact, Gathered
from tests.ground import FreshDatabase
from tests.replicas import Replicas
from tests.waiting import wait_for
from wangge_contracts import topics
from wangge_contracts.cloudevents import Envelope, to_headers
from wangge_contracts.message import Message, derive_id
from wangge_contracts.v1 import DeskOrdered, Person, TaskAnswered, Text
from wangge_local.ground import GroundError
from wangge_local.kafka import Kafka

ANSWERS, ORDERS = topics.TASKS_ANSWERED.name, topics.DESK_ORDERED.name
REPLAYS, DEAD_LETTERS = "escalation.replays.v1", "escalation.dead-letters"
INPUTS = (ANSWERS, ORDERS, REPLAYS)


def answer(number: int, key: str, *, text: str = "说明") -> tuple[str, str, str, Message]:
    """Return (topic, key, id, message) of an answer about *key*."""
    message = TaskAnswered(
        answer_id=f"a{number}",
        task_id="t",
        incident_id=key,
        based_on_revision=1,
        act="progress",
        actor=Person(staff_id="p"),
        text=Text(text=text),
    )
    return ANSWERS, key, f"a{number}", message


def order(number: int, key: str) -> tuple[str, str, str, Message]:
    """Return (topic, key, id, message) of a desk's order about *key*."""
    message = DeskOrdered(
        order_id=f"o{number}",
        order="remind",
        mode="test",
        incident_id=key,
        actor=Person(staff_id="p"),
        on_behalf_of="desk:110101",
        role="dispatcher",
        reason=Text(text="催办"),
        effective_at=datetime(2026, 1, 1, tzinfo=UTC),
    )
    return ORDERS, key, f"o{number}", message


class EchoRun(Replicas):
    """One database and one broker with replicas of the echo service on them."""

    def __init__(
        self,
        kafka: Kafka,
        database: FreshDatabase,
        *,
        session_s: float = 4.0,
        folder: Path | None = None,
    ) -> None:
        super().__init__(kafka, database, folder)
        self.gathered = Gathered()
        self._session_s = session_s
        self._producer = keyed_producer(kafka)

    def start(
        self,
        replica: str,
        *,
        stop_point: str = "",
        hop: int = 1,
        port: int = 0,
        frozen_after_s: int = 6,
        **more: str,
    ) -> subprocess.Popen[bytes]:
        """Start a replica; *stop_point* as WANGGE_STOP_POINT has it; *hop* 2 reads what hop 1 says."""
        return self.launch(
            replica,
            "echo",
            module="tests.service.chassis.echo",
            stop_point=stop_point,
            postgres=self.database.dsn("escalation" if hop == 1 else "ledger"),
            hop=hop,
            port=port,
            replica=replica,
            session_timeout_s=self._session_s,
            frozen_after_s=frozen_after_s,
            batch_size=100,
            **more,
        )

    def say(self, spoken: Iterable[tuple[str, str, str, Message]]) -> None:
        """Put messages in, keyed, acknowledged by the broker."""
        for topic, key, message_id, message in spoken:
            envelope = Envelope(message_id, "/tests", message.TYPE, datetime.now(UTC))
            self._producer.produce(
                topic,
                message.write(),
                key,
                headers=list(to_headers(envelope)),
                on_delivery=self._acknowledged(message_id),
            )
            self._producer.poll(0)
        self._producer.flush(60)

    def put(
        self,
        topic: str,
        value: bytes | None,
        *,
        key: bytes | None,
        headers: list[tuple[str, bytes]],
        partition: int = -1,
    ) -> tuple[str, int, int]:
        """Put raw bytes in and return where they lie: topic, partition, offset."""
        where: list[tuple[str, int, int]] = []

        def done(error: Any, record: Any) -> None:
            assert error is None, error
            where.append((record.topic(), record.partition(), record.offset()))

        self._producer.produce(topic, value, key, partition, headers=list(headers), on_delivery=done)
        self._producer.flush(30)
        return where[0]

    def put_all(self, records: Iterable[tuple[str, bytes, int]]) -> None:
        """Put many raw values in: topic, value, partition."""
        for topic, value, partition in records:
            self._producer.produce(topic, value, partition=partition)
            self._producer.poll(0)
        assert not self._producer.flush(60)

    def _acknowledged(self, message_id: str) -> Callable[[Any, Any], None]:
        def done(error: Any, _: Any) -> None:
            if error is None:
                self.gathered.spoken.add(message_id)

        return done

    def count(self, query: str, *, role: str = "escalation") -> int:
        """Run one counting query as the service's role; -1 while its table is not there yet."""
        try:
            return int(self.database.sql(query, role=role)[0])
        except GroundError:
            return -1

    def effects(self) -> int:
        """Return how many effects of messages, not of alarms, are stored."""
        return self.count("SELECT count(*) FROM effect WHERE cause NOT LIKE 'alarm-%'")

    def wait_done(self, *, effects: int, within_s: float = 60) -> None:
        """Wait until all effects are there, no alarm waits, and all is published."""
        wait_for(f"{effects} effects", lambda: self.effects() >= effects, within_s=within_s)
        wait_for("no alarm waits", lambda: self.count("SELECT count(*) FROM alarm") == 0)
        wait_for("an empty outbox", lambda: self.count("SELECT count(*) FROM outbox") == 0)

    def gather(self) -> Gathered:
        """Read logs and tables into what the checker takes."""
        run = self.gathered
        run.effects = self.database.sql("SELECT cause FROM effect", role="escalation")
        run.expected_facts = {derive_id("echo", cause) for cause in run.effects}
        run.verdicts = []
        run.unpublished = self.count("SELECT count(*) FROM outbox")
        run.halted = self.database.sql("SELECT part || ' ' || reason FROM halted", role="escalation")
        rows = self.database.sql(
            "SELECT topic, partition, next_offset FROM consumer_offset", role="escalation"
        )
        run.stored_offsets = {
            (topic, int(partition)): int(offset)
            for topic, partition, offset in (row.split("|") for row in rows)
        }
        run.facts += facts(self.kafka.bootstrap, topics.CLOCKS_CHANGED.name)
        run.dead_letters += dead_letters(self.kafka.bootstrap, DEAD_LETTERS)
        run.log_ends, run.committed_offsets = log_ends(self.kafka.bootstrap, "escalation", INPUTS)
        return run


def echo_run(kafka: Kafka, database: FreshDatabase) -> EchoRun:
    """An EchoRun, whose processes end with the block."""
    return EchoRun(kafka, database)


def keyed_producer(kafka: Kafka) -> Producer:
    """Return what puts records in as our services do: a key lies where theirs would."""
    return Producer(
        {
            "bootstrap.servers": kafka.bootstrap,
            "partitioner": "murmur2_random",
            "linger.ms": 2,
            "message.max.bytes": 2_000_000,
            "log_level": 0,
        }
    )


def get_json(port: int, path: str, *, expect: int) -> Any:
    """Return the JSON at *path* if the answer's status is *expect*, else None."""
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}{path}", timeout=5) as response:
            return json.load(response) if response.status == expect else None
    except urllib.error.HTTPError as error:
        return json.load(error) if error.code == expect else None
    except OSError:
        return None


def facts(bootstrap: str, topic: str, *, source: bytes | None = None) -> list[Fact]:
    """Return every record of a numbered *topic*, or those of *source*, for the checker, in log order."""
    return [
        Fact(
            topic,
            record.key().decode(),
            int(headers["ce_sequence"]),
            headers["ce_id"].decode(),
            record.value(),
        )
        for record in read_all(bootstrap, topic)
        for headers in [dict(record.headers())]
        if source in (None, headers["ce_source"])
    ]


def dead_letters(bootstrap: str, topic: str) -> list[DeadLetter]:
    """Return every record of a dead-letter *topic* as the checker takes it."""
    return [
        DeadLetter(
            headers["ce_id"].decode(),
            headers["wangge_topic"].decode(),
            int(headers["wangge_partition"]),
            int(headers["wangge_offset"]),
            headers["wangge_reason"].decode(),
            None if "wangge_tombstone" in headers else record.value(),
        )
        for record in read_all(bootstrap, topic)
        for headers in [dict(record.headers())]
    ]


def read_all(bootstrap: str, topic: str) -> list[Any]:
    """Return every record of *topic*, partition by partition in log order."""
    consumer = Consumer(
        {
            "bootstrap.servers": bootstrap,
            "group.id": "tests-read-all",
            "enable.auto.commit": False,
            "fetch.wait.max.ms": 50,
            "log_level": 0,
        }
    )
    try:
        partitions = [
            TopicPartition(topic, number, 0)
            for number in consumer.list_topics(topic, timeout=10).topics[topic].partitions
        ]
        missing = {at.partition: end for at in partitions if (end := _end(consumer, at)) > 0}
        consumer.assign(partitions)
        records: list[Any] = []
        ends = time.monotonic() + 30
        while missing:
            # It waits until it has so many, or until the time-out: a long one would be waited out.
            batch = consumer.consume(1000, timeout=0.1)
            assert time.monotonic() < ends, f"{topic} lacks records up to {missing}"
            records += batch
            for record in batch:
                if (record.offset() or 0) + 1 >= missing.get(record.partition() or 0, sys.maxsize):
                    del missing[record.partition() or 0]
        return sorted(records, key=lambda record: (record.partition(), record.offset()))
    finally:
        consumer.close()


def _end(consumer: Consumer, at: TopicPartition) -> int:
    """Return the log's end; a topic that was made just now may not have its leader yet."""
    for _ in range(50):
        with suppress(KafkaException):
            return int(consumer.get_watermark_offsets(at, timeout=10)[1])
        time.sleep(0.1)
    raise AssertionError(f"no leader for {at}")


def log_ends(
    bootstrap: str, group: str, names: Iterable[str]
) -> tuple[dict[tuple[str, int], int], dict[tuple[str, int], int]]:
    """Return the end of every partition of *names*, and what *group* told Kafka about it."""
    consumer = Consumer(
        {"bootstrap.servers": bootstrap, "group.id": group, "enable.auto.commit": False, "log_level": 0}
    )
    try:
        partitions = [
            TopicPartition(name, number)
            for name in names
            for number in consumer.list_topics(name, timeout=10).topics[name].partitions
        ]
        ends = {(at.topic, at.partition): _end(consumer, at) for at in partitions}
        try:
            committed = {
                (at.topic, at.partition): max(at.offset, 0)
                for at in consumer.committed(partitions, timeout=10)
            }
        except KafkaException:
            committed = {}
        return ends, committed
    finally:
        consumer.close()
