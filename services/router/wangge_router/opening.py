"""An accepted report -> its case, and the first tasks that the rules find for it."""

from datetime import datetime
from typing import Any

from wangge_contracts.message import known, words
from wangge_contracts.v1 import (
    Counts,
    Decision,
    Incident,
    IncidentAccepted,
    Mode,
    Nature,
    PlaceFlag,
    Sensitivity,
    Source,
    Suggestion,
    Urgency,
)
from wangge_router.case import Case
from wangge_router.draft import Draft
from wangge_router.entering import Entry
from wangge_router.filing import evidence_of, filed
from wangge_router.giving import give_to
from wangge_router.routes import Way
from wangge_router.routing import Route

ACCEPTED = "accepted"
"""What the ids of the first tasks derive from: the incident is accepted once, however often we hear of it."""
_WORDS = {
    "mode": (Mode, frozenset(words(Mode))),
    "source": (Source, frozenset(words(Source))),
    "nature": (Nature, frozenset(words(Nature))),
    "sensitivity": (Sensitivity, frozenset(words(Sensitivity))),
    "urgency_claimed": (Urgency, frozenset((None, *words(Urgency)))),
}


def opened(accepted: IncidentAccepted, way: Way, entry: Entry) -> Case:
    """Return the case of *accepted*, which goes that *way*, before anybody has a task."""
    route, row = way.route, way.ruled.ruling.row
    return Case(
        incident=_incident(accepted, way, entry),
        decision=decided(way, entry),
        checker=route.checker,
        check_kind=route.check_kind,
        on_foot=route.on_foot,
        stages=route.stages,
        desk=route.desk,
        closing_condition=row.closing_condition if row else None,
        required_evidence=evidence_of(row, route.check_kind),
        **kept_for_later(accepted, route, entry),
    )


def assign(draft: Draft, way: Way, entry: Entry) -> None:
    """Give the tasks that the rules find."""
    for assignment in entry.assignments:
        give_to(
            draft,
            assignment,
            decision=draft.kept("decision"),
            suggestion=None if entry.planned else suggestion_of(way.route, draft.at),
        )


def decided(way: Way, entry: Entry) -> Decision:
    """Return why it begins as it does: the way's reason, after what *entry* notes."""
    if not entry.note:
        return way.decision
    return way.decision.model_copy(update={"reason": f"{entry.note}; {way.decision.reason}"[:2000]})


def kept_for_later(accepted: IncidentAccepted, route: Route, entry: Entry) -> dict[str, Any]:
    """Return what the case keeps for when its first task is done; who settled a matter does not close it."""
    if not entry.planned:
        return {}
    told = accepted.recorded_by if accepted.self_handled else None
    return {
        "planned": entry.planned,
        "suggestion": suggestion_of(route, accepted.effective_at),
        "dispatchers": (told.staff_id,) if told else (),
    }


def suggestion_of(route: Route, at: datetime) -> Suggestion | None:
    """Return what the desk is asked to confirm about what took effect *at* (UTC), if anything."""
    after = route.ruling.then.automatic_after
    if not route.suggested or after is None:
        return None
    return Suggestion(parties=route.suggested, automatic_at=at + after)


def _incident(accepted: IncidentAccepted, way: Way, entry: Entry) -> Incident:
    """Return the incident as it stands after its first fact, which is told by nothing but its own arrival."""
    return Incident(
        **as_reported(accepted, way, entry), state="accepted", revision=0, urgency=way.ruled.ruling.urgency
    )


def as_reported(accepted: IncidentAccepted, way: Way, entry: Entry) -> dict[str, Any]:
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
            fields |= filed(row, class_ref, accepted.effective_at)
    return fields
