"""A task goes on with another holder, or in another round or stage: what of it begins anew then."""

from datetime import datetime
from typing import Any

from wangge_contracts.v1 import Decision, Holder, Limit, TaskChange, TaskChanged, Text
from wangge_router.case import Held
from wangge_router.draft import Draft
from wangge_router.giving import give
from wangge_router.timing import acknowledge_by


def hand_over(draft: Draft, held: Held, holder: Holder) -> None:
    """Let *holder* go on with a task that this act has moved: its clock runs on, its time is his."""
    task = draft.latest(held).task
    draft.former[task.task_id] = task.holder
    draft.amend(held, holder=holder, acknowledge_by=_signing(draft, task, holder))
    draft.remember(held, since=task.revision)


def begin_again(draft: Draft, held: Held, *, change: TaskChange, **told: Any) -> None:
    """
    Give a task anew (返工, reopening): a new round with the whole limit.

    What was answered to the old one is stale; what was appealed, or is exempt, was of the old one.
    """
    owed = draft.waiting("supervise", concerns=held.task.task_id)
    supervised = owed[-1].task.supervised if owed else None
    draft.move(held, change=change, to="assigned", exempt=None, supervised=supervised, **told)
    now = draft.latest(held)
    task = now.task
    draft.amend(held, round=task.round + 1, acknowledge_by=_signing(draft, task, task.holder))
    start_limit(draft, held, now.original or task.limit)
    draft.remember(held, since=task.revision, before=None, appealed=False)


def give_back(
    draft: Draft, lead: Held, *, change: TaskChange, instructions: Text | None, otherwise: Decision
) -> None:
    """
    Let who led go on, with a new round; where he is gone from the reference data, a desk looks for another.

    The desk is asked as for a matter that nobody has handled, and told *otherwise* as the reason why.
    """
    if draft.directory.knows(lead.task.holder):
        begin_again(draft, lead, change=change, instructions=instructions or lead.task.instructions)
    else:
        draft.move(lead, change="ended", to="ended")
        give(draft, "dispatch", draft.desk, decision=otherwise, instructions=instructions)


def start_limit(draft: Draft, held: Held, limit: Limit, **told: Any) -> None:
    """Let *limit* run from now on: nothing of it is used, extended or suspended yet."""
    draft.amend(held, limit=limit, assigned_at=draft.at, suspended_until=None, **told)
    draft.remember(held, original=None, extensions=0, suspensions=0, segments=())


def _signing(draft: Draft, task: TaskChanged, holder: Holder) -> datetime | None:
    """When *holder*, who is given *task* now, has to sign for it (签收)."""
    return acknowledge_by(task.kind, holder, task.urgency, draft.at, draft.directory)
