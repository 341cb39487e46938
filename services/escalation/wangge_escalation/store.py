"""All SQL of the room: clocks by task, and those that are due."""

from collections.abc import Iterable, Sequence
from datetime import datetime

from wangge_chassis import Connection, key_hash
from wangge_escalation.clocks import Clock, ClockDocument


async def load(connection: Connection, task_ids: Sequence[str]) -> dict[str, Clock]:
    """
    The clocks of these tasks, as far as there are any.

    No row is locked: every writer holds the ownership row of the incident's part.
    """
    rows = await connection.fetch(
        "SELECT document::text FROM clock WHERE task_id = ANY($1::text[])", task_ids
    )
    clocks = (ClockDocument.validate_json(row["document"]) for row in rows)
    return {clock.task_id: clock for clock in clocks}


async def save(connection: Connection, clocks: Iterable[Clock]) -> None:
    """Write these clocks, each whole."""
    rows = [
        (
            clock.task_id,
            clock.incident_id,
            key_hash(clock.incident_id),
            clock.next_due,
            ClockDocument.dump_json(clock, exclude_defaults=True).decode(),
        )
        for clock in clocks
    ]
    if not rows:
        return
    await connection.execute(
        """
        INSERT INTO clock (task_id, incident_id, key_hash, next_due, document)
        SELECT c.task_id, c.incident_id, c.key_hash, c.next_due, c.document::jsonb
          FROM unnest($1::text[], $2::text[], $3::int[], $4::timestamptz[], $5::text[])
               AS c (task_id, incident_id, key_hash, next_due, document)
        ON CONFLICT (task_id) DO UPDATE SET next_due = excluded.next_due, document = excluded.document
        """,
        *zip(*rows, strict=True),
    )


async def next_of(connection: Connection, parts: frozenset[int], partitions: int) -> datetime | None:
    """
    The next instant, house time, at which a clock of these parts rings; None when none is armed.

    Asked outside any transaction, so it may be wrong a moment later.
    """
    found: datetime | None = await connection.fetchval(
        """
        SELECT next_due FROM clock WHERE next_due IS NOT NULL AND key_hash % $1 = ANY($2::int[])
         ORDER BY next_due LIMIT 1
        """,
        partitions,
        list(parts),
    )
    return found


async def due(
    connection: Connection, parts: frozenset[int], partitions: int, *, now: datetime, limit: int
) -> list[Clock]:
    """At most *limit* clocks of these parts that are due, in order of what is due next on each."""
    rows = await connection.fetch(
        """
        SELECT document::text FROM clock
         WHERE next_due <= $1 AND key_hash % $2 = ANY($3::int[])
         ORDER BY next_due, task_id LIMIT $4
        """,
        now,
        partitions,
        list(parts),
        limit,
    )
    return [ClockDocument.validate_json(row["document"]) for row in rows]


async def next_due(connection: Connection) -> datetime | None:
    """
    The next instant, house time, at which any clock of the house rings; None when none is armed.

    `wangge clock advance` steps from one of these to the next. What is due already counts too, so wait
    until it lies ahead before stepping on.
    """
    found: datetime | None = await connection.fetchval(
        "SELECT min(next_due) FROM clock WHERE next_due IS NOT NULL"
    )
    return found


async def find(connection: Connection, task_id: str) -> Clock | None:
    """The clock of one task."""
    return (await load(connection, [task_id])).get(task_id)
