"""Who handles does not confirm (回避): for a unit it holds as it holds for each of its people."""

from collections.abc import Iterator

from wangge_contracts.v1 import Holder
from wangge_router.case import Case
from wangge_router.directory import Directory
from wangge_router.turns import WORK


def conflicted(case: Case, holder: Holder, directory: Directory) -> bool:
    """
    Whether *holder* handled it, so that a desk above has to confirm it.

    Where no desk above is free of it, the last there is may: then only its people are kept apart.
    """
    return holder in _units(case) and free_desk(case, holder, directory) is not None


def free_desk(case: Case, holder: Holder, directory: Directory) -> Holder | None:
    """Return the next desk above *holder* that did not handle it."""
    units = _units(case)
    return next((desk for desk in _above(holder, directory) if desk not in units), None)


def _above(holder: Holder, directory: Directory) -> Iterator[Holder]:
    above = directory.desk_above(holder)
    while above is not None:
        yield above
        above = directory.desk_above(above)


def _units(case: Case) -> set[Holder]:
    """The units whose people worked on it."""
    worked = (held.task.holder for held in case.held if held.task.kind in WORK and held.hands)
    return {*worked, *(case.past.units if case.past else ())}
