"""The HTTP server that every room has."""

import asyncio
import json
import socket
import time
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import AsyncExitStack, asynccontextmanager
from functools import wraps
from http import HTTPStatus
from typing import ParamSpec

import pytest
import uvloop
from prometheus_client import REGISTRY
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse
from starlette.routing import Route
from starlette.types import ASGIApp, Receive, Scope, Send

from tests.waiting import wait_for
from wangge_chassis import probes, unhurried
from wangge_chassis.probes import Health, Server, make_server, probe_app
from wangge_chassis.unhurried import BESIDE_BYTES, Unhurried

PROXY_LETS_GO_AFTER_S = 60
"""An idle connection to an upstream: nginx's `keepalive_timeout` in `ngx_http_upstream_module`."""
SHORT_S = 0.3
GET = b"GET /nowhere HTTP/1.1\r\nHost: here\r\n\r\n"
POST = b"POST / HTTP/1.1\r\nHost: here\r\n"
GET_LARGE = b"GET /large HTTP/1.1\r\nHost: here\r\n\r\n"
LARGE = 24_000_000
"""Bytes of an answer that no kernel holds as a whole."""
_P = ParamSpec("_P")


async def _length(request: Request) -> Response:
    return Response(str(len(await request.body())))


async def _large(_: Request) -> Response:
    return Response(b"x" * LARGE)


async def _news(_: Request) -> Response:
    async def told() -> AsyncIterator[bytes]:
        for _ in range(20):
            yield b": nothing new\n\n"
            await asyncio.sleep(SHORT_S / 5)

    return StreamingResponse(told())


ROUTES = [Route("/", _length, methods=["POST"]), Route("/large", _large), Route("/news", _news)]


@asynccontextmanager
async def serving(app: ASGIApp | None = None) -> AsyncIterator[Server]:
    """Give out a server of *app*, else of one with the routes above."""
    server = make_server(app or Starlette(routes=ROUTES), host="127.0.0.1", port=0)
    serves = asyncio.create_task(server.serve())
    await asyncio.to_thread(wait_for, "a server that listens", lambda: server.started)
    try:
        yield server
    finally:
        server.should_exit = True
        await asyncio.wait_for(serves, timeout=3)


def port_of(server: Server) -> int:
    return int(server.servers[0].sockets[0].getsockname()[1])


@asynccontextmanager
async def listening() -> AsyncIterator[int]:
    """Return the port of such a server."""
    async with serving() as server:
        yield port_of(server)


def as_rooms_run(test: Callable[_P, Coroutine[None, None, None]]) -> Callable[_P, None]:
    """Run *test* on uvloop, as rooms do: transports of its own, that buffer in another way."""

    @wraps(test)
    def run(*args: _P.args, **kwargs: _P.kwargs) -> None:
        uvloop.run(test(*args, **kwargs))

    return run


@asynccontextmanager
async def unread(port: int, said: bytes) -> AsyncIterator[socket.socket]:
    """Say *said*, and read nothing of what is answered."""
    with socket.socket() as connection:
        connection.setblocking(False)
        loop = asyncio.get_running_loop()
        await loop.sock_connect(connection, ("127.0.0.1", port))
        await loop.sock_sendall(connection, said)
        yield connection


def sample(name: str, **labels: str) -> float:
    """What Prometheus would hear now."""
    return REGISTRY.get_sample_value(name, labels) or 0.0


async def until(what: str, holds: Callable[[], bool]) -> None:
    await asyncio.to_thread(wait_for, what, holds, within_s=10)


def unsent(server: Server) -> list[int]:
    """How much each connection still has to send, as far as it has anything."""
    held = [one.transport.get_write_buffer_size() for one in list(server.server_state.connections)]
    return [size for size in held if size]


