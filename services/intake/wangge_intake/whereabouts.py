"""Where it is, as far as the report itself tells: the point in WGS-84, and what is doubtful about it."""

from collections.abc import Iterable
from dataclasses import dataclass

from wangge_contracts.coordinates import wgs84
from wangge_contracts.v1 import IncidentPlace, PlaceFlag, ReportedPlace, Wgs84

DefaultPoints = frozenset[tuple[float, float]]
"""Longitude and latitude, as they are sent, of what a form sends when nobody has placed the pin."""
IMPRECISE_M = 100.0
"""From this accuracy on a point may lie in the next street (ODK Collect warns at the same figure)."""
OLD_FIX_S = 300.0
"""A position measured so long before the report may be that of the place before."""
_PLACES = 6


NOWHERE: DefaultPoints = frozenset({(0.0, 0.0)})
"""What any form may send."""


@dataclass(frozen=True, slots=True)
class Bounds:
    """A box around the district in WGS-84 degrees: what lies outside of it is outside the district."""

    west: float
    south: float
    east: float
    north: float

    def hold(self, lon: float, lat: float) -> bool:
        """Whether the point lies in the box."""
        return self.west <= lon <= self.east and self.south <= lat <= self.north


def default_points(of_city: Iterable[tuple[float, float]]) -> DefaultPoints:
    """Return those *of_city*, and nothing at all, 0 and 0."""
    return NOWHERE | {(round(lon, _PLACES), round(lat, _PLACES)) for lon, lat in of_city}


def on_earth(lon: float, lat: float, *, crs: str) -> tuple[float, float] | None:
    """
    Return longitude and latitude in WGS-84 degrees, None for what is no point of ours.

    Undoing a coordinate system that was made for China moves what lies at the edge of the world beyond it.
    """
    degrees = wgs84(lon, lat, crs=crs)
    return degrees if degrees is not None and abs(degrees[0]) <= 180 and abs(degrees[1]) <= 90 else None


def located(
    place: ReportedPlace, *, bounds: Bounds | None, defaults: DefaultPoints
) -> tuple[IncidentPlace, tuple[PlaceFlag, ...]]:
    """
    Return *place* with its point in WGS-84, and its flags.

    A place that we cannot make out is flagged, never refused: the desk asks. Names and grids are the
    router's to add, which has the map.
    """
    point = place.point
    flags: list[PlaceFlag] = []
    there = None
    if point is None:
        if place.address is None and place.area is None and place.component is None:
            flags.append("imprecise")
    else:
        if (round(point.lon, _PLACES), round(point.lat, _PLACES)) in defaults:
            flags.append("default-point")
        degrees = on_earth(point.lon, point.lat, crs=point.crs)
        if (
            degrees is None
            or point.mock
            or (point.accuracy_m or 0.0) > IMPRECISE_M
            or (point.fix_age_s or 0.0) > OLD_FIX_S
        ):
            flags.append("imprecise")
        if degrees is not None:
            there = Wgs84(lon=round(degrees[0], 7), lat=round(degrees[1], 7))
            if bounds is not None and not bounds.hold(there.lon, there.lat):
                flags.append("outside")
    return IncidentPlace.of_checked({**place.__dict__, "wgs84": there}), tuple(flags)
