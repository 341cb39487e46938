"""How a desk ends an incident (作废, 不予受理, or by its own word), and opens it again."""

from wangge_contracts.v1 import DeskOrdered, Faults, IncidentState, fault
from wangge_router.commanding import Line, decision_of
from wangge_router.conditions import involved
from wangge_router.consequences import CLOSED
from wangge_router.draft import Draft
from wangge_router.giving import give
from wangge_router.kinship import CHILDREN_OPEN
from wangge_router.renewing import give_back
from wangge_router.separating import conflicted

VOID = "incident-void"
"""The reason of tasks that are withdrawn because the incident is void."""
NOT_ACCEPTED = "incident-not-accepted"
"""The reason of tasks that are withdrawn because the incident is not accepted."""
_ANSWERED = frozenset({"consultation", "suggestion", "praise"})
"""What needs nobody who handles it: an answer is enough."""


def _void(draft: Draft, order: DeskOrdered) -> Faults:
    """There is nothing in it (作废): everybody is released."""
    return _end(draft, order, "void", VOID)


def _not_accept(draft: Draft, order: DeskOrdered) -> Faults:
    """It is not for us (不予受理): said by a person, and only while nobody handles it or has done so."""
    if draft.lead is not None:
        return (
            fault("not-allowed-now", "/order", detail_zh="已有主办单位", detail_en="somebody handles it"),
        )
    return _end(draft, order, "not-accepted", NOT_ACCEPTED)


def _end(draft: Draft, order: DeskOrdered, state: IncidentState, reason_code: str) -> Faults:
    if draft.kept("children"):
        return (CHILDREN_OPEN,)
    draft.put(state=state)
    for held in draft.held:
        if held.open:
            draft.move(held, change="withdrawn", to="withdrawn", reason_code=order.reason_code or reason_code)
    return ()


def _close(draft: Draft, order: DeskOrdered) -> Faults:
    """
    Close it by the desk's own word, where the check cannot be made, or an answer was all that was wanted.

    Never by somebody who dispatched or handled it, nor for a desk that handled it while there is one above
    that did not; nor while somebody handles it. What else it waits for (called forces, incidents that were
    split off) it goes on waiting for; nobody checks it meanwhile.
    """
    lead = draft.lead
    if order.actor is not None and order.actor.staff_id in involved(draft.before):
        return (
            fault(
                "own-work",
                "/actor",
                detail_zh="派遣或处置过的人不得结案",
                detail_en="who dispatched or handled it may not close it",
            ),
        )
    if conflicted(draft.before, order.on_behalf_of or "", draft.directory):
        told = "the desk handled it: one above may close it"
        return (fault("own-work", "/on_behalf_of", detail_zh="处置单位不得结案", detail_en=told),)
    if draft.kept("passed"):
        return (
            fault(
                "not-allowed-now",
                "/order",
                detail_zh="其余任务全部办结后自动结案",
                detail_en="it closes when all others are over",
            ),
        )
    if lead is not None and lead.open:
        return (fault("not-allowed-now", "/order", detail_zh="尚在处置", detail_en="it is being handled"),)
    if lead is None and draft.incident.nature not in _ANSWERED:
        return (fault("not-allowed-now", "/order", detail_zh="无人处置", detail_en="nobody has handled it"),)
    for held in draft.waiting("dispatch"):
        draft.move(held, change="done", to="done")
    for held in (*draft.waiting("check"), *draft.waiting("verify")):
        draft.move(held, change="withdrawn", to="withdrawn", reason_code=CLOSED)
    draft.keep(passed=True, not_before=draft.at)
    return ()


def _reopen(draft: Draft, order: DeskOrdered) -> Faults:
    """Open it again (重新立案) within its time: a new round for who handled it, the same case number."""
    incident = draft.incident
    if incident.state != "closed":
        return (fault("not-allowed-now", "/order", detail_zh="未结案", detail_en="it is not closed"),)
    if incident.merged_into is not None:
        other = incident.merged_into_number or incident.merged_into
        detail = f"it belongs to {other}: reopen that one"
        return (fault("not-allowed-now", "/order", detail_zh=f"属于案件{other}", detail_en=detail),)
    if incident.split_from is not None and order.actor is not None:
        other = incident.split_from
        detail = f"it belongs to {other}: once that is open, reopen this as part of it (other_incident_id)"
        return (fault("not-allowed-now", "/order", detail_zh=f"属于案件{other}", detail_en=detail),)
    if incident.reopen_until is not None and draft.at > incident.reopen_until:
        return (
            fault(
                "too-late",
                "/order",
                detail_zh="已过可重新立案的期限",
                detail_en=f"until {incident.reopen_until.isoformat()}",
            ),
        )
    lead = draft.lead
    draft.put(state="handling", closed_at=None, reopen_until=None)
    draft.keep(passed=False, not_before=None)
    decision = decision_of(order)
    if lead is not None:
        give_back(draft, lead, change="reopened", instructions=order.reason, otherwise=decision)
    else:
        give(draft, "dispatch", draft.desk, decision=decision, instructions=order.reason)
    return ()


def _reopening_ended(draft: Draft, _: DeskOrdered) -> Faults:
    """The time in which it could be opened again is over: told once, so that everybody may archive it."""
    incident = draft.incident
    if incident.state != "closed" or incident.reopen_until is None or draft.at < incident.reopen_until:
        return (
            fault(
                "not-allowed-now",
                "/order",
                detail_zh="仍在可重新立案的期限内",
                detail_en="it may still be opened again",
            ),
        )
    return ()


CLOSING: dict[str, Line] = {
    "void": Line(_void, "voided", needs_reason=True),
    "not-accept": Line(_not_accept, "not-accepted", needs_reason=True),
    "close": Line(_close, "task-changed", needs_reason=True),
    "reopen": Line(_reopen, "reopened", needs_reason=True, over=True),
    "reopening-ended": Line(_reopening_ended, "reopening-ended", desk="any", by=("ladder",), over=True),
}
PART_REOPENED = Line(_reopen, "reopened", by=("incident",), over=True)
"""What the incident that it was split from says when a desk wants this one opened again."""