async def said_to(port: int, *parts: bytes, every_s: float = 0.0) -> bytes:
    """Say *parts* and return what is answered until the end of the connection."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    try:
        for part in parts:
            writer.write(part)
            await writer.drain()
            await asyncio.sleep(every_s)
    except ConnectionError:
        pass
    try:
        return await asyncio.wait_for(reader.read(), timeout=10)
    except ConnectionResetError:
        return b"reset"
    finally:
        writer.close()


async def test_who_is_behind_a_proxy_holds_on_for_longer_than_it() -> None:
    server = make_server(Starlette(), host="127.0.0.1", port=0)
    assert server.config.timeout_keep_alive > PROXY_LETS_GO_AFTER_S


async def test_connections_that_are_idle_do_not_delay_a_stop() -> None:
    async with listening() as port:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(GET)
        assert (await reader.readline()).startswith(b"HTTP/1.1 404")
    writer.close()


@pytest.mark.parametrize(
    ("parts", "answered"),
    [
        ((), b""),
        ((b"\r\n",) * 5, b"HTTP/1.1 408"),
        ((POST,), b"HTTP/1.1 408"),
        ((POST, *[b"a: b\r\n"] * 5), b"HTTP/1.1 408"),
        ((POST + b"Content-Length: 300\r\n\r\n", *[b"{"] * 4), b"HTTP/1.1 408"),
        ((POST.replace(b"/ ", b"/nowhere ") + b"Content-Length: 300\r\n\r\n", *[b"{"] * 4), b"HTTP/1.1 404"),
    ],
)
async def test_who_does_not_finish_is_not_waited_for(
    monkeypatch: pytest.MonkeyPatch, parts: tuple[bytes, ...], answered: bytes
) -> None:
    monkeypatch.setattr(unhurried, "HEAD_S", SHORT_S)
    monkeypatch.setattr(unhurried, "BODY_S", SHORT_S)
    async with listening() as port:
        began = time.monotonic()
        told = await said_to(port, *parts, every_s=SHORT_S / 6)
        assert told.startswith(answered)
        assert SHORT_S <= time.monotonic() - began < 1.6 * SHORT_S


@pytest.mark.parametrize(
    ("parts", "status"),
    [
        ((POST,), HTTPStatus.REQUEST_TIMEOUT),
        ((POST + b"Content-Length: 300\r\n\r\n", b"{"), HTTPStatus.REQUEST_TIMEOUT),
        ((POST + b"a: ", b"x" * (BESIDE_BYTES + 1)), HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE),
        ((b"nonsense\r\n\r\n",), HTTPStatus.BAD_REQUEST),
    ],
    ids=["head too late", "body too late", "head too large", "no HTTP"],
)
async def test_what_is_refused_before_a_door_sees_it_is_told_as_a_problem_and_counted_not_logged(
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
    parts: tuple[bytes, ...],
    status: HTTPStatus,
) -> None:
    monkeypatch.setattr(unhurried, "HEAD_S", SHORT_S)
    monkeypatch.setattr(unhurried, "BODY_S", SHORT_S)
    before = sample("wangge_http_unreadable_requests_total", status=str(status.value))
    async with listening() as port:
        head, _, body = (await said_to(port, *parts, every_s=SHORT_S / 6)).partition(b"\r\n\r\n")

    assert head.startswith(b"HTTP/1.1 %d" % status)
    assert b"content-type: application/problem+json" in head
    assert b"content-length: %d\r\nconnection: close" % len(body) in head
    told = json.loads(body)
    assert told.pop("detail")
    assert told == {"type": "about:blank", "title": status.phrase, "status": status.value}
    assert sample("wangge_http_unreadable_requests_total", status=str(status.value)) == before + 1
    assert "HTTP request" not in caplog.text


async def test_a_request_that_cannot_be_read_does_not_break_into_an_answer() -> None:
    async with listening() as port:
        told = await said_to(port, GET.replace(b"/nowhere", b"/news"), b"nonsense\r\n\r\n", every_s=SHORT_S)

    assert told.count(b"HTTP/1.1 ") == 1


async def test_whoever_may_be_asked_by_get_may_be_asked_by_head() -> None:
    async def door(scope: Scope, receive: Receive, send: Send) -> None:
        await Response("told", 200 if scope["method"] == "GET" else 405)(scope, receive, send)

    app, last = probe_app(Health, door=door), GET.replace(b"\r\n\r\n", b"\r\nConnection: close\r\n\r\n")
    async with AsyncExitStack() as stack:
        server = await stack.enter_async_context(serving(app))
        told = await said_to(port_of(server), GET.replace(b"GET", b"HEAD"), last, every_s=SHORT_S)

    one, another = told.split(b"HTTP/1.1 200 OK")[1:]
    assert one.endswith(b"content-length: 4\r\n\r\n")
    assert another.endswith(b"told")


OFFER = b"Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAEAAEAAAAIAAAAA\r\n"
"""As Java's own client says with the first request of a connection, and `curl --http2`."""


