"""The door's address book: its routes and their description, with FastAPI; POSTs go the short way."""

import time
from collections.abc import Callable, Mapping
from typing import Annotated, Any

from fastapi import Depends, FastAPI, Header, Query, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse, Response
from fastapi.routing import APIRoute
from fastapi.security import HTTPBearer
from pydantic import BaseModel
from pydantic_core import to_json
from starlette.convertors import StringConvertor, register_url_convertor
from starlette.types import ASGIApp, Receive, Scope, Send

from wangge_chassis.problems import Problem, Unforeseen, described, install, one_described, unavailable
from wangge_contracts.v1 import ReportSubmitted, TaskAnswered, fault
from wangge_intake.books import Kept, report_key
from wangge_intake.contacts import Contacts
from wangge_intake.describing import Described, answered
from wangge_intake.door import Door
from wangge_intake.mailbox import MOST, USUAL, Mailbox
from wangge_intake.requests import wait_wanted
from wangge_intake.sayings import case_of, outcome_of
from wangge_intake.speakers import Hears, Says, speaker_of, topic_for
from wangge_intake.verdicts import Blind

_POSTS: dict[str, Says] = {"/v1/reports": "reports", "/v1/answers": "answers"}
_BATCHES = "application/x-ndjson"
_BEARER = HTTPBearer(auto_error=False, description="The token of the outsider who speaks.")
Prefer = Annotated[str, Header(alias="Prefer", description="`wait=SECONDS` (RFC 7240): be told the verdict.")]
Wait = Annotated[
    str, Header(alias="Prefer", description="`wait=SECONDS` (RFC 7240): wait for what is to come.")
]
After = Annotated[str, Query(description="`next` of the page before; without it all that is kept is told.")]
Most = Annotated[int, Query(alias="limit", ge=1, le=MOST, description="Most messages of a page.")]


class _Opaque(StringConvertor):
    """An id with all that it may hold, slashes too: a server undoes escapes before anybody sees the path."""

    regex = r"[\s\S]+"


class Reports(BaseModel):
    """Several reports in one request."""

    reports: list[ReportSubmitted]


class Answers(BaseModel):
    """Several answers in one request."""

    answers: list[TaskAnswered]


def make_pages(door: Door, contacts: Contacts, mailbox: Mailbox) -> ASGIApp:
    """Return what is mounted: POSTs straight to *door*, everything else through FastAPI."""
    app = _described(door, contacts, mailbox)
    posts = {
        route.path: route for route in app.routes if isinstance(route, APIRoute) and route.path in _POSTS
    }

    async def enter(scope: Scope, receive: Receive, send: Send) -> None:
        route = posts.get(scope["path"]) if scope["type"] == "http" and scope["method"] == "POST" else None
        if route is None:
            await app(scope, receive, send)
        else:
            # Where the framework leaves it for whoever counts.
            scope["route"] = route
            await door.take(_POSTS[route.path], scope, receive, send)

    return Unforeseen(enter)


