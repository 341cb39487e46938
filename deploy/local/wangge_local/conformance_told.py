"""What the house would say to whose connector is tried out: a department's, or a terminal system's. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Self

from pydantic_core import from_json, to_json

from wangge_contracts.cloudevents import Envelope, to_headers
from wangge_contracts.message import derive_id
from wangge_contracts.topics import (
    DEPARTMENT_ANSWERS,
    DEPARTMENT_RECEIPTS,
    DEPARTMENT_TASKS,
    TERMINAL_ANSWERS,
    TERMINAL_RECEIPTS,
    TERMINAL_TASKS,
)
from wangge_contracts.v1 import (
    AnswerJudged,
    ClockChanged,
    Counts,
    Decision,
    IncidentPlace,
    Limit,
    Segment,
    TaskAnswered,
    TaskChanged,
    Text,
    fault,
)

_LIMIT = Limit(value=24.0, clock_kind="urgent-hours", calendar="conformance", calendar_version="1")
_PLEASE = "符合性测试，请签收，不要出动。Conformance test: acknowledge it, and send nobody."
_FORETOLD = "wangge.TaskForetold.v1"


@dataclass(frozen=True, slots=True)
class Mailbox:
    """Where a connector reads and speaks, and whose tasks it reads there: topics, and a *holder* of tasks."""

    holder: str
    tasks: str
    answers: str
    receipts: str

    @classmethod
    def of_department(cls, slug: str) -> Self:
        """Return that of a unit."""
        named = (row.named(slug) for row in (DEPARTMENT_TASKS, DEPARTMENT_ANSWERS, DEPARTMENT_RECEIPTS))
        return cls(f"department:{slug}", *named)

    @classmethod
    def of_officer(cls, slug: str, holder: str) -> Self:
        """Return that of the terminal system *slug*, which brings the officer *holder* his tasks."""
        return cls(
            holder, *(row.named(slug) for row in (TERMINAL_TASKS, TERMINAL_ANSWERS, TERMINAL_RECEIPTS))
        )


@dataclass(frozen=True, slots=True)
class Record:
    """A record for the connector, as the house would write it."""

    topic: str
    key: str
    headers: Sequence[tuple[str, bytes]]
    value: bytes


def task_of(holder: str, district: str, name: str, *, at: datetime) -> TaskChanged:
    """Return a new task of *holder*, whose case is numbered *name*; *at* is house time, UTC."""
    return TaskChanged(
        task_id=derive_id("conformance-task", name),
        incident_id=derive_id("conformance-incident", name),
        case_number=name,
        district=district,
        revision=1,
        change="assigned",
        state="assigned",
        kind="handle",
        role="lead",
        round=1,
        holder=holder,
        mode="test",
        urgency="normal",
        sensitivity="normal",
        assigned_at=at,
        effective_at=at,
        limit=_LIMIT,
        required_evidence=(),
        description=Text(text=_PLEASE),
        place=IncidentPlace(unknown=True),
        contact_allowed=False,
        parties=(),
        desk=f"desk:{district}",
        decision=Decision(reason="wangge conformance"),
        counts=Counts(),
        allowed_acts=("acknowledge", "progress", "done", "return"),
    )


def withdrawn(task: TaskChanged, *, revision: int, at: datetime) -> TaskChanged:
    """Return *task* taken back (撤回) by that revision, at *at* (UTC)."""
    return task.model_copy(
        update={
            "revision": revision,
            "change": "withdrawn",
            "state": "withdrawn",
            "reason_code": "conformance",
            "allowed_acts": (),
            "effective_at": at,
        }
    )


def clock_of(task: TaskChanged) -> ClockChanged:
    """Return the clock that starts with *task*."""
    began = task.assigned_at
    return ClockChanged(
        task_id=task.task_id,
        incident_id=task.incident_id,
        clock_id=derive_id("conformance-clock", task.task_id),
        case_number=task.case_number,
        revision=1,
        change="started",
        state="running",
        kind=task.kind,
        holder=task.holder,
        desk=task.desk,
        mode=task.mode,
        sensitivity=task.sensitivity,
        limit=task.limit,
        deadline=began + timedelta(hours=task.limit.value),
        effective_at=began,
        segments=(Segment(kind="counted", holder=task.holder, started_at=began),),
        elapsed_s=0,
        remaining_s=int(timedelta(hours=task.limit.value).total_seconds()),
        catch_up=False,
    )


def record_of(
    message: TaskChanged | ClockChanged, mailbox: Mailbox, *, at: datetime, sequence: int = 1, **strange: str
) -> Record:
    """Return *message* as a record for *mailbox*; *strange* are fields and words that no contract knows."""
    value: Mapping[str, Any] = from_json(message.write()) | strange
    writer = "router" if isinstance(message, TaskChanged) else "escalation"
    envelope = _envelope(message, message.TYPE, at=at, sequence=sequence, writer=writer)
    return Record(mailbox.tasks, message.incident_id, to_headers(envelope), to_json(value))


def foretold(task: TaskChanged, mailbox: Mailbox, *, at: datetime) -> Record:
    """Return a message of a type that there is not."""
    envelope = _envelope(task, _FORETOLD, at=at, sequence=1, writer="router")
    return Record(mailbox.tasks, task.incident_id, to_headers(envelope), to_json({"task_id": task.task_id}))


def refusal(mailbox: Mailbox, answer: TaskAnswered, *, at: datetime) -> Record:
    """Return the verdict that the router gives in a minute: it waits so long for an incident to come."""
    judged = AnswerJudged(
        outcome="refused",
        answer_id=answer.answer_id,
        task_id=answer.task_id,
        incident_id=answer.incident_id,
        at=at,
        effective_at=at,
        errors=(fault("unknown-incident", "/incident_id"),),
    )
    verdict_id = derive_id("conformance", judged.TYPE, answer.answer_id)
    envelope = Envelope(verdict_id, "/wangge/router", judged.TYPE, at, subject=answer.incident_id)
    return Record(mailbox.receipts, answer.answer_id, to_headers(envelope), judged.write())


def _envelope(
    of: TaskChanged | ClockChanged, kind: str, *, at: datetime, sequence: int, writer: str
) -> Envelope:
    message_id = derive_id("conformance", kind, of.task_id, str(of.revision))
    return Envelope(message_id, f"/wangge/{writer}", kind, at, subject=of.incident_id, sequence=sequence)
