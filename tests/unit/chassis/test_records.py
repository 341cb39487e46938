"""Headers keep any bytes through the outbox; house time only maps forward."""

import tracemalloc
from datetime import UTC, datetime, timedelta

from hypothesis import given, strategies as st

from wangge_chassis.instants import Anchor, HouseTime
from wangge_chassis.partitioner import partition_of
from wangge_chassis.records import pack_headers, unpack_headers

NOON = datetime(2026, 11, 24, 12, tzinfo=UTC)


@given(st.lists(st.tuples(st.text(max_size=30), st.binary(max_size=200)), max_size=20))
def test_headers_survive_the_outbox(headers: list[tuple[str, bytes]]) -> None:
    assert unpack_headers(pack_headers(headers)) == headers


def test_what_strangers_call_their_headers_and_keys_is_not_remembered() -> None:
    tracemalloc.start()
    try:
        for number in range(10, 70):
            name = f"{number}" * 2_000
            pack_headers([(name, b"")])
            partition_of(name, 12)
        held, _ = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()

    assert held < 50_000


def test_without_anchors_house_time_is_real_time() -> None:
    assert HouseTime().at(NOON) == NOON


@given(st.lists(st.tuples(st.integers(0, 10_000), st.integers(0, 10_000)), max_size=8), st.data())
def test_house_time_never_goes_back(steps: list[tuple[int, int]], data: st.DataObject) -> None:
    anchors: list[Anchor] = []
    for passed_s, advanced_s in steps:
        now = HouseTime(tuple(anchors), len(anchors), tuple(a.real_at for a in anchors))
        real = (anchors[-1].real_at if anchors else NOON) + timedelta(seconds=passed_s)
        anchors.append(Anchor(real, now.at(real) + timedelta(seconds=advanced_s)))
    house = HouseTime(tuple(anchors), len(anchors), tuple(a.real_at for a in anchors))
    instants = sorted(data.draw(st.lists(st.integers(-100, 100_000), min_size=2, max_size=10)))

    mapped = [house.at(NOON + timedelta(seconds=s)) for s in instants]

    assert mapped == sorted(mapped)


def test_an_instant_that_was_mapped_once_is_mapped_the_same_after_an_advance() -> None:
    first = Anchor(NOON, NOON - timedelta(days=30))
    before = HouseTime((first,), 1, (NOON,))
    later = Anchor(NOON + timedelta(hours=1), NOON)
    after = HouseTime((first, later), 2, (NOON, later.real_at))
    spoken = NOON + timedelta(minutes=30)

    assert after.at(spoken) == before.at(spoken)
