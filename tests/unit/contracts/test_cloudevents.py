"""CloudEvents headers, against the official SDK as oracle."""

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest
from cloudevents.core.bindings.kafka import (
    KafkaMessage,
    from_binary,
    from_structured as oracle_from_structured,
    to_binary,
    to_structured as oracle_to_structured,
)
from cloudevents.core.formats.json import JSONFormat
from cloudevents.core.v1.event import CloudEvent
from hypothesis import given, strategies as st

from wangge_contracts.cloudevents import (
    STRUCTURED as MEDIA_TYPE,
    Envelope,
    from_headers,
    from_structured,
    is_structured,
    to_headers,
    to_structured,
)
from wangge_contracts.message import Unreadable

AT = datetime(2026, 1, 6, 2, 2, 3, 456_000, tzinfo=UTC)
ENVELOPE = Envelope(
    id="pda-7f3a-000217",
    source="/terminals/pda",
    type="wangge.ReportSubmitted.v1",
    time=AT,
    subject="929c9c321f1036d2f6a2ce647d2c7011",
    sequence=12,
    dataschema="urn:wangge:v1:ReportSubmitted",
    traceparent="00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
)
SMALLEST = Envelope(id="1", source="/x", type="t", time=AT)
STRUCTURED = b'{"specversion":"1.0","id":"1","source":"/x","type":"t","time":"2026-01-06T02:02:03.456Z"'
VALUE = b'{"report_id":"pda-7f3a-000217"}'

texts = st.text(st.characters(codec="utf-8", exclude_characters="\0"), min_size=1, max_size=64)
envelopes = st.builds(
    Envelope,
    id=texts,
    source=texts,
    type=texts,
    time=st.integers(-2_208_988_800_000, 7_258_118_399_999).map(
        lambda ms: datetime(1970, 1, 1, tzinfo=UTC) + timedelta(milliseconds=ms)
    ),
    subject=st.none() | texts,
    sequence=st.none() | st.integers(min_value=0, max_value=10**17),
    dataschema=st.none() | texts,
    traceparent=st.none() | texts,
)


def attributes(envelope: Envelope) -> dict[str, Any]:
    """What the SDK calls *envelope*'s fields."""
    there = {
        "specversion": "1.0",
        "datacontenttype": "application/json",
        "id": envelope.id,
        "source": envelope.source,
        "type": envelope.type,
        "time": envelope.time,
        "subject": envelope.subject,
        "sequence": None if envelope.sequence is None else f"{envelope.sequence:010d}",
        "dataschema": envelope.dataschema,
        "traceparent": envelope.traceparent,
    }
    return {name: value for name, value in there.items() if value is not None}


def without(name: str) -> list[tuple[str, bytes]]:
    return [header for header in to_headers(ENVELOPE) if header[0] != name]


def replaced(name: str, value: bytes) -> list[tuple[str, bytes]]:
    return [*without(name), (name, value)]


@given(envelopes)
def test_headers_come_back_as_they_went(envelope: Envelope) -> None:
    assert from_headers(to_headers(envelope)) == envelope


@pytest.mark.parametrize("envelope", [ENVELOPE, SMALLEST])
def test_the_official_sdk_reads_our_headers(envelope: Envelope) -> None:
    message = KafkaMessage(headers=dict(to_headers(envelope)), key=None, value=VALUE)

    event = from_binary(message, JSONFormat())

    assert event.get_attributes() == attributes(envelope)
    assert event.get_data() == {"report_id": "pda-7f3a-000217"}


@pytest.mark.parametrize("envelope", [ENVELOPE, SMALLEST])
def test_we_read_the_headers_of_the_official_sdk(envelope: Envelope) -> None:
    event = CloudEvent(attributes(envelope), {"report_id": "pda-7f3a-000217"})

    message = to_binary(event, JSONFormat())

    assert from_headers(message.headers.items()) == envelope
    assert set(message.headers) == {name for name, _ in to_headers(envelope)}


def test_we_read_the_structured_mode_of_the_official_sdk() -> None:
    message = oracle_to_structured(CloudEvent(attributes(ENVELOPE), {"report_id": "燃气"}), JSONFormat())

    envelope, data = from_structured(message.value)

    assert is_structured(message.headers.items())
    assert envelope == ENVELOPE
    assert data == '{"report_id":"燃气"}'.encode()
    assert oracle_from_structured(message, JSONFormat()).get_data() == {"report_id": "燃气"}


@pytest.mark.parametrize("envelope", [ENVELOPE, SMALLEST])
def test_the_official_sdk_reads_our_structured_mode(envelope: Envelope) -> None:
    value = to_structured(envelope, VALUE)

    headers = {"content-type": MEDIA_TYPE.encode()}
    event = oracle_from_structured(KafkaMessage(headers=headers, key=None, value=value), JSONFormat())

    assert event.get_attributes() == attributes(envelope)
    assert event.get_data() == {"report_id": "pda-7f3a-000217"}
    assert from_structured(value) == (envelope, VALUE)


def test_structured_mode_carries_data_in_base64_too() -> None:
    assert from_structured(STRUCTURED + b',"data_base64":"eyJhIjoxfQ=="}') == (SMALLEST, b'{"a":1}')


