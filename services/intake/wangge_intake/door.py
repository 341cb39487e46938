"""POST /v1/reports, /v1/answers -> the caller's own topic; answered once Kafka has it."""

import asyncio
import time
from collections.abc import Callable, Iterable, Sequence
from datetime import UTC, datetime
from typing import Any

from pydantic_core import to_json
from starlette.types import Receive, Scope, Send

from wangge_chassis.bodies import refuse_encoded
from wangge_chassis.problems import Problem, unavailable
from wangge_chassis.producing import Letter, NotKept, NoTopic, Producer
from wangge_contracts.cloudevents import letterhead, own_headers
from wangge_contracts.v1 import fault
from wangge_intake.books import Kept
from wangge_intake.callers import Callers
from wangge_intake.requests import Gone, answer, body_of, headers_of, split, wait_wanted
from wangge_intake.sayings import Said, answer_said, known_of, report_said
from wangge_intake.speakers import Says, Speaker, speaker_of, topic_for
from wangge_intake.verdicts import Verdicts

Result = dict[str, Any] | Problem
_READ: dict[Says, Callable[[Speaker, bytes], Said]] = {"reports": report_said, "answers": answer_said}
MOST_IN_A_BATCH = 1000
"""Items of one request; more of them would keep the others at the door waiting."""
_WITHOUT_A_BREAK_S = 0.01
"""An item with a hundred faults takes as long to read as a hundred without."""


