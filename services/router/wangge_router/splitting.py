"""
One report that is two matters becomes two incidents (拆分).

The child is made by an order under its own key, which carries the whole parent; it has its own tasks and
clocks and goes where its class leads, unless the desk names somebody. The parent closes after all of them.
"""

from datetime import datetime

from wangge_contracts.message import derive_id, most
from wangge_contracts.v1 import (
    Cause,
    Counts,
    DeskOrdered,
    Faults,
    Incident,
    IncidentAccepted,
    IncidentPlace,
    fault,
)
from wangge_router.case import Case
from wangge_router.commanding import NO_SUCH_CLASS, Line, decision_of
from wangge_router.directory import Directory
from wangge_router.draft import Draft
from wangge_router.entering import Entry, enter
from wangge_router.giving import give_all
from wangge_router.kinship import ENDS
from wangge_router.opening import ACCEPTED, assign, opened
from wangge_router.outcome import Outcome
from wangge_router.places import Site
from wangge_router.settling import settle
from wangge_router.snapshot import PARTIES, may_be_quoted

_MOST = most(Incident, "split")
_REPORTED = IncidentAccepted.model_fields.keys() & Incident.model_fields.keys()
"""What an incident keeps of its report."""


def _split(draft: Draft, order: DeskOrdered) -> Faults:
    """Let a part of it be an incident of its own."""
    incident = draft.incident
    if not (order.parties or order.class_ref or order.description or order.place):
        return (
            fault(
                "missing",
                "/class_ref",
                detail_zh="请写明拆分部分的类别或承办单位",
                detail_en="say what the part is, or who handles it",
            ),
        )
    if order.class_ref is not None and draft.directory.sorting.row(order.class_ref) is None:
        return (NO_SUCH_CLASS,)
    if order.parties and [party.kind for party in order.parties].count("handle") != 1:
        return (
            fault("invalid", "/parties", detail_zh="须有且仅有一个主办单位", detail_en="exactly one lead"),
        )
    if len(incident.split) >= _MOST:
        return (
            fault(
                "too-much", "/order", detail_zh="拆分次数已达上限", detail_en=f"it was split {_MOST} times"
            ),
        )
    child = derive_id("split", incident.incident_id, order.order_id)
    draft.put(split=(*incident.split, child))
    draft.keep(children=(*draft.kept("children"), child))
    fields = ("parties", "class_ref", "description", "place", "nature", "urgency", "reason", "reason_code")
    told = {name: getattr(order, name) for name in fields}
    # With an actor it would be a person's order; who named a lead may not close the part either.
    draft.tell("split", child, split_from=draft.incident, recorded_by=order.actor, **told)
    return ()


def _child_ended(draft: Draft, order: DeskOrdered) -> Faults:
    """Wait for one less."""
    child, left = order.other_incident_id, draft.kept("children")
    if child not in left:
        return (
            fault(
                "not-yours",
                "/other_incident_id",
                detail_zh="本案并未等待该案件",
                detail_en="it is not waited for",
            ),
        )
    before = draft.kept("not_before")
    draft.keep(
        children=tuple(other for other in left if other != child),
        not_before=max(draft.at, before) if before else draft.at,
    )
    return ()


def _reopen_part(draft: Draft, order: DeskOrdered) -> Faults:
    """Wait again for a part that was ended wrongly, and have it opened; none is open under a closed one."""
    part, children = order.other_incident_id or "", draft.kept("children")
    if part in children:
        return (fault("not-allowed-now", "/order", detail_zh="未结案", detail_en="it is not closed"),)
    if part in draft.incident.merged:
        # It ends with this one, and would hear nothing of it.
        told = "it was merged into this one"
        return (fault("not-allowed-now", "/other_incident_id", detail_zh="已并入本案", detail_en=told),)
    draft.keep(children=(*children, part))
    reason = order.reason if may_be_quoted(draft.incident) else None
    draft.tell("reopen", part, reason=reason, reason_code=order.reason_code)
    return ()


