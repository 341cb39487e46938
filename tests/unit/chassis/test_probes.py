"""The HTTP server that every room has."""

import asyncio

from starlette.applications import Starlette

from tests.waiting import wait_for
from wangge_chassis.probes import make_server

PROXY_LETS_GO_AFTER_S = 60
"""An idle connection to an upstream: nginx's `keepalive_timeout` in `ngx_http_upstream_module`."""


async def test_who_is_behind_a_proxy_holds_on_for_longer_than_it() -> None:
    server = make_server(Starlette(), host="127.0.0.1", port=0)
    assert server.config.timeout_keep_alive > PROXY_LETS_GO_AFTER_S


async def test_connections_that_are_idle_do_not_delay_a_stop() -> None:
    server = make_server(Starlette(), host="127.0.0.1", port=0)
    serving = asyncio.create_task(server.serve())
    await asyncio.to_thread(wait_for, "a server that listens", lambda: server.started)
    port = server.servers[0].sockets[0].getsockname()[1]
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(b"GET /nowhere HTTP/1.1\r\nHost: here\r\n\r\n")
    assert (await reader.readline()).startswith(b"HTTP/1.1 404")
    server.should_exit = True
    await asyncio.wait_for(serving, timeout=3)
    writer.close()
