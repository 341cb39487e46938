"""Receivers that do everything that receivers do, and a courier's world of them."""

import asyncio
import json
import threading
from collections import Counter
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from typing import Any

from tests.unit.ledger.telling import told
from wangge_chassis import Received
from wangge_contracts.message import derive_id
from wangge_local.ports import free_port
from wangge_notifier.contacts import Endpoint
from wangge_notifier.directory import endpoint_key

KINDS = (
    "good",
    "slow",
    "trickling",
    "failing",
    "throttling",
    "gone",
    "redirecting",
    "late",
    "breaking-off",
    "silent",
    "bad-tls",
)
"""
Each is a unit's own system: takes its time; sends its answer byte by byte; fails twice; wants to be left
alone (429); is gone (410); redirects inside; takes it and answers after our deadline; breaks off in its
answer; takes it and closes without one; speaks no TLS where it should.
"""
SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSwMfKQ9r8GKYqrTwjUPD8ILPZI"
Writer = asyncio.StreamWriter


@dataclass
class Receivers:
    """One HTTP server, a path for each kind; *took* counts by webhook-id what units believe they have."""

    late_s: float
    port: int = field(default_factory=free_port)
    inside: int = field(default_factory=free_port)
    took: Counter[str] = field(default_factory=Counter)
    heard: Counter[str] = field(default_factory=Counter)
    strayed: int = 0

    def address(self, kind: str) -> str:
        """Where a kind listens."""
        return f"{'https' if kind == 'bad-tls' else 'http'}://127.0.0.1:{self.port}/{kind}"

    async def serve(self, reader: asyncio.StreamReader, writer: Writer) -> None:
        """Answer one connection, request by request."""
        with suppress(ConnectionError, asyncio.IncompleteReadError, asyncio.LimitOverrunError, ValueError):
            while True:
                head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
                kind = head[0].split()[1].split("/")[1]
                headers = dict(line.lower().split(": ", 1) for line in head[1:] if ": " in line)
                await reader.readexactly(int(headers.get("content-length", "0")))
                webhook = headers["webhook-id"]
                self.heard[webhook] += 1
                goes_on = await self._ANSWERS[kind](self, webhook, writer)
                await writer.drain()
                if not goes_on:
                    break
        writer.close()

    async def _good(self, webhook: str, writer: Writer) -> bool:
        self.took[webhook] += 1
        writer.write(_answer(204))
        return True

    async def _slow(self, webhook: str, writer: Writer) -> bool:
        await asyncio.sleep(0.2)
        return await self._good(webhook, writer)

    async def _trickling(self, webhook: str, writer: Writer) -> bool:
        self.took[webhook] += 1
        writer.write(b"HTTP/1.1 200 OK\r\ncontent-length: 60\r\n\r\n")
        for _ in range(60):
            writer.write(b"x")
            await writer.drain()
            await asyncio.sleep(0.1)
        return True

    async def _failing(self, webhook: str, writer: Writer) -> bool:
        if self.heard[webhook] > 2:
            return await self._good(webhook, writer)
        writer.write(_answer(503))
        return True

    async def _throttling(self, webhook: str, writer: Writer) -> bool:
        if self.heard[webhook] > 1:
            return await self._good(webhook, writer)
        writer.write(_answer(429, "retry-after: 1\r\n"))
        return True

    async def _gone(self, _: str, writer: Writer) -> bool:
        writer.write(_answer(410))
        return True

    async def _redirecting(self, _: str, writer: Writer) -> bool:
        writer.write(_answer(302, f"location: http://127.0.0.1:{self.inside}/\r\n"))
        return True

    async def _late(self, webhook: str, writer: Writer) -> bool:
        if self.heard[webhook] == 1:
            self.took[webhook] += 1
            await asyncio.sleep(self.late_s)
            writer.write(_answer(204))
            return False
        return await self._good(webhook, writer)

    async def _breaking_off(self, webhook: str, writer: Writer) -> bool:
        self.took[webhook] += 1
        writer.write(b"HTTP/1.1 200 OK\r\ncontent-length: 1000\r\n\r\nhalf")
        return False

    async def _silent(self, webhook: str, writer: Writer) -> bool:
        if self.heard[webhook] == 1:
            self.took[webhook] += 1
            return False
        return await self._good(webhook, writer)

    _ANSWERS: Any = field(
        init=False,
        repr=False,
        default_factory=lambda: {
            kind: getattr(Receivers, f"_{kind.replace('-', '_')}") for kind in KINDS if kind != "bad-tls"
        },
    )

    async def stray(self, _: asyncio.StreamReader, writer: Writer) -> None:
        """Count what was led inside by a redirect."""
        self.strayed += 1
        writer.close()


