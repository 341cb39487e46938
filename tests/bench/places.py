"""What it costs the router to find where reports lie: points all over the district, a batch at once."""

import random
import time
from typing import Any

from tests.bench.figures import Say, median_of
from wangge_contracts.v1 import IncidentAccepted, IncidentPlace, Point, Wgs84
from wangge_local.bundle import load
from wangge_local.house_folder import DEFAULT_CONFIG
from wangge_router.boundaries import Boundaries
from wangge_router.directory import Directory

BATCH = 500
_BATCHES = 100


def figures(*, rounds: int, say: Say) -> dict[str, float]:
    """Microseconds a point, the median of all batches, on Dongcheng's whole map; how many lie in a grid."""
    bundle = load(DEFAULT_CONFIG)
    registry = Directory.of(bundle.version, bundle.parts).sorting.registry
    reports = _reports(Boundaries.model_validate(bundle.part("boundaries")))
    took = []
    for _ in range(_BATCHES * rounds):
        began = time.perf_counter()
        sites = registry.sites(reports)
        took.append((time.perf_counter() - began) / BATCH * 1e6)
    say("places: done")
    in_a_grid = sum(site.located.grid is not None for site in sites)
    return {"us": median_of(took), "batch": BATCH, "in_a_grid": in_a_grid}


def _reports(boundaries: Boundaries) -> list[IncidentAccepted]:
    corners = [
        at
        for feature in boundaries.features
        if feature.geometry.type == "Polygon"
        for at in feature.geometry.coordinates[0]
    ]
    east, north = ([at[axis] for at in corners] for axis in (0, 1))
    chance = random.Random(0)
    return [
        _report(chance.uniform(min(east), max(east)), chance.uniform(min(north), max(north)))
        for _ in range(BATCH)
    ]


def _report(lon: float, lat: float) -> IncidentAccepted:
    """As much of a report as tells where it lies."""
    point = Point(lon=lon, lat=lat, crs="WGS84", accuracy_m=12.0)
    place = IncidentPlace(point=point, wgs84=Wgs84(lon=lon, lat=lat))
    told: dict[str, Any] = {"place": place, "place_flags": ()}
    return IncidentAccepted.model_construct(**told)
