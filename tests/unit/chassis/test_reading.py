"""A replayed dead letter says where and when it was first spoken, or it is none."""

from collections.abc import Sequence
from dataclasses import dataclass, field

import pytest

from wangge_chassis.instants import HouseTime
from wangge_chassis.reading import (
    ORIGIN_APPENDED_AT,
    ORIGIN_OFFSET,
    ORIGIN_PARTITION,
    ORIGIN_TOPIC,
    read,
)
from wangge_chassis.records import Unread


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
