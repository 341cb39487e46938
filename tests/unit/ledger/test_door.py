"""The ledger's door answers what it was asked badly with a problem, and never with a stack trace."""

import asyncio
import json
import re
from base64 import urlsafe_b64encode
from contextlib import nullcontext
from datetime import UTC, datetime
from functools import partial
from types import SimpleNamespace
from typing import Any, cast

import pytest
from structlog.testing import capture_logs

from wangge_chassis.outsiders import Outsiders
from wangge_chassis.problems import Problem
from wangge_ledger import gathering, lookup
from wangge_ledger.counter import Counter
from wangge_ledger.door import make_door, read_position
from wangge_ledger.lookup import Wish
from wangge_ledger.pages import after_text, cursor_of, read_after, read_cursor
from wangge_ledger.people import People


def asked(
    path: str, query: str = "", counter: object = None, *, method: str = "GET", **headers: str
) -> tuple[int, str, dict[str, Any]]:
    """Return status, media type and body of what a door says that has neither books nor broker."""
    said: list[dict[str, Any]] = []

    async def ask() -> None:
        async def receive() -> dict[str, Any]:
            return {"type": "http.request", "body": b"", "more_body": False}

        async def send(message: Any) -> None:
            said.append(message)

        scope = {"type": "http", "method": method, "path": path, "raw_path": path.encode()}
        scope["headers"] = [
            (name.replace("_", "-").encode(), value.encode()) for name, value in headers.items()
        ]
        scope |= {"query_string": query.encode(), "http_version": "1.1", "scheme": "http", "root_path": ""}
        await make_door(cast("Counter", counter))(scope, receive, send)

    asyncio.run(ask())
    headers = {name.decode(): value.decode() for name, value in said[0]["headers"]}
    body = b"".join(message.get("body", b"") for message in said[1:])
    return said[0]["status"], headers["content-type"], json.loads(body)


@pytest.mark.parametrize("path", ["/v1/incidents/a\0b", "/v1/boards/\0", "/v1/incidents/\0/duplicates"])
def test_nothing_has_a_name_with_a_nul(path: str) -> None:
    status, kind, told = asked(path)

    assert (status, kind) == (404, "application/problem+json")
    assert "U+0000" in told["detail"]


@pytest.mark.parametrize("query", ["q=%00", "state=a%00b", "a%00=1"])
def test_a_query_with_a_nul_is_refused(query: str) -> None:
    status, kind, _ = asked("/v1/incidents", query)

    assert (status, kind) == (422, "application/problem+json")


@pytest.mark.parametrize(
    ("name", "of"),
    [
        *((name, "incidents") for name in ("state", "department", "street", "q", "after")),
        *((name, "notices") for name in ("incident", "recipient", "channel", "state")),
    ],
)
def test_a_filter_without_a_value_does_not_ask_for_all(name: str, of: str) -> None:
    status, kind, told = asked(f"/v1/{of}", f"{name}=")

    assert (status, kind) == (422, "application/problem+json")
    assert name in told["detail"]


def test_a_state_that_there_is_not_is_refused() -> None:
    status, kind, told = asked("/v1/incidents", "state=opn")

    assert (status, kind) == (422, "application/problem+json")
    assert told["detail"].startswith("there is no state 'opn': say one of open, accepted, ")


@pytest.mark.parametrize(
    ("query", "told"),
    [
        ("state=given_up", "there is no state 'given_up': say one of composed, deferred, "),
        ("channel=e-mail", "there is no channel 'e-mail': say one of console, "),
    ],
)
def test_notices_of_a_state_or_channel_that_there_is_not_are_refused(query: str, told: str) -> None:
    status, kind, problem = asked("/v1/notices", query, SimpleNamespace(speaker=lambda _: None))

    assert (status, kind) == (422, "application/problem+json")
    assert problem["detail"].startswith(told)


@pytest.mark.parametrize(
    ("department", "status"),
    [("water", 200), ("department:water", 200), ("gone", 200), ("watre", 404), ("department:", 404)],
)
def test_a_department_goes_by_its_slug_and_one_never_known_is_refused(
    monkeypatch: pytest.MonkeyPatch, department: str, status: int
) -> None:
    wishes: list[Wish] = []

    async def none(_: object, wish: Wish) -> list[Any]:
        wishes.append(wish)
        return []

    async def had_a_task(_: object, holder: str) -> bool:
        return holder == "department:gone"

    async def named(_: object, holder: str) -> bool:
        return holder == "department:water"

    async def as_it_is(_: object, page: str) -> str:
        return page

    monkeypatch.setattr(lookup, "incidents", none)
    monkeypatch.setattr(gathering, "has_held", had_a_task)
    names = SimpleNamespace(told=as_it_is, knows=named)
    counter = SimpleNamespace(names=names, reading=lambda: nullcontext(None))
    counter.knows_unit = partial(Counter.knows_unit, cast("Counter", counter))

    assert asked("/v1/incidents", f"department={department}", counter)[0] == status
    assert [wish.department for wish in wishes] == [department.removeprefix("department:")] * (status == 200)


