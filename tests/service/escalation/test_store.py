"""Clocks in the room's own tables: what is written is read back, also what a version before had written."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta
from importlib.resources import files

import asyncpg
import pytest

from tests import ground
from tests.ground import FreshDatabase
from tests.unit.escalation.bench import climbing
from tests.unit.escalation.builders import HOUR, MORNING, task
from wangge_chassis import Connection, Database
from wangge_chassis.migrate import migrate
from wangge_escalation import store
from wangge_escalation.clocks import Clock, ClockDocument
from wangge_escalation.store import RUNNING, Affected, Place
from wangge_local.postgres import Postgres

SCRIPTS = sorted((files("wangge_escalation") / "migrations").iterdir(), key=lambda each: each.name)

PARTS = frozenset(range(12))
TOLD = MORNING + timedelta(days=300)
"""Since when there was an outage: after most clocks have stopped."""
ROWS_READ = "SELECT seq_tup_read + idx_tup_fetch FROM pg_stat_xact_user_tables WHERE relname = 'clock'"


@pytest.fixture
async def connection(database: FreshDatabase) -> AsyncIterator[Connection]:
    place = Database(database.dsn("escalation"), schema="escalation")
    await migrate(place, packages=("wangge_chassis", "wangge_escalation"))
    opened = await place.connect()
    yield opened
    await opened.close()


def clock_of(number: int) -> Clock:
    clock = climbing(incident_id=f"incident{number}").swings(MORNING + 9 * HOUR).clock
    assert clock is not None
    return replace(clock, task_id=task(number).task_id)


def test_clocks_that_kept_their_ladder_by_themselves_are_read_as_they_were(postgres: Postgres) -> None:
    old, new = clock_of(1), clock_of(2)

    async def through_time(dsn: str) -> dict[str, Clock]:
        connection = await asyncpg.connect(dsn)
        try:
            for script in SCRIPTS[:2]:
                await connection.execute(script.read_text("utf-8"))
            await connection.execute(
                "INSERT INTO clock (task_id, incident_id, key_hash, next_due, lenient_due, document)"
                " VALUES ($1, $2, 0, $3, $3, $4)",
                old.task_id,
                old.incident_id,
                old.next_due,
                ClockDocument.dump_json(old, exclude_defaults=True).decode(),
            )
            for script in SCRIPTS[2:]:
                async with connection.transaction():
                    await connection.execute(script.read_text("utf-8"))
            await store.save(connection, [new], declared="")
            await store.save_rung(connection, [old], declared="")
            return await store.load(connection, [old.task_id, new.task_id])
        finally:
            await connection.close()

    with ground.fresh_database(postgres) as database:
        found = asyncio.run(through_time(database.dsn()))

    assert found == {old.task_id: old, new.task_id: new}


async def test_what_ended_before_any_outage_is_never_read(connection: Connection) -> None:
    await _aged(connection, 40_000)
    await connection.execute("VACUUM ANALYZE clock")
    affected = Affected(PARTS, 12, "declared")
    for place in 8 * (Place(TOLD), RUNNING):
        rows, found = await _read(connection, affected, place)

        assert len(found) == 100
        assert rows < 200


async def test_a_walk_meets_what_ended_since_and_what_runs_each_once(connection: Connection) -> None:
    await _aged(connection, 2_000)
    affected = Affected(PARTS, 12, "declared")
    met: list[str] = []
    place: Place | None = Place(TOLD)
    while place is not None:
        found, place = await store.unrelieved(connection, affected, beyond=place, limit=7)
        assert len(found) <= 7
        met += [clock.task_id for clock in found]

    since = "SELECT task_id FROM clock WHERE ended_at IS NULL OR ended_at >= $1 ORDER BY ended_at, task_id"
    assert met == [row["task_id"] for row in await connection.fetch(since, TOLD)]


async def test_a_step_of_the_walk_reads_no_more_of_what_is_relieved_than_it_may(
    connection: Connection,
) -> None:
    await _aged(connection, 40_000)
    await connection.execute("UPDATE clock SET outages = 'declared'")
    await connection.execute("VACUUM ANALYZE clock")
    affected = Affected(PARTS, 12, "declared")
    read: list[int] = []
    place: Place | None = Place(MORNING)
    while place is not None:
        async with connection.transaction():
            before = await connection.fetchval(ROWS_READ)
            found, place = await store.unrelieved(connection, affected, beyond=place, limit=100)
            read.append(await connection.fetchval(ROWS_READ) - before)
        assert found == []

    assert max(read) < 1.2 * store.MOST_READ
    assert len(read) == 40_000 // store.MOST_READ + 1


async def _read(connection: Connection, affected: Affected, place: Place) -> tuple[int, list[Clock]]:
    """Take a hundred; also, how many rows were read."""
    async with connection.transaction():
        before = await connection.fetchval(ROWS_READ)
        found, _ = await store.unrelieved(connection, affected, beyond=place, limit=100)
        return await connection.fetchval(ROWS_READ) - before, found


async def _aged(connection: Connection, count: int) -> None:
    """So many clocks have stopped in 365 days, thirty at one instant; a hundredth runs."""
    await store.save(connection, [clock_of(1)], declared="")
    await connection.execute(
        """
        INSERT INTO clock (task_id, incident_id, key_hash, document, climbs, ended_at)
        SELECT md5(n::text), incident_id, n, replace(document, task_id, md5(n::text)), climbs,
               CASE WHEN n % 100 > 0
                    THEN $1::timestamptz + n / 30 * 30 * interval '365 days' / $2::integer END
          FROM clock, generate_series(1, $2) AS n
        """,
        MORNING,
        count,
    )
