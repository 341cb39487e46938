"""What is published of a configuration that is to hold later on."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from wangge_local.bundle import Bundle
from wangge_local.publish import Standing, awaited

NOW = datetime(2026, 1, 6, 2, 0, tzinfo=UTC)
BUNDLE = Bundle("new", {}, {}, {})
STANDS = Standing("new", NOW + timedelta(days=5), frozenset(), {})


def test_what_was_published_for_a_later_day_waits_for_it() -> None:
    assert awaited(BUNDLE, before=STANDS, now=NOW) == NOW + timedelta(days=5)


@pytest.mark.parametrize(
    "stands",
    [
        replace(STANDS, effective_from=NOW),
        replace(STANDS, version="old"),
        Standing(None, None, frozenset(), {}),
    ],
)
def test_nothing_else_waits(stands: Standing) -> None:
    assert awaited(BUNDLE, before=stands, now=NOW) is None
