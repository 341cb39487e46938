"""Headers whose names are not UTF-8: brokers admit them, and the client would fail on them for ever."""

from collections.abc import Iterator
from itertools import islice
from typing import Any

from aiokafka.consumer import fetcher
from aiokafka.errors import CorruptRecordException
from aiokafka.record.default_records import _DefaultRecordBatchPy
from aiokafka.record.memory_records import MemoryRecords, _MemoryRecordsPy


class BearingRecords:
    """
    What a fetch brought of one partition, in place of the client's own class.

    A batch is read by the client. If a header's name is not UTF-8, what is left of the batch is read once
    more by its slower twin, which keeps such a name by surrogate escapes.
    """

    def __init__(self, data: bytes) -> None:
        self._data = data
        self._records = MemoryRecords(data)
        self._batches = 0

    def size_in_bytes(self) -> int:
        """Return how much was fetched."""
        return int(self._records.size_in_bytes())

    def has_next(self) -> bool:
        """Whether another whole batch follows."""
        return bool(self._records.has_next())

    def next_batch(self) -> "_BearingBatch":
        """Return it."""
        self._batches += 1
        return _BearingBatch(self._records.next_batch(), self._data, self._batches - 1)


class _BearingBatch:
    """One batch; what the client asks about it, its own class answers."""

    def __init__(self, batch: Any, data: bytes, number: int) -> None:
        self._batch = batch
        self._data = data
        self._number = number

    def __getattr__(self, name: str) -> Any:
        return getattr(self._batch, name)

    def __iter__(self) -> Iterator[Any]:
        read = 0
        try:
            for record in self._batch:
                yield record
                read += 1
        except (UnicodeDecodeError, CorruptRecordException):
            yield from islice(_escaped(self._data, self._number), read, None)


class _Escaping(bytearray):
    """Bytes whose slices become text whatever they hold."""

    def __getitem__(self, at: Any) -> Any:
        found = super().__getitem__(at)
        return _Escaping(found) if isinstance(at, slice) else found

    def decode(self, *_: str) -> str:
        """Return the text; no byte is lost."""
        return super().decode("utf-8", "surrogateescape")


def _escaped(data: bytes, number: int) -> Any:
    """Return the records of the batch of that number in *data*."""
    records = _MemoryRecordsPy(data)
    for _ in range(number):
        records.next_batch()
    batch = _DefaultRecordBatchPy(records._next_slice)
    iter(batch)
    batch._buffer = _Escaping(batch._buffer)
    return batch


def bear() -> None:
    """Have every consumer of this process read in this way."""
    fetcher.MemoryRecords = BearingRecords
