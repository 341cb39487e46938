"""HTTP -> notices.answered: links that confirm, gateways' reports, operators; answered once Kafka has it."""

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from datetime import datetime
from hmac import compare_digest, digest
from typing import Any
from urllib.parse import unquote

import structlog
from pydantic_core import from_json
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, Response
from starlette.routing import Route

from wangge_chassis import Connection, Database
from wangge_chassis.bodies import read_body
from wangge_chassis.instants import HouseClock
from wangge_chassis.nul import NulRefused
from wangge_chassis.postgres import Pool, outage_as
from wangge_chassis.problems import RETRY, Problem, away, install, unavailable
from wangge_chassis.producing import Letter, NotKept, Producer
from wangge_contracts.cloudevents import Envelope, to_headers
from wangge_contracts.message import derive_id, known
from wangge_contracts.topics import NOTICES_ANSWERED
from wangge_contracts.v1 import Mode, NoticeAnswer, NoticeAnswered, TransportOutcome
from wangge_notifier import store_deliveries as store
from wangge_notifier.channels import Policy
from wangge_notifier.linking import BadLink, Links
from wangge_notifier.page import HEADERS, Shows, lang_of, page
from wangge_notifier.saying import Delivery
from wangge_notifier.secrecy import Held
from wangge_notifier.spelling import instant_in_words

_MOST_BYTES = 256 * 1024
_MAY_SAY: Sequence[NoticeAnswer] = ("delivered", "read", "confirmed", "declined", "resend")


class Door:
    """What stands behind the notifier's door: its books, to read; the way to Kafka; and its secrets."""

    def __init__(
        self,
        database: Database,
        producer: Producer,
        secrets: Held,
        policies: Callable[[], Policy],
        *,
        links: Callable[[], Links | None],
        connections: int,
    ) -> None:
        self.secrets, self.policies, self.links = secrets, policies, links
        self._database, self._producer, self._connections = database, producer, connections
        self._clock = HouseClock()
        self._pool: Pool | None = None

    async def attend(self) -> None:
        """Keep the door until the service stops."""
        try:
            await asyncio.Event().wait()
        finally:
            await self._producer.close()
            if self._pool is not None:
                await self._pool.close()

    @asynccontextmanager
    async def reading(self) -> AsyncIterator[tuple[Connection, datetime]]:
        """Lend a connection, and say what house time it is; raises Problem in an outage."""
        with outage_as(away("the database")):
            if self._pool is None:
                self._pool = await self._database.pool(size=self._connections)
            async with self._pool.acquire() as connection:
                yield connection, await self._clock.now(connection)

    async def say(
        self,
        delivery: Delivery,
        answer: NoticeAnswer,
        *,
        by: str,
        at: datetime,
        code: str = "",
        own: str = "",
    ) -> str:
        """Put one answer where the courier reads; return its id. Raises Problem while Kafka is away."""
        notice = delivery.notice
        said = NoticeAnswered(
            notice_id=delivery.notice_id,
            endpoint_key=delivery.endpoint_key,
            incident_id=notice["incident_id"],
            task_id=notice.get("task_id"),
            mode=known(Mode, notice["mode"]),
            answer=answer,
            by=by,
            at=at,
            outcome=TransportOutcome(code=code[:64]) if code else None,
        )
        message_id = derive_id("answered", delivery.notice_id, by, answer, own)
        envelope = Envelope(message_id, "/wangge/notifier", said.TYPE, at, said.incident_id)
        letter = Letter(
            NOTICES_ANSWERED.name, delivery.endpoint_key.encode(), to_headers(envelope), said.write()
        )
        try:
            await self._producer.send_all([letter])
        except NotKept as error:
            raise unavailable(f"not kept, try again: {error}") from None
        return message_id


def make_door(door: Door) -> Starlette:
    """Return the routes of the notifier."""

    async def link(request: Request) -> Response:
        return await _link(door, request)

    async def report(request: Request) -> Response:
        return await _report(door, request)

    async def answer(request: Request) -> Response:
        return await _answer(door, request)

    app = Starlette(
        routes=[
            Route("/c/{token}", link, methods=["GET", "POST"]),
            Route("/v1/callbacks/sms", report, methods=["POST"]),
            Route("/v1/callbacks/sms/{proof}", report, methods=["POST"]),
            Route("/v1/notices/{notice_id}/answers", answer, methods=["POST"]),
        ],
        middleware=[Middleware(NulRefused)],
    )
    install(app)
    return app


