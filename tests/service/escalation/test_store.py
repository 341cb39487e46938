"""Clocks in the room's own tables: what is written is read back, also what a version before had written."""

import asyncio
from dataclasses import replace
from importlib.resources import files

import asyncpg

from tests import ground
from tests.unit.escalation.bench import climbing
from tests.unit.escalation.builders import HOUR, MORNING, task
from wangge_escalation import store
from wangge_escalation.clocks import Clock, ClockDocument
from wangge_local.postgres import Postgres

SCRIPTS = sorted((files("wangge_escalation") / "migrations").iterdir(), key=lambda each: each.name)


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
