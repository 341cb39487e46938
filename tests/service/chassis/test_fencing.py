"""Who lost a part may not write for it, whatever it still remembers."""

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime

import pytest
from aiokafka import TopicPartition

from tests.ground import FreshDatabase
from tests.service.chassis.running import echo_run
from tests.service.chassis.test_batches import fact
from tests.waiting import wait_for
from wangge_chassis import Connection, Database, Turn
from wangge_chassis.halting import Halt, halt, retry
from wangge_chassis.instants import HouseClock
from wangge_chassis.migrate import migrate
from wangge_chassis.ownership import Fenced, Owned, Touched, require_ours, take_over
from wangge_local.kafka import Kafka

PARTITIONS = frozenset({TopicPartition("tasks.answered.v1", 3)})


@pytest.fixture
async def connection(database: FreshDatabase) -> AsyncIterator[Connection]:
    """A connection to a migrated schema."""
    of_service = Database(database.dsn("router"), schema="router")
    await migrate(of_service, packages=("wangge_chassis",))
    connection = await of_service.connect()
    yield connection
    await connection.close()


def turn(connection: Connection, owned: Owned) -> Turn:
    """Return a turn of an owner that believes it holds *owned*."""
    return Turn(
        connection,
        service="router",
        consumer="router",
        partitions=12,
        owned={owned.part: owned},
        clock=HouseClock(),
    )


async def test_an_owner_whose_part_was_taken_over_is_fenced(connection: Connection) -> None:
    first, _ = await take_over(connection, "router", "3", PARTITIONS)
    second, _ = await take_over(connection, "router", "3", PARTITIONS)

    async with connection.transaction():
        await turn(connection, second).open()
    with pytest.raises(Fenced, match="part 3") as caught:
        async with connection.transaction():
            await turn(connection, first).open()
    assert not isinstance(caught.value, Touched)


async def test_a_part_that_nobody_took_over_may_not_be_written_for(connection: Connection) -> None:
    owned, _ = await take_over(connection, "router", "3", PARTITIONS)
    await connection.execute("DELETE FROM ownership")

    with pytest.raises(Fenced):
        async with connection.transaction():
            await turn(connection, owned).open()


async def test_an_owner_is_told_how_far_the_last_one_read_only_of_what_it_was_given(
    connection: Connection,
) -> None:
    await take_over(connection, "router", "3", PARTITIONS)
    for topic in ("tasks.answered.v1", "desk.ordered.v1"):
        await connection.execute(
            """
            INSERT INTO consumer_offset (consumer, topic, partition, part, next_offset)
            VALUES ('router', $1, 3, '3', 7)
            """,
            topic,
        )

    owned, _ = await take_over(connection, "router", "3", PARTITIONS)

    assert owned.next_offset == dict.fromkeys(PARTITIONS, 7)


async def halted(connection: Connection) -> Owned:
    """The owner of a part that stands still."""
    owned, _ = await take_over(connection, "router", "3", PARTITIONS)
    why = Halt("3", "tasks.answered.v1", 3, 7, None, "test")
    await halt(connection, "router", why, at=datetime(2026, 1, 1, tzinfo=UTC))
    owned.halted = str(why)
    return owned


async def test_an_owner_knows_an_operator_from_another_owner(connection: Connection) -> None:
    owned = await halted(connection)
    assert await retry(connection, "router", "3")

    with pytest.raises(Touched):
        await require_ours(connection, "router", [owned])
    with pytest.raises(Touched):
        async with connection.transaction():
            await turn(connection, owned).open()


async def test_a_part_that_stands_still_and_was_taken_over_has_another_owner(connection: Connection) -> None:
    owned = await halted(connection)
    await take_over(connection, "router", "3", PARTITIONS)

    with pytest.raises(Fenced) as caught:
        await require_ours(connection, "router", [owned])
    assert not isinstance(caught.value, Touched)


async def test_an_operator_who_comes_too_late_fences_nobody(connection: Connection) -> None:
    await halted(connection)
    await retry(connection, "router", "3")
    afresh, _ = await take_over(connection, "router", "3", PARTITIONS)

    assert not await retry(connection, "router", "3")

    await require_ours(connection, "router", [afresh])


def test_an_operator_may_try_a_part_again_as_often_as_he_likes(
    fresh_topics: Kafka, database: FreshDatabase
) -> None:
    async def try_again() -> bool:
        connection = await Database(database.dsn("ledger"), schema="ledger").connect()
        try:
            return await retry(connection, "ledger", await connection.fetchval("SELECT part FROM halted"))
        finally:
            await connection.close()

    with echo_run(fresh_topics, database) as run:
        process = run.start("a", hop=2)
        fact(run, "k1", 2)
        for _ in range(7):
            wait_for("it stands still", lambda: run.count("SELECT count(*) FROM halted", role="ledger") == 1)
            assert asyncio.run(try_again())

        wait_for("it does again", lambda: run.count("SELECT count(*) FROM halted", role="ledger") == 1)
        assert process.poll() is None
