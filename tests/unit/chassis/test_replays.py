"""A replay comes to every consumer of its service: whose it is."""

from datetime import UTC, datetime
from typing import Any

import pytest

from tests.unit.chassis.test_holding import Record
from tests.unit.contracts.examples import SPOKEN
from wangge_chassis import Consumer, Turn
from wangge_chassis.batch import Batch
from wangge_chassis.instants import HouseClock, HouseTime
from wangge_chassis.reading import ORIGIN_APPENDED_AT, ORIGIN_OFFSET, ORIGIN_PARTITION, ORIGIN_TOPIC
from wangge_chassis.records import Received

REPLAYS, ACCEPTED, ANSWERED = "router.replays.v1", "incidents.accepted.v1", "tasks.answered.v1"


class Schema:
    """A database that has heard of nothing yet."""

    async def fetch(self, *_: Any) -> list[Any]:
        return []


class Listener:
    """A room that remembers what it was asked to decide."""

    def __init__(self) -> None:
        self.heard: list[str] = []

    async def load(self, *_: Any) -> None: ...

    async def save(self, *_: Any) -> None: ...

    def committed(self, state: Any) -> None: ...

    def unreadable(self, *_: Any) -> tuple[()]:
        return ()

    def decide(self, _: Any, received: Received) -> tuple[()]:
        self.heard.append(received.topic)
        return ()


@pytest.mark.parametrize(("reads", "heard"), [(ACCEPTED, [ACCEPTED]), (ANSWERED, [])])
async def test_a_replay_is_for_who_reads_the_topic_that_it_was_spoken_on(
    reads: str, heard: list[str]
) -> None:
    spoken = next(each for each in SPOKEN if each.topic_name == ACCEPTED)
    origin = (ORIGIN_TOPIC, ACCEPTED), (ORIGIN_PARTITION, "0"), (ORIGIN_OFFSET, "7")
    headers = [
        (name, text.encode()) for name, text in (*origin, (ORIGIN_APPENDED_AT, "2026-01-06T02:02:04Z"))
    ]
    replay = Record(REPLAYS, 0, 0, value=spoken.value, headers=[*headers, *spoken.kafka_headers])
    schema: Any = Schema()
    turn = Turn(schema, service="router", consumer="router", partitions=12, owned={}, clock=HouseClock())
    turn.now = datetime(2026, 1, 6, 3, tzinfo=UTC)
    room = Listener()

    consumer = Consumer("router", room, topics=(reads, REPLAYS))
    await Batch(turn, consumer, [replay], house=HouseTime()).decide()

    assert room.heard == heard
