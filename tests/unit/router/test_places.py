"""Points on the map: which grid, community and street they lie in, and when that is doubtful."""

import pytest

from tests.unit.router.maps import (
    EAST,
    GRIDS,
    SQUARES,
    WEST,
    city,
    collection,
    drawn,
    feature,
    report,
)
from tests.unit.router.scenes import Play, accepted
from wangge_contracts.v1 import IncidentAccepted
from wangge_router.boundaries import Boundaries
from wangge_router.directory import Directory
from wangge_router.placing import Atlas

CITY = city()
SOUTH_WEST, NORTH_WEST, SOUTH_EAST, _ = SQUARES
BORDER = ("border",)


def found(incident: IncidentAccepted, there: Directory = CITY) -> tuple[str, tuple[str, ...]]:
    """The finest code that is known of where *incident* lies, and its flags."""
    (site,) = there.sorting.registry.sites((incident,))
    return site.located.codes[0], site.flags


def test_a_point_lies_in_its_grid_community_and_street() -> None:
    (site,) = CITY.sorting.registry.sites((report(500, 1500),))

    assert site.located.codes == (NORTH_WEST, f"{WEST}001", WEST, "110101")
    assert site.flags == ()


def test_a_whole_batch_is_placed_as_each_point_by_itself() -> None:
    batch = [report(east, north) for east in range(-100, 2200, 150) for north in range(-100, 2200, 150)]
    registry = CITY.sorting.registry

    assert registry.sites(batch) == [registry.sites((one,))[0] for one in batch]


@pytest.mark.parametrize(
    ("east", "north", "code"),
    [
        (1000, 500, SOUTH_WEST),
        (1000.9, 500, SOUTH_WEST),
        (999.1, 500, SOUTH_WEST),
        (500, 1000.9, SOUTH_WEST),
        (1000, 1000, SOUTH_WEST),
        (-0.9, 500, SOUTH_WEST),
    ],
)
def test_whoever_stands_on_a_border_is_in_the_area_with_the_lowest_code(
    east: float, north: float, code: str
) -> None:
    assert found(report(east, north)) == (code, BORDER)


def test_beyond_the_tolerance_nothing_is_doubtful() -> None:
    assert found(report(1001.2, 500)) == (SOUTH_EAST, ())


@pytest.mark.parametrize(("accuracy", "flags"), [(20.0, ()), (31.0, BORDER)])
def test_a_circle_of_accuracy_that_crosses_a_border_is_flagged_and_the_point_decides(
    accuracy: float, flags: tuple[str, ...]
) -> None:
    assert found(report(1030, 500, accuracy_m=accuracy)) == (SOUTH_EAST, flags)


@pytest.mark.parametrize(("accuracy", "flags"), [(10.0, ("outside",)), (60.0, ("outside", "border"))])
def test_what_lies_outside_goes_to_the_district_with_a_flag(accuracy: float, flags: tuple[str, ...]) -> None:
    assert found(report(-50, 500, accuracy_m=accuracy)) == ("110101", flags)


@pytest.mark.parametrize(
    ("incident", "code", "flags"),
    [
        (report(500, 500, area=WEST), SOUTH_WEST, ()),
        (report(500, 500, area=SOUTH_WEST), SOUTH_WEST, ()),
        (report(500, 500, area="999"), SOUTH_WEST, ()),
        (report(500, 500, area=NORTH_WEST), f"{WEST}001", ("contradicted",)),
        (report(500, 500, area=SOUTH_EAST), "110101", ("contradicted",)),
        (report(-500, 500, area=SOUTH_WEST), "110101", ("outside", "contradicted")),
        (report(990, 500, area=SOUTH_EAST, accuracy_m=15), SOUTH_EAST, BORDER),
        (report(990, 500, area=EAST, accuracy_m=15), EAST, BORDER),
        (report(-10, 500, area=SOUTH_WEST, accuracy_m=15), SOUTH_WEST, ("outside", "border")),
        (report(500, 500, area=SOUTH_EAST, flags=("imprecise",)), SOUTH_EAST, ("imprecise",)),
        (report(500, 500, area=SOUTH_EAST, flags=("default-point",)), SOUTH_EAST, ("default-point",)),
        (report(500, 500, flags=("default-point",)), "110101", ("default-point",)),
        (report(500, 500, flags=("imprecise",)), SOUTH_WEST, ("imprecise",)),
    ],
)
def test_point_and_area_decide_together(
    incident: IncidentAccepted, code: str, flags: tuple[str, ...]
) -> None:
    assert found(incident) == (code, flags)


def test_an_area_alone_places_it_and_an_address_alone_does_not() -> None:
    by_area = accepted(place={"area": {"scheme": "test", "code": SOUTH_EAST}})
    by_address = accepted(place={"address": {"text": "somewhere"}})

    assert found(by_area) == (SOUTH_EAST, ())
    assert found(by_address) == ("110101", ())


