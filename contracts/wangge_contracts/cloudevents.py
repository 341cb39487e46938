"""CloudEvents 1.0 on Kafka: the envelope as headers (binary), or in one JSON with the data (structured)."""

import re
from base64 import b64decode
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from pydantic_core import from_json, to_json

from wangge_contracts.instants import EARLIEST, LATEST
from wangge_contracts.message import MAX_WORD, Unreadable, instant_text
from wangge_contracts.spellings import whole_characters

JSON = "application/json"
STRUCTURED = "application/cloudevents+json"
SPECVERSION = "1.0"
_JSON = JSON.encode()
_STRUCTURED = STRUCTURED.encode()
_SPECVERSION = SPECVERSION.encode()
_LONGEST = {
    # Characters; sequence and time are bounded by what they have to look like.
    "specversion": 8,
    "id": MAX_WORD,
    "source": 256,
    "type": 128,
    "time": 64,
    "subject": MAX_WORD,
    "sequence": 18,
    "dataschema": 256,
    "traceparent": 256,
}
_ATTRIBUTES = {f"ce_{name}": name for name in _LONGEST}
_LEAP_SECOND = re.compile(r"(?<=\d:\d\d):60(?:[.,]\d+)?(?=[Z+-])", re.ASCII)


@dataclass(slots=True)
class Envelope:
    """
    Who said it, when, about what.

    *id* is what repeats are recognised by; *subject* the incident once known; *sequence* counts per key on
    numbered topics. The time is what the writer's clock showed: nothing is decided by it. It is frozen by
    custom only: one is made for every record, and a frozen dataclass takes three times as long to make.
    """

    id: str
    source: str
    type: str
    time: datetime
    subject: str | None = None
    sequence: int | None = None
    dataschema: str | None = None
    traceparent: str | None = None


def to_headers(envelope: Envelope) -> list[tuple[str, bytes]]:
    """The Kafka headers of binary mode. The sequence has ten digits, so that it also sorts as text."""
    headers = letterhead(source=envelope.source, type_=envelope.type, time=envelope.time)
    headers += own_headers(envelope.id, subject=envelope.subject, sequence=envelope.sequence)
    if envelope.dataschema is not None:
        headers.append(("ce_dataschema", envelope.dataschema.encode()))
    if envelope.traceparent is not None:
        headers.append(("ce_traceparent", envelope.traceparent.encode()))
    return headers


def letterhead(*, source: str, type_: str, time: datetime) -> list[tuple[str, bytes]]:
    """The headers that messages of one type have in common when one writer says them at one time."""
    return [
        ("ce_specversion", _SPECVERSION),
        ("ce_source", source.encode()),
        ("ce_type", type_.encode()),
        ("ce_time", instant_text(time).encode()),
        ("content-type", _JSON),
    ]


def own_headers(id_: str, *, subject: str | None, sequence: int | None) -> list[tuple[str, bytes]]:
    """The headers of one message beside its letterhead."""
    headers = [("ce_id", id_.encode())]
    if subject is not None:
        headers.append(("ce_subject", subject.encode()))
    if sequence is not None:
        headers.append(("ce_sequence", b"%010d" % sequence))
    return headers


def from_headers(
    headers: Iterable[tuple[str, bytes | None]], *, otherwise: datetime | None = None
) -> Envelope:
    """
    The envelope in Kafka headers of binary mode; headers that are not of CloudEvents are passed over.

    *otherwise* is its time (UTC) if it has none, or none that is an instant; without it that is refused.
    Raises `Unreadable` with `header-missing`, `header-invalid`, `header-not-utf8`, `specversion-unknown` or
    `content-type-unknown`.
    """
    attributes: dict[str, str] = {}
    content_type = ""
    try:
        for name, value in headers:
            if (attribute := _ATTRIBUTES.get(name)) is not None:
                attributes[attribute] = (value or b"").decode()
            elif name.lower() == "content-type":
                content_type = JSON if value == _JSON else (value or b"").decode()
    except UnicodeDecodeError:
        raise Unreadable("header-not-utf8", f"{name} is not UTF-8") from None
    if content_type is not JSON and _media_type(content_type) != JSON:
        # What a stranger wrote is not repeated in a reason, which more people read than his headers.
        raise Unreadable("content-type-unknown", f"content-type is not {JSON}")
    return _envelope(attributes, otherwise)


