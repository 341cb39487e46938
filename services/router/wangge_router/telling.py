"""What is said of an outcome: the fact to all rooms, each task to its holder, the verdict to who spoke."""

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any

from wangge_chassis.records import Outgoing, Written
from wangge_contracts.message import derive_id, known
from wangge_contracts.topics import (
    ACTS_JUDGED,
    DEPARTMENT_RECEIPTS,
    DESK_ORDERED,
    INCIDENTS_CHANGED,
    TERMINAL_RECEIPTS,
)
from wangge_contracts.v1 import (
    ActJudged,
    ActOutcome,
    AnswerJudged,
    Count,
    DeskOrdered,
    Faults,
    Id,
    Mode,
    Owner,
    TaskAnswered,
    TaskChanged,
)
from wangge_router.case import Case
from wangge_router.directory import Directory
from wangge_router.outcome import Final, Outcome
from wangge_router.writing import Bytes, write_fact, write_incident


def tell(outcome: Outcome, directory: Directory, bytes_of: Bytes) -> Iterator[Outgoing]:
    """
    The fact, every task that changed to its holder's mailbox, if the holder has one, and what other incidents
    are told.

    The tasks are in *bytes_of* already; so is then what is written of the incident.
    """
    fact, further = outcome.fact, [str(outcome.portion)] if outcome.portion else []
    incident_id = fact.incident.incident_id
    incident = bytes_of[incident_id] = write_incident(fact.incident)
    tasks = (bytes_of[task.task_id] for task in outcome.tasks)
    yield Outgoing(
        topic=INCIDENTS_CHANGED.name,
        key=incident_id,
        message=Written(fact.TYPE, write_fact(fact, incident, tasks)),
        id=derive_id("fact", incident_id, fact.cause.id, *further),
        subject=incident_id,
    )
    for task in outcome.tasks:
        mailbox = directory.mailbox(task.holder)
        told_id = derive_id("task", task.task_id, str(task.revision))
        if mailbox is not None:
            yield _task(task, mailbox, bytes_of, told_id)
        former = outcome.former.get(task.task_id)
        before = directory.mailbox(former) if former else None
        if before is not None and before != mailbox:
            # Who has handed it on is told once more, so that he does not go on with it.
            yield _task(task, before, bytes_of, derive_id(told_id, "former"))
    for order in outcome.orders:
        yield to_incident(order)


def to_incident(order: DeskOrdered) -> Outgoing:
    """What one incident orders of another, under the other's key."""
    return Outgoing(
        topic=DESK_ORDERED.name,
        key=order.incident_id,
        message=order,
        id=order.order_id,
        subject=order.incident_id,
    )


def _task(task: TaskChanged, mailbox: str, bytes_of: Bytes, told_id: Id) -> Outgoing:
    return Outgoing(
        topic=mailbox,
        key=task.incident_id,
        message=Written(task.TYPE, bytes_of[task.task_id]),
        id=told_id,
        subject=task.incident_id,
    )


def answer_verdict(
    answer: TaskAnswered,
    outcome: ActOutcome,
    errors: Faults,
    *,
    cause_id: str,
    revision: Count | None,
    mode: Mode,
    at: datetime,
    now: datetime,
    approval_task: Id | None = None,
) -> Iterator[Outgoing]:
    """
    Yield the verdict on *answer*, effective *at* and judged *now* (house time, UTC).

    An outsider finds it on the receipts topic of the owner that intake has stamped; what console and notifier
    said for somebody is judged inside. Of what is refused no fact tells, and his receipts are gone after a
    while: so the ledger hears it too.

    :param approval_task: the task in which a desk is asked; its ruling brings the last verdict.
    """
    told = {
        "outcome": outcome,
        "answer_id": answer.answer_id,
        "task_id": answer.task_id,
        "incident_id": answer.incident_id,
        "at": now,
        "effective_at": at,
        "errors": errors,
        "approval_task": approval_task,
        "revision": revision,
    }
    verdict_id = derive_id("verdict", cause_id)
    if outcome == "refused" and answer.origin is not None:
        yield _to_speaker(told, None, mode, derive_id(verdict_id, "ledger"))
    yield _to_speaker(told, answer.origin, mode, verdict_id)


def final_verdict(final: Final, case: Case, *, cause: Id, at: datetime, now: datetime) -> Outgoing:
    """The last verdict on a request that was pending until *cause*, effective *at*, judged *now* (UTC)."""
    held = case.find(final.task_id)
    told = {
        "outcome": final.outcome,
        "answer_id": final.asked.answer_id,
        "task_id": final.task_id,
        "incident_id": case.incident.incident_id,
        "at": now,
        "effective_at": at,
        "errors": final.errors,
        "revision": held.task.revision if held else None,
    }
    verdict_id = derive_id("verdict", final.asked.cause, cause)
    return _to_speaker(told, final.asked.origin, case.incident.mode, verdict_id)


def _to_speaker(told: Mapping[str, Any], origin: Owner | None, mode: Mode, verdict_id: Id) -> Outgoing:
    """The verdict whose fields are *told*, for whoever spoke: outside, or inside on somebody's behalf."""
    incident_id: Id = told["incident_id"]
    if origin is None:
        return _inside(ActJudged.of_checked({**told, "mode": mode}), incident_id, verdict_id)
    owner, _, slug = origin.partition(".")
    return Outgoing(
        topic=(DEPARTMENT_RECEIPTS if owner == "departments" else TERMINAL_RECEIPTS).named(slug),
        key=told["answer_id"] or incident_id,
        message=AnswerJudged.of_checked(told),
        id=verdict_id,
        subject=incident_id,
    )


def order_verdict(
    order: DeskOrdered,
    outcome: ActOutcome,
    errors: Faults,
    *,
    cause_id: str,
    revision: Count | None,
    now: datetime,
) -> Outgoing:
    """The verdict on *order*, judged *now* (house time, UTC)."""
    judged = ActJudged(
        order_id=order.order_id,
        incident_id=order.incident_id,
        mode=known(Mode, order.mode),
        outcome=outcome,
        errors=errors,
        revision=revision,
        effective_at=order.effective_at,
        at=now,
    )
    return _inside(judged, order.incident_id, derive_id("verdict", cause_id))


def _inside(judged: ActJudged, incident_id: str, verdict_id: str) -> Outgoing:
    return Outgoing(
        topic=ACTS_JUDGED.name, key=incident_id, message=judged, id=verdict_id, subject=incident_id
    )
