"""The courier's rows on a real database."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime

import pytest

from tests.ground import FreshDatabase
from wangge_chassis import Connection, Database
from wangge_chassis.migrate import migrate
from wangge_notifier import store_deliveries as store
from wangge_notifier.pacing import Lane

NOW = datetime(2026, 1, 6, tzinfo=UTC)


@pytest.fixture
async def connection(database: FreshDatabase) -> AsyncIterator[Connection]:
    place = Database(database.dsn("notifier"), schema="notifier")
    await migrate(place, packages=("wangge_chassis", "wangge_notifier"))
    opened = await place.connect()
    yield opened
    await opened.close()


async def test_an_endpoint_that_has_not_failed_for_a_day_is_forgotten(connection: Connection) -> None:
    await store.save_lanes(connection, [Lane("old", failures=1), Lane("gone", disabled=True)])
    await connection.execute("UPDATE lane SET failed_at = now() - interval '25 hours'")
    await store.save_lanes(connection, [Lane("fresh", failures=2)])
    found = await store.waiting(connection, range(12), 12, until=NOW)

    assert sorted(lane.endpoint_key for lane in found.lanes) == ["fresh", "gone"]
    assert await connection.fetchval("SELECT count(*) FROM lane") == 2


async def test_who_fails_again_is_known_for_another_day(connection: Connection) -> None:
    await store.save_lanes(connection, [Lane("again", failures=1)])
    await connection.execute("UPDATE lane SET failed_at = now() - interval '25 hours'")
    await store.save_lanes(connection, [Lane("again", failures=2)])
    found = await store.waiting(connection, range(12), 12, until=NOW)

    assert [lane.failures for lane in found.lanes] == [2]
