"""A batch of records as it lay in the log -> uncompressed, if that takes no more than there is room for."""

import gzip
import struct
from collections.abc import Iterator
from io import BytesIO
from mmap import MADV_DONTNEED, mmap

from aiokafka.record.default_records import DefaultRecordBase
from aiokafka.record.util import decode_varint
from cramjam import lz4, snappy, zstd

MOST_BYTES = 16 * 1024 * 1024
"""
What a batch may hold uncompressed. Brokers bound it as it comes, and a few kilobytes of zstd can be
gigabytes. JSON that shrinks 24 times, the most that was ever seen, is 6 MiB of the 256 KiB that an outsider's
topic admits.
"""
MOST_HEADERS = 10_000
"""What a record of a batch above `LARGE_BYTES` may have: of two bytes each one becomes 100, and work."""
LARGE_BYTES = 64 * 1024
"""Up to so much, whatever a batch holds is read in a moment."""
_ROOM = mmap(-1, MOST_BYTES)
"""One for all batches: to make it anew takes longer than to fill it with a small one."""
_GIVEN_BACK_FROM = 1024 * 1024
"""What a batch of so many bytes has used is given back, or every process would hold all of it for good."""
_HEAD_BYTES = DefaultRecordBase.HEADER_STRUCT.size
_ATTRIBUTES = struct.Struct(">h")
_CODECS = {
    DefaultRecordBase.CODEC_GZIP: "gzip",
    DefaultRecordBase.CODEC_SNAPPY: "snappy",
    DefaultRecordBase.CODEC_LZ4: "lz4",
    DefaultRecordBase.CODEC_ZSTD: "zstd",
}
_XERIAL = b"\x82SNAPPY\0"
_XERIAL_HEAD_BYTES = 16
_BLOCK = struct.Struct(">I")


class Shut(bytes):
    """What is left shut of a batch: all of it, as it lay in the log, in place of a record's value."""

    records: int
    """How many of its records were not handed over: the last ones."""
    why: str
    """Which they are, and why they were not."""


class WillNotOpen(ValueError):
    """The batch holds more than there is room for, or nothing that can be uncompressed."""


def opened(lain: bytes) -> bytes | bytearray:
    """Return the batch that *lain* is, uncompressed. Raises WillNotOpen."""
    (attributes,) = _ATTRIBUTES.unpack_from(lain, DefaultRecordBase.ATTRIBUTES_OFFSET)
    codec = attributes & DefaultRecordBase.CODEC_MASK
    if codec == DefaultRecordBase.CODEC_NONE:
        return lain
    name = _CODECS.get(codec, f"codec {codec}")
    held = lain[_HEAD_BYTES:]
    try:
        if name == "gzip":
            plain = _whole(lain, gzip.GzipFile(fileobj=BytesIO(held)).read(MOST_BYTES + 1))
        elif name == "snappy":
            plain = _whole(lain, b"".join(_blocks(held)))
        else:
            size = {"lz4": lz4, "zstd": zstd}[name].decompress_into(held, _ROOM)
            plain = bytearray(lain[:_HEAD_BYTES])
            plain += memoryview(_ROOM)[:size]
            if size >= _GIVEN_BACK_FROM:
                _ROOM.madvise(MADV_DONTNEED)
    except Exception as error:
        # Its checksum was right: so it was written, and it will be no other when it is fetched again.
        raise WillNotOpen(f"{len(lain)} bytes of {name}, of which {_told(error)}") from None
    _ATTRIBUTES.pack_into(
        plain, DefaultRecordBase.ATTRIBUTES_OFFSET, attributes & ~DefaultRecordBase.CODEC_MASK
    )
    return plain


class _Full(ValueError):
    """It is more than `MOST_BYTES`."""


def _whole(lain: bytes, plain: bytes) -> bytearray:
    if len(plain) > MOST_BYTES:
        raise _Full
    return bytearray(lain[:_HEAD_BYTES]) + plain


def _blocks(held: bytes) -> Iterator[bytes]:
    """Blocks of snappy as Java's library frames them, or one that stands bare."""
    if held[: len(_XERIAL)] != _XERIAL:
        found = [held]
    else:
        found, at = [], _XERIAL_HEAD_BYTES
        while at < len(held):
            (size,) = _BLOCK.unpack_from(held, at)
            at += _BLOCK.size
            found.append(held[at : at + size])
            at += size
    if sum(map(snappy.decompress_raw_len, found)) > MOST_BYTES:
        raise _Full
    return (bytes(snappy.decompress_raw(block)) for block in found)


def _told(error: Exception) -> str:
    if isinstance(error, _Full) or "whole buffer" in str(error):
        return f"uncompressed more than {MOST_BYTES} would come"
    return f"nothing can be made: {type(error).__name__}: {error}"


def headers_of_each(plain: bytes | bytearray) -> Iterator[int]:
    """Return of each record in turn how many headers it says it has; 0 for what is too short to have many."""
    at = _HEAD_BYTES
    while at < len(plain):
        size, begin = decode_varint(plain, at)
        at = begin + size
        yield _headers(plain, begin) if size > MOST_HEADERS else 0


def _headers(plain: bytes | bytearray, at: int) -> int:
    at += 1
    for _ in ("timestamp", "offset"):
        _, at = decode_varint(plain, at)
    for _ in ("key", "value"):
        size, at = decode_varint(plain, at)
        at += max(size, 0)
    count, _ = decode_varint(plain, at)
    return int(count)
