"""HTTP with who takes too long, or says too much before a request stands: uvicorn alone waits for ever."""

import asyncio
import resource
from http import HTTPStatus
from typing import Literal

from uvicorn.protocols.http.httptools_impl import STATUS_LINE

from wangge_chassis import metrics
from wangge_chassis.declining import Declining
from wangge_chassis.problems import MEDIA_TYPE, Problem

HEAD_S = 15.0
"""Within how many seconds a request's head must be there, and the first byte of a fresh connection."""
BODY_S = 30.0
"""Within how many seconds after its head the whole of a body must be."""
WRITE_S = 60.0
"""
Within how many seconds some of what waits to be sent must go, or nobody reads it: nginx's `send_timeout`.
Linux takes on more only when a third of what it holds has been read, so that a slow line needs its time.
"""
BESIDE_BYTES = 64 * 1024
"""
How much a request may have beside its body: head, trailers, frames of chunks, of which as much again as the
body. The parser joins what comes of one header with what came before, each time anew.
"""
_FILES_AT_MOST = 20_000


def connections_at_most() -> int:
    """Return how many connections one port may have: half of the files that this process may open."""
    soft, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    return (_FILES_AT_MOST if soft == resource.RLIM_INFINITY else min(soft, _FILES_AT_MOST)) // 2


class Unhurried(Declining):
    """
    One connection.

    When there are too many, the one goes that has had nothing to say for the longest time; if all of them
    are being answered, the new one.
    """

    connections_at_most = connections_at_most()
    _timer: asyncio.TimerHandle | None = None
    _writing: asyncio.TimerHandle | None = None
    _stage: Literal["idle", "head", "body"] = "idle"
    _body = 0
    _beside = 0
    _begins = False

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Wait for a first byte."""
        super().connection_made(transport)
        # Paused whenever anything waits to be sent: so we hear when that begins and when it ends.
        transport.set_write_buffer_limits(high=0)
        self._since = self.loop.time()
        self._timer = self.loop.call_later(HEAD_S, self._too_late)
        if len(self.connections) > self.connections_at_most:
            metrics.CROWDED_OUT.inc()
            others = [one for one in self.connections if isinstance(one, Unhurried) and one.rests]
            min(others, key=lambda one: one._since, default=self)._let_go()

    def connection_lost(self, exc: Exception | None) -> None:
        """Wait no more."""
        self._wait(None)
        self._expect_reading(None)
        super().connection_lost(exc)

    def pause_writing(self) -> None:
        """Wait for whoever is to read."""
        super().pause_writing()
        self._expect_reading(self.transport.get_write_buffer_size())

    def resume_writing(self) -> None:
        """All is sent."""
        self._expect_reading(None)
        super().resume_writing()

    @property
    def rests(self) -> bool:
        """Whether nobody waits for an answer here."""
        return self._stage != "body" and self._answered

    @property
    def _answered(self) -> bool:
        return self.cycle is None or self.cycle.response_complete

    def data_received(self, data: bytes) -> None:
        """Take in what comes, within the limits. What one read brings (256 KiB) is parsed in a moment."""
        before, held = self._stage, self._body
        if before == "idle":
            self._stage = "head"
        self._begins = False
        super().data_received(data)
        if self.transport.is_closing():
            return
        if not self._begins:
            self._beside += len(data) - (self._body - held)
        if self._beside > BESIDE_BYTES + self._body:
            what = f"head, trailers and frames of a request may have {BESIDE_BYTES} bytes beside its body"
            self._refuse(HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE, what)
        elif self._begins or self._stage != before:
            self._wait({"idle": None, "head": HEAD_S, "body": BODY_S}[self._stage])

    def on_message_begin(self) -> None:
        """Count from here."""
        super().on_message_begin()
        self._stage, self._begins, self._body, self._beside = "head", True, 0, 0

    def on_headers_complete(self) -> None:
        """Now comes the body."""
        super().on_headers_complete()
        self._stage = "body"

    def on_body(self, body: bytes) -> None:
        """Tell it from what stands beside it."""
        self._body += len(body)
        super().on_body(body)

    def on_message_complete(self) -> None:
        """The next request may take its time: the server's keep-alive holds."""
        super().on_message_complete()
        self._stage, self._since = "idle", self.loop.time()

    def _wait(self, within_s: float | None) -> None:
        if self._timer is not None:
            self._timer.cancel()
        self._timer = None if within_s is None else self.loop.call_later(within_s, self._too_late)

    def _too_late(self) -> None:
        if self._stage == "head" and not self._answered:
            # The request before it is still being answered.
            self._wait(HEAD_S)
        elif self._stage == "idle":
            self._let_go()
        else:
            what, within_s = ("body", BODY_S) if self._stage == "body" else ("head", HEAD_S)
            self._refuse(HTTPStatus.REQUEST_TIMEOUT, f"the whole {what} was not there within {within_s:g} s")

    def _expect_reading(self, unsent: int | None) -> None:
        if self._writing is not None:
            self._writing.cancel()
        self._writing = None if unsent is None else self.loop.call_later(WRITE_S, self._unread, unsent)

    def _unread(self, before: int) -> None:
        unsent = self.transport.get_write_buffer_size()
        if unsent < before:
            self._expect_reading(unsent)
        else:
            self.transport.abort()

    def send_400_response(self, msg: str) -> None:
        """Refuse what the parser cannot read."""
        self._refuse(HTTPStatus.BAD_REQUEST, msg)

    def _refuse(self, status: HTTPStatus, detail: str) -> None:
        metrics.UNREADABLE.labels(status.value).inc()
        told = self._answered or (self._stage == "body" and not self.cycle.response_started)
        if told and not self.flow.write_paused:
            body = Problem(status, detail=detail).as_json()
            head = f"content-type: {MEDIA_TYPE}\r\ncontent-length: {len(body)}\r\nconnection: close\r\n\r\n"
            self.transport.write(STATUS_LINE[status] + head.encode() + body)
        self._let_go()

    def _let_go(self) -> None:
        """Close; who has not read what was sent before is not waited for."""
        if self.flow.write_paused:
            self.transport.abort()
        else:
            self.transport.close()
