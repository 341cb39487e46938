"""After units were removed: whether any of them was given a task in the very second of it."""

from collections.abc import Mapping

from wangge_contracts.topics import INCIDENTS_CHANGED
from wangge_local.ground import GroundError, poll
from wangge_local.house_books import Busy, HouseBooks
from wangge_local.listening import Log
from wangge_local.publish import told_busy

_ROUTER, _LEDGER = "router", "ledger"
_WITHIN_S = 30.0


def see_nothing_slipped(gone: set[str], version: str, *, log: Log, books: HouseBooks) -> None:
    """:raises GroundError: one of those *gone* was given a task all the same, or nobody knows."""
    busy = slipped(gone, version, log=log, books=books)
    if busy:
        raise GroundError(
            f"version {version} is in force, and {told_busy(busy)}, given while it was published:"
            " their desks must designate another unit (wangge explain CASE)"
        )


def slipped(
    gone: set[str], version: str, *, log: Log, books: HouseBooks, within_s: float = _WITHIN_S
) -> list[Busy]:
    """
    Return who of those *gone* holds open tasks now that the router decides by *version*.

    The check before a publication reads the ledger, which is a moment late, and the router may still give a
    task by the version before. So: wait until the router's schema has the version and every turn that began
    before is over, until what those decided is published, and until the ledger has read it; then ask again.
    Raises GroundError when that takes longer than *within_s*.
    """
    waiting, switched_at = f"the router does not have version {version} yet", ""
    decided: Mapping[tuple[str, int], int] | None = None
    for _ in poll(timeout=within_s, every=0.1):
        if decided is None:
            if not switched_at and not books.switched(_ROUTER, version):
                continue
            switched_at = switched_at or books.pulse().now.isoformat()
            waiting = "what the router decided before is not published yet"
            if any(row.service == _ROUTER and row.since < switched_at for row in books.unpublished()):
                continue
            decided = log.next([INCIDENTS_CHANGED.name])
            waiting = "the ledger has not read all that was decided before"
        read = books.pulse().read_upto.get(_LEDGER, {})
        if all(read.get(at, 0) >= end for at, end in decided.items()):
            return [each for each in books.busy(sorted(gone)) if each.tasks]
    raise GroundError(
        f"version {version} is in force, but {waiting}: whether somebody who is gone was given a task"
        " meanwhile is not known; see wangge status and wangge incidents"
    )
