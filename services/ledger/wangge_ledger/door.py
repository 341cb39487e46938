"""HTTP: what is known of a matter, how a place is doing, and the way in for people without a system."""

import asyncio
import re
from collections.abc import Sequence
from http import HTTPStatus
from typing import Annotated

from fastapi import FastAPI, Header, Query, Response
from fastapi.exceptions import RequestValidationError
from fastapi.responses import StreamingResponse
from pydantic_core import to_json

from wangge_chassis import Connection
from wangge_chassis.nul import NulRefused
from wangge_chassis.problems import Problem, described, install
from wangge_contracts.message import words
from wangge_contracts.v1 import Channel, IncidentState, NoticeState
from wangge_ledger import doubling, gathering, lookup, speaking, todo
from wangge_ledger.counter import Counter
from wangge_ledger.describing import Authorization, Described
from wangge_ledger.following import Followers
from wangge_ledger.lookup import Position, Wish
from wangge_ledger.notices import NoticeWish, notices
from wangge_ledger.pages import after_text, read_after
from wangge_ledger.withholding import for_anybody

_MOST_COMPARED = 2_000
_POSITION = re.compile(r"([0-9]{1,19})-([0-9]{1,19})")
_LAST_POSITION = 2**63 - 1
_NO_MORE = "this event was of a database that has been restored since: begin anew without Last-Event-ID"
_JSON = "application/json"
_AT_ONCE = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}
"""A proxy hands each line on as it comes: nginx would else keep back the first 4 KB of a quiet stream."""
_STATES = (lookup.OPEN, *words(IncidentState))
_UNKNOWN, _AWAY = HTTPStatus.NOT_FOUND, HTTPStatus.SERVICE_UNAVAILABLE
_STRANGER, _WRONG = HTTPStatus.UNAUTHORIZED, HTTPStatus.UNPROCESSABLE_ENTITY
Asked = Annotated[str | None, Query(min_length=1)]
"""What a list is narrowed to: a name that a caller left empty must not ask for everything."""


def make_door(counter: Counter) -> FastAPI:
    """Return the ledger's routes; `/openapi.json` lists them."""
    app = Described(
        title="Wangge ledger",
        version="1",
        docs_url=None,
        redoc_url=None,
    )
    install(app, malformed=RequestValidationError)
    app.add_middleware(NulRefused)
    _reading_routes(app, counter)
    todo.add_routes(app, counter)
    speaking.add_routes(app, counter)
    return app


