"""
Public listing of what is not resolved (挂账), on a street's or the district's board, until lifted (销账).

Listing stands over an open task and is never a state of it: it is being handled *and* listed. It ends with
the task.
"""

from collections.abc import Mapping

from wangge_contracts.message import known, most
from wangge_contracts.v1 import Board, DeskOrdered, Faults, Listing, PlaceCode, Task, fault
from wangge_router.commanding import Line, meant, speaker_of
from wangge_router.draft import Draft
from wangge_router.results import Desk
from wangge_router.watching import returned, returned_since

_MOST = most(Task, "listed")
"""On how many boards a task may be at once."""
_LEVELS: dict[Board, Desk] = {"community": "workstation", "street": "street", "district": "district"}


def _list(draft: Draft, order: DeskOrdered) -> Faults:
    """
    Put the tasks on the board, which by default is the one of the incident's own place.

    A task whose return waits for the desk is on none, and comes to the one on which the ladder had to put it
    before that.
    """
    assert order.board is not None
    tasks = meant(draft, order)
    back = returned_since(draft, order)
    if not tasks and not back:
        return (
            fault(
                "not-allowed-now",
                "/task_ids",
                detail_zh="没有可挂账的在办任务",
                detail_en="no open task to list",
            ),
        )
    board = known(Board, order.board)
    entry = Listing(
        board=board,
        place=_named(draft, order) or boards(draft)[board],
        since=draft.at,
        reason_code=order.reason_code,
        reason=order.reason,
    )
    fresh = [held for held in tasks if not any(_same(old, entry) for old in held.task.listed)]
    back = [(held, was) for held, was in back if not any(_same(old, entry) for old in was.listed)]
    if not fresh and not back:
        return (fault("not-allowed-now", "/board", detail_zh="已挂账", detail_en="it is listed there"),)
    if any(len(held.task.listed) >= _MOST for held in fresh):
        return (
            fault(
                "too-much",
                "/board",
                detail_zh="挂账的平台已达上限",
                detail_en=f"it is on {_MOST} boards already",
            ),
        )
    for held in fresh:
        draft.move(held, change="listed", listed=(*held.task.listed, entry))
    for held, was in back:
        draft.remember(held, watched=was.model_copy(update={"listed": (*was.listed, entry)}))
    return ()


def _unlist(draft: Draft, order: DeskOrdered) -> Faults:
    """
    Take the tasks off the board it names, or off all; a person only from boards of his own or below.

    The ladder takes back what its own rung has listed: since the same instant, whatever place's board it is.
    A task whose return waits for the desk is on none, and comes back to none that it is taken off meanwhile.
    """
    listed = [held for held in meant(draft, order) if held.task.listed]
    back = [(held, was) for held, was in returned(draft) if held.task.task_id in order.task_ids]
    entries = [*(held.task.listed for held in listed), *(was.listed for _, was in back)]
    lifted = [entry for among in entries for entry in among if _meant(entry, order)]
    if not lifted:
        return (fault("not-allowed-now", "/board", detail_zh="未挂账", detail_en="it is not listed there"),)
    if speaker_of(order) == "person":
        desk, commands = order.on_behalf_of or "", draft.directory.commands
        if not all(commands(desk, f"desk:{entry.place}") for entry in lifted if entry.place):
            return (
                fault(
                    "not-yours",
                    "/board",
                    detail_zh="该平台属上级指挥中心",
                    detail_en="the board is a higher desk's",
                ),
            )
    for held in listed:
        rest = tuple(entry for entry in held.task.listed if not _meant(entry, order))
        if rest != held.task.listed:
            draft.move(held, change="unlisted", listed=rest)
    for held, was in back:
        rest = tuple(entry for entry in was.listed if not _meant(entry, order))
        draft.remember(held, watched=was.model_copy(update={"listed": rest}))
    return ()


def _meant(entry: Listing, order: DeskOrdered) -> bool:
    if speaker_of(order) == "ladder":
        return (entry.board, entry.since) == (order.board, order.effective_at)
    return order.board in (None, entry.board) and order.board_place in (None, entry.place)


def _same(old: Listing, new: Listing) -> bool:
    return (old.board, old.place) == (new.board, new.place)


def _named(draft: Draft, order: DeskOrdered) -> PlaceCode | None:
    """Return whose board *order* names; the ladder may not have heard that the place had been put right."""
    placed_at = draft.kept("placed_at")
    is_stale = speaker_of(order) == "ladder" and placed_at is not None and placed_at <= draft.at
    return None if is_stale else order.board_place


def boards(draft: Draft) -> dict[Board, PlaceCode]:
    """Return the place whose board of each level the incident belongs on, or of the next level above."""
    located = draft.directory.sorting.registry.locate(draft.incident.place)
    return {board: located.desk(level).removeprefix("desk:") for board, level in _LEVELS.items()}


def relist(draft: Draft, before: Mapping[Board, PlaceCode]) -> None:
    """
    Bring what was listed since the place was put right from the boards it belonged on *before* to its own.

    What was listed earlier stays where it was until it is lifted.
    """
    now = boards(draft)

    def moved(listed: tuple[Listing, ...]) -> tuple[Listing, ...]:
        each_once: dict[object, Listing] = {}
        for entry in listed:
            if entry.since >= draft.at and entry.place == before.get(entry.board):
                entry = entry.model_copy(update={"place": now[entry.board]})
            each_once.setdefault((entry.board, entry.place), entry)
        return tuple(each_once.values())

    for held in draft.held:
        if held.task.listed:
            draft.amend(held, listed=moved(held.task.listed))
    for held, was in returned(draft):
        draft.remember(held, watched=was.model_copy(update={"listed": moved(was.listed)}))


LISTING: dict[str, Line] = {
    "list": Line(_list, "listed", by=("person", "ladder"), needs=("board",), needs_reason=True),
    "unlist": Line(_unlist, "unlisted", by=("person", "ladder"), needs_reason=True),
}
