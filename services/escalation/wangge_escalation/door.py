"""HTTP: when does the next clock ring, and how was a deadline worked out? Reads only."""

import json
from collections.abc import Awaitable, Callable
from datetime import datetime
from typing import Any, TypeVar

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from wangge_chassis import Connection, Database
from wangge_chassis.instants import load as load_house_time
from wangge_contracts.message import instant_text
from wangge_contracts.worktime import unsure
from wangge_escalation import store
from wangge_escalation.almanac import Almanac
from wangge_escalation.clocks import Clock, ClockDocument, used

T = TypeVar("T")


def make_door(database: Database, almanacs: Callable[[], Almanac]) -> Starlette:
    """The routes; each request opens a connection of its own, for a person asks now and then."""

    async def next_due(_: Request) -> Response:
        found = await _reading(database, store.next_due)
        return JSONResponse({"next_due": instant_text(found)} if found else {})

    async def working(request: Request) -> Response:
        task_id = request.path_params["task_id"]

        async def read(connection: Connection) -> tuple[Clock | None, datetime]:
            house = await load_house_time(connection)
            real: datetime = await connection.fetchval("SELECT clock_timestamp()")
            return await store.find(connection, task_id), house.at(real)

        clock, now = await _reading(database, read)
        if clock is None:
            return _problem(404, "no-clock", f"no clock runs or ever ran for task {task_id}")
        return JSONResponse(explain(clock, almanacs(), now=now))

    return Starlette(
        routes=[
            Route("/v1/clocks/next-due", next_due),
            Route("/v1/clocks/{task_id}", working),
        ]
    )


def explain(clock: Clock, almanac: Almanac, *, now: datetime) -> dict[str, Any]:
    """
    Everything that is needed to recount *clock* by hand, and what we make of it at *now*, house time.

    `unsure` says that a year is touched whose make-up days (调休) are not announced yet. Raises
    `UnknownCalendar`.
    """
    worktime = almanac.worktime(clock.limit)
    at = now if clock.runs else max(segment.ended_at or now for segment in clock.segments)
    elapsed_s, remaining_s = used(clock, at=at, worktime=worktime)
    return {
        **json.loads(ClockDocument.dump_json(clock, exclude_none=True)),
        "state": "running" if clock.runs else "stopped",
        "at": instant_text(at),
        "elapsed_s": elapsed_s,
        "remaining_s": remaining_s,
        "standing": [step.rung.name for step in clock.steps if step.stands and step.round == clock.round],
        "calendar": almanac.calendar(clock.limit).model_dump(mode="json"),
        "unsure": unsure(clock.segments[clock.first].started_at, clock.deadline, worktime),
    }


async def _reading(database: Database, read: Callable[[Connection], Awaitable[T]]) -> T:
    connection = await database.connect()
    try:
        return await read(connection)
    finally:
        await connection.close()


def _problem(status: int, code: str, detail: str) -> Response:
    return JSONResponse(
        {"type": f"urn:wangge:problem:{code}", "title": code, "status": status, "detail": detail},
        status_code=status,
        media_type="application/problem+json",
    )
