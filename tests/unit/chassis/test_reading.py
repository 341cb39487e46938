"""What is read of a record, and of a replayed dead letter: where and when it was first spoken."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import pytest
from pydantic_core import to_json

from tests.unit.intake.builders import content
from wangge_chassis.instants import HouseTime
from wangge_chassis.reading import (
    ORIGIN_APPENDED_AT,
    ORIGIN_OFFSET,
    ORIGIN_PARTITION,
    ORIGIN_TOPIC,
    claimed_id,
    read,
)
from wangge_chassis.records import Received, Unread
from wangge_contracts.cloudevents import Envelope, from_headers, to_headers
from wangge_contracts.message import MAX_WORD


@dataclass
class Replay:
    appended_at: bytes
    topic: str = "intake.replays.v1"
    partition: int = 0
    offset: int = 3
    timestamp: int = 1_767_664_924_118
    key: bytes | None = None
    value: bytes | None = b"{}"
    headers: Sequence[tuple[str, bytes]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.headers = [
            (ORIGIN_TOPIC, b"terminals.pda.reports.v1"),
            (ORIGIN_PARTITION, b"1"),
            (ORIGIN_OFFSET, b"7"),
            (ORIGIN_APPENDED_AT, self.appended_at),
        ]


@pytest.mark.parametrize(
    ("appended_at", "code", "offset"),
    [
        (b"2026-01-06T02:02:04+00:00", "content-type-unknown", 7),
        (b"2026-01-06T02:02:04", "replay-without-origin", 3),
        (b"yesterday", "replay-without-origin", 3),
    ],
)
def test_an_origin_is_an_instant_with_its_zone(appended_at: bytes, code: str, offset: int) -> None:
    told = read(Replay(appended_at), house=HouseTime(), outside=True)

    assert isinstance(told, Unread)
    assert (told.code, told.offset) == (code, offset)


def test_what_a_stranger_wrote_after_the_origin_is_none() -> None:
    replay = Replay(b"2026-01-06T02:02:04+00:00")
    spoofed = ((ORIGIN_TOPIC, b"terminals.hotline.reports.v1"), (ORIGIN_APPENDED_AT, b"2026-01-01T00:00:00Z"))
    replay.headers = [*replay.headers, *spoofed]
    told = read(replay, house=HouseTime(), outside=True)

    assert isinstance(told, Unread)
    assert (told.topic, told.appended_at.isoformat()) == (
        "terminals.pda.reports.v1",
        "2026-01-06T02:02:04+00:00",
    )


def report(**fields: Any) -> Replay:
    """Return a replayed report with all headers it needs."""
    replay = Replay(b"2026-01-06T02:02:04+00:00", **fields)
    envelope = Envelope("e-1", "/terminals/pda", "wangge.ReportSubmitted.v1", datetime.now(UTC))
    replay.headers = [*replay.headers, *to_headers(envelope)]
    return replay


def test_a_strangers_key_is_neither_read_nor_trusted() -> None:
    told = read(report(key=b"\xff", value=to_json(content())), house=HouseTime(), outside=True)

    assert isinstance(told, Received)
    assert told.key is None


@pytest.mark.parametrize(("outside", "ignored"), [(True, ("/attachement",)), (False, ())])
def test_a_stranger_is_told_what_was_passed_over_and_a_newer_version_of_ours_is_not(
    outside: bool, ignored: tuple[str, ...]
) -> None:
    value = to_json(content(attachement=[]))
    told = read(report(key=b"i", value=value), house=HouseTime(), outside=outside)

    assert isinstance(told, Received)
    assert told.ignored == ignored


def test_what_is_not_of_the_shape_of_its_type_is_told_so() -> None:
    told = read(report(value=b'{"report_id":7}'), house=HouseTime(), outside=True)

    assert isinstance(told, Unread)
    assert told.code == "wrong-shape"


def test_before_a_record_is_read_its_id_is_the_one_it_will_have() -> None:
    replay = Replay(b"2026-01-06T02:02:04+00:00")
    envelope = Envelope("例" * MAX_WORD, "/wangge/router", "wangge.IncidentChanged.v1", datetime.now(UTC))
    replay.headers = [("ce_id", b"an earlier one"), *to_headers(envelope), ("ce_note", b"of a stranger")]

    assert claimed_id(replay) == from_headers(replay.headers).id == envelope.id


@pytest.mark.parametrize("headers", [[], [("ce_id", b"")], [("ce_id", b"a\0b")], [("ce_id", b"." * 5000)]])
def test_what_the_database_could_not_be_asked_for_is_no_id(headers: Sequence[tuple[str, bytes]]) -> None:
    replay = Replay(b"2026-01-06T02:02:04+00:00")
    replay.headers = headers

    assert not claimed_id(replay)
