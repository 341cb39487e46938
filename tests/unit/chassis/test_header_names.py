"""A batch in which one header's name is not UTF-8 is read to its end, and nothing of it is lost."""

from types import SimpleNamespace
from weakref import ref

import pytest
from aiokafka import TopicPartition
from aiokafka.consumer.fetcher import READ_COMMITTED, READ_UNCOMMITTED
from aiokafka.errors import CorruptRecordException

from tests.unit.chassis import batches
from wangge_chassis.header_names import PORTION_BYTES, BearingRecords, Portion, Unpacked

_HEAD = 61
"""Where the first record begins."""
_MISNAMED = 2
_TRANSACTIONAL, _CONTROL = 0x10, 0x20
_ABORTED, _COMMITTED = b"\0\0\0\0", b"\0\0\0\1"
"""The key of a transaction's marker."""
_RECORDS = 5


def batch(codec: int, *, base: int = 0, misnamed: int | None = _MISNAMED) -> bytes:
    """Return a batch of five records; a client in C may have written the one that is misnamed."""
    said = [
        (b"v%d" % number, [("x-odd" if number == misnamed else "x-even", b"%d" % number)])
        for number in range(_RECORDS)
    ]
    return batches.batch(said, codec, base=base, replaced=(b"x-odd", b"\xff-odd"))


@pytest.mark.parametrize("codec", list(batches.CODECS))
def test_records_before_and_after_it_are_read_once(codec: int) -> None:
    fetched = BearingRecords(batch(codec, misnamed=None) + batch(codec, base=_RECORDS))
    read = []
    while fetched.has_next():
        of = fetched.next_batch()
        assert of.validate_crc()
        read += [(record.offset, record.value, record.headers) for record in of]

    assert [offset for offset, _, _ in read] == list(range(2 * _RECORDS))
    assert [value for _, value, _ in read] == [b"v%d" % number for number in range(_RECORDS)] * 2
    odd = _RECORDS + _MISNAMED
    assert read[odd][2] == [("\udcff-odd", b"%d" % _MISNAMED)]
    assert all(headers[0][0] == "x-even" for offset, _, headers in read if offset != odd)


def test_what_is_broken_otherwise_is_still_refused() -> None:
    broken = bytearray(batch(0))
    broken[_HEAD] += 2  # the length of the first record
    with pytest.raises(CorruptRecordException):
        list(BearingRecords(bytes(broken)).next_batch())


def test_of_large_records_a_poll_hands_over_a_few_and_the_next_ones_the_rest() -> None:
    small, large, count = b"s", b" " * (PORTION_BYTES // 4), 6
    lain = [batches.batch([(value, [])] * count, batches.ZSTD) for value in (small, large)]
    lain[1] = count.to_bytes(8, "big") + lain[1][8:]
    at = TopicPartition("t", 0)
    place = SimpleNamespace(paused=False, position=0)
    place.consumed_to = lambda position: setattr(place, "position", position)
    records = Unpacked(at, BearingRecords(b"".join(lain)), [], 0, None, None, True, READ_UNCOMMITTED)
    assignment = SimpleNamespace(active=True, state_value=lambda _: place)
    portion = Portion(at, assignment=assignment, partition_records=records, backoff=0)

    handed = []
    while portion.has_more():
        handed.append([record.offset for record in portion.getall(count)])
        assert place.position == sum(map(len, handed))

    assert handed == [[0, 1, 2, 3, 4, 5], [6, 7, 8, 9], [10, 11]]


def of_transaction(producer: int, base: int, *values: bytes, marker: bytes) -> bytes:
    """Return what a transaction wrote from offset *base* on, and the marker at its end."""
    said: list[batches.Said] = [(value, []) for value in values]
    end, control = base + len(values), _TRANSACTIONAL | _CONTROL
    wrote = batches.batch(said, batches.ZSTD, base=base, attributes=_TRANSACTIONAL, producer=producer)
    return wrote + batches.batch([(b"", [])], base=end, attributes=control, producer=producer, key=marker)


def test_what_was_taken_back_before_it_was_kept_was_not_said() -> None:
    lain = of_transaction(7, 0, b"no", b"nor", marker=_ABORTED) + of_transaction(
        7, 3, b"yes", marker=_COMMITTED
    )
    at = TopicPartition("t", 0)
    records = Unpacked(at, BearingRecords(lain), [(7, 0)], 0, None, None, True, READ_COMMITTED)

    assert [(record.offset, record.value) for record in records] == [(3, b"yes")]
    assert records.next_fetch_offset == 5


def test_what_is_dropped_in_the_middle_is_not_left_to_the_collection_of_garbage() -> None:
    fetched = BearingRecords(batch(0))
    records = Unpacked(TopicPartition("t", 0), fetched, [], 0, None, None, True, READ_UNCOMMITTED)
    next(records)
    held = ref(fetched)
    del fetched, records

    assert held() is None
