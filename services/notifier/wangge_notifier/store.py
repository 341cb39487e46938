"""The notifier's rows: known tasks and waiting rings of the composer, deliveries of the courier."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from pydantic import TypeAdapter

from wangge_chassis import Connection, key_hash
from wangge_contracts.v1 import ClockChanged
from wangge_notifier.composing import KnownTask

_Known = TypeAdapter(KnownTask)


@dataclass(slots=True)
class Delivery:
    """How far a notice came. *document* is the notice as composed; None while only an answer came."""

    notice_id: str
    endpoint_key: str
    state: str
    attempt: int = 0
    due_at: datetime | None = None
    document: str | None = None
    answered_at: datetime | None = None


async def known_tasks(
    connection: Connection, task_ids: Collection[str]
) -> tuple[dict[str, KnownTask], dict[str, list[tuple[str, ClockChanged]]]]:
    """Return what is known of these tasks, and the rings (cause and clock) that waited for one of them."""
    rows = await connection.fetch(
        """
        SELECT task_id, NULL AS cause, document FROM known_task WHERE task_id = ANY($1::text[])
        UNION ALL
        SELECT task_id, cause, document FROM waiting_ring WHERE task_id = ANY($1::text[])
         ORDER BY task_id, cause
        """,
        list(task_ids),
    )
    known: dict[str, KnownTask] = {}
    waiting: dict[str, list[tuple[str, ClockChanged]]] = {}
    for row in rows:
        if row["cause"] is None:
            known[row["task_id"]] = _Known.validate_json(row["document"])
        else:
            clock = ClockChanged.read(row["document"].encode())
            waiting.setdefault(row["task_id"], []).append((row["cause"], clock))
    return known, waiting


async def save_tasks(
    connection: Connection,
    *,
    learnt: Iterable[KnownTask],
    waits: Iterable[tuple[str, ClockChanged]],
    rung: Sequence[str],
) -> None:
    """Keep *learnt* tasks and rings that wait for theirs; forget the causes of those that have *rung*."""
    tasks = [(task.task_id, _Known.dump_json(task).decode()) for task in learnt]
    rings = [(cause, clock.task_id, clock.write().decode()) for cause, clock in waits]
    if not (tasks or rings or rung):
        return
    await connection.execute(
        """
        WITH learnt AS (
            INSERT INTO known_task SELECT * FROM unnest($1::text[], $2::json[]) ON CONFLICT DO NOTHING
        ), waits AS (
            INSERT INTO waiting_ring SELECT * FROM unnest($3::text[], $4::text[], $5::json[])
            ON CONFLICT DO NOTHING
        )
        DELETE FROM waiting_ring WHERE cause = ANY($6::text[])
        """,
        *([task[column] for task in tasks] for column in range(2)),
        *([ring[column] for ring in rings] for column in range(3)),
        list(rung),
    )


async def deliveries(connection: Connection, notice_ids: Collection[str]) -> dict[str, Delivery]:
    """Return what is known of these notices."""
    rows = await connection.fetch(
        f"SELECT {_COLUMNS} FROM delivery WHERE notice_id = ANY($1::text[])", list(notice_ids)
    )
    return {row["notice_id"]: Delivery(*row) for row in rows}


async def due(
    connection: Connection,
    parts: Collection[int],
    partitions: int,
    *,
    now: datetime,
    busy: Collection[str],
    limit: int,
) -> list[Delivery]:
    """Return up to *limit* notices to be tried now, the longest due first; none of *busy* endpoints."""
    rows = await connection.fetch(
        f"""
        SELECT {_COLUMNS} FROM delivery
         WHERE due_at <= $1 AND key_hash % $2 = ANY($3::integer[]) AND endpoint_key <> ALL($4::text[])
         ORDER BY due_at, notice_id LIMIT $5
        """,
        now,
        partitions,
        list(parts),
        list(busy),
        limit,
    )
    return [Delivery(*row) for row in rows]


async def in_hand(
    connection: Connection, parts: Collection[int], partitions: int, *, now: datetime, busy: Collection[str]
) -> tuple[set[tuple[str, int]], bool]:
    """Return notice and attempt of everything in state `sending`, and whether anything is due."""
    rows = await connection.fetch(
        """
        SELECT notice_id, attempt FROM delivery
         WHERE state = 'sending' AND key_hash % $1 = ANY($2::integer[])
        UNION ALL
        SELECT NULL, NULL WHERE EXISTS (
            SELECT FROM delivery
             WHERE due_at <= $3 AND key_hash % $1 = ANY($2::integer[]) AND endpoint_key <> ALL($4::text[]))
        """,
        partitions,
        list(parts),
        now,
        list(busy),
    )
    found = {(row["notice_id"], row["attempt"]) for row in rows}
    return found - {(None, None)}, (None, None) in found


async def save_deliveries(connection: Connection, changed: Collection[Delivery]) -> None:
    """Write how far notices came. Only the owner of an endpoint's part writes its rows."""
    if not changed:
        return
    await connection.execute(
        """
        INSERT INTO delivery (notice_id, endpoint_key, key_hash, state, attempt, due_at, document,
                              answered_at)
        SELECT * FROM unnest($1::text[], $2::text[], $3::integer[], $4::text[], $5::integer[],
                             $6::timestamptz[], $7::json[], $8::timestamptz[])
        ON CONFLICT (notice_id) DO UPDATE
           SET state = excluded.state, attempt = excluded.attempt, due_at = excluded.due_at,
               document = excluded.document, answered_at = excluded.answered_at
        """,
        [each.notice_id for each in changed],
        [each.endpoint_key for each in changed],
        [key_hash(each.endpoint_key) for each in changed],
        [each.state for each in changed],
        [each.attempt for each in changed],
        [each.due_at for each in changed],
        [each.document for each in changed],
        [each.answered_at for each in changed],
    )


_COLUMNS = "notice_id, endpoint_key, state, attempt, due_at, document, answered_at"
