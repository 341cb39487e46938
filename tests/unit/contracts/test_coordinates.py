"""Points of Chinese maps: undone to WGS-84, with the error that is stated."""

import pytest
from hypothesis import given, strategies as st

from wangge_contracts.coordinates import to_bd09, to_gcj02, wgs84

METRES = 111_320.0


@given(st.floats(74, 135), st.floats(18, 53))
def test_gcj02_is_undone_within_five_centimetres_and_bd09_within_half_a_metre(lon: float, lat: float) -> None:
    gcj = to_gcj02(lon, lat)
    for crs, point, metres in (("GCJ02", gcj, 0.05), ("BD09", to_bd09(*gcj), 0.5)):
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


def test_a_system_that_we_do_not_know_gives_no_point() -> None:
    assert wgs84(116.4, 39.9, crs="MARS-2000") is None
