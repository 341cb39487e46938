"""`wangge locate`: points on standard input, their places on standard output."""

import json
from pathlib import Path
from typing import Any

import pytest
import shapely

from tests.unit.outside import STREETS_FILE, needs_streets
from tests.unit.router.maps import EAST, SQUARES, WEST, collection, degrees, feature
from wangge_contracts.coordinates import to_gcj02
from wangge_local.ground import GroundError
from wangge_local.house_folder import DEFAULT_CONFIG
from wangge_local.locate import Answer, Bad, Chart, Given, Header, read
from wangge_local.locate_shown import locate, locate_addresses

SOUTH_WEST = next(iter(SQUARES))
PLACES = [
    {"code": code, "scheme": "test", "level": level, "name": {"zh": code, "en": code}, **above}
    for code, level, above in (
        ("110101", "district", {}),
        (WEST, "street", {"parent": "110101"}),
        (f"{WEST}001", "community", {"parent": WEST}),
        (SOUTH_WEST, "grid", {"parent": f"{WEST}001"}),
    )
]


def codes(answer: Any) -> tuple[str, ...]:
    assert isinstance(answer, Answer)
    return tuple(code for code, _ in answer.places.values())


def test_points_get_their_street_community_and_grid() -> None:
    chart = Chart.of_bundle({"places": PLACES, "boundaries": collection(feature("grid", SOUTH_WEST, (0, 0)))})
    lon, lat = degrees(500, 500)

    inside, border, outside = chart.answers(
        read([f"{lon},{lat}", f"{lon},{lat},600", f"{lat},{lat}"], crs="WGS84")
    )

    assert codes(inside) == (WEST, f"{WEST}001", SOUTH_WEST)
    assert isinstance(border, Answer)
    assert border.flags == ("border",)
    assert isinstance(outside, Answer)
    assert (outside.places, outside.flags) == ({}, ("outside",))


def test_headers_are_tolerated_and_bad_lines_named_with_nothing_else_lost() -> None:
    lines = [
        "lon,lat\n",
        "116.4,39.9\n",
        "\n",
        "here,there\n",
        "39.9,116.4\n",
        "116.4\n",
        "nan,1\n",
        "1,2,-3\n",
        "1, 2",
    ]

    kinds = [(type(each), getattr(each, "line", 0)) for each in read(lines, crs="WGS84")]

    assert kinds == [(Header, 0), (Given, 2), *((Bad, line) for line in (4, 5, 6, 7, 8)), (Given, 9)]


def test_a_line_without_end_is_not_said_whole(capsys: pytest.CaptureFixture[str]) -> None:
    lines = ["1,1", "\0\x9b" * 50_000, "9" * 300 + ",x", "190,2," + "3" * 100_000]

    assert locate(lines, config=DEFAULT_CONFIG, crs="WGS84") == 1
    for told in capsys.readouterr().err.splitlines():
        assert len(told) < 500
        assert "is no point: write lon,lat" in told or "is nowhere on earth" in told


def test_points_in_gcj02_are_converted() -> None:
    lon, lat = to_gcj02(116.4, 39.9)

    (given,) = read([f"{lon},{lat}"], crs="GCJ02")

    assert isinstance(given, Given)
    assert (given.point.lon, given.point.lat) == pytest.approx((116.4, 39.9), abs=1e-6)


def test_every_grid_of_the_configuration_holds_its_own_middle(capsys: pytest.CaptureFixture[str]) -> None:
    grids = [
        each
        for each in json.loads((DEFAULT_CONFIG / "boundaries.geojson").read_text("utf-8"))["features"]
        if each["properties"]["level"] == "grid"
    ]
    middles = [shapely.point_on_surface(shapely.geometry.shape(each["geometry"])) for each in grids]

    status = locate(
        ["lon,lat", "oops,39.9", *(f"{at.x},{at.y}" for at in middles)], config=DEFAULT_CONFIG, crs="WGS84"
    )

    told, complaints = capsys.readouterr()
    header, *rows = told.splitlines()
    expected = [each["properties"]["code"] for each in grids]
    assert (status, header, len(grids)) == (1, "lon,lat,street,community,grid,flags", 589)
    assert [row.split(",")[2:5] for row in rows] == [[code[:9], code[:12], code] for code in expected]
    assert "line 2: 'oops,39.9' is no point" in complaints


def test_as_json_each_point_is_a_line_with_names(capsys: pytest.CaptureFixture[str]) -> None:
    assert locate(["116.4,39.9,5", "0,0"], config=DEFAULT_CONFIG, crs="WGS84", as_json=True) == 0

    here, nowhere = map(json.loads, capsys.readouterr().out.splitlines())
    assert (here["line"], here["street"]["code"][:6]) == (1, "110101")
    assert here["street"]["names"]["zh"].endswith("街道")
    assert nowhere == {"line": 2, "wgs84": {"lon": 0.0, "lat": 0.0}, "flags": ["outside"]}