def _reading_routes(app: FastAPI, counter: Counter) -> None:
    followers = Followers(counter)

    @app.get("/v1/incidents", responses=described(_UNKNOWN, _WRONG, _AWAY))
    async def incidents(
        state: Asked = None,
        department: Annotated[Asked, Query(description="Slug of a unit that has or had a task.")] = None,
        street: Annotated[Asked, Query(description="Code of a place of any level.")] = None,
        q: Annotated[str | None, Query(min_length=1, max_length=200)] = None,
        limit: Annotated[int, Query(ge=1, le=200)] = 50,
        after: str | None = None,
    ) -> Response:
        """Matters, the newest first; `state=open` stands for every state in which somebody has the turn."""
        _require_word("state", state, _STATES)
        unit = None if department is None else department.removeprefix("department:")
        wish = Wish(state, unit, street, q, read_after(after), limit)
        async with counter.reading() as connection:
            if unit is not None:
                await _require_unit(counter, connection, unit)
            if street is not None:
                await _require(connection, street)
            found = await lookup.incidents(connection, wish)
            following = after_text(*found[-1][:2]) if len(found) == limit else None
            items = ",".join(card for _, _, card in found)
            next_page = f',"next":"{following}"' if following else ""
            page = await counter.names.told(connection, f'{{"incidents":[{items}]{next_page}}}')
        return Response(page, media_type=_JSON)

    @app.get("/v1/incidents/{name}", responses=described(_STRANGER, _UNKNOWN, _WRONG, _AWAY))
    async def incident(name: str, authorization: Authorization) -> Response:
        """One matter by id or case number; whole for those who may act, and a hidden one only for them."""
        async with counter.reading() as connection:
            found = await lookup.incident(connection, name)
            if found is None:
                raise Problem(HTTPStatus.NOT_FOUND, detail=f"nothing is known of {name}")
            hidden, told = found
            if hidden:
                counter.speaker(authorization)
            if not counter.knows(authorization):
                told = await asyncio.to_thread(for_anybody, told)
            return Response(await counter.names.told(connection, told), media_type=_JSON)

    @app.get("/v1/notices", responses=described(_STRANGER, _WRONG, _AWAY))
    async def told(
        authorization: Authorization,
        notice: str | None = None,
        incident: Annotated[Asked, Query(description="An incident's id or a case number.")] = None,
        recipient: Annotated[Asked, Query(description="A post, desk or unit, or a staff number.")] = None,
        channel: Asked = None,
        state: Asked = None,
        limit: Annotated[int, Query(ge=1, le=500)] = 50,
    ) -> Response:
        """Notices, the newest first; for those who may act, because they tell of people."""
        counter.speaker(authorization)
        _require_word("state", state, words(NoticeState))
        _require_word("channel", channel, words(Channel))
        wish = NoticeWish(notice, incident, recipient, channel, state, limit)
        async with counter.reading() as connection:
            found = await notices(connection, wish)
            page = await counter.names.told(connection, f'{{"notices":[{",".join(found)}]}}')
        return Response(page, media_type=_JSON)

    @app.get("/v1/incidents/{name}/duplicates", responses=described(_STRANGER, _UNKNOWN, _WRONG, _AWAY))
    async def duplicates(name: str, authorization: Authorization) -> Response:
        """Which open matters may be the same (疑似重复), the likeliest first; only for those who may act."""
        counter.speaker(authorization)
        async with counter.reading() as connection:
            seen = await gathering.one(connection, name)
            if seen is None:
                raise Problem(HTTPStatus.NOT_FOUND, detail=f"nothing is known of {name}")
            others = await gathering.near(connection, seen, within=doubling.WITHIN, limit=_MOST_COMPARED)
        told = [double.told for double in doubling.doubles(seen, others)]
        return Response(to_json({"incident_id": seen.incident_id, "duplicates": told}), media_type=_JSON)

    @app.get("/v1/boards/{place}", responses=described(_UNKNOWN, _WRONG, _AWAY))
    async def board_of(place: str) -> Response:
        """What is open, overdue or listed in a district, street, community or grid, and who holds it."""
        async with counter.reading() as connection:
            await _require(connection, place)
            board = await lookup.board(connection, place)
            return Response(await counter.names.told(connection, board), media_type=_JSON)

    @app.get("/v1/stream", responses=described(HTTPStatus.GONE, _WRONG, _AWAY))
    async def stream(
        authorization: Authorization, last_event_id: Annotated[str | None, Header()] = None
    ) -> Response:
        """
        Each new line of any timeline, as server-sent events; `Last-Event-ID` goes on where one stopped.

        Of a hidden matter only those hear who may act, and so of one of which nobody has said yet what it is.
        """
        position = read_position(last_event_id) if last_event_id else None
        async with counter.reading() as connection:
            if position is None:
                position = await lookup.stream_position(connection)
            elif not await lookup.has_come(connection, position):
                raise Problem(HTTPStatus.GONE, detail=_NO_MORE)
        told = followers.followed(position, all_told=counter.knows(authorization))
        return StreamingResponse(told, media_type="text/event-stream", headers=_AT_ONCE)


def _require_word(name: str, word: str | None, known: Sequence[str]) -> None:
    if word is not None and word not in known:
        raise Problem(_WRONG, detail=f"there is no {name} {word!r}: say one of {', '.join(known)}")


async def _require(connection: Connection, place: str) -> None:
    if not await lookup.knows(connection, place):
        raise Problem(
            HTTPStatus.NOT_FOUND, detail=f"{place} is no place code: district 6 digits, street 9, ..."
        )


async def _require_unit(counter: Counter, connection: Connection, slug: str) -> None:
    holder = f"department:{slug}"
    if not await counter.knows_unit(connection, holder):
        raise Problem(
            HTTPStatus.NOT_FOUND, detail=f"no unit {slug!r} was ever published, and none ever had a task"
        )


def read_position(text: str) -> Position | None:
    """Return the position in an event id; None when it is none of ours."""
    found = _POSITION.fullmatch(text)
    if found is None or max(int(found[1]), int(found[2])) > _LAST_POSITION:
        return None
    return found[1], int(found[2])
