"""A batch that would be too much is handed over shut, in its place, and everything else is read."""

import tracemalloc
from collections.abc import Iterator
from typing import Any

import pytest
from aiokafka.codec import snappy_encode

from tests.unit.chassis.batches import CODECS, ZSTD, Said, batch
from wangge_chassis.burying import BATCH, remains
from wangge_chassis.header_names import BearingRecords
from wangge_chassis.instants import HouseTime
from wangge_chassis.opening import MOST_BYTES, MOST_HEADERS, Shut
from wangge_chassis.reading import read
from wangge_chassis.records import Unread
from wangge_contracts.topics import INTAKE_DEAD_LETTERS

MANY = [("a", b"")] * 400_000
SPACES = b" " * 1_000_000


def fetched(*lain: bytes) -> Iterator[Any]:
    records = BearingRecords(b"".join(lain))
    while records.has_next():
        yield from records.next_batch()


def saying(*values: bytes) -> list[Said]:
    return [(value, [("n", b"1")]) for value in values]


@pytest.mark.parametrize("codec", [codec for codec in CODECS if codec])
def test_what_holds_more_than_there_is_room_for_is_one_record_and_what_follows_is_read(codec: int) -> None:
    bomb = batch(saying(*[SPACES] * 20), codec)
    before, shut, after = fetched(
        batch(saying(b"before"), base=7), _at(bomb, 8), batch(saying(b"after"), base=28)
    )

    assert (before.value, after.value) == (b"before", b"after")
    assert (before.offset, shut.offset, after.offset) == (7, 27, 28)
    assert isinstance(shut.value, Shut)
    assert (shut.value, shut.value.records) == (_at(bomb, 8), 20)
    assert f"20 records, from offset 8 to 27, of a batch of {len(bomb)} bytes of " in shut.value.why
    assert shut.value.why.endswith(f"of which uncompressed more than {MOST_BYTES} would come")


def _at(lain: bytes, base: int) -> bytes:
    return base.to_bytes(8, "big") + lain[8:]


@pytest.mark.parametrize("codec", list(CODECS))
def test_what_there_is_room_for_is_read_whole(codec: int) -> None:
    values = [b"%d" % number + SPACES for number in range(15)]
    assert [record.value for record in fetched(batch(saying(*values), codec))] == values


def test_bare_snappy_is_read_as_well() -> None:
    lain = batch(saying(b"v"), 2, compress=lambda plain: snappy_encode(plain, xerial_compatible=False))
    assert [record.value for record in fetched(lain)] == [b"v"]


def test_a_bomb_takes_no_more_memory_than_the_bound() -> None:
    bomb = batch(saying(*[SPACES] * 200), ZSTD)
    tracemalloc.start()
    list(fetched(bomb))
    _, most = tracemalloc.get_traced_memory()
    tracemalloc.stop()

    assert len(bomb) < 20_000
    assert most < 2 * MOST_BYTES


def test_what_nobody_can_uncompress_does_not_stand_in_the_way() -> None:
    for codec, name in ((1, "gzip"), (2, "snappy"), (3, "lz4"), (4, "zstd"), (5, "codec 5")):
        broken = batch(saying(b"v"), codec, compress=lambda plain: b"\xff" + plain)
        shut, after = fetched(broken, batch(saying(b"after"), base=1))
        assert (shut.value, after.value) == (broken, b"after")
        assert f"bytes of {name}, of which nothing can be made" in shut.value.why


def test_a_record_of_a_great_many_headers_is_left_shut_with_what_follows_it() -> None:
    ends: Said = (b"after", [])
    lain = batch([(SPACES, []), (b"many", MANY), ends], ZSTD)
    first, shut = fetched(lain)

    assert first.value == SPACES
    assert (shut.offset, shut.value.records) == (2, 2)
    assert f"the next of which has {len(MANY)} headers: {MOST_HEADERS} are read" in shut.value.why


def test_who_reads_knows_what_it_is_and_a_letter_keeps_it_whole() -> None:
    (shut,) = fetched(batch(saying(*[SPACES] * 20), ZSTD))
    shut = _Raw(shut)
    unread = read(shut, house=HouseTime(), outside=True)

    assert isinstance(unread, Unread)
    assert (unread.code, unread.offset, unread.text) == ("too-large", 19, shut.value.why)
    left = remains(unread.key, unread.headers, unread.value, topic=INTAKE_DEAD_LETTERS.name)
    assert (left.headers, left.value) == ([(BATCH, b"20")], shut.value)


class _Raw:
    """What the client makes of it."""

    topic, partition = "terminals.pda.reports.v1", 0

    def __init__(self, record: Any) -> None:
        self.offset, self.timestamp, self.key = record.offset, record.timestamp, record.key
        self.value, self.headers = record.value, record.headers
