"""A point or a place code -> grid, community, street and district, and the desks that answer for them."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from math import inf

from wangge_contracts.v1 import Address, IncidentAccepted, IncidentPlace, NamedPlace, Place, PlaceFlag
from wangge_router.addresses import AddressEntry, Gazetteer
from wangge_router.boundaries import Boundaries
from wangge_router.placing import Atlas, Spot
from wangge_router.results import Desk

_DOUBTFUL: frozenset[PlaceFlag] = frozenset({"default-point", "imprecise", "outside", "contradicted"})
"""With one of these a point does not say what is near."""


@dataclass(frozen=True, slots=True)
class Located:
    """Where something is, as far down as it is known; at least the district."""

    district: Place
    street: Place | None = None
    community: Place | None = None
    grid: Place | None = None
    outside: bool = False
    """Whether the map shows that it lies outside the district, whose desk has to pass it on."""
    codes: tuple[str, ...] = field(init=False)
    """The codes of all levels known, the finest first."""

    def __post_init__(self) -> None:
        object.__setattr__(self, "codes", tuple(place.code for place in self.levels))

    @property
    def levels(self) -> tuple[Place, ...]:
        """The places of all levels known, the finest first."""
        return tuple(filter(None, (self.grid, self.community, self.street, self.district)))

    def desk(self, level: Desk) -> str:
        """The desk of that *level*, or of the next above where the place is not known so finely."""
        place = self.street or self.district
        if level == "workstation":
            place = self.community or place
        elif level == "district":
            place = self.district
        return f"desk:{place.code}"

    @property
    def names(self) -> dict[str, NamedPlace | None]:
        """The named place of each level, by the level's name; None for what is not known so finely."""
        levels = {level: getattr(self, level) for level in ("district", "street", "community", "grid")}
        return {
            level: place and NamedPlace(code=place.code, names=place.name) for level, place in levels.items()
        }


@dataclass(frozen=True, slots=True)
class Site:
    """Where an incident lies, and all that is doubtful about it."""

    located: Located
    flags: tuple[PlaceFlag, ...] = ()


