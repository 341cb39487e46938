"""A loop on a FastStream batch subscriber: raw records in, nothing acknowledged, nothing declared."""

import math
from collections.abc import Awaitable, Callable
from functools import partial
from typing import Any

from aiokafka.consumer.fetcher import FetchResult
from aiokafka.coordinator.assignors.range import RangePartitionAssignor
from aiokafka.coordinator.assignors.roundrobin import RoundRobinPartitionAssignor
from faststream import AckPolicy
from faststream.kafka import KafkaBroker, KafkaMessage

from wangge_chassis.header_names import bear
from wangge_chassis.kafka_access import KafkaAccess
from wangge_chassis.loop import Loop, small_batch
from wangge_chassis.noticing import Noticing
from wangge_chassis.reading import RawRecord
from wangge_chassis.settings import ServiceSettings

_PATIENCE_MS = 250
_IDLE_FETCH_MS = 500
_LOOKS_AGAIN_S = 1.0
FETCH_BYTES = 4_000_000
"""How much one answer of the broker holds at most: whole batches, so a single one may be larger."""
AHEAD_BYTES = 8_000_000
"""Who has so much in hand asks for no more until some of it is handled."""


class _PatientConsumer(Noticing):
    """
    Waits longer for the first record than FastStream asks for, fetches a trickle when it is asked, and of a
    backlog no more than it needs.

    FastStream sleeps, deaf to new records, for as long as it has just waited in vain; so it is told a
    short wait. This one ends with the first record all the same, and an idle house polls seldom.

    A fetch ahead of the question returns with the first record that comes while a batch is handled, and what
    comes after that record waits for another whole batch: of a trickle nothing is fetched ahead. Of a backlog
    the client would keep as much as a fetch may hold of every partition: after an outage of ours that is all
    that hundreds of outsiders have said meanwhile. And while a batch of it is handled one fetch is enough: a
    broker takes one at a time of us, so that a second, for partitions on which nothing is said, would keep
    the next portion of the backlog waiting.
    """

    async def start(self) -> None:
        """Connect, and begin to fetch."""
        await super().start()
        self._fetches_left = math.inf
        actions_of = self._fetcher._get_actions_per_node

        def actions(assignment: Any) -> Any:
            fetches, *others = actions_of(assignment)
            if self._fetches_left <= 0 or self.held_bytes >= AHEAD_BYTES:
                fetches = []
            elif fetches:
                self._fetches_left -= 1
            return fetches, *others

        self._fetcher._get_actions_per_node = actions
        # Whatever asks for another fetch wakes who sends them; to look besides, through every partition and
        # five times a second, is a twentieth of what an idle room costs.
        self._fetcher._fetcher_timeout = _LOOKS_AGAIN_S

    @property
    def held_bytes(self) -> int:
        """How much was fetched for partitions that are not handled to their end, as it came: compressed."""
        results = self._fetcher._records.values()
        held = (result._partition_records for result in results if isinstance(result, FetchResult))
        return sum(records._records.size_in_bytes() for records in held if records is not None)

    async def getmany(self, *partitions: Any, timeout_ms: int = 0, max_records: int | None = None) -> Any:
        """Return what has come, or nothing after 250 ms at least."""
        if self._fetches_left <= 0:
            self._fetcher._notify(self._fetcher._wait_consume_future)
        self._fetches_left = math.inf
        patience_ms = max(timeout_ms, _PATIENCE_MS)
        records = await super().getmany(*partitions, timeout_ms=patience_ms, max_records=max_records)
        count = sum(map(len, records.values()))
        # Few may also be a portion of what is large: then others must not wait until all of it is handled.
        is_trickle = 0 < count < small_batch(max_records or 0) and not self.held_bytes
        self._fetches_left = 0 if is_trickle else 1
        # A short poll is for partitions that wait behind another's; when nothing comes none of them does, and
        # a long one ends with the first record all the same.
        busy_ms = self._fetch_max_wait_ms
        self._fetcher._fetch_max_wait_ms = busy_ms if records else max(busy_ms, _IDLE_FETCH_MS)
        return records


