"""What Prometheus hears of a door."""

import asyncio
from http import HTTPStatus

import pytest
from prometheus_client import REGISTRY
from starlette.applications import Starlette
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.routing import Route
from starlette.types import Message, Scope

from wangge_chassis.counting import HUNG_UP
from wangge_chassis.probes import Health, probe_app
from wangge_chassis.problems import install, unavailable


async def _matter(_: Request) -> Response:
    return Response("told")


async def _away(_: Request) -> Response:
    raise unavailable("away")


async def _left(_: Request) -> Response:
    raise ClientDisconnect


_ROUTES = [Route("/counted/{name}", _matter), Route("/away", _away), Route("/left", _left)]


def counted(method: str, route: str, status: int) -> float:
    told = {"method": method, "route": route, "status": str(status)}
    return REGISTRY.get_sample_value("wangge_http_requests_total", told) or 0.0


def timed(method: str, route: str) -> float:
    told = {"method": method, "route": route}
    return REGISTRY.get_sample_value("wangge_http_request_duration_seconds_count", told) or 0.0


async def asked(method: str, path: str) -> None:
    door = Starlette(routes=_ROUTES)
    install(door)
    scope: Scope = {"type": "http", "method": method, "path": path, "headers": [], "query_string": b""}

    async def receive() -> Message:
        await asyncio.Event().wait()
        return {"type": "http.disconnect"}

    async def send(_: Message) -> None:
        return

    await probe_app(Health, door=door)(scope, receive, send)


@pytest.mark.parametrize(
    ("method", "path", "counts"),
    [
        ("GET", "/counted/one", ("GET", "/counted/{name}", HTTPStatus.OK)),
        ("HEAD", "/counted/two", ("GET", "/counted/{name}", HTTPStatus.OK)),
        ("POST", "/counted/three", ("POST", "/counted/{name}", HTTPStatus.METHOD_NOT_ALLOWED)),
        ("GET", "/away", ("GET", "/away", HTTPStatus.SERVICE_UNAVAILABLE)),
        ("GET", "/left", ("GET", "/left", HUNG_UP)),
        ("GET", "/what/a/stranger/asks", ("GET", "", HTTPStatus.NOT_FOUND)),
    ],
)
async def test_each_request_is_counted_once_under_the_template_of_its_route(
    method: str, path: str, counts: tuple[str, str, int]
) -> None:
    before, before_timed = counted(*counts), timed(*counts[:2])
    await asked(method, path)

    assert counted(*counts) == before + 1
    assert timed(*counts[:2]) == before_timed + 1
    assert not any(
        path in sample.labels.values() and path != counts[1]
        for metric in REGISTRY.collect()
        for sample in metric.samples
    )


async def test_who_asks_how_it_is_is_not_counted() -> None:
    before = counted("GET", "/health/live", HTTPStatus.OK)
    await asked("GET", "/health/live")

    assert counted("GET", "/health/live", HTTPStatus.OK) == before == 0
