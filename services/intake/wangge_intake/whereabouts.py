"""Where it is, as far as the report itself tells: the point in WGS-84, and what is doubtful about it."""

from dataclasses import dataclass
from typing import Self

from wangge_contracts.coordinates import wgs84
from wangge_contracts.v1 import IncidentPlace, PlaceFlag, ReportedPlace, Wgs84

DEFAULT_POINTS = ((0.0, 0.0), (116.397428, 39.90923), (116.404, 39.915))
"""What a form sends when nobody has placed the pin: nothing, and where the map kits of AMap and of Baidu
open in their own examples (both on Tian'anmen, inside the district)."""
IMPRECISE_M = 100.0
"""From this accuracy on a point may lie in the next street (ODK Collect warns at the same figure)."""
OLD_FIX_S = 300.0
"""A position measured so long before the report may be that of the place before."""
_PLACES = 6


@dataclass(frozen=True, slots=True)
class Bounds:
    """A box around the district in WGS-84 degrees: what lies outside of it is outside the district."""

    west: float
    south: float
    east: float
    north: float

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read `west,south,east,north`. Raises ValueError when it is no box."""
        west, south, east, north = map(float, text.split(","))
        if not (-180 <= west < east <= 180 and -90 <= south < north <= 90):
            raise ValueError(f"{text!r} is not west,south,east,north in degrees")
        return cls(west, south, east, north)

    def hold(self, lon: float, lat: float) -> bool:
        """Whether the point lies in the box."""
        return self.west <= lon <= self.east and self.south <= lat <= self.north


def located(place: ReportedPlace, *, bounds: Bounds) -> tuple[IncidentPlace, tuple[PlaceFlag, ...]]:
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
        if (round(point.lon, _PLACES), round(point.lat, _PLACES)) in DEFAULT_POINTS:
            flags.append("default-point")
        degrees = wgs84(point.lon, point.lat, crs=point.crs)
        if (
            degrees is None
            or point.mock
            or (point.accuracy_m or 0.0) > IMPRECISE_M
            or (point.fix_age_s or 0.0) > OLD_FIX_S
        ):
            flags.append("imprecise")
        if degrees is not None:
            there = Wgs84(lon=round(degrees[0], 7), lat=round(degrees[1], 7))
            if not bounds.hold(there.lon, there.lat):
                flags.append("outside")
    placed = IncidentPlace(
        point=point,
        address=place.address,
        area=place.area,
        component=place.component,
        unknown=place.unknown,
        wgs84=there,
    )
    return placed, tuple(flags)
