"""HTTP -> tasks.answered, desk.ordered: what people say who have no system; answered once Kafka has it."""

from collections.abc import Callable
from http import HTTPStatus
from typing import Annotated, Any

from fastapi import FastAPI, Header, Request
from fastapi.responses import JSONResponse

from wangge_chassis.producing import NotKept
from wangge_contracts.cloudevents import Envelope, to_headers
from wangge_contracts.message import instant_text
from wangge_contracts.topics import DESK_ORDERED, TASKS_ANSWERED, Topic
from wangge_contracts.v1 import DeskOrdered, TaskAnswered, fault
from wangge_ledger import acts
from wangge_ledger.counter import Counter
from wangge_ledger.problems import Problem, unavailable

_MOST_BYTES = 256 * 1024
Authorization = Annotated[str | None, Header()]


def add_routes(app: FastAPI, counter: Counter) -> None:
    """Give *app* the two ways to speak."""

    @app.post("/v1/acts", status_code=HTTPStatus.ACCEPTED)
    async def act(request: Request, authorization: Authorization = None) -> JSONResponse:
        """Take a holder's answer (`TaskAnswered`); 202 means kept, the router judges it."""
        return await _kept(counter, request, authorization, acts.answer_of, TASKS_ANSWERED)

    @app.post("/v1/orders", status_code=HTTPStatus.ACCEPTED)
    async def order(request: Request, authorization: Authorization = None) -> JSONResponse:
        """Take what a desk commands (`DeskOrdered`); 202 means kept, the router judges it."""
        return await _kept(counter, request, authorization, acts.order_of, DESK_ORDERED)


async def _kept(
    counter: Counter,
    request: Request,
    authorization: str | None,
    read: Callable[..., TaskAnswered | DeskOrdered],
    topic: Topic,
) -> JSONResponse:
    speaker = counter.speaker(authorization)
    now = await counter.house_now()
    body = await _body(request)
    try:
        said = read(body, speaker=speaker, now=now)
    except acts.Refused as refused:
        status = HTTPStatus.FORBIDDEN if refused.forbidden else HTTPStatus.UNPROCESSABLE_ENTITY
        raise Problem(status, str(refused), faults=refused.faults) from None
    message_id = acts.id_of(said, speaker=speaker)
    envelope = Envelope(message_id, "/wangge/ledger", said.TYPE, now, said.incident_id)
    try:
        await counter.producer.send(
            topic.name, key=said.incident_id.encode(), headers=to_headers(envelope), value=said.write()
        )
    except NotKept:
        raise unavailable("Kafka") from None
    own: dict[str, Any] = (
        {"answer_id": said.answer_id} if isinstance(said, TaskAnswered) else {"order_id": said.order_id}
    )
    content = {**own, "id": message_id, "incident_id": said.incident_id, "effective_at": instant_text(now)}
    return JSONResponse(content, status_code=HTTPStatus.ACCEPTED)


async def _body(request: Request) -> bytes:
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > _MOST_BYTES:
            told = fault("too-large", detail_en=f"at most {_MOST_BYTES} bytes")
            raise Problem(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, told.text_en, faults=(told,))
    return bytes(body)
