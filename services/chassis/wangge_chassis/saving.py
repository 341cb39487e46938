"""What a turn keeps beside its room's rows: outbox, numbers, heard ids, offsets, and how far each part is."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple, Self

from wangge_chassis.packing import pack
from wangge_chassis.postgres import Connection, columns

_MANY = 200
"""So many rows are worth a statement of their own, on which the database works while the rest is packed."""


@dataclass(frozen=True, slots=True)
class Noted:
    """What a turn notes and does not have to pack."""

    numbers: Sequence[tuple[str, str, str]] = ()
    """Key, sent and heard (JSON)."""
    heard: Sequence[tuple[str, str]] = ()
    """Message id and key."""
    offsets: Sequence[tuple[str, int, str, int]] = ()
    """Topic, partition, part and the next offset."""
    acknowledged: Sequence[tuple[str, int, int]] = ()
    """
    Part, the position up to which we have deleted from its outbox, and the one up to which it is published.

    While anybody keeps a snapshot, what is deleted stays in table and index: no turn may go through it again.
    """

    @property
    def many(self) -> bool:
        """Whether it is much."""
        return len(self.numbers) + len(self.heard) >= _MANY

    @property
    def arguments(self) -> list[list[object]]:
        """The same as `_NOTED` takes it."""
        widths = (3, 2, 4, 3)
        rows = (self.numbers, self.heard, self.offsets, self.acknowledged)
        return [column for width, of in zip(widths, rows, strict=True) for column in columns(width, of)]


class Row(NamedTuple):
    """What a turn promises for a part, as the outbox keeps it."""

    part: str
    position: int
    """Of the last message."""
    messages: int
    packed: bytes

    @classmethod
    def of(cls, part: str, position: int, entries: Sequence[bytes]) -> Self:
        """Pack *entries*, the last of which has *position*."""
        return cls(part, position, len(entries), pack(entries))


async def note(connection: Connection, consumer: str, noted: Noted) -> None:
    """Write *noted* by itself."""
    await connection.execute(_NOTE, consumer, *noted.arguments)


async def save(connection: Connection, consumer: str, noted: Noted, rows: Sequence[Row]) -> None:
    """Write *rows*, and *noted* unless `note` has, in one statement."""
    await connection.execute(_SAVE, consumer, *noted.arguments, *columns(4, rows))


# Joined with what was acknowledged the outbox is gone through whole: the planner takes it for all but empty.
_NOTED = """
WITH numbered AS (
    INSERT INTO numbering (consumer, key, sent, heard)
    SELECT $1, n.key, n.sent::jsonb, n.heard::jsonb
      FROM unnest($2::text[], $3::text[], $4::text[]) AS n (key, sent, heard)
    ON CONFLICT (consumer, key) DO UPDATE SET sent = excluded.sent, heard = excluded.heard
), noted AS (
    INSERT INTO heard (consumer, message_id, key)
    SELECT $1, h.* FROM unnest($5::text[], $6::text[]) AS h
), advanced AS (
    INSERT INTO consumer_offset (consumer, topic, partition, part, next_offset)
    SELECT $1, o.* FROM unnest($7::text[], $8::integer[], $9::text[], $10::bigint[]) AS o
    ON CONFLICT (consumer, topic, partition) DO UPDATE SET next_offset = excluded.next_offset
), acknowledged AS (
    DELETE FROM outbox WHERE ctid = ANY (ARRAY(
        SELECT published.ctid
          FROM unnest($11::text[], $12::bigint[], $13::bigint[]) AS acked (part, above, upto), LATERAL (
            SELECT ctid FROM outbox
             WHERE consumer = $1 AND part = acked.part AND position > acked.above AND position <= acked.upto
            OFFSET 0) AS published))
)"""
_NOTE = f"{_NOTED} SELECT"
_SAVE = f"""{_NOTED}, promised AS (
    INSERT INTO outbox (consumer, part, position, messages, packed)
    SELECT $1, p.* FROM unnest($14::text[], $15::bigint[], $16::integer[], $17::bytea[]) AS p
)
UPDATE ownership SET last_position = moved.upto
  FROM unnest($14::text[], $15::bigint[]) AS moved (part, upto)
 WHERE ownership.consumer = $1 AND ownership.part = moved.part
"""
