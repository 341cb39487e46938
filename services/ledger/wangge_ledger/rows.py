"""A matter, task or clock by one of its tellings -> the row in which it is kept. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from pydantic_core import to_json

from wangge_contracts.v1 import (
    INCIDENT_OVER,
    TASK_OVER,
    ClockChanged,
    Incident,
    IncidentAccepted,
    Task,
    is_restricted,
)


@dataclass(frozen=True, slots=True)
class IncidentRow:
    """A matter by one of its revisions; 0 is what intake accepted."""

    incident_id: str
    revision: int
    case_number: str
    mode: str
    state: str
    is_open: bool
    urgency: str
    district: str
    street: str | None
    community: str | None
    grid: str | None
    lead: str | None
    listed: bool
    hidden: bool
    accepted_at: datetime
    closed_at: datetime | None
    search: str
    card: str
    document: str


@dataclass(frozen=True, slots=True)
class TaskRow:
    """A task by one of its revisions."""

    task_id: str
    incident_id: str
    revision: int
    holder: str
    is_open: bool
    assigned_at: datetime
    document: str
    accepted_at: datetime
    """When its matter was accepted."""


@dataclass(frozen=True, slots=True)
class HadRow:
    """That a unit has or had a task of a matter; *department* is its slug."""

    department: str
    incident_id: str
    accepted_at: datetime
    """When the matter was accepted."""


@dataclass(frozen=True, slots=True)
class ClockRow:
    """A clock by one of its revisions."""

    clock_id: str
    task_id: str
    incident_id: str
    revision: int
    is_overdue: bool
    deadline: datetime
    document: str


@dataclass(frozen=True, slots=True)
class NoticeRow:
    """A notice; *sequence* is the courier's on its endpoint, 0 what the composer said."""

    notice_id: str
    incident_id: str
    sequence: int
    at: datetime
    document: str


def accepted_row(accepted: IncidentAccepted) -> IncidentRow:
    """Return the matter as intake accepted it (受理), before the router has said a word."""
    return _incident_row(
        accepted,
        revision=0,
        state="accepted",
        urgency=accepted.urgency_claimed or "normal",
        lead=None,
        listed=False,
        closed_at=None,
    )


def changed_row(incident: Incident) -> IncidentRow:
    """Return the matter as the router knows it after a fact."""
    return _incident_row(
        incident,
        revision=incident.revision,
        state=incident.state,
        urgency=incident.urgency,
        lead=incident.lead,
        listed=bool(incident.listed),
        closed_at=incident.closed_at,
    )


def task_row(task: Task, incident: Incident) -> TaskRow:
    """Return one task of *incident* as it stands."""
    return TaskRow(
        task_id=task.task_id,
        incident_id=task.incident_id,
        revision=task.revision,
        holder=task.holder,
        is_open=task.state not in TASK_OVER,
        assigned_at=task.assigned_at,
        document=_text(task),
        accepted_at=incident.accepted_at,
    )


def had_row(task: Task, incident: Incident) -> HadRow | None:
    """Return that the unit which holds *task* has or had one; None where another than a unit holds it."""
    kind, _, slug = task.holder.partition(":")
    return HadRow(slug, task.incident_id, incident.accepted_at) if kind == "department" else None


def clock_row(clock: ClockChanged, *, said_at: datetime) -> ClockRow:
    """
    Return one clock as it stands; it is overdue if its deadline had passed at *said_at* (house time, UTC).

    What is left in the message is as of `effective_at`: an outage at noon, told in the evening, speaks of a
    time when the limit was not used up. Nothing is overdue merely because time went by: until the red light
    rings there may be an answer on its way.
    """
    return ClockRow(
        clock_id=clock.clock_id,
        task_id=clock.task_id,
        incident_id=clock.incident_id,
        revision=clock.revision,
        is_overdue=clock.state != "stopped" and clock.deadline <= said_at,
        deadline=clock.deadline,
        document=_text(clock),
    )


def _incident_row(
    of: IncidentAccepted | Incident,
    *,
    revision: int,
    state: str,
    urgency: str,
    lead: str | None,
    listed: bool,
    closed_at: datetime | None,
) -> IncidentRow:
    place = of.place
    hidden = is_restricted(of.sensitivity) or of.confidential
    description = of.description.text if of.description else None
    names = of.class_ref.names if of.class_ref else None
    address = place.address.text if place.address else None
    shown: dict[str, Any] = {
        "nature": of.nature,
        "source": of.source,
        "class": names.model_dump() if names else None,
        "street": place.street.names.model_dump() if place.street else None,
        "community": place.community.names.model_dump() if place.community else None,
        "grid": place.grid.names.model_dump() if place.grid else None,
        "address": None if hidden else address,
        "description": None if hidden else description,
    }
    searchable: Sequence[str | None] = (
        of.case_number,
        None if hidden else of.report_id,
        names.zh if names else None,
        names.en if names else None,
        None if hidden else address,
        None if hidden else description,
    )
    return IncidentRow(
        incident_id=of.incident_id,
        revision=revision,
        case_number=of.case_number,
        mode=of.mode,
        state=state,
        is_open=state not in INCIDENT_OVER,
        urgency=urgency,
        district=of.district,
        street=place.street.code if place.street else None,
        community=place.community.code if place.community else None,
        grid=place.grid.code if place.grid else None,
        lead=lead,
        listed=listed,
        hidden=hidden,
        accepted_at=of.accepted_at,
        closed_at=closed_at,
        search="\n".join(word.lower() for word in searchable if word),
        card=to_json({name: value for name, value in shown.items() if value is not None}).decode(),
        document=_text(of),
    )


def _text(part: Incident | IncidentAccepted | Task | ClockChanged) -> str:
    """Return the JSON of a piece of a message that was checked when it was read."""
    text: bytes = part.__pydantic_serializer__.to_json(part, exclude_none=True)
    return text.decode()
