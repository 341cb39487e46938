"""A part that stands still: why, and what an operator may decide about it."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from aiokafka import TopicPartition

from wangge_chassis.postgres import Connection

BEGUN_ANEW = UUID(int=0)
"""The id of a topic from whose start a person has bidden to read, whatever was read under its name."""


@dataclass(frozen=True, slots=True)
class Halt:
    """Why a part stands still, at which record; *expected* and *seen* are sequences when there is a gap."""

    part: str
    topic: str
    partition: int
    offset: int
    key: str | None
    reason: str
    expected: int | None = None
    seen: int | None = None

    def __str__(self) -> str:
        numbers = f", expected sequence {self.expected}, seen {self.seen}" if self.seen is not None else ""
        return f"{self.reason} at {self.topic}[{self.partition}]@{self.offset}, key {self.key}{numbers}"


def gone(part: str, at: TopicPartition, offset: int, first: int) -> Halt:
    """Return why *part* stands still when the log of *at* begins with *first* and *offset* comes next."""
    reason = f"records {offset} to {first - 1} of {at.topic}[{at.partition}] are gone"
    return Halt(part, at.topic, at.partition, first - 1, None, reason)


async def halt(connection: Connection, consumer: str, why: Halt, *, at: datetime) -> None:
    """Remember that the part stands still, inside the transaction that found out."""
    await connection.execute(
        """
        INSERT INTO halted
               (consumer, part, topic, partition, at_offset, key, expected, seen, reason, halted_at)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)
        ON CONFLICT (consumer, part) DO NOTHING
        """,
        consumer,
        why.part,
        why.topic,
        why.partition,
        why.offset,
        why.key,
        why.expected,
        why.seen,
        why.reason,
        at,
    )


async def retry(connection: Connection, consumer: str, part: str) -> bool:
    """
    Let the part be tried again from where it stands; False if it was not halted.

    Raising the epoch makes its owner take it over afresh.
    """
    async with connection.transaction():
        await _lock(connection, consumer, part)
        gone = await connection.fetchval(
            "DELETE FROM halted WHERE consumer = $1 AND part = $2 RETURNING part", consumer, part
        )
        if gone is not None:
            await _fence(connection, consumer, part)
    return gone is not None


async def skip(connection: Connection, consumer: str, part: str) -> Halt | None:
    """
    Let the part go on past what halted it, and return what was skipped.

    A gap is skipped by taking the seen sequence as the next one; anything else by moving the stored
    offset past the record, or back, where the log is another than was read. The caller publishes the fact,
    with its reason, as a dead letter.
    """
    async with connection.transaction():
        await _lock(connection, consumer, part)
        row = await connection.fetchrow(
            "DELETE FROM halted WHERE consumer = $1 AND part = $2 RETURNING *", consumer, part
        )
        if row is None:
            return None
        await _fence(connection, consumer, part)
        why = Halt(
            part,
            row["topic"],
            row["partition"],
            row["at_offset"],
            row["key"],
            row["reason"],
            row["expected"],
            row["seen"],
        )
        if why.seen is not None:
            await connection.execute(
                """
                INSERT INTO numbering (consumer, key, sent, heard)
                VALUES ($1, $2, '{}', jsonb_build_object($3::text, $4::bigint))
                ON CONFLICT (consumer, key) DO UPDATE SET heard = numbering.heard || excluded.heard
                """,
                consumer,
                why.key,
                why.topic,
                why.seen - 1,
            )
        else:
            await connection.execute(
                """
                INSERT INTO consumer_offset (consumer, topic, partition, part, next_offset)
                VALUES ($1, $2, $3, $4, $5)
                ON CONFLICT (consumer, topic, partition) DO UPDATE
                   SET next_offset = excluded.next_offset,
                       topic_id = CASE WHEN excluded.next_offset < consumer_offset.next_offset THEN $6
                                       ELSE consumer_offset.topic_id END
                """,
                consumer,
                why.topic,
                why.partition,
                part,
                why.offset + 1,
                BEGUN_ANEW,
            )
    return why


async def _lock(connection: Connection, consumer: str, part: str) -> None:
    """Lock the part first, as its owner does in every transaction: else each might wait for the other."""
    await connection.execute(
        "SELECT FROM ownership WHERE consumer = $1 AND part = $2 FOR UPDATE", consumer, part
    )


async def _fence(connection: Connection, consumer: str, part: str) -> None:
    await connection.execute(
        "UPDATE ownership SET epoch = epoch + 1 WHERE consumer = $1 AND part = $2", consumer, part
    )