def test_where_no_grid_is_drawn_the_community_holds_and_else_the_street() -> None:
    there = city(
        feature("grid", SOUTH_WEST, (0, 0)),
        feature("community", f"{WEST}001", (0, 0), size=2000),
        feature("street", EAST, (2000, 0)),
    )

    assert found(report(500, 500), there) == (SOUTH_WEST, ())
    assert found(report(1500, 1500), there) == (f"{WEST}001", ())
    assert found(report(2500, 500), there) == (EAST, ())
    assert found(report(500, 500, area=f"{WEST}001"), there) == (SOUTH_WEST, ())
    assert found(report(1500, 1500, area=NORTH_WEST), there) == (NORTH_WEST, ())


def test_areas_in_gcj02_hold_the_same_points() -> None:
    there = city(*(feature("grid", code, at, gcj=True) for code, at in SQUARES.items()), crs="GCJ02")

    for east, north in ((2, 2), (998, 500), (1002, 500), (1500, 1998)):
        assert found(report(east, north), there) == found(report(east, north))


def test_overlapping_areas_give_the_lowest_code_and_a_flag() -> None:
    there = city(feature("grid", SOUTH_WEST, (0, 0)), feature("grid", SOUTH_EAST, (500, 0)))

    assert found(report(750, 500), there) == (SOUTH_WEST, BORDER)


def test_a_hole_and_a_second_piece_belong_to_an_area() -> None:
    outer, hole, island = (
        feature("grid", SOUTH_WEST, corner, size=size)["geometry"]["coordinates"][0]
        for corner, size in (((0, 0), 1000), ((400, 400), 200), ((5000, 0), 100))
    )
    pieces = feature("grid", SOUTH_WEST, (0, 0)) | {
        "geometry": {"type": "MultiPolygon", "coordinates": [[outer, hole], [island]]}
    }
    there = city(pieces)

    assert found(report(500, 500), there) == ("110101", ("outside",))
    assert found(report(5050, 50), there) == (SOUTH_WEST, ())


def test_an_area_that_is_no_place_or_no_area_is_refused() -> None:
    knot = feature("grid", SOUTH_WEST, (0, 0))
    ring = knot["geometry"]["coordinates"][0]
    ring[1], ring[2] = ring[2], ring[1]

    for features, complaint in (
        ([feature("grid", "110101001001999", (0, 0))], "not registered"),
        ([feature("street", SOUTH_WEST, (0, 0))], "not registered as one"),
        ([knot], f"{SOUTH_WEST} cannot be used: Self-intersection"),
    ):
        with pytest.raises(ValueError, match=complaint):
            city(*features)
    with pytest.raises(ValueError, match="at least 1 item"):
        Boundaries.model_validate(collection())


def test_a_map_without_its_coordinate_system_is_refused() -> None:
    with pytest.raises(ValueError, match="crs"):
        Boundaries.model_validate({"type": "FeatureCollection", "features": GRIDS})


def test_nobody_asks_and_nothing_is_answered() -> None:
    assert Atlas(drawn()).look((), ()) == []
    assert CITY.sorting.registry.sites(()) == []


def test_the_fact_tells_the_place_by_name_and_what_is_doubtful() -> None:
    incident = Play(CITY).hear(report(500, 500, area=NORTH_WEST)).case.incident
    place = incident.place

    assert place.street is not None
    assert place.community is not None
    assert (place.street.code, place.community.names.zh, place.grid) == (WEST, f"{WEST}001", None)
    assert incident.place_flags == ("contradicted",)


def test_the_place_on_the_map_decides_who_is_called() -> None:
    first, second = (Play(CITY).hear(report(east, 500)) for east in (500, 1500))

    assert [held.task.holder for held in first.case.held][1:] == [f"officer:{SOUTH_WEST}/police"]
    assert [held.task.holder for held in second.case.held][1:] == [f"officer:{SOUTH_EAST}/police"]


def test_what_lies_outside_goes_to_the_desk_of_the_district_and_no_rule_is_asked() -> None:
    case = Play(CITY).hear(report(500, 500)).case
    outside = Play(CITY).hear(report(-500, 500)).case

    assert case.incident.lead == "department:water"
    assert [(held.task.kind, held.task.holder) for held in outside.held] == [("dispatch", "desk:110101")]
    assert outside.incident.place_flags == ("outside",)
    assert "outside the district" in outside.decision.reason


def test_a_report_without_a_place_is_still_routed_by_its_class() -> None:
    case = Play(CITY).hear(accepted(place={"address": {"text": "somewhere"}})).case

    assert case.incident.lead == "department:water"
