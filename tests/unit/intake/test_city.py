"""What intake takes from the published configuration, and what it does without one."""

from datetime import UTC, datetime
from typing import Any

import pytest

from tests.unit.intake.builders import CITY, POINT, Desk, report
from wangge_chassis.reference import NotPublished
from wangge_contracts.v1 import IncidentAccepted
from wangge_intake.city import City
from wangge_intake.handlers import topics_of
from wangge_intake.whereabouts import Bounds

RING = [[116.36, 39.85], [116.46, 39.85], [116.46, 39.98], [116.36, 39.98], [116.36, 39.85]]
PARTS: dict[str, Any] = {
    "district": {
        "code": "110101",
        "time_zone": "Asia/Shanghai",
        "default_points": [{"lon": 116.404, "lat": 39.915, "crs": "BD09"}],
    },
    "boundaries": {
        "crs": "WGS84",
        "features": [{"geometry": {"type": "MultiPolygon", "coordinates": [[RING]]}, "properties": {}}],
    },
    "terminals": [{"slug": "app", "name": {"zh": "a", "en": "a"}, "sources": ["resident", "sensor"]}],
}


def city(**parts: Any) -> City:
    return City.of("v1", {kind: part for kind, part in (PARTS | parts).items() if part is not None})


def accepted(there: City, **fields: Any) -> IncidentAccepted:
    topic = fields.pop("topic", "terminals.app.reports.v1")
    told = Desk(there).hear(report(topic=topic, **fields))
    return next(out.message for out in told if isinstance(out.message, IncidentAccepted))


def test_the_box_of_the_district_is_that_of_its_outlines() -> None:
    assert city().bounds == Bounds(116.36, 39.85, 116.46, 39.98)


def test_outsiders_speak_on_the_topics_that_the_configuration_gives_them() -> None:
    terminals = [PARTS["terminals"][0], PARTS["terminals"][0] | {"slug": "pda", "officers": True}]
    units = [
        {"slug": slug, "reach": reach} for slug, reach in (("water", "mailbox"), ("gas", "contact-only"))
    ]
    there = city(terminals=terminals, departments=units)

    assert sorted(there.topics) == [
        "departments.water.answers.v1",
        "terminals.app.reports.v1",
        "terminals.pda.answers.v1",
        "terminals.pda.reports.v1",
    ]
    assert topics_of(lambda: there)() == there.topics


def test_before_anything_is_published_nobody_is_expected_to_speak() -> None:
    def unpublished() -> City:
        raise NotPublished("nothing yet")

    assert topics_of(unpublished)() == frozenset()


def test_a_corner_of_whole_degrees_counts() -> None:
    whole = {"geometry": {"type": "Polygon", "coordinates": [[[116, 39], [117, 40], [116, 39]]]}}

    assert city(boundaries={"features": [whole]}).bounds == Bounds(116, 39, 117, 40)


def test_outlines_in_another_system_are_converted_first() -> None:
    box = city(boundaries=PARTS["boundaries"] | {"crs": "GCJ02"}).bounds

    assert box is not None
    assert box.west == pytest.approx(116.36 - 0.0062, abs=0.0005)


def test_a_corner_that_comes_to_lie_beyond_the_edge_of_the_world_does_not_count() -> None:
    beyond = {"geometry": {"type": "Point", "coordinates": [-180.0, 39.9]}, "properties": {}}
    drawn = PARTS["boundaries"] | {"crs": "BD09"}

    assert city(boundaries=drawn | {"features": [beyond]}).bounds is None
    assert city(boundaries=drawn | {"features": [*drawn["features"], beyond]}) == city(boundaries=drawn)


def test_without_a_map_nothing_is_outside() -> None:
    assert accepted(city(boundaries=None), place={"point": POINT | {"lon": 2.0}}).place_flags == ()
    assert accepted(city(), place={"point": POINT | {"lon": 2.0}}).place_flags == ("outside",)


def test_a_point_that_the_configuration_names_is_a_default() -> None:
    point = {"lon": 116.404, "lat": 39.915, "crs": "BD09"}

    assert accepted(city(), place={"point": point}).place_flags == ("default-point",)
    assert accepted(City("110101"), place={"point": point}).place_flags == ()


@pytest.mark.parametrize(
    ("topic", "claimed", "stands"),
    [
        ("terminals.app.reports.v1", "resident", "resident"),
        ("terminals.app.reports.v1", "sensor", "sensor"),
        ("terminals.app.reports.v1", "officer", "resident"),
        ("terminals.app.reports.v1", "by-pigeon", "resident"),
        ("terminals.unlisted.reports.v1", "officer", "officer"),
    ],
)
def test_a_system_that_claims_too_much_is_taken_for_what_it_is(topic: str, claimed: str, stands: str) -> None:
    assert accepted(city(), topic=topic, source=claimed).source == stands


def test_a_report_names_the_version_of_what_it_was_judged_by_and_not_of_the_whole() -> None:
    assert accepted(city()).reference_versions == {"boundaries": "v1", "district": "v1", "terminals": "v1"}
    assert accepted(city(boundaries=None, terminals=None)).reference_versions == {"district": "v1"}
    assert accepted(City("110101")).reference_versions == {}


def test_the_year_of_a_number_is_that_of_the_district() -> None:
    new_year = datetime(2025, 12, 31, 16, 30, tzinfo=UTC)

    assert city().year(new_year) == 2026
    assert City("110101").year(new_year) == 2025


@pytest.mark.parametrize("part", ["district", "boundaries", "terminals"])
def test_a_part_that_makes_no_sense_is_refused(part: str) -> None:
    with pytest.raises((ValueError, LookupError)):
        city(**{part: {"code": 7}})


def test_the_tests_city_is_as_it_would_be_published() -> None:
    assert (CITY.bounds, CITY.defaults) == (city().bounds, city().defaults)
