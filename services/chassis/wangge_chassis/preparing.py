"""Before the first record: migrate, and learn which cluster this is. What is away is waited for."""

import asyncio
from collections.abc import Awaitable, Callable, Collection, Iterable
from statistics import multimode
from typing import TypeVar

import structlog
from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.errors import KafkaError, TopicAuthorizationFailedError

from wangge_chassis.holding import MustExit
from wangge_chassis.kafka_access import kafka_access
from wangge_chassis.lines import in_full
from wangge_chassis.logs import in_words
from wangge_chassis.migrate import migrate
from wangge_chassis.postgres import Database, is_outage
from wangge_contracts.topics import TOPICS

Found = TypeVar("Found")
Say = Callable[[str], None]
STARTING = "starting"
"""What a replica says of itself while it has nothing more particular to say."""


async def until_it_works(what: str, attempt: Callable[[], Awaitable[Found]], *, say: Say) -> Found:
    """Return what *attempt* gives, however long an outage of *what* lasts; other errors rise."""
    wait_s = 0.2
    while True:
        try:
            return await attempt()
        except Exception as error:
            if not isinstance(error, KafkaError) and not is_outage(error):
                raise
            told = in_full(error) if isinstance(error, KafkaError) else in_words(error)
            say(f"waiting for {what}: {told}")
            structlog.get_logger().warning("waiting", on=what, error=told, retry_in_s=wait_s)
        await asyncio.sleep(wait_s)
        wait_s = min(wait_s * 2, 5.0)


async def prepare(
    database: Database,
    *,
    packages: tuple[str, ...],
    bootstrap: list[str],
    reads: Collection[str],
    writes: Collection[str],
    say: Say,
) -> int:
    """
    Bring the schema up to date and return the number of partitions of inside topics.

    Who *reads* none of them learns it from those that he *writes*. Raises MustExit when the schema's offsets
    belong to another cluster or partition count.
    """
    await until_it_works("postgres", lambda: migrate(database, packages=packages, say=say), say=say)
    say(STARTING)
    names, right = (reads, "read") if reads else (writes, "write")
    cluster, counts = await until_it_works("kafka", lambda: _cluster(bootstrap, names, right), say=say)
    if reads and len(set(counts.values())) > 1:
        raise MustExit(f"inside topics must have the same number of partitions, but: {counts}")
    inside = of_the_house(counts.values())
    # What is remembered belongs to the offsets: where nothing is read, none depends on it.
    partitions = inside if reads else 1
    connection = await until_it_works("postgres", database.connect, say=say)
    try:
        known = await connection.fetchrow("SELECT cluster_id, partitions FROM cluster")
        if known is None:
            await connection.execute(
                "INSERT INTO cluster (cluster_id, partitions) VALUES ($1, $2) ON CONFLICT DO NOTHING",
                cluster,
                partitions,
            )
        elif (known["cluster_id"], known["partitions"]) != (cluster, partitions):
            stored = f"cluster {known['cluster_id']}, {known['partitions']} partitions"
            raise MustExit(
                f"this schema belongs to {stored}, not to {cluster}, {partitions}: give it the broker and the"
                " topics that it began with, or an empty schema"
            )
    finally:
        await connection.close()
    return inside


def of_the_house(counts: Iterable[int]) -> int:
    """
    Return the number of partitions that the house began with, by the *counts* of topics that had it then.

    Where somebody has added some to one, or made one anew with others, the rest tells.
    """
    return min(multimode(counts), default=1)


def written_inside_by(service: str) -> frozenset[str]:
    """Return the inside topics on which *service* writes."""
    return frozenset(row.name for row in TOPICS if row.inside and service in row.writers)


async def _cluster(bootstrap: list[str], topics: Collection[str], right: str) -> tuple[str, dict[str, int]]:
    """Return the cluster's id and how many partitions each of *topics* has, on which we need the *right*."""
    admin = AIOKafkaAdminClient(bootstrap_servers=bootstrap, **kafka_access())
    await admin.start()
    try:
        description = await admin.describe_cluster()
        found = await admin.describe_topics(sorted(topics)) if topics else []
    finally:
        await admin.close()
    refused = [
        topic["topic"] for topic in found if topic["error_code"] == TopicAuthorizationFailedError.errno
    ]
    if refused:
        raise ConnectionError(f"no right to {right}: {', '.join(sorted(refused))}")
    counts = {topic["topic"]: len(topic["partitions"]) for topic in found if not topic["error_code"]}
    missing = sorted(set(topics) - counts.keys())
    if missing:
        raise ConnectionError(f"topics are missing: {', '.join(missing)}")
    return str(description["cluster_id"]), counts
