"""One Kafka record -> what it says, or why it cannot be read. Never raises."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from pydantic import ValidationError

from wangge_chassis.instants import HouseTime, from_broker
from wangge_chassis.logs import complaint
from wangge_chassis.opening import Shut
from wangge_chassis.records import Received, Unread
from wangge_contracts import topics
from wangge_contracts.cloudevents import Envelope, from_headers, from_structured, is_structured
from wangge_contracts.message import MAX_WORD, Message, Unreadable


class RawRecord(Protocol):
    """A record as the Kafka client hands it over; header values may hold any bytes."""

    topic: str
    partition: int
    offset: int
    timestamp: int
    key: bytes | None
    value: bytes | None
    headers: Sequence[tuple[str, bytes]]


# Headers that a replayed dead letter carries: where and when it was first spoken.
ORIGIN_TOPIC = "wangge_topic"
ORIGIN_PARTITION = "wangge_partition"
ORIGIN_OFFSET = "wangge_offset"
ORIGIN_APPENDED_AT = "wangge_appended_at"


@dataclass(frozen=True, slots=True)
class Skipped:
    """A message of a type that this reader does not know yet: not handled, but its sequence counts."""

    topic: str
    key: str | None
    envelope: Envelope


@dataclass(slots=True)
class _Origin:
    """Where and when (house time, UTC) a record was first spoken."""

    topic: str
    partition: int
    offset: int
    appended_at: datetime


def read(record: RawRecord, *, house: HouseTime, outside: bool) -> Received | Unread | Skipped:
    """
    Read *record*; *outside* says that strangers write the topic.

    Strangers may use CloudEvents' structured mode, and a type that we do not know is theirs to
    mend; from inside it is a newer version of ours.
    """
    there = _Origin(record.topic, record.partition, record.offset, house.at(from_broker(record.timestamp)))
    if isinstance(record.value, Shut):
        return as_unread(record, there, "too-large", record.value.why)
    try:
        origin = _origin(record) or there
    except (KeyError, ValueError, AttributeError, TypeError) as error:
        return as_unread(
            record, there, "replay-without-origin", f"a replay needs its origin in headers: {error}"
        )
    try:
        if outside:
            _refuse_too_large(record, origin.topic)
        envelope, data = _opened(record, origin, outside=outside)
        key = record.key.decode() if record.key is not None and not outside else None
        message_class = _class_for(origin.topic, envelope.type)
        if message_class is None:
            if outside:
                raise Unreadable("unknown-type", f"no message of this type belongs on {origin.topic}")
            return Skipped(origin.topic, key, envelope)
        message, ignored = message_class.read_closely(data) if outside else (message_class.read(data), ())
    except Unreadable as error:
        return as_unread(record, origin, error.code, error.text)
    except UnicodeDecodeError:
        return as_unread(record, origin, "not-utf8", "a header or the key is not UTF-8")
    except ValidationError as error:
        return as_unread(record, origin, "wrong-shape", complaint(error))
    except ValueError as error:
        return as_unread(record, origin, "wrong-shape", str(error))
    return Received(
        origin.topic, origin.partition, origin.offset, key, envelope, message, origin.appended_at, ignored
    )


def is_replay(record: RawRecord) -> bool:
    """Whether an operator speaks a dead letter again."""
    row = topics.find(record.topic)
    return row is topics.REPLAYS or row is topics.INTAKE_REPLAYS


def claimed_id(record: RawRecord) -> str | None:
    """Return the id that *record* has if `read` can read it; None for what is no id, and what hides one."""
    found = dict(record.headers).get("ce_id") or b""
    return found.decode("utf-8", "replace") if b"\0" not in found and len(found) <= 4 * MAX_WORD else None


def _origin(record: RawRecord) -> _Origin | None:
    """Return where a replay was first spoken; None if it is none. Raises whatever its headers cause."""
    if not is_replay(record):
        return None
    # Of what a replay's headers say after its origin, strangers may have written some.
    headers = dict(reversed(record.headers))
    appended_at = datetime.fromisoformat(headers[ORIGIN_APPENDED_AT].decode())
    if appended_at.tzinfo is None:
        raise ValueError(f"{ORIGIN_APPENDED_AT} has no zone")
    return _Origin(
        headers[ORIGIN_TOPIC].decode(),
        int(headers[ORIGIN_PARTITION]),
        int(headers[ORIGIN_OFFSET]),
        appended_at,
    )


def _opened(record: RawRecord, origin: _Origin, *, outside: bool) -> tuple[Envelope, bytes]:
    if record.value is None:
        raise Unreadable("tombstone", "the record has no value")
    # Nothing is decided by what a stranger's clock showed, so that nothing he says is lost by it either.
    otherwise = origin.appended_at if outside else None
    if outside and is_structured(record.headers):
        return from_structured(record.value, otherwise=otherwise)
    return from_headers(record.headers, otherwise=otherwise), record.value


def _refuse_too_large(record: RawRecord, topic: str) -> None:
    """Brokers limit batches, not messages: what a stranger may say at most is for its reader to judge."""
    row = topics.find(topic)
    size = len(record.value or b"")
    if row is not None and size > row.max_bytes:
        raise Unreadable("too-large", f"{size} bytes, {row.max_bytes} are allowed")


def _class_for(topic: str, type_name: str) -> type[Message] | None:
    row = topics.find(topic)
    if row is None:
        raise Unreadable("unknown-topic", f"{topic} is not in the topic table")
    stem, _, _ = type_name.rpartition(".v")
    for message_class in row.messages:
        if type_name == message_class.TYPE:
            return message_class
        if stem == message_class.TYPE.rpartition(".v")[0]:
            raise Unreadable(
                "unsupported-version", f"{message_class.TYPE} is the version that is spoken on {topic}"
            )
    return None


def as_unread(record: RawRecord, origin: _Origin | Received, code: str, text: str) -> Unread:
    """Return *record*, first spoken where *origin* says, as one that cannot be read for this reason."""
    return Unread(
        topic=origin.topic,
        partition=origin.partition,
        offset=origin.offset,
        key=record.key,
        headers=record.headers,
        value=record.value,
        appended_at=origin.appended_at,
        code=code,
        text=text[:500],
    )
