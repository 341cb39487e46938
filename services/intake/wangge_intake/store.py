"""All of intake's SQL: who says something first, what was said before, and where the door may look."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from wangge_chassis import Connection
from wangge_chassis.postgres import columns
from wangge_contracts.v1 import Relation
from wangge_intake.books import ACTUAL, ANYBODY, Answer, Books, Case, Kept, Report, report_key


async def claim(
    connection: Connection,
    books: Books,
    *,
    reports: Mapping[str, Report],
    answers: Mapping[str, Answer],
    numbers: str,
) -> None:
    """
    Enter what nobody said before, and note in *books* what is new and what was said before.

    Two replicas may hear the same report on two partitions: the one that comes second waits here for the
    first to commit, finds its own row refused, and reads the first's in a second statement, whose snapshot
    has it. Rows are entered in the order of their keys, so that two batches never wait for each other; case
    numbers are drawn in the order of arrival, for what is not there yet, so that only the one that comes
    second leaves gaps. They have seven digits, and from ten million on as many as it takes.

    :param numbers: what case numbers begin with: district and year.
    """
    missing = await _enter(
        connection, books, said=list(reports.values()), answered=list(answers.values()), numbers=numbers
    )
    if missing:
        _note(books, await connection.fetch(_KNOWN, missing))


async def _enter(
    connection: Connection,
    books: Books,
    *,
    said: Sequence[Report],
    answered: Sequence[Answer],
    numbers: str,
) -> list[str]:
    rows = await connection.fetch(
        _ENTER,
        [report.id for report in said],
        [report.content for report in said],
        [not report.faults for report in said],
        [None if report.mode == ACTUAL else report.mode for report in said],
        [answer.id for answer in answered],
        [answer.content for answer in answered],
        books.now,
        numbers,
    )
    reports = {report.id: report for report in said}
    for row in rows:
        if row["fresh"]:
            key = row["id"].hex
            books.fresh.add(key)
            if (report := reports.get(key)) is not None:
                number = row["case_number"]
                case = Case(key, number, report.mode) if number is not None else None
                books.reports[key] = Kept(report.content, case)
    _note(books, (row for row in rows if not row["fresh"]))
    ours = (*reports, *(answer.id for answer in answered))
    return [
        key
        for key in ours
        if key not in books.fresh and key not in books.reports and key not in books.answers
    ]


def _note(books: Books, rows: Iterable[Any]) -> None:
    for row in rows:
        key = row["id"].hex
        if row["answer"]:
            books.answers[key] = row["content"]
        else:
            books.reports[key] = _kept(key, row)


def _kept(key: str, row: Any) -> Kept:
    number, attached_to = row["case_number"], row["attached_to"]
    incident_id = key if attached_to is None else attached_to.hex
    case = Case(incident_id, number, row["mode"] or ACTUAL) if number is not None else None
    return Kept(row["content"], case)


async def recall(connection: Connection, books: Books, relations: Sequence[tuple[Report, Relation]]) -> None:
    """Note in *books* the cases that *relations* lead to, as far as there are any."""
    keys = [
        report_key(report.spoken.speaker, relation.report_id)
        for report, relation in relations
        if relation.report_id is not None
    ]
    references = [
        (report.spoken.speaker.slug, relation.external_ref.system, relation.external_ref.number)
        for report, relation in relations
        if relation.external_ref is not None
    ]
    rows = await connection.fetch(
        """
        SELECT 'report' AS by, id, content, case_number, attached_to, mode,
               NULL AS terminal, NULL AS system, NULL AS number
          FROM report WHERE id = ANY($1::uuid[])
        UNION ALL
        SELECT 'number', id, NULL, case_number, NULL, mode, NULL, NULL, NULL
          FROM report WHERE case_number = ANY($2::text[]) AND attached_to IS NULL
        UNION ALL
        SELECT 'reference', incident_id, NULL, r.case_number, NULL, mode, terminal, system, number
          FROM own_ref AS r LEFT JOIN report ON report.id = incident_id
         WHERE (terminal, system, number) IN (SELECT * FROM unnest($3::text[], $4::text[], $5::text[]))
        UNION ALL
        SELECT 'reference', incident_id, NULL, r.case_number, NULL, mode, $6::text, system, number
          FROM external_ref AS r LEFT JOIN report ON report.id = incident_id
         WHERE (system, number) IN (SELECT * FROM unnest($4::text[], $5::text[]))
        """,
        [key for key in keys if key not in books.reports],
        [relation.case_number for _, relation in relations if relation.case_number is not None],
        *columns(3, references),
        ANYBODY,
    )
    for row in rows:
        key = row["id"].hex
        case = Case(key, row["case_number"], row["mode"] or ACTUAL)
        if row["by"] == "report":
            books.reports[key] = _kept(key, row)
        elif row["by"] == "number":
            books.cases[case.number] = case
        else:
            books.elsewhere[row["terminal"], row["system"], row["number"]] = case


async def save(connection: Connection, books: Books) -> None:
    """
    Write what `claim` could not know yet: relations that led somewhere, contacts, other people's numbers.

    Of two incidents that come with the same external number the first keeps it: a terminal's, and of all.
    """
    if not (books.contacts or books.attached or books.referred):
        return
    referred = [(*key, case.incident_id, case.number) for key, case in sorted(books.referred.items())]
    await connection.execute(
        """
        WITH attached AS (
            UPDATE report SET attached_to = a.incident, case_number = a.number
              FROM unnest($1::uuid[], $2::uuid[], $3::text[]) AS a (id, incident, number)
             WHERE report.id = a.id
        ), referred AS MATERIALIZED (
            SELECT * FROM unnest($4::text[], $5::text[], $6::text[], $7::uuid[], $8::text[])
                AS r (terminal, system, number, incident, case_number)
        ), own AS (
            INSERT INTO own_ref (terminal, system, number, incident_id, case_number)
            SELECT * FROM referred WHERE terminal <> $16::text
            ON CONFLICT (terminal, system, number) DO NOTHING
        ), first AS (
            INSERT INTO external_ref (system, number, incident_id, case_number)
            SELECT system, number, incident, case_number FROM referred WHERE terminal = $16::text
            ON CONFLICT (system, number) DO NOTHING
        )
        INSERT INTO contact (ref, report, name, phone, email, staff_id, subjects)
        SELECT c.ref, c.report, c.name, c.phone, c.email, c.staff_id, c.subjects::jsonb
          FROM unnest($9::uuid[], $10::uuid[], $11::text[], $12::text[], $13::text[], $14::text[],
                      $15::text[]) AS c (ref, report, name, phone, email, staff_id, subjects)
        """,
        *columns(3, [(report, case.incident_id, case.number) for report, case in books.attached]),
        *columns(5, referred),
        *columns(
            7, [(c.ref, c.report, c.name, c.phone, c.email, c.staff_id, c.subjects) for c in books.contacts]
        ),
        ANYBODY,
    )


async def known(connection: Connection, keys: Sequence[str]) -> dict[str, Kept | bytes]:
    """Return what is kept under *keys*: of reports what they led to, of answers their content."""
    rows = await connection.fetch(_KNOWN, keys)
    return {row["id"].hex: row["content"] if row["answer"] else _kept(row["id"].hex, row) for row in rows}


_KNOWN = """
SELECT false AS answer, id, content, case_number, attached_to, mode FROM report WHERE id = ANY($1::uuid[])
UNION ALL
SELECT true, id, content, NULL, NULL, NULL FROM answer WHERE id = ANY($1::uuid[])
"""

_ENTER = """
WITH known AS MATERIALIZED (
    SELECT id, content, case_number, attached_to, mode FROM report WHERE id = ANY($1::uuid[])
), said AS MATERIALIZED (
    SELECT id, content, mode, CASE WHEN numbered THEN nextval('case_number') END AS number
      FROM (SELECT id, content, mode, numbered
              FROM unnest($1::uuid[], $2::bytea[], $3::boolean[], $4::text[]) WITH ORDINALITY
                AS s (id, content, numbered, mode, place)
             WHERE NOT EXISTS (SELECT FROM known WHERE known.id = s.id)
             ORDER BY place) AS unsaid
), entered AS (
    INSERT INTO report (id, content, mode, case_number, judged_at)
    SELECT id, content, mode, $8 || '-' || lpad(number::text, greatest(7, length(number::text)), '0'), $7
      FROM said ORDER BY id
    ON CONFLICT (id) DO NOTHING RETURNING id, case_number
), taken AS (
    INSERT INTO answer (id, content, taken_at)
    SELECT a.id, a.content, $7 FROM unnest($5::uuid[], $6::bytea[]) AS a (id, content) ORDER BY a.id
    ON CONFLICT (id) DO NOTHING RETURNING id
)
SELECT true AS fresh, false AS answer, id, NULL::bytea AS content, case_number, NULL::uuid AS attached_to,
       NULL::text AS mode
  FROM entered
UNION ALL
SELECT true, true, id, NULL, NULL, NULL, NULL FROM taken
UNION ALL
SELECT false, false, id, content, case_number, attached_to, mode FROM known
UNION ALL
SELECT false, true, id, content, NULL, NULL, NULL FROM answer WHERE id = ANY($5::uuid[])
"""
