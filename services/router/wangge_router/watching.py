"""What stood over a task when it was returned (退回), and what of it is taken back while a desk is asked."""

from collections.abc import Iterator

from wangge_contracts.v1 import DeskOrdered
from wangge_router.case import Awaited, Held, Watched
from wangge_router.commanding import speaker_of
from wangge_router.draft import Draft


def watched_of(draft: Draft, held: Held) -> Watched | None:
    """
    Return what stands over a task that is returned, and let each reply that is owed remember its state.

    What was ordered after the return took effect, which is read only now, was about nobody.
    """
    listed = tuple(entry for entry in held.task.listed if entry.since <= draft.at)
    replies = []
    for owed in draft.waiting("supervise", concerns=held.task.task_id):
        if owed.task.supervised is not None and owed.task.assigned_at <= draft.at:
            draft.remember(owed, before=owed.task.state)
            replies.append(Awaited(task_id=owed.task.task_id, supervision=owed.task.supervised))
    return Watched(listed=listed, replies=tuple(replies)) if listed or replies else None


def returned(draft: Draft) -> Iterator[tuple[Held, Watched]]:
    """Yield the tasks whose return may still be refused, each with what would stand over it again."""
    asked = {held.task.concerns for held in draft.held if held.task.kind == "dispatch" and _answers(held)}
    for held in draft.held:
        if held.task.state == "returned" and held.task.task_id in asked:
            yield held, held.watched or Watched()


def returned_since(draft: Draft, order: DeskOrdered) -> list[tuple[Held, Watched]]:
    """Return those of them of which the ladder orders what was due no later than they were returned."""
    if speaker_of(order) != "ladder":
        return []
    return [
        (held, was)
        for held, was in returned(draft)
        if held.task.task_id in order.task_ids and order.effective_at <= held.task.effective_at
    ]


def owed_again(draft: Draft, reply: Held) -> bool:
    """Whether *reply*, which a return has ended, would be owed again if the return is refused."""
    task_id = reply.task.task_id
    return any(each.task_id == task_id for _, watched in returned(draft) for each in watched.replies)


def forget_reply(draft: Draft, reply: Held) -> None:
    """Let *reply* not be owed again, whatever becomes of the return."""
    for held, watched in returned(draft):
        rest = tuple(each for each in watched.replies if each.task_id != reply.task.task_id)
        draft.remember(held, watched=watched.model_copy(update={"replies": rest}))
    draft.remember(reply, before=None)


def _answers(asked: Held) -> bool:
    """Whether a desk may still answer; what the ladder has dispatched since, it may have answered before."""
    return asked.open or bool(asked.given)