async def _link(door: Door, request: Request) -> Response:
    """GET shows what is to be confirmed and changes nothing, for previews fetch links too; POST confirms."""
    lang = lang_of(request.headers.get("accept-language", ""))

    def shown(shows: Shows, status: int, **more: Any) -> Response:
        headers = {**HEADERS, **(RETRY if status == 503 else {})}
        return HTMLResponse(page(shows, lang=lang, **more), status, headers)

    links = door.links()
    if links is None:
        return shown("unknown", 404)
    try:
        async with door.reading() as (connection, now):
            notice_id = links.read(request.path_params["token"], now=now)
            delivery = await store.addressed(connection, notice_id=notice_id)
        if delivery is None:
            return shown("later", 503)
        notice = delivery.notice
        lang, told = lang_of(notice["template"]["lang"]), {"notice": notice}
        if delivery.state == "confirmed":
            return shown("done", 200, **told)
        if request.method == "POST":
            await door.say(delivery, "confirmed", by="link", at=now)
            return shown("done", 200, **told)
        zone = door.policies().zone
        by = datetime.fromisoformat(notice["confirm_by"]).astimezone(zone) if "confirm_by" in notice else None
        return shown("ask", 200, by=by and instant_in_words(by, lang, now=now), **told)
    except BadLink as bad:
        return shown("expired", 410) if bad.expired else shown("unknown", 404)
    except Problem as problem:
        return shown("later", problem.status)


async def _report(door: Door, request: Request) -> Response:
    """Take a gateway's delivery reports, after it has proved that it is the gateway."""
    gateway = door.policies().channels.sms
    if gateway is None or gateway.report is None:
        raise Problem(404, detail="no gateway reports here: see `sms.report` in channels.toml")
    body = await read_body(request, most=_MOST_BYTES)
    secret = door.secrets().words().get("secret:sms-report", "")
    if header := gateway.report.signature_header:
        proof = request.headers.get(header, "").lower()
        expected = digest(secret.encode(), body, "sha256").hex()
    else:
        proof, expected = unquote(request.path_params.get("proof", "")), secret
    if not secret or not compare_digest(proof.encode(), expected.encode()):
        # No 401: that asks for a token, and who reports has none, but signs or knows the secret path.
        raise Problem(403, detail="this report does not prove where it comes from")
    reported, faults = gateway.report.read(body)
    unknown = 0
    for each in reported:
        async with door.reading() as (connection, now):
            delivery = await store.addressed(connection, notice_id=each.notice, reference=each.reference)
        if delivery is None:
            unknown += 1
        else:
            await door.say(delivery, each.answer, by="sms", at=now, code=each.word)
    if faults:
        log = structlog.get_logger()
        log.warning("report_not_understood", reasons=[f"{each.pointer}: {each.text_en}" for each in faults])
    if unknown:
        # A report may be faster than our own record of what was sent: the gateway tries again.
        raise Problem(503, *faults, detail=f"{unknown} of these notices are not known yet")
    if faults:
        # What was understood is kept by now, and counts once however often the gateway says it again.
        raise Problem(422, *faults, detail="not all of these reports are understood")
    reply = gateway.report.reply
    return Response(status_code=204) if reply is None else JSONResponse(reply)


async def _answer(door: Door, request: Request) -> Response:
    """Take an operator's word for a recipient (`read`, `confirmed` ...), or his wish to `resend`."""
    if not door.secrets().opens(request.headers.get("authorization")):
        raise Problem(401, detail="a bearer token of an operator is required")
    try:
        asked = from_json(await read_body(request, most=_MOST_BYTES))
        answer = next(word for word in _MAY_SAY if word == asked["answer"])
        own = str(asked.get("id", ""))[:64]
    except (ValueError, LookupError, TypeError, AttributeError, StopIteration):
        raise Problem(422, detail=f'write {{"answer": "..."}} with one of {", ".join(_MAY_SAY)}') from None
    async with door.reading() as (connection, now):
        delivery = await store.addressed(connection, notice_id=request.path_params["notice_id"])
    if delivery is None:
        raise Problem(404, detail="there is no such notice")
    if answer == "resend":
        # Every wish counts, unless its asker gave it a name.
        own = own or now.isoformat()
    message_id = await door.say(delivery, answer, by="operator", at=now, own=own)
    return JSONResponse({"id": message_id, "notice_id": delivery.notice_id}, 202)
