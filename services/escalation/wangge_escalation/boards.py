"""On which boards (挂账) the task of a clock stands, and which it has left. Pure."""

from datetime import datetime

from wangge_contracts.message import known
from wangge_contracts.v1 import Board, ListedSpan, Task
from wangge_escalation.clocks import Clock, Moved, Said, but
from wangge_escalation.saying import say
from wangge_escalation.seeing import Seen

Where = tuple[Board, str | None]
"""A board, and whose."""


def moved(clock: Clock, seen: Seen) -> bool:
    """Whether the task stands on other boards than the clock says."""
    return _open(clock) != _shown(seen.task).keys()


def relist(clock: Clock, seen: Seen) -> Moved:
    """
    Time on a board counts; it hides no suspension, and a suspension hides no listing.

    What is listed since the same instant as before was never off: its holder's return was refused (推诿).
    """
    task, scene = seen.task, seen.scene(clock.limit)
    now, before = _shown(task), _open(clock)
    kept = tuple(
        each.model_copy(update={"until": max(task.effective_at, each.since)})
        if each.until is None and (each.board, each.place) not in now
        else each
        for each in clock.listings
        if each.until is None or now.get((each.board, each.place)) != each.since
    )
    fresh = tuple(
        ListedSpan(board=board, place=place, since=since)
        for (board, place), since in now.items()
        if (board, place) not in before
    )
    clock = but(clock, listings=(*kept, *fresh))
    said: tuple[Said, ...] = ()
    if before - now.keys():
        clock, said = say(clock, "unlisted", at=task.effective_at, scene=scene)
    if fresh:
        clock, more = say(clock, "listed", at=task.effective_at, scene=scene)
        said += more
    return clock, said


def _open(clock: Clock) -> set[Where]:
    return {(each.board, each.place) for each in clock.listings if each.until is None}


def _shown(task: Task) -> dict[Where, datetime]:
    return {(known(Board, each.board), each.place): each.since for each in task.listed}
