"""What the courier delivers: a second, at once, beside one that hangs, and how soon after the fact."""

import asyncio
import json
import threading
import time
from base64 import b64encode
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any

import psutil
from confluent_kafka import Producer

from tests.bench.figures import Say, spread
from tests.bench.site import Program, Site
from tests.ground import FreshDatabase
from tests.service.ledger.running import say as speak
from tests.service.notifier.test_notifier import publication
from tests.unit.ledger.telling import told
from wangge_chassis import Received
from wangge_contracts.cloudevents import to_headers
from wangge_contracts.message import derive_id
from wangge_local.ports import free_port
from wangge_local.publish import Outsiders
from wangge_notifier.contacts import Endpoint
from wangge_notifier.directory import endpoint_key

ENDPOINTS = 200
_AT_ONCE = 8
_WARM_UP_S = 2.0
_SECRET = f"whsec_{b64encode(b's' * 32).decode()}"
_CHANNELS = {"use": {"webhook": {"at_once": _AT_ONCE, "per_s": 500, "burst": 500}}}


class _Sink(asyncio.Protocol):
    """Answers what is posted: 204; nothing to `/hang`; 500 to `/bad`."""

    def __init__(self, heard: "Heard") -> None:
        self._heard = heard
        self._bytes = b""
        self._transport: Any = None

    def connection_made(self, transport: Any) -> None:
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        self._bytes += data
        while (ends := self._bytes.find(b"\r\n\r\n")) >= 0:
            head = self._bytes[:ends].decode("latin-1").split("\r\n")
            headers = dict(line.lower().split(": ", 1) for line in head[1:])
            whole = ends + 4 + int(headers["content-length"])
            if len(self._bytes) < whole:
                return
            self._bytes = self._bytes[whole:]
            self._answer(head[0].split()[1], headers["webhook-id"])

    def _answer(self, path: str, notice_id: str) -> None:
        heard = self._heard
        heard.at.setdefault(notice_id, time.monotonic())
        if path == "/hang":
            return
        heard.flying[path] += 1
        heard.most = max(heard.most, heard.flying[path])
        asyncio.get_running_loop().call_later(0.005, self._write, path)

    def _write(self, path: str) -> None:
        self._heard.flying[path] -= 1
        word = "500 Bad" if path == "/bad" else "204 No Content"
        if not self._transport.is_closing():
            length = "content-length: 0\r\n" if path == "/bad" else ""
            self._transport.write(f"HTTP/1.1 {word}\r\n{length}\r\n".encode())


@dataclass
class Heard:
    """When each notice was first heard (`time.monotonic`), and how many one endpoint had at once."""

    at: dict[str, float] = field(default_factory=dict)
    flying: Counter[str] = field(default_factory=Counter)
    most: int = 0


@contextmanager
def _sink(port: int) -> Iterator[Heard]:
    heard, loop = Heard(), asyncio.new_event_loop()
    server = loop.run_until_complete(loop.create_server(lambda: _Sink(heard), "127.0.0.1", port))
    thread = threading.Thread(target=loop.run_forever, daemon=True)
    thread.start()
    try:
        yield heard
    finally:
        loop.call_soon_threadsafe(server.close)
        loop.call_soon_threadsafe(loop.stop)
        thread.join()
        loop.close()


def figures(site: Site, *, seconds: float, say: Say) -> dict[str, Any]:
    """Everything that was promised of the courier, one process."""
    site.lay_topics(Outsiders((), ()))
    port = free_port()
    names = [*map(str, range(ENDPOINTS)), "hang", "bad"]
    addresses = {name: f"http://127.0.0.1:{port}/{name}" for name in names}
    file = site.folder.root / "notices.toml"
    file.write_text("[secrets]\n" + "".join(f'"department:b-{name}" = "{_SECRET}"\n' for name in names))
    with _sink(port) as heard, site.database() as database:
        settings = {"secrets": str(file), "admitted": "127.0.0.0/8", "send_within_s": "5"}
        room = site.service("notifier", database, **settings)
        _publish(site, addresses)
        program = room.start()
        try:
            bench = _Bench(site, database, addresses, heard, program, say)
            return bench.all(seconds)
        finally:
            room.stop()
            say(f"the notifier's last words: {_words(room)}")


