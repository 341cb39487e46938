"""A task is given: what its holder is told, how long he has, and by when he signs for it (签收)."""

from collections.abc import Sequence

from wangge_contracts.message import derive_id
from wangge_contracts.v1 import (
    Attachments,
    CheckKind,
    Decision,
    Holder,
    Id,
    Limit,
    OrderedParty,
    StageLimit,
    Suggestion,
    TaskChanged,
    TaskKind,
    Text,
)
from wangge_router.case import Held
from wangge_router.draft import Draft
from wangge_router.routing import Assignment
from wangge_router.snapshot import ROLES, shown_to_checker, told_by
from wangge_router.timing import acknowledge_by


def give(
    draft: Draft,
    kind: TaskKind,
    holder: Holder,
    *,
    decision: Decision,
    limit: Limit | None = None,
    instructions: Text | None = None,
    concerns: Id | None = None,
    predecessor: Id | None = None,
    designated: bool = False,
    suggestion: Suggestion | None = None,
    check_kind: CheckKind | None = None,
    shown: Attachments = (),
) -> Held:
    """
    Give *holder* a task; its id follows from the seed, so the same act gives the same task again.

    Who checks sees what is *shown* of the work before what was shown of the matter.
    """
    incident, directory = draft.incident, draft.directory
    usual = directory.limit(kind, incident.class_ref)
    first, *later = _stages(draft, kind, limit, usual) or (None,)
    told = told_by(incident) | {
        # More than one task may be about something else: a desk is asked by two, or rules on two.
        "task_id": derive_id(
            incident.incident_id, "task", draft.seed, kind, holder, *filter(None, (concerns,))
        ),
        "revision": 1,
        "change": "assigned",
        "state": "assigned",
        "kind": kind,
        "role": ROLES[kind],
        "round": 1,
        "holder": holder,
        "assigned_at": draft.at,
        "effective_at": draft.at,
        # By value, as closing condition and evidence: what the standard says later changes nothing.
        "limit": first.limit if first else limit or usual,
        "stage": first.stage if first else None,
        "acknowledge_by": acknowledge_by(kind, holder, incident.urgency, draft.at, directory),
        "closing_condition": draft.kept("closing_condition"),
        "required_evidence": draft.kept("required_evidence") if kind == "handle" else (),
        "instructions": instructions,
        "parties": (),
        "desk": draft.desk,
        "decision": decision,
        "allowed_acts": (),
        "predecessor": predecessor,
        "concerns": concerns,
        "suggestion": suggestion,
        "check_kind": check_kind,
        "attachments": shown_to_checker(incident, shown) if kind == "check" else incident.attachments,
    }
    given = Held(
        task=TaskChanged.of_checked(told), designated=designated, stages=tuple(each for each in later if each)
    )
    draft.add(given)
    return given


def give_to(
    draft: Draft,
    party: OrderedParty | Assignment,
    *,
    decision: Decision,
    designated: bool = False,
    suggestion: Suggestion | None = None,
) -> Held:
    """Give a task to whom an order or a rule names, with what it says of limit and instructions."""
    return give(
        draft,
        party.kind,
        party.holder,
        decision=decision,
        limit=party.limit,
        instructions=party.instructions,
        designated=designated,
        suggestion=suggestion,
    )


def give_all(
    draft: Draft,
    parties: Sequence[OrderedParty],
    *,
    decision: Decision,
    wanted_by: str,
    suggestion: Suggestion | None = None,
) -> None:
    """
    Give all *parties* their tasks; the desk is asked instead of whoever is no longer there.

    They went from the reference data since they were named: nobody there would answer.
    """
    gone = [party for party in parties if not draft.directory.knows(party.holder)]
    if gone:
        give(draft, "dispatch", draft.desk, decision=_missing(gone, wanted_by))
    for party in parties:
        if party not in gone:
            give_to(draft, party, decision=decision, suggestion=suggestion)


def _missing(parties: Sequence[OrderedParty], wanted_by: str) -> Decision:
    """Say why the desk is asked: for the lead it names another, for who helps another or nobody."""
    reasons = (
        f"{party.holder}, whom {wanted_by} wanted"
        f"{'' if party.kind == 'handle' else f' to {party.kind}'}, is no longer there"
        for party in parties
    )
    return Decision(reason="; ".join(reasons)[:2000])


def _stages(draft: Draft, kind: TaskKind, limit: Limit | None, usual: Limit) -> tuple[StageLimit, ...]:
    """Return the stages of whoever leads, unless he is given a limit of his own."""
    row = draft.directory.sorting.row(draft.incident.class_ref)
    stages: tuple[StageLimit, ...] = draft.kept("stages") or (row.stages if row else ())
    own = limit not in (None, usual, *(each.limit for each in stages[:1]))
    return () if kind != "handle" or own else stages
