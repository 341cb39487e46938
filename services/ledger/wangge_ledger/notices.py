"""What is asked of notices: who was told of what, by which means, and how far each came."""

from collections.abc import Sequence
from dataclasses import dataclass

from wangge_chassis import Connection


@dataclass(frozen=True, slots=True)
class NoticeWish:
    """What a list of notices is narrowed to; what is None is not asked."""

    notice: str | None = None
    """Its id, or how that begins."""
    incident: str | None = None
    """An incident's id, or the number of a case."""
    recipient: str | None = None
    """The post, desk or unit that was addressed, the person by his number, or for whom a deputy was told."""
    channel: str | None = None
    state: str | None = None
    limit: int = 50


async def notices(connection: Connection, wish: NoticeWish) -> Sequence[str]:
    """Return the JSON of each notice that fits, as it was last told, the newest first."""
    rows = await connection.fetch(
        """
        SELECT document::text AS told FROM notice
         WHERE ($1::text IS NULL OR starts_with(notice_id, $1))
           AND ($2::text IS NULL OR incident_id = $2 OR document->>'case_number' = $2)
           AND ($3::text IS NULL OR $3 IN (document->'recipient'->>'ref', document->'recipient'->>'staff_id',
                                           document->'why'->>'instead_of'))
           AND ($4::text IS NULL OR document->>'channel' = $4)
           AND ($5::text IS NULL OR document->>'state' = $5)
         ORDER BY at DESC, notice_id LIMIT $6
        """,
        wish.notice,
        wish.incident,
        wish.recipient,
        wish.channel,
        wish.state,
        wish.limit,
    )
    return [row["told"] for row in rows]
