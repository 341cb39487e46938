"""HTTP: when does the next clock ring, and how was a deadline worked out? Reads only."""

from collections.abc import Awaitable, Callable
from datetime import datetime
from typing import TypeVar

from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from wangge_chassis import Connection, Database
from wangge_chassis.instants import HouseClock
from wangge_chassis.nul import NulRefused
from wangge_chassis.postgres import outage_as
from wangge_chassis.problems import Problem, away, install
from wangge_contracts.message import instant_text
from wangge_escalation import store, store_due
from wangge_escalation.almanac import Almanac
from wangge_escalation.clocks import Clock
from wangge_escalation.explaining import explain

T = TypeVar("T")


def make_door(database: Database, almanacs: Callable[[], Almanac]) -> Starlette:
    """The routes; each request opens a connection of its own, for a person asks now and then."""
    house = HouseClock()

    async def next_due(_: Request) -> Response:
        found = await _reading(database, store_due.next_due)
        return JSONResponse({"next_due": instant_text(found)} if found else {})

    async def working(request: Request) -> Response:
        task_id = request.path_params["task_id"]

        async def read(connection: Connection) -> tuple[Clock | None, datetime]:
            return await store.find(connection, task_id), await house.now(connection)

        clock, now = await _reading(database, read)
        if clock is None:
            raise Problem(404, detail=f"no clock runs or ever ran for task {task_id}")
        return JSONResponse(explain(clock, almanacs(), now=now))

    app = Starlette(
        routes=[
            Route("/v1/clocks/next-due", next_due),
            Route("/v1/clocks/{task_id}", working),
        ],
        middleware=[Middleware(NulRefused)],
    )
    install(app)
    return app


async def _reading(database: Database, read: Callable[[Connection], Awaitable[T]]) -> T:
    with outage_as(away("the database")):
        connection = await database.connect()
        try:
            return await read(connection)
        finally:
            await connection.close()
