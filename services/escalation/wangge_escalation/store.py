"""Clocks as rows: by task, each with the ladder it climbs; `store_due` has what is asked by the clock."""

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
    rows = await connection.fetch(f"{CLOCKS} WHERE task_id = ANY($1::text[])", task_ids)
    return {clock.task_id: clock for clock in await whole(connection, rows)}


async def save(connection: Connection, clocks: Iterable[Clock], *, declared: str) -> None:
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


async def save_rung(connection: Connection, clocks: Sequence[Clock], *, declared: str) -> None:
    """Write what moves of clocks that have rung or were relieved of what is *declared*, perhaps thousands."""
    moved = [(clock.task_id, *clock.dues, _document(clock)) for clock in clocks]
    if not moved:
        return
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


CLOCKS = "SELECT document, climbs FROM clock"
"""What `whole` makes clocks of."""


async def whole(connection: Connection, rows: Sequence[Any]) -> list[Clock]:
    """Give each clock its ladder, which does not come with every row: its id follows from what it holds."""
    wanted = {climbs for _, climbs in rows}
    if len(_ladders) > _MOST_LADDERS:
        _ladders.clear()
    if missing := wanted - _ladders.keys():
        found = await connection.fetch(
            "SELECT id, rungs FROM ladder WHERE id = ANY($1::text[])", list(missing)
        )
        _ladders.update((id_, _Rungs.validate_json(rungs)) for id_, rungs in found)
    return [but(ClockDocument.validate_json(document), rungs=_ladders[climbs]) for document, climbs in rows]


_ladders: dict[str, Rungs] = {}
"""Those that were met, by id: a few for every version of the reference data."""
_MOST_LADDERS = 256


def _document(clock: Clock) -> str:
    return ClockDocument.dump_json(clock, exclude_defaults=True, exclude=_ASIDE).decode()


_ASIDE = {"rungs"}


def _by_value(rungs: Rungs) -> tuple[str, str]:
    text = _Rungs.dump_json(rungs, exclude_defaults=True).decode()
    return derive_id(text), text


@dataclass(frozen=True, slots=True)
class Affected:
    """Clocks of these parts that were not held against what is *declared*."""

    parts: frozenset[int]
    partitions: int
    declared: str


@dataclass(frozen=True, slots=True)
class Place:
    """Where a walk has come to: it goes through what stopped, from an instant on, then through what runs."""

    ended_at: datetime | None
    task_id: str = ""


RUNNING = Place(None)
"""Before all that runs."""
MOST_READ = 5000
"""So many clocks are read in a step of the walk at most, for it is done under the lock."""


async def unrelieved(
    connection: Connection, affected: Affected, *, beyond: Place, limit: int
) -> tuple[list[Clock], Place | None]:
    """At most *limit* of the affected *beyond* a place, and where to go on; None when all were met."""
    if beyond.ended_at is None:
        where, order, instants = "ended_at IS NULL AND task_id > $4", "task_id", []
    else:
        where, order = "ended_at >= $7 AND (ended_at > $7 OR task_id > $4)", "ended_at, task_id"
        instants = [beyond.ended_at]
    rows = await connection.fetch(
        f"""
        SELECT document, climbs, ended_at, task_id, nth, affected
          FROM (SELECT *, key_hash % $1 = ANY($2::int[]) AND outages <> $3 AS affected,
                       row_number() OVER (ORDER BY {order}) AS nth
                  FROM clock WHERE {where} ORDER BY {order} LIMIT $5) AS walked
         WHERE affected OR nth = $5 ORDER BY {order} LIMIT $6
        """,
        affected.partitions,
        list(affected.parts),
        affected.declared,
        beyond.task_id,
        MOST_READ,
        limit,
        *instants,
    )
    clocks = await whole(connection, [(row["document"], row["climbs"]) for row in rows if row["affected"]])
    if rows and (len(rows) == limit or rows[-1]["nth"] == MOST_READ):
        return clocks, Place(rows[-1]["ended_at"], rows[-1]["task_id"])
    return clocks, RUNNING if beyond.ended_at else None


async def find(connection: Connection, task_id: str) -> Clock | None:
    """The clock of one task."""
    return (await load(connection, [task_id])).get(task_id)
