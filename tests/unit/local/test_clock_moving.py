"""House time never goes back, so it is not moved to where nothing could be counted any more."""

from datetime import UTC, datetime, timedelta

import pytest

from wangge_local.bundle import load
from wangge_local.clock_moving import ahead_text, require_countable
from wangge_local.ground import GroundError
from wangge_local.house_folder import DEFAULT_CONFIG


def test_time_stays_before_the_last_year_of_the_calendars() -> None:
    city = load(DEFAULT_CONFIG)
    ends = datetime(2027, 12, 31, 16, 0, tzinfo=UTC)  # the year 2028 begins in Beijing

    require_countable(ends - timedelta(seconds=1), city)
    with pytest.raises(GroundError, match="go no further than 2028-01-01"):
        require_countable(ends, city)


@pytest.mark.parametrize(
    ("span", "says"),
    [
        (timedelta(days=2, minutes=1), "2 d 0 h ahead of real time"),
        (timedelta(hours=-13, seconds=-20), "13:00 behind real time"),
    ],
)
def test_how_far_house_time_is_ahead_is_told_in_words(span: timedelta, says: str) -> None:
    assert ahead_text(span) == says
