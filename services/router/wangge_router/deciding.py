"""What a desk decides about a task: requests, returns, suspensions, who goes on, and more time for all."""

from datetime import datetime

from wangge_contracts.v1 import DeskOrdered, Fault, Faults, Holder, fault
from wangge_router import requests, rulings
from wangge_router.case import Held
from wangge_router.commanding import Line, meant, named, note_dispatcher
from wangge_router.conditions import beyond
from wangge_router.draft import Draft
from wangge_router.renewing import hand_over
from wangge_router.timing import due, grantable, latest_extension
from wangge_router.turns import MOST_EXTENSIONS, MOST_SUSPENSIONS, TURN, WORK

_SAID = fault(
    "not-allowed-now", "/task_ids", detail_zh="没有等待决定的申请", detail_en="nobody waits for that"
)


def _approve(draft: Draft, order: DeskOrdered) -> Faults:
    """Grant what a unit asked for (延期, 缓办, 申诉), for as long as it asked or *until* another instant."""
    approvals = named(draft, order)
    for approval in approvals:
        found = _against_ruling(draft, order, approval, "approve") or _too_far(draft, order, approval)
        if found:
            return (found,)
    for approval in approvals:
        draft.move(approval, change="done", to="done", verdict="approved")
        requests.grant(draft, approval, order.until)
    return ()


def _refuse(draft: Draft, order: DeskOrdered) -> Faults:
    """Refuse a request, or a return as shuffling (推诿): the same task goes on, its time was the unit's."""
    asked = named(draft, order)
    for held in asked:
        found = _against_ruling(draft, order, held, "approve", "dispatch")
        if found:
            return (found,)
    for held in asked:
        if held.task.kind == "approve":
            draft.move(held, change="done", to="done", verdict="refused")
            requests.refuse(draft, held, order.reason_code)
        elif _is_led(draft, held):
            return (
                fault(
                    "not-allowed-now",
                    "/task_ids",
                    detail_zh="已由其他单位承办",
                    detail_en="another unit has taken over",
                ),
            )
        elif _is_gone(draft, held):
            told = "who returned it is no longer there: dispatch another"
            return (fault("unknown-holder", "/task_ids", detail_zh="退回单位已撤销", detail_en=told),)
        elif rulings.shuffled(draft, held, order.reason_code):
            draft.move(held, change="done", to="done")
        else:
            return (
                fault(
                    "not-allowed-now",
                    "/task_ids",
                    detail_zh="没有待裁定的退回",
                    detail_en="no return waits there to be ruled",
                ),
            )
    return ()


def _is_led(draft: Draft, asked: Held) -> bool:
    """Whether the task that *asked* is about was to be led, and somebody else leads by now."""
    returned = draft.current(asked.task.concerns)
    return returned is not None and returned.task.kind == "handle" and draft.lead is not None


def _is_gone(draft: Draft, asked: Held) -> bool:
    """Whether who held the task that *asked* is about went from the reference data since."""
    returned = draft.current(asked.task.concerns)
    return returned is not None and not draft.directory.knows(returned.task.holder)


def _against_ruling(draft: Draft, order: DeskOrdered, held: Held, *kinds: str) -> Fault | None:
    if not held.open or held.task.kind not in kinds:
        return _SAID
    if not draft.directory.commands(order.on_behalf_of or "", held.task.holder):
        return fault("not-yours", "/on_behalf_of")
    asking = draft.current(held.task.concerns)
    if asking is not None and order.actor is not None and order.actor.staff_id in asking.hands:
        return fault("own-work", "/actor", detail_zh="申请人不得审批", detail_en="who asks may not decide")
    return None


def _too_far(draft: Draft, order: DeskOrdered, approval: Held) -> Fault | None:
    held = draft.current(approval.task.concerns)
    bounds = grantable(held, draft.directory) if order.until and held else None
    return _bounds(order, *bounds) if bounds else None


def _bounds(order: DeskOrdered, after: datetime, latest: datetime) -> Fault | None:
    details = beyond(order.until, after, latest)
    return next(
        (fault("too-much", "/until", detail_zh="超出可批准的期限", detail_en=detail) for detail in details),
        None,
    )


def _resume(draft: Draft, order: DeskOrdered) -> Faults:
    """End a suspension (缓办): the ladder on its day, a desk before."""
    found = named(draft, order) or [held for held in draft.held if held.task.state == "suspended"]
    if not found or any(held.task.state != "suspended" for held in found):
        return (fault("not-allowed-now", "/task_ids", detail_zh="未缓办", detail_en="it is not suspended"),)
    for held in found:
        requests.resume(draft, held)
    return ()


