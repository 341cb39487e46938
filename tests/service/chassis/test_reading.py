"""What a loop is handed by its reader, on a real broker."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import Any

import pytest
from aiokafka import AIOKafkaConsumer
from aiokafka.errors import KafkaConnectionError
from confluent_kafka import Producer
from confluent_kafka.admin import AdminClient
from confluent_kafka.cimpl import NewPartitions

from tests.ground import FreshDatabase
from tests.service.chassis.echo import Echo, EchoSettings
from tests.service.chassis.running import ANSWERS, INPUTS, ORDERS, answer, echo_run
from tests.waiting import wait_for
from wangge_chassis import Consumer, Database
from wangge_chassis.header_names import PORTION_BYTES
from wangge_chassis.instants import HouseClock
from wangge_chassis.loop import Loop
from wangge_chassis.migrate import migrate
from wangge_chassis.reading import RawRecord
from wangge_chassis.subscribing import (
    AHEAD_BYTES,
    FETCH_BYTES,
    _PatientConsumer,
    make_broker,
    start,
    subscribe,
)
from wangge_chassis.working import Means
from wangge_contracts.topics import INSIDE_PARTITIONS_DEFAULT
from wangge_local.kafka import Kafka

LATER = 12
REPORTS = "terminals.pda.reports.v1"
LARGE = 4_000
"""Bytes of a record, about those of a fact."""


class _Busy(Loop):
    """Notes how much it is handed, and is busy with each batch until it is told."""

    def __init__(self, consumer: Consumer, means: Means) -> None:
        super().__init__(consumer, means)
        self.batches: list[int] = []
        self.topics: list[str] = []
        self.takes_s = 0.0
        self.is_done = asyncio.Event()

    async def handle(self, records: Sequence[RawRecord]) -> None:
        self.batches.append(len(records))
        self.topics += [record.topic for record in records]
        await self.is_done.wait()
        await asyncio.sleep(self.takes_s)


@asynccontextmanager
async def _busy(kafka: Kafka, database: FreshDatabase) -> AsyncIterator[tuple[_Busy, Any]]:
    """A loop that holds its parts, and its subscriber."""
    of_service = Database(database.dsn("escalation"), schema="escalation")
    await migrate(of_service, packages=("wangge_chassis",))
    settings = EchoSettings(kafka=kafka.bootstrap, postgres=database.dsn("escalation"))
    means = Means("escalation", of_service, settings, INSIDE_PARTITIONS_DEFAULT, HouseClock())
    loop = _Busy(Consumer(name="escalation", topics=INPUTS, room=Echo()), means)
    broker = make_broker(settings, service="escalation")
    subscriber = subscribe(broker, loop, settings=settings)
    await start(broker)
    try:
        await asyncio.to_thread(wait_for, "parts are given", lambda: loop.missing)
        await loop.tend(may_start=True)
        yield loop, subscriber
    finally:
        loop.is_done.set()
        await broker.stop()
        await loop.close()


async def test_what_comes_while_a_small_batch_is_handled_is_the_next_batch(
    fresh_topics: Kafka, database: FreshDatabase
) -> None:
    async with _busy(fresh_topics, database) as (loop, _):
        with echo_run(fresh_topics, database) as run:
            await asyncio.to_thread(run.say, [answer(0, "i0")])
            await asyncio.to_thread(wait_for, "the first batch", lambda: loop.batches)
            for number in range(1, LATER + 1):
                await asyncio.to_thread(run.say, [answer(number, f"i{number}")])
            loop.is_done.set()
            await asyncio.to_thread(wait_for, "the rest", lambda: sum(loop.batches) == LATER + 1)

    assert loop.batches == [1, LATER]


async def test_of_a_backlog_no_more_is_held_than_a_few_batches_need(
    fresh_topics: Kafka, database: FreshDatabase
) -> None:
    backlog = [
        (topic, b"." * LARGE, partition)
        for topic in (ANSWERS, ORDERS)
        for partition in range(INSIDE_PARTITIONS_DEFAULT)
        for _ in range(1_100_000 // LARGE)
    ]
    with echo_run(fresh_topics, database) as run:
        await asyncio.to_thread(run.put_all, backlog)
    async with _busy(fresh_topics, database) as (loop, subscriber):
        loop.takes_s = 0.1  # a fetch, and another one, would be here by then
        loop.is_done.set()
        most = 0
        async with asyncio.timeout(60):
            while sum(loop.batches) < len(backlog):
                most = max(most, subscriber.consumer.held_bytes)
                await asyncio.sleep(0.01)

    assert AHEAD_BYTES <= most < AHEAD_BYTES + FETCH_BYTES < sum(len(value) for _, value, _ in backlog)


async def test_while_a_batch_of_a_backlog_is_handled_the_broker_is_asked_once(
    fresh_topics: Kafka, database: FreshDatabase
) -> None:
    with echo_run(fresh_topics, database) as run:
        await asyncio.to_thread(run.put_all, [(ORDERS, b".", 1)] * (EchoSettings().batch_size * 2))
    async with _busy(fresh_topics, database) as (loop, subscriber):
        asked = 0
        ask = subscriber.consumer._fetcher._proc_fetch_request

        async def counted(*arguments: Any) -> Any:
            nonlocal asked
            asked += bool(loop.batches)
            return await ask(*arguments)

        subscriber.consumer._fetcher._proc_fetch_request = counted
        await asyncio.to_thread(wait_for, "the first batch", lambda: loop.batches)
        await asyncio.sleep(1.5)  # what polls the idle would have come back by then, and been sent again
        assert asked == 1
        loop.is_done.set()
        await asyncio.to_thread(wait_for, "the rest", lambda: len(loop.batches) == 2)


async def test_who_says_what_is_large_does_not_keep_others_from_being_read(
    fresh_topics: Kafka, database: FreshDatabase
) -> None:
    many = 12
    producer = Producer(
        {
            "bootstrap.servers": fresh_topics.bootstrap,
            "compression.type": "zstd",
            "message.max.bytes": 20_000_000,
            "log_level": 0,
        }
    )
    for _ in range(many):
        producer.produce(ANSWERS, b" " * PORTION_BYTES, partition=0)
        assert not producer.flush(30)
    async with _busy(fresh_topics, database) as (loop, _):
        loop.takes_s = 0.2
        await asyncio.to_thread(wait_for, "the first of the large", lambda: loop.batches)
        with echo_run(fresh_topics, database) as run:
            await asyncio.to_thread(run.put_all, [(ORDERS, b".", 1)])
        loop.is_done.set()
        await asyncio.to_thread(wait_for, "all of it", lambda: len(loop.topics) == many + 1)

    assert loop.topics.index(ORDERS) < many // 2


async def test_who_has_started_does_not_start_twice_when_the_next_one_fails(
    fresh_topics: Kafka, database: FreshDatabase, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = EchoSettings(kafka=fresh_topics.bootstrap, postgres=database.dsn("escalation"))
    of_service = Database(settings.postgres, schema="escalation")
    means = Means("escalation", of_service, settings, INSIDE_PARTITIONS_DEFAULT, HouseClock())
    broker = make_broker(settings, service="escalation")
    loops = [
        _Busy(Consumer(name=name, topics=INPUTS, room=Echo()), means) for name in ("escalation", "router")
    ]
    for loop in loops:
        subscribe(broker, loop, settings=settings)
    begun, stopped = [], []
    start_one, stop_one = AIOKafkaConsumer.start, AIOKafkaConsumer.stop

    async def second_fails(self: AIOKafkaConsumer) -> None:
        begun.append(self)
        if len(begun) == 2:
            raise KafkaConnectionError("the broker is just away")
        await start_one(self)

    async def noted(self: AIOKafkaConsumer) -> None:
        stopped.append(self)
        await stop_one(self)

    monkeypatch.setattr(AIOKafkaConsumer, "start", second_fails)
    monkeypatch.setattr(AIOKafkaConsumer, "stop", noted)
    with pytest.raises(KafkaConnectionError):
        await start(broker)
    await start(broker)
    try:
        assert begun[0] in stopped
        assert len(begun) == 4
        await asyncio.to_thread(wait_for, "parts are given", lambda: all(loop.missing for loop in loops))
    finally:
        await broker.stop()


@pytest.mark.long
async def test_partitions_are_noticed_that_were_added_to_a_process_that_came_back(
    fresh_topics: Kafka,
) -> None:
    admin = AdminClient({"bootstrap.servers": fresh_topics.bootstrap, "log_level": 0})
    for added in (0, 3):
        reader = _PatientConsumer(
            bootstrap_servers=fresh_topics.bootstrap,
            group_id="intake",
            group_instance_id="intake-0",
            session_timeout_ms=30_000,
            metadata_max_age_ms=1_000,
            enable_auto_commit=False,
        )
        reader.subscribe(pattern=f"^{REPORTS}$")
        await reader.start()
        if added:
            admin.create_partitions([NewPartitions(REPORTS, added)])[REPORTS].result()
        async with asyncio.timeout(20):
            while len(reader.assignment()) < max(added, 1):
                await reader.getmany(timeout_ms=100)
        await reader.stop()
