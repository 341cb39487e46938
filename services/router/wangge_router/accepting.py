"""An accepted report is taken up: worked out for the first of its kind, and like that one from then on."""

from datetime import datetime
from typing import Any

from wangge_contracts.message import derive_id
from wangge_contracts.v1 import BUNDLE, Cause, Incident, IncidentAccepted, IncidentChanged
from wangge_router.case import Case, Held
from wangge_router.conditions import told_acts
from wangge_router.directory import Directory
from wangge_router.draft import Draft
from wangge_router.entering import Entry, enter
from wangge_router.opening import (
    ACCEPTED,
    as_reported,
    assign,
    decided,
    kept_for_later,
    opened,
    suggestion_of,
)
from wangge_router.outcome import Outcome
from wangge_router.places import Site
from wangge_router.routes import Way
from wangge_router.routing import Assignment
from wangge_router.settling import settle
from wangge_router.snapshot import PARTIES, shown_to_checker, told_by
from wangge_router.timing import acknowledge_by


def accept(
    accepted: IncidentAccepted, directory: Directory, *, site: Site, cause: Cause, now: datetime
) -> Outcome:
    """Take up *accepted*, read *now* (house time, UTC): route it, and file it where the standard can."""
    if site.flags != accepted.place_flags:
        accepted = accepted.model_copy(update={"place_flags": site.flags})
    way = directory.routes.find(accepted, site)
    entry = enter(accepted, way.route, directory)
    assignments = entry.assignments
    shape = tuple(given.kind for given in assignments)
    first = way.ruled.moulds.get(shape)
    # One holder of two seats is given one task of each kind.
    if first is None or len({(given.kind, given.holder) for given in assignments}) < len(assignments):
        outcome = _worked_out(accepted, way, entry, directory, cause=cause, now=now)
        if assignments and len(outcome.tasks) == len(assignments):
            way.ruled.moulds[shape] = _emptied(outcome.case)
        return outcome
    return _like(first, accepted, way, entry, directory, cause=cause, now=now)


def _worked_out(
    accepted: IncidentAccepted,
    way: Way,
    entry: Entry,
    directory: Directory,
    *,
    cause: Cause,
    now: datetime,
) -> Outcome:
    decision, at = decided(way, entry), accepted.effective_at
    draft = Draft(opened(accepted, way, entry), directory, cause=cause, at=at, seed=ACCEPTED)
    assign(draft, way, entry)
    if entry.settled:
        draft.put(state="closed", closed_at=at, reopen_until=at + directory.terms.reopening)
    return settle(draft, "accepted-into-router", now=now, decision=decision)


def _emptied(case: Case) -> Case:
    """Return *case* without what was reported: the next of its kind brings its own, and it may be large."""
    reported = dict.fromkeys(IncidentAccepted.model_fields.keys() & Incident.model_fields.keys())
    incident, told = case.incident.model_copy(update=reported), dict.fromkeys(told_by(case.incident))
    held = tuple(held.model_copy(update={"task": held.task.model_copy(update=told)}) for held in case.held)
    return case.model_copy(update={"incident": incident, "held": held})


def _like(
    first: Case,
    accepted: IncidentAccepted,
    way: Way,
    entry: Entry,
    directory: Directory,
    *,
    cause: Cause,
    now: datetime,
) -> Outcome:
    """Return what `_worked_out` would, in a third of its time."""
    route, decision, at = way.route, decided(way, entry), accepted.effective_at
    incident = first.incident.model_copy(update=as_reported(accepted, way, entry))
    told = told_by(incident) | {
        "assigned_at": at,
        "effective_at": at,
        "desk": route.desk,
        "decision": decision,
    }
    held_now = tuple(
        _handed(held, told | _given(given, way, entry, incident, directory), incident, directory)
        for held, given in zip(first.held, entry.assignments, strict=True)
    )
    fact = IncidentChanged(
        incident=incident,
        change="accepted-into-router",
        cause=cause,
        effective_at=at,
        decided_at=now,
        reference_versions={BUNDLE: directory.version},
        decision=decision,
    )
    own = {
        "incident": incident,
        "held": held_now,
        "decision": decision,
        "checker": route.checker,
        "check_kind": route.check_kind,
        "on_foot": route.on_foot,
        "stages": route.stages,
        "desk": route.desk,
        **kept_for_later(accepted, route, entry),
    }
    return Outcome(first.model_copy(update=own), fact, tuple(held.task for held in held_now))


def _given(
    given: Assignment, way: Way, entry: Entry, incident: Incident, directory: Directory
) -> dict[str, Any]:
    """Return the fields of a task that follow from who holds it, and who else is there."""
    holder, kind = given.holder, given.kind
    fields: dict[str, Any] = {
        "task_id": derive_id(incident.incident_id, "task", ACCEPTED, kind, holder),
        "holder": holder,
        "acknowledge_by": acknowledge_by(kind, holder, incident.urgency, incident.effective_at, directory),
    }
    if kind == "check":
        fields["attachments"] = shown_to_checker(incident, ())
    if way.route.suggested and not entry.planned:
        fields["suggestion"] = suggestion_of(way.route, incident.effective_at)
    if len(entry.assignments) > 1:
        fields["parties"] = tuple(
            directory.party(other.holder, other.role)
            for other in entry.assignments
            if other is not given and other.kind in PARTIES
        )
    return fields


def _handed(held: Held, told: dict[str, Any], incident: Incident, directory: Directory) -> Held:
    """Return the task *held* as it is given now; of a new task only its holder decides what may be said."""
    handed = held.model_copy(update={"task": held.task.model_copy(update=told)})
    if told["holder"] == held.task.holder:
        return handed
    acts = told_acts(handed, incident, directory)
    if acts != handed.task.allowed_acts:
        handed = handed.model_copy(update={"task": handed.task.model_copy(update={"allowed_acts": acts})})
    return handed
