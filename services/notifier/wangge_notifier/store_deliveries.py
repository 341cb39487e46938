"""The courier's rows: how far each notice came, and which endpoints are left alone."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from operator import attrgetter
from typing import Any

from wangge_chassis import Connection, key_hash
from wangge_notifier.agenda import Entry
from wangge_notifier.pacing import Lane
from wangge_notifier.saying import Delivery

_COLUMNS = """
    notice_id, endpoint_key, state, attempt, channel, due_at, document, answered_at, rank, gathers, until,
    reference, spared
"""
"""The fields of a `Delivery` in their order, by the same names."""
_MOVING = "notice_id, state, attempt, due_at, answered_at, gathers, until, reference, spared"
_AWAITED = """
    notice_id, endpoint_key, due_at, channel, rank, until, gathers, attempt, state = 'sending' FROM delivery
"""


@dataclass(frozen=True, slots=True)
class Waiting:
    """What a courier must know of its parts before it begins."""

    sending: Mapping[str, int]
    """The attempt of each notice in state `sending`."""
    entries: list[Entry]
    lanes: Sequence[Lane]


async def deliveries(connection: Connection, notice_ids: Collection[str]) -> dict[str, Delivery]:
    """Return what is known of these notices."""
    rows = await connection.fetch(
        f"SELECT {_COLUMNS} FROM delivery WHERE notice_id = ANY($1::text[])", list(notice_ids)
    )
    return {row["notice_id"]: _delivery(row) for row in rows}


async def waiting(
    connection: Connection, parts: Collection[int], partitions: int, *, until: datetime
) -> Waiting:
    """
    Return what these parts have on its way or due before *until* (house time), and their lanes.

    An endpoint that has not failed for a day, and is not gone for good, is forgotten.

    Each index is walked by itself, for only such a walk clears it of what was sent since the last one: a
    bitmap goes through all of that every time, until the table is vacuumed.
    """
    async with connection.transaction():
        await connection.execute("SET LOCAL enable_bitmapscan = off; SET LOCAL enable_seqscan = off")
        rows = await connection.fetch(
            f"""
            SELECT {_AWAITED} WHERE state = 'sending' AND key_hash % $1 = ANY($2::integer[])
             UNION ALL
            SELECT {_AWAITED} WHERE due_at < $3 AND state <> 'sending' AND key_hash % $1 = ANY($2::integer[])
            """,
            partitions,
            list(parts),
            until,
        )
    lanes = await connection.fetch(
        """
        WITH forgotten AS (
            DELETE FROM lane
             WHERE NOT disabled AND failed_at < now() - interval '1 day'
               AND key_hash % $1 = ANY($2::integer[])
            RETURNING endpoint_key
        )
        SELECT endpoint_key, 0, failures, closed_until, disabled FROM lane
         WHERE key_hash % $1 = ANY($2::integer[]) AND endpoint_key NOT IN (SELECT * FROM forgotten)
        """,
        partitions,
        list(parts),
    )
    return Waiting(
        {row["notice_id"]: row["attempt"] for row in rows if row[-1]},
        [Entry(*row[:7]) for row in rows if not row[-1]],
        [Lane(*lane) for lane in lanes],
    )


async def save_deliveries(connection: Connection, changed: Collection[Delivery]) -> None:
    """
    Write how far notices came. Only the owner of an endpoint's part writes its rows.

    A document is written when it is new: it is most of a row, and a notice moves several times.
    """
    await _enter(connection, [each for each in changed if not each.stored])
    await _move(connection, [each for each in changed if each.stored])


async def _move(connection: Connection, moved: Sequence[Delivery]) -> None:
    if not moved:
        return
    await connection.execute(
        f"""
        UPDATE delivery
           SET state = m.state, attempt = m.attempt, due_at = m.due_at, answered_at = m.answered_at,
               gathers = m.gathers, until = m.until, reference = m.reference, spared = m.spared
          FROM unnest($1::text[], $2::text[], $3::integer[], $4::timestamptz[], $5::timestamptz[],
                      $6::boolean[], $7::timestamptz[], $8::text[], $9::integer[])
            AS m ({_MOVING})
         WHERE delivery.notice_id = m.notice_id
        """,
        *_values(_MOVING, moved),
    )


async def _enter(connection: Connection, changed: Sequence[Delivery]) -> None:
    if not changed:
        return
    await connection.execute(
        f"""
        INSERT INTO delivery ({_COLUMNS}, key_hash)
        SELECT * FROM unnest($1::text[], $2::text[], $3::text[], $4::integer[], $5::text[], $6::timestamptz[],
                             $7::json[], $8::timestamptz[], $9::smallint[], $10::boolean[],
                             $11::timestamptz[], $12::text[], $13::integer[], $14::integer[])
        ON CONFLICT (notice_id) DO UPDATE
           SET state = excluded.state, attempt = excluded.attempt, channel = excluded.channel,
               due_at = excluded.due_at, document = excluded.document, answered_at = excluded.answered_at,
               rank = excluded.rank, gathers = excluded.gathers, until = excluded.until,
               reference = excluded.reference, spared = excluded.spared
        """,
        *_values(_COLUMNS, changed),
        [key_hash(each.endpoint_key) for each in changed],
    )


async def save_lanes(connection: Connection, lanes: Collection[Lane]) -> None:
    """Write what was learnt of endpoints."""
    if not lanes:
        return
    await connection.execute(
        """
        INSERT INTO lane (endpoint_key, key_hash, failures, closed_until, disabled)
        SELECT * FROM unnest($1::text[], $2::integer[], $3::integer[], $4::timestamptz[], $5::boolean[])
        ON CONFLICT (endpoint_key) DO UPDATE
           SET failures = excluded.failures, closed_until = excluded.closed_until,
               disabled = excluded.disabled, failed_at = excluded.failed_at
        """,
        [lane.endpoint_key for lane in lanes],
        [key_hash(lane.endpoint_key) for lane in lanes],
        [lane.failures for lane in lanes],
        [lane.closed_until for lane in lanes],
        [lane.disabled for lane in lanes],
    )


async def addressed(
    connection: Connection, *, notice_id: str | None, reference: str | None = None
) -> Delivery | None:
    """Return the notice of this id, or that the provider calls *reference*; None when there is none yet."""
    row = await connection.fetchrow(
        f"""
        SELECT {_COLUMNS} FROM delivery
         WHERE document IS NOT NULL
           AND (notice_id = $1 OR $1 IS NULL AND reference = $2)
         LIMIT 1
        """,
        notice_id,
        reference,
    )
    return _delivery(row) if row is not None else None


def _values(names: str, deliveries: Sequence[Delivery]) -> Iterable[Sequence[Any]]:
    """Return what `unnest` takes: the values of each of the fields *names*."""
    return zip(*map(attrgetter(*names.replace(",", " ").split()), deliveries), strict=True)


def _delivery(row: Iterable[Any]) -> Delivery:
    delivery = Delivery(*row)
    delivery.stored = delivery.document is not None
    return delivery
