"""A desk's order -> what it changes, or why it is refused."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from wangge_contracts.message import known, words
from wangge_contracts.v1 import (
    Cause,
    Decision,
    DeskOrdered,
    Faults,
    IncidentChange,
    Order,
    OrderedParty,
    TaskKind,
    Urgency,
    fault,
)
from wangge_router.case import Case, Held
from wangge_router.consequences import conclude
from wangge_router.directory import Directory
from wangge_router.draft import Draft
from wangge_router.filing import file
from wangge_router.outcome import Outcome
from wangge_router.snapshot import PARTIES, ROLES

VOID = "incident-void"
"""The reason of tasks that are withdrawn because the incident is void."""
WITHDRAWN = "withdrawn-by-desk"
"""The reason of tasks that a desk withdraws without naming one."""
DESIGNATED = "designated-anew"
"""The reason of a task that is taken from a unit because another is designated."""
_ORDERS = frozenset(words(Order))


@dataclass(frozen=True, slots=True)
class Line:
    """One line of the table of orders: what it needs, who may give it, and what it does."""

    kinds: tuple[TaskKind, ...]
    """The kinds of task it may give; empty: it gives none, and needs no parties."""
    deciding: bool
    """Only the desk that decides about the incident, or one above it; else any desk of its place."""
    carry_out: Callable[[Draft, DeskOrdered], Faults]
    change: IncidentChange
    needs_reason: bool = False


def obey(
    case: Case, order: DeskOrdered, directory: Directory, *, cause: Cause, now: datetime
) -> Outcome | Faults:
    """
    Carry out *order*, read *now* (house time, UTC): what it leads to, or what is against it.

    What is refused changes nothing.
    """
    line = ORDERS.get(order.order)
    if line is None:
        return (fault("not-supported-yet" if order.order in _ORDERS else "unknown-order", "/order"),)
    faults = _objections(case, order, line, directory)
    if faults:
        return faults
    draft = Draft(case, directory, cause=cause, at=order.effective_at)
    faults = line.carry_out(draft, order)
    if faults:
        return faults
    closed = conclude(draft)
    return draft.settle(
        "closed" if closed else line.change,
        now=now,
        decision=_decision(order) if line.kinds else None,
        reason_code=order.reason_code,
        reason=order.reason,
    )


def _objections(case: Case, order: DeskOrdered, line: Line, directory: Directory) -> Faults:
    """What stands against such an order by that desk now, whatever the tasks."""
    if case.over:
        return (fault("closed"),)
    desk = order.on_behalf_of
    if desk is None:
        return (fault("missing", "/on_behalf_of"),)
    place = case.desk if line.deciding else f"desk:{_finest(case, directory)}"
    if not directory.commands(desk, place):
        return (fault("not-yours", "/on_behalf_of"),)
    if line.needs_reason and order.reason is None and order.reason_code is None:
        return (fault("reason-required", "/reason"),)
    unknown = [number for number, task_id in enumerate(order.task_ids) if case.find(task_id) is None]
    if unknown:
        return tuple(fault("unknown-task", f"/task_ids/{number}") for number in unknown)
    if line.kinds and not order.parties:
        return (fault("missing", "/parties"),)
    faults = [
        found
        for number, party in enumerate(order.parties)
        for found in _against(party, f"/parties/{number}", line, directory)
    ]
    return tuple(faults)


def _finest(case: Case, directory: Directory) -> str:
    return directory.sorting.registry.locate(case.incident.place).codes[0]


def _against(party: OrderedParty, at: str, line: Line, directory: Directory) -> Faults:
    if party.kind not in line.kinds or party.role != ROLES[party.kind]:
        return (fault("invalid", f"{at}/kind"),)
    if not directory.knows(party.holder):
        return (fault("unknown-holder", f"{at}/holder"),)
    return ()


def _dispatch(draft: Draft, order: DeskOrdered) -> Faults:
    """The desk decides who handles (派遣), or adds helpers to who handles already."""
    asked = [held for held in _named(draft, order) if held.task.kind == "dispatch"]
    if any(not held.open for held in asked):
        return (fault("not-allowed-now", "/task_ids"),)
    desk = order.on_behalf_of or ""
    answered = asked or draft.waiting("dispatch")
    mine = [held for held in answered if draft.directory.commands(desk, held.task.holder)]
    if asked and len(mine) < len(asked):
        return (fault("not-yours", "/task_ids"),)
    leads = [number for number, party in enumerate(order.parties) if party.kind == "handle"]
    if draft.lead is not None and leads:
        return (fault("not-allowed-now", f"/parties/{leads[0]}", detail_en="there is a lead; designate"),)
    if draft.lead is None and not mine:
        return (fault("not-yours", "/on_behalf_of"),)
    if draft.lead is None and len(leads) != 1:
        return (fault("missing" if not leads else "invalid", "/parties", detail_en="exactly one lead"),)
    return _give(draft, order, ended=mine)


def _designate(draft: Draft, order: DeskOrdered) -> Faults:
    """The desk names the unit (指定): it takes over from any other, and cannot return it."""
    lead = draft.lead
    if lead is not None and not lead.open:
        return (fault("not-allowed-now", "/order", detail_en="it is being checked"),)
    if [party.kind for party in order.parties].count("handle") != 1:
        return (fault("invalid", "/parties", detail_en="exactly one lead"),)
    if lead is not None:
        draft.move(lead, change="withdrawn", to="withdrawn", reason_code=order.reason_code or DESIGNATED)
    return _give(draft, order, ended=draft.waiting("dispatch"), designated=True)


def _call(draft: Draft, order: DeskOrdered) -> Faults:
    """A desk calls forces to the spot, or a unit to help."""
    return _give(draft, order, ended=[])


def _give(draft: Draft, order: DeskOrdered, *, ended: list[Held], designated: bool = False) -> Faults:
    if order.class_ref is not None and not file(draft, order.class_ref):
        return (fault("invalid", "/class_ref", detail_en="the standard has no such class"),)
    if order.urgency is not None:
        draft.put(urgency=known(Urgency, order.urgency))
    for held in ended:
        draft.move(held, change="done", to="done")
    there = {(held.task.kind, held.task.holder) for held in draft.held if held.open}
    wanted = [party for party in order.parties if (party.kind, party.holder) not in there]
    for party in {(party.kind, party.holder): party for party in wanted}.values():
        draft.give(
            party.kind,
            party.holder,
            decision=_decision(order),
            limit=party.limit,
            instructions=party.instructions,
            designated=designated and party.kind == "handle",
        )
    if order.actor is not None and ended and order.actor.staff_id not in draft.before.dispatchers:
        draft.keep(dispatchers=(*draft.before.dispatchers, order.actor.staff_id))
    return () if ended or wanted else (fault("not-allowed-now", "/parties", detail_en="all are called"),)


def _withdraw(draft: Draft, order: DeskOrdered) -> Faults:
    """The desk releases who helps or was called; who handles is replaced by designation only."""
    named = _named(draft, order)
    if not named:
        return (fault("missing", "/task_ids"),)
    if any(not held.open or held.task.kind not in ("assist", "attend") for held in named):
        return (fault("not-allowed-now", "/task_ids"),)
    for held in named:
        draft.move(held, change="withdrawn", to="withdrawn", reason_code=order.reason_code or WITHDRAWN)
    return ()


def _named(draft: Draft, order: DeskOrdered) -> list[Held]:
    return [held for held in draft.held if held.task.task_id in order.task_ids]


def _void(draft: Draft, order: DeskOrdered) -> Faults:
    """There is nothing in it (作废): everybody is released."""
    draft.put(state="void")
    for held in draft.held:
        if held.open:
            draft.move(held, change="withdrawn", to="withdrawn", reason_code=order.reason_code or VOID)
    return ()


def _decision(order: DeskOrdered) -> Decision:
    return Decision(
        order_id=order.order_id,
        reason=(order.reason.text if order.reason else f"{order.order} by {order.on_behalf_of}")[:2000],
    )


ORDERS: dict[str, Line] = {
    "dispatch": Line(PARTIES, deciding=False, carry_out=_dispatch, change="dispatched"),
    "designate": Line(PARTIES, deciding=True, carry_out=_designate, change="dispatched", needs_reason=True),
    "call": Line(("assist", "attend"), deciding=False, carry_out=_call, change="dispatched"),
    "withdraw": Line((), deciding=True, carry_out=_withdraw, change="task-changed", needs_reason=True),
    "void": Line((), deciding=True, carry_out=_void, change="voided", needs_reason=True),
}
"""Every order that is carried out; the others of the contract are refused as not supported yet."""