def is_structured(headers: Iterable[tuple[str, bytes | None]]) -> bool:
    """Whether the headers announce structured mode, so that the value is read by `from_structured`."""
    for name, value in headers:
        is_content_type = len(name) == 12 and name.lower() == "content-type"
        if is_content_type and value and value.lower().startswith(_STRUCTURED):
            return True
    return False


def from_structured(value: bytes, *, otherwise: datetime | None = None) -> tuple[Envelope, bytes]:
    """
    The envelope and the data, as JSON, in a value of structured mode; *otherwise* as for `from_headers`.

    Raises `Unreadable` as `from_headers` does, and with `not-json`.
    """
    event = _event(value)
    content_type = event.get("datacontenttype")
    # Null is an attribute that was left out.
    if content_type is not None and _media_type(str(content_type)) != JSON:
        raise Unreadable("content-type-unknown", f"datacontenttype is not {JSON}")
    attributes = {name: str(event[name]) for name in _LONGEST if event.get(name) is not None}
    return _envelope(attributes, otherwise), _data(event)


def to_structured(envelope: Envelope, data: bytes) -> bytes:
    """The value of structured mode: the envelope's attributes, and beside them *data*, which is JSON."""
    attributes = {name.removeprefix("ce_"): value.decode() for name, value in to_headers(envelope)}
    attributes["datacontenttype"] = attributes.pop("content-type")
    return b'%b,"data":%b}' % (to_json(attributes)[:-1], data)


def data_of_structured(value: bytes) -> bytes:
    """The data, as JSON, in a value of structured mode, whatever is wrong with its envelope."""
    return _data(_event(value))


def _event(value: bytes) -> dict[str, Any]:
    try:
        event = from_json(whole_characters(value), allow_inf_nan=False)
    except ValueError as error:
        raise Unreadable("not-json", str(error)) from None
    if not isinstance(event, dict):
        raise Unreadable("not-json", "a structured event is a JSON object")
    return event


def _data(event: dict[str, Any]) -> bytes:
    if (data := event.get("data")) is not None:
        return to_json(data)
    if (encoded := event.get("data_base64")) is None:
        raise Unreadable("empty", "the event has neither `data` nor `data_base64`")
    try:
        return b64decode(encoded, validate=True)
    except (TypeError, ValueError):
        raise Unreadable("not-json", "`data_base64` is not base64") from None


def _envelope(attributes: dict[str, str], otherwise: datetime | None) -> Envelope:
    time = _instant(attributes.pop("time", None), otherwise)
    for name, value in attributes.items():
        if not 0 < len(value) <= _LONGEST[name] or "\0" in value:
            raise Unreadable("header-invalid", f"ce_{name} is empty, too long or holds U+0000")
    try:
        if attributes["specversion"] != SPECVERSION:
            raise Unreadable("specversion-unknown", f"specversion is not {SPECVERSION}")
        return Envelope(
            id=attributes["id"],
            source=attributes["source"],
            type=attributes["type"],
            time=time,
            subject=attributes.get("subject"),
            sequence=_sequence(attributes.get("sequence")),
            dataschema=attributes.get("dataschema"),
            traceparent=attributes.get("traceparent"),
        )
    except KeyError as missing:
        raise _missing(missing.args[0]) from None


def _media_type(content_type: str) -> str:
    return content_type.partition(";")[0].strip().lower()


def _instant(text: str | None, otherwise: datetime | None) -> datetime:
    if text and (instant := _parsed(text) or _parsed(_as_usual(text))):
        return instant
    if otherwise is not None:
        return otherwise
    if text is None:
        raise _missing("time")
    raise Unreadable("header-invalid", "ce_time is no RFC 3339 instant between 1900 and 2200")


def _parsed(text: str) -> datetime | None:
    try:
        instant = datetime.fromisoformat(text)
        if instant.tzinfo is not None and EARLIEST <= instant < LATEST:
            return instant if instant.tzinfo is UTC else instant.astimezone(UTC)
    except ValueError:
        pass
    return None


def _as_usual(text: str) -> str:
    """RFC 3339 admits small letters, and a leap second, which no `datetime` holds."""
    return _LEAP_SECOND.sub(":59.999", text.upper())


def _missing(name: str) -> Unreadable:
    return Unreadable("header-missing", f"there is no ce_{name}")


def _sequence(text: str | None) -> int | None:
    if text is None:
        return None
    if text.isascii() and text.isdigit():
        return int(text)
    raise Unreadable("header-invalid", "ce_sequence is no number")
