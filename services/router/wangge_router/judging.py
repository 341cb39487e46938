"""A holder's answer -> what it changes, or why it is refused."""

from collections import Counter
from datetime import datetime

from wangge_contracts.message import words
from wangge_contracts.v1 import Act, Cause, Fault, Faults, TaskAnswered, fault, lacking_in_answer
from wangge_router.case import Case, Held
from wangge_router.consequences import conclude, follow
from wangge_router.directory import Directory
from wangge_router.draft import Draft, Outcome
from wangge_router.lifecycle import SUPPORTED, WORK, Transition, Who, lines

_ACTS = frozenset(words(Act))


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
    faults = _objections(case, held, answer, chosen, directory)
    if faults:
        return faults
    draft = Draft(case, directory, cause=cause, at=at)
    _apply(draft, held, answer, chosen)
    closed = conclude(draft)
    return draft.settle(
        "closed" if closed else "task-changed",
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
    task = held.task
    if who == "stranger":
        return (fault("not-yours", "/task_id"),)
    if answer.act not in _ACTS:
        return (fault("unknown-act", "/act"),)
    if answer.act not in SUPPORTED:
        return (fault("not-supported-yet", "/act"),)
    if case.over:
        return (fault("closed"),)
    candidates = lines(task.kind, task.state, answer.act, who=who)
    if not candidates:
        return (fault("not-allowed-now", "/act"),)
    lacking = lacking_in_answer(answer)
    if lacking:
        return tuple(
            fault("reason-required" if answer.act == "return" else "missing", pointer) for pointer in lacking
        )
    fitting = [line for line in candidates if line.verdict in (None, answer.verdict)]
    return fitting[0] if fitting else (fault("invalid", "/verdict"),)


def _objections(
    case: Case, held: Held, answer: TaskAnswered, line: Transition, directory: Directory
) -> tuple[Fault, ...]:
    """What stands against taking that line now."""
    if line.guard == "may-return" and held.designated:
        return (fault("not-allowed-now", "/act", detail_zh="指定任务不得退回", detail_en="designated"),)
    if line.guard == "desk-above" and directory.desk_above(held.task.holder) is None:
        return (fault("not-allowed-now", "/act", detail_zh="已是最高一级", detail_en="no desk above"),)
    if line.fresh and answer.based_on_revision < held.since:
        return (fault("stale", "/based_on_revision"),)
    if line.act == "check" and answer.actor.staff_id in _involved(case):
        return (fault("own-work", "/actor/staff_id"),)
    if line.act == "done":
        shown = Counter(attachment.purpose for attachment in answer.evidence)
        lacking = [rule for rule in held.task.required_evidence if shown[rule.purpose] < rule.at_least]
        return tuple(
            fault("evidence-missing", "/evidence", detail_en=f"{rule.at_least} x {rule.purpose}")
            for rule in lacking
        )
    return ()


def _involved(case: Case) -> set[str]:
    """The people who handled it or dispatched it: whoever did may not confirm."""
    hands = (hand for held in case.held if held.task.kind in WORK for hand in held.hands)
    return {*hands, *case.dispatchers}


def _apply(draft: Draft, held: Held, answer: TaskAnswered, line: Transition) -> None:
    if line.counted:
        draft.count(**{line.counted: 1})
    draft.move(
        held,
        change=line.change,
        to=line.to,
        reason_code=answer.reason_code if line.to == "returned" else None,
        hand=answer.actor.staff_id if line.act in ("progress", "done") else None,
        your_reference=answer.your_reference,
    )
    if line.effect:
        follow(line.effect, draft, held, answer)
