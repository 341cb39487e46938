"""
Several reports of one matter become one (并案): asked by the child, adopted or refused by the parent.

The child asks (`merging`), the parent answers. It refuses while it is asking itself, so of two that ask each
other at once both are refused, and no circle can close. Until the answer is there the child is not closed.
From then on it follows its parent: it is closed, voided and opened again with it.
"""

from wangge_contracts.message import derive_id, known, most
from wangge_contracts.v1 import (
    DeskOrdered,
    Faults,
    FurtherReport,
    Incident,
    IncidentState,
    RelationKind,
    fault,
    is_restricted,
)
from wangge_router.attaching import tell_further
from wangge_router.case import Case
from wangge_router.commanding import Line, main_turn
from wangge_router.draft import Draft
from wangge_router.kinship import CHILDREN_OPEN, ENDS
from wangge_router.snapshot import may_be_quoted

MERGED = "merged"
"""The reason of tasks that are withdrawn because the incident is merged into another."""
_MOST = most(Incident, "merged")
_STATES: dict[str, IncidentState] = {order: state for state, order in ENDS.items() if state != "merged"} | {
    "reopen": "merged",
    "adopted": "merged",
}
"""What a merged incident becomes when its parent tells it so; of an open parent it is `merged` again."""


def _merge(draft: Draft, order: DeskOrdered) -> Faults:
    """Ask the other incident whether it takes this one in."""
    other = order.other_incident_id or ""
    if other == draft.incident.incident_id:
        return (
            fault(
                "invalid",
                "/other_incident_id",
                detail_zh="案件不能并入自身",
                detail_en="it cannot be merged into itself",
            ),
        )
    if draft.kept("children"):
        return (CHILDREN_OPEN,)
    draft.put(state="merging")
    draft.keep(asking=other)
    reason = order.reason if may_be_quoted(draft.incident) else None
    draft.tell("adopt", other, reason=reason, reason_code=order.reason_code)
    return ()


def _adopt(draft: Draft, order: DeskOrdered) -> Faults:
    """Take the incident in that asks; whoever holds the main turn is told that there is one more report."""
    child, incident = order.other_incident_id or "", draft.incident
    if incident.state == "merging":
        return (fault("not-allowed-now", "/order", detail_zh="正在并案", detail_en="it is merging itself"),)
    if order.mode != incident.mode:
        return (
            fault(
                "invalid",
                "/mode",
                detail_zh="实战、演练与测试案件不能合并",
                detail_en=f"it is {incident.mode}, the other {order.mode}",
            ),
        )
    if child not in incident.merged:
        if len(incident.merged) >= _MOST:
            return (
                fault(
                    "too-much",
                    "/order",
                    detail_zh="并入的案件已达上限",
                    detail_en=f"it has taken in {_MOST} already",
                ),
            )
        # One that was split from this is waited for until it says itself that it is merged.
        draft.put(merged=(*incident.merged, child))
    draft.count(repeats=1)
    for held in main_turn(draft):
        draft.move(held, change="reminded")
    number = None if is_restricted(incident.sensitivity) else incident.case_number
    draft.tell("adopted", child, other_case_number=number)
    return ()


def _adopted(draft: Draft, order: DeskOrdered) -> Faults:
    """
    Let everybody go: from now on the other incident is worked on.

    That may be taken in itself later, and says so: who asks after this one hears the number that is alive.
    """
    if draft.incident.merged_into == order.other_incident_id:
        if faults := _follow(draft, order):
            return faults
        draft.put(merged_into_number=order.other_case_number)
    elif _asks(draft, order):
        _join(draft, order)
    else:
        return (
            fault(
                "not-allowed-now",
                "/order",
                detail_zh="该案件未请求并入对方",
                detail_en="it does not ask that one",
            ),
        )
    for child in draft.incident.merged:
        draft.tell("adopted", child, other_case_number=order.other_case_number)
    return ()


