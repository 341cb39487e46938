"""The composer's rows: what it knows of tasks, and rings that wait for theirs."""

from collections.abc import Collection, Iterable, Mapping, Sequence

from pydantic import TypeAdapter

from wangge_chassis import Connection
from wangge_chassis.postgres import columns
from wangge_contracts.v1 import ClockChanged
from wangge_notifier.phrasing import KnownTask, Matter

_Known = TypeAdapter(KnownTask)


async def known_tasks(
    connection: Connection, task_ids: Collection[str]
) -> tuple[dict[str, KnownTask], dict[str, list[tuple[str, ClockChanged]]]]:
    """Return what is known of these tasks, and the rings (cause and clock) that waited for one of them."""
    rows = await connection.fetch(
        """
        SELECT task_id, NULL AS cause, document FROM known_task WHERE task_id = ANY($1::text[])
        UNION ALL
        SELECT task_id, cause, document FROM waiting_ring WHERE task_id = ANY($1::text[])
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


async def restricted_matters(connection: Connection, incident_ids: Collection[str]) -> dict[str, Matter]:
    """Return how these matters were classified last, as far as they are or were anything but normal."""
    rows = await connection.fetch(
        """
        SELECT incident_id, revision, sensitivity FROM restricted_matter WHERE incident_id = ANY($1::text[])
        """,
        list(incident_ids),
    )
    return {row["incident_id"]: Matter(row["revision"], row["sensitivity"]) for row in rows}


async def save_matters(connection: Connection, matters: Mapping[str, Matter]) -> None:
    """Keep how *matters*, by incident, are classified now."""
    if not matters:
        return
    await connection.execute(
        """
        INSERT INTO restricted_matter SELECT * FROM unnest($1::text[], $2::bigint[], $3::text[])
        ON CONFLICT (incident_id) DO UPDATE
           SET revision = excluded.revision, sensitivity = excluded.sensitivity
        """,
        list(matters),
        [matter.revision for matter in matters.values()],
        [matter.sensitivity for matter in matters.values()],
    )


async def save_tasks(
    connection: Connection,
    *,
    learnt: Iterable[KnownTask],
    waits: Iterable[tuple[str, ClockChanged]],
    rung: Sequence[str],
) -> None:
    """
    Keep *learnt* tasks in place of what was kept of them, each named once, and rings that wait for theirs;
    forget the causes of those that have *rung*.

    A matter's facts and its clocks' are one part, so nobody but its owner writes these rows.
    """
    tasks = [(task.task_id, _Known.dump_json(task).decode()) for task in learnt]
    rings = [(cause, clock.task_id, clock.write().decode()) for cause, clock in waits]
    if not (tasks or rings or rung):
        return
    await connection.execute(
        """
        WITH learnt AS (
            INSERT INTO known_task (task_id, document) SELECT * FROM unnest($1::text[], $2::json[])
            ON CONFLICT (task_id) DO UPDATE SET document = excluded.document
        ), waits AS (
            INSERT INTO waiting_ring SELECT * FROM unnest($3::text[], $4::text[], $5::json[])
            ON CONFLICT DO NOTHING
        )
        DELETE FROM waiting_ring WHERE cause = ANY($6::text[])
        """,
        *columns(2, tasks),
        *columns(3, rings),
        list(rung),
    )
