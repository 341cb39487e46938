"""A desk had decided before the ladder dispatched by itself, and is read after it: its decision stands."""

from collections.abc import Sequence

from wangge_contracts.v1 import DeskOrdered, Fault, OrderedParty, fault
from wangge_router.case import Given, Held, leading
from wangge_router.commanding import named, speaker_of
from wangge_router.draft import Draft

DECIDED_BEFORE = "decided-before"
"""The reason of a task that is taken back: the ladder gave it when a desk had decided otherwise already."""


def forestalled(draft: Draft, order: DeskOrdered) -> list[Held]:
    """
    Return the `dispatch` task, if any, that the ladder ended later than a person's *order* took effect.

    It is the last of those that the order names; of all, if it names none. What took effect at the same
    instant was not first.
    """
    if speaker_of(order) != "person":
        return []
    among = named(draft, order) if order.task_ids else draft.held
    return [held for held in among if held.given and order.effective_at < held.task.effective_at][-1:]


def against(tasks: Sequence[Held], ended: Sequence[Held]) -> Fault | None:
    """
    Return why it is too late to take back what the ladder gave when it *ended* some of an incident's *tasks*,
    if it is.
    """
    latest = next((held for held in reversed(tasks) if held.task.kind == "handle"), None)
    given = {each.task_id for held in ended for each in held.given}
    if latest is None or latest.task.task_id not in given:
        told = "it was dispatched by itself, and a desk has decided since; designate"
        return fault("not-allowed-now", "/order", detail_zh="已自动派遣，其后另有决定", detail_en=told)
    if leading(tasks) is not None and (not latest.open or latest.task.round > 1):
        told = "it was dispatched by itself, and has been handled since"
        return fault("not-allowed-now", "/order", detail_zh="已自动派遣并处置", detail_en=told)
    return None


def take_back(
    draft: Draft, ended: Sequence[Held], wanted: Sequence[OrderedParty]
) -> tuple[OrderedParty, ...]:
    """
    Take back what the ladder gave when it *ended* these tasks, but for what is *wanted* as it was given.

    A desk that was asked about what is taken back is asked no longer. Returns who of the wanted is still to
    be given a task: what both gave stays where it is, returned or done though it may be.
    """
    given = [each for held in ended for each in held.given]
    kept = [party for party in wanted if any(_as_given(party, each) for each in given)]
    for each in given:
        if any(_as_given(party, each) for party in kept):
            continue
        held = draft.current(each.task_id)
        about = draft.waiting("dispatch", concerns=each.task_id)
        for back in (*([held] if held is not None and held.open else []), *about):
            let_go(draft, back, DECIDED_BEFORE)
    return tuple(party for party in wanted if party not in kept)


def let_go(draft: Draft, held: Held, reason_code: str) -> None:
    """
    Withdraw a task and undo what giving it did to another: nobody must reply, and nobody stands in but who
    was called after him.
    """
    draft.move(held, change="withdrawn", to="withdrawn", reason_code=reason_code)
    for other in draft.held:
        if not other.open:
            continue
        if held.task.kind == "supervise" and other.task.task_id == held.task.concerns:
            asked = other.task.supervised
            if asked is not None and asked.order_id == held.task.decision.order_id:
                draft.move(other, change="revised", supervised=None)
        if held.task.kind == "attend" and other.task.successor == held.task.task_id:
            draft.move(other, change="revised", successor=held.task.successor)


def _as_given(party: OrderedParty, given: Given) -> bool:
    """Whether a desk that names *party* wants what was *given*, and no limit or words of its own."""
    there = given.party
    return (
        (party.kind, party.holder) == (there.kind, there.holder)
        and party.limit in (None, there.limit)
        and party.instructions in (None, there.instructions)
    )