class Registry:
    """Every place of one city, each with the chain above it worked out once, and the areas that are drawn."""

    def __init__(
        self,
        places: Sequence[Place],
        boundaries: Boundaries | None = None,
        addresses: Sequence[AddressEntry] = (),
    ) -> None:
        """Index them. Raises ValueError for what does not hang together, or an area that is no place's."""
        by_code = {place.code: place for place in places}
        self._located = {place.code: _climb(place, by_code) for place in places}
        self._grids: dict[str, list[Located]] = {}
        for each in self._located.values():
            if each.grid is not None and each.community is not None:
                self._grids.setdefault(each.community.code, []).append(each)
        districts = [place for place in places if place.level == "district"]
        if len(districts) != 1:
            raise ValueError(f"a city configuration has one district, not {len(districts)}")
        self.district = districts[0]
        self._outside = Located(district=self.district, outside=True)
        self.atlas = Atlas(boundaries) if boundaries is not None else None
        self._gazetteer = self._gazetteer_of(addresses, places) if addresses else None
        for code, level in self.atlas.levels.items() if self.atlas else ():
            if code not in by_code or by_code[code].level != level:
                raise ValueError(f"the boundaries draw the {level} {code}, which is not registered as one")

    def _gazetteer_of(self, addresses: Sequence[AddressEntry], places: Sequence[Place]) -> Gazetteer:
        if lost := sorted({entry.place for entry in addresses} - self._located.keys()):
            raise ValueError(f"the addresses name the place {lost[0]}, which is not registered")
        return Gazetteer(addresses, places, {code: each.codes for code, each in self._located.items()})

    def find(self, code: str) -> Located | None:
        """Where the place of that code lies; none if no such place is registered."""
        return self._located.get(code)

    def locate(self, place: IncidentPlace) -> Located:
        """
        Where a place lies by its codes: what was resolved, else the reporter's own area.

        An unknown place is the district alone, so that its desk gets it and nobody guesses.
        """
        return self._said(place) or Located(district=self.district)

    def neighbours(self, place: IncidentPlace, flags: Sequence[PlaceFlag]) -> tuple[Located, ...]:
        """
        The other grids of the community in which a place lies, the nearest first.

        Near to its point, or to its own grid where *flags* make the point doubtful or there is none; of two
        that are as near, and where nothing is drawn, the lower code comes first.
        """
        here = self.locate(place)
        grids = self._grids.get(here.community.code, ()) if here.community else ()
        others = {each.codes[0]: each for each in grids if each.codes[0] != here.codes[0]}
        point = None if _DOUBTFUL.intersection(flags) else place.wgs84
        metres = self.atlas.metres([*others], point=point, area=here.codes[0]) if self.atlas else {}
        return tuple(others[code] for code in sorted(others, key=lambda code: (metres.get(code, inf), code)))

    def sites(self, incidents: Sequence[IncidentAccepted]) -> list[Site]:
        """Say where each of *incidents* lies; all their points are looked up at once."""
        spots = self._spots(incidents)
        return [self._site(incident, spots.get(at)) for at, incident in enumerate(incidents)]

    def _spots(self, incidents: Sequence[IncidentAccepted]) -> dict[int, Spot]:
        if self.atlas is None:
            return {}
        placed = {
            at: incident.place.wgs84
            for at, incident in enumerate(incidents)
            if incident.place.wgs84 is not None and "default-point" not in incident.place_flags
        }
        accuracies = [_accuracy(incidents[at].place) for at in placed]
        return dict(zip(placed, self.atlas.look(tuple(placed.values()), accuracies), strict=True))

    def _site(self, incident: IncidentAccepted, spot: Spot | None) -> Site:
        """
        Let the point and the reporter's own area decide together.

        Where one lies in the other, the finer of the two holds. Where they differ, a point that is imprecise
        does not count, and an area within its circle of accuracy is right; else they contradict each other,
        and what is known is the finest place that holds both. Outside the district that is the district.
        """
        flags, said = incident.place_flags, self._said(incident.place)
        if spot is None:
            return Site(said, flags) if said else self.by_address(incident.place.address, flags)
        here = self._located[spot.code] if spot.code else None
        if here is None:
            flags = _with(flags, "outside")
        if spot.border:
            flags = _with(flags, "border")
        if said is None or (here is not None and said.codes[0] in here.codes):
            return Site(here or self._outside, flags)
        if here is not None and here.codes[0] in said.codes:
            return Site(said, flags)
        if "imprecise" in flags or (spot.border and self._touches(incident.place, said)):
            return Site(said, flags)
        flags = _with(flags, "contradicted")
        if here is None:
            return Site(self._outside, flags)
        return Site(self._located[next(code for code in said.codes if code in here.codes)], flags)

    def by_address(self, address: Address | None, flags: tuple[PlaceFlag, ...] = ()) -> Site:
        """Where *address* lies, for who has nothing else: what it leaves open is told, unknown is nowhere."""
        found = self._gazetteer.find(address) if self._gazetteer and address else None
        if found is None:
            return Site(Located(district=self.district), flags)
        return Site(self._located[found.code], _with(flags, "imprecise") if found.ambiguous else flags)

    def _touches(self, place: IncidentPlace, said: Located) -> bool:
        assert self.atlas is not None
        assert place.wgs84 is not None
        touched = self.atlas.touched(place.wgs84, _accuracy(place))
        return any(said.codes[0] in self._located[code].codes for code in touched)

    def _said(self, place: IncidentPlace) -> Located | None:
        for named in (place.grid, place.community, place.street, place.area):
            if named is not None and (found := self._located.get(named.code)):
                return found
        return None


def _accuracy(place: IncidentPlace) -> float:
    return (place.point and place.point.accuracy_m) or 0.0


def _with(flags: tuple[PlaceFlag, ...], flag: PlaceFlag) -> tuple[PlaceFlag, ...]:
    return flags if flag in flags else (*flags, flag)


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
    return Located(chain["district"], chain.get("street"), chain.get("community"), chain.get("grid"))
