"""The SQL of what is kept of reporters, once it is there: opened, found and erased, each time with a note."""

from typing import Any

from wangge_chassis import Connection


async def open_contact(
    connection: Connection, ref: str, *, notice: str | None
) -> dict[str, str | None] | None:
    """Return phone and e-mail address under *ref*, None when there are none; note that it was asked."""
    row = await connection.fetchrow(
        """
        WITH kept AS (
            SELECT phone, email FROM contact WHERE ref = $1::uuid
        ), noted AS (
            INSERT INTO contact_opening (ref, notice, found) VALUES ($1::uuid, $2, EXISTS (SELECT FROM kept))
        )
        SELECT phone, email FROM kept
        """,
        ref,
        notice,
    )
    return dict(row) if row is not None else None


async def find_contacts(connection: Connection, of: str, *, reader: str) -> list[dict[str, Any]]:
    """
    Return what is kept under *of*, a telephone number, an e-mail address or a name; note who looked.

    Numbers are compared from their last digit, seven at least, so that neither blanks nor a country's code
    count. It reads the whole table: people ask seldom.
    """
    rows = await connection.fetch(
        """
        WITH found AS MATERIALIZED (
            SELECT ref, name, phone, email, staff_id, subjects #>> '{}' AS subjects, case_number, judged_at
              FROM contact
              JOIN report ON report.id = contact.report,
                   regexp_replace(phone, '[^0-9]', '', 'g') AS digits
             WHERE btrim(name) = $1 OR lower(btrim(email)) = lower($1) OR subjects ? $1
                OR (least(length(digits), length($2)) >= 7
                    AND (right(digits, length($2)) = $2 OR right($2, length(digits)) = digits))
        ), noted AS (
            INSERT INTO contact_opening (ref, found, reader) SELECT ref, true, $3 FROM found
        )
        SELECT found.*, (SELECT count(*) FROM contact_opening AS o WHERE o.ref = found.ref) AS opened,
               (SELECT max(opened_at) FROM contact_opening AS o WHERE o.ref = found.ref) AS last_opened_at
          FROM found ORDER BY judged_at
        """,
        of,
        "".join(each for each in of if each in "0123456789"),
        reader,
    )
    return [
        {name: kept for name, kept in row.items() if kept is not None} | {"ref": row["ref"].hex}
        for row in rows
    ]


async def kept_contacts(connection: Connection, *, after: str, most: int) -> list[dict[str, str]]:
    """Return the first *most* references after that one, in order, each with its incident."""
    rows = await connection.fetch(
        """
        SELECT ref, coalesce(attached_to, report.id) AS incident_id
          FROM contact JOIN report ON report.id = contact.report
         WHERE ref > $1::uuid ORDER BY ref LIMIT $2
        """,
        after,
        most,
    )
    return [{name: value.hex for name, value in row.items()} for row in rows]


async def erase_contact(connection: Connection, ref: str, *, reason: str, eraser: str) -> bool:
    """Erase what is kept under *ref* and note why; False when there is nothing, and then nothing is noted."""
    row = await connection.fetchrow(
        """
        WITH erased AS (DELETE FROM contact WHERE ref = $1::uuid RETURNING ref)
        INSERT INTO contact_erasure (ref, reason, eraser) SELECT ref, $2, $3 FROM erased RETURNING ref
        """,
        ref,
        reason,
        eraser,
    )
    return row is not None