def _forward(draft: Draft, order: DeskOrdered) -> Faults:
    """
    Let somebody else go on (转派): the same task, the same deadline, his own time.

    A unit's goes to one inside it, a post's to another post or to a desk: grids are drawn anew, people leave.
    """
    to = order.to or ""
    found = [held for held in meant(draft, order) if held.task.kind in WORK or _at_a_post(held)]
    if not draft.directory.knows(to):
        return (fault("unknown-holder", "/to"),)
    if not found or any(held.task.state not in TURN for held in found):
        return (_SAID,)
    if any(not _may_go(draft, held, to) for held in found):
        told = "a unit's task goes to one inside it, a post's to another post or a desk"
        return (
            fault("invalid", "/to", detail_zh="只能转给下属单位，或转给另一岗位、指挥中心", detail_en=told),
        )
    for held in found:
        draft.move(held, change="forwarded", to="assigned")
        hand_over(draft, held, to)
    note_dispatcher(draft, order)
    return ()


def _at_a_post(held: Held) -> bool:
    return held.task.holder.startswith("officer:")


def _may_go(draft: Draft, held: Held, to: Holder) -> bool:
    if _at_a_post(held):
        return to != held.task.holder and to.startswith(("officer:", "desk:"))
    return draft.directory.is_inside(to, held.task.holder)


def _extend(draft: Draft, order: DeskOrdered) -> Faults:
    """Put the deadline off though nobody asked, as after snow; what is due later anyway stays."""
    assert order.until is not None
    early = [held for held in _work(draft, order) if due(held, draft.directory) < order.until]
    if not early:
        return (
            fault(
                "not-allowed-now",
                "/until",
                detail_zh="没有任务在该时间之前到期",
                detail_en="nothing is due before that",
            ),
        )
    for held in early:
        late = _too_late(draft, held)
        if late is not None:
            return (late,)
        if held.extensions >= MOST_EXTENSIONS:
            return (fault("used-up", "/task_ids", detail_zh="延期最多两次", detail_en="extended twice"),)
        above = requests.extending(held, draft.directory)
        if not draft.directory.commands(order.on_behalf_of or "", above):
            told = f"it was extended before: {above} may do it again"
            return (fault("not-yours", "/on_behalf_of", detail_zh="再次延期须上级批准", detail_en=told),)
        far = _bounds(order, due(held, draft.directory), latest_extension(held, draft.directory))
        if far is not None:
            return (far,)
        requests.extend(draft, held, order.until)
    return ()


def _suspend(draft: Draft, order: DeskOrdered) -> Faults:
    """
    Stop the clock until a day though nobody asked (缓办), as while a declared outage lasts.

    Who rests already goes on resting until his own day; what is asked for meanwhile lapses.
    """
    assert order.until is not None
    found = [held for held in _work(draft, order) if held.task.state != "suspended"]
    if not found:
        return (_SAID,)
    far = _bounds(order, draft.at, draft.at + draft.directory.terms.longest_suspension)
    if far is not None:
        return (far,)
    for held in found:
        late = _too_late(draft, held)
        if late is not None:
            return (late,)
        if held.suspensions >= MOST_SUSPENSIONS:
            return (fault("used-up", "/task_ids", detail_zh="缓办最多一次", detail_en="suspended once"),)
        requests.suspend(draft, held, order.until, at=draft.at)
        draft.remember(held, before=held.before if held.task.state == "pending" else held.task.state)
    return ()


def _too_late(draft: Draft, held: Held) -> Fault | None:
    """Whether the deadline has passed: who was late stays late, and may appeal when the matter is closed."""
    deadline = due(held, draft.directory)
    if draft.at < deadline:
        return None
    told = f"it was due at {deadline.isoformat()}"
    return fault("too-late", "/task_ids", detail_zh="须在期限届满前决定", detail_en=told)


def _work(draft: Draft, order: DeskOrdered) -> list[Held]:
    """What is handled of the open tasks that *order* means: all that a unit holds are named to it in bulk."""
    return [held for held in meant(draft, order) if held.task.kind in WORK]


DECIDING: dict[str, Line] = {
    "approve": Line(_approve, "task-changed", desk="any", needs=("task_ids",), over=True),
    "refuse": Line(_refuse, "task-changed", desk="any", needs=("task_ids",), needs_reason=True, over=True),
    "resume": Line(_resume, "task-changed", by=("person", "ladder")),
    "forward": Line(_forward, "task-changed", needs=("to",), needs_reason=True),
    "extend": Line(_extend, "task-changed", needs=("until",), needs_reason=True),
    "suspend": Line(_suspend, "task-changed", needs=("until",), needs_reason=True),
}
