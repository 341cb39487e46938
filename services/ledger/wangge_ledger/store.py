"""The ledger's books: lines are added once, rows give way to higher revisions only."""

from collections.abc import Iterable, Sequence
from dataclasses import fields
from operator import attrgetter
from typing import Any

from wangge_chassis import Connection
from wangge_ledger.chronicle import Entry
from wangge_ledger.rows import ClockRow, HadRow, IncidentRow, NoticeRow, TaskRow
from wangge_ledger.standing import Standing


async def save(connection: Connection, standing: Standing) -> None:
    """
    Write what a batch changed, in one statement.

    Facts of one matter come over several topics in any order, but all to one owner of its part: nobody
    else writes the same row meanwhile. A telling that is not newer than what is written changes nothing.
    """
    await connection.execute(
        _SAVE,
        *_columns(Entry, standing.entries),
        *_columns(IncidentRow, standing.incidents.values()),
        *_columns(TaskRow, standing.tasks.values()),
        *_columns(ClockRow, standing.clocks.values()),
        *_columns(NoticeRow, standing.notices.values()),
        *_columns(HadRow, standing.had),
    )


def _columns(of: type[Any], rows: Iterable[Any]) -> Sequence[Sequence[Any]]:
    """Return the fields of *rows*, one column each, in the order in which their class declares them."""
    names = [field.name for field in fields(of)]
    taken = list(map(attrgetter(*names), rows))
    return list(zip(*taken, strict=True)) if taken else [()] * len(names)


_SAVE = """
WITH told AS (
    INSERT INTO timeline
           (incident_id, topic, message_id, effective_at, rank, sequence, told_at, what, who, document)
    SELECT * FROM unnest($1::text[], $2::text[], $3::text[], $4::timestamptz[], $5::smallint[], $6::bigint[],
                         $7::timestamptz[], $8::text[], $9::text[], $10::json[])
    ON CONFLICT DO NOTHING
), incidents AS (
    INSERT INTO incident AS known
           (incident_id, revision, case_number, mode, state, is_open, urgency, district, street, community,
            grid, lead, listed, hidden, accepted_at, closed_at, search, card, document)
    SELECT * FROM unnest($11::text[], $12::integer[], $13::text[], $14::text[], $15::text[], $16::boolean[],
                         $17::text[], $18::text[], $19::text[], $20::text[], $21::text[], $22::text[],
                         $23::boolean[], $24::boolean[], $25::timestamptz[], $26::timestamptz[], $27::text[],
                         $28::json[], $29::json[])
    ON CONFLICT (incident_id) DO UPDATE
       SET revision = excluded.revision, mode = excluded.mode, state = excluded.state,
           is_open = excluded.is_open, urgency = excluded.urgency, district = excluded.district,
           street = excluded.street, community = excluded.community, grid = excluded.grid,
           lead = excluded.lead, listed = excluded.listed, hidden = excluded.hidden,
           accepted_at = excluded.accepted_at, closed_at = excluded.closed_at, search = excluded.search,
           card = excluded.card, document = excluded.document
     WHERE known.revision < excluded.revision
), tasks AS (
    INSERT INTO task AS known (task_id, incident_id, revision, holder, is_open, assigned_at, document,
                               accepted_at)
    SELECT * FROM unnest($30::text[], $31::text[], $32::integer[], $33::text[], $34::boolean[],
                         $35::timestamptz[], $36::json[], $37::timestamptz[])
    ON CONFLICT (task_id) DO UPDATE
       SET revision = excluded.revision, holder = excluded.holder, is_open = excluded.is_open,
           assigned_at = excluded.assigned_at, document = excluded.document,
           accepted_at = excluded.accepted_at
     WHERE known.revision < excluded.revision
), clocks AS (
    INSERT INTO clock AS known (clock_id, task_id, incident_id, revision, is_overdue, deadline, document)
    SELECT * FROM unnest($38::text[], $39::text[], $40::text[], $41::integer[], $42::boolean[],
                         $43::timestamptz[], $44::json[])
    ON CONFLICT (clock_id) DO UPDATE
       SET revision = excluded.revision, is_overdue = excluded.is_overdue, deadline = excluded.deadline,
           document = excluded.document
     WHERE known.revision < excluded.revision
), had_by AS (
    INSERT INTO had (department, incident_id, accepted_at)
    SELECT * FROM unnest($50::text[], $51::text[], $52::timestamptz[])
    ON CONFLICT DO NOTHING
)
INSERT INTO notice AS known (notice_id, incident_id, sequence, at, document)
SELECT * FROM unnest($45::text[], $46::text[], $47::bigint[], $48::timestamptz[], $49::json[])
ON CONFLICT (notice_id) DO UPDATE
   SET sequence = excluded.sequence, at = excluded.at, document = excluded.document
 WHERE known.sequence < excluded.sequence
"""
