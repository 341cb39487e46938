"""Whom a bulk order means or meant before, out of the books; which others a matter may be the same as."""

from datetime import timedelta

from pydantic_core import from_json

from wangge_chassis import Connection
from wangge_ledger.bulk import MOST, Given, Meant, Where
from wangge_ledger.doubling import Seen


async def meant(connection: Connection, where: Where) -> list[Meant]:
    """Return what *where* means, one more than `bulk.MOST` if there are more."""
    rows = await connection.fetch(
        """
        SELECT i.incident_id, i.mode, i.case_number,
               array_remove(array_agg(t.task_id ORDER BY t.task_id), NULL) AS task_ids
          FROM incident i
          LEFT JOIN task t
            ON t.incident_id = i.incident_id AND t.is_open
           AND ($2::text IS NOT NULL OR $3::text IS NOT NULL)
           AND ($2::text IS NULL OR t.holder = $2) AND ($3::text IS NULL OR t.document ->> 'kind' = $3)
         WHERE i.is_open AND i.mode = $8
           AND ($1::text[] IS NULL OR i.incident_id = ANY($1) OR i.case_number = ANY($1))
           AND ($4::text IS NULL OR $4 IN (i.district, i.street, i.community, i.grid))
           AND ($5::text IS NULL OR i.document #>> '{class_ref,scheme}' = $5)
           AND ($6::text IS NULL OR i.document #>> '{class_ref,code}' = $6)
         GROUP BY i.incident_id, i.mode, i.case_number
        HAVING ($2::text IS NULL AND $3::text IS NULL) OR count(t.task_id) > 0
         ORDER BY i.incident_id
         LIMIT $7
        """,
        where.incident_ids,
        where.holder,
        where.kind,
        where.place,
        where.scheme,
        where.code,
        MOST + 1,
        where.mode,
    )
    return [
        Meant(row["incident_id"], row["mode"], tuple(row["task_ids"]), row["case_number"]) for row in rows
    ]


async def heard(connection: Connection, bulk_id: str) -> list[Given]:
    """Return every order that was heard under *bulk_id*, whoever gave it, with its last verdict."""
    rows = await connection.fetch(
        """
        SELECT o.document ->> 'order_id' AS order_id, o.document ->> 'order' AS "order", o.incident_id,
               i.case_number,
               coalesce(o.document -> 'recorded_by', o.document -> 'actor') ->> 'staff_id' AS speaker,
               (SELECT v.document ->> 'outcome' FROM timeline v
                 WHERE v.incident_id = o.incident_id AND v.topic = 'acts.judged.v1'
                   AND v.document ->> 'order_id' = o.document ->> 'order_id'
                 ORDER BY v.arrival DESC LIMIT 1) AS outcome
          FROM timeline o LEFT JOIN incident i USING (incident_id)
         WHERE o.topic = 'desk.ordered.v1' AND o.document ->> 'bulk_id' = $1
         ORDER BY o.incident_id
        """,
        bulk_id,
    )
    return [Given(**row) for row in rows]


async def numbered(connection: Connection, name: str) -> str | None:
    """Return the id of the matter that has *name* as its case number."""
    query = "SELECT incident_id FROM incident WHERE case_number = $1 AND incident_id <> $1"
    found: str | None = await connection.fetchval(query, name)
    return found


async def has_held(connection: Connection, holder: str) -> bool:
    """Whether *holder* has or had any task."""
    return bool(await connection.fetchval("SELECT EXISTS (SELECT FROM task WHERE holder = $1)", holder))


async def one(connection: Connection, name: str) -> Seen | None:
    """Return the matter with that id or case number, as it is compared with others."""
    row = await connection.fetchrow(
        "SELECT document::text FROM incident WHERE incident_id = $1 OR case_number = $1 LIMIT 1", name
    )
    return Seen.model_validate(from_json(row[0])) if row else None


async def near(connection: Connection, seen: Seen, *, within: timedelta, limit: int) -> list[Seen]:
    """
    Return open matters of the same mode and street (or district), or in reach across a street's border,
    accepted within that time of *seen*.
    """
    rows = await connection.fetch(
        """
        SELECT document::text FROM incident
         WHERE is_open AND incident_id <> $1 AND mode = $2 AND district = $3
           AND ($4::text IS NULL OR street IS NULL OR street = $4
                OR ((document #>> '{place,wgs84,lat}')::float8 BETWEEN $8 AND $9
                    AND (document #>> '{place,wgs84,lon}')::float8 BETWEEN $10 AND $11))
           AND accepted_at BETWEEN $5::timestamptz - $6::interval AND $5::timestamptz + $6::interval
         ORDER BY accepted_at DESC LIMIT $7
        """,
        seen.incident_id,
        seen.mode,
        seen.district,
        seen.street,
        seen.accepted_at,
        within,
        limit,
        *(seen.around or (None,) * 4),
    )
    return [Seen.model_validate(from_json(row[0])) for row in rows]
