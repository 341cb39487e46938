"""A batch in which one header's name is not UTF-8 is read to its end, and nothing of it is lost."""

import struct

import pytest
from aiokafka.codec import gzip_encode, zstd_encode
from aiokafka.errors import CorruptRecordException
from aiokafka.record.default_records import DefaultRecordBatchBuilder
from aiokafka.record.util import calc_crc32c

from wangge_chassis.header_names import BearingRecords

_HEAD, _LENGTH_AT, _CRC_AT, _CRC_FROM, _GZIP, _ZSTD = 61, 8, 17, 21, 1, 4
"""Where a batch of Kafka's format 2 keeps what, and the codecs' numbers in its attributes."""
_CODECS = {0: bytes, _GZIP: gzip_encode, _ZSTD: zstd_encode}
_MISNAMED = 2
_RECORDS = 5


def batch(codec: int, *, base: int = 0, misnamed: int | None = _MISNAMED) -> bytes:
    """Return a batch of five records; a client in C may have written the one that is misnamed."""
    builder = DefaultRecordBatchBuilder(2, 0, False, -1, -1, -1, 100_000)
    for number in range(_RECORDS):
        name = "x-odd" if number == misnamed else "x-even"
        builder.append(number, 0, b"k", b"v%d" % number, [(name, b"%d" % number)])
    plain = bytes(builder.build()).replace(b"x-odd", b"\xff-odd")
    built = bytearray(plain[:_HEAD] + _CODECS[codec](plain[_HEAD:]))
    struct.pack_into(">q", built, 0, base)
    struct.pack_into(">i", built, _LENGTH_AT, len(built) - 12)
    struct.pack_into(">h", built, _CRC_FROM, codec)
    struct.pack_into(">I", built, _CRC_AT, calc_crc32c(bytes(built[_CRC_FROM:])))
    return bytes(built)


@pytest.mark.parametrize("codec", list(_CODECS))
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
