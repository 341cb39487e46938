"""Whatever a door cannot do it tells as problem details (RFC 9457), and every door tells it alike."""

import asyncio
import json
from hashlib import sha256
from pathlib import Path
from typing import Any, cast

import pytest
from starlette.applications import Starlette
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response, StreamingResponse
from starlette.routing import Route
from starlette.types import ASGIApp, Message
from structlog.testing import capture_logs

from wangge_chassis.outsiders import read_outsiders
from wangge_chassis.postgres import NotReached
from wangge_chassis.probes import Health, probe_app
from wangge_chassis.problems import MEDIA_TYPE, Problem, Unforeseen, install, unavailable
from wangge_contracts.v1 import fault
from wangge_contracts.v1.faults import CODES
from wangge_escalation.door import make_door as escalations
from wangge_intake.callers import Callers
from wangge_intake.door import Door as Intake
from wangge_intake.pages import make_pages
from wangge_ledger.door import make_door as ledgers
from wangge_notifier.door import make_door as notifiers

NONE: Any = None


@pytest.fixture(params=["no door", "intake", "escalation", "notifier", "ledger"])
def door(request: pytest.FixtureRequest, tmp_path: Path) -> ASGIApp:
    """A door with nothing behind it."""
    tokens = tmp_path / "tokens.toml"
    tokens.write_text(f'"terminals.pda" = "{sha256(b"pda").hexdigest()}"\n')
    callers = Callers(read_outsiders(tokens).owner, quota_per_s=1, quota_burst=1)
    intake = Intake(callers=callers, producer=NONE, verdicts=NONE, body_limit=999, wait_limit_s=0)
    made: dict[str, ASGIApp] = {
        "no door": probe_app(lambda: cast("Health", NONE), door=None),
        "intake": make_pages(intake, NONE, NONE),
        "escalation": escalations(NONE, NONE),
        "notifier": notifiers(NONE),
        "ledger": ledgers(NONE),
    }
    return made[request.param]


FOR_GET = {
    "no door": "/health/ready",
    "intake": "/v1/reports/1",
    "escalation": "/v1/clocks/next-due",
    "notifier": "/c/token",
    "ledger": "/v1/incidents/1",
}
AS_LOGGED = FOR_GET | {
    "intake": "/v1/reports/{report_id:opaque}",
    "notifier": "/c/{token}",
    "ledger": "/v1/incidents/{name}",
}
"""A path may be a secret, as of a link that confirms, or a telephone number where a contact is asked for."""


def answered(app: ASGIApp, method: str, path: str, body: bytes = b"") -> tuple[int, dict[str, str], bytes]:
    """Status, headers and body of what *app* says to somebody with a token of `terminals.pda`."""
    said: list[Message] = []
    events: list[Message] = [{"type": "http.request", "body": body, "more_body": False}]

    async def receive() -> Message:
        return events.pop() if events else await asyncio.Future()

    async def send(message: Message) -> None:
        said.append(message)

    scope: dict[str, Any] = {"type": "http", "method": method, "path": path, "raw_path": path.encode()}
    scope |= {"query_string": b"", "http_version": "1.1", "scheme": "http", "root_path": ""}
    headers = [(b"authorization", b"Bearer pda"), (b"content-type", b"application/json")]

    async def ask() -> None:
        await app({**scope, "headers": headers}, receive, send)

    asyncio.run(ask())
    told = {name.decode(): value.decode() for name, value in said[0]["headers"]}
    return said[0]["status"], told, b"".join(message.get("body", b"") for message in said[1:])


def test_nothing_is_there(door: ASGIApp) -> None:
    status, headers, body = answered(door, "GET", "/nowhere")

    assert (status, headers["content-type"]) == (404, MEDIA_TYPE)
    assert json.loads(body) == {"type": "about:blank", "title": "Not Found", "status": 404}


def test_nobody_is_sent_elsewhere_for_a_slash(door: ASGIApp, request: pytest.FixtureRequest) -> None:
    """A redirect would name the scheme that we see behind a proxy, and a token go on in clear text."""
    path = FOR_GET[request.node.callspec.params["door"]]

    for method in ("GET", "POST"):
        assert answered(door, method, f"{path.partition('/1')[0]}/")[0] in (404, 405)


