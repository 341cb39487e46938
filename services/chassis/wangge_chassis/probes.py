"""What an orchestrator may ask: alive, ready and why not, metrics; a service's own door is mounted beside."""

from collections.abc import Callable
from contextlib import nullcontext
from dataclasses import dataclass, field
from typing import Any

import uvicorn
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route
from starlette.types import ASGIApp, Receive, Scope, Send

from wangge_chassis import metrics
from wangge_chassis.counting import Counted
from wangge_chassis.problems import install
from wangge_chassis.unhurried import Unhurried


@dataclass(slots=True)
class Health:
    """Whether this replica does its work; *reasons* is empty when it does."""

    reasons: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    """What is worth knowing though it keeps nobody from working."""
    details: dict[str, Any] = field(default_factory=dict)

    @property
    def ready(self) -> bool:
        """Ready means: every part given to us is held, handled and published."""
        return not self.reasons


def probe_app(health: Callable[[], Health], *, door: ASGIApp | None) -> ASGIApp:
    """
    Return the ASGI application of one service: its probes, and its *door* for every other path.

    The door answers for itself, also for what it does not know.
    """

    async def live(_: Request) -> Response:
        return JSONResponse({"alive": True})

    def examined() -> Health:
        # Who scrapes need not be who probes: the gauge must hold for either alone.
        now = health()
        metrics.READY.set(now.ready)
        return now

    async def ready(_: Request) -> Response:
        now = examined()
        told = {"ready": now.ready, "reasons": now.reasons, "notes": now.notes, **now.details}
        return JSONResponse(told, status_code=200 if now.ready else 503)

    async def scrape(_: Request) -> Response:
        examined()
        return Response(generate_latest(), media_type=CONTENT_TYPE_LATEST)

    routes = [Route("/health/live", live), Route("/health/ready", ready), Route("/metrics", scrape)]
    probes = Starlette(routes=routes)
    install(probes)
    if door is None:
        return probes
    paths, counted = frozenset(route.path for route in routes), Counted(door)

    async def enter(scope: Scope, receive: Receive, send: Send) -> None:
        if scope.get("method") == "HEAD":
            # Whatever may be asked by GET may be by HEAD (RFC 9110, 9.1); the server leaves the body out.
            scope = {**scope, "method": "GET"}
        await (probes if scope.get("path") in paths else counted)(scope, receive, send)

    return enter


KEEP_ALIVE_S = 75
"""
How long a connection may be idle, seconds. A proxy in front lets go after 60 (nginx, `keepalive_timeout` of
an upstream): who is behind it must hold on for longer, or a request meets a connection that is just closing.
"""


_BACKLOG = 2048


class Server(uvicorn.Server):
    """uvicorn inside our own event loop: signals stay with the service."""

    def capture_signals(self) -> nullcontext[None]:  # type: ignore[override]
        """Leave SIGTERM to the service, which drains before it closes the door."""
        return nullcontext()


def make_server(app: ASGIApp, *, host: str, port: int) -> Server:
    """Return a server that logs nothing by itself."""
    return Server(
        uvicorn.Config(
            app,
            host=host,
            port=port,
            log_config=None,
            # Its warnings are of what strangers send, a bare line for each in a log of JSON: that is counted.
            log_level="error",
            access_log=False,
            lifespan="off",
            ws="none",
            # No door makes a link or asks for an address: 4 % of the steps of a POST would be for nothing.
            proxy_headers=False,
            timeout_graceful_shutdown=5,
            timeout_keep_alive=KEEP_ALIVE_S,
            http=Unhurried,
            # As many are accepted at once, before they are counted.
            backlog=min(_BACKLOG, Unhurried.connections_at_most // 2),
        )
    )