def _join(draft: Draft, order: DeskOrdered) -> None:
    parent = order.other_incident_id
    draft.put(state="merged", merged_into=parent, merged_into_number=order.other_case_number)
    draft.keep(asking=None, followed=order.based_on_revision or 0, passed=False)
    for held in draft.held:
        if held.open:
            draft.move(held, change="merged", to="withdrawn", reason_code=MERGED, merged_into=parent)


def _adoption_refused(draft: Draft, order: DeskOrdered) -> Faults:
    """Go on as if nothing had been asked."""
    if not _asks(draft, order):
        return (
            fault(
                "not-allowed-now",
                "/order",
                detail_zh="该案件未请求并入对方",
                detail_en="it does not ask that one",
            ),
        )
    draft.put(state="handling")
    draft.keep(asking=None)
    return ()


def _remind(draft: Draft, order: DeskOrdered) -> Faults:
    """
    Somebody said more of an incident that was merged into this one: *reason_code* tells how it relates to it.

    As with a report of its own, it holds if this one is over as well, and who works on it for this one hears.
    """
    if order.other_incident_id not in draft.incident.merged:
        return (
            fault(
                "not-yours",
                "/other_incident_id",
                detail_zh="该案件未并入本案",
                detail_en="it was not merged into this one",
            ),
        )
    # Before it was told how, whatever was said counted as asking again.
    kind = known(RelationKind, order.reason_code or "reminder")
    said = order.further or FurtherReport(kind=kind, at=draft.at, text=order.reason)
    tell_further(draft, said, quoted=not is_restricted(order.sensitivity or "normal"))
    return ()


def _follow(draft: Draft, order: DeskOrdered) -> Faults:
    """Do as the incident that it was merged into: end with it, or rest in it again."""
    revision = order.based_on_revision or 0
    if draft.incident.merged_into is None and _asks(draft, order):
        _join(draft, order)
    elif draft.incident.merged_into != order.other_incident_id:
        return (
            fault(
                "not-yours",
                "/other_incident_id",
                detail_zh="本案未并入该案件",
                detail_en="it was not merged into that one",
            ),
        )
    elif revision <= draft.kept("followed"):
        return (fault("stale", "/based_on_revision"),)
    state = _STATES[order.order]
    draft.put(state=state, closed_at=draft.at if state == "closed" else None)
    draft.keep(followed=revision)
    return ()


def refusal(order: DeskOrdered, case: Case | None, errors: Faults) -> DeskOrdered | None:
    """Return what who asked to be taken in by *order* is told when it is refused; None for other orders."""
    if order.order != "adopt" or order.actor is not None or order.other_incident_id is None:
        return None
    return DeskOrdered(
        order_id=derive_id("order", order.order_id, "adoption-refused"),
        order="adoption-refused",
        incident_id=order.other_incident_id,
        mode=order.mode,
        based_on_revision=case.incident.revision if case else None,
        effective_at=order.effective_at,
        other_incident_id=order.incident_id,
        reason_code=errors[0].code if errors else None,
    )


def _asks(draft: Draft, order: DeskOrdered) -> bool:
    asking: str | None = draft.kept("asking")
    return draft.incident.state == "merging" and asking == order.other_incident_id


MERGING: dict[str, Line] = {
    "merge": Line(_merge, "merging", needs=("other_incident_id",), needs_reason=True),
}
"""What a desk may order."""
ASKING: dict[str, Line] = {
    "adopt": Line(_adopt, "adopted", by=("incident",)),
    "adopted": Line(_adopted, "merged", by=("incident",), over=True),
    "adoption-refused": Line(_adoption_refused, "merge-failed", by=("incident",)),
    "remind": Line(_remind, "task-changed", by=("incident",), over=True),
}
"""What other incidents ask and answer."""
FOLLOWING: dict[str, Line] = {
    "close": Line(_follow, "closed", by=("incident",), over=True),
    "void": Line(_follow, "voided", by=("incident",), over=True),
    "not-accept": Line(_follow, "not-accepted", by=("incident",), over=True),
    "reopen": Line(_follow, "reopened", by=("incident",), over=True),
}
"""What the incident that it was merged into tells of itself."""