def _answer(status: int, more: str = "") -> bytes:
    return f"HTTP/1.1 {status} X\r\ncontent-length: 0\r\n{more}\r\n".encode()


@contextmanager
def receiving(*, late_s: float) -> Iterator[Receivers]:
    """All kinds of receivers, listening in a thread of their own."""
    receivers, loop = Receivers(late_s), asyncio.new_event_loop()

    async def listen(serve: Callable[..., Awaitable[None]], port: int) -> asyncio.Server:
        return await asyncio.start_server(serve, "127.0.0.1", port)

    servers = [
        loop.run_until_complete(listen(receivers.serve, receivers.port)),
        loop.run_until_complete(listen(receivers.stray, receivers.inside)),
    ]
    thread = threading.Thread(target=loop.run_forever)
    thread.start()

    async def stop() -> None:
        for server in servers:
            server.close()
        for task in asyncio.all_tasks() - {asyncio.current_task()}:
            task.cancel()
        await asyncio.sleep(0.05)

    try:
        yield receivers
    finally:
        asyncio.run_coroutine_threadsafe(stop(), loop).result(10)
        loop.call_soon_threadsafe(loop.stop)
        thread.join()
        loop.close()


def holder(kind: str, number: int) -> str:
    """Whose endpoint it is."""
    return f"department:{kind}-{number}"


def endpoint(receivers: Receivers, kind: str, number: int) -> Endpoint:
    """Where a unit is told; each number is an address of its own."""
    return Endpoint(channel="webhook", address=f"{receivers.address(kind)}/{number}")


def parts(receivers: Receivers, of_each: int, **more: Any) -> dict[str, Any]:
    """The reference data: *of_each* units of every kind."""
    return {
        "district": {"code": "110101", "time_zone": "Asia/Shanghai"},
        "contacts": {
            "defaults": [{"channel": "console"}],
            "contacts": [
                {
                    "holder": holder(kind, number),
                    "endpoints": [
                        {"channel": "webhook", "address": endpoint(receivers, kind, number).address}
                    ],
                }
                for kind in KINDS
                for number in range(of_each)
            ],
        },
        **more,
    }


def secrets(of_each: int) -> str:
    """The notifier's file of secrets."""
    lines = (f'"{holder(kind, number)}" = "{SECRET}"\n' for kind in KINDS for number in range(of_each))
    return "[secrets]\n" + "".join(lines)


def id_of(number: int) -> str:
    """The id of the notice of this number."""
    return derive_id("chaos-notice", str(number))


def kind_of(number: int) -> str:
    """Which kind the notice of this number goes to."""
    return KINDS[number % len(KINDS)]


def notice(receivers: Receivers, number: int, of_each: int) -> Received:
    """One notice of its own; kinds and units take turns."""
    kind, unit = kind_of(number), number // len(KINDS) % of_each
    key = endpoint_key(holder(kind, unit), endpoint(receivers, kind, unit))
    found = told(
        "notices.composed.v1/attend",
        message_id=derive_id("chaos", str(number)),
        notice_id=id_of(number),
        endpoint_key=key,
        urgency="urgent",
        recipient={"kind": "department", "ref": holder(kind, unit)},
        confirm_by=None,
    )
    return Received(found.topic, 0, 0, key, found.envelope, found.message, found.appended_at)


def content(record: Any) -> dict[str, Any]:
    """The value of a record."""
    value: dict[str, Any] = json.loads(record.value())
    return value
