"""Nobody can name to a door what holds U+0000, which no database of ours could keep."""

import json
from typing import Any

import pytest
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route
from starlette.types import Scope

from tests.unit.asking import asked
from wangge_chassis.nul import NulRefused


async def named(request: Request) -> Response:
    return PlainTextResponse(request.path_params["name"])


DOOR = Starlette(routes=[Route("/of/{name}", named)], middleware=[Middleware(NulRefused)])


@pytest.mark.parametrize("path", ["/of/\0", "/of/a\0b", "/\0/b"])
def test_nothing_has_a_name_with_a_nul(path: str) -> None:
    status, kind, body = asked(DOOR, path)

    assert (status, kind) == (404, "application/problem+json")
    told = json.loads(body)
    assert (told["title"], told["status"]) == ("Not Found", 404)
    assert "U+0000" in told["detail"]


@pytest.mark.parametrize("query", ["q=%00", "state=a%00b", "a%00=1", "q=\0"])
def test_a_query_with_a_nul_is_refused(query: str) -> None:
    assert asked(DOOR, "/of/a", query)[:2] == (422, "application/problem+json")


async def test_what_is_no_request_is_handed_on() -> None:
    heard: list[str] = []

    async def app(scope: Scope, *_: Any) -> None:
        heard.append(scope["type"])

    nobody: Any = None
    await NulRefused(app)({"type": "lifespan"}, nobody, nobody)

    assert heard == ["lifespan"]


@pytest.mark.parametrize("query", ["", "q=%30", "q=%2500"])
def test_everything_else_is_the_doors_to_answer(query: str) -> None:
    assert asked(DOOR, "/of/%00", query) == (200, "text/plain; charset=utf-8", b"%00")
