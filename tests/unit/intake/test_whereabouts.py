"""Points and what is doubtful about them."""

from typing import Any

import pytest
from pydantic_core import to_json

from tests.unit.intake.builders import CITY, POINT
from wangge_contracts.v1 import ReportedPlace
from wangge_intake.whereabouts import located


def flags(**place: Any) -> tuple[str, ...]:
    return located(
        ReportedPlace.model_validate_json(to_json(place)), bounds=CITY.bounds, defaults=CITY.defaults
    )[1]


def test_an_unknown_coordinate_system_leaves_the_place_and_not_the_point() -> None:
    place = ReportedPlace.model_validate_json(to_json({"point": POINT | {"crs": "MARS-2000"}}))
    placed, doubts = located(place, bounds=CITY.bounds, defaults=CITY.defaults)

    assert placed.wgs84 is None
    assert placed.point == place.point
    assert doubts == ("imprecise",)


@pytest.mark.parametrize(("lon", "lat"), [(-180, 39.9), (116.4, -90)])
def test_a_point_that_comes_to_lie_beyond_the_edge_of_the_world_is_flagged_and_not_refused(
    lon: float, lat: float
) -> None:
    place = ReportedPlace.model_validate_json(to_json({"point": {"lon": lon, "lat": lat, "crs": "BD09"}}))
    placed, doubts = located(place, bounds=CITY.bounds, defaults=CITY.defaults)

    assert (placed.wgs84, placed.point, doubts) == (None, place.point, ("imprecise",))


@pytest.mark.parametrize(
    ("place", "doubts"),
    [
        ({"point": POINT}, ()),
        ({"point": POINT | {"accuracy_m": 100}}, ()),
        ({"point": POINT | {"accuracy_m": 101}}, ("imprecise",)),
        ({"point": POINT | {"fix_age_s": 301}}, ("imprecise",)),
        ({"point": POINT | {"mock": True}}, ("imprecise",)),
        ({"point": {"lon": 0, "lat": 0, "crs": "WGS84"}}, ("default-point", "outside")),
        ({"point": {"lon": 116.404, "lat": 39.915, "crs": "BD09"}}, ("default-point",)),
        ({"point": {"lon": 121.47, "lat": 31.23, "crs": "WGS84"}}, ("outside",)),
        ({"point": {"lon": 116.41, "lat": 39.84, "crs": "WGS84"}}, ("outside",)),
        ({"point": {"lon": 116.41, "lat": 39.99, "crs": "WGS84"}}, ("outside",)),
        ({"point": {"lon": 116.35, "lat": 39.9, "crs": "WGS84"}}, ("outside",)),
        ({"point": {"lon": 116.47, "lat": 39.9, "crs": "WGS84"}}, ("outside",)),
        ({"address": {"text": "38号楼"}}, ()),
        ({"area": {"scheme": "grid", "code": "110101009015004"}}, ()),
        ({"unknown": True}, ("imprecise",)),
    ],
)
def test_what_is_doubtful_is_flagged(place: dict[str, Any], doubts: tuple[str, ...]) -> None:
    assert flags(**place) == doubts
