"""HTTP -> tasks.answered, desk.ordered: what people say who have no system; answered once Kafka has it."""

import asyncio
from collections.abc import Callable
from datetime import datetime
from http import HTTPStatus
from typing import Any

from fastapi import FastAPI, Request
from fastapi.responses import JSONResponse
from pydantic import ValidationError

from wangge_chassis.bodies import read_body
from wangge_chassis.problems import Problem, away, described
from wangge_chassis.producing import NotKept
from wangge_contracts.cloudevents import Envelope, to_headers
from wangge_contracts.message import Unreadable, instant_text, refuse_nul
from wangge_contracts.topics import DESK_ORDERED, TASKS_ANSWERED, Topic
from wangge_contracts.v1 import DeskOrdered, TaskAnswered, fault, faults_of
from wangge_ledger import acts, gathering
from wangge_ledger.bulk import MOST, Bulk, before, orders_of
from wangge_ledger.counter import Counter
from wangge_ledger.describing import Authorization, takes
from wangge_ledger.people import Speaker

_MOST_BYTES = 256 * 1024
_AT_ONCE = 200
"""How many orders of a bulk wait for Kafka at a time."""
_PROBLEMS = described(
    HTTPStatus.UNAUTHORIZED,
    HTTPStatus.FORBIDDEN,
    HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
    HTTPStatus.UNSUPPORTED_MEDIA_TYPE,
    HTTPStatus.UNPROCESSABLE_ENTITY,
    HTTPStatus.SERVICE_UNAVAILABLE,
)


def add_routes(app: FastAPI, counter: Counter) -> None:
    """Give *app* the two ways to speak."""

    kept = HTTPStatus.ACCEPTED

    @app.post("/v1/acts", status_code=kept, responses=_PROBLEMS, openapi_extra=takes(TaskAnswered))
    async def act(request: Request, authorization: Authorization) -> JSONResponse:
        """Take a holder's answer (`TaskAnswered`); 202 means kept, the router judges it."""
        return await _kept(counter, request, authorization, acts.answer_of, TASKS_ANSWERED)

    @app.post("/v1/orders", status_code=kept, responses=_PROBLEMS, openapi_extra=takes(DeskOrdered))
    async def order(request: Request, authorization: Authorization) -> JSONResponse:
        """Take what a desk commands (`DeskOrdered`); 202 means kept, the router judges it."""
        return await _kept(counter, request, authorization, acts.order_of, DESK_ORDERED)

    @app.post(
        "/v1/orders/bulk",
        status_code=kept,
        responses={200: {"description": "Which are meant (`dry_run`)"}, **_PROBLEMS},
        openapi_extra=takes(Bulk),
    )
    async def bulk(request: Request, authorization: Authorization) -> JSONResponse:
        """
        Take one order for many incidents; each hears it as an order of its own, tied by `bulk_id`.

        With `dry_run` it is only said which are meant (200). What was heard before under the same id is not
        said again: `given` tells of it, and with which verdict.
        """
        speaker = counter.speaker(authorization)
        now = await counter.house_now()
        try:
            body = await read_body(request, most=_MOST_BYTES)
            refuse_nul(body)
            wanted = Bulk.model_validate_json(body)
            async with counter.acting() as connection:
                found = await gathering.meant(connection, wanted.where)
                heard = await gathering.heard(connection, wanted.bulk_id)
            given = before(wanted, heard, speaker=speaker)
            if len(found) > MOST:
                raise acts.Refused(
                    (
                        fault(
                            "too-much",
                            "/where",
                            detail_zh=f"一次最多{MOST}件",
                            detail_en=f"more than {MOST} incidents",
                        ),
                    )
                )
            found = [portion for one in found for portion in one.portions()]
            orders = list(orders_of(wanted, found, speaker=speaker, now=now))
        except (ValidationError, Unreadable) as error:
            raise _problem(acts.Refused(faults_of(error))) from None
        except acts.Refused as refused:
            raise _problem(refused) from None
        meant = [
            {
                "incident_id": one.incident_id,
                "case_number": one.case_number,
                "mode": one.mode,
                "order_id": order.order_id,
            }
            for one, order in zip(found, orders, strict=True)
        ]
        told: dict[str, Any] = {"bulk_id": wanted.bulk_id, "meant": meant, "effective_at": instant_text(now)}
        told["incident_ids"] = list(dict.fromkeys(one.incident_id for one in found))
        told["given"] = [one.told for one in given.values()]
        if wanted.dry_run:
            return JSONResponse(told)
        new = [order for order in orders if order.order_id not in given]
        for begin in range(0, len(new), _AT_ONCE):
            some = new[begin : begin + _AT_ONCE]
            await asyncio.gather(*(_send(counter, each, DESK_ORDERED, speaker, now) for each in some))
        return JSONResponse(told, status_code=HTTPStatus.ACCEPTED)


async def _kept(
    counter: Counter,
    request: Request,
    authorization: str | None,
    read: Callable[..., TaskAnswered | DeskOrdered],
    topic: Topic,
) -> JSONResponse:
    speaker = counter.speaker(authorization)
    now = await counter.house_now()
    body = await read_body(request, most=_MOST_BYTES)
    try:
        said = read(body, speaker=speaker, now=now)
        await _require_ids(counter, said)
    except acts.Refused as refused:
        raise _problem(refused) from None
    message_id = await _send(counter, said, topic, speaker, now)
    own: dict[str, Any] = (
        {"answer_id": said.answer_id} if isinstance(said, TaskAnswered) else {"order_id": said.order_id}
    )
    content = {**own, "id": message_id, "incident_id": said.incident_id, "effective_at": instant_text(now)}
    return JSONResponse(content, status_code=HTTPStatus.ACCEPTED)


async def _require_ids(counter: Counter, said: TaskAnswered | DeskOrdered) -> None:
    """Refuse the number of a case as an id: the verdict would be told of an incident that nobody looks at."""
    faults = []
    async with counter.acting() as connection:
        for name in ("incident_id", "other_incident_id"):
            meant = getattr(said, name, None)
            if meant is not None and (found := await gathering.numbered(connection, meant)) is not None:
                told = f"this is the number of a case, whose id is {found}"
                faults.append(
                    fault("invalid", f"/{name}", detail_zh=f"这是案件编号，其标识为{found}", detail_en=told)
                )
    if faults:
        raise acts.Refused(tuple(faults))


def _problem(refused: acts.Refused) -> Problem:
    status = HTTPStatus.FORBIDDEN if refused.forbidden else HTTPStatus.UNPROCESSABLE_ENTITY
    return Problem(status, *refused.faults, detail=str(refused))


async def _send(
    counter: Counter, said: TaskAnswered | DeskOrdered, topic: Topic, speaker: Speaker, now: datetime
) -> str:
    """Put it into Kafka and return its id; a problem that may pass when Kafka does not take it."""
    message_id = acts.id_of(said, speaker=speaker)
    envelope = Envelope(message_id, "/wangge/ledger", said.TYPE, now, said.incident_id)
    try:
        await counter.producer.send(
            topic.name, key=said.incident_id.encode(), headers=to_headers(envelope), value=said.write()
        )
    except NotKept:
        raise away("Kafka") from None
    return message_id
