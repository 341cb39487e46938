"""Who checks that the work is done (核查), and what it means that it is, or is not."""

from collections.abc import Iterator

from wangge_contracts.v1 import CheckKind, Decision, Holder, TaskAnswered
from wangge_router.case import Held
from wangge_router.conditions import involved
from wangge_router.draft import Draft
from wangge_router.giving import give
from wangge_router.renewing import begin_again
from wangge_router.turns import WORK
from wangge_router.verifying import take_up


def ask_check(draft: Draft, held: Held, _: TaskAnswered) -> None:
    """
    Let somebody who is nearest on the roster, and had no part in it, look at the lead's work.

    What needs no check (免核查) by its rule is as good as passed.
    """
    kind: CheckKind = draft.before.check_kind
    if kind == "none":
        draft.keep(passed=True)
        return
    checker = _checker(draft)
    reason = f"{held.task.holder} says it is done; {checker} checks it ({kind})"
    give(
        draft, "check", checker, decision=Decision(reason=reason), concerns=held.task.task_id, check_kind=kind
    )


def passed(draft: Draft, _: Held, __: TaskAnswered) -> None:
    """Let the incident be closed as soon as nothing else is waited for."""
    draft.keep(passed=True)


def failed(draft: Draft, _: Held, answer: TaskAnswered) -> None:
    """Let the lead do it again (返工); what had no lead yet goes where its rule says."""
    lead = draft.lead
    if lead is None:
        take_up(draft)
    else:
        begin_again(draft, lead, change="rework", instructions=answer.text or lead.task.instructions)


def _checker(draft: Draft) -> Holder:
    """
    Who checks: the one the rule named, else the next on the spot, else a desk; never a unit that handled it.

    Passed over are also a desk that dispatched it, and a post or desk all of whose people had a part in it:
    what a shift of one cannot check goes up to the district, the last there is.
    """
    units = {
        held.task.holder
        for held in draft.held
        if held.task.kind in WORK or (held.task.kind == "dispatch" and held.task.state == "done")
    }
    people = involved(draft.before) | {hand for held in draft.held for hand in held.hands}
    if past := draft.before.past:
        units.update(past.holders)
        people.update(past.hands)
    candidates = tuple(_candidates(draft))
    for holder in candidates:
        known = draft.directory.people(holder)
        if holder not in units and not (known and known <= people):
            return holder
    return candidates[-1]


def _candidates(draft: Draft) -> Iterator[Holder]:
    """Who may be asked, the nearest on the roster first."""
    case, sorting = draft.before, draft.directory.sorting
    located = sorting.registry.locate(case.incident.place)
    yield case.checker
    inspector, note = sorting.seat("grid/inspector", located)
    if not note:
        yield inspector
    yield located.desk("workstation")
    yield located.desk("street")
    yield located.desk("district")
