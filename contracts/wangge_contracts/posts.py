"""Posts named by their level, as `grid/police`, and who stands in for whom (代班): one reading for all."""

from collections.abc import Collection, Iterable, Mapping
from typing import Annotated, TypeVar

from pydantic import Field

from wangge_contracts.v1 import Place

SeatOrHolder = Annotated[
    str,
    Field(
        pattern=r"^((district|street|community|grid)/[a-z0-9](-?[a-z0-9])*|(desk|officer|department):[0-9a-z/-]+)$",
        max_length=96,
    ),
]
"""A post at every place of a level, or one holder in particular."""
_DESK = "desk"
"""The role that is not an officer's post but the desk of the place itself."""
T = TypeVar("T")


def seated(code: str, role: str) -> str:
    """Return the holder whose role at the place *code* it is."""
    return f"desk:{code}" if role == _DESK else f"officer:{code}/{role}"


class Seats:
    """The places, to find a holder's level and post, and the holder of a post at or above his place."""

    def __init__(self, places: Iterable[Place]) -> None:
        self._places = {place.code: place for place in places}

    def named(self, holder: str) -> str | None:
        """Return level and post of *holder*, as `grid/police`; None for a unit or an unknown place."""
        kind, _, rest = holder.partition(":")
        code, _, role = rest.partition("/")
        place = self._places.get(code)
        if place is None or kind == "department":
            return None
        return f"{place.level}/{role or _DESK}"

    def holder(self, named: str, *, near: str) -> str | None:
        """Return the holder of *named* at the place of the holder *near*, or at one around it."""
        level, _, role = named.partition("/")
        code: str | None = near.partition(":")[2].partition("/")[0]
        while code is not None and (place := self._places.get(code)) is not None:
            if place.level == level:
                return seated(code, role)
            code = place.parent
        return None


def entry(entries: Mapping[str, T], holder: str, seats: Seats) -> T | None:
    """Return what *entries* say of *holder*: in particular, or of his post at every place of his level."""
    found = entries.get(holder)
    return found if found is not None else entries.get(seats.named(holder) or "")


def deputies(entries: Mapping[str, str], filled: Collection[str], seats: Seats) -> dict[str, str]:
    """
    Return the deputy of each holder who has one: holder -> holder.

    :param entries: the part `rosters`, `deputies`: of a post at every place of a level, or of one holder
        (who goes before his post), to a post at or above his place, or to a holder.
    :param filled: every filled post and desk. A deputy's post that is vacant passes the turn to its own
        deputy; who would stand in for himself has none.
    """
    found: dict[str, str] = {}
    for holder in filled:
        seen, deputy = {holder}, _written(entries, holder, seats)
        while deputy is not None and deputy not in filled and deputy not in seen:
            seen.add(deputy)
            deputy = _written(entries, deputy, seats)
        if deputy is not None and deputy not in seen:
            found[holder] = deputy
    return found


def _written(entries: Mapping[str, str], holder: str, seats: Seats) -> str | None:
    to = entry(entries, holder, seats)
    return to if to is None or ":" in to else seats.holder(to, near=holder)
