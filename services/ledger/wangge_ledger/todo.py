"""HTTP: what a holder has to do, for his own system or for a person who speaks for him."""

from http import HTTPStatus
from typing import Annotated

from fastapi import FastAPI, Query, Response

from wangge_chassis import Connection
from wangge_chassis.problems import Problem, described
from wangge_contracts.v1 import Holder, fault
from wangge_ledger import worklist
from wangge_ledger.counter import Counter
from wangge_ledger.describing import Authorization
from wangge_ledger.pages import cursor_of, read_cursor
from wangge_ledger.people import Speaker
from wangge_ledger.whose import Whose

_MOST = 200
_JSON = "application/json"
_UNKNOWN, _AWAY = HTTPStatus.NOT_FOUND, HTTPStatus.SERVICE_UNAVAILABLE
_STRANGER, _NOT_HIS, _WRONG = HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN, HTTPStatus.UNPROCESSABLE_ENTITY


def add_routes(app: FastAPI, counter: Counter) -> None:
    """Give *app* the two questions about tasks."""

    @app.get("/v1/tasks", responses=described(_STRANGER, _NOT_HIS, _UNKNOWN, _WRONG, _AWAY))
    async def tasks(
        authorization: Authorization,
        holder: Annotated[Holder | None, Query(description="As `department:gas`.")] = None,
        after: str | None = None,
        limit: Annotated[int, Query(ge=1, le=_MOST)] = 100,
    ) -> Response:
        """
        Open tasks, whole, each with its clock: all of the outsider whose token it is, or those of one holder.

        A person names one for whom he may speak; a terminal system may name one of its officers.
        """
        caller, position = counter.caller(authorization), read_cursor(after) if after is not None else None
        async with counter.reading() as connection:
            whose = await _whose(counter, connection, caller, holder)
            found = await worklist.open_tasks(connection, whose, after=position, limit=limit)
        last = found[-1] if len(found) == limit else None
        following = f',"next":"{cursor_of(last.holder, last.task_id)}"' if last else ""
        return Response(f'{{"tasks":[{",".join(one.told for one in found)}]{following}}}', media_type=_JSON)

    @app.get("/v1/tasks/{task_id}", responses=described(_STRANGER, _UNKNOWN, _AWAY))
    async def task(task_id: str, authorization: Authorization) -> Response:
        """One task, open or over, with its clock; for who may ask for the tasks of its holder."""
        caller = counter.caller(authorization)
        async with counter.reading() as connection:
            found = await worklist.one_task(connection, task_id)
            if found is None or not await _may_ask(counter, connection, caller, found.holder):
                raise Problem(
                    _UNKNOWN,
                    fault(
                        "unknown-task",
                        detail_zh="或已由他人承办",
                        detail_en="or somebody else holds it by now",
                    ),
                )
        return Response(found.told, media_type=_JSON)


async def _whose(
    counter: Counter, connection: Connection, caller: Speaker | str, holder: str | None
) -> Whose:
    """Return whose tasks are asked for. Raises Problem 403, 404 and 422."""
    if holder is None:
        if isinstance(caller, Speaker):
            why = "a person says whose tasks: ?holder=department:gas"
            raise Problem(_WRONG, fault("missing", "/holder", detail_zh="请写明承办人", detail_en=why))
        return await _theirs(counter, connection, caller)
    if not await _may_ask(counter, connection, caller, holder):
        raise Problem(
            _NOT_HIS,
            fault(
                "not-yours",
                "/holder",
                detail_zh="您也不能代表该承办人",
                detail_en=f"nor may you speak for {holder}",
            ),
        )
    if holder.startswith("department:") and not await counter.knows_unit(connection, holder):
        raise Problem(_UNKNOWN, fault("unknown-holder", "/holder", detail_en=holder))
    return Whose(frozenset({holder}))


async def _may_ask(counter: Counter, connection: Connection, caller: Speaker | str, holder: str) -> bool:
    """Whether the caller is told of what *holder* has to do."""
    if isinstance(caller, Speaker):
        return caller.may_speak_for(holder)
    return (await _theirs(counter, connection, caller)).has(holder)


async def _theirs(counter: Counter, connection: Connection, owner: str) -> Whose:
    return Whose.of_outsider(owner, await counter.names.rosters(connection))
