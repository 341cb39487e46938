"""House time: forward by anchors, and back to the real instant at which something will be due."""

from datetime import UTC, datetime, timedelta

from hypothesis import given, strategies as st

from wangge_chassis.instants import Anchor, HouseTime

NOON = datetime(2026, 1, 6, 12, tzinfo=UTC)
SECOND, HOUR, DAY = timedelta(seconds=1), timedelta(hours=1), timedelta(days=1)


def house_time(*anchors: Anchor) -> HouseTime:
    return HouseTime(anchors, len(anchors), tuple(anchor.real_at for anchor in anchors))


def test_without_anchors_an_instant_comes_when_it_is() -> None:
    assert house_time().when(NOON + HOUR, since=NOON) == NOON + HOUR
    assert house_time().when(NOON - HOUR, since=NOON) == NOON


def test_what_a_leap_passes_over_comes_with_the_leap() -> None:
    leaps = house_time(Anchor(NOON, NOON), Anchor(NOON + 10 * SECOND, NOON + 5 * DAY))

    assert leaps.when(NOON + 2 * DAY, since=NOON) == NOON + 10 * SECOND
    assert leaps.when(NOON + 5 * SECOND, since=NOON) == NOON + 5 * SECOND
    assert leaps.when(NOON + 5 * DAY + HOUR, since=NOON) == NOON + 10 * SECOND + HOUR


def test_while_time_stands_still_nothing_comes() -> None:
    stands = house_time(Anchor(NOON, NOON, rate=0.0))

    assert stands.when(NOON + SECOND, since=NOON + HOUR) is None
    assert stands.when(NOON, since=NOON + HOUR) == NOON + HOUR


@given(
    st.lists(
        st.tuples(st.integers(0, 500), st.integers(0, 5000), st.sampled_from([0.0, 0.5, 1.0, 60.0])),
        max_size=5,
    ),
    st.integers(-50, 3000),
    st.integers(-50, 20_000),
)
def test_an_instant_has_come_when_it_is_said_to_come_and_not_before(
    moves: list[tuple[int, int, float]], since_s: int, house_s: int
) -> None:
    anchors: list[Anchor] = []
    real = NOON
    for after_s, leap_s, rate in moves:
        real += after_s * SECOND
        anchors.append(Anchor(real, max(house_time(*anchors).at(real), real) + leap_s * SECOND, rate))
    time, since, house = house_time(*anchors), NOON + since_s * SECOND, NOON + house_s * SECOND

    when = time.when(house, since=since)

    if when is None:
        assert time.at(since + 1000 * DAY) < house
    else:
        assert when >= since
        assert time.at(when + timedelta(milliseconds=1)) >= house
        if when > since:
            assert time.at(when - timedelta(milliseconds=2)) < house
