"""What is asked of the books; answers are JSON that the database has put together."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from wangge_chassis import Connection
from wangge_contracts.v1 import INCIDENT_OVER
from wangge_ledger.asking import Conditions

_LEVELS = {6: "district", 9: "street", 12: "community", 15: "grid"}
"""Which column a numeric place code belongs to, by its length; codes of other cities may stand in any."""
OPEN = "open"
"""Stands for every state of an incident in which somebody holds a turn."""

Position = tuple[str, int]
MOST_BYTES = 16_000_000
"""How much of a timeline is told at once, the newest of it: it is read, shortened and written in one go."""


@dataclass(frozen=True, slots=True)
class Wish:
    """What a list of incidents is narrowed to; *after* is the last row of the page before."""

    state: str | None = None
    department: str | None = None
    place: str | None = None
    text: str | None = None
    after: tuple[datetime, str] | None = None
    limit: int = 50


async def knows(connection: Connection, place: str) -> bool:
    """Whether *place* has the form of a code of ours, or has been the place of any matter."""
    return _column_of(place) is not None or bool(await _levels(connection, place))


def _column_of(place: str) -> str | None:
    return _LEVELS.get(len(place)) if re.fullmatch(r"[0-9]+", place) else None


async def _levels(connection: Connection, place: str) -> list[str]:
    """
    Return in which columns *place* is that of any matter.

    The next code is asked for, and compared: whatever the planner thinks of codes, only an index tells it.
    """
    column = _column_of(place)
    columns = [column] if column else list(_LEVELS.values())
    is_there = (
        f"(SELECT {each} FROM incident WHERE {each} >= $1::text ORDER BY {each} LIMIT 1) = $1"
        for each in columns
    )
    row = await connection.fetchrow(f"SELECT {', '.join(is_there)}", place)
    assert row is not None
    return [each for each, found in zip(columns, row.values(), strict=True) if found]


def _within(place: str) -> str:
    """Return the condition that an incident lies in *place*, which the query is given first."""
    column = _column_of(place)
    if column is not None:
        return f"i.{column} = $1::text"
    return "$1::text IN (i.district, i.street, i.community, i.grid)"


def _had(asked: Conditions, wish: Wish) -> str:
    """
    Return the matters in which a department has or had a task; where nothing else is asked for, the newest
    page of them, by indexes, and what a replica of an older version wrote.
    """
    theirs = f"FROM task WHERE holder = {asked.parameter(f'department:{wish.department}')}::text"
    ever = f"FROM had WHERE department = {asked.parameter(wish.department)}::text"
    if wish.state or wish.place or wish.text:
        return f"SELECT incident_id {theirs} UNION ALL SELECT incident_id {ever}"
    page = f"ORDER BY accepted_at DESC, incident_id DESC LIMIT {wish.limit:d}"
    if wish.after:
        at, incident_id = map(asked.parameter, wish.after)
        page = f"AND (accepted_at, incident_id) < ({at}::timestamptz, {incident_id}::text) {page}"
    newest = f"SELECT DISTINCT accepted_at, incident_id {theirs} AND accepted_at IS NOT NULL {page}"
    unnoted = f"SELECT incident_id {theirs} AND accepted_at IS NULL"
    pages = f"SELECT incident_id FROM ({newest}) AS newest UNION ALL (SELECT incident_id {ever} {page})"
    return f"{pages} UNION ALL {unnoted}"


async def incidents(connection: Connection, wish: Wish) -> Sequence[tuple[datetime, str, str]]:
    """Return accepted_at, incident_id and JSON of each matter that fits, the newest first."""
    asked = Conditions()
    if wish.state == OPEN:
        asked.where("i.is_open")
    elif wish.state in INCIDENT_OVER:
        asked.where("NOT i.is_open AND i.state = {}::text", wish.state)
    elif wish.state:
        asked.where("i.is_open AND i.state = {}::text", wish.state)
    if wish.department:
        asked.where(f"i.incident_id IN ({_had(asked, wish)})")
    if wish.place:
        levels = await _levels(connection, wish.place)
        if not levels:
            return []
        asked.where(f"({' OR '.join(f'i.{level} = {{0}}::text' for level in levels)})", wish.place)
    if wish.text:
        pattern = re.sub(r"([\\%_])", r"\\\1", wish.text.lower())
        asked.where("i.search LIKE {}::text", f"%{pattern}%")
    if wish.after:
        asked.where("(i.accepted_at, i.incident_id) < ({}::timestamptz, {}::text)", *wish.after)
    rows = await connection.fetch(
        f"""
        SELECT i.accepted_at, i.incident_id, ({_CARD})::text AS card
          FROM incident i {asked.condition()}
         ORDER BY i.accepted_at DESC, i.incident_id DESC LIMIT {wish.limit:d}
        """,
        *asked.values,
    )
    return [(row["accepted_at"], row["incident_id"], row["card"]) for row in rows]


async def incident(
    connection: Connection, name: str, *, most_bytes: int = MOST_BYTES
) -> tuple[bool, str] | None:
    """
    Return whether the matter with this id or case number is hidden, and all that is known of it as JSON.

    Of its timeline the newest lines are told, *most_bytes* of documents, and how many are left out. None when
    nothing is known. A matter of which only other facts have arrived counts as hidden: nobody said it is not.
    """
    row = await connection.fetchrow(_WHOLE, name, most_bytes)
    return None if row is None else (row["hidden"], row["told"])


async def board(connection: Connection, place: str) -> str:
    """Return the board of a place as JSON: what is open there now, in earnest."""
    return str(await connection.fetchval(_BOARD.format(within=_within(place)), place))


async def stream_position(connection: Connection) -> Position:
    """Return the position from which a follower sees what comes from now on."""
    return str(await connection.fetchval("SELECT pg_snapshot_xmin(pg_current_snapshot())::text")), 0


async def has_come(connection: Connection, position: Position) -> bool:
    """Whether anything can have been written before it; if not, it is a position in another database."""
    asked = "SELECT ($1::text::xid8, $2::bigint) <= (pg_snapshot_xmax(pg_current_snapshot()), 0::bigint)"
    return bool(await connection.fetchval(asked, *position))


async def stream(connection: Connection, after: Position) -> Sequence[tuple[Position, bool, str]]:
    """Return what was written after that position: its own, whether its matter is hidden, and the line."""
    rows = await connection.fetch(_STREAM, *after)
    return [((row["written_by"], row["arrival"]), row["hidden"], row["line"]) for row in rows]


_CARD = """
json_build_object(
    'incident_id', i.incident_id, 'case_number', i.case_number, 'revision', i.revision, 'mode', i.mode,
    'state', i.state, 'urgency', i.urgency, 'street', i.street, 'community', i.community, 'grid', i.grid,
    'lead', i.lead, 'listed', i.listed, 'hidden', i.hidden,
    'accepted_at', instant(i.accepted_at), 'closed_at', instant(i.closed_at),
    'departments', (SELECT coalesce(json_agg(department), '[]') FROM (
                        SELECT substr(t.holder, 12) AS department
                          FROM task t WHERE t.incident_id = i.incident_id AND t.holder LIKE 'department:%'
                        UNION SELECT had.department FROM had WHERE had.incident_id = i.incident_id
                        ORDER BY department) AS ever),
    'overdue', EXISTS (SELECT FROM clock c WHERE c.incident_id = i.incident_id AND c.is_overdue),
    'card', i.card
)
"""

_WHOLE = """
WITH named AS (
    SELECT incident_id, hidden, document FROM incident WHERE incident_id = $1 OR case_number = $1
    UNION ALL
    SELECT * FROM (SELECT incident_id, true, NULL::json FROM timeline WHERE incident_id = $1 LIMIT 1) AS heard
    LIMIT 1
), lines AS (
    SELECT timeline.*, sum(octet_length(timeline.document::text)) OVER (
               ORDER BY effective_at DESC, rank DESC, sequence DESC, message_id DESC
           ) AS size
      FROM timeline JOIN named USING (incident_id)
)
SELECT hidden, json_build_object(
    'incident', document,
    'tasks', (SELECT coalesce(json_agg(document ORDER BY assigned_at, task_id), '[]')
                FROM task WHERE task.incident_id = named.incident_id),
    'clocks', (SELECT coalesce(json_agg(document ORDER BY deadline, clock_id), '[]')
                 FROM clock WHERE clock.incident_id = named.incident_id),
    'notices', (SELECT coalesce(json_agg(document ORDER BY at, notice_id), '[]')
                  FROM notice WHERE notice.incident_id = named.incident_id),
    'timeline', (SELECT coalesce(json_agg(json_build_object(
                     'effective_at', instant(effective_at), 'told_at', instant(told_at), 'topic', topic,
                     'sequence', nullif(sequence, 0), 'id', message_id, 'what', what, 'who', who,
                     'document', document
                 ) ORDER BY effective_at, rank, sequence, message_id), '[]')
                   FROM lines WHERE size <= $2),
    'left_out', (SELECT nullif(count(*), 0) FROM lines WHERE size > $2)
)::text AS told FROM named
"""

_BOARD = """
WITH known AS (
    SELECT i.*, ({within}) AS inside,
           EXISTS (SELECT FROM clock c WHERE c.incident_id = i.incident_id AND c.is_overdue) AS overdue,
           i.listed AND EXISTS (
               SELECT FROM json_array_elements(i.document -> 'listed') AS entry
                WHERE $1 = coalesce(entry ->> 'place', CASE entry ->> 'board' WHEN 'district' THEN i.district
                                                       WHEN 'community' THEN i.community ELSE i.street END)
           ) AS listed_here
      FROM incident i WHERE i.is_open AND i.mode = 'actual' AND ({within} OR i.listed)
), matters AS (
    SELECT * FROM known WHERE inside
), turns AS (
    SELECT DISTINCT t.incident_id, t.holder,
           EXISTS (SELECT FROM clock c WHERE c.task_id = t.task_id AND c.is_overdue) AS overdue
      FROM task t JOIN matters USING (incident_id) WHERE t.is_open
), held AS (
    SELECT holder, count(DISTINCT incident_id) AS open,
           count(DISTINCT incident_id) FILTER (WHERE overdue) AS overdue
      FROM turns GROUP BY holder
), shown AS (
    SELECT * FROM known i WHERE inside AND overdue OR listed_here ORDER BY accepted_at, incident_id LIMIT 100
)
SELECT json_build_object(
    'place', $1::text,
    'open', (SELECT count(*) FROM matters),
    'overdue', (SELECT count(*) FROM matters WHERE overdue),
    'listed', (SELECT count(*) FROM known WHERE listed_here),
    'by_state', (SELECT coalesce(json_object_agg(state, n ORDER BY state), '{{}}')
                   FROM (SELECT state, count(*) AS n FROM matters GROUP BY state) AS states),
    'by_department', (SELECT coalesce(json_agg(json_build_object(
                          'department', substr(holder, 12), 'open', open, 'overdue', overdue
                      ) ORDER BY open DESC, holder), '[]') FROM held WHERE holder LIKE 'department:%'),
    'by_holder', (SELECT coalesce(json_agg(json_build_object(
                      'holder', holder, 'open', open, 'overdue', overdue
                  ) ORDER BY open DESC, holder), '[]') FROM held WHERE holder NOT LIKE 'department:%'),
    'matters', (SELECT coalesce(json_agg(CARD ORDER BY accepted_at, incident_id), '[]') FROM shown i)
)::text
""".replace("CARD", _CARD.replace("i.listed", "i.listed_here"))

_STREAM = """
SELECT t.written_by::text AS written_by, t.arrival, coalesce(i.hidden, true) AS hidden, json_build_object(
    'incident_id', t.incident_id, 'case_number', i.case_number, 'state', i.state, 'urgency', i.urgency,
    'mode', i.mode, 'effective_at', instant(t.effective_at), 'told_at', instant(t.told_at),
    'topic', t.topic, 'what', t.what, 'who', t.who
)::text AS line
  FROM timeline t LEFT JOIN incident i USING (incident_id)
 WHERE (t.written_by, t.arrival) > ($1::text::xid8, $2::bigint)
   AND t.written_by < pg_snapshot_xmin(pg_current_snapshot())
 ORDER BY t.written_by, t.arrival LIMIT 500
"""