def test_a_configuration_without_a_map_says_what_to_do() -> None:
    with pytest.raises(GroundError, match="--streets"):
        Chart.of_bundle({"places": PLACES})


@pytest.mark.parametrize("text", ["{}", "[]", "no", '{"features":[{"properties":{}}]}', '{"features":[{}]}'])
def test_streets_that_cannot_be_read_are_refused_by_name(tmp_path: Path, text: str) -> None:
    file = tmp_path / "streets.geojson"
    file.write_text(text)

    with pytest.raises(GroundError, match=r"streets\.geojson"):
        Chart.of_streets({"places": PLACES}, file, crs="WGS84")


def test_a_street_that_is_outlined_twice_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "streets.geojson"
    squares = [feature("street", WEST, at, gcj=True) for at in ((0, 0), (1000, 0))]
    file.write_text(
        json.dumps({"type": "FeatureCollection", "crs": "GCJ02", "features": squares}), "utf-8-sig"
    )

    with pytest.raises(GroundError, match=f"{WEST} is outlined twice"):
        Chart.of_streets({"places": PLACES}, file, crs="WGS84")


def test_streets_of_a_file_take_the_place_of_the_map(tmp_path: Path) -> None:
    file = tmp_path / "streets.geojson"
    squares = [feature("street", code, at, gcj=True) for code, at in ((WEST, (0, 0)), (EAST, (1000, 0)))]
    file.write_text(json.dumps({"type": "FeatureCollection", "crs": "GCJ02", "features": squares}))
    chart = Chart.of_streets({"places": PLACES}, file, crs="WGS84")

    found = chart.answers(read([",".join(map(str, degrees(east, 500))) for east in (500, 1500)], crs="WGS84"))

    assert [codes(each) for each in found] == [(WEST,), (EAST,)]


def real_streets() -> list[Any]:
    """The features of the 17 real streets; the file is not ours and stays outside."""
    return list(json.loads(STREETS_FILE.read_text("utf-8"))["features"])


@needs_streets
def test_every_real_street_holds_its_label_point_and_its_middles(capsys: pytest.CaptureFixture[str]) -> None:
    streets = real_streets()
    shapes = [shapely.geometry.shape(each["geometry"]) for each in streets]
    inner = [shapely.point_on_surface(shape) for shape in shapes]
    deepest = [shapely.get_point(shapely.maximum_inscribed_circle(shape), 0) for shape in shapes]
    labels = [each["properties"]["label_point"] for each in streets]
    points = [*labels, *((at.x, at.y) for at in (*inner, *deepest))]

    status = locate(
        [f"{lon},{lat}" for lon, lat in points], config=DEFAULT_CONFIG, crs="GCJ02", streets=STREETS_FILE
    )

    told = [row.split(",")[2] for row in capsys.readouterr().out.splitlines()]
    assert (status, told) == (0, [each["properties"]["code"] for each in streets] * 3)


@needs_streets
def test_a_point_on_a_real_border_has_one_street_however_it_is_asked() -> None:
    rings = [each["geometry"]["coordinates"][0] for each in real_streets()]
    lines = [f"{lon!r},{lat!r}" for ring in rings for lon, lat in ring[::7]]
    chart = Chart.of_streets({"places": PLACES}, STREETS_FILE, crs="GCJ02")

    at_once = list(chart.answers(read(lines, crs="GCJ02")))
    backwards = list(chart.answers(read(reversed(lines), crs="GCJ02")))[::-1]

    assert all(isinstance(each, Answer) and each.flags == ("border",) for each in at_once)
    assert list(map(codes, at_once)) == list(map(codes, backwards))
    assert all(len(codes(each)) == 1 for each in at_once)


def test_addresses_get_the_place_that_they_name(capsys: pytest.CaptureFixture[str]) -> None:
    lines = ["工人体育馆社区38号楼2单元602\n", "\n", "东直门街道 38号楼\n", "火星路1号\n"]

    assert locate_addresses(lines, config=DEFAULT_CONFIG) == 0

    assert capsys.readouterr().out.splitlines() == [
        "工人体育馆社区38号楼2单元602,110101009,110101009015,110101009015004,",
        "东直门街道 38号楼,110101009,,,imprecise",
        "火星路1号,,,,",
    ]


def test_addresses_as_json_carry_names(capsys: pytest.CaptureFixture[str]) -> None:
    locate_addresses(["工人体育馆社区38号楼"], config=DEFAULT_CONFIG, as_json=True)

    told = json.loads(capsys.readouterr().out)
    assert told["grid"]["code"] == "110101009015004"
    assert told["community"]["names"]["zh"] == "工人体育馆社区"


def test_a_configuration_without_addresses_says_so() -> None:
    with pytest.raises(GroundError, match=r"add addresses\.toml"):
        locate_addresses(["工人体育馆"], config=DEFAULT_CONFIG.parent / "boston311")
