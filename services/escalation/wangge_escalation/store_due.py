"""What is asked by the clock: which clocks ring now, when the next one does, and what should have rung."""

from dataclasses import dataclass
from datetime import datetime

from wangge_chassis import Connection
from wangge_escalation.clocks import Clock
from wangge_escalation.store import CLOCKS, whole


@dataclass(frozen=True, slots=True)
class Reach:
    """
    Whose clocks the bell rings, and how far: those whose key's hash, modulo *partitions*, is one of *parts*.

    While punitive rungs are *held* a clock is due by its others only. Those of the tasks *aside* are passed
    over.
    """

    parts: frozenset[int]
    partitions: int
    now: datetime
    held: bool
    aside: tuple[str, ...] = ()


async def next_due_within(connection: Connection, reach: Reach) -> datetime | None:
    """
    When something rings next, house time; None when nothing is armed. What is held does not count.

    Asked outside any transaction, so it may be wrong a moment later.
    """
    found: datetime | None = await connection.fetchval(
        f"""
        SELECT next_due FROM clock
         WHERE {_OURS} AND (next_due > $3 OR NOT $4 OR lenient_due <= $3)
         ORDER BY next_due LIMIT 1
        """,
        *_parameters(reach),
    )
    if not reach.held or (found is not None and found <= reach.now):
        return found
    # Asked alone: only where nothing rings now is what is held few enough to be gone through once more.
    behind: datetime | None = await connection.fetchval(
        f"SELECT min(lenient_due) FROM clock WHERE {_OURS} AND $4 AND next_due <= $3", *_parameters(reach)
    )
    return min((due for due in (found, behind) if due is not None), default=None)


async def due(connection: Connection, reach: Reach, *, limit: int) -> list[Clock]:
    """
    At most *limit* clocks that ring now, in order of what is due next on each.

    Of those due at one instant any may come first: to sort them, all were read again in every turn.
    """
    rows = await connection.fetch(
        f"""
        {CLOCKS}
         WHERE {_OURS} AND {_DUE}
         ORDER BY next_due LIMIT $6
        """,
        *_parameters(reach),
        limit,
    )
    return await whole(connection, rows)


@dataclass(frozen=True, slots=True)
class Overdue:
    """How many clocks have a rung that is due and has not rung, and since when the oldest waits."""

    clocks: int
    oldest: datetime | None


async def overdue(connection: Connection, reach: Reach) -> Overdue:
    """Count what should have rung; what is held does not count."""
    row = await connection.fetchrow(
        f"""
        SELECT count(*) AS clocks, min(CASE WHEN $4 THEN lenient_due ELSE next_due END) AS oldest FROM clock
         WHERE {_OURS} AND {_DUE}
        """,
        *_parameters(reach),
    )
    assert row is not None
    return Overdue(row["clocks"], row["oldest"])


async def held(connection: Connection, reach: Reach) -> int:
    """Count the clocks with a rung that is due and held."""
    found: int = await connection.fetchval(
        f"""
        SELECT count(*) FROM clock
         WHERE {_OURS} AND $4 AND next_due <= $3 AND next_due IS DISTINCT FROM lenient_due
        """,
        *_parameters(reach),
    )
    return found


_OURS = "key_hash % $1 = ANY($2::int[]) AND next_due IS NOT NULL AND task_id <> ALL($5::text[])"
_DUE = "next_due <= $3 AND (NOT $4 OR lenient_due <= $3)"


def _parameters(reach: Reach) -> tuple[int, list[int], datetime, bool, list[str]]:
    return reach.partitions, list(reach.parts), reach.now, reach.held, list(reach.aside)


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
