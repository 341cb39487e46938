"""What is published of a configuration that is to hold later on, and what holds until then."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from wangge_contracts.v1 import ReferencePublished
from wangge_local.bundle import Bundle, digest
from wangge_local.ground import GroundError
from wangge_local.publish import refuse_overtaken
from wangge_local.standing import Standing, awaited, standing_of

NOW = datetime(2026, 1, 6, 2, 0, tzinfo=UTC)
DAY = timedelta(days=1)
BUNDLE = Bundle("new", {}, {}, {})
UNITS = {"gas": [{"slug": "gas"}], "none": []}
CONTENTS: dict[str, Any] = {digest(units): units for units in UNITS.values()}


def manifest(version: str, days: float, *, unit: str = "none") -> ReferencePublished:
    parts = {"departments": digest(UNITS[unit])}
    return ReferencePublished.model_validate(
        {
            "kind": "manifest",
            "hash": digest([version, parts]),
            "version": version,
            "effective_from": NOW + days * DAY,
            "content": parts,
            "published_by": {"staff_id": "operator", "role": "operator"},
        }
    )


def stands(*manifests: ReferencePublished, days: float = 0) -> Standing:
    return standing_of(manifests, CONTENTS, at=NOW + days * DAY)


def told(standing: Standing) -> tuple[str | None, Sequence[str]]:
    return standing.version, [each.version for each in standing.coming]


def test_what_was_published_for_a_later_day_waits_for_it() -> None:
    before = stands(manifest("old", -1), manifest("new", 5))

    assert awaited(BUNDLE, before=before) == NOW + 5 * DAY


@pytest.mark.parametrize(
    "before",
    [
        stands(manifest("new", -1)),
        stands(manifest("new", -1), manifest("new", 5)),
        stands(manifest("old", 5)),
    ],
)
def test_nothing_else_waits(before: Standing) -> None:
    assert awaited(BUNDLE, before=before) is None


def test_what_was_said_last_holds_only_until_the_day_of_what_was_said_before_for_a_later_one() -> None:
    published = (manifest("first", -1), manifest("prepared", 3), manifest("mended", 0))

    assert told(stands(*published)) == ("mended", ["prepared"])
    assert told(stands(*published, days=4)) == ("prepared", [])
    assert told(stands(*published, manifest("mended", 4), days=4)) == ("mended", [])


def test_of_two_for_one_day_the_later_one_replaces_the_other() -> None:
    published = (manifest("first", -1), manifest("prepared", 3), manifest("better", 3))

    assert told(stands(*published)) == ("first", ["better"])


def test_a_version_that_lacks_a_part_is_none() -> None:
    whole, lacking = manifest("whole", -1), manifest("lacking", 0, unit="gas")

    assert standing_of([whole, lacking], {digest([]): []}, at=NOW).version == "whole"


def test_a_unit_is_not_taken_on_that_would_go_by_what_was_published_for_a_later_day() -> None:
    bundle = Bundle("new", {"departments": UNITS["gas"]}, {}, {})
    lacks = (manifest("first", -1), manifest("prepared", 3))

    refuse_overtaken(bundle, before=stands(*lacks, manifest("better", 3, unit="gas")))
    with pytest.raises(GroundError, match=r"prepared.*2026-01-09 02:00 UTC on and lacks department:gas: "):
        refuse_overtaken(bundle, before=stands(*lacks))
