"""Who knocks at the HTTP door: keep-alive connections on raw sockets, so that the knocking costs little."""

import asyncio
import re
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

_LENGTH = re.compile(rb"content-length: *(\d+)", re.IGNORECASE)
_HEAD_ENDS = b"\r\n\r\n"


class Line(asyncio.Protocol):
    """One connection; one request at a time."""

    def __init__(self) -> None:
        self._transport: asyncio.Transport | None = None
        self._buffer = b""
        self._answer: asyncio.Future[int] | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Keep the wire."""
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        """Settle the request once its answer is whole."""
        self._buffer += data
        head_size = self._buffer.find(_HEAD_ENDS)
        if head_size < 0 or self._answer is None:
            return
        found = _LENGTH.search(self._buffer, 0, head_size)
        if len(self._buffer) >= head_size + len(_HEAD_ENDS) + int(found[1] if found else 0):
            status, self._buffer = int(self._buffer[9:12]), b""
            self._answer.set_result(status)

    def connection_lost(self, _: Exception | None) -> None:
        """Fail what is under way."""
        if self._answer is not None and not self._answer.done():
            self._answer.set_exception(ConnectionResetError("the door has hung up"))

    async def post(self, request: bytes) -> int:
        """Send *request* and return the status of its answer. Raises ConnectionResetError."""
        assert self._transport is not None
        if self._transport.is_closing():
            raise ConnectionResetError("the door has hung up")
        self._answer = asyncio.get_running_loop().create_future()
        self._transport.write(request)
        return await self._answer

    def close(self) -> None:
        """Hang up."""
        if self._transport is not None:
            self._transport.close()


@dataclass(slots=True)
class Caller:
    """A terminal system without a Kafka client: an address, a token, and a report with a hole for its id."""

    port: int
    token: str
    before: bytes
    """The report up to its id, and from there on."""
    after: bytes
    lines: list[Line] = field(default_factory=list)

    async def dial(self, count: int) -> None:
        """Open *count* connections."""
        loop = asyncio.get_running_loop()
        for _ in range(count):
            _, line = await loop.create_connection(Line, "127.0.0.1", self.port)
            self.lines.append(line)

    def hang_up(self) -> None:
        """Close them all."""
        for line in self.lines:
            line.close()
        self.lines.clear()

    def request(self, report_ids: Sequence[str]) -> bytes:
        """The request that hands in the reports of these ids: one alone, or an array of them."""
        reports = [self.before + report_id.encode() + self.after for report_id in report_ids]
        body = reports[0] if len(reports) == 1 else b"[" + b",".join(reports) + b"]"
        head = (
            "POST /v1/reports HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\n"
            f"Authorization: Bearer {self.token}\r\nContent-Length: {len(body)}\r\n\r\n"
        )
        return head.encode() + body

    async def knock(self, ids: Callable[[], list[str]], *, seconds: float) -> tuple[float, int]:
        """
        Let every connection send, wait, and send again for *seconds*; *ids* gives the reports of a request.

        Returns the requests kept (202) per second and how many were not.
        """
        kept = refused = 0
        ends = time.monotonic() + seconds

        async def one(line: Line) -> None:
            nonlocal kept, refused
            while time.monotonic() < ends:
                if await line.post(self.request(ids())) == 202:
                    kept += 1
                else:
                    refused += 1

        began = time.monotonic()
        await asyncio.gather(*map(one, self.lines))
        return kept / (time.monotonic() - began), refused
