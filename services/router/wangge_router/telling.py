"""What is said of an outcome: the fact to all rooms, each task to its holder, the verdict to who spoke."""

from collections.abc import Iterator
from datetime import datetime

from wangge_chassis.records import Outgoing, Written
from wangge_contracts.message import derive_id, known
from wangge_contracts.topics import ACTS_JUDGED, DEPARTMENT_RECEIPTS, INCIDENTS_CHANGED, TERMINAL_RECEIPTS
from wangge_contracts.v1 import (
    ActJudged,
    ActOutcome,
    AnswerJudged,
    Count,
    DeskOrdered,
    Faults,
    Mode,
    TaskAnswered,
)
from wangge_router.directory import Directory
from wangge_router.draft import Outcome
from wangge_router.writing import Bytes, write_fact, write_incident


def tell(outcome: Outcome, directory: Directory, bytes_of: Bytes) -> Iterator[Outgoing]:
    """
    The fact, and every task that changed to its holder's mailbox, if the holder has one.

    What is written for it is left in *bytes_of*.
    """
    fact = outcome.fact
    incident_id = fact.incident.incident_id
    incident = bytes_of[incident_id] = write_incident(fact.incident)
    for task in outcome.tasks:
        bytes_of[task.task_id] = task.write()
    tasks = (bytes_of[task.task_id] for task in outcome.tasks)
    yield Outgoing(
        topic=INCIDENTS_CHANGED.name,
        key=incident_id,
        message=Written(fact.TYPE, write_fact(fact, incident, tasks)),
        id=derive_id("fact", incident_id, fact.cause.id),
        subject=incident_id,
    )
    for task in outcome.tasks:
        mailbox = directory.mailbox(task.holder)
        if mailbox is not None:
            yield Outgoing(
                topic=mailbox,
                key=incident_id,
                message=Written(task.TYPE, bytes_of[task.task_id]),
                id=derive_id("task", task.task_id, str(task.revision)),
                subject=incident_id,
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
) -> Outgoing:
    """
    The verdict on *answer*, effective *at* and judged *now* (house time, UTC).

    An outsider finds it on the receipts topic of the owner that intake has stamped; what console and notifier
    said for somebody is judged inside.
    """
    verdict_id = derive_id("verdict", cause_id)
    if answer.origin is None:
        judged = ActJudged(
            answer_id=answer.answer_id,
            incident_id=answer.incident_id,
            task_id=answer.task_id,
            mode=mode,
            outcome=outcome,
            errors=errors,
            revision=revision,
            effective_at=at,
            at=now,
        )
        return _inside(judged, answer.incident_id, verdict_id)
    owner, _, slug = answer.origin.partition(".")
    return Outgoing(
        topic=(DEPARTMENT_RECEIPTS if owner == "departments" else TERMINAL_RECEIPTS).named(slug),
        key=answer.answer_id,
        message=AnswerJudged(
            outcome=outcome,
            answer_id=answer.answer_id,
            task_id=answer.task_id,
            incident_id=answer.incident_id,
            at=now,
            effective_at=at,
            errors=errors,
            revision=revision,
        ),
        id=verdict_id,
        subject=answer.incident_id,
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
