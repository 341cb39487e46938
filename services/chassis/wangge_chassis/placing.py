"""Where parts that were taken over are read on: stored offsets, held against the logs as they are now."""

from collections.abc import Mapping, Sequence
from uuid import UUID

from aiokafka import AIOKafkaConsumer, TopicPartition

from wangge_chassis import halting
from wangge_chassis.halting import Halt
from wangge_chassis.ownership import Owned
from wangge_chassis.postgres import Connection, columns


class MadeAnew(Exception):
    """A topic that we read is another than it was: what is held of it is to be taken over again."""


async def place(
    connection: Connection,
    kafka: AIOKafkaConsumer,
    consumer: str,
    taken: Sequence[Owned],
    ids: Mapping[str, UUID],
) -> list[Halt]:
    """
    Return for which of *taken* the log is not the one that was read, or has lost what is to be read next.

    Where no offset is stored the log's start is next. *ids* are the topics', asked for before this: with a
    later one an offset could be taken for one on a topic that did not exist when the log was looked at.
    """
    # One question for all: it waits behind a long-polling fetch on the same connection.
    partitions = [at for owned in taken for at in owned.partitions]
    first = await kafka.beginning_offsets(partitions)
    end = await kafka.end_offsets(partitions)
    halts: list[Halt] = []
    known: list[tuple[str, int, str, int, UUID]] = []
    for owned in taken:
        for at in owned.partitions:
            offset, now = owned.next_offset.setdefault(at, first[at]), ids.get(at.topic)
            anew = now is not None and owned.topic_ids.get(at, now) != now
            if why := misplaced(owned.part, at, offset, first=first[at], end=end[at], anew=anew):
                halts.append(why)
            elif now is not None and owned.topic_ids.get(at) != now:
                owned.topic_ids[at] = now
                known.append((*at, owned.part, offset, now))
    await _remember(connection, consumer, known)
    return halts


def misplaced(part: str, at: TopicPartition, offset: int, *, first: int, end: int, anew: bool) -> Halt | None:
    """
    Return why *part* may not go on with *offset* on a log that holds *first* up to before *end*.

    Is the topic another than was read, all that lies below would be passed over though nobody has read it.
    """
    if offset < first:
        return halting.gone(part, at, offset, first)
    if offset > end or (anew and offset > first):
        what = "was made anew" if anew else "has lost records or was made anew"
        reason = (
            f"{at.topic}[{at.partition}] {what}: it was read up to {offset}, "
            f"and goes from {first} to {end} now; skip reads it from there"
        )
        return Halt(part, at.topic, at.partition, first - 1, None, reason)
    return None


async def _remember(
    connection: Connection, consumer: str, known: Sequence[tuple[str, int, str, int, UUID]]
) -> None:
    """Keep of which topic each offset is, also where nothing was read yet: its rest is read unasked."""
    await connection.execute(
        """
        INSERT INTO consumer_offset (consumer, topic, partition, part, next_offset, topic_id)
        SELECT $1, k.* FROM unnest($2::text[], $3::integer[], $4::text[], $5::bigint[], $6::uuid[]) AS k
        ON CONFLICT (consumer, topic, partition) DO UPDATE SET topic_id = excluded.topic_id
        """,
        consumer,
        *columns(5, known),
    )
