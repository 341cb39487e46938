"""What cannot be read still has a speaker, who must hear of it."""

from collections.abc import Iterator
from datetime import datetime
from typing import Any

from pydantic import ValidationError
from pydantic_core import from_json

from wangge_chassis import Outgoing, Unread
from wangge_contracts import topics
from wangge_contracts.cloudevents import data_of_structured, is_structured
from wangge_contracts.message import MAX_WORD, Unreadable, derive_id
from wangge_contracts.spellings import whole_characters
from wangge_contracts.v1 import AnswerJudged, IncidentRejected, ReportReceipt, fault, faults_of
from wangge_contracts.v1.faults import CODES
from wangge_contracts.v1.parts import Fault
from wangge_intake.acceptance import mode_of
from wangge_intake.books import Spoken
from wangge_intake.speakers import speaker_of

_LOOKED_INTO_BYTES = 4 * 1024 * 1024
"""Sixteen times what may be said. Of what is longer the id is not worth the time of everybody else."""


def tell(unread: Unread, now: datetime) -> Iterator[Outgoing]:
    """
    Give *unread* its verdict, and let inside know of a report that was lost on us.

    Nothing is remembered of it: a mended replay of the record, or the same id said again, is judged afresh.
    """
    speaker = speaker_of(unread.topic)
    if speaker is None:
        return
    spoken = Spoken(speaker, unread.topic, unread.partition, unread.offset, unread.appended_at)
    content, errors = _content(unread), _faults(unread)
    verdict: ReportReceipt | AnswerJudged
    if speaker.says == "reports":
        named = _id(content, "report_id")
        yield _rejected(spoken, named, content, errors, now)
        verdict = ReportReceipt(
            outcome="unreadable",
            report_id=named,
            at=now,
            effective_at=spoken.effective_at,
            errors=errors,
            original=spoken.origin,
        )
    else:
        named = _id(content, "answer_id")
        verdict = AnswerJudged(
            outcome="unreadable",
            answer_id=named,
            task_id=_id(content, "task_id"),
            incident_id=_id(content, "incident_id"),
            at=now,
            effective_at=spoken.effective_at,
            errors=errors,
            original=spoken.origin,
        )
    yield spoken.judged(named or "/".join(spoken.record), verdict)


def _rejected(
    spoken: Spoken,
    report_id: str | None,
    content: dict[str, Any],
    errors: tuple[Fault, ...],
    now: datetime,
) -> Outgoing:
    # Not by the report's id, even if that can be made out: an accepted one may have it, and what is broken
    # beside it is no part of that incident's story.
    incident_id = derive_id("unreadable", *spoken.record)
    mode = content.get("mode")
    message = IncidentRejected(
        incident_id=incident_id,
        terminal=spoken.speaker.slug,
        report_id=report_id,
        mode="actual" if mode is None else mode_of(mode if isinstance(mode, str) else ""),
        effective_at=spoken.effective_at,
        at=now,
        errors=errors,
        original=spoken.origin,
    )
    rejected_id = derive_id("rejected", *spoken.record, "unreadable")
    return Outgoing(topics.INCIDENTS_REJECTED.name, incident_id, message, rejected_id)


def _content(unread: Unread) -> dict[str, Any]:
    """Return what can be made out of the value all the same, so that its speaker finds it again by its id."""
    if len(unread.value or b"") > _LOOKED_INTO_BYTES:
        return {}
    try:
        value = from_json(whole_characters(_value(unread)))
    except ValueError:
        return {}
    return value if isinstance(value, dict) else {}


def _value(unread: Unread) -> bytes:
    value = unread.value or b""
    return data_of_structured(value) if is_structured(unread.headers) else value


def _id(content: dict[str, Any], name: str) -> str | None:
    value = content.get(name)
    sound = isinstance(value, str) and 0 < len(value) <= MAX_WORD and "\0" not in value
    return value if sound else None


def _faults(unread: Unread) -> tuple[Fault, ...]:
    """Return every fault of the value, with its place; headers and the like have one."""
    row = topics.find(unread.topic)
    if unread.code == "wrong-shape" and row is not None:
        try:
            row.messages[0].read(_value(unread))
        except (ValidationError, Unreadable) as error:
            return faults_of(error)
    if unread.code == "not-handled":
        return (fault(unread.code),)
    return (fault(unread.code if unread.code in CODES else "invalid", detail_en=unread.text),)
