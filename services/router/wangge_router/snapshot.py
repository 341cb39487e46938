"""What a task shows its holder of the matter: what he needs to act, without asking back."""

from typing import Any

from wangge_contracts.message import most
from wangge_contracts.v1 import (
    Attachments,
    Incident,
    ReportAttached,
    Role,
    Sensitivity,
    TaskKind,
    Text,
    is_restricted,
)

ROLES: dict[TaskKind, Role] = {
    "handle": "lead",
    "assist": "assist",
    "attend": "attend",
    "verify": "verify",
    "check": "check",
    "dispatch": "dispatch",
    "approve": "approve",
    "supervise": "supervise",
}
"""The holder's part that goes with each kind of task."""
PARTIES: tuple[TaskKind, ...] = ("handle", "assist", "attend")
"""The kinds of task whose holders do something about the matter itself."""
_MOST_SHOWN = most(Incident, "attachments")


def joined(first: Attachments, then: Attachments) -> Attachments:
    """Return what is shown *first*, and of what is shown *then* what is new and there is room for."""
    new = tuple(each for each in then if each not in first)
    return (*first, *new)[:_MOST_SHOWN] if new else first


def shown_to_checker(incident: Incident, work: Attachments) -> Attachments:
    """Return what is shown of the *work*, or by who settled it himself, before what was reported."""
    settled = incident.self_handled
    return joined(work or (settled.evidence if settled else ()), incident.attachments)


def may_be_quoted(said: ReportAttached | Incident) -> bool:
    """Whether its words may stand where another matter is told of, to whoever may read of that one."""
    return not (is_restricted(said.sensitivity) or said.confidential)


def opens(before: Sensitivity, now: Sensitivity) -> bool:
    """Whether what was restricted *before* may be read by anybody *now*."""
    return is_restricted(before) and not is_restricted(now)


def told_by(incident: Incident) -> dict[str, Any]:
    """
    Return the fields of a task in which its incident tells of itself.

    Who may not be told the reporter's identity gets no way to reach him either.
    """
    shown = not incident.confidential
    return {
        "incident_id": incident.incident_id,
        "case_number": incident.case_number,
        "district": incident.district,
        "mode": incident.mode,
        "urgency": incident.urgency,
        "sensitivity": incident.sensitivity,
        "class_ref": incident.class_ref,
        "standard_version": incident.standard_version,
        "description": incident.description or _class_as_text(incident),
        "place": incident.place,
        "contact_ref": incident.contact_ref if shown else None,
        "contact_allowed": shown and incident.contact_ref is not None,
        "confidential": incident.confidential or None,
        "attachments": incident.attachments,
        "counts": incident.counts,
        "external_refs": incident.external_refs,
        "mandated_deadline": incident.mandated_deadline,
    }


def _class_as_text(incident: Incident) -> Text:
    """Return what to say about an incident of which only the class was reported."""
    class_ref = incident.class_ref
    if class_ref is None:
        return Text(text="-", lang="und")
    if class_ref.names is not None:
        return Text(text=class_ref.names.zh, lang="zh")
    return Text(text=f"{class_ref.scheme} {class_ref.code}", lang="und")
