"""What the chassis reads and what it promises to publish, before and after the rooms see it."""

import struct
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache

from wangge_contracts.cloudevents import Envelope
from wangge_contracts.message import MAX_WORD, Message

Headers = Sequence[tuple[str, bytes]]


# What is made for every record, or several times for one, is frozen by custom only, as `Envelope` is: a
# frozen dataclass takes three times as long to make.


@dataclass(slots=True)
class Received:
    """
    One readable record.

    *topic*, *partition*, *offset* and *appended_at* are those of the record as it was first spoken:
    a replayed dead letter carries the original's. *appended_at* is the broker's append time, mapped
    to house time, UTC. *ignored* points to the fields of a stranger's message that nobody here knows.
    """

    topic: str
    partition: int
    offset: int
    key: str | None
    envelope: Envelope
    message: Message
    appended_at: datetime
    ignored: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Unread:
    """One record that cannot be read, and why; it becomes a dead letter whatever the room says of it."""

    topic: str
    partition: int
    offset: int
    key: bytes | None
    headers: Headers
    value: bytes | None
    appended_at: datetime
    code: str
    text: str


@dataclass(slots=True)
class Written:
    """A message of *TYPE* that its room has written already, because it keeps the same bytes."""

    TYPE: str
    value: bytes

    def write(self) -> bytes:
        """Return the bytes, as a message would."""
        return self.value


@dataclass(slots=True)
class Outgoing:
    """
    What a room wants said.

    *id* is derived from its cause, so that a repeat says the same thing twice. The chassis adds
    source, time, position and, on numbered topics, the sequence.
    """

    topic: str
    key: str
    message: Message | Written
    id: str
    subject: str | None = None


@dataclass(slots=True)
class Promised:
    """One message of the outbox: bytes that are published as they stand, in order of *position*."""

    part: str
    position: int
    topic: str
    key: bytes | None
    headers: list[tuple[str, bytes]]
    value: bytes | None


def pack_headers(headers: Headers) -> bytes:
    """Pack header names and values, which may hold any bytes, into one value."""
    packed: list[bytes] = []
    for name, value in headers:
        # A stranger's header may have no value at all, whatever the types say.
        held = value or b""
        # None of ours is longer, and what is remembered of strangers' would never go.
        begin = _begun if len(name) <= MAX_WORD else _begin
        packed += (begin(name, len(held)), held)
    return b"".join(packed)


def _begin(name: str, value_size: int) -> bytes:
    """Return what comes before a value."""
    raw = name.encode("utf-8", "surrogateescape")
    return struct.pack("<II", len(raw), value_size) + raw


_begun = lru_cache(maxsize=1024)(_begin)
"""The same, remembered: of the same few names, with values of the same few lengths."""


def unpack_headers(packed: bytes) -> list[tuple[str, bytes]]:
    """Undo `pack_headers`."""
    return list(_unpacked(packed))


def _unpacked(packed: bytes) -> Iterable[tuple[str, bytes]]:
    at = 0
    while at < len(packed):
        name_size, value_size = struct.unpack_from("<II", packed, at)
        at += 8
        name = packed[at : at + name_size].decode("utf-8", "surrogateescape")
        at += name_size
        yield name, packed[at : at + value_size]
        at += value_size