@pytest.mark.parametrize("offer", [OFFER, b"Upgrade: websocket\r\nConnection: upgrade\r\n"])
@pytest.mark.parametrize("every", [1, 100, 10_000])
async def test_who_offers_another_protocol_is_answered_in_ours(offer: bytes, every: int) -> None:
    sent = POST + offer + b"Content-Length: 5\r\n\r\n12345"
    chunked = POST + offer + b"Transfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n"
    last = POST + b"Content-Length: 2\r\nConnection: close\r\n\r\n12"
    whole = sent + chunked + GET.replace(b"\r\n\r\n", b"\r\n" + offer + b"\r\n") + sent + last
    async with listening() as port:
        told = await said_to(port, *[whole[at : at + every] for at in range(0, len(whole), every)])

    answers = [part.partition(b"\r\n\r\n") for part in told.split(b"HTTP/1.1 ")[1:]]
    assert [(head[:3], body) for head, _, body in answers] == [
        (b"200", b"5"),
        (b"200", b"3"),
        (b"404", b"Not Found"),
        (b"200", b"5"),
        (b"200", b"2"),
    ]


async def test_who_asks_for_a_tunnel_has_none() -> None:
    tunnel = b"CONNECT here:443 HTTP/1.1\r\nHost: here\r\n"
    async with listening() as port:
        for head in (tunnel, tunnel + OFFER):
            told = await said_to(port, head + b"\r\n", b"GET / HTTP/1.1\r\n\r\n")
            assert told.startswith(b"HTTP/1.1 4")
            assert told.count(b"HTTP/1.1 ") == 1


async def test_who_asks_for_metrics_alone_learns_whether_the_replica_is_ready() -> None:
    stands = Health(reasons=["PostgreSQL is away"])
    scrape = GET.replace(b"/nowhere", b"/metrics").replace(b"\r\n\r\n", b"\r\nConnection: close\r\n\r\n")
    async with serving(probe_app(lambda: stands, door=None)) as server:
        away = await said_to(port_of(server), scrape)
        stands.reasons.clear()
        there = await said_to(port_of(server), scrape)

    assert b"\nwangge_ready 0.0\n" in away
    assert b"\nwangge_ready 1.0\n" in there


