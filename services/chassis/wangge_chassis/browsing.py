"""A stretch of one topic, read for a caller at a door from where he left off; no group remembers him."""

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.errors import KafkaError

from wangge_chassis.backlogs import NotTold
from wangge_chassis.kafka_access import kafka_access
from wangge_chassis.logs import in_words
from wangge_chassis.reading import RawRecord
from wangge_chassis.topic_ids import topic_ids

_WITHIN_S = 10.0
_FETCH_BYTES = 1_200_000
"""Not below what a topic admits: aiokafka skips a record that is larger (aiokafka 1173)."""
_AT_ONCE = 50
_MOST_BYTES = 4_000_000
_BREAK_S = 0.5


class NotThere(LookupError):
    """There is no such topic, or none that may be read."""


class NoLongerKept(LookupError):
    """What comes next is not on the topic any more: it was made anew, or keeps so much no longer."""


@dataclass(frozen=True, slots=True)
class Position:
    """How far a topic was read: which topic it was, and the next offset of each of its partitions."""

    topic_id: UUID
    offsets: Mapping[int, int]


@dataclass(slots=True)
class Stretch:
    """What lies from one position to another, of each partition in the order of the log."""

    then: Position
    records: list[RawRecord] = field(default_factory=list)


class Browser:
    """Reads for callers, each with a client of his own: what they hold up is nothing but themselves."""

    def __init__(self, bootstrap: str, *, client_id: str) -> None:
        self._servers = bootstrap.split(",")
        self._client_id = client_id

    async def read(
        self,
        topic: str,
        after: Position | None,
        *,
        most: int,
        within_s: float,
        closing: Callable[[], Awaitable[bool]],
    ) -> Stretch:
        """
        Return what lies on *topic* from a position on, or from its beginning: *most* records or about 4 MB.

        Is there nothing yet, it is waited for *within_s* seconds, unless *closing* says that nobody listens.
        Raises NotThere, NoLongerKept and NotTold.
        """
        try:
            async with self._opened() as kafka:
                async with asyncio.timeout(_WITHIN_S):
                    ends = await _begin(kafka, topic, after)
                return await _gathered(kafka, ends, most=most, within_s=within_s, closing=closing)
        except (KafkaError, OSError, TimeoutError) as error:
            raise NotTold(in_words(error)) from error

    @asynccontextmanager
    async def _opened(self) -> AsyncIterator[AIOKafkaConsumer]:
        kafka = AIOKafkaConsumer(
            bootstrap_servers=self._servers,
            client_id=self._client_id,
            enable_auto_commit=False,
            # What is let go while it is read is not passed over: asked again, its reader hears so.
            auto_offset_reset="none",
            max_partition_fetch_bytes=_FETCH_BYTES,
            **kafka_access(),
        )
        try:
            async with asyncio.timeout(_WITHIN_S):
                await kafka.start()
            yield kafka
        finally:
            await kafka.stop()


@dataclass(slots=True)
class _Ends:
    topic_id: UUID
    ends: dict[TopicPartition, int]
    next: dict[TopicPartition, int]

    @property
    def reached(self) -> bool:
        return all(self.next[at] >= end for at, end in self.ends.items())

    @property
    def position(self) -> Position:
        return Position(self.topic_id, {at.partition: offset for at, offset in self.next.items()})


async def _begin(kafka: AIOKafkaConsumer, topic: str, after: Position | None) -> _Ends:
    """Set *kafka* to the position, and return where the log ends."""
    topic_id = (await topic_ids(kafka, (topic,))).get(topic)
    if topic_id is None:
        raise NotThere(topic)
    await kafka._client.add_topic(topic)
    partitions = [TopicPartition(topic, number) for number in sorted(kafka.partitions_for_topic(topic) or ())]
    first = await kafka.beginning_offsets(partitions)
    ends = await kafka.end_offsets(partitions)
    offsets = after.offsets if after is not None else {}
    next_ = {at: offsets.get(at.partition, first[at]) for at in partitions}
    is_other = after is not None and after.topic_id != topic_id
    if is_other or any(not first[at] <= next_[at] <= ends[at] for at in partitions):
        raise NoLongerKept(topic)
    kafka.assign(partitions)
    for at, offset in next_.items():
        kafka.seek(at, offset)
    return _Ends(topic_id, ends, next_)


async def _gathered(
    kafka: AIOKafkaConsumer,
    ends: _Ends,
    *,
    most: int,
    within_s: float,
    closing: Callable[[], Awaitable[bool]],
) -> Stretch:
    records: list[Any] = []
    size = 0
    # The caller's patience is for what is to come: what is there already, a broker hands over or is away.
    is_there = not ends.reached
    until = time.monotonic() + (max(within_s, _WITHIN_S) if is_there else within_s)
    while len(records) < most and size < _MOST_BYTES and not await closing():
        left = 0.0 if records else until - time.monotonic()
        if left <= 0 and not records:
            if is_there:
                raise TimeoutError("what lies on the topic is not handed over")
            break
        got = await kafka.getmany(
            timeout_ms=round(min(left, _BREAK_S) * 1000), max_records=min(_AT_ONCE, most - len(records))
        )
        if records and not got:
            break
        for at, new in got.items():
            records += new
            size += sum(len(each.value or b"") for each in new)
            ends.next[at] = new[-1].offset + 1
    return Stretch(ends.position, records)
