"""What a caller is told when something is wrong: problem details (RFC 9457), the same at every door."""

from collections.abc import Mapping, Sequence
from http import HTTPStatus
from typing import Any, Protocol, cast

import structlog
from pydantic_core import to_json
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from wangge_chassis.blaming import blamed
from wangge_chassis.logs import in_words
from wangge_chassis.postgres import is_outage
from wangge_contracts.v1.faults import CODES, fault
from wangge_contracts.v1.parts import Fault

MEDIA_TYPE = "application/problem+json"
RETRY = {"retry-after": "2"}
_ALWAYS: Mapping[int, Mapping[str, str]] = {401: {"www-authenticate": 'Bearer realm="wangge"'}, 503: RETRY}
_MOST_TOLD = 5


class Problem(Exception):
    """Why a request, or one item of it, is refused: *faults* for programs, *members* extend the answer."""

    def __init__(
        self,
        status: int,
        *faults: Fault,
        detail: str = "",
        headers: Mapping[str, str] | None = None,
        members: Mapping[str, Any] | None = None,
    ) -> None:
        super().__init__(detail)
        self.status = status
        self.faults = faults
        self.detail = detail
        self.headers = {**_ALWAYS.get(status, {}), **(headers or {})}
        self.members = dict(members or {})

    def as_members(self) -> dict[str, Any]:
        """Return the members of the problem details object."""
        code = self.faults[0].code if self.faults else None
        members: dict[str, Any] = {
            "type": f"urn:wangge:problem:{code}" if code else "about:blank",
            "title": CODES[code][1] if code in CODES else HTTPStatus(self.status).phrase,
            "status": int(self.status),
        }
        if self.detail:
            members["detail"] = self.detail
        if self.faults:
            members["errors"] = self.faults
        return members | self.members

    def as_json(self) -> bytes:
        """Return the body, application/problem+json."""
        return to_json(self.as_members(), exclude_none=True)

    def response(self) -> Response:
        """Return the whole answer."""
        return Response(self.as_json(), self.status, self.headers, media_type=MEDIA_TYPE)


def unavailable(reason: str) -> Problem:
    """Nothing is kept, or nothing can be told: the caller keeps what it has and comes again."""
    return Problem(503, fault("unavailable", detail_en=reason), detail=reason)


def away(what: str) -> Problem:
    """*what* is not there now, and may be soon."""
    return unavailable(f"{what} is not available at the moment")


def described(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """Return what a route's description says of the problems that it answers."""
    return {int(each): one_described(HTTPStatus(each).phrase) for each in statuses}


def one_described(told: str) -> dict[str, Any]:
    """Return the description of a problem of which *told* is said."""
    return {"description": told, "content": {MEDIA_TYPE: {}}}


class _Malformed(Protocol):
    def errors(self) -> Sequence[Any]: ...


def install(app: Starlette, *, malformed: type[Exception] | None = None) -> None:
    """
    Make *app* answer every failure as a problem, also what it does not know and what nobody foresaw.

    :param malformed: what is raised where a path, a query or a header has not its form.
    """

    async def problem(_: Request, error: Exception) -> Response:
        return cast("Problem", error).response()

    async def invalid(_: Request, error: Exception) -> Response:
        first = cast("_Malformed", error).errors()[:_MOST_TOLD]
        told = "; ".join(f"{'/'.join(map(str, item['loc']))}: {item['msg']}" for item in first)
        return Problem(422, detail=told).response()

    async def plain(_: Request, error: Exception) -> Response:
        refused = cast("HTTPException", error)
        told = "" if refused.detail == HTTPStatus(refused.status_code).phrase else refused.detail
        return Problem(refused.status_code, detail=told, headers=refused.headers).response()

    # Behind a proxy a redirect would name another scheme than the caller's, and take his token there.
    app.router.redirect_slashes = False
    app.add_exception_handler(Problem, problem)
    app.add_exception_handler(HTTPException, plain)
    if malformed is not None:
        app.add_exception_handler(malformed, invalid)
    app.add_middleware(Unforeseen)


class Unforeseen:
    """
    Logs what no route foresaw and answers a problem, without what the log says of it.

    A handler of `Exception` would not do: the framework raises it again, and the server logs it its own way.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Hand everything on. An answer that has begun ends there, and the server hangs up."""
        begun = False

        async def noted(message: Message) -> None:
            nonlocal begun
            begun = True
            await send(message)

        try:
            await self._app(scope, receive, noted)
        except ClientDisconnect:
            return
        except Exception as error:
            if scope["type"] != "http":
                raise
            # What was asked for may be a secret, or a telephone number: only which route it took is told.
            log, path = structlog.get_logger(), getattr(scope.get("route"), "path", "") or scope["path"]
            if begun and is_outage(error):
                log.warning("answer_broken_off", path=path, reason=blamed(error))
            else:
                log.error("request_failed", path=path, reason=in_words(error))
            if not begun:
                failed = Problem(500, detail="this was not foreseen; the log of this service says what")
                await failed.response()(scope, receive, send)
