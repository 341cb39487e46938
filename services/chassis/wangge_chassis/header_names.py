"""
What the client makes of a fetch: records, though a header's name is not UTF-8 or a batch holds gigabytes.

Brokers admit both, and the client would fail on them for ever.
"""

import struct
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice, repeat
from typing import Any
from weakref import proxy

from aiokafka.consumer import fetcher
from aiokafka.consumer.fetcher import PartitionRecords
from aiokafka.errors import CorruptRecordException
from aiokafka.record.default_records import DefaultRecordBatch, _DefaultRecordBatchPy
from aiokafka.record.memory_records import MemoryRecords

from wangge_chassis.opening import LARGE_BYTES, MOST_HEADERS, Shut, WillNotOpen, headers_of_each, opened

PORTION_BYTES = 4_000_000
"""How much of a partition one poll hands over at most, uncompressed; a single record may be larger."""
_LENGTH = struct.Struct(">8xi")
_MAGIC_AT, _FORMAT = 16, 2
"""Batches of an older format lie in old logs only: no broker takes one any more."""


class BearingRecords:
    """
    What a fetch brought of one partition, in place of the client's own class.

    A batch is read by the client. If a header's name is not UTF-8, what is left of the batch is read once
    more by its slower twin, which keeps such a name by surrogate escapes. What cannot be opened is handed
    over shut, as one record.
    """

    def __init__(self, data: bytes) -> None:
        self._data = data
        self._records = MemoryRecords(data)
        self._at = 0
        self.given = 0.0
        """How many bytes were handed over so far, each record counted as the mean of its batch."""

    def size_in_bytes(self) -> int:
        """Return how much was fetched."""
        return int(self._records.size_in_bytes())

    def has_next(self) -> bool:
        """Whether another whole batch follows."""
        return bool(self._records.has_next())

    def next_batch(self) -> "_BearingBatch":
        """Return it."""
        (length,) = _LENGTH.unpack_from(self._data, self._at)
        ends = self._at + _LENGTH.size + length
        lain, self._at = self._data[self._at : ends], ends
        return _BearingBatch(self._records.next_batch(), lain, self)


@dataclass(slots=True)
class _InItsPlace:
    """A record as the client hands it over, whose value is all that was not opened."""

    offset: int
    timestamp: int
    timestamp_type: int
    value: Shut
    key: None = None
    checksum: None = None
    headers: tuple[()] = ()


class _BearingBatch:
    """One batch; what the client asks about it, its own class answers."""

    def __init__(self, batch: Any, lain: bytes, fetched: BearingRecords) -> None:
        self._batch = batch
        self._lain = lain
        self._fetched = fetched

    def __getattr__(self, name: str) -> Any:
        return getattr(self._batch, name)

    def __next__(self) -> Any:
        """Return the marker at the end of a transaction, for which the client asks in this way alone."""
        return next(self._batch)

    def __iter__(self) -> Iterator[Any]:
        if self._lain[_MAGIC_AT] < _FORMAT:
            yield from self._batch
            return
        count = _DefaultRecordBatchPy.HEADER_STRUCT.unpack_from(self._lain)[-1]
        try:
            plain = opened(self._lain)
        except WillNotOpen as error:
            self._fetched.given += len(self._lain)
            yield self._shut(0, count, str(error))
            return
        share = len(plain) / max(count, 1)
        # What was not compressed is no more than the broker saw.
        counts = headers_of_each(plain) if len(plain) > LARGE_BYTES and plain is not self._lain else repeat(0)
        records = _records(plain)
        for read, headers in enumerate(counts):
            if headers > MOST_HEADERS:
                why = f"the next of which has {headers} headers: {MOST_HEADERS} are read"
                yield self._shut(read, count - read, f"{len(self._lain)} bytes, {why}")
                return
            if (record := next(records, None)) is None:
                return
            self._fetched.given += share
            yield record

    def _shut(self, read: int, records: int, why: str) -> _InItsPlace:
        """At the last offset: who had read the batch in part finds it, and what follows is next."""
        first, last = self._batch.base_offset + read, self._batch.next_offset - 1
        shut = Shut(self._lain)
        shut.records = records
        shut.why = f"{records} records, from offset {first} to {last}, of a batch of {why}"
        return _InItsPlace(last, self._batch.max_timestamp, self._batch.timestamp_type, shut)


class _Escaping(bytearray):
    """Bytes whose slices become text whatever they hold."""

    def __getitem__(self, at: Any) -> Any:
        found = super().__getitem__(at)
        return _Escaping(found) if isinstance(at, slice) else found

    def decode(self, *_: str) -> str:
        """Return the text; no byte is lost."""
        return super().decode("utf-8", "surrogateescape")


def _records(plain: bytes | bytearray) -> Iterator[Any]:
    """Return the records of a batch that is not compressed."""
    read = 0
    try:
        for record in DefaultRecordBatch(plain):
            yield record
            read += 1
    except (UnicodeDecodeError, CorruptRecordException):
        batch = _DefaultRecordBatchPy(plain)
        batch._buffer = _Escaping(batch._buffer)
        yield from islice(batch, read, None)


class Unpacked(PartitionRecords):  # type: ignore[misc] # aiokafka is untyped
    """
    What was fetched of one partition, record by record; dropped in the middle, it is gone.

    The client's own and the generator that unpacks it hold each other: after a seek, a pause or a page of a
    mailbox megabytes would stay until garbage is looked for, which is seldom (`collecting.py`).
    """

    def _unpack_records(self) -> Any:
        return PartitionRecords._unpack_records(proxy(self))


class Portion(fetcher.FetchResult):  # type: ignore[misc] # aiokafka is untyped
    """What was fetched of one partition, handed over in portions that a transaction can bear."""

    _partition_records: Any

    def getall(self, max_records: int | None = None) -> list[Any]:
        """Return the next records, so many at most, and none after `PORTION_BYTES` of them."""
        if not self.check_assignment(self._topic_partition) or not self.has_more():
            return []
        records = self._partition_records
        fetched: BearingRecords = records._records
        upto = fetched.given + PORTION_BYTES
        found: list[Any] = []
        for record in records:
            found.append(record)
            if len(found) == max_records or fetched.given >= upto:
                self._update_position()
                return found
        self._update_position()
        self._partition_records = None
        return found


def bear() -> None:
    """Have every consumer of this process read in this way."""
    fetcher.MemoryRecords = BearingRecords
    fetcher.PartitionRecords = Unpacked
    fetcher.FetchResult = Portion
