"""All SQL of the room: clocks by task, and those that are due."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from pydantic import TypeAdapter

from wangge_chassis import Connection, key_hash
from wangge_contracts.message import derive_id
from wangge_escalation.clocks import Clock, ClockDocument, but
from wangge_escalation.ladder import Rung

Rungs = tuple[Rung, ...]
_Rungs = TypeAdapter(Rungs)


async def load(connection: Connection, task_ids: Sequence[str]) -> dict[str, Clock]:
    """
    The clocks of these tasks, as far as there are any.

    No row is locked: every writer holds the ownership row of the incident's part.
    """
    rows = await connection.fetch(f"{_CLOCKS} WHERE task_id = ANY($1::text[])", task_ids)
    return {clock.task_id: clock for clock in await _whole(connection, rows)}


async def save(connection: Connection, clocks: Iterable[Clock], *, declared: str = "") -> None:
    """
    Write these clocks, each whole and relieved of the outages *declared*, and ladders nobody has climbed yet.

    Two replicas may write the same ladder: in one order, and the second leaves it as it is.
    """
    ladders: dict[int, tuple[str, str]] = {}  # by identity: few in thousands, and long to compare
    rows = [
        (
            clock.task_id,
            clock.incident_id,
            key_hash(clock.incident_id),
            *clock.dues,
            _document(clock),
            (ladders.get(id(clock.rungs)) or ladders.setdefault(id(clock.rungs), _by_value(clock.rungs)))[0],
            clock.segments[-1].ended_at,
        )
        for clock in clocks
    ]
    if not rows:
        return
    await connection.execute(
        """
        WITH climbed AS (
            INSERT INTO ladder (id, rungs)
            SELECT DISTINCT * FROM unnest($9::text[], $10::text[]) AS l (id, rungs) ORDER BY id
            ON CONFLICT DO NOTHING
        )
        INSERT INTO clock (task_id, incident_id, key_hash, next_due, lenient_due, document, climbs, ended_at,
                           outages)
        SELECT c.*, $11::text
          FROM unnest($1::text[], $2::text[], $3::int[], $4::timestamptz[], $5::timestamptz[], $6::text[],
                      $7::text[], $8::timestamptz[]) AS c
        ON CONFLICT (task_id) DO UPDATE
           SET next_due = excluded.next_due, lenient_due = excluded.lenient_due,
               document = excluded.document, climbs = excluded.climbs,
               ended_at = excluded.ended_at, outages = excluded.outages
        """,
        *zip(*rows, strict=True),
        *zip(*ladders.values(), strict=True),
        declared,
    )


async def save_rung(connection: Connection, clocks: Sequence[Clock], *, declared: str = "") -> None:
    """Write what moves of clocks that have rung or were relieved of what is *declared*, perhaps thousands."""
    moved = [(clock.task_id, *clock.dues, _document(clock)) for clock in clocks]
    await connection.execute(
        """
        UPDATE clock SET next_due = c.next_due, lenient_due = c.lenient_due, document = c.document,
                         outages = $5
          FROM unnest($1::text[], $2::timestamptz[], $3::timestamptz[], $4::text[])
               AS c (task_id, next_due, lenient_due, document)
         WHERE clock.task_id = c.task_id
        """,
        *zip(*moved, strict=True),
        declared,
    )


_CLOCKS = "SELECT document, climbs FROM clock"


async def _whole(connection: Connection, rows: Sequence[Any]) -> list[Clock]:
    """Give each clock its ladder, which does not come with every row: its id follows from what it holds."""
    if missing := {climbs for _, climbs in rows} - _ladders.keys():
        found = await connection.fetch(
            "SELECT id, rungs FROM ladder WHERE id = ANY($1::text[])", list(missing)
        )
        _ladders.update((id_, _Rungs.validate_json(rungs)) for id_, rungs in found)
    return [but(ClockDocument.validate_json(document), rungs=_ladders[climbs]) for document, climbs in rows]


_ladders: dict[str, Rungs] = {}
"""Those that were met, by id: a few for every version of the reference data."""


def _document(clock: Clock) -> str:
    return ClockDocument.dump_json(clock, exclude_defaults=True, exclude=_ASIDE).decode()


_ASIDE = {"rungs"}


def _by_value(rungs: Rungs) -> tuple[str, str]:
    text = _Rungs.dump_json(rungs, exclude_defaults=True).decode()
    return derive_id(text), text


@dataclass(frozen=True, slots=True)
class Reach:
    """
    Whose clocks the bell rings, and how far: those whose key's hash, modulo *partitions*, is one of *parts*.

    While punitive rungs are *held* a clock is due by its others only.
    """

    parts: frozenset[int]
    partitions: int
    now: datetime
    held: bool


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
    return found


async def due(connection: Connection, reach: Reach, *, limit: int) -> list[Clock]:
    """
    At most *limit* clocks that ring now, in order of what is due next on each.

    Of those due at one instant any may come first: to sort them, all were read again in every turn.
    """
    rows = await connection.fetch(
        f"""
        {_CLOCKS}
         WHERE {_OURS} AND {_DUE}
         ORDER BY next_due LIMIT $5
        """,
        *_parameters(reach),
        limit,
    )
    return await _whole(connection, rows)


@dataclass(frozen=True, slots=True)
class Affected:
    """Clocks of these parts that were not stopped before *since* nor held against what is *declared*."""

    parts: frozenset[int]
    partitions: int
    declared: str
    since: datetime


async def unrelieved(connection: Connection, affected: Affected, *, after: str, limit: int) -> list[Clock]:
    """At most *limit* of those beyond the task *after*, in order of tasks: a walk over all of them."""
    rows = await connection.fetch(
        f"""
        {_CLOCKS}
         WHERE key_hash % $1 = ANY($2::int[]) AND outages <> $3 AND (ended_at IS NULL OR ended_at > $4)
           AND task_id > $5
         ORDER BY task_id LIMIT $6
        """,
        affected.partitions,
        list(affected.parts),
        affected.declared,
        affected.since,
        after,
        limit,
    )
    return await _whole(connection, rows)


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


_OURS = "key_hash % $1 = ANY($2::int[]) AND next_due IS NOT NULL"
_DUE = "next_due <= $3 AND (NOT $4 OR lenient_due <= $3)"


def _parameters(reach: Reach) -> tuple[int, list[int], datetime, bool]:
    return reach.partitions, list(reach.parts), reach.now, reach.held


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
