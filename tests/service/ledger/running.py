"""A room as a real process on a real broker and a real database, and what a test says to it."""

import json
import urllib.error
import urllib.request
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.ground import FreshDatabase
from tests.replicas import Replicas
from tests.service.chassis.running import keyed_producer
from tests.waiting import wait_for
from wangge_chassis import Received
from wangge_contracts.cloudevents import to_headers
from wangge_local.kafka import Kafka
from wangge_local.ports import free_port


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


class RoomProcess:
    """One replica of a room."""

    def __init__(
        self, room: str, kafka: Kafka, database: FreshDatabase, folder: Path, **settings: Any
    ) -> None:
        self.settings = {"port": free_port(), "session_timeout_s": 2, "log_level": "info", **settings}
        self._room = room
        self._replicas = Replicas(kafka, database, folder)

    def start(self) -> None:
        """Start it, and wait until it is ready."""
        self._replicas.launch(self._room, self._room, **self.settings)
        wait_for(f"{self._room} is ready", self._ready)

    def _ready(self) -> bool:
        self._replicas.living(self._room)
        try:
            return self.ask("GET", "/health/ready").status == 200
        except OSError:
            return False

    @property
    def log(self) -> str:
        """What it has written."""
        return self._replicas.log(self._room)

    @property
    def port(self) -> int:
        """Where its door is."""
        return int(self.settings["port"])

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
        self._replicas.kill(self._room)

    def stop(self) -> None:
        """Ask it to end, and wait for it."""
        self._replicas.stop_all()


@contextmanager
def running(
    room: str, kafka: Kafka, database: FreshDatabase, folder: Path, **settings: Any
) -> Iterator[RoomProcess]:
    """A room that is ready; it ends with the block."""
    process = RoomProcess(room, kafka, database, folder, **settings)
    try:
        process.start()
        yield process
    finally:
        process.stop()


def say(kafka: Kafka, spoken: Iterable[Received]) -> None:
    """Put messages on their topics in this order, keyed, acknowledged by the broker."""
    producer = keyed_producer(kafka)
    for received in spoken:
        producer.produce(
            received.topic,
            received.message.write(),
            received.key,
            headers=list(to_headers(received.envelope)),
        )
    assert producer.flush(30) == 0
