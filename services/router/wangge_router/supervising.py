"""A leader looks over a holder's shoulder (督办) and wants a reply; or he is only reminded (催办)."""

from datetime import timedelta

from wangge_contracts.v1 import (
    LONGEST_LIMIT,
    SHORTEST_LIMIT,
    DeskOrdered,
    Faults,
    Limit,
    Supervision,
    TaskAnswered,
    fault,
)
from wangge_router.case import Awaited, Held
from wangge_router.commanding import Line, decision_of, meant, speaker_of
from wangge_router.draft import Draft
from wangge_router.giving import give
from wangge_router.requests import OVERTAKEN
from wangge_router.watching import returned_since

_HOUR = timedelta(hours=1)


def _supervise(draft: Draft, order: DeskOrdered) -> Faults:
    """
    Mark the tasks as supervised and give each holder a task of its own: to reply until the hour named.

    Of a task whose return waits for the desk nobody has to reply, unless the return is refused: then what the
    ladder had to order before it is owed as well.
    """
    assert order.reply_by is not None
    if order.reply_by <= draft.at:
        return (
            fault(
                "invalid",
                "/reply_by",
                detail_zh="答复期限须晚于下达时间",
                detail_en="it must be later than the order",
            ),
        )
    tasks, back = meant(draft, order), returned_since(draft, order)
    if not tasks and not back:
        return (
            fault(
                "not-allowed-now",
                "/task_ids",
                detail_zh="没有可督办的在办任务",
                detail_en="no open task to supervise",
            ),
        )
    supervision = Supervision(order_id=order.order_id, reply_by=order.reply_by)
    until = (order.reply_by - draft.at) / _HOUR
    if until > LONGEST_LIMIT:
        return (
            fault(
                "too-much",
                "/reply_by",
                detail_zh="答复期限过长",
                detail_en=f"within {LONGEST_LIMIT} hours, no later",
            ),
        )
    own = draft.directory.limit("supervise", draft.incident.class_ref)
    limit = Limit(
        value=max(until, SHORTEST_LIMIT),
        clock_kind="urgent-hours",
        calendar=own.calendar,
        calendar_version=own.calendar_version,
    )
    for held in tasks:
        draft.move(held, change="supervised", supervised=supervision)
        _owe(draft, order, held, limit, supervision)
    for held, was in back:
        owed = _owe(draft, order, held, limit, supervision)
        draft.move(owed, change="withdrawn", to="withdrawn", at=held.task.effective_at, reason_code=OVERTAKEN)
        draft.remember(owed, before="assigned")
        awaited = Awaited(task_id=owed.task.task_id, supervision=supervision)
        draft.remember(held, watched=was.model_copy(update={"replies": (*was.replies, awaited)}))
    return ()


def _owe(draft: Draft, order: DeskOrdered, held: Held, limit: Limit, supervision: Supervision) -> Held:
    """Let who holds a task reply to the supervision of it."""
    given = give(
        draft,
        "supervise",
        held.task.holder,
        decision=decision_of(order),
        limit=limit,
        instructions=order.reason,
        concerns=held.task.task_id,
    )
    draft.move(given, change="assigned", supervised=supervision)
    if speaker_of(order) == "ladder":
        draft.remember(given, by_ladder=True)
    return given


def _remind(draft: Draft, order: DeskOrdered) -> Faults:
    """Tell the holders that somebody waits."""
    tasks = meant(draft, order)
    if not tasks:
        return (
            fault(
                "not-allowed-now", "/task_ids", detail_zh="没有在办的任务", detail_en="nobody has the turn"
            ),
        )
    for held in tasks:
        draft.move(held, change="reminded")
    return ()


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


SUPERVISING: dict[str, Line] = {
    "supervise": Line(
        _supervise, "task-changed", by=("person", "ladder"), needs=("reply_by",), needs_reason=True
    ),
    "remind": Line(_remind, "task-changed", desk="any", by=("person", "ladder", "incident")),
}
