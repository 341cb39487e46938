"""Which partition a key lies on: murmur2, as Java's and aiokafka's default partitioners have it."""

import struct
from functools import lru_cache

_MASK = 0xFFFFFFFF
_M = 0x5BD1E995
_SEED = 0x9747B28C


def key_hash(key: str | bytes) -> int:
    """
    Return the non-negative 31-bit murmur2 hash of *key* (text in UTF-8).

    Rows that must be found by part store this number and never a partition, so that they do not
    depend on how many partitions there are (org.apache.kafka.common.utils.Utils.murmur2).
    """
    raw = key.encode() if isinstance(key, str) else key
    return _remembered(raw) if len(raw) <= _REMEMBERED_BYTES else _hash(raw)


def _hash(key: bytes) -> int:
    return murmur2(key) & 0x7FFFFFFF


_remembered = lru_cache(maxsize=8192)(_hash)
"""One for both: a key is text while its message is promised, and bytes when it is published."""
_REMEMBERED_BYTES = 256
"""An id in any script; only a stranger's key, of which dead letters keep 4 KiB, is longer."""


def partition_of(key: str | bytes, partitions: int) -> int:
    """Return the partition of *key* on a topic with *partitions* partitions."""
    return key_hash(key) % partitions


def murmur2(data: bytes) -> int:
    """Return the unsigned 32-bit murmur2 hash of *data*, seeded as Kafka seeds it."""
    length = len(data)
    words = length // 4
    h = _SEED ^ length
    for k in struct.unpack_from(f"<{words}I", data):
        k = k * _M & _MASK
        h = (h * _M ^ (k ^ k >> 24) * _M) & _MASK
    rest = data[words * 4 :]
    if rest:
        h = (h ^ int.from_bytes(rest, "little")) * _M & _MASK
    h ^= h >> 13
    h = h * _M & _MASK
    return h ^ (h >> 15)
