"""What a message adds to the timeline of its matter: when it took effect, what happened, who did it."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from wangge_chassis import Received
from wangge_contracts import topics
from wangge_contracts.v1 import (
    ActJudged,
    ClockChanged,
    DeskOrdered,
    Holder,
    IncidentAccepted,
    IncidentChanged,
    IncidentRejected,
    NoticeAnswered,
    NoticeChanged,
    NoticeComposed,
    Person,
    ReportAttached,
    TaskAnswered,
)

TOPICS: tuple[str, ...] = (
    topics.INCIDENTS_ACCEPTED.name,
    topics.INCIDENTS_REJECTED.name,
    topics.REPORTS_ATTACHED.name,
    topics.DESK_ORDERED.name,
    topics.TASKS_ANSWERED.name,
    topics.INCIDENTS_CHANGED.name,
    topics.ACTS_JUDGED.name,
    topics.CLOCKS_CHANGED.name,
    topics.NOTICES_COMPOSED.name,
    topics.NOTICES_CHANGED.name,
    topics.NOTICES_ANSWERED.name,
)
"""What the ledger reads, causes before effects: the order of messages that took effect at one instant."""
Told = tuple[datetime | None, str, str]
"""When it took effect (None: when the broker had it), what happened, who did it."""
_RANK = {name: rank for rank, name in enumerate(TOPICS)}


@dataclass(frozen=True, slots=True)
class Entry:
    """One line of a timeline; *told_at* is when its speaker's service said it, both instants UTC."""

    incident_id: str
    topic: str
    message_id: str
    effective_at: datetime
    rank: int
    sequence: int
    told_at: datetime
    what: str
    who: str
    document: str


def entry_of(received: Received) -> Entry | None:
    """Return the line that *received* adds; None for a receipt of a notice whose matter it does not name."""
    message: Any = received.message
    incident_id = _incident_of(message)
    if incident_id is None:
        return None
    effective_at, what, who = _TOLD[type(message)](message)
    envelope = received.envelope
    return Entry(
        incident_id=incident_id,
        topic=received.topic,
        message_id=envelope.id,
        effective_at=effective_at or received.appended_at,
        rank=_RANK[received.topic],
        sequence=envelope.sequence or 0,
        told_at=envelope.time,
        what=what,
        who=who,
        document=message.write().decode(),
    )


def _incident_of(message: Any) -> str | None:
    if isinstance(message, IncidentChanged):
        return message.incident.incident_id
    found: str | None = message.incident_id
    return found


def _speaker(actor: Person | None, on_behalf_of: Holder | None, otherwise: str) -> str:
    """Name the office and the person; names of people stay in the document."""
    spoken = [word for word in (on_behalf_of, actor and actor.staff_id) if word]
    return " ".join(spoken) or otherwise


def _accepted(message: IncidentAccepted) -> Told:
    return message.effective_at, "accepted", f"terminal:{message.terminal}"


def _rejected(message: IncidentRejected) -> Told:
    return (
        message.effective_at,
        f"rejected {message.errors[0].code if message.errors else ''}".strip(),
        "intake",
    )


def _attached(message: ReportAttached) -> Told:
    return message.effective_at, f"attached {message.relation.kind}", f"terminal:{message.terminal}"


def _ordered(message: DeskOrdered) -> Told:
    # A rung orders in the name of a desk, but nobody sat there.
    rung = f"ladder:{message.rung}" if message.rung and message.actor is None else None
    who = rung or _speaker(message.actor, message.on_behalf_of, "system")
    return message.effective_at, f"ordered {message.order}", who


def _answered(message: TaskAnswered) -> Told:
    verdict = f" {message.verdict}" if message.verdict else ""
    return (
        message.effective_at,
        f"answered {message.act}{verdict}",
        _speaker(message.actor, message.on_behalf_of, "unknown"),
    )


def _changed(message: IncidentChanged) -> Told:
    cause = message.cause
    tasks = " ".join(dict.fromkeys(task.change for task in message.tasks))
    what = f"{message.change} {tasks}" if message.change == "task-changed" and tasks else message.change
    return message.effective_at, what, _speaker(cause.actor, cause.on_behalf_of, "router")


def _judged(message: ActJudged) -> Told:
    codes = "".join(f" {error.code}" for error in message.errors)
    return message.effective_at, f"judged {message.outcome}{codes}", "router"


def _clock(message: ClockChanged) -> Told:
    rung = message.rung or message.withdrawn_rung
    return message.effective_at, f"clock {message.change}" + (f" {rung}" if rung else ""), message.holder


def _notice(message: NoticeComposed | NoticeChanged) -> Told:
    return message.at, f"notice {message.state} {message.channel}", message.recipient.ref


def _receipt(message: NoticeAnswered) -> Told:
    return message.at, f"notice answered {message.answer}", message.by


_TOLD: dict[type[Any], Callable[[Any], Told]] = {
    IncidentAccepted: _accepted,
    IncidentRejected: _rejected,
    ReportAttached: _attached,
    DeskOrdered: _ordered,
    TaskAnswered: _answered,
    IncidentChanged: _changed,
    ActJudged: _judged,
    ClockChanged: _clock,
    NoticeComposed: _notice,
    NoticeChanged: _notice,
    NoticeAnswered: _receipt,
}
