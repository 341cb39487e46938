"""A place code -> the grid, community, street and district it lies in, and the desks that answer for them."""

from collections.abc import Sequence
from dataclasses import dataclass

from wangge_contracts.v1 import IncidentPlace, NamedPlace, Place
from wangge_router.rulebook import Desk


@dataclass(frozen=True, slots=True)
class Located:
    """Where something is, as far down as it is known; at least the district."""

    district: Place
    street: Place | None = None
    community: Place | None = None
    grid: Place | None = None

    @property
    def codes(self) -> tuple[str, ...]:
        """The codes of all levels known, the finest first."""
        levels = (self.grid, self.community, self.street, self.district)
        return tuple(place.code for place in levels if place)

    def desk(self, level: Desk) -> str:
        """The desk of that *level*, or of the next above where the place is not known so finely."""
        place = self.street or self.district
        if level == "workstation":
            place = self.community or place
        elif level == "district":
            place = self.district
        return f"desk:{place.code}"

    def named(self, place: IncidentPlace) -> IncidentPlace:
        """*place* with the names of every level that is known."""
        levels = ("district", "street", "community", "grid")
        known = {level: _named(found) for level in levels if (found := getattr(self, level))}
        return place.model_copy(update=known)


class Registry:
    """Every place of one city, each with the chain above it worked out once."""

    def __init__(self, places: Sequence[Place]) -> None:
        by_code = {place.code: place for place in places}
        self._located = {place.code: _climb(place, by_code) for place in places}
        districts = [place for place in places if place.level == "district"]
        if len(districts) != 1:
            raise ValueError(f"a city configuration has one district, not {len(districts)}")
        self.district = districts[0]

    def find(self, code: str) -> Located | None:
        """Where the place of that code lies; none if no such place is registered."""
        return self._located.get(code)

    def locate(self, place: IncidentPlace) -> Located:
        """
        Where an incident lies: by what intake resolved, else by the reporter's own area code.

        An unknown place is the district alone, so that its desk gets it and nobody guesses.
        """
        for named in (place.grid, place.community, place.street, place.area):
            if named is not None and (found := self._located.get(named.code)):
                return found
        return Located(district=self.district)


def _climb(place: Place, by_code: dict[str, Place]) -> Located:
    chain: dict[str, Place] = {}
    above: Place | None = place
    while above is not None:
        if above.level in chain:
            raise ValueError(f"place {place.code}: two places of level {above.level} above one another")
        chain[above.level] = above
        if above.parent is not None and above.parent not in by_code:
            raise ValueError(f"place {above.code} lies in {above.parent}, which does not exist")
        above = by_code[above.parent] if above.parent else None
    if "district" not in chain:
        raise ValueError(f"place {place.code} lies in no district: check its `parent`")
    return Located(**chain)


def _named(place: Place) -> NamedPlace:
    return NamedPlace(code=place.code, names=place.name)
