"""The courier's rows on a real database."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta

import pytest

from tests.ground import FreshDatabase
from wangge_chassis import Connection, Database
from wangge_chassis.migrate import migrate
from wangge_notifier import store_deliveries as store
from wangge_notifier.pacing import Lane

NOW = datetime(2026, 1, 6, tzinfo=UTC)
HOUR = timedelta(hours=1)
PAGES_READ = "SELECT pg_stat_get_xact_blocks_fetched('delivery'::regclass)"
"""Of the table by this connection; they are counted anew between two transactions only."""


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


async def test_a_look_goes_through_what_was_sent_since_the_last_once(connection: Connection) -> None:
    await connection.execute("ALTER TABLE delivery SET (autovacuum_enabled = false)")
    await _sent(connection, 40_000)
    await connection.execute("VACUUM ANALYZE delivery")
    await _sent(connection, 10_000)
    await store.waiting(connection, range(12), 12, until=NOW)
    async with connection.transaction():
        before = await connection.fetchval(PAGES_READ)
        found = await store.waiting(connection, range(12), 12, until=NOW)
        pages = await connection.fetchval(PAGES_READ) - before

    assert (found.sending, found.entries) == ({}, [])
    assert pages < 100


async def test_what_is_on_its_way_and_what_is_due_wait_each_once(connection: Connection) -> None:
    await _put(connection, "sending", "on its way, and due", due_at=NOW - HOUR)
    await _put(connection, "sending", "on its way")
    await _put(connection, "failed", "due", due_at=NOW - HOUR)
    await _put(connection, "deferred", "later", due_at=NOW + HOUR)
    await _put(connection, "sent", "sent")
    found = await store.waiting(connection, range(12), 12, until=NOW)

    assert found.sending == {"on its way, and due": 1, "on its way": 1}
    assert [entry.notice_id for entry in found.entries] == ["due"]


async def _put(connection: Connection, state: str, notice_id: str, *, due_at: datetime | None = None) -> None:
    await connection.execute(
        "INSERT INTO delivery (notice_id, endpoint_key, key_hash, state, attempt, due_at)"
        " VALUES ($1, 'desk', 1, $2, 1, $3)",
        notice_id,
        state,
        due_at,
    )


async def _sent(connection: Connection, count: int) -> None:
    """So many notices were due, on their way, and are sent."""
    after = await connection.fetchval("SELECT count(*) FROM delivery")
    await connection.execute(
        """
        INSERT INTO delivery (notice_id, endpoint_key, key_hash, state, attempt, due_at, document)
        SELECT md5(n::text), 'desk' || n % 100, n, 'composed', 0, $3, to_json(repeat('x', 300))
          FROM generate_series($1::integer + 1, $1 + $2) AS n
        """,
        after,
        count,
        NOW,
    )
    await connection.execute("UPDATE delivery SET state = 'sending', due_at = NULL WHERE due_at = $1", NOW)
    await connection.execute("UPDATE delivery SET state = 'sent' WHERE state = 'sending'")
