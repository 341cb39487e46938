"""Whether the database remembers less than Kafka was told: then it was restored from an older state."""

import asyncio
from collections.abc import Collection, Mapping

from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.errors import KafkaTimeoutError

from wangge_chassis.halting import BEGUN_ANEW
from wangge_chassis.postgres import Connection

_WITHIN_S = 10.0


class OlderThanTold(Exception):
    """The database has gone back in time; a person must decide, so nothing is done and nothing is said."""


async def require_not_older(
    connection: Connection, kafka: AIOKafkaConsumer, consumer: str, given: Collection[TopicPartition]
) -> None:
    """
    Raise OlderThanTold if the group *consumer* has told Kafka more of the topics of *given* than is stored.

    A group's offset is committed only after the transaction that stored it or, where nothing is stored yet,
    as the beginning of the log, which only goes forward. So Kafka is asked first: what others, who still
    work, commit meanwhile makes the database's number larger. All partitions are compared, other replicas'
    too, because one on which little happens shows nothing. What a person lowered on Kafka is no sign, nor is
    what was told of a log that a person has bidden to begin anew.
    """
    topics = {at.topic for at in given}
    asked = [TopicPartition(name, n) for name in topics for n in kafka.partitions_for_topic(name) or ()]
    try:
        async with asyncio.timeout(_WITHIN_S):
            committed = await kafka._coordinator.fetch_committed_offsets(asked)
    except TimeoutError as error:
        raise KafkaTimeoutError(f"no offsets of the group {consumer} within {_WITHIN_S:.0f} s") from error
    rows = await connection.fetch(
        "SELECT topic, partition, next_offset, topic_id FROM consumer_offset WHERE consumer = $1", consumer
    )
    known = {TopicPartition(row["topic"], row["partition"]): row["next_offset"] for row in rows}
    begun = {TopicPartition(row["topic"], row["partition"]) for row in rows if row["topic_id"] == BEGUN_ANEW}
    told = {at: stored.offset for at, stored in committed.items() if at not in begun}
    if unknown := [at for at, offset in told.items() if offset and at not in known]:
        known |= await kafka.beginning_offsets(unknown)
    if why := forgotten(told, known):
        raise OlderThanTold(why)


def forgotten(told: Mapping[TopicPartition, int], known: Mapping[TopicPartition, int]) -> str | None:
    """Say where more was *told* to Kafka than is *known* to the database; None when that is nowhere."""
    behind = sorted(at for at, offset in told.items() if offset > known.get(at, 0))
    if not behind:
        return None
    at = behind[0]
    more = f" ({len(behind)} partitions like this)" if len(behind) > 1 else ""
    where = f"{at.topic}[{at.partition}], the database knows {known.get(at, 0)}{more}"
    return (
        f"Kafka was told {told[at]} of {where}: it seems older than what was said; "
        "recover it further, or read `Restore from a backup` in deploy/local"
    )
