"""What a holder asks of his desk (延期, 缓办, 申诉): asked, taken back, lapsed, granted or refused."""

from datetime import datetime
from typing import Any

from wangge_contracts.counting import begun, resumed, suspended
from wangge_contracts.v1 import ActOutcome, Decision, Holder, TaskAnswered, fault
from wangge_router.case import Asked, Held
from wangge_router.directory import Directory
from wangge_router.draft import Draft
from wangge_router.giving import give
from wangge_router.outcome import Final
from wangge_router.timing import extended

LAPSED = "request-lapsed"
"""The reason of an `approve` task that nobody has to decide any more."""
WITHDRAWN = "request-withdrawn"
"""The reason of an `approve` task whose request was taken back."""
OVERTAKEN = "task-over"
"""The reason of a task that is about another, which is over."""


def ask(draft: Draft, held: Held, answer: TaskAnswered) -> None:
    """Ask the deciding desk; the clock runs on meanwhile."""
    task = held.task
    draft.amend(held, pending=answer.act, requested_until=answer.requested_until)
    asked = Asked(
        act=answer.act, answer_id=answer.answer_id, origin=answer.origin, cause=draft.cause.id, at=draft.at
    )
    appeal = answer.act == "appeal"
    draft.remember(held, asked=asked, before=task.state, appealed=appeal or held.appealed)
    told = f"{answer.act} by {task.holder}: {answer.reason_code}"
    if answer.requested_until:
        told += f" until {answer.requested_until.isoformat()}"
    desk = extending(held, draft.directory) if answer.act == "request-extension" else draft.desk
    if desk != draft.desk:
        told += "; not the first extension, so the desk above rules"
    approval = give(
        draft,
        "approve",
        desk,
        decision=Decision(reason=told[:2000]),
        instructions=answer.text,
        concerns=task.task_id,
    )
    draft.approval_task = approval.task.task_id


def extending(held: Held, directory: Directory) -> Holder:
    """
    Return which desk may extend the limit of the task *held* now.

    The first time the one that decides about it, from then on the one above, if there is one: a city centre's
    published notice lets the shift leader approve the first, and asks the leader in charge for a second.
    """
    desk = held.task.desk
    return desk if not held.extensions else directory.desk_above(desk) or desk


def drop(draft: Draft, held: Held, _: TaskAnswered) -> None:
    """Let the request be withdrawn by who made it; its task has moved already."""
    draft.amend(held, **_NOT_PENDING)
    _end(draft, held, "refused", WITHDRAWN)
    _release(draft, held, WITHDRAWN)


def grant(draft: Draft, approval: Held, until: datetime | None) -> None:
    """
    Grant what the task *approval* is about, *until* another instant than was asked if that is given.

    It holds from when it was asked: however slow the desk, the unit does not pay for it.
    """
    held = draft.current(approval.task.concerns)
    if held is None or held.asked is None:
        return
    asked = held.asked
    until = until or held.task.requested_until
    match asked.act:
        case "request-extension":
            assert until is not None  # it asks for one
            extend(draft, held, until, at=asked.at, **_NOT_PENDING)
        case "request-suspension":
            assert until is not None  # it asks for one
            suspend(draft, held, until, at=asked.at, **_NOT_PENDING)
        case _:
            draft.move(held, change="exempted", exempt=True, **_NOT_PENDING)
            draft.remember(held, before=None)
    _end(draft, held, "applied")


def extend(draft: Draft, held: Held, until: datetime, **told: Any) -> None:
    """
    Put the deadline off *until* then (延期); *told* is what the task tells besides.

    A request for it waits no longer: granted later it would be another extension than its desk was asked for.
    """
    if held.task.pending == "request-extension":
        told["to"] = held.before
        draft.remember(held, before=None)
    draft.count(extensions=1)
    draft.move(held, change="extended", limit=extended(held, until, draft.directory), **told)
    draft.remember(held, original=held.original or held.task.limit, extensions=held.extensions + 1)


