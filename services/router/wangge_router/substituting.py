"""A called force did not confirm that it comes: who is called instead."""

from wangge_contracts.v1 import Decision, DeskOrdered, Faults, Holder, fault
from wangge_router.case import Held
from wangge_router.commanding import Line, named
from wangge_router.draft import Draft
from wangge_router.giving import give


def _attendance_unconfirmed(draft: Draft, order: DeskOrdered) -> Faults:
    """
    Call the next: the deputy of that post, then those of the rulebook's `substitutes`.

    When all were called, the desk gets a `dispatch` task. The first stays called: he may still come, and his
    coming counts; but nobody waits for him once who stands in for him is there.
    """
    found = [held for held in named(draft, order) if held.task.kind == "attend"]
    coming = [held for held in found if held.open and held.task.state != "working"]
    if not found or len(coming) < len(found) or any(held.task.successor for held in found):
        return (fault("not-allowed-now", "/task_ids", detail_en="nobody who is waited for there"),)
    for held in coming:
        holder = _next(draft, held)
        reason = f"{held.task.holder} did not confirm; {holder or draft.desk} instead"
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


def _next(draft: Draft, held: Held) -> Holder | None:
    """Return who was not called yet: his deputy, else the next on the list; None when nobody is left."""
    sorting, deputy = draft.directory.sorting, draft.directory.deputies.get(held.task.holder)
    located = sorting.registry.locate(draft.incident.place)
    seats = (sorting.seat(seat, located) for seat in sorting.rulebook.substitutes)
    posts = (deputy or "", *(holder for holder, note in seats if note is None))
    called = {each.task.holder for each in draft.held if each.task.kind == "attend"}
    return next((post for post in posts if post.startswith("officer:") and post not in called), None)


SUBSTITUTING: dict[str, Line] = {
    "attendance-unconfirmed": Line(
        _attendance_unconfirmed, "dispatched", desk="any", by=("ladder",), needs=("task_ids",)
    ),
}
