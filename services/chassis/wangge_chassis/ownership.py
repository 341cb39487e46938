"""Which parts are ours: the row that is lock and fence, and the transaction that takes a part over."""

from collections.abc import Collection
from dataclasses import dataclass, field
from uuid import UUID

from aiokafka import TopicPartition

from wangge_chassis.packing import unpack
from wangge_chassis.postgres import Connection
from wangge_chassis.records import Promised


class Fenced(Exception):
    """Another process took a part over while we held it; whatever we had in hand is void."""


class Touched(Fenced):
    """An operator let a part go on that stood still: nobody else has it, and it is taken over afresh."""


@dataclass(slots=True)
class Owned:
    """
    What is remembered of a part that we hold.

    The epoch, checked under the lock by every transaction, is the proof that nobody else moved the
    other fields meanwhile. *acked_upto* is the last position known to be published, *deleted_upto* the one
    up to which we have deleted: none of a part just taken over. *suspect* is the offset of a record that came
    above the expected one: it is believed when it comes a second time.
    """

    part: str
    epoch: int
    last_position: int
    partitions: frozenset[TopicPartition]
    next_offset: dict[TopicPartition, int]
    deleted_upto: int = 0
    acked_upto: int = 0
    halted: str | None = None
    suspect: dict[TopicPartition, int] = field(default_factory=dict)
    topic_ids: dict[TopicPartition, UUID] = field(default_factory=dict)
    """Of the topics that the offsets belong to, as far as they are known."""


async def require_ours(connection: Connection, consumer: str, owned: Collection[Owned]) -> None:
    """Raise Fenced unless every part is still ours; Touched if operators alone are why one is not."""
    kept = await connection.fetch(
        """
        SELECT part FROM ownership
         WHERE consumer = $1 AND (part, epoch) IN (SELECT * FROM unnest($2::text[], $3::bigint[]))
        """,
        consumer,
        [each.part for each in owned],
        [each.epoch for each in owned],
    )
    if len(kept) != len(owned):
        parts = {row["part"] for row in kept}
        raise await lost(connection, consumer, [each for each in owned if each.part not in parts])


async def lost(connection: Connection, consumer: str, parts: Collection[Owned]) -> Fenced:
    """Return what to raise when *parts* have another epoch than ours."""
    halted = await connection.fetch(
        "SELECT part FROM halted WHERE consumer = $1 AND part = ANY($2::text[])",
        consumer,
        [each.part for each in parts],
    )
    names = ", ".join(each.part for each in parts)
    # Whoever takes a part over leaves it standing still: only operators let it go on.
    if not halted and all(each.halted for each in parts):
        return Touched(f"part {names} of {consumer} was touched by an operator")
    return Fenced(f"part {names} of {consumer} has another owner")


async def take_over(
    connection: Connection, consumer: str, part: str, partitions: frozenset[TopicPartition]
) -> tuple[Owned, list[Promised]]:
    """
    Take *part* over and return it with what its last owner left unpublished, in order.

    Raising the epoch waits for the lock, hence for a frozen owner's open transaction: after it nobody
    else can commit for this part, and all that was committed is visible here (messaging-proof C1).
    """
    async with connection.transaction():
        row = await connection.fetchrow(
            """
            INSERT INTO ownership (consumer, part) VALUES ($1, $2)
            ON CONFLICT (consumer, part) DO UPDATE SET epoch = ownership.epoch + 1
            RETURNING epoch, last_position
            """,
            consumer,
            part,
        )
        assert row is not None
        offsets = await connection.fetch(
            """
            SELECT topic, partition, next_offset, topic_id FROM consumer_offset
             WHERE consumer = $1 AND part = $2
            """,
            consumer,
            part,
        )
        left = await connection.fetch(
            "SELECT position, packed FROM outbox WHERE consumer = $1 AND part = $2 ORDER BY position",
            consumer,
            part,
        )
        halted = await connection.fetchval(
            "SELECT reason FROM halted WHERE consumer = $1 AND part = $2", consumer, part
        )
    stored = {TopicPartition(each["topic"], each["partition"]): each for each in offsets}
    given = {at: each for at, each in stored.items() if at in partitions}
    owned = Owned(
        part=part,
        epoch=row["epoch"],
        last_position=row["last_position"],
        partitions=partitions,
        next_offset={at: each["next_offset"] for at, each in given.items()},
        halted=halted,
        topic_ids={at: each["topic_id"] for at, each in given.items() if each["topic_id"]},
    )
    return owned, [
        promised
        for item in left
        for promised in unpack(item["packed"], part=part, last_position=item["position"])
    ]
