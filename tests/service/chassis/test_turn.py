"""What a turn keeps: numbers, however many, and what was acknowledged while it lasted for a later one."""

import asyncio
from collections.abc import AsyncIterator, Sequence

import asyncpg
import pytest
from aiokafka import AIOKafkaConsumer, TopicPartition

from tests.ground import FreshDatabase
from tests.service.chassis.echo import Echo, EchoSettings
from tests.service.chassis.running import INPUTS, EchoRun, answer, echo_run
from tests.waiting import wait_for
from wangge_chassis import Consumer, Database, turn
from wangge_chassis.instants import HouseClock
from wangge_chassis.loop import Loop
from wangge_chassis.migrate import migrate
from wangge_chassis.partitioner import partition_of
from wangge_chassis.publisher import Publishable, Publisher
from wangge_chassis.reading import RawRecord
from wangge_chassis.working import Means
from wangge_contracts.message import Message
from wangge_contracts.topics import INSIDE_PARTITIONS_DEFAULT
from wangge_local.kafka import Kafka

KEYS = ("i0", "i2")
Spoken = tuple[str, str, str, Message]
_COMMIT_WAITS = """
CREATE FUNCTION wait_at_commit() RETURNS trigger LANGUAGE plpgsql
    AS 'BEGIN PERFORM pg_advisory_xact_lock_shared(1); RETURN NULL; END';
CREATE CONSTRAINT TRIGGER wait_at_commit AFTER INSERT ON outbox DEFERRABLE INITIALLY DEFERRED
    FOR EACH ROW EXECUTE FUNCTION wait_at_commit();
"""
_WAITING = "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND NOT granted"


@pytest.fixture
async def reader(fresh_topics: Kafka) -> AsyncIterator[AIOKafkaConsumer]:
    """What reads the partitions of both keys, which are two parts."""
    parts = {partition_of(key, INSIDE_PARTITIONS_DEFAULT) for key in KEYS}
    assert len(parts) == len(KEYS)
    reader = AIOKafkaConsumer(bootstrap_servers=fresh_topics.bootstrap, enable_auto_commit=False)
    await reader.start()
    reader.assign([TopicPartition(topic, part) for topic in INPUTS for part in parts])
    yield reader
    await reader.stop()


@pytest.fixture
async def loop(reader: AIOKafkaConsumer, fresh_topics: Kafka, database: FreshDatabase) -> Loop:
    """The loop of an echo that has taken both parts over."""
    of_service = Database(database.dsn("escalation"), schema="escalation")
    await migrate(of_service, packages=("wangge_chassis", "tests.service.chassis"))
    settings = EchoSettings(kafka=fresh_topics.bootstrap, postgres=database.dsn("escalation"))
    means = Means("escalation", of_service, settings, INSIDE_PARTITIONS_DEFAULT, HouseClock())
    loop = Loop(Consumer(name="escalation", topics=INPUTS, room=Echo()), means)
    loop.attach(lambda: reader)
    await loop.on_partitions_assigned(reader.assignment())
    await loop.tend(may_start=True)
    assert len(loop.owned) == len(KEYS)
    return loop


async def test_a_row_that_is_acknowledged_during_a_commit_is_deleted_by_the_next(
    loop: Loop,
    reader: AIOKafkaConsumer,
    fresh_topics: Kafka,
    database: FreshDatabase,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    may_publish, published = asyncio.Event(), asyncio.Event()
    publish = Publisher.publish

    async def when_it_may(self: Publisher, rows: Sequence[Publishable]) -> None:
        await may_publish.wait()
        await publish(self, rows)
        published.set()

    monkeypatch.setattr(Publisher, "publish", when_it_may)
    holder = await asyncpg.connect(database.dsn())
    with echo_run(fresh_topics, database) as run:
        first, second = answer(1, KEYS[0]), answer(2, KEYS[1])
        await _heard(loop, reader, run, [first])
        database.sql(_COMMIT_WAITS, role="escalation")
        await holder.execute("SELECT pg_advisory_lock(1)")
        # The repeat has nothing said for its part, but has the part in the transaction.
        committing = asyncio.ensure_future(_heard(loop, reader, run, [first, second]))
        await asyncio.to_thread(
            wait_for, "all is saved and the commit waits", lambda: run.count(_WAITING) > 0
        )
        may_publish.set()
        await published.wait()
        await holder.execute("SELECT pg_advisory_unlock(1)")
        await committing

        await loop.close()

        assert run.count("SELECT count(*) FROM effect") == 2
        assert database.sql("SELECT part, position FROM outbox", role="escalation") == []
    await holder.close()


async def test_the_numbers_of_a_large_turn_go_on_in_the_next(
    loop: Loop, reader: AIOKafkaConsumer, fresh_topics: Kafka, database: FreshDatabase
) -> None:
    ours = {partition_of(key, INSIDE_PARTITIONS_DEFAULT) for key in KEYS}
    keys = [key for n in range(3000) if partition_of(key := f"k{n}", INSIDE_PARTITIONS_DEFAULT) in ours]
    assert len(keys) > turn._MANY
    with echo_run(fresh_topics, database) as run:
        for again in (0, 1):
            await _heard(loop, reader, run, [answer(n + again * 3000, key) for n, key in enumerate(keys)])
        await loop.close()
        facts = run.gather().facts

    assert sorted((fact.key, fact.sequence) for fact in facts) == sorted(
        (key, sequence) for key in keys for sequence in (1, 2)
    )


async def _heard(loop: Loop, reader: AIOKafkaConsumer, run: EchoRun, spoken: Sequence[Spoken]) -> None:
    """Say it, and have the loop handle it as one batch."""
    await asyncio.to_thread(run.say, spoken)
    records: list[RawRecord] = []
    while len(records) < len(spoken):
        for found in (await reader.getmany(timeout_ms=1000)).values():
            records += found
    await loop.handle(records)