def _words(room: Program) -> str:
    return room.last_words() or "none"


def _publish(site: Site, addresses: dict[str, str]) -> None:
    contacts = [
        {"holder": f"department:b-{name}", "endpoints": [{"channel": "webhook", "address": address}]}
        for name, address in addresses.items()
    ]
    parts = {
        "district": {"code": "110101", "time_zone": "Asia/Shanghai"},
        "channels": _CHANNELS,
        "contacts": {"defaults": [{"channel": "console"}], "contacts": contacts},
    }
    speak(site.kafka, publication(parts))


@dataclass
class _Bench:
    site: Site
    database: FreshDatabase
    addresses: dict[str, str]
    heard: Heard
    program: psutil.Process
    say: Say
    _number: int = 0

    def __post_init__(self) -> None:
        self._producer = Producer(
            {
                "bootstrap.servers": self.site.kafka.bootstrap,
                "partitioner": "murmur2_random",
                "linger.ms": 2,
                "log_level": 0,
                "queue.buffering.max.messages": 200_000,
            }
        )
        self._keys = {
            name: endpoint_key(f"department:b-{name}", Endpoint(channel="webhook", address=address))
            for name, address in self.addresses.items()
        }

    def all(self, seconds: float) -> dict[str, Any]:
        good = list(map(str, range(ENDPOINTS)))
        self.stream(good, rate=100, seconds=1.0)  # it has started when these are heard
        found: dict[str, Any] = {}
        fact = self.facts(rate=100, seconds=seconds)
        found["fact"] = fact
        self.say(f"fact to first attempt at 100/s: p99 {fact['p99_ms']:.0f} ms")
        alone = self.stream(good, rate=500, seconds=seconds)
        beside = self.stream([*good, "hang", "bad"], rate=500, seconds=seconds)
        found["alone"], found["beside"] = alone, beside
        found["beside_ratio"] = round(beside["p99_ms"] / alone["p99_ms"], 2)
        self.say(f"p99 at 500/s alone {alone['p99_ms']:.0f} ms, beside the sick {beside['p99_ms']:.0f} ms")
        found["full"] = self.stream(good, rate=1_200, seconds=seconds)
        self.say(f"1,200/s: {found['full']['per_s']:.0f}/s heard, p99 {found['full']['p99_ms']:.0f} ms")
        found["at_once"] = self.at_once(good, 20_000)
        self.say(f"20,000 at once: the last after {found['at_once']['last_s']:.1f} s")
        found["rss_mb"] = round(self.program.memory_info().rss / 1e6)
        found["most_at_once"] = self.heard.most
        found["lost"] = sum(each["lost"] for each in found.values() if isinstance(each, dict))
        return found

    def stream(self, names: Sequence[str], *, rate: int, seconds: float) -> dict[str, float]:
        """Compose so many a second, endpoints in turn, and see how long each takes to be heard."""
        due: dict[str, float] = {}
        begins, cpu = time.monotonic() + 0.05, _cpu(self.program)
        for number in range(round(rate * (seconds + _WARM_UP_S))):
            at = begins + number / rate
            if (wait := at - time.monotonic()) > 0:
                time.sleep(wait)
            name = names[number % len(names)]
            notice_id = self._compose(name)
            self._producer.poll(0)
            if number >= rate * _WARM_UP_S and name not in ("hang", "bad"):
                due[notice_id] = at
        self._producer.flush(30)
        self._wait(due, within_s=60)
        whole = time.monotonic() - begins
        used = _cpu(self.program) - cpu
        took = [self.heard.at[key] - at for key, at in due.items() if key in self.heard.at]
        last = max(self.heard.at.get(key, 0.0) for key in due)
        return {
            **spread(took),
            "per_s": round(len(took) / (last - min(due.values())), 1),
            "core": round(used / whole, 2),
            "cpu_us": round(used * 1e6 / max(1, round(rate * (seconds + _WARM_UP_S)))),
            "lost": len(due) - len(took),
        }

    def at_once(self, names: Sequence[str], many: int) -> dict[str, float]:
        """Compose *many* that are due together."""
        began = time.monotonic()
        due = {self._compose(names[number % len(names)]): began for number in range(many)}
        self._producer.flush(60)
        self._wait(due, within_s=180)
        heard = [self.heard.at[key] for key in due if key in self.heard.at]
        return {"last_s": round(max(heard) - began, 1), "lost": many - len(heard)}

    def facts(self, *, rate: int, seconds: float) -> dict[str, float]:
        """Say facts of incidents, and see when the first attempt to tell of each is heard."""
        due: dict[str, float] = {}
        begins = time.monotonic() + 0.05
        for number in range(round(rate * (seconds + _WARM_UP_S))):
            received = _fact(number)
            at = begins + number / rate
            if (wait := at - time.monotonic()) > 0:
                time.sleep(wait)
            self._produce(received)
            self._producer.flush(1)
            if number >= rate * _WARM_UP_S:
                due[str(received.key)] = at
        ends, found = time.monotonic() + 30, dict[str, str]()
        while time.monotonic() < ends and len(found) < len(due):
            rows = self.database.sql(
                "SELECT document->>'incident_id', notice_id FROM notifier.delivery WHERE channel = 'webhook'"
            )
            found = {key: value for key, _, value in (row.partition("|") for row in rows) if key in due}
            time.sleep(0.5)
        self._wait(dict.fromkeys(found.values(), 0.0), within_s=10)
        took = [self.heard.at[found[key]] - at for key, at in due.items() if found.get(key) in self.heard.at]
        return {**spread(took), "lost": len(due) - len(took)}

    def _compose(self, name: str) -> str:
        self._number += 1
        notice_id = derive_id("bench", str(self._number))
        recipient = {"kind": "department", "ref": f"department:b-{name}"}
        value = _VALUE | {"notice_id": notice_id, "endpoint_key": self._keys[name], "recipient": recipient}
        headers = _HEADERS | {"ce_id": notice_id}
        self._producer.produce(
            "notices.composed.v1",
            json.dumps(value, ensure_ascii=False).encode(),
            self._keys[name],
            headers=list(headers.items()),
        )
        return notice_id

    def _produce(self, received: Received) -> None:
        self._producer.produce(
            received.topic,
            received.message.write(),
            received.key,
            headers=list(to_headers(received.envelope)),
        )

    def _wait(self, due: dict[str, float], *, within_s: float) -> None:
        ends = time.monotonic() + within_s
        while time.monotonic() < ends and not due.keys() <= self.heard.at.keys():
            time.sleep(0.05)


def _cpu(program: psutil.Process) -> float:
    times = program.cpu_times()
    return float(times.user + times.system)


def _fact(number: int) -> Received:
    """A task given to one of the units, in an incident of its own."""
    incident_id = derive_id("bench-incident", str(number))
    first = told("incidents.changed.v1/dispatched", sequence=1)
    text = first.message.write().decode()
    text = text.replace("929c9c321f1036d2f6a2ce647d2c7011", incident_id)
    text = text.replace("department:gas", f"department:b-{number % ENDPOINTS}")
    content = json.loads(text)
    content["tasks"] = content["tasks"][:1]
    content["tasks"][0]["task_id"] = f"bench-task-{number}"
    return replace(
        first,
        key=incident_id,
        message=type(first.message).read(json.dumps(content).encode()),
        envelope=replace(first.envelope, id=f"bench-fact-{number}", subject=incident_id),
        appended_at=datetime.now(UTC),
    )


_EXAMPLE = told("notices.composed.v1/attend")
_VALUE: dict[str, Any] = json.loads(_EXAMPLE.message.write()) | {"urgency": "urgent"}
_VALUE.pop("confirm_by", None)
_HEADERS: dict[str, str | bytes] = dict(to_headers(_EXAMPLE.envelope))
