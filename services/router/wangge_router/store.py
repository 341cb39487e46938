"""All SQL of the room: one row per incident with what waits for it, and which acts were said before."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import timedelta

from cramjam import lz4

from wangge_chassis import Connection, key_hash
from wangge_chassis.postgres import columns
from wangge_router.case import Case, Held
from wangge_router.docket import Docket
from wangge_router.remembering import NOTHING, Memory
from wangge_router.sayings import Register, Waiting
from wangge_router.writing import Lines, read_case, read_held, write_held


async def load(
    connection: Connection,
    incident_ids: Sequence[str],
    acts: Sequence[tuple[str, str]],
    task_ids: Sequence[str] = (),
    memory: Memory = NOTHING,
) -> tuple[dict[str, Docket], Register]:
    """
    The dockets of these incidents, empty ones for those not heard of, and which *acts* were said before.

    What *memory* knows of a row is not parsed again. Of tasks that were put away those of *task_ids* come
    back to their cases. No row is locked: whoever writes about an incident holds the ownership row of its
    part. An act's id is unique per speaker over all parts; two processes that hear it at once about two
    incidents judge both.
    """
    rows = await connection.fetch(
        """
        SELECT 'incident' AS of, incident_id AS about, NULL AS act_id, document, waiting, NULL AS digest
          FROM incident WHERE incident_id = ANY($1::text[])
        UNION ALL
        SELECT 'act', speaker, act_id, NULL, NULL, digest
          FROM act JOIN unnest($2::text[], $3::text[]) AS asked (speaker, act_id) USING (speaker, act_id)
        UNION ALL
        SELECT 'task', incident_id, NULL, document, NULL, NULL
          FROM task_put_away WHERE task_id = ANY($4::text[]) AND incident_id = ANY($1::text[])
        """,
        incident_ids,
        [speaker for speaker, _ in acts],
        [act_id for _, act_id in acts],
        task_ids,
    )
    dockets = {incident_id: Docket(incident_id) for incident_id in incident_ids}
    register: Register = {}
    away: dict[str, list[Held]] = defaultdict(list)
    for of, about, act_id, document, waiting, digest in rows:
        if of == "act":
            register[about, act_id] = digest
        elif of == "incident":
            dockets[about] = docket_of(about, document, waiting, memory)
        else:
            away[about].append(read_held(_unpacked(document)))
    for incident_id, tasks in away.items():
        dockets[incident_id].bring_back(tasks)
    return dockets, register


def docket_of(
    incident_id: str, document: bytes | None, waiting: bytes | None, memory: Memory = NOTHING
) -> Docket:
    """
    Return a docket from the columns of its row; fields of a newer version are passed over.

    What *memory* does not know of the row it knows from now on.
    """
    case, lines = _read(incident_id, document, memory) if document else (None, {})
    said = ()
    if waiting:
        said = Waiting.__pydantic_validator__.validate_json(_unpacked(waiting), extra="ignore").said
    return Docket(incident_id, case, said, lines=lines)


def _read(incident_id: str, row: bytes, memory: Memory) -> tuple[Case, Lines]:
    known = memory.recall(incident_id, row)
    if known is None:
        known = read_case(_unpacked(row))
        memory.keep(incident_id, row, *known)
    return known


def row_of(docket: Docket, memory: Memory = NOTHING) -> bytes | None:
    """Return the case of *docket* as a column keeps it; *memory* knows from now on what it stands for."""
    document, lines = docket.written()
    row = packed(document)
    if row is not None and docket.case is not None:
        memory.keep(docket.incident_id, row, docket.case, lines)
    return row


async def save(
    connection: Connection,
    dockets: Iterable[Docket],
    acts: Iterable[tuple[str, str, str]],
    memory: Memory = NOTHING,
) -> None:
    """
    Write the dockets that changed, and what was said for the first time (speaker, id, digest).

    What cases can do without is put away first. How long something waits is counted by the database's own
    clock: the house's may leap.
    """
    changed = [docket for docket in dockets if docket.changed]
    away = [
        (held.task.task_id, docket.incident_id, packed(write_held(held, docket.bytes_of)))
        for docket in changed
        for held in docket.put_away()
    ]
    rows = [
        (
            docket.incident_id,
            row_of(docket, memory),
            packed(docket.waiting_document),
            key_hash(docket.incident_id) if docket.expected else None,
        )
        for docket in changed
    ]
    said = list(acts)
    if not rows and not said:
        return
    await connection.execute(
        """
        WITH noted AS (
            INSERT INTO act (speaker, act_id, digest)
            SELECT * FROM unnest($5::text[], $6::text[], $7::text[]) ON CONFLICT DO NOTHING
        ), away AS (
            INSERT INTO task_put_away (task_id, incident_id, document)
            SELECT * FROM unnest($8::text[], $9::text[], $10::bytea[])
            ON CONFLICT (task_id) DO UPDATE SET document = excluded.document
        )
        INSERT INTO incident (incident_id, document, waiting, key_hash, waits_since)
        SELECT i.*, CASE WHEN i.key_hash IS NOT NULL THEN clock_timestamp() END
          FROM unnest($1::text[], $2::bytea[], $3::bytea[], $4::int[])
               AS i (incident_id, document, waiting, key_hash)
        ON CONFLICT (incident_id) DO UPDATE
           SET document = excluded.document, waiting = excluded.waiting, key_hash = excluded.key_hash,
               waits_since = CASE WHEN excluded.key_hash IS NOT NULL
                                  THEN coalesce(incident.waits_since, excluded.waits_since) END
        """,
        *columns(4, rows),
        *columns(3, said),
        *columns(3, away),
    )


async def anything_given_up(
    connection: Connection, parts: frozenset[int], partitions: int, *, after: timedelta
) -> bool:
    """Whether acts of these parts have waited longer than *after* for an incident."""
    return bool(
        await connection.fetchval(
            # Ordered, so that the planner takes the small index even before it knows the table.
            f"SELECT true FROM incident WHERE {_GIVEN_UP} ORDER BY waits_since LIMIT 1",
            after,
            partitions,
            list(parts),
        )
    )


async def given_up(
    connection: Connection, parts: frozenset[int], partitions: int, *, after: timedelta, limit: int
) -> list[Docket]:
    """At most *limit* dockets of these parts whose acts have waited longer than *after*."""
    rows = await connection.fetch(
        f"SELECT incident_id, waiting FROM incident WHERE {_GIVEN_UP} ORDER BY waits_since LIMIT $4",
        after,
        partitions,
        list(parts),
        limit,
    )
    return [docket_of(row["incident_id"], None, row["waiting"]) for row in rows]


_GIVEN_UP = "waits_since < clock_timestamp() - $1::interval AND key_hash % $2 = ANY($3::int[])"


def packed(document: bytes | None) -> bytes | None:
    """
    Return *document* as a column keeps it: an LZ4 block behind its size.

    A case repeats itself in each of its tasks. In 4 microseconds it becomes 2 KB instead of 5, so that three
    rows share a page that one would fill.
    """
    return bytes(lz4.compress_block(document)) if document else None


def _unpacked(column: bytes) -> bytes:
    return bytes(lz4.decompress_block(column))
