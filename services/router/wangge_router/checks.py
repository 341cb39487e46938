"""Who checks that the work is done (核查), and what it means that it is, or is not."""

from collections.abc import Iterator

from wangge_contracts.v1 import CheckKind, Decision, Holder, TaskAnswered
from wangge_router.case import Held
from wangge_router.conditions import involved
from wangge_router.draft import Draft
from wangge_router.giving import give
from wangge_router.nearest import here, nearby
from wangge_router.renewing import give_back
from wangge_router.routing import is_post
from wangge_router.snapshot import told_by
from wangge_router.turns import WORK
from wangge_router.verifying import take_up

_CHECKERS = ("manager", "inspector")
"""Who checks in a grid: its head (格长), else its inspector (督导员)."""


def ask_check(draft: Draft, held: Held, answer: TaskAnswered) -> None:
    """
    Let somebody who is nearest on the roster, and had no part in it, look at the lead's work.

    He is told what the lead says of it, and shown what it shows. What needs no check (免核查) by its rule is
    as good as passed. Where nobody can be called, somebody goes.
    """
    kind, instead = _kind(draft)
    if kind == "none":
        draft.keep(passed=True)
        return
    checker, why = _checker(draft)
    reason = f"{held.task.holder} says it is done; {checker} checks it ({kind}{instead}): {why}"
    give(
        draft,
        "check",
        checker,
        decision=Decision(reason=reason[:2000]),
        instructions=answer.text,
        concerns=held.task.task_id,
        check_kind=kind,
        shown=answer.evidence,
    )


def passed(draft: Draft, _: Held, __: TaskAnswered) -> None:
    """Let the incident be closed as soon as nothing else is waited for."""
    draft.keep(passed=True)


def failed(draft: Draft, _: Held, answer: TaskAnswered) -> None:
    """Let the lead do it again (返工), or a desk find another; what had no lead goes where its rule says."""
    # A row may have it closed by the desk's word while it was still being checked.
    draft.keep(passed=False)
    lead = draft.lead
    if lead is None:
        take_up(draft)
    else:
        reason = f"the check failed, and {lead.task.holder}, whose work it was, is no longer there"
        desk = Decision(reason=reason)
        give_back(draft, lead, change="rework", instructions=answer.text, otherwise=desk)


def _kind(draft: Draft) -> tuple[CheckKind, str]:
    """How it is checked, and why so where its rule has it otherwise."""
    case = draft.before
    if case.check_kind != "telephone" or told_by(case.incident)["contact_allowed"]:
        return case.check_kind, ""
    left = "may not be called" if case.incident.contact_ref else "left no contact"
    return "on-the-spot", f", not by telephone: who reported {left}"


def _checker(draft: Draft) -> tuple[Holder, str]:
    """
    Who checks, and why he: the nearest who may; never a unit that handled it.

    Passed over are also a desk that dispatched it, and a post or desk all of whose people had a part in it:
    what a shift of one cannot check goes up to the district, the last there is.
    """
    work = [held for held in draft.held if held.task.kind in WORK]
    decided = [held for held in draft.held if held.task.kind == "dispatch" and held.task.state == "done"]
    units = {held.task.holder for held in (*work, *decided)}
    people = involved(draft.before) | {hand for held in draft.held for hand in held.hands}
    if past := draft.before.past:
        units.update(past.holders)
        people.update(past.hands)
    passed_over: list[str] = []
    for holder, why in _candidates(draft):
        known = draft.directory.people(holder)
        if holder in units:
            passed_over.append(f"not {holder}: handled or dispatched it")
        elif known and known <= people:
            passed_over.append(f"not {holder}: had a part in it")
        else:
            return holder, "; ".join((why, *dict.fromkeys(passed_over)))
    return holder, "; ".join(("the last there is", *dict.fromkeys(passed_over)))


def _candidates(draft: Draft) -> Iterator[tuple[Holder, str]]:
    """Who may be asked, the nearest on the roster first, and what he is; the first that may is taken."""
    case = draft.before
    if case.checker.startswith("officer:") or not _on_foot(draft):
        yield case.checker, "as its rule has it"
    if _on_foot(draft):
        yield from ((holder, "of the same grid") for holder in here(draft, *_CHECKERS))
        yield from ((holder, "of the nearest grid of the community") for holder in nearby(draft, *_CHECKERS))
    located = draft.directory.sorting.registry.locate(case.incident.place)
    yield located.desk("workstation"), "the community's desk"
    yield located.desk("street"), "the street's desk"
    yield located.desk("district"), "the district's desk"


def _on_foot(draft: Draft) -> bool:
    """Whether an officer goes there, unless the rule that decided asked for a desk by name."""
    kind, _ = _kind(draft)
    if kind != "on-the-spot":
        return False
    kept = draft.before.on_foot
    return _was_to_go(draft) if kept is None else kept


def _was_to_go(draft: Draft) -> bool:
    """Say of a case that does not keep it what the rule of that name asks for now."""
    rulebook = draft.directory.sorting.rulebook
    rule = draft.before.decision.rule
    asked = next((each.then.check for each in rulebook.rules if each.name == rule), None)
    return is_post(asked or rulebook.check)