def test_what_is_not_allowed_says_what_is(door: ASGIApp, request: pytest.FixtureRequest) -> None:
    path = FOR_GET[request.node.callspec.params["door"]]
    status, headers, body = answered(door, "PATCH", path)

    assert (status, headers["content-type"]) == (405, MEDIA_TYPE)
    assert "GET" in headers["allow"]
    assert json.loads(body) == {"type": "about:blank", "title": "Method Not Allowed", "status": 405}


@pytest.mark.parametrize("door", list(FOR_GET), indirect=True)
def test_what_nobody_foresaw_is_logged_once_and_told_without_its_reason(
    door: ASGIApp, request: pytest.FixtureRequest
) -> None:
    path = FOR_GET[request.node.callspec.params["door"]]
    with capture_logs() as logs:
        status, headers, body = answered(door, "GET", path)

    assert (status, headers["content-type"]) == (500, MEDIA_TYPE)
    assert json.loads(body)["title"] == "Internal Server Error"
    assert b"NoneType" not in body
    logged = AS_LOGGED[request.node.callspec.params["door"]]
    assert [(entry["event"], entry["path"]) for entry in logs] == [("request_failed", logged)]


@pytest.mark.parametrize("door", ["intake"], indirect=True)
def test_nor_is_what_goes_the_short_way_forgotten(door: ASGIApp) -> None:
    with capture_logs() as logs:
        status, headers, _ = answered(
            door,
            "POST",
            "/v1/answers",
            b'{"answer_id":"1","act":"acknowledge",'
            b'"task_id":"t","incident_id":"i","based_on_revision":1,"actor":{"staff_id":"s"}}',
        )

    assert (status, headers["content-type"]) == (500, MEDIA_TYPE)
    assert [entry["event"] for entry in logs] == ["request_failed"]


def _app(raising: Exception) -> Starlette:
    async def asked(_: Request) -> Response:
        raise raising

    async def half(_: Request) -> Response:
        async def told() -> Any:
            yield b"half"
            raise raising

        return StreamingResponse(told())

    app = Starlette(routes=[Route("/", asked), Route("/half", half)])
    install(app)
    return app


def test_a_problem_is_told_as_rfc_9457_has_it() -> None:
    problem = Problem(429, fault("quota"), headers={"retry-after": "7"}, detail="why", members={"x": 1})
    status, headers, body = answered(_app(problem), "GET", "/")

    assert (status, headers["content-type"], headers["retry-after"]) == (429, MEDIA_TYPE, "7")
    told = json.loads(body)
    assert told.pop("errors")[0]["retryable"] is True
    known = {"type": "urn:wangge:problem:quota", "title": CODES["quota"][1], "status": 429, "detail": "why"}
    assert told == known | {"x": 1}


def test_who_may_come_again_hears_when_and_who_is_a_stranger_how() -> None:
    assert "retry-after" in answered(_app(unavailable("away")), "GET", "/")[1]
    assert answered(_app(Problem(401)), "GET", "/")[1]["www-authenticate"].startswith("Bearer")


def test_an_answer_that_has_begun_is_not_answered_again() -> None:
    with capture_logs() as logs:
        status, _, body = answered(_app(ValueError("secret")), "GET", "/half")

    assert (status, body) == (200, b"half")
    assert [entry["path"] for entry in logs] == ["/half"]


def test_an_outage_that_breaks_an_answer_off_heals_by_itself_and_is_no_error() -> None:
    with capture_logs() as logs:
        answered(_app(NotReached("PostgreSQL at db:5432/wangge: TimeoutError")), "GET", "/half")

    [told] = logs
    assert (told["event"], told["log_level"]) == ("answer_broken_off", "warning")
    assert told["reason"] == "PostgreSQL at db:5432/wangge: TimeoutError"


async def test_who_hangs_up_is_no_fault_of_ours() -> None:
    async def app(*_: Any) -> None:
        raise ClientDisconnect

    with capture_logs() as logs:
        await Unforeseen(app)({"type": "http", "path": "/"}, NONE, NONE)

    assert logs == []
