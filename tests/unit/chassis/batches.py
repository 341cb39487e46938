"""Batches as brokers keep them (format 2), compressed by whoever wrote them."""

import struct
from collections.abc import Callable, Iterable

from aiokafka.codec import gzip_encode, lz4_encode, snappy_encode, zstd_encode
from aiokafka.record.default_records import DefaultRecordBatchBuilder
from aiokafka.record.util import calc_crc32c

_HEAD, _LENGTH_AT, _CRC_AT, _CRC_FROM = 61, 8, 17, 21
CODECS: dict[int, Callable[[bytes], bytes]] = {
    0: bytes,
    1: gzip_encode,
    2: snappy_encode,
    3: lz4_encode,
    4: zstd_encode,
}
"""By their numbers in a batch's attributes."""
ZSTD = 4
Said = tuple[bytes, list[tuple[str, bytes]]]
"""A record's value and headers."""


def batch(
    said: Iterable[Said],
    codec: int = 0,
    *,
    base: int = 0,
    attributes: int = 0,
    producer: int = -1,
    key: bytes = b"k",
    replaced: tuple[bytes, bytes] = (b"", b""),
    compress: Callable[[bytes], bytes] | None = None,
) -> bytes:
    """Return a batch from offset *base* on; bytes may be *replaced* by others of the same length."""
    builder = DefaultRecordBatchBuilder(2, 0, False, producer, -1, -1, 1_000_000_000)
    for number, (value, headers) in enumerate(said):
        builder.append(number, 0, key, value, headers)
    plain = bytes(builder.build())
    if replaced[0]:
        plain = plain.replace(*replaced)
    built = bytearray(plain[:_HEAD] + (compress or CODECS[codec])(plain[_HEAD:]))
    struct.pack_into(">q", built, 0, base)
    struct.pack_into(">i", built, _LENGTH_AT, len(built) - 12)
    struct.pack_into(">h", built, _CRC_FROM, codec | attributes)
    struct.pack_into(">I", built, _CRC_AT, calc_crc32c(bytes(built[_CRC_FROM:])))
    return bytes(built)
