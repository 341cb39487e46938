"""What a turn promises for a part comes back from the outbox as it was, in order, at its positions."""

import struct

import pytest
from hypothesis import given, strategies as st

from wangge_chassis.packing import entry, pack, unpack
from wangge_chassis.records import Promised, pack_headers

Said = tuple[str, bytes | None, list[tuple[str, bytes]], bytes | None]
SAID: st.SearchStrategy[Said] = st.tuples(
    st.text(max_size=30),
    st.none() | st.binary(max_size=40),
    st.lists(st.tuples(st.text(max_size=30), st.binary(max_size=100)), max_size=4),
    st.none() | st.binary(max_size=300),
)


def packed(said: list[Said]) -> bytes:
    return pack(entry(topic, key, pack_headers(headers), value) for topic, key, headers, value in said)


@given(st.lists(SAID, min_size=1, max_size=30), st.integers(30, 2**40), st.integers(1, 20))
def test_what_was_packed_comes_back(said: list[Said], last: int, times: int) -> None:
    said *= times  # beyond the size from which it is compressed, too

    back = unpack(packed(said), part="3", last_position=last + 600)

    first = last + 600 - len(said) + 1
    assert back == [Promised("3", first + n, *each) for n, each in enumerate(said)]


def test_much_of_the_same_is_kept_small() -> None:
    said: list[Said] = [
        ("incidents.changed.v1", b"i%d" % n, [], b'{"state": "open"}' * 60) for n in range(300)
    ]

    assert len(packed(said)) < sum(len(value or b"") for *_, value in said) / 10


def test_what_does_not_shrink_comes_back_too() -> None:
    noise = struct.pack(">20000d", *(n**0.5 for n in range(20_000)))

    assert unpack(packed([("t", None, [], noise)]), part="0", last_position=1) == [
        Promised("0", 1, "t", None, [], noise)
    ]


def test_what_a_later_version_packed_is_refused_by_name() -> None:
    with pytest.raises(ValueError, match="part 7"):
        unpack(b"\2...", part="7", last_position=1)
