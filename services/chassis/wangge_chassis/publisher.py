"""What was promised, in order -> Kafka, each key always on its own partition; the first failure stops."""

import asyncio
import time
from collections import defaultdict
from collections.abc import Coroutine, Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import Protocol

import structlog
from aiokafka import AIOKafkaProducer
from aiokafka.errors import (
    InvalidTopicError,
    KafkaError,
    MessageSizeTooLargeError,
    TopicAuthorizationFailedError,
    UnknownTopicOrPartitionError,
)
from aiokafka.producer.message_accumulator import BatchBuilder

from wangge_chassis.kafka_access import kafka_access
from wangge_chassis.logs import in_words
from wangge_chassis.partitioner import partition_of
from wangge_chassis.skew import hold_against_ours
from wangge_chassis.stop_points import stop_point
from wangge_contracts.topics import find

PUBLISH_WITHIN_S = 15.0
_MAX_BATCH_BYTES = 512 * 1024
_COMPRESSED_FROM_BYTES = 4096
"""Values of one partition that are fewer bytes go as they are: zstd costs 30 us a batch of any size."""
_UNCOMPRESSED = 0
_APPEND_TIME = 1


class PublishFailed(Exception):
    """Kafka did not acknowledge in time; whether it has the rows is unknown, so the same rows go again."""


class PublishRefused(Exception):
    """Kafka refuses rows of *topic* for good: a right, it or a size is missing. Only an operator can help."""

    def __init__(self, error: KafkaError, topic: str) -> None:
        super().__init__(f"{type(error).__name__} while publishing to {topic}")
        self.topic = topic


class Publishable(Protocol):
    """What is published as it stands: a message of the outbox, or what a door was given."""

    @property
    def topic(self) -> str: ...
    @property
    def key(self) -> bytes | None: ...
    @property
    def headers(self) -> list[tuple[str, bytes]]: ...
    @property
    def value(self) -> bytes | None: ...