def suspend(draft: Draft, held: Held, until: datetime, *, at: datetime, **told: Any) -> None:
    """Stop the clock from *at* *until* then (缓办); *told* is what the task tells besides."""
    segments = held.segments or begun(held.task.holder, held.task.assigned_at)
    draft.move(held, change="suspended", to="suspended", at=at, suspended_until=until, **told)
    draft.remember(held, segments=suspended(segments, at, until), suspensions=held.suspensions + 1)


def refuse(draft: Draft, approval: Held, reason_code: str | None) -> None:
    """Refuse what the task *approval* is about: the holder goes on as before, his time has run on."""
    held = draft.current(approval.task.concerns)
    if held is None or held.asked is None:
        return
    back = held.before if held.task.state == "pending" else None
    draft.move(held, change="request-refused", to=back, reason_code=reason_code, **_NOT_PENDING)
    _end(draft, held, "refused", "request-refused")


def resume(draft: Draft, held: Held) -> None:
    """
    End a suspension (缓办): at the instant that was set, or before because the desk says so.

    Time counts from the instant that was set whether anybody says so or not.
    """
    until = held.task.suspended_until
    draft.move(held, change="resumed", to=held.before or "working", suspended_until=None)
    early = until is not None and draft.at < until
    draft.remember(held, before=None, segments=resumed(held.segments, draft.at) if early else held.segments)


def lapse(draft: Draft) -> None:
    """
    End what has lost its object: requests of tasks that moved on, and tasks about a task that is over.

    An appeal is about a task that is over: it goes on until that task does, or no desk is asked any more.
    """
    for held in draft.held:
        if held.asked is not None and _is_moot(draft, held):
            if held not in draft.changed:
                # What is over ended when it did: only its request is new.
                task = held.task
                draft.move(held, change="request-refused", at=task.effective_at, reason_code=task.reason_code)
            draft.amend(held, **_NOT_PENDING)
            _end(draft, held, "refused", LAPSED)
            _release(draft, held, LAPSED)
        if held.task.suspended_until is not None and held.task.state not in ("suspended", "pending"):
            draft.amend(held, suspended_until=None)
        if held.open and held.task.kind == "supervise":
            about = draft.current(held.task.concerns)
            # To a person a reply is owed by who says that it is done, too, until the matter is closed.
            if about is not None and not about.open and (held.by_ladder or about.task.state != "done"):
                draft.move(held, change="withdrawn", to="withdrawn", reason_code=OVERTAKEN)
        if held.open and held.task.kind == "dispatch" and not _is_wanted(draft, held):
            draft.move(held, change="withdrawn", to="withdrawn", reason_code=OVERTAKEN)


def _is_wanted(draft: Draft, asked: Held) -> bool:
    """Whether who is to come has not come yet, where the desk is *asked* about a force that did not."""
    force = draft.current(asked.task.concerns)
    if force is None or force.task.kind != "attend":
        return True
    return any(
        held.task.state != "working" and (held is force or held.task.successor == asked.task.task_id)
        for held in draft.waiting("attend")
    )


def _is_moot(draft: Draft, held: Held) -> bool:
    if held.task.pending == "appeal":
        return held.open or not draft.waiting("approve", concerns=held.task.task_id)
    return held.task.state != "pending"


_NOT_PENDING: dict[str, Any] = {"pending": None, "requested_until": None}


def _end(draft: Draft, held: Held, outcome: ActOutcome, code: str | None = None) -> None:
    """Let the request be over, and who made it hear what became of it."""
    asked = held.asked
    assert asked is not None
    draft.remember(held, asked=None)
    errors = (fault(code, "/act"),) if code else ()
    draft.finals.append(Final(asked, held.task.task_id, outcome, errors))


def _release(draft: Draft, held: Held, reason_code: str) -> None:
    """Let nobody be asked about the task any more."""
    for approval in draft.waiting("approve", concerns=held.task.task_id):
        draft.move(approval, change="withdrawn", to="withdrawn", reason_code=reason_code)
