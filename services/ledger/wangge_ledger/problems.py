"""What the door answers when it cannot do what was asked: problem details (RFC 9457)."""

from collections.abc import Iterable
from http import HTTPStatus

import structlog
from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from wangge_chassis.problems import MEDIA_TYPE
from wangge_contracts.v1 import Fault

RETRY_AFTER_S = 5


class Problem(Exception):
    """Something that the asker can read and act on."""

    def __init__(self, status: HTTPStatus, detail: str, *, faults: Iterable[Fault] = ()) -> None:
        super().__init__(detail)
        self.status = status
        self.detail = detail
        self.faults = tuple(faults)


def unavailable(what: str) -> Problem:
    """Return the problem of an outage; asking again later may help."""
    return Problem(HTTPStatus.SERVICE_UNAVAILABLE, f"{what} is not available at the moment")


def answer(problem: Problem) -> JSONResponse:
    """Return *problem* as `application/problem+json`."""
    content: dict[str, object] = {
        "type": "about:blank",
        "title": problem.status.phrase,
        "status": problem.status.value,
        "detail": problem.detail,
    }
    if problem.faults:
        content["errors"] = [item.model_dump() for item in problem.faults]
    headers = {
        HTTPStatus.SERVICE_UNAVAILABLE: {"Retry-After": str(RETRY_AFTER_S)},
        HTTPStatus.UNAUTHORIZED: {"WWW-Authenticate": "Bearer"},
    }
    return JSONResponse(
        content,
        status_code=problem.status,
        media_type=MEDIA_TYPE,
        headers=headers.get(problem.status),
    )


def install(app: FastAPI) -> None:
    """Make *app* answer every failure this way."""

    async def problem(_: Request, error: Exception) -> JSONResponse:
        assert isinstance(error, Problem)
        return answer(error)

    async def invalid(_: Request, error: Exception) -> JSONResponse:
        assert isinstance(error, RequestValidationError)
        told = "; ".join(f"{'/'.join(map(str, item['loc']))}: {item['msg']}" for item in error.errors()[:5])
        return answer(Problem(HTTPStatus.UNPROCESSABLE_ENTITY, told))

    async def plain(_: Request, error: Exception) -> JSONResponse:
        assert isinstance(error, HTTPException)
        return answer(Problem(HTTPStatus(error.status_code), str(error.detail)))

    app.add_exception_handler(Problem, problem)
    app.add_exception_handler(RequestValidationError, invalid)
    app.add_exception_handler(HTTPException, plain)
    app.add_middleware(_Unexpected)


class _Unexpected:
    """
    Logs what no route foresaw and answers a problem, without what the log says of it.

    A handler of `Exception` would not do: the framework raises it again, and the server logs it its own way.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        begun = False

        async def noted(message: Message) -> None:
            nonlocal begun
            begun = True
            await send(message)

        try:
            await self._app(scope, receive, noted)
        except Exception as error:
            if scope["type"] != "http" or begun:
                raise
            structlog.get_logger().error("request_failed", path=scope["path"], reason=repr(error)[:500])
            failed = Problem(
                HTTPStatus.INTERNAL_SERVER_ERROR, "this was not foreseen; the ledger's log says what"
            )
            await answer(failed)(scope, receive, send)
