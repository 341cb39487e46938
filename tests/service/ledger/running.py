"""A room as a real process on a real broker and a real database, and what a test says to it."""

import json
import os
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from confluent_kafka import Consumer, Producer, TopicPartition

from tests.ground import FreshDatabase
from tests.waiting import wait_for
from wangge_chassis import Received
from wangge_contracts.cloudevents import to_headers
from wangge_local.kafka import Kafka
from wangge_local.ports import free_port

ROOT = Path(__file__).parents[3]


@dataclass
class Reply:
    """What an HTTP door answered."""

    status: int
    headers: dict[str, str]
    content: Any


def _content(body: bytes) -> Any:
    try:
        return json.loads(body)
    except ValueError:
        return body.decode()


@dataclass
class RoomProcess:
    """One replica of a room, started as `python -m wangge_<room>`."""

    room: str
    kafka: Kafka
    database: FreshDatabase
    log: Path
    settings: dict[str, str] = field(default_factory=dict)
    port: int = field(default_factory=free_port)
    process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start it, and wait until it is ready."""
        prefix = f"WANGGE_{self.room.upper()}_"
        own = {
            "KAFKA": self.kafka.bootstrap,
            "POSTGRES": self.database.dsn(self.room),
            "MODE": "development",
            "PORT": str(self.port),
            "SESSION_TIMEOUT_S": "2",
            **self.settings,
        }
        environment = {**os.environ, **{prefix + name: value for name, value in own.items()}}
        with self.log.open("ab") as out:
            self.process = subprocess.Popen(
                [sys.executable, "-m", f"wangge_{self.room}"],
                cwd=ROOT,
                env=environment,
                stderr=out,
                stdout=out,
            )
        wait_for(f"{self.room} is ready (see {self.log})", self._ready)

    def _ready(self) -> bool:
        assert self.process is not None
        assert self.process.poll() is None, self.log.read_text("utf-8")[-3000:]
        try:
            return self.ask("GET", "/health/ready").status == 200
        except OSError:
            return False

    def ask(
        self, method: str, path: str, *, body: Any = None, token: str | None = None, raw: bytes | None = None
    ) -> Reply:
        """Ask the room's door; *body* is sent as JSON, *raw* as it stands."""
        data = raw if raw is not None else None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(f"http://127.0.0.1:{self.port}{path}", data=data, method=method)
        request.add_header("content-type", "application/json")
        if token:
            request.add_header("authorization", f"Bearer {token}")
        try:
            with urllib.request.urlopen(request, timeout=10) as response:
                return Reply(response.status, dict(response.headers), _content(response.read()))
        except urllib.error.HTTPError as error:
            with error:
                return Reply(error.code, dict(error.headers), _content(error.read()))

    def kill(self) -> None:
        """End it at once (kill -9)."""
        assert self.process is not None
        self.process.kill()
        self.process.wait(10)
        self.process = None

    def stop(self) -> None:
        """Ask it to end, and wait for it."""
        if self.process is None:
            return
        self.process.send_signal(signal.SIGTERM)
        try:
            self.process.wait(20)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait(10)
        self.process = None


@contextmanager
def running(
    room: str, kafka: Kafka, database: FreshDatabase, *, log: Path, **settings: str
) -> Iterator[RoomProcess]:
    """A room that is ready; it ends with the block."""
    process = RoomProcess(room, kafka, database, log, settings)
    try:
        process.start()
        yield process
    finally:
        process.stop()


def say(kafka: Kafka, spoken: Iterable[Received]) -> None:
    """Put messages on their topics in this order, keyed, acknowledged by the broker."""
    producer = Producer(
        {
            "bootstrap.servers": kafka.bootstrap,
            "partitioner": "murmur2_random",
            "linger.ms": 2,
            "log_level": 0,
        }
    )
    for received in spoken:
        producer.produce(
            received.topic,
            received.message.write(),
            received.key,
            headers=list(to_headers(received.envelope)),
        )
    assert producer.flush(30) == 0


def records(kafka: Kafka, topic: str) -> list[Any]:
    """Return every record that lies on *topic* now, partition by partition in log order."""
    settings = {"bootstrap.servers": kafka.bootstrap, "group.id": "tests-records", "log_level": 0}
    consumer = Consumer(settings | {"enable.auto.commit": False, "fetch.wait.max.ms": 50})
    try:
        numbers = consumer.list_topics(topic, timeout=10).topics[topic].partitions
        ends = {
            number: consumer.get_watermark_offsets(TopicPartition(topic, number), timeout=10)[1]
            for number in numbers
        }
        wanted = sum(ends.values())
        consumer.assign([TopicPartition(topic, number, 0) for number in numbers])
        found: list[Any] = []
        stops = time.monotonic() + 10
        while len(found) < wanted and time.monotonic() < stops:
            found += [record for record in consumer.consume(1000, timeout=0.1) if record.error() is None]
        return sorted(found, key=lambda record: (record.partition(), record.offset()))
    finally:
        consumer.close()
