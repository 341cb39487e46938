"""The made-up part of a configuration: it is what the plan makes, and it tiles the city."""

from pathlib import Path
from typing import Any

import pytest
import shapely
from shapely.geometry import shape

from wangge_local.synthetic import Plan, as_geojson, as_toml, boundaries, main
from wangge_local.synthetic_shapes import Box, divide, outline, rings

DONGCHENG = Path(__file__).parents[3] / "deploy" / "config" / "dongcheng"


@pytest.fixture(scope="module")
def plan() -> Plan:
    return Plan.read(DONGCHENG)


@pytest.fixture(scope="module")
def drawn(plan: Plan) -> dict[str, dict[str, Any]]:
    levels: dict[str, dict[str, Any]] = {}
    for feature in boundaries(plan)["features"]:
        properties = feature["properties"]
        levels.setdefault(properties["level"], {})[properties["code"]] = shape(feature["geometry"])
    return levels


def test_the_files_are_what_the_plan_makes(tmp_path: Path) -> None:
    (tmp_path / "synthetic.toml").write_bytes((DONGCHENG / "synthetic.toml").read_bytes())

    main(tmp_path)

    for made in ("places.toml", "boundaries.geojson", "addresses.toml"):
        assert (tmp_path / made).read_bytes() == (DONGCHENG / made).read_bytes(), made


def test_the_boundaries_fit_a_message_and_a_feature_a_line(plan: Plan) -> None:
    text = as_geojson(boundaries(plan))

    assert len(text.encode()) < 400_000
    assert text.count("\n") == 17 + 187 + 589 + 2


@pytest.mark.parametrize("level", ["street", "community", "grid"])
def test_the_places_of_a_level_tile_the_city(drawn: dict[str, dict[str, Any]], level: str) -> None:
    places = list(drawn[level].values())

    # Every border is shared corner by corner: no gap and no overlap, however small.
    assert shapely.is_valid(places).all()
    assert shapely.coverage_is_valid(places)
    whole = shapely.union_all(places)
    assert whole.geom_type == "Polygon"
    assert not whole.interiors
    assert sum(place.area for place in places) == pytest.approx(whole.area, rel=1e-9)
    west, south, east, north = whole.bounds
    assert 116.37 < west < east < 116.45
    assert 39.86 < south < north < 39.97


@pytest.mark.parametrize(
    ("level", "digits", "above"), [("grid", 12, "community"), ("community", 9, "street")]
)
def test_places_tile_the_one_above(
    drawn: dict[str, dict[str, Any]], level: str, digits: int, above: str
) -> None:
    for code, whole in drawn[above].items():
        inner = [place for of, place in drawn[level].items() if of[:digits] == code]

        assert shapely.equals(shapely.union_all(inner), whole), code


def test_every_point_of_the_district_lies_in_one_grid(drawn: dict[str, dict[str, Any]]) -> None:
    grids = shapely.STRtree(list(drawn["grid"].values()))
    district = shapely.union_all(list(drawn["street"].values()))
    west, south, east, north = district.bounds
    mesh = [
        shapely.Point(west + (east - west) * (x + 0.37) / 150, south + (north - south) * (y + 0.41) / 150)
        for x in range(150)
        for y in range(150)
    ]
    inside = [point for point in mesh if district.contains(point)]

    asked, _ = grids.query(inside, predicate="intersects")

    assert len(inside) > 10_000
    assert sorted(asked) == list(range(len(inside)))


def test_a_city_of_known_places_keeps_their_codes_and_names(plan: Plan) -> None:
    text = as_toml(plan)

    assert 'parent = "110101009015", name = { zh = "工人体育馆第4网格", en = "Workers\' Gymnasium' in text
    assert text.startswith("# Made by")


def test_a_box_is_divided_in_the_order_of_grid_numbers() -> None:
    assert divide(Box(0, 0, 300, 200), 4) == [
        Box(0, 100, 150, 200),
        Box(150, 100, 300, 200),
        Box(0, 0, 150, 100),
        Box(150, 0, 300, 100),
    ]


def test_a_box_too_small_to_be_divided_is_refused() -> None:
    with pytest.raises(ValueError, match="too small"):
        divide(Box(0, 0, 2, 2), 9)


def test_a_border_has_the_corners_of_both_sides() -> None:
    whole, *_ = found = rings([Box(0, 0, 10, 20), Box(10, 0, 20, 10), Box(10, 10, 20, 20)])

    assert whole == ((0, 0), (10, 0), (10, 10), (10, 20), (0, 20), (0, 0))
    assert outline(found) == (
        (0, 0), (10, 0), (20, 0), (20, 10), (20, 20), (10, 20), (0, 20), (0, 0)
    )  # fmt: skip


def test_parts_that_do_not_lie_side_by_side_have_no_outline() -> None:
    with pytest.raises(ValueError, match="not one ring"):
        outline(rings([Box(0, 0, 10, 10), Box(20, 0, 30, 10)]))


def test_a_street_is_planned_in_one_way() -> None:
    name = {"zh": "街", "en": "Street"}
    street = {"code": "1", "name": name, "box": [0, 0, 1, 1]}

    with pytest.raises(ValueError, match="`known` communities, or"):
        Plan.model_validate({"head": "", "scheme": "s", "code": "0", "name": name, "streets": [street]})
