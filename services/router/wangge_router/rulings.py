"""Who takes over when a holder gives a task away (退回, 上报, 转派), and what the desk says of a return."""

from wangge_contracts.v1 import Decision, Holder, TaskAnswered
from wangge_router.case import Held, Watched
from wangge_router.draft import Draft
from wangge_router.giving import give
from wangge_router.renewing import hand_over
from wangge_router.separating import free_desk
from wangge_router.turns import WORK
from wangge_router.watching import watched_of

SHUFFLING = "shuffling"
"""The reason of a return that the desk refuses (推诿): the same task goes on, its time was the unit's."""


def ask_anew(draft: Draft, held: Held, answer: TaskAnswered) -> None:
    """Let the desk decide who handles after a return (退回), with the reason and whom the unit suggests."""
    draft.remember(held, before=held.task.state, watched=watched_of(draft, held))
    told = [f"returned by {held.task.holder}: {answer.reason_code}"]
    if answer.suggested_unit:
        told.append(f"it suggests {answer.suggested_unit}")
    if answer.basis:
        told.append(f"it leans on {answer.basis}")
    _decide(draft, held, draft.before.desk, "; ".join(told), answer)


def refer_up(draft: Draft, held: Held, answer: TaskAnswered) -> None:
    """
    Let the desk above do it: what is to be decided, approved or confirmed goes there unchanged.

    A check passes by the desks that handled it, as long as there is another above them.
    """
    above = draft.directory.desk_above(held.task.holder)
    if held.task.kind == "check":
        above = free_desk(draft.before, held.task.holder, draft.directory) or above
    assert above is not None  # a guard of the table
    reason = f"referred up by {held.task.holder}"
    reason = f"{reason}: {answer.reason_code}" if answer.reason_code else reason
    _decide(draft, held, above, reason, answer)


def refer_to_unit(draft: Draft, held: Held, _: TaskAnswered) -> None:
    """Let the unit above go on with it."""
    above = draft.directory.unit_above(held.task.holder)
    assert above is not None  # a guard of the table
    hand_over(draft, held, above)


def hand_down(draft: Draft, held: Held, answer: TaskAnswered) -> None:
    """Let a unit inside the holder's go on with it (转派): the same task, the same deadline."""
    assert answer.to is not None  # the contracts ask for it
    hand_over(draft, held, answer.to)


def shuffled(draft: Draft, asked: Held, reason_code: str | None) -> bool:
    """
    Refuse the return that the `dispatch` task *asked* is about; False if there is none.

    The same task goes on where it was, as if it had never been returned: what stood over it does so again.
    """
    returned = draft.current(asked.task.concerns)
    if returned is None or returned.task.state != "returned" or returned.task.kind not in WORK:
        return False
    if returned.task.kind == "handle":
        draft.count(shuffles=1)
    code, watched = reason_code or SHUFFLING, returned.watched or Watched()
    draft.move(
        returned,
        change="request-refused",
        to=returned.before or "assigned",
        reason_code=code,
        listed=watched.listed,
        supervised=watched.replies[-1].supervision if watched.replies else None,
    )
    draft.remember(returned, before=None, watched=None)
    for reply in watched.replies:
        owed = draft.current(reply.task_id)
        if owed is not None and owed.task.state == "withdrawn":
            # By these words a clock goes on as if it had never stopped.
            draft.move(
                owed,
                change="request-refused",
                to=owed.before or "assigned",
                reason_code=code,
                supervised=reply.supervision,
            )
            draft.remember(owed, before=None)
    return True


def _decide(draft: Draft, held: Held, desk: Holder, reason: str, answer: TaskAnswered) -> None:
    task = held.task
    kind = "dispatch" if task.kind in WORK else task.kind
    give(
        draft,
        kind,
        desk,
        decision=Decision(reason=reason[:2000]),
        instructions=answer.text or (task.instructions if kind != "dispatch" else None),
        concerns=task.task_id if task.kind in WORK else task.concerns or task.task_id,
        predecessor=task.task_id,
        check_kind=task.check_kind,
        shown=task.attachments,
    )
