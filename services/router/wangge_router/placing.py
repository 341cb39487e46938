"""Points -> the areas of the map that hold them, a whole batch at once; and where that is doubtful."""

from collections.abc import Sequence
from dataclasses import dataclass
from math import cos, radians
from typing import Any, NamedTuple

import numpy as np
import shapely
from numpy.typing import NDArray

from wangge_contracts.coordinates import wgs84
from wangge_contracts.v1 import Wgs84
from wangge_router.boundaries import Area, Boundaries, Feature

TOLERANCE_M = 1.0
"""Whoever stands so near to a border stands on it: coordinates are rounded, and no area is drawn finer."""
_LEVELS = ("grid", "community", "street")
Numbers = NDArray[np.float64]
Shapes = NDArray[Any]
"""Geometries of shapely, in metres on the plane of their map."""


class Spot(NamedTuple):
    """What the map says of one point."""

    code: str | None
    """The finest area that holds it; None: no area does, it lies outside the district."""
    border: bool
    """Whether it lies on a border, or its circle of accuracy crosses one."""


@dataclass(frozen=True, slots=True)
class _Plane:
    """
    The surroundings of a point as a plane in metres, WGS-84.

    At Beijing's latitude lengths are wrong by 0.4 % in 25 km from the middle; what lies where stays true.
    """

    lon: float
    lat: float

    def flat(self, degrees: Numbers) -> Numbers:
        """Return metres east and north for rows of longitude and latitude."""
        phi = radians(self.lat)
        # A degree's length by the usual series for the WGS-84 ellipsoid.
        east = 111_412.88 * cos(phi) - 93.5 * cos(3 * phi) + 0.118 * cos(5 * phi)
        north = 111_132.95 - 559.85 * cos(2 * phi) + 1.175 * cos(4 * phi)
        flat: Numbers = (degrees - (self.lon, self.lat)) * (east, north)
        return flat


class _Layer:
    """The areas of one level in the order of their codes, so that the lowest code is the lowest number."""

    def __init__(self, areas: dict[str, Any]) -> None:
        self.codes = sorted(areas)
        self.told = np.array([*self.codes, None], dtype=np.object_)
        """The code for each number that `find` returns."""
        self._areas: Shapes = np.array([areas[code] for code in self.codes])
        self._borders: Shapes = shapely.boundary(self._areas)
        self._tree = shapely.STRtree(self._areas)

    def find(self, points: Shapes, reach: Numbers) -> tuple[NDArray[np.intp], NDArray[np.bool_]]:
        """
        Return for each point the number of its area (too great: none), and whether a border is in *reach*.

        Of the areas that share a border, or overlap, the one with the lowest code has the points on it.
        """
        none = len(self.codes)
        held, hits = self._lowest(points, "intersects")
        inside = held < none
        gap = np.full(len(points), 0.0)
        gap[inside] = shapely.distance(self._borders[held[inside]], points[inside])
        on_border = np.flatnonzero(gap <= TOLERANCE_M)
        held[on_border], _ = self._lowest(points[on_border], "dwithin", distance=TOLERANCE_M)
        return held, (held < none) & ((gap <= reach) | (hits > 1))

    def touched(self, point: Any, reach: float) -> list[str]:
        """Return the codes of the areas within *reach*."""
        return [self.codes[number] for number in self._tree.query(point, predicate="dwithin", distance=reach)]

    def _lowest(
        self, points: Shapes, predicate: str, **wish: float
    ) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
        which, areas = self._tree.query(points, predicate=predicate, **wish)
        lowest = np.full(len(points), len(self.codes), dtype=np.intp)
        np.minimum.at(lowest, which, areas)
        return lowest, np.bincount(which, minlength=len(points))


class Atlas:
    """The areas of one city, as far down as they are drawn."""

    def __init__(self, boundaries: Boundaries) -> None:
        """Index *boundaries*, in WGS-84 from here on. Raises ValueError for areas that cannot be used."""
        self.levels: dict[str, str] = {
            each.properties.code: each.properties.level for each in boundaries.features
        }
        areas = {feature.properties.code: _area(feature, boundaries.crs) for feature in boundaries.features}
        west, south, east, north = shapely.total_bounds(list(areas.values()))
        self._plane = _Plane((west + east) / 2, (south + north) / 2)
        self._areas = areas = {
            code: shapely.transform(area, self._plane.flat) for code, area in areas.items()
        }
        layers = ({code: areas[code] for code in areas if self.levels[code] == level} for level in _LEVELS)
        self._layers = [_Layer(layer) for layer in layers if layer]
        self._whole = shapely.union_all(list(areas.values()))
        shapely.prepare(self._whole)

    def look(self, points: Sequence[Wgs84], accuracies_m: Sequence[float]) -> list[Spot]:
        """Say of each point where it lies: in a grid, else in a community, else in a street, else outside."""
        if not points:
            return []
        shapes = self._shapes(points)
        reach = np.maximum(np.array(accuracies_m, dtype=np.float64), TOLERANCE_M)
        codes = np.full(len(points), None, dtype=np.object_)
        borders = np.zeros(len(points), dtype=np.bool_)
        left = np.arange(len(points))
        for layer in self._layers:
            held, border = layer.find(shapes[left], reach[left])
            borders[left] = border
            codes[left] = layer.told[held]
            left = left[held == len(layer.codes)]
            if not left.size:
                break
        if left.size:
            borders[left] = shapely.dwithin(self._whole, shapes[left], reach[left])
        return list(map(Spot, codes.tolist(), borders.tolist()))

    def touched(self, point: Wgs84, accuracy_m: float) -> list[str]:
        """Return the codes of all areas, of any level, that the circle of accuracy touches."""
        shape = self._shapes([point])[0]
        return [code for layer in self._layers for code in layer.touched(shape, max(accuracy_m, TOLERANCE_M))]

    def metres(self, codes: Sequence[str], *, point: Wgs84 | None, area: str | None) -> dict[str, float]:
        """Return how far those of *codes* that are drawn lie from *point*, else from the *area* so named."""
        origin = self._areas.get(area or "") if point is None else self._shapes([point])[0]
        drawn = [code for code in codes if origin is not None and code in self._areas]
        return {code: float(shapely.distance(origin, self._areas[code])) for code in drawn}

    def _shapes(self, points: Sequence[Wgs84]) -> Shapes:
        degrees = np.array([(point.lon, point.lat) for point in points], dtype=np.float64)
        shapes: Shapes = shapely.points(self._plane.flat(degrees))
        return shapes


def _area(feature: Feature, crs: str) -> Any:
    shape = shapely.MultiPolygon([_polygon(area, crs) for area in feature.geometry.areas])
    if not shape.is_valid:
        why = shapely.is_valid_reason(shape)
        raise ValueError(f"the area of {feature.properties.code} cannot be used: {why}; draw it anew")
    return shape


def _polygon(area: Area, crs: str) -> Any:
    rings = [[wgs84(lon, lat, crs=crs) for lon, lat in ring] for ring in area]
    return shapely.Polygon(rings[0], rings[1:])
