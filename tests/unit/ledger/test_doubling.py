"""Which matters may be the same: near in kind, place and time."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from wangge_ledger.doubling import Seen, doubles

NOON = datetime(2026, 1, 6, 4, 0, tzinfo=UTC)
STEP = 0.001
"""Degrees of latitude: 111 m."""


def seen(name: str, code: str = "0501", *, steps: float = 0, days: float = 0, **fields: Any) -> Seen:
    place = {"wgs84": {"lon": 116.43, "lat": 39.94 + steps * STEP}, "grid": {"code": "g1"}}
    whole = {
        "incident_id": name,
        "case_number": name,
        "mode": "actual",
        "district": "110101",
        "accepted_at": NOON + timedelta(days=days),
        "class_ref": {"scheme": "gb-event", "code": code},
        "place": place,
    }
    return Seen.model_validate(whole | fields)


def test_the_same_class_nearby_comes_before_its_family_and_what_is_far_does_not_come() -> None:
    others = [
        seen("family", "0503", steps=0.1),
        seen("same", steps=2),
        seen("another class", "0101"),
        seen("too far", steps=3),
        seen("too long ago", days=-8),
    ]
    found = doubles(seen("this"), [*others, seen("this")])

    assert [(double.seen.incident_id, double.same_class) for double in found] == [
        ("same", True),
        ("family", False),
    ]
    assert round(found[0].metres or 0) == 222


@pytest.mark.parametrize("other", ["Street Cleaning", "St"])
def test_a_class_that_is_named_in_words_is_a_family_of_its_own(other: str) -> None:
    of = {"scheme": "boston311", "code": "Street Light Outages"}
    others = [seen(code, class_ref=of | {"code": code}) for code in (other, "Street Light Outages")]

    found = doubles(seen("this", class_ref=of), others)

    assert [double.seen.incident_id for double in found] == ["Street Light Outages"]


@pytest.mark.parametrize(("share", "near"), [(0.99, 4), (1.01, 0)])
def test_all_that_is_near_lies_around_it_and_little_else(share: float, near: int) -> None:
    this = seen("this")
    assert this.around is not None
    south, north, west, east = this.around
    lat, lon = (north - south) / 2 * share, (east - west) / 2 * share
    edges = [(lat, 0.0), (-lat, 0.0), (0.0, lon), (0.0, -lon)]
    places = [{"wgs84": {"lat": 39.94 + up, "lon": 116.43 + aside}} for up, aside in edges]

    assert len(doubles(this, [seen(str(at), place=place) for at, place in enumerate(places)])) == near


def test_what_has_no_point_has_nothing_around_it() -> None:
    assert seen("this", place={"grid": {"code": "g1"}}).around is None


def test_without_points_the_finest_place_decides() -> None:
    here, there = {"grid": {"code": "g1"}}, {"grid": {"code": "g2"}}
    others = [seen("here", place=here), seen("elsewhere", place=there)]

    assert [double.seen.incident_id for double in doubles(seen("this", place=here), others)] == ["here"]


def test_where_only_one_has_a_point_the_finest_place_decides() -> None:
    pointless: dict[str, Any] = {"place": {"grid": {"code": "g1"}}}

    assert len(doubles(seen("this"), [seen("other", **pointless)])) == 1
    assert len(doubles(seen("this", **pointless), [seen("other")])) == 1


def test_a_matter_without_a_class_is_nobodys_double() -> None:
    assert doubles(seen("this"), [seen("unclassed", class_ref=None)]) == []
    assert doubles(seen("this", class_ref=None), [seen("classed")]) == []