class Publisher:
    """
    One idempotent producer, replaced after every failure of our own making.

    FastStream's batch publishing ignores keys, hence the batches are built here: one at a time per
    partition, because nothing newer may go before the older is acknowledged (messaging-proof C4).

    :param inside: how many partitions inside topics have in this house. Where somebody has added some, keys
        stay where they are, and what was added stays empty; None: as many as the broker shows.
    """

    def __init__(self, bootstrap: Sequence[str], *, client_id: str, inside: int | None = None) -> None:
        self._bootstrap = list(bootstrap)
        self._client_id = client_id
        self.inside = inside
        self._producer: AIOKafkaProducer | None = None
        self._partitions: dict[str, int] = {}
        self._refused: set[str] = set()

    async def publish(self, rows: Sequence[Publishable]) -> None:
        """
        Publish *rows*, which must be in order of position within each part.

        Returns when every row is acknowledged by all in-sync replicas. Raises PublishFailed or
        PublishRefused; then any of the rows may or may not be there.
        """
        if not rows:
            return
        try:
            async with asyncio.timeout(PUBLISH_WITHIN_S):
                producer = await self._started()
                lanes: dict[tuple[str, int], list[Publishable]] = defaultdict(list)
                counts = {topic: await self._count(producer, topic) for topic in {row.topic for row in rows}}
                for row in rows:
                    lanes[row.topic, _partition(row, counts[row.topic])].append(row)
                # What was refused goes first: else all others are said again as often as it is tried.
                for again in (True, False):
                    await _all(
                        self._send(producer, topic, partition, lane)
                        for (topic, partition), lane in lanes.items()
                        if (topic in self._refused) is again
                    )
                self._refused.clear()
        except PublishRefused as error:
            self._refused.add(error.topic)
            await self.drop()
            raise
        except (KafkaError, OSError, TimeoutError) as error:
            await self.drop()
            raise PublishFailed(in_words(error)) from error

    async def knows(self, topic: str) -> bool:
        """Ask the broker whether *topic* exists. Raises KafkaError or OSError when it cannot be asked."""
        producer = await self._started()
        return topic in (await producer.client.fetch_all_metadata()).topics()

    async def drop(self) -> None:
        """Abandon the producer: an idempotent one that failed once may never recover (aiokafka 1017)."""
        producer, self._producer = self._producer, None
        self._partitions.clear()
        if producer is not None:
            closing = asyncio.ensure_future(producer.client.close())
            # Stopping it properly waits for batches that never expire.
            producer._sender.sender_task.cancel() if producer._sender.sender_task else None
            await asyncio.wait({closing}, timeout=2)
            producer._closed = True

    async def close(self) -> None:
        """Stop the producer; what it still holds was acknowledged or will be published by the next owner."""
        producer, self._producer = self._producer, None
        if producer is not None:
            try:
                await asyncio.wait_for(producer.stop(), timeout=5)
            except (TimeoutError, KafkaError):
                return

    async def _started(self) -> AIOKafkaProducer:
        if self._producer is None:
            producer = AIOKafkaProducer(
                bootstrap_servers=self._bootstrap,
                client_id=self._client_id,
                acks="all",
                enable_idempotence=True,
                compression_type="zstd",
                max_batch_size=_MAX_BATCH_BYTES,
                max_request_size=2 * _MAX_BATCH_BYTES + 4 * 1024 * 1024,
                linger_ms=0,
                request_timeout_ms=10_000,
                metadata_max_age_ms=10_000,
                **kafka_access(),
            )
            try:
                await producer.start()
            except BaseException:
                await asyncio.wait({asyncio.ensure_future(producer.stop())}, timeout=1)
                raise
            self._producer = producer
        return self._producer

    async def _count(self, producer: AIOKafkaProducer, topic: str) -> int:
        count = self._partitions.get(topic)
        if count is None:
            with _refusals_of(topic):
                count = self._partitions[topic] = self._meant(
                    topic, len(await producer.partitions_for(topic))
                )
        return count

    def _meant(self, topic: str, there: int) -> int:
        row = find(topic)
        if row is None or not row.inside or self.inside is None or there == self.inside:
            return there
        log = structlog.get_logger().bind(topic=topic, there=there, house=self.inside)
        if there < self.inside:
            log.error("partitions_missing")
            raise UnknownTopicOrPartitionError(f"{topic} has {there} partitions, the house {self.inside}")
        log.error("partitions_added")
        return self.inside

    async def _send(
        self, producer: AIOKafkaProducer, topic: str, partition: int, lane: list[Publishable]
    ) -> None:
        waiting = iter(lane)
        row = next(waiting, None)
        while row is not None:
            batch = _empty_batch(producer, lane)
            while row is not None and batch.append(
                key=row.key, value=row.value, timestamp=None, headers=row.headers
            ):
                row = next(waiting, None)
            batch.close()
            began_s = time.time()
            with _refusals_of(topic):
                kept = await (await producer.send_batch(batch, topic, partition=partition))
            if kept.timestamp_type == _APPEND_TIME:
                hold_against_ours("Kafka", kept.timestamp / 1000, since_s=began_s)
            stop_point("mid-publish")


@contextmanager
def _refusals_of(topic: str) -> Iterator[None]:
    """Say of which topic it is that Kafka refuses something for good."""
    try:
        yield
    except (
        TopicAuthorizationFailedError,
        UnknownTopicOrPartitionError,
        InvalidTopicError,
        MessageSizeTooLargeError,
    ) as error:
        raise PublishRefused(error, topic) from error


def _empty_batch(producer: AIOKafkaProducer, lane: Sequence[Publishable]) -> BatchBuilder:
    if sum(len(row.value or b"") for row in lane) < _COMPRESSED_FROM_BYTES:
        return BatchBuilder(_MAX_BATCH_BYTES, _UNCOMPRESSED)
    return producer.create_batch()


def _partition(row: Publishable, count: int) -> int:
    return 0 if count == 1 or row.key is None else partition_of(row.key, count)


async def _all(sends: Iterable[Coroutine[None, None, None]]) -> None:
    """Await every send, so that none is left behind unobserved, then raise the first failure."""
    results = await asyncio.gather(*sends, return_exceptions=True)
    for result in results:
        if isinstance(result, BaseException):
            raise result
