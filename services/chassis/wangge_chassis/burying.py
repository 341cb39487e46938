"""What a dead letter keeps of a record that no retry can help: all of it, or what its topic has room for."""

from collections.abc import Callable
from datetime import datetime
from hashlib import sha256
from typing import NamedTuple

from wangge_chassis.opening import Shut
from wangge_chassis.reading import ORIGIN_APPENDED_AT, ORIGIN_OFFSET, ORIGIN_PARTITION, ORIGIN_TOPIC
from wangge_chassis.records import Headers
from wangge_contracts import topics

DEAD_LETTER_TYPE = "wangge.DeadLetter.v1"
CODE = "wangge_code"
REASON = "wangge_reason"
ORIGINAL = "original_"
TOMBSTONE = "wangge_tombstone"
BATCH = "wangge_batch"
"""How many records lie here unread: the value is the batch of the log (format 2) whose last ones they are."""
TRUNCATED = "wangge_truncated"
"""How many bytes the original had, of which the value is the beginning."""
SHA256 = "wangge_sha256"
"""Of the whole of a truncated original, in hexadecimal digits."""
LEFT_OUT = "wangge_left_out"
"""How many bytes of key and headers there was no room for."""
_KEY_BYTES = 4096
_HEADER_BYTES = 65_536
_OVERHEAD_BYTES = 16
"""Of one header: the lengths of its name and value, and more than Kafka needs for them."""
_OWN_BYTES = 8192
"""For our own headers and the batch around the letter."""


class Remains(NamedTuple):
    """What a dead letter keeps: a key, the headers that tell of the original, and the value as published."""

    key: bytes | None
    headers: list[tuple[str, bytes]]
    value: bytes


def epitaph(
    topic: str, partition: int, offset: int, appended_at: datetime, *, code: str, reason: str
) -> list[tuple[str, bytes]]:
    """Return the headers that tell where and when it was first spoken, and why it is buried."""
    return [
        (ORIGIN_TOPIC, topic.encode()),
        (ORIGIN_PARTITION, str(partition).encode()),
        (ORIGIN_OFFSET, str(offset).encode()),
        (ORIGIN_APPENDED_AT, appended_at.isoformat().encode()),
        (CODE, code.encode()),
        (REASON, reason[:1000].encode("utf-8", "replace")),
    ]


def remains(
    key: bytes | None,
    headers: Headers,
    value: bytes | None,
    *,
    topic: str,
    seal: Callable[[bytes], bytes] | None = None,
) -> Remains:
    """
    Return what the dead-letter *topic* keeps of a record, all but the names of its headers under *seal*.

    A broker limits batches as they come, compressed: what a stranger's record holds may be many times as much
    as any topic of ours admits. Where it lies is told beside, so the rest can be found while it is there.
    """
    row = topics.find(topic)
    assert row is not None
    shut = seal or bytes
    kept_key = key if key is None or len(key) > _KEY_BYTES else shut(key)
    if kept_key is not None and len(kept_key) > _KEY_BYTES:
        kept_key = None
    left_out = len(key or b"") if kept_key is None else 0
    told: list[tuple[str, bytes]] = [(TOMBSTONE, b"1")] if value is None else []
    if isinstance(value, Shut):
        told.append((BATCH, str(value.records).encode()))
    room = _HEADER_BYTES
    for name, held in headers:
        kept = held if held is None or room < 0 else shut(held)
        room -= len(ORIGINAL) + 4 * len(name) + len(kept or b"") + _OVERHEAD_BYTES
        if room >= 0:
            told.append((ORIGINAL + _published(name), kept))
        else:
            left_out += len(name) + len(held or b"")
    if left_out:
        told.append((LEFT_OUT, str(left_out).encode()))
    plain = value or b""
    most = row.max_bytes - _HEADER_BYTES - _KEY_BYTES - _OWN_BYTES
    # Sealing takes several times the room and a second for each 100 MB: nothing is sealed to be thrown away.
    sealed = shut(plain) if len(plain) <= most else None
    if sealed is None or len(sealed) > most:
        told += [(TRUNCATED, str(len(plain)).encode()), (SHA256, sha256(plain).hexdigest().encode())]
        # Sealing makes four bytes of three.
        sealed = shut(plain[: most // 4 * 3 - _OWN_BYTES])
    return Remains(kept_key, told, sealed)


def _published(name: str) -> str:
    r"""Return a header's name as one that can be published: a byte that is not UTF-8 becomes `\xff`."""
    return name.encode("utf-8", "surrogateescape").decode("utf-8", "backslashreplace")
