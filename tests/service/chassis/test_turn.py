"""What a turn keeps: numbers, however many, and what was acknowledged while it lasted for a later one."""

import asyncio
from collections.abc import Sequence

import asyncpg
import pytest
from aiokafka import AIOKafkaConsumer

from tests.ground import FreshDatabase
from tests.service.chassis.alone import (
    KEYS,
    PARTS,
    WAITING,
    Ringing,
    Spoken,
    fetched,
    holder,
    waits_at_commit,
)
from tests.service.chassis.running import EchoRun, answer, echo_run
from tests.waiting import wait_for
from wangge_chassis import Connection, Database, saving, turn
from wangge_chassis.loop import Loop
from wangge_chassis.migrate import migrate
from wangge_chassis.partitioner import partition_of
from wangge_chassis.publisher import Publishable, Publisher
from wangge_chassis.saving import Noted, Row
from wangge_contracts.topics import INSIDE_PARTITIONS_DEFAULT
from wangge_local.kafka import Kafka

OUTBOX_READ = """
SELECT sum(pg_stat_get_xact_blocks_fetched(of::regclass)) FROM unnest('{outbox,outbox_pkey}'::text[]) AS of
"""
"""Pages of it by this transaction."""


@pytest.fixture
async def loop(reader: AIOKafkaConsumer, fresh_topics: Kafka, database: FreshDatabase) -> Loop:
    """The loop of an echo that has taken both parts over."""
    return await holder(reader, fresh_topics, database)


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
        database.sql(waits_at_commit("INSERT ON outbox"), role="escalation")
        await holder.execute("SELECT pg_advisory_lock(1)")
        # The repeat has nothing said for its part, but has the part in the transaction.
        committing = asyncio.ensure_future(_heard(loop, reader, run, [first, second]))
        await asyncio.to_thread(wait_for, "all is saved and the commit waits", lambda: run.count(WAITING) > 0)
        may_publish.set()
        await published.wait()
        await holder.execute("SELECT pg_advisory_unlock(1)")
        await committing

        await loop.close()

        assert run.count("SELECT count(*) FROM effect") == 2
        assert database.sql("SELECT part, position FROM outbox", role="escalation") == []
    await holder.close()


async def test_a_turn_deletes_from_where_the_last_has_and_the_first_after_a_takeover_from_the_lowest(
    loop: Loop,
    reader: AIOKafkaConsumer,
    fresh_topics: Kafka,
    database: FreshDatabase,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    deleted: list[tuple[str, int, int]] = []

    async def noting(connection: Connection, consumer: str, noted: Noted, rows: Sequence[Row]) -> None:
        deleted.extend(noted.acknowledged)
        await saving.save(connection, consumer, noted, rows)

    monkeypatch.setattr(turn, "save", noting)
    part = str(PARTS[0])
    with echo_run(fresh_topics, database) as run:
        for number in (1, 2, 3):
            await _heard(loop, reader, run, [answer(number, KEYS[0])])
            await loop._published()
        assert deleted == [(part, 0, 1), (part, 1, 2)]

        loop.give_up()
        await loop.tend(may_start=True)
        await loop.close()

        assert deleted[2:] == [(part, 0, 3)]
        assert run.effects() == 3
        assert database.sql("SELECT part, position FROM outbox", role="escalation") == []


async def test_what_somebody_still_sees_of_the_outbox_is_not_gone_through_in_every_turn(
    database: FreshDatabase,
) -> None:
    place = Database(database.dsn("escalation"), schema="escalation", frozen_after_s=600)
    await migrate(place, packages=("wangge_chassis",))
    parts = [str(number) for number in range(INSIDE_PARTITIONS_DEFAULT)]
    ours, theirs = await place.connect(), await place.connect()
    await ours.executemany(
        "INSERT INTO ownership (consumer, part) VALUES ('escalation', $1)", [[part] for part in parts]
    )
    await theirs.execute("BEGIN ISOLATION LEVEL REPEATABLE READ; SELECT FROM outbox")
    for upto in range(200):
        if upto == 100:
            await ours.execute("VACUUM outbox")  # as it is by itself within a minute or two; so plans are new
        noted = Noted(acknowledged=[(part, max(upto - 1, 0), upto) for part in parts])
        async with ours.transaction():
            before = await ours.fetchval(OUTBOX_READ)
            await saving.save(
                ours, "escalation", noted, [Row(part, upto + 1, 1, bytes(1000)) for part in parts]
            )
            pages = await ours.fetchval(OUTBOX_READ) - before
    left = await ours.fetch("SELECT position FROM outbox")
    await theirs.close()
    await ours.close()

    assert [row["position"] for row in left] == [200] * len(parts)
    assert pages < 20 * len(parts)


async def test_the_numbers_of_a_large_turn_go_on_in_the_next(
    loop: Loop, reader: AIOKafkaConsumer, fresh_topics: Kafka, database: FreshDatabase
) -> None:
    keys = [key for n in range(3000) if partition_of(key := f"k{n}", INSIDE_PARTITIONS_DEFAULT) in PARTS]
    assert len(keys) > saving._MANY
    with echo_run(fresh_topics, database) as run:
        for again in (0, 1):
            await _heard(loop, reader, run, [answer(n + again * 3000, key) for n, key in enumerate(keys)])
        await loop.close()
        facts = run.gather().facts

    assert sorted((fact.key, fact.sequence) for fact in facts) == sorted(
        (key, sequence) for key in keys for sequence in (1, 2)
    )


async def test_only_what_moves_an_offset_shows_that_records_are_handled(
    reader: AIOKafkaConsumer, fresh_topics: Kafka, database: FreshDatabase
) -> None:
    ringing = Ringing()
    loop = await holder(reader, fresh_topics, database, ringing)
    loop.handled_at = 0.0
    ringing.due = ["rung"]
    await loop.tend(may_start=True)
    assert (loop.handled_at, ringing.due) == (0.0, [])
    with echo_run(fresh_topics, database) as run:
        await _heard(loop, reader, run, [answer(1, KEYS[0])])
    assert loop.handled_at > 0.0
    await loop.close()


async def _heard(loop: Loop, reader: AIOKafkaConsumer, run: EchoRun, spoken: Sequence[Spoken]) -> None:
    """Say it, and have the loop handle it as one batch."""
    await loop.handle(await fetched(reader, run, spoken))
