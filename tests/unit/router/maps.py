"""A district of four square grids, 1,000 m wide each, that others are drawn on; positions in metres."""

from typing import Any

from tests.unit.router.scenes import CALENDARS, PARTS, accepted
from wangge_contracts.coordinates import to_gcj02
from wangge_contracts.v1 import IncidentAccepted
from wangge_router.boundaries import Boundaries
from wangge_router.directory import Directory

DISTRICT, WEST, EAST = "110101", "110101001", "110101002"
LON, LAT = 116.40, 39.90
_DEGREE_EAST, _DEGREE_NORTH = 85_515.0, 111_034.0
"""Metres in a degree at 39.9 N, by the WGS-84 ellipsoid."""
SQUARES = {
    f"{WEST}001001": (0, 0),
    f"{WEST}001002": (0, 1000),
    f"{EAST}001001": (1000, 0),
    f"{EAST}001002": (1000, 1000),
}
"""The south-west corner of each grid: two of a community of the west, two of one of the east."""


def degrees(east: float, north: float) -> tuple[float, float]:
    """WGS-84 longitude and latitude of a place so many metres from the south-west corner of the district."""
    return LON + east / _DEGREE_EAST, LAT + north / _DEGREE_NORTH


def feature(
    level: str, code: str, corner: tuple[float, float], *, size: float = 1000, gcj: bool = False
) -> Any:
    """A square area."""
    east, north = corner
    steps = ((0, 0), (size, 0), (size, size), (0, size), (0, 0))
    ring = [degrees(east + x, north + y) for x, y in steps]
    return {
        "type": "Feature",
        "properties": {"level": level, "code": code, "name": "passed over"},
        "geometry": {"type": "Polygon", "coordinates": [[list(to_gcj02(*at) if gcj else at) for at in ring]]},
    }


def collection(*features: Any, crs: str = "WGS84") -> dict[str, Any]:
    return {"type": "FeatureCollection", "crs": crs, "features": list(features)}


GRIDS = [feature("grid", code, corner) for code, corner in SQUARES.items()]


def drawn(*features: Any, crs: str = "WGS84") -> Boundaries:
    """The part, of those areas or else of the four grids."""
    return Boundaries.model_validate(collection(*(features or GRIDS), crs=crs))


def city(
    *features: Any, crs: str = "WGS84", squares: dict[str, tuple[int, int]] = SQUARES, **parts: Any
) -> Directory:
    """That district, or one of other *squares*, with its map."""
    codes = {code[:cut]: cut for code in squares for cut in (6, 9, 12, 15)}
    levels = {6: "district", 9: "street", 12: "community", 15: "grid"}
    places = [
        {
            "code": code,
            "scheme": "test",
            "level": levels[cut],
            "name": {"zh": code, "en": code},
            **({"parent": code[:-3]} if cut > 6 else {}),
        }
        for code, cut in codes.items()
    ]
    drawn_ = features or [feature("grid", code, corner) for code, corner in squares.items()]
    map_of = collection(*drawn_, crs=crs)
    return Directory.of(
        "1", PARTS | {"places": places, "rosters": {}, "boundaries": map_of} | parts, [CALENDARS]
    )


def report(
    east: float, north: float, *, area: str = "", accuracy_m: float | None = None, flags: tuple[str, ...] = ()
) -> IncidentAccepted:
    """A report from there, as intake passes it on."""
    lon, lat = degrees(east, north)
    point = {"lon": lon, "lat": lat, "crs": "WGS84"} | ({"accuracy_m": accuracy_m} if accuracy_m else {})
    place: dict[str, Any] = {"point": point, "wgs84": {"lon": lon, "lat": lat}}
    if area:
        place["area"] = {"scheme": "test", "code": area}
    return accepted(place=place, place_flags=list(flags))
