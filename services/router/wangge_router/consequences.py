"""What an act on one task means for the others: every effect of the transition table, and the close."""

from collections.abc import Callable, Mapping

from wangge_contracts.v1 import TaskAnswered
from wangge_router import checks, requests, rulings, stages, supervising, verifying
from wangge_router.case import Held
from wangge_router.draft import Draft
from wangge_router.forestalling import take_back
from wangge_router.kinship import FIXED
from wangge_router.putting_away import WAITED_FOR
from wangge_router.turns import Effect

CLOSED = "incident-closed"
"""The reason of tasks that are withdrawn because the incident is closed."""


def follow(effect: Effect, draft: Draft, held: Held, answer: TaskAnswered) -> None:
    """Let *effect* follow from *answer* to the task *held*, as it stood before."""
    EFFECTS[effect](draft, held, answer)


def conclude(draft: Draft) -> bool:
    """
    End what has lost its object, and close the incident (结案) if nothing is waited for any more.

    It waits for the check of what the lead did, for what was split from it, for the incident that it asks to
    be merged into, and for every called force to have arrived; forces that are
    there are let go, whoever else still holds a task loses it. Closed since the last thing it waited for.
    Returns whether it was closed.
    """
    requests.lapse(draft)
    if draft.incident.state in FIXED or not draft.kept("passed") or draft.kept("children"):
        return False
    awaited = (held for held in draft.waiting("attend") if not _is_stood_in_for(draft, held))
    if any(held.task.state != "working" for held in awaited):
        return False
    ends = [held.task.effective_at for held in draft.held if held.task.kind in WAITED_FOR]
    past, not_before = draft.before.past, draft.kept("not_before")
    others = (past and past.until, not_before)
    closed_at = max((*ends, *(instant for instant in others if instant)))
    draft.put(state="closed", closed_at=closed_at, reopen_until=closed_at + draft.directory.terms.reopening)
    for held in draft.held:
        if not held.open or _appealed(draft, held):
            continue
        if held.task.kind == "attend":
            draft.move(held, change="ended", to="ended", at=closed_at)
        else:
            draft.move(held, change="withdrawn", to="withdrawn", at=closed_at, reason_code=CLOSED)
    requests.lapse(draft)
    return True


def _is_stood_in_for(draft: Draft, held: Held) -> bool:
    """Whether who was called instead of *held* is there, or was, or who was called instead of him."""
    while held.task.successor is not None:
        following = draft.current(held.task.successor)
        if following is None:
            return True  # He was there, and a row of before they were kept has put him away.
        if following.task.state == "done" or (
            following.task.kind == "attend" and following.task.state == "working"
        ):
            return True
        held = following
    return False


def _appealed(draft: Draft, held: Held) -> bool:
    """Whether a desk is asked about an appeal, which outlives the incident."""
    about = draft.current(held.task.concerns) if held.task.kind == "approve" else None
    return about is not None and about.task.pending == "appeal"


def _take_back(draft: Draft, held: Held, _: TaskAnswered) -> None:
    take_back(draft, [held], ())
    draft.remember(held, given=())


def _grant(draft: Draft, held: Held, answer: TaskAnswered) -> None:
    requests.grant(draft, held, answer.requested_until)


def _refuse(draft: Draft, held: Held, answer: TaskAnswered) -> None:
    requests.refuse(draft, held, answer.reason_code)


def _explain(draft: Draft, held: Held, answer: TaskAnswered) -> None:
    draft.amend(held, explanation=answer.text)


EFFECTS: Mapping[Effect, Callable[[Draft, Held, TaskAnswered], None]] = {
    "ask-check": checks.ask_check,
    "next-stage": stages.next_stage,
    "to-desk": rulings.ask_anew,
    "take-back": _take_back,
    "to-desk-above": rulings.refer_up,
    "to-unit-above": rulings.refer_to_unit,
    "hand-down": rulings.hand_down,
    "ask-approval": requests.ask,
    "drop-request": requests.drop,
    "grant": _grant,
    "refuse": _refuse,
    "explain": _explain,
    "end-supervision": supervising.replied,
    "take-up": verifying.confirmed,
    "doubt": verifying.doubted,
    "pass": checks.passed,
    "rework": checks.failed,
}
