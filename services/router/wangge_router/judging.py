"""A holder's answer -> what it changes, or why it is refused."""

from datetime import datetime
from typing import Any

from wangge_contracts.message import words
from wangge_contracts.v1 import Act, Cause, Faults, TaskAnswered, fault, lacking_in_answer
from wangge_router.allowing import lines
from wangge_router.case import Case, Held
from wangge_router.conditions import Plea, is_given, life_of, objections
from wangge_router.consequences import conclude, follow
from wangge_router.directory import Directory
from wangge_router.draft import Draft
from wangge_router.kinship import over
from wangge_router.outcome import Outcome
from wangge_router.settling import settle
from wangge_router.turns import HANDS, Transition, Who

_ACTS = frozenset(words(Act))
_NOTED = ("your_reference", "verdict", "milestone", "planned_completion")


def judge(
    case: Case, answer: TaskAnswered, directory: Directory, *, cause: Cause, at: datetime, now: datetime
) -> Outcome | Faults:
    """
    Judge *answer*, effective *at* and read *now* (house time, UTC): what it leads to, or what is against it.

    What is refused changes nothing.
    """
    held = case.find(answer.task_id)
    if held is None:
        return (fault("unknown-task", "/task_id"),)
    who = speaker(answer, held, directory)
    chosen = _line(case, held, answer, who)
    if not isinstance(chosen, Transition):
        return chosen
    faults = objections(chosen, Plea(case, held, answer, directory, at))
    if faults:
        return faults
    draft = Draft(case, directory, cause=cause, at=at)
    _apply(draft, held, answer, chosen)
    closed = conclude(draft)
    return settle(
        draft,
        "closed" if closed else chosen.told,
        now=now,
        reason_code=answer.reason_code,
        reason=answer.text,
    )


def speaker(answer: TaskAnswered, held: Held, directory: Directory) -> Who:
    """
    Who says it, as seen from the task.

    An outsider is whoever owns the topic it came by: a unit itself, or a terminal system for the officers
    entrusted to it. Inside, console and notifier vouch for whom somebody speaks; for a unit that is reached
    by telephone only, that is its desk.
    """
    holder, claimed = held.task.holder, answer.on_behalf_of
    if answer.origin is None:
        if claimed != holder:
            return "stranger"
        return "desk" if directory.reach(holder) == "contact-only" else "holder"
    owner, _, slug = answer.origin.partition(".")
    if claimed not in (None, holder):
        return "stranger"
    if owner == "departments":
        return "holder" if holder == f"department:{slug}" else "stranger"
    if not holder.startswith("officer:") or directory.terminal_of(holder) != slug:
        return "stranger"
    return "holder" if claimed or directory.fills(answer.actor, holder) else "stranger"


def _line(case: Case, held: Held, answer: TaskAnswered, who: Who) -> Transition | Faults:
    """The line of the transition table for *answer*; without one, why there is none."""
    task, life = held.task, life_of(case.incident.state)
    if who == "stranger":
        return (fault("not-yours", "/task_id"),)
    if answer.act not in _ACTS:
        return (fault("unknown-act", "/act"),)
    known = lines(task.kind, task.state, answer.act, who=who)
    candidates = [line for line in known if life in line.life and is_given(line.given, held)]
    if not candidates:
        return (over(case.incident),) if life != "open" else (fault("not-allowed-now", "/act"),)
    lacking = lacking_in_answer(answer)
    if lacking:
        return tuple(
            fault("reason-required" if answer.act == "return" else "missing", pointer) for pointer in lacking
        )
    fitting = [line for line in candidates if line.verdict in (None, answer.verdict)]
    return fitting[0] if fitting else (fault("invalid", "/verdict"),)


def _apply(draft: Draft, held: Held, answer: TaskAnswered, line: Transition) -> None:
    if line.counted:
        draft.count(**{line.counted: 1})
    draft.move(
        held,
        change=line.change,
        to=held.before if line.to == "before" else line.to,
        reason_code=answer.reason_code if line.to == "returned" else None,
        hand=answer.actor.staff_id if line.act in HANDS else None,
        **_noted(answer),
    )
    for effect in line.effects:
        follow(effect, draft, held, answer)


def _noted(answer: TaskAnswered) -> dict[str, Any]:
    """What the task tells from now on because its holder said it last."""
    noted = {name: getattr(answer, name) for name in _NOTED}
    return {name: value for name, value in noted.items() if value is not None}
