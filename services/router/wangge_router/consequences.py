"""What an act on one task means for the others: the check, the desk's next decision, rework, the close."""

from collections.abc import Callable

from wangge_contracts.v1 import Decision, Holder, TaskAnswered
from wangge_router.case import ENDED, Held
from wangge_router.draft import Draft
from wangge_router.lifecycle import WORK, Effect

CLOSED = "incident-closed"
"""The reason of tasks that are withdrawn because the incident is closed."""


def follow(effect: Effect, draft: Draft, held: Held, answer: TaskAnswered) -> None:
    """Let *effect* follow from *answer* to the task *held*."""
    _EFFECTS[effect](draft, held, answer)


def conclude(draft: Draft) -> bool:
    """
    Close the incident (结案) if nothing is waited for any more, and say whether it was closed.

    It waits for the check of what the lead did, and for every called force to have arrived; forces that are
    there are let go, whoever else still holds a task loses it. Closed since the last thing it waited for.
    """
    if draft.incident.state in ENDED or not draft.kept("passed"):
        return False
    if any(held.task.state != "working" for held in draft.waiting("attend")):
        return False
    counted = ("handle", "check", "attend")
    closed_at = max(held.task.effective_at for held in draft.held if held.task.kind in counted)
    draft.put(state="closed", closed_at=closed_at)
    for held in draft.held:
        if not held.open:
            continue
        if held.task.kind == "attend":
            draft.move(held, change="ended", to="ended", at=closed_at)
        else:
            draft.move(held, change="withdrawn", to="withdrawn", at=closed_at, reason_code=CLOSED)
    return True


def _ask_check(draft: Draft, held: Held, _: TaskAnswered) -> None:
    checker = _checker(draft)
    reason = f"{held.task.holder} says it is done; {checker} checks it on the spot"
    draft.give("check", checker, decision=Decision(reason=reason), concerns=held.task.task_id)


def _checker(draft: Draft) -> Holder:
    """
    Who checks: the one the rule named, else the next on the spot, else a desk; never a unit that handled it.

    A desk that dispatched it is passed over as well, unless it is the last one there is: then its people see
    to it that it is somebody else (who dispatched is refused by person).
    """
    case, directory = draft.before, draft.directory
    located = directory.sorting.registry.locate(case.incident.place)
    inspector, note = directory.sorting.seat("grid/inspector", located)
    candidates = [case.checker, *([] if note else [inspector])]
    candidates += (located.desk(level) for level in ("workstation", "street", "district"))
    involved = {
        held.task.holder
        for held in draft.held
        if held.task.kind in WORK or (held.task.kind == "dispatch" and held.task.state == "done")
    }
    return next((holder for holder in candidates if holder not in involved), candidates[-1])


def _to_desk(draft: Draft, held: Held, answer: TaskAnswered) -> None:
    reason = f"returned by {held.task.holder}: {answer.reason_code}"
    _decide_anew(draft, held, draft.before.desk, reason)


def _to_desk_above(draft: Draft, held: Held, answer: TaskAnswered) -> None:
    above = draft.directory.desk_above(held.task.holder)
    reason = f"referred up by {held.task.holder}"
    _decide_anew(
        draft,
        held,
        above or draft.before.desk,
        f"{reason}: {answer.reason_code}" if answer.reason_code else reason,
    )


def _decide_anew(draft: Draft, held: Held, desk: Holder, reason: str) -> None:
    task_id = held.task.task_id
    draft.give("dispatch", desk, decision=Decision(reason=reason), concerns=task_id, predecessor=task_id)


def _pass(draft: Draft, _: Held, __: TaskAnswered) -> None:
    draft.keep(passed=True)


def _rework(draft: Draft, _: Held, answer: TaskAnswered) -> None:
    lead = draft.lead
    assert lead is not None  # a check is given for a lead that is done
    draft.move(lead, change="rework", to="assigned", instructions=answer.text)


_EFFECTS: dict[Effect, Callable[[Draft, Held, TaskAnswered], None]] = {
    "ask-check": _ask_check,
    "to-desk": _to_desk,
    "to-desk-above": _to_desk_above,
    "pass": _pass,
    "rework": _rework,
}
