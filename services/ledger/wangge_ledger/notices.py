"""What is asked of notices: who was told of what, by which means, and how far each came."""

from collections.abc import Sequence
from dataclasses import dataclass

from wangge_chassis import Connection
from wangge_ledger.asking import Conditions


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
    newest = f"ORDER BY at DESC, notice_id LIMIT {wish.limit:d}"
    source, state, channel = "notice", _STATE, _CHANNEL
    if (wish.state or wish.channel) and not (wish.notice or wish.incident or wish.recipient):
        source, state, channel = _BY_KIND.format(newest=newest), "kind.state", "kind.channel"
    asked = Conditions()
    if wish.notice:
        asked.where("starts_with(notice_id, {}::text)", wish.notice)
    if wish.incident:
        asked.where(f"incident_id IN ({_CALLED})", wish.incident)
    if wish.state:
        asked.where(f"{state} = {{}}::text", wish.state)
    if wish.channel:
        asked.where(f"{channel} = {{}}::text", wish.channel)
    conditions = [asked.condition()]
    if wish.recipient:
        # Each way to be a recipient has an index of its own; all asked for at once, none would serve.
        recipient = asked.parameter(wish.recipient)
        conditions = [asked.condition(f"{way} = {recipient}::text") for way in _RECIPIENT]
    found = " UNION ".join(
        f"(SELECT notice_id, at, document::text AS told FROM {source} {condition} {newest})"
        for condition in conditions
    )
    rows = await connection.fetch(f"SELECT told FROM ({found}) AS found {newest}", *asked.values)
    return [row["told"] for row in rows]


_STATE = "(document ->> 'state')"
_CHANNEL = "(document ->> 'channel')"
_RECIPIENT = (
    "(document -> 'recipient' ->> 'ref')",
    "(document -> 'recipient' ->> 'staff_id')",
    "(document -> 'why' ->> 'instead_of')",
)
_CALLED = "SELECT i.incident_id FROM incident i WHERE i.case_number = {0}::text UNION ALL SELECT {0}::text"
_BY_KIND = f"""
    (WITH RECURSIVE known AS (
        (SELECT {_STATE} AS state, {_CHANNEL} AS channel FROM notice ORDER BY 1, 2 LIMIT 1)
        UNION ALL
        SELECT following.* FROM known CROSS JOIN LATERAL (
            SELECT {_STATE}, {_CHANNEL} FROM notice
             WHERE ({_STATE}, {_CHANNEL}) > (known.state, known.channel) ORDER BY 1, 2 LIMIT 1
        ) AS following
    ) SELECT * FROM known) AS kind CROSS JOIN LATERAL (
        SELECT notice_id, at, document FROM notice
         WHERE {_STATE} = kind.state AND {_CHANNEL} = kind.channel {{newest}}
    ) AS newest
"""
"""The newest of each pair of state and channel that there is: a few dozen, each one step in the index."""
