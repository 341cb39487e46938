"""An accepted report -> a case with its first tasks; a class -> what the standard says of it (立案)."""

from datetime import datetime
from typing import Any

from wangge_contracts.message import derive_id, known, words
from wangge_contracts.v1 import (
    BUNDLE,
    Cause,
    CheckKind,
    ClassRef,
    Counts,
    Decision,
    EvidenceRule,
    Incident,
    IncidentAccepted,
    IncidentChanged,
    Mode,
    Nature,
    PlaceFlag,
    Sensitivity,
    Source,
    StandardRow,
    Suggestion,
    Urgency,
)
from wangge_router.case import Case, Held
from wangge_router.conditions import told_acts
from wangge_router.directory import Directory
from wangge_router.draft import Draft
from wangge_router.entering import Entry, enter
from wangge_router.outcome import Outcome
from wangge_router.places import Site
from wangge_router.routes import Way, named
from wangge_router.routing import Assignment, Route
from wangge_router.snapshot import PARTIES, told_by
from wangge_router.timing import acknowledge_by

ACCEPTED = "accepted"
"""What the ids of the first tasks derive from: the incident is accepted once, however often we hear of it."""
_WORDS = {
    "mode": (Mode, frozenset(words(Mode))),
    "source": (Source, frozenset(words(Source))),
    "nature": (Nature, frozenset(words(Nature))),
    "sensitivity": (Sensitivity, frozenset(words(Sensitivity))),
    "urgency_claimed": (Urgency, frozenset((None, *words(Urgency)))),
}


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
            way.ruled.moulds[shape] = outcome.case
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
    decision, at = _decision(way, entry), accepted.effective_at
    draft = Draft(opened(accepted, way, entry), directory, cause=cause, at=at, seed=ACCEPTED)
    assign(draft, way, entry)
    if entry.settled:
        draft.put(state="closed", closed_at=at, reopen_until=at + directory.terms.reopening)
    return draft.settle("accepted-into-router", now=now, decision=decision)


def opened(accepted: IncidentAccepted, way: Way, entry: Entry) -> Case:
    """Return the case of *accepted*, which goes that *way*, before anybody has a task."""
    route, row = way.route, way.ruled.ruling.row
    return Case(
        incident=_incident(accepted, way, entry),
        decision=_decision(way, entry),
        checker=route.checker,
        check_kind=route.check_kind,
        stages=route.stages,
        desk=route.desk,
        closing_condition=row.closing_condition if row else None,
        required_evidence=_evidence(row, route.check_kind),
        **_later(accepted, route, entry),
    )


def assign(draft: Draft, way: Way, entry: Entry) -> None:
    """Give the tasks that the rules find."""
    for assignment in entry.assignments:
        draft.give(
            assignment.kind,
            assignment.holder,
            decision=draft.kept("decision"),
            limit=assignment.limit,
            instructions=assignment.instructions,
            suggestion=None if entry.planned else _suggestion(way.route, draft.at),
        )


def _decision(way: Way, entry: Entry) -> Decision:
    if not entry.note:
        return way.decision
    return way.decision.model_copy(update={"reason": f"{entry.note}; {way.decision.reason}"[:2000]})


def _later(accepted: IncidentAccepted, route: Route, entry: Entry) -> dict[str, Any]:
    """Return what the case keeps for when its first task is done; who settled a matter does not close it."""
    if not entry.planned:
        return {}
    told = accepted.recorded_by if accepted.self_handled else None
    return {
        "planned": entry.planned,
        "suggestion": _suggestion(route, accepted.effective_at),
        "dispatchers": (told.staff_id,) if told else (),
    }


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
    route, decision, at = way.route, _decision(way, entry), accepted.effective_at
    incident = first.incident.model_copy(update=_reported(accepted, way, entry))
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
    tasks = tuple(held.task for held in held_now)
    fact = IncidentChanged(
        incident=incident,
        tasks=tasks,
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
        "stages": route.stages,
        "desk": route.desk,
        **_later(accepted, route, entry),
    }
    return Outcome(first.model_copy(update=own), fact, tasks)


def _suggestion(route: Route, at: datetime) -> Suggestion | None:
    """Return what the desk is asked to confirm about what took effect *at* (UTC), if anything."""
    after = route.ruling.then.automatic_after
    if not route.suggested or after is None:
        return None
    return Suggestion(parties=route.suggested, automatic_at=at + after)


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
    if way.route.suggested and not entry.planned:
        fields["suggestion"] = _suggestion(way.route, incident.effective_at)
    if len(entry.assignments) > 1:
        fields["parties"] = tuple(
            directory.party(other.holder, other.role)
            for other in entry.assignments
            if other is not given and other.kind in PARTIES
        )
    return fields


def _handed(held: Held, told: dict[str, Any], incident: Incident, directory: Directory) -> Held:
    """Return the task *held* as somebody else is given it."""
    held = held.model_copy(update={"task": held.task.model_copy(update=told)})
    acts = told_acts(held, incident, directory)
    if acts != held.task.allowed_acts:
        held = held.model_copy(update={"task": held.task.model_copy(update={"allowed_acts": acts})})
    return held


def file(draft: Draft, class_ref: ClassRef) -> bool:
    """Take the incident up under the row of *class_ref*; False when the standard has none."""
    row = draft.directory.sorting.row(class_ref)
    if row is None:
        return False
    draft.put(**_filed(row, named(row), draft.at))
    evidence = _evidence(row, draft.kept("check_kind"))
    draft.keep(closing_condition=row.closing_condition, required_evidence=evidence)
    return True


def _evidence(row: StandardRow | None, check_kind: CheckKind) -> tuple[EvidenceRule, ...]:
    """Return what `done` has to show: what the row says, and photos where they are what is checked."""
    asked = row.required_evidence if row else ()
    if check_kind == "photo" and not any(rule.purpose == "after" for rule in asked):
        return (*asked, EvidenceRule(purpose="after"))
    return asked


def _filed(row: StandardRow, class_ref: ClassRef, at: datetime) -> dict[str, Any]:
    return {
        "class_ref": class_ref,
        "filed_at": at,
        "standard_version": row.class_ref.version,
        "limit": row.limit,
    }


def _incident(accepted: IncidentAccepted, way: Way, entry: Entry) -> Incident:
    """Return the incident as it stands after its first fact, which is told by nothing but its own arrival."""
    return Incident(
        **_reported(accepted, way, entry), state="accepted", revision=0, urgency=way.ruled.ruling.urgency
    )


def _reported(accepted: IncidentAccepted, way: Way, entry: Entry) -> dict[str, Any]:
    """Return the fields of the incident that its report decides."""
    fields = accepted.__dict__.copy()
    del fields["relation"], fields["repeat_count"]
    # Construction refuses words that a newer writer may have used.
    for name, (kind, understood) in _WORDS.items():
        if fields[name] not in understood:
            fields[name] = known(kind, fields[name])
    fields["place_flags"] = tuple(known(PlaceFlag, flag) for flag in accepted.place_flags)
    fields["place"] = way.place(accepted.place)
    fields["counts"] = Counts(repeats=accepted.repeat_count)
    class_ref, row = way.ruled.class_ref, way.ruled.ruling.row
    if class_ref is not None and row is not None:
        fields["class_ref"] = class_ref
        if entry.filed:
            fields |= _filed(row, class_ref, accepted.effective_at)
    return fields
