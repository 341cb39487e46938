"""A leader's order (督办) that needs a reply."""

from wangge_contracts.v1 import TaskAnswered
from wangge_router.case import Held
from wangge_router.draft import Draft


def replied(draft: Draft, held: Held, answer: TaskAnswered) -> None:
    """Let the leader have his reply, given on the `supervise` task or on what that is about."""
    if held.task.kind != "supervise":
        draft.amend(held, supervised=None)
        for asking in draft.waiting("supervise", concerns=held.task.task_id):
            if asking.task.decision.order_id == answer.order_id:
                draft.move(asking, change="replied", to="done")
        return
    about = draft.current(held.task.concerns)
    if about is not None and about.task.supervised and about.task.supervised.order_id == answer.order_id:
        draft.move(about, change="replied", supervised=None)