async def start(broker: KafkaBroker) -> None:
    """Connect, and start every subscriber with a patient consumer. Raises KafkaError while Kafka is away."""
    bear()
    await broker.connect()
    config: Any = broker.config.broker_config
    config.builder = partial(_PatientConsumer, **config.builder.keywords)
    try:
        await broker.start()
    except BaseException:
        # Whoever has started already would be started again, and be two under one name.
        await broker.stop()
        raise


def make_broker(settings: ServiceSettings, *, service: str) -> KafkaBroker:
    """Return FastStream's broker, which here only reads; it takes a list, a comma is not split."""
    return KafkaBroker(
        settings.kafka.split(","),
        client_id=f"wangge-{service}-{settings.replica}",
        security=KafkaAccess.from_environment().broker(),
        logger=None,
        apply_types=False,
        allow_auto_create_topics=False,
        graceful_timeout=15.0,
        # A new department's topics are found within this.
        metadata_max_age_ms=10_000,
    )


def subscribe(broker: KafkaBroker, loop: Loop, *, settings: ServiceSettings) -> Any:
    """
    Let *loop* handle what its consumer declares; return the subscriber.

    Inside topics take the range assignor, which gives part n of every topic to one member; the sticky
    one does not. Acknowledgement is manual and never done: offsets are PostgreSQL's.
    """
    consumer = loop.consumer
    session_ms = round(settings.session_timeout_s * 1000)
    subscriber_of: Any = broker.subscriber
    subscriber = subscriber_of(
        *consumer.topics,
        pattern=consumer.pattern,
        batch=True,
        group_id=consumer.name,
        group_instance_id=f"{consumer.name}-{settings.replica}",
        auto_offset_reset="earliest",
        ack_policy=AckPolicy.MANUAL,
        max_records=settings.batch_size,
        fetch_max_bytes=FETCH_BYTES,
        batch_timeout_ms=max(1, round(settings.poll_s * 1000)),
        partition_assignment_strategy=(
            RoundRobinPartitionAssignor if consumer.outside else RangePartitionAssignor,
        ),
        session_timeout_ms=session_ms,
        heartbeat_interval_ms=round(session_ms / 6),
        rebalance_timeout_ms=60_000,
        max_poll_interval_ms=600_000,
        # Rooms write none of it; what a stranger took back before it was kept, he has not said.
        isolation_level="read_committed" if consumer.outside else "read_uncommitted",
        # Not below what a topic admits (1,048,588): aiokafka skips a record that is larger (aiokafka 1173);
        # not much above it either, for so much is kept in memory of every partition. Of outsiders' many
        # partitions few are busy, and their next fetch waits behind the one that polls the idle: there
        # more at a time, and a short poll, or a backlog stands still half of the time.
        max_partition_fetch_bytes=2_400_000 if consumer.outside else 1_200_000,
        fetch_max_wait_ms=20 if consumer.outside else 500,
        listener=loop,
        parser=_parse,
        decoder=_decode,
    )
    subscriber(_handler(loop))
    loop.attach(partial(getattr, subscriber, "consumer", None))
    return subscriber


async def _parse(records: tuple[RawRecord, ...]) -> KafkaMessage:
    """Hand the raw records over; FastStream's own parser raises on a header that is not UTF-8."""
    return KafkaMessage(
        raw_message=records,
        body=records,
        headers={},
        correlation_id="-",
        message_id="-",
        consumer=_NO_CONSUMER,
    )


async def _decode(message: KafkaMessage) -> Any:
    return message.raw_message


def _handler(loop: Loop) -> Callable[[Any], Awaitable[None]]:
    # Exactly one parameter: with two FastStream unpacks the batch into them and skips it in silence.
    async def handle(records: Any) -> None:
        await loop.handle(records)

    return handle


class _NoConsumer:
    """What FastStream may acknowledge on: nothing, for offsets are ours."""

    async def commit(self) -> None:
        return None


_NO_CONSUMER: Any = _NoConsumer()
