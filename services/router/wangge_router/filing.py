"""An accepted report -> a case with its first tasks; a class -> what the standard says of it (立案)."""

from datetime import datetime
from typing import Any

from wangge_contracts.message import known, words
from wangge_contracts.v1 import (
    Cause,
    ClassRef,
    Counts,
    Incident,
    IncidentAccepted,
    Mode,
    Nature,
    ReportAttached,
    Sensitivity,
    Source,
    StandardRow,
    Urgency,
)
from wangge_router.case import Case
from wangge_router.directory import Directory
from wangge_router.draft import Draft, Outcome
from wangge_router.routes import Way, named

ACCEPTED = "accepted"
"""What the ids of the first tasks derive from: the incident is accepted once, however often we hear of it."""
_WORDS = {
    "mode": (Mode, frozenset(words(Mode))),
    "source": (Source, frozenset(words(Source))),
    "nature": (Nature, frozenset(words(Nature))),
    "sensitivity": (Sensitivity, frozenset(words(Sensitivity))),
    "urgency_claimed": (Urgency, frozenset((None, *words(Urgency)))),
}
_NOT_THE_INCIDENTS = ("relation", "repeat_count")
_ASKED_AGAIN = ("reminder", "dissatisfied")


def accept(accepted: IncidentAccepted, directory: Directory, *, cause: Cause, now: datetime) -> Outcome:
    """Take up *accepted*, read *now* (house time, UTC): route it, and file it where the standard can."""
    way = directory.routes.find(accepted)
    routed, decision = way.route, way.decision
    case = Case(
        incident=_incident(accepted, way),
        decision=decision,
        checker=routed.checker,
        desk=routed.desk,
        closing_condition=routed.row.closing_condition if routed.row else None,
        required_evidence=routed.row.required_evidence if routed.row else (),
    )
    draft = Draft(case, directory, cause=cause, at=accepted.effective_at, seed=ACCEPTED)
    for assignment in routed.assignments:
        draft.give(
            assignment.kind,
            assignment.holder,
            decision=decision,
            limit=assignment.limit,
            instructions=assignment.instructions,
        )
    return draft.settle("accepted-into-router", now=now, decision=decision)


def attach(
    case: Case, attached: ReportAttached, directory: Directory, *, cause: Cause, now: datetime
) -> Outcome:
    """
    Note that somebody said more about the incident; who asks again is counted.

    It holds for an incident that is over as well: whether that opens it again is for people to decide.
    """
    draft = Draft(case, directory, cause=cause, at=attached.effective_at)
    if attached.relation.kind in _ASKED_AGAIN:
        draft.count(repeats=1)
    return draft.settle("attached", now=now, reason_code=attached.relation.kind, reason=attached.description)


def file(draft: Draft, class_ref: ClassRef) -> bool:
    """Take the incident up under the row of *class_ref*; False when the standard has none."""
    row = draft.directory.sorting.row(class_ref)
    if row is None:
        return False
    draft.put(**_filed(row, named(row), draft.at))
    draft.keep(closing_condition=row.closing_condition, required_evidence=row.required_evidence)
    return True


def _filed(row: StandardRow, class_ref: ClassRef, at: datetime) -> dict[str, Any]:
    return {
        "class_ref": class_ref,
        "filed_at": at,
        "standard_version": row.class_ref.version,
        "limit": row.limit,
    }


def _incident(accepted: IncidentAccepted, way: Way) -> Incident:
    """Return the incident as it stands after its first fact, which is told by nothing but its own arrival."""
    fields = accepted.__dict__.copy()
    for name in _NOT_THE_INCIDENTS:
        del fields[name]
    # Construction refuses words that a newer writer may have used.
    for name, (kind, understood) in _WORDS.items():
        if fields[name] not in understood:
            fields[name] = known(kind, fields[name])
    if way.class_ref is not None and way.route.row is not None:
        fields |= _filed(way.route.row, way.class_ref, accepted.effective_at)
    lead = next((given.holder for given in way.route.assignments if given.kind == "handle"), None)
    return Incident(
        **fields | {"place": way.place(accepted.place)},
        state="handling" if lead else "dispatching",
        revision=1,
        urgency=way.route.urgency,
        counts=Counts(repeats=accepted.repeat_count),
        lead=lead,
    )
