"""Points and what is doubtful about them."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic_core import to_json

from tests.unit.intake.builders import BOUNDS, POINT
from wangge_contracts.v1 import ReportedPlace
from wangge_intake.coordinates import to_bd09, to_gcj02, wgs84
from wangge_intake.whereabouts import Bounds, located

METRES = 111_320.0


def flags(**place: Any) -> tuple[str, ...]:
    return located(ReportedPlace.model_validate_json(to_json(place)), bounds=BOUNDS)[1]


@given(st.floats(74, 135), st.floats(18, 53))
def test_gcj02_is_undone_within_a_centimetre_and_bd09_within_half_a_metre(lon: float, lat: float) -> None:
    gcj = to_gcj02(lon, lat)
    for crs, point, metres in (("GCJ02", gcj, 0.01), ("BD09", to_bd09(*gcj), 0.5)):
        there = wgs84(*point, crs=crs)
        assert there is not None
        assert abs(there[0] - lon) * METRES < metres
        assert abs(there[1] - lat) * METRES < metres


def test_tiananmen_is_where_the_known_conversions_have_it() -> None:
    # WGS-84 116.3912757, 39.906217 is 116.397428, 39.90923-ish on AMap: some 550 m east and 150 m north.
    lon, lat = to_gcj02(116.391275, 39.907217)

    assert lon - 116.391275 == pytest.approx(0.00624, abs=2e-4)
    assert lat - 39.907217 == pytest.approx(0.00140, abs=2e-4)


def test_outside_china_the_systems_are_one() -> None:
    assert to_gcj02(-71.06, 42.36) == (-71.06, 42.36)
    assert wgs84(-71.06, 42.36, crs="GCJ02") == (-71.06, 42.36)


def test_an_unknown_coordinate_system_leaves_the_place_and_not_the_point() -> None:
    place = ReportedPlace.model_validate_json(to_json({"point": POINT | {"crs": "MARS-2000"}}))
    placed, doubts = located(place, bounds=BOUNDS)

    assert placed.wgs84 is None
    assert placed.point == place.point
    assert doubts == ("imprecise",)


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
        ({"address": {"text": "38号楼"}}, ()),
        ({"area": {"scheme": "grid", "code": "110101009015004"}}, ()),
        ({"unknown": True}, ("imprecise",)),
    ],
)
def test_what_is_doubtful_is_flagged(place: dict[str, Any], doubts: tuple[str, ...]) -> None:
    assert flags(**place) == doubts


@pytest.mark.parametrize("text", ["1,2,3", "116,40,115,41", "a,b,c,d", "-200,0,0,1"])
def test_bounds_that_are_no_box_are_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"degrees|unpack|convert"):
        Bounds.parse(text)
