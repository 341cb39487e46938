"""Who lost a part may not write for it, whatever it still remembers."""

from collections.abc import AsyncIterator

import pytest
from aiokafka import TopicPartition

from tests.ground import FreshDatabase
from wangge_chassis import Connection, Database, Turn
from wangge_chassis.instants import HouseClock
from wangge_chassis.migrate import migrate
from wangge_chassis.ownership import Fenced, Owned, take_over

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
    with pytest.raises(Fenced, match="part 3"):
        async with connection.transaction():
            await turn(connection, first).open()


async def test_a_part_that_nobody_took_over_may_not_be_written_for(connection: Connection) -> None:
    owned, _ = await take_over(connection, "router", "3", PARTITIONS)
    await connection.execute("DELETE FROM ownership")

    with pytest.raises(Fenced):
        async with connection.transaction():
            await turn(connection, owned).open()