def test_what_nobody_foresaw_is_logged_and_answered_as_a_problem() -> None:
    with capture_logs() as logs:
        status, kind, told = asked("/v1/incidents/a")

    assert (status, kind) == (500, "application/problem+json")
    assert "NoneType" not in json.dumps(told)
    assert [(entry["event"], entry["path"]) for entry in logs] == [("request_failed", "/v1/incidents/{name}")]


@pytest.mark.parametrize(
    ("text", "position"),
    [
        ("7-3", ("7", 3)),
        ("9223372036854775807-0", ("9223372036854775807", 0)),
        ("1-9223372036854775808", None),
        ("9223372036854775808-1", None),
        ("1-" + "9" * 5000, None),
        ("1", None),
        ("-1-1", None),
    ],
)
def test_a_position_is_one_that_the_database_could_have_given(
    text: str, position: tuple[str, int] | None
) -> None:
    assert read_position(text) == position


def test_a_page_with_a_nul_is_none_of_ours() -> None:
    with pytest.raises(Problem, match="page of ours"):
        read_after("MjAyNi0wMS0wMVQwMDowMDowMCswMDowMCBhAGI")


@pytest.mark.parametrize(
    "instant",
    ["0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-14:00", "2026-01-06T02:07:40", "yesterday"],
)
def test_a_page_that_ends_outside_of_time_is_none_of_ours(instant: str) -> None:
    text = urlsafe_b64encode(f"{instant} incident".encode()).decode()

    with pytest.raises(Problem, match="page of ours"):
        read_after(text)


@pytest.mark.parametrize("path", ["/v1/tasks", "/v1/tasks/some-task"])
def test_a_stranger_who_asks_for_tasks_is_refused_before_the_books_are_opened(path: str) -> None:
    nothing: Any = None
    counter = Counter(nothing, nothing, people=People, outsiders=lambda: Outsiders({}), names=nothing)

    assert asked(path, counter=counter, authorization="Bearer who")[0] == 401


@pytest.mark.parametrize("text", ["", "%%%", "b25lIA", "b25l", "b25lIGEAYg"])
def test_a_page_of_tasks_that_is_none_of_ours_is_refused(text: str) -> None:
    with pytest.raises(Problem, match="page of ours"):
        read_cursor(text)


def test_a_page_of_tasks_goes_on_where_it_ended() -> None:
    assert read_cursor(cursor_of("officer:1/police", "an id")) == ("officer:1/police", "an id")


def test_a_page_goes_on_where_it_ended() -> None:
    last = datetime(2026, 1, 6, 2, 7, 40, 123000, tzinfo=UTC), "incident"

    assert read_after(after_text(*last)) == last


@pytest.mark.parametrize("path", ["/v1/acts", "/v1/orders", "/v1/orders/bulk"])
def test_a_body_that_is_compressed_is_told_so(path: str) -> None:
    async def house_now() -> datetime:
        return datetime(2026, 1, 6, tzinfo=UTC)

    counter = SimpleNamespace(speaker=lambda _: None, house_now=house_now)

    status, _, told = asked(path, counter=counter, method="POST", content_encoding="gzip")

    assert (status, told["errors"][0]["code"]) == (415, "content-type-unknown")


@pytest.mark.parametrize(
    ("route", "statuses"),
    [
        ("get /v1/incidents", "200 404 422 503"),
        ("get /v1/incidents/{name}", "200 401 404 422 503"),
        ("get /v1/incidents/{name}/duplicates", "200 401 404 422 503"),
        ("get /v1/notices", "200 401 422 503"),
        ("get /v1/boards/{place}", "200 404 422 503"),
        ("get /v1/stream", "200 410 422 503"),
        ("post /v1/acts", "202 401 403 413 415 422 503"),
        ("post /v1/orders", "202 401 403 413 415 422 503"),
        ("post /v1/orders/bulk", "200 202 401 403 413 415 422 503"),
    ],
)
def test_the_door_is_described_with_all_that_it_answers(route: str, statuses: str) -> None:
    method, path = route.split()
    _, _, told = asked("/openapi.json")

    described = told["paths"][path][method]
    assert sorted(described["responses"]) == statuses.split()
    refusals = [each for status, each in described["responses"].items() if status >= "400"]
    assert all([*each["content"]] == ["application/problem+json"] for each in refusals)
    assert ("security" in described) is (path not in ("/v1/incidents", "/v1/boards/{place}"))


@pytest.mark.parametrize(
    ("path", "body"),
    [("/v1/acts", "TaskAnswered"), ("/v1/orders", "DeskOrdered"), ("/v1/orders/bulk", "Bulk")],
)
def test_the_door_is_described_with_all_that_it_takes(path: str, body: str) -> None:
    _, _, told = asked("/openapi.json")

    schema = told["paths"][path]["post"]["requestBody"]["content"]["application/json"]["schema"]
    assert schema == {"$ref": f"#/components/schemas/{body}"}
    known = told["components"]["schemas"]
    assert known[body]["properties"]
    assert "effective_at" not in known[body]["required"]
    references = re.findall(r'"#/components/schemas/([^"]+)"', json.dumps(told))
    assert set(references) <= known.keys()
