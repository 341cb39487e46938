"""What may be said at the door: reports and answers, with their ids, shapes and places in the books."""

from dataclasses import dataclass
from functools import cached_property
from typing import Any, TypeVar

from pydantic import ValidationError
from pydantic_core import from_json, to_json

from wangge_chassis.problems import Problem
from wangge_contracts.message import Unreadable
from wangge_contracts.spellings import whole_characters
from wangge_contracts.topics import find
from wangge_contracts.v1 import ReportSubmitted, TaskAnswered, fault, faults_of
from wangge_intake.acceptance import faults_in
from wangge_intake.books import Kept, answer_key, report_key
from wangge_intake.content import content_sha256
from wangge_intake.speakers import Speaker, topic_for


@dataclass
class Said:
    """
    One readable item: *value* is kept as it came, *key* is what the books have it under.

    It is frozen by custom only: one is made for every item, in a third of the time.
    """

    id: str
    key: str
    value: bytes
    told: dict[str, Any]
    """What the caller is told of it in any case: what he may call it by, and what of it was ignored."""
    message: ReportSubmitted | TaskAnswered

    @cached_property
    def content(self) -> bytes:
        """What it says, as the books keep it: asked only where something else lies under the same key."""
        return content_sha256(self.message)


def report_said(speaker: Speaker, value: bytes) -> Said:
    """Read one report. Raises Problem 400, 413 and 422."""
    report, ignored = _read(ReportSubmitted, speaker, value)
    key = report_key(speaker, report.report_id)
    told = {"report_id": report.report_id, "incident_id": key, **ignored}
    return Said(report.report_id, key, value, told, report)


def answer_said(speaker: Speaker, value: bytes) -> Said:
    """Read one answer. Raises Problem 400, 413 and 422."""
    answer, ignored = _read(TaskAnswered, speaker, value)
    told = {"answer_id": answer.answer_id, "incident_id": answer.incident_id, **ignored}
    key = answer_key(speaker, answer.answer_id)
    return Said(answer.answer_id, key, value, told, answer)


def known_of(said: Said, kept: Kept | bytes) -> dict[str, Any]:
    """
    Return what the caller may know of *said*, of which *kept* is in the books.

    Raises Problem 409 when other content is kept under its id, and 422 when it was rejected.
    """
    content = kept if isinstance(kept, bytes) else kept.content
    if content != said.content:
        pointer = "/report_id" if isinstance(said.message, ReportSubmitted) else "/answer_id"
        raise Problem(
            409,
            fault("id-reused", pointer),
            members={
                "kept_content_sha256": content.hex(),
                "received_content_sha256": said.content.hex(),
                **said.told,
            },
        )
    if isinstance(kept, bytes) or isinstance(said.message, TaskAnswered):
        return {"outcome": "kept", **said.told}
    if kept.case is None:
        raise Problem(422, *faults_in(said.message), members={"outcome": "rejected", **said.told})
    return {"outcome": outcome_of(said.key, kept), **said.told, **case_of(kept)}


def outcome_of(key: str, kept: Kept) -> str:
    """Return the verdict on the report *key*, in the words of its receipt."""
    if kept.case is None:
        return "rejected"
    return "accepted" if kept.case.incident_id == key else "attached"


def case_of(kept: Kept) -> dict[str, str]:
    """Return incident and case number that a report led to, if any."""
    return {"incident_id": kept.case.incident_id, "case_number": kept.case.number} if kept.case else {}


_M = TypeVar("_M", ReportSubmitted, TaskAnswered)


def _read(kind: type[_M], speaker: Speaker, value: bytes) -> tuple[_M, dict[str, Any]]:
    topic = topic_for(speaker.owner, speaker.says)
    row = find(topic) if topic is not None else None
    if row is not None and len(value) > row.max_bytes:
        raise Problem(
            413,
            fault(
                "too-large",
                detail_zh=f"最多{row.max_bytes}字节",
                detail_en=f"{row.max_bytes} bytes are allowed",
            ),
        )
    try:
        said, ignored = kind.read_closely(value)
    except (ValidationError, Unreadable) as error:
        _refuse_endless(value)
        faults = faults_of(error)
        raise Problem(400 if faults[0].code == "not-json" else 422, *faults) from None
    # No field that we know takes such a number; in so few bytes all are told of that we do not know.
    if ignored or len(value) > _FEW_BYTES:
        _refuse_endless(value)
    return said, {"ignored": ignored} if ignored else {}


_FEW_BYTES = 4096


def _refuse_endless(value: bytes) -> None:
    if _endless(value):
        raise Problem(
            400, fault("not-json", detail_zh="数值不是有限数", detail_en="a number is NaN or infinite")
        )


def _endless(value: bytes) -> bool:
    """
    Whether a number in *value*, also in a member that we do not know, is infinite or not a number.

    JSON has no such numbers, and some of its readers make one of 1e999: what is kept must be read by anybody.
    """
    if not _may_be_endless(value):
        return False
    try:
        parsed = from_json(whole_characters(value))
    except ValueError:
        return False  # who reads it says what is wrong
    text = to_json(parsed)
    return (b"Infinity" in text or b"NaN" in text) and text != to_json(parsed, inf_nan_mode="null")


_ALIKE = bytes.maketrans(b"123456789E", b"000000000e")


def _may_be_endless(value: bytes) -> bool:
    """
    Whether *value* has to be read as a whole to know: some of it looks like such a number.

    The least of them, 1.8e308, has an exponent of three digits, or 210 digits before one of two. To read it
    all takes five times as long.
    """
    digits = value.translate(_ALIKE, b"+")
    return b"e000" in digits or b"0" * 200 in digits or b"NaN" in value or b"Infinity" in value