def still_ended(order: DeskOrdered, case: Case | None) -> DeskOrdered | None:
    """Return what tells an incident that wants its part opened again that it stays as it ended; else None."""
    if case is None or not case.over or not is_part_reopened(order, case):
        return None
    return DeskOrdered(
        order_id=derive_id("order", order.order_id, "still-ended"),
        order=ENDS[case.incident.state],
        incident_id=order.other_incident_id or "",
        mode=order.mode,
        based_on_revision=case.incident.revision,
        effective_at=order.effective_at,
        other_incident_id=order.incident_id,
    )


def is_part_reopened(order: DeskOrdered, case: Case) -> bool:
    """Whether the incident that this one was split from orders that it be opened again."""
    incident, other = case.incident, order.other_incident_id
    by_parent = other is not None and order.actor is None and order.order == "reopen"
    return by_parent and other == incident.split_from and other != incident.merged_into


def reported(order: DeskOrdered) -> IncidentAccepted:
    """Return the child as if it had been reported so; *order* came by its key, from its parent."""
    parent = order.split_from
    assert parent is not None  # only such an order makes an incident
    fields = {name: getattr(parent, name) for name in _REPORTED}
    fields |= {
        "incident_id": order.incident_id,
        "case_number": f"{parent.case_number}-{parent.split.index(order.incident_id) + 1}",
        "effective_at": order.effective_at,
        "class_ref": order.class_ref or parent.class_ref,
        "description": order.description or parent.description,
        "nature": order.nature or parent.nature,
        "urgency_claimed": order.urgency or parent.urgency_claimed,
        "repeat_of": None,
        "self_handled": None,
        "repeat_count": 0,
    }
    if order.place is not None:
        fields["place"] = IncidentPlace.model_validate(order.place.model_dump())
        fields["place_flags"] = ()
    return IncidentAccepted.model_construct(**fields)


def born(
    accepted: IncidentAccepted,
    order: DeskOrdered,
    directory: Directory,
    *,
    site: Site,
    cause: Cause,
    now: datetime,
) -> Outcome:
    """
    Take up what was split off: whom the desk named has it, else whom the rules find.

    Of whom it named and who has gone from the reference data meanwhile, the desk is told.
    A part of what was not looked at on the spot yet (核实) is looked at itself, unless the desk named a lead.
    """
    way = directory.routes.find(accepted, site)
    parent = order.split_from
    assert parent is not None
    unseen = parent.state == "verifying" and not order.parties
    entry = enter(accepted, way.route, directory) if unseen else Entry(way.route.assignments)
    case = opened(accepted, way, entry)
    own = {"split_from": parent.incident_id, "counts": Counts()}
    case = case.model_copy(update={"incident": case.incident.model_copy(update=own)})
    draft = Draft(case, directory, cause=cause, at=order.effective_at, seed=ACCEPTED)
    if order.parties:
        give_all(draft, order.parties, decision=decision_of(order), wanted_by="the desk")
        by = order.recorded_by
        draft.keep(decision=decision_of(order), dispatchers=(by.staff_id,) if by else ())
    else:
        assign(draft, way, entry)
    return settle(
        draft,
        "accepted-into-router",
        now=now,
        decision=draft.kept("decision"),
        reason_code=order.reason_code,
        reason=order.reason,
    )


def makes(order: DeskOrdered, case: Case | None) -> bool:
    """Whether *order* makes the incident that it comes to."""
    return case is None and order.order == "split" and order.actor is None and order.split_from is not None


SPLITTING: dict[str, Line] = {"split": Line(_split, "split", kinds=PARTIES, needs_reason=True)}
"""What a desk may order."""
ENDED = Line(_child_ended, "child-ended", by=("incident",))
"""What an incident that was split off says when it is over."""
REOPENING_PART = Line(_reopen_part, "task-changed", needs_reason=True)
"""What a desk orders of an open incident to have a part of it opened again."""
