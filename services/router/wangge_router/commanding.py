"""One line of the table of orders: who may give it, what it must say, and what it does."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from wangge_contracts.v1 import LADDER, Decision, DeskOrdered, Faults, IncidentChange, TaskKind, fault
from wangge_router.case import Held
from wangge_router.draft import Draft

By = Literal["person", "ladder", "incident"]
"""
Who orders: a person at a desk; the ladder (an order without an actor, in the role `ladder`); another
incident (without an actor, naming itself in `other_incident_id`).
"""
NO_SUCH_CLASS = fault(
    "invalid", "/class_ref", detail_zh="立案标准中没有该类别", detail_en="the standard has no such class"
)
"""Why nothing is taken up under the class that an order names."""
WITHDRAWN = "withdrawn-by-desk"
"""The reason of tasks that a desk withdraws without naming one."""


@dataclass(frozen=True, slots=True)
class Line:
    """One line of the table of orders. What it does not allow is refused, and changes nothing."""

    carry_out: Callable[[Draft, DeskOrdered], Faults]
    change: IncidentChange
    desk: Literal["any", "deciding", "district"] = "deciding"
    """
    Whose desk may order it: any of the incident's place, that is asked, or that decides about it; only the
    last of these; or the district's. A desk above counts as the one below.
    """
    by: tuple[By, ...] = ("person",)
    kinds: tuple[TaskKind, ...] = ()
    """The kinds of task it may give."""
    needs: tuple[str, ...] = ()
    """The fields of the order without which it means nothing."""
    needs_reason: bool = False
    over: bool = False
    """Whether it reaches an incident that is over."""


def speaker_of(order: DeskOrdered) -> By | None:
    """
    Who gives *order*; None when nobody can be made out.

    The ledger names the person in every order that comes by its counter, and only rooms of the house may
    write the topic: so an order without an actor is the ladder's or another incident's.
    """
    if order.actor is not None:
        return "person"
    if order.role == LADDER:
        return "ladder"
    return "incident" if order.other_incident_id is not None and order.role is None else None


def decision_of(order: DeskOrdered) -> Decision:
    """Return why a task was given by *order*: in the words of who ordered it, if there are any."""
    if order.reason is not None:
        reason = order.reason.text
    else:
        who = order.on_behalf_of or order.role or order.other_incident_id
        reason = f"{order.order} by {who}" + (f": {order.reason_code}" if order.reason_code else "")
    return Decision(order_id=order.order_id, reason=reason[:2000])


def named(draft: Draft, order: DeskOrdered) -> list[Held]:
    """Return the tasks that *order* names, as they stand now."""
    return [held for held in draft.held if held.task.task_id in order.task_ids]


def note_dispatcher(draft: Draft, order: DeskOrdered) -> None:
    """Remember who said who handles it: he may not close it."""
    if order.actor is not None and order.actor.staff_id not in draft.before.dispatchers:
        draft.keep(dispatchers=(*draft.before.dispatchers, order.actor.staff_id))


def meant(draft: Draft, order: DeskOrdered) -> list[Held]:
    """
    Return the open tasks that *order* is about: those it names, else whoever has the main turn.

    What the ladder orders is about the round whose limit ran out, whether it is read before the rework or
    after it.
    """
    if order.task_ids:
        late = speaker_of(order) == "ladder"
        return [
            held for held in named(draft, order) if held.open and not (late and _began_since(held, order))
        ]
    return main_turn(draft)


def _began_since(held: Held, order: DeskOrdered) -> bool:
    task = held.task
    return task.round > 1 and task.stage is None and task.assigned_at > order.effective_at


def main_turn(draft: Draft) -> list[Held]:
    """
    Return the task of who handles; while nobody does, of who looks for somebody or checks.

    Who looks for other help than what was called and did not come has no part in that.
    """
    lead = draft.lead
    if lead is not None and lead.open:
        return [lead]
    looking = [held for held in draft.waiting("dispatch") if not _is_for_help(held, draft)]
    return looking or draft.waiting("check") or draft.waiting("verify")


def _is_for_help(dispatch: Held, draft: Draft) -> bool:
    concerned = draft.current(dispatch.task.concerns)
    return concerned is not None and concerned.task.kind in ("assist", "attend")