async def test_who_was_answered_may_be_silent_for_longer(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(unhurried, "HEAD_S", SHORT_S)
    monkeypatch.setattr(probes, "KEEP_ALIVE_S", 4 * SHORT_S)
    async with listening() as port:
        began = time.monotonic()
        assert (await said_to(port, GET)).startswith(b"HTTP/1.1 404")
        assert time.monotonic() - began >= 4 * SHORT_S


@pytest.mark.parametrize("begin", [POST + b"a: ", POST + b"Transfer-Encoding: chunked\r\n\r\n0\r\na: "])
async def test_a_header_without_an_end_is_refused_before_it_costs_anything(begin: bytes) -> None:
    async with listening() as port:
        began = time.process_time()
        told = await said_to(port, begin, *[b"x" * 4096] * 8192)
        assert told == b"reset" or told.startswith(b"HTTP/1.1 431")
        assert time.process_time() - began < 5


async def test_a_large_body_is_no_large_head() -> None:
    size = 20 * BESIDE_BYTES
    one = POST + b"Connection: close\r\nContent-Length: %d\r\n\r\n" % size + b"x" * size
    chunk = b"10\r\n" + b"x" * 16 + b"\r\n"
    chunks = (
        POST
        + b"Connection: close\r\nTransfer-Encoding: chunked\r\n\r\n"
        + chunk * (size // 16)
        + b"0\r\n\r\n"
    )
    async with listening() as port:
        for whole in (one, chunks):
            parts = [whole[at : at + 5000] for at in range(0, len(whole), 5000)]
            told = await said_to(port, *parts)
            assert told.endswith(b"\r\n\r\n%d" % size)


async def test_of_too_many_connections_the_one_goes_that_has_been_silent_longest(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(Unhurried, "connections_at_most", 3)
    before = sample("wangge_http_connections_crowded_out_total")
    async with listening() as port:
        found = []
        for _ in range(5):
            found.append(await asyncio.open_connection("127.0.0.1", port))
            await asyncio.sleep(0.05)
        for reader, _ in found[:2]:
            assert await asyncio.wait_for(reader.read(), timeout=1) == b""
        assert sample("wangge_http_connections_crowded_out_total") == before + 2
        for reader, writer in found[2:]:
            writer.write(GET)
            assert (await reader.readline()).startswith(b"HTTP/1.1 404")
        for _, writer in found:
            writer.close()


@pytest.mark.parametrize(
    "said",
    [GET_LARGE, GET_LARGE * 3, GET_LARGE.replace(b"\r\n\r\n", b"\r\nConnection: close\r\n\r\n")],
    ids=["one answer", "answers one after the other", "the last answer"],
)
@as_rooms_run
async def test_who_reads_nothing_is_not_waited_for(monkeypatch: pytest.MonkeyPatch, said: bytes) -> None:
    monkeypatch.setattr(unhurried, "WRITE_S", SHORT_S)
    async with serving() as server, unread(port_of(server), said):
        began = time.monotonic()
        await until("an answer waits", lambda: bool(unsent(server)))
        await until("the connection is gone", lambda: not server.server_state.connections)
        assert time.monotonic() - began >= SHORT_S


@as_rooms_run
async def test_who_reads_slowly_gets_the_whole(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(unhurried, "WRITE_S", SHORT_S)
    async with listening() as port:
        began, size = time.monotonic(), 0
        async with unread(port, GET_LARGE) as slow:
            while size < LARGE:
                read = await asyncio.get_running_loop().sock_recv(slow, LARGE // 80)
                assert read
                size += len(read)
                await asyncio.sleep(SHORT_S / 20)
        assert time.monotonic() - began > 3 * SHORT_S


@as_rooms_run
async def test_who_follows_and_reads_is_told_on_and_on(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(unhurried, "WRITE_S", SHORT_S)
    async with listening() as port:
        told = await said_to(port, GET.replace(b"/nowhere", b"/news").replace(b"1.1", b"1.0"))
        assert told.count(b": nothing new") == 20


@as_rooms_run
async def test_an_answer_that_nobody_reads_keeps_no_place(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Unhurried, "connections_at_most", 3)
    async with serving() as server, AsyncExitStack() as held:
        for _ in range(3):
            await held.enter_async_context(unread(port_of(server), GET_LARGE))
        await until("three answers wait", lambda: len(unsent(server)) == 3)
        for _ in range(3):
            await held.enter_async_context(unread(port_of(server), GET))
        await until("they have made room", lambda: not unsent(server))
        assert len(server.server_state.connections) == 3


@as_rooms_run
async def test_who_reads_nothing_is_not_told_what_else_is_wrong(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(unhurried, "HEAD_S", SHORT_S)
    async with serving() as server, unread(port_of(server), GET_LARGE + b"GET "):
        await until("an answer waits", lambda: bool(unsent(server)))
        await until("the connection is gone", lambda: not server.server_state.connections)