def test_an_attribute_that_is_null_is_none() -> None:
    """JSON format of CloudEvents 1.0, 2.2: null is to be treated as an attribute that was left out."""
    nothing = b',"subject":null,"datacontenttype":null,"data":{"a":1},"data_base64":null}'

    assert from_structured(STRUCTURED + nothing) == (SMALLEST, b'{"a":1}')


def test_binary_headers_are_not_structured() -> None:
    assert not is_structured(to_headers(ENVELOPE))


def test_a_sequence_sorts_as_text_as_it_does_as_number() -> None:
    told = [dict(to_headers(Envelope("1", "s", "t", AT, sequence=n)))["ce_sequence"] for n in (9, 10, 123)]

    assert told == sorted(told)


@pytest.mark.parametrize("name", ["ce_specversion", "ce_id", "ce_source", "ce_type", "ce_time"])
def test_a_required_header_is_missed(name: str) -> None:
    with pytest.raises(Unreadable, match=f"header-missing: .*{name}"):
        from_headers(without(name))


@pytest.mark.parametrize(
    ("headers", "code"),
    [
        (replaced("ce_id", b"\xff"), "header-not-utf8"),
        (replaced("ce_id", b""), "header-invalid"),
        (replaced("ce_id", b"x" * 65), "header-invalid"),
        (replaced("ce_id", b"a\0b"), "header-invalid"),
        (replaced("ce_time", b"yesterday"), "header-invalid"),
        (replaced("ce_time", b"2026-01-06T02:02:03"), "header-invalid"),
        (replaced("ce_time", b"0001-01-01T00:00:00+14:00"), "header-invalid"),
        (replaced("ce_sequence", b"-1"), "header-invalid"),
        (replaced("ce_sequence", b"9" * 30), "header-invalid"),
        (replaced("ce_sequence", b"9" * 5000), "header-invalid"),
        (replaced("ce_sequence", "²".encode()), "header-invalid"),
        (replaced("ce_specversion", b"2.0"), "specversion-unknown"),
        (replaced("content-type", b"text/plain"), "content-type-unknown"),
        (without("content-type"), "content-type-unknown"),
    ],
)
def test_a_header_that_cannot_be_read_says_why(headers: Iterable[tuple[str, bytes]], code: str) -> None:
    with pytest.raises(Unreadable) as refusal:
        from_headers(headers)

    assert refusal.value.code == code


def test_a_header_without_a_value_counts_as_empty() -> None:
    with pytest.raises(Unreadable, match="header-invalid"):
        from_headers([*without("ce_id"), ("ce_id", None)])


def test_other_peoples_headers_are_passed_over() -> None:
    others = [("x-request", b"\xff\xfe"), ("ce_partitionkey", b"\xff"), ("", b"")]

    assert from_headers([*to_headers(ENVELOPE), *others]) == ENVELOPE


def test_the_content_type_may_name_its_characters() -> None:
    assert from_headers(replaced("content-type", b"Application/JSON; charset=utf-8")) == ENVELOPE


def test_a_time_elsewhere_is_the_same_instant() -> None:
    told = AT.astimezone(timezone(timedelta(hours=8))).isoformat().encode()

    assert from_headers(replaced("ce_time", told)).time == AT


@pytest.mark.parametrize(
    ("told", "instant"),
    [
        (b"2026-01-06t02:02:03.5z", datetime(2026, 1, 6, 2, 2, 3, 500_000, UTC)),
        (b"2016-12-31T23:59:60Z", datetime(2016, 12, 31, 23, 59, 59, 999_000, UTC)),
        (b"2017-01-01T07:59:60.25+08:00", datetime(2016, 12, 31, 23, 59, 59, 999_000, UTC)),
    ],
)
def test_every_spelling_of_an_instant_is_read(told: bytes, instant: datetime) -> None:
    assert from_headers(replaced("ce_time", told)).time == instant


@pytest.mark.parametrize("told", [b"", b"yesterday", b"\0", b"9" * 99, b"2026-01-06T02:60Z", b"1767000000"])
def test_who_knows_when_it_came_needs_no_time_of_its_writer(told: bytes) -> None:
    assert from_headers(replaced("ce_time", told), otherwise=AT).time == AT
    assert from_headers(without("ce_time"), otherwise=AT).time == AT
    assert (
        from_headers(to_headers(ENVELOPE), otherwise=datetime(1999, 1, 1, tzinfo=UTC)).time == ENVELOPE.time
    )
    with pytest.raises(Unreadable, match="header-invalid: ce_time"):
        from_headers(replaced("ce_time", told))


@pytest.mark.parametrize(
    ("value", "code"),
    [
        (b"", "not-json"),
        (b"[1]", "not-json"),
        (b"{" * 100_000, "not-json"),
        (b'{"specversion":"1.0","data":{"a":NaN}}', "not-json"),
        (STRUCTURED + b"}", "empty"),
        (b'{"specversion":"1.0","id":"1","data":{}}', "header-missing"),
        (STRUCTURED + b',"data_base64":"***"}', "not-json"),
        (b'{"specversion":"1.0","id":"1","data":{},"datacontenttype":"text/xml"}', "content-type-unknown"),
    ],
)
def test_a_structured_event_that_cannot_be_read_says_why(value: bytes, code: str) -> None:
    with pytest.raises(Unreadable) as refusal:
        from_structured(value)

    assert refusal.value.code == code