def _described(door: Door, contacts: Contacts, mailbox: Mailbox) -> FastAPI:
    register_url_convertor("opaque", _Opaque())
    app = Described(
        title="Wangge intake",
        version="1",
        description="Report what you have seen, and answer the tasks that are yours. 202 means kept.",
        docs_url=None,
        redoc_url=None,
        # For the description alone: the door itself looks at the token.
        dependencies=[Depends(_BEARER)],
    )

    class Posting(APIRoute):
        """Described by its function's parameters, served by the door."""

        async def handle(self, scope: Scope, receive: Receive, send: Send) -> None:
            if scope["method"] == "POST":
                await door.take(_POSTS[self.path], scope, receive, send)
            else:
                await super().handle(scope, receive, send)

    def posting(
        path: str, endpoint: Callable[..., Any], summary: str, answers: Mapping[int | str, dict[str, Any]]
    ) -> None:
        lines = {"schema": {"type": "string", "description": "One per line, each as JSON."}}
        app.router.add_api_route(
            path,
            endpoint,
            methods=["POST"],
            summary=summary,
            status_code=202,
            response_description="Every in-sync replica has it: kept, not judged",
            responses={
                **answers,
                **described(400, 401, 403, 408, 409, 413, 415, 422, 429, 503),
            },
            openapi_extra={"requestBody": {"content": {_BATCHES: lines}}},
            route_class_override=Posting,
        )

    # Of an array among them only words tell: clients that are generated for Java would not compile.
    async def reports(report: ReportSubmitted | Reports, prefer: Prefer = "") -> None:
        """One report, an array of them, `{"reports": [...]}`, or one per line (application/x-ndjson)."""

    async def answers(answer: TaskAnswered | Answers) -> None:
        """One answer, an array of them, `{"answers": [...]}`, or one per line (application/x-ndjson)."""

    kept = answered(202, "Told") | answered(
        207, "Told", description="Of a batch some are refused: a result for each item"
    )
    in_time = answered(201, "Told", description="Judged in time (`Prefer: wait`)")
    posting("/v1/reports", reports, "Report", in_time | kept)
    posting("/v1/answers", answers, "Answer a task", kept)

    @app.get(
        "/v1/reports/{report_id:opaque}",
        summary="What became of a report",
        # With the last, FastAPI does not add a 422 of its own, which nobody is told.
        responses=answered(200, "Told")
        | described(401, 403, 404, 429, 503)
        | {"default": one_described("Any other problem")},
    )
    async def report(report_id: str, request: Request) -> Response:
        owner = door.callers.owner(_authorization(request))
        topic = topic_for(owner, "reports")
        speaker = speaker_of(topic) if topic is not None else None
        if speaker is None:
            raise Problem(403, fault("not-entitled"))
        door.callers.charge(owner, 1, now=time.monotonic())
        key = report_key(speaker, report_id)
        try:
            kept = await door.verdicts.one(key)
        except Blind:
            # 404 would say that it was not kept, and have it reported a second time.
            raise unavailable("what was kept cannot be looked up at the moment") from None
        if not isinstance(kept, Kept):
            raise Problem(404, fault("unknown-report"))
        return JSONResponse({"outcome": outcome_of(key, kept), "report_id": report_id, **case_of(kept)})

    def listening(path: str, hears: Hears, summary: str) -> None:
        async def listen(
            request: Request, after: After = "", most: Most = USUAL, prefer: Wait = ""
        ) -> Response:
            del prefer  # Read from the scope: of several the first counts, in whichever header it stands.
            owner = door.callers.owner(_authorization(request))
            door.callers.charge(owner, 1, now=time.monotonic())
            wait_s = wait_wanted(request.scope, limit_s=mailbox.wait_limit_s)
            page = await mailbox.page(
                owner, hears, after=after, most=most, within_s=wait_s, gone=request.is_disconnected
            )
            applied = {"preference-applied": f"wait={int(wait_s)}"} if wait_s else {}
            headers = {"cache-control": "no-store"} | applied
            return Response(page, media_type="application/json", headers=headers)

        app.add_api_route(
            path,
            listen,
            methods=["GET"],
            summary=summary,
            response_description='`{"messages": [...], "next": CURSOR}`, each an event in CloudEvents JSON',
            responses=answered(200, "Page") | described(401, 404, 410, 422, 429, 503),
        )

    listening("/v1/mailbox", "tasks", "What the tasks that are yours have become")
    listening("/v1/receipts", "receipts", "What became of what you said")

    # For the courier alone, and none of an outsider's business.
    @app.get("/v1/contacts/{ref}", include_in_schema=False)
    async def contact(ref: str, request: Request, notice: str = "") -> Response:
        now = time.monotonic()
        found = await contacts.opened(ref, authorization=_authorization(request), notice=notice, now=now)
        return JSONResponse(found, headers={"cache-control": "no-store"})

    # For whoever answers for personal data at the operator's, and none of an outsider's business either.
    @app.delete("/v1/contacts/{ref}", include_in_schema=False)
    async def erase(ref: str, request: Request, reason: str = "") -> Response:
        keeper = contacts.keeper(_authorization(request))
        await contacts.erase(ref, keeper=keeper, reason=reason)
        return JSONResponse({"ref": ref, "erased": True})

    @app.get("/v1/contacts", include_in_schema=False)
    async def listed(request: Request, after: str = "") -> Response:
        contacts.keeper(_authorization(request))
        return JSONResponse({"contacts": await contacts.after(after)})

    # By the body: what is asked for by an address stands in the logs of whatever lies between.
    @app.post("/v1/contacts", include_in_schema=False)
    async def find(request: Request) -> Response:
        keeper = contacts.keeper(_authorization(request))
        person = (await request.body()).decode("utf-8", "replace")
        found = await contacts.kept_of(person, keeper=keeper)
        told = to_json({"contacts": found})
        return Response(told, media_type="application/json", headers={"cache-control": "no-store"})

    install(app, malformed=RequestValidationError)
    return app


def _authorization(request: Request) -> bytes:
    return request.headers.get("authorization", "").encode("latin-1")
