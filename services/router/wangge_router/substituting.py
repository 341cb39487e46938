"""A called force did not confirm that it comes: who is called instead."""

from collections.abc import Iterator

from wangge_contracts.v1 import Decision, DeskOrdered, Faults, Holder, fault
from wangge_router.case import Held
from wangge_router.commanding import Line, named
from wangge_router.draft import Draft
from wangge_router.giving import give
from wangge_router.nearest import nearby


def _attendance_unconfirmed(draft: Draft, order: DeskOrdered) -> Faults:
    """
    Call the next: the deputy of that post, then those of the rulebook's `substitutes`, then the same post of
    the nearest grids.

    When all were called, the desk gets a `dispatch` task. The first stays called: he may still come, and his
    coming counts; but nobody waits for him once who stands in for him is there.
    """
    found = [held for held in named(draft, order) if held.task.kind == "attend"]
    coming = [held for held in found if held.open and held.task.state != "working"]
    if not found or len(coming) < len(found) or any(held.task.successor for held in found):
        return (
            fault(
                "not-allowed-now",
                "/task_ids",
                detail_zh="没有等待到场的人员",
                detail_en="nobody who is waited for there",
            ),
        )
    for held in coming:
        holder, why = _next(draft, held)
        reason = f"{held.task.holder} did not confirm; {holder or draft.desk} instead, {why}"
        given = give(
            draft,
            "attend" if holder else "dispatch",
            holder or draft.desk,
            decision=Decision(order_id=order.order_id, reason=reason),
            instructions=held.task.instructions,
            concerns=None if holder else held.task.task_id,
            predecessor=held.task.task_id,
        )
        draft.move(held, change="revised", successor=given.task.task_id)
    return ()


def _next(draft: Draft, held: Held) -> tuple[Holder | None, str]:
    """Return who was not called yet, and what he is; None when nobody is left."""
    called = {each.task.holder for each in draft.held if each.task.kind == "attend"}
    if past := draft.before.past:
        called.update(past.called)
    return next(
        (found for found in _candidates(draft, held) if found[0] not in called),
        (None, "for all were called"),
    )


def _candidates(draft: Draft, held: Held) -> Iterator[tuple[Holder, str]]:
    sorting, incident = draft.directory.sorting, draft.incident
    deputy = draft.directory.deputies.get(held.task.holder)
    if deputy is not None:
        yield deputy, "his deputy"
    located = sorting.registry.locate(incident.place)
    for seat in sorting.rulebook.substitutes:
        holder, note = sorting.seat(seat, located)
        if note is None and holder.startswith("officer:"):
            yield holder, "who stands in by the rulebook"
    code, _, role = held.task.holder.removeprefix("officer:").partition("/")
    where = sorting.registry.find(code)
    if where is not None and where.grid is not None:
        yield from ((holder, "of the nearest grid") for holder in nearby(draft, role))


SUBSTITUTING: dict[str, Line] = {
    "attendance-unconfirmed": Line(
        _attendance_unconfirmed, "dispatched", desk="any", by=("ladder",), needs=("task_ids",)
    ),
}