class Door:
    """
    Takes what outsiders without a Kafka client say, and puts it where they would have put it themselves.

    It writes nothing but Kafka and judges nothing but whether it can read: what it answers with 202 is kept
    by every in-sync replica, and the room will judge it.
    """

    def __init__(
        self,
        *,
        callers: Callers,
        producer: Producer,
        verdicts: Verdicts,
        body_limit: int,
        wait_limit_s: float,
    ) -> None:
        self.callers = callers
        self.verdicts = verdicts
        self._producer = producer
        self._body_limit = body_limit
        self._wait_limit_s = wait_limit_s
        self._closing = False

    async def take(self, says: Says, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one POST."""
        try:
            status, body, headers = await self._taken(says, scope, receive)
        except Problem as problem:
            await problem.response()(scope, receive, send)
        except Gone:
            return
        else:
            await answer(send, status, body, headers=headers)

    async def attend(self) -> None:
        """Do nothing until cancelled; then answer what is under way, and close."""
        try:
            await asyncio.Event().wait()
        finally:
            self._closing = True
            await self._producer.close()
            await self.verdicts.close()

    async def _taken(self, says: Says, scope: Scope, receive: Receive) -> tuple[int, bytes, dict[str, str]]:
        headers = headers_of(scope)
        owner = self.callers.owner(headers.get(b"authorization", b""))
        topic = topic_for(owner, says)
        speaker = speaker_of(topic) if topic is not None else None
        if topic is None or speaker is None:
            raise Problem(403, fault("not-entitled"))
        if self._closing:
            raise unavailable("the door closes")
        # Reading what nobody will keep is work too, so one is charged before and the rest once it is counted.
        self.callers.charge(owner, 1, now=time.monotonic())
        refuse_encoded(headers.get(b"content-encoding", b"").decode("latin-1"))
        body = await body_of(headers, receive, limit=self._body_limit)
        kind = headers.get(b"content-type", b"")
        batch = split(body, media_type=kind, named=says, most=MOST_IN_A_BATCH)
        values = [body] if batch is None else batch
        if len(values) > 1:
            self.callers.charge(owner, len(values) - 1, now=time.monotonic(), charged=1)
        if len(values) > MOST_IN_A_BATCH:
            raise Problem(
                413,
                fault(
                    "too-large",
                    detail_zh=f"最多{MOST_IN_A_BATCH}条",
                    detail_en=f"{MOST_IN_A_BATCH} items are allowed",
                ),
            )
        may_wait = says == "reports" and b"prefer" in headers
        wait_s = wait_wanted(scope, limit_s=self._wait_limit_s) if may_wait else 0.0
        traceparent = headers.get(b"traceparent", b"").decode("ascii", "ignore")[:64]
        results = await self._kept(speaker, topic, values, wait_s=wait_s, traceparent=traceparent)
        applied = {"preference-applied": f"wait={int(wait_s)}"} if wait_s else {}
        if batch is None:
            (result,) = results
            if isinstance(result, Problem):
                if "outcome" in result.members:
                    result.headers |= applied
                raise result
            return _status(result, waited=bool(wait_s)), to_json(result), applied
        items = [_item(result, waited=bool(wait_s)) for result in results]
        lost = [result for result in results if isinstance(result, Problem)]
        if lost and len(lost) == len(results) and all(problem.status == 503 for problem in lost):
            raise lost[0]
        return 207 if lost else 202, to_json({"results": items}, exclude_none=True), applied

    async def _kept(
        self, speaker: Speaker, topic: str, values: Sequence[bytes], *, wait_s: float, traceparent: str
    ) -> list[Result]:
        """Keep what can be read and is new; return one result for each of *values*."""
        results: list[Result | None] = [None] * len(values)
        readable: dict[int, Said] = {}
        began = time.monotonic()
        for place, value in enumerate(values):
            try:
                readable[place] = _READ[speaker.says](speaker, value)
            except Problem as problem:
                results[place] = problem
            if time.monotonic() - began > _WITHOUT_A_BREAK_S:
                await asyncio.sleep(0)
                began = time.monotonic()
        known = dict(await self.verdicts.known([said.key for said in readable.values()]) if readable else {})
        fresh: dict[str, Said] = {}
        for place, said in readable.items():
            if said.key in known:
                results[place] = _known(said, known[said.key])
            else:
                fresh.setdefault(said.key, said)
        if fresh:
            refusal = await self._send(speaker, topic, fresh.values(), traceparent=traceparent)
            judged = await self.verdicts.wait(list(fresh), within_s=wait_s) if wait_s and not refusal else {}
            for place, said in readable.items():
                if results[place] is None:
                    results[place] = refusal or _outcome(said, judged.get(said.key), first=fresh[said.key])
        return [result for result in results if result is not None]

    async def _send(
        self, speaker: Speaker, topic: str, fresh: Iterable[Said], *, traceparent: str
    ) -> Problem | None:
        fresh = list(fresh)
        source, type_ = f"/{speaker.owner.replace('.', '/')}", fresh[0].message.TYPE
        head = letterhead(source=source, type_=type_, time=datetime.now(UTC))
        if traceparent:
            head.append(("ce_traceparent", traceparent.encode()))
        letters = [
            Letter(
                topic,
                said.id.encode(),
                head + own_headers(said.id, subject=None, sequence=None),
                said.value,
            )
            for said in fresh
        ]
        try:
            await self._producer.send_all(letters)
        except NoTopic as error:
            return await self._without(topic, speaker) or unavailable(str(error))
        except NotKept as error:
            return unavailable(str(error))
        return None

    async def _without(self, topic: str, speaker: Speaker) -> Problem | None:
        """
        Tell a terminal system that may report but has no officers to answer for, None any other one.

        Publishing gives every system its topics at once: who has others than *topic* is not to get it soon.
        """
        other = topic_for(speaker.owner, "reports")
        try:
            reports_only = other is not None and other != topic and await self._producer.has(other)
        except NotKept:
            return None
        why = "this system is entrusted with no officers: it may report, and nobody answers for it"
        return (
            Problem(403, fault("not-entitled", detail_zh="该系统不承载网格人员，只能上报", detail_en=why))
            if reports_only
            else None
        )


def _outcome(said: Said, judged: Kept | bytes | None, *, first: Said) -> Result:
    """Return what became of *said*, of which *first* was kept just now: the one of its id that came first."""
    if judged is None and said is first:
        return {"outcome": "kept", **said.told}
    return _known(said, first.content if judged is None else judged)


def _known(said: Said, kept: Kept | bytes) -> Result:
    try:
        return known_of(said, kept)
    except Problem as problem:
        return problem


def _status(result: dict[str, Any], *, waited: bool) -> int:
    return 201 if waited and result["outcome"] != "kept" else 202


def _item(result: Result, *, waited: bool) -> dict[str, Any]:
    if isinstance(result, Problem):
        return {"status": result.status, "problem": result.as_members()}
    return {"status": _status(result, waited=waited), **result}
