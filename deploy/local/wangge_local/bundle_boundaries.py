"""What is wrong with an outline on the map, so that it cannot be used."""

from collections.abc import Iterable, Iterator
from itertools import pairwise

import numpy as np
import shapely

from wangge_contracts.v1 import Place
from wangge_router.boundaries import Boundaries, Feature

Fault = tuple[int, str, str]
"""The number of the feature, what is wrong with it, and the remedy."""
_OVERLAP = 0.01
"""Of the smaller of two areas; a choice of ours."""


def faults(boundaries: Boundaries, places: Iterable[Place]) -> Iterator[Fault]:
    """Whatever keeps an outline from being used: it is nobody's, it is there twice, it is no area."""
    levels = {place.code: place.level for place in places}
    seen: set[str] = set()
    for number, feature in enumerate(boundaries.features):
        code, level = feature.properties.code, feature.properties.level
        if code not in levels:
            remedy = "add it to places.toml or correct the code"
            yield number, f"the outline of {code!r}, which is no place", remedy
        elif levels[code] != level:
            yield number, f"{code} is outlined as a {level} but is a {levels[code]}", "correct `level`"
        if code in seen:
            yield number, f"{code} is outlined twice", "keep one of the two, or make them one MultiPolygon"
        seen.add(code)
        if _goes_round(feature):
            text = f"the outline of {code} goes more than half round the earth"
            yield number, text, "cut it at the 180th meridian, into the areas of a MultiPolygon (RFC 7946)"
        if why := _not_an_area(feature):
            yield number, f"the outline of {code} is no area: {why}", "close it, and let it not cross itself"


def overlaps(boundaries: Boundaries) -> Iterator[Fault]:
    """
    Areas of one level of which a hundredth lies in both; what does so by less was drawn by hand or rounded.

    :param boundaries: without `faults`.
    """
    for level in dict.fromkeys(feature.properties.level for feature in boundaries.features):
        drawn = [each for each in enumerate(boundaries.features) if each[1].properties.level == level]
        shapes = np.array([_shape(feature) for _, feature in drawn])
        one, other = shapely.STRtree(shapes).query(shapes, predicate="intersects")
        one, other = one[one < other], other[one < other]
        common = shapely.area(shapely.intersection(shapes[one], shapes[other]))
        smaller = np.minimum(shapely.area(shapes[one]), shapely.area(shapes[other]))
        for here, there, share in zip(one, other, common / smaller, strict=True):
            if share >= _OVERLAP:
                codes = [drawn[each][1].properties.code for each in (here, there)]
                text = (
                    f"the outlines of {' and '.join(codes)} lie over one another: {share:.0%} of the smaller"
                )
                yield (
                    drawn[there][0],
                    text,
                    f"draw them apart; until then what lies in both is {min(codes)}'s",
                )


def _goes_round(feature: Feature) -> bool:
    """Whether one of its lines runs from 179.9 to -179.9 the long way, over all the world between."""
    rings = (ring for area in feature.geometry.areas for ring in area)
    return any(abs(there[0] - here[0]) > 180 for ring in rings for here, there in pairwise(ring))


def _not_an_area(feature: Feature) -> str | None:
    for ring in (ring for area in feature.geometry.areas for ring in area):
        if ring[0] != ring[-1]:
            return f"a ring begins at {list(ring[0])} and does not end there"
    shape = _shape(feature)
    return None if shape.is_valid else shapely.is_valid_reason(shape)


def _shape(feature: Feature) -> shapely.MultiPolygon:
    return shapely.MultiPolygon([(area[0], area[1:]) for area in feature.geometry.areas])
