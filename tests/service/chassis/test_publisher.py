"""Our batches put a key where Java's and librdkafka's murmur2 put it, in order, and say what is refused."""

import asyncio
from collections import defaultdict

import pytest
from confluent_kafka import Producer

from tests.service.chassis.running import read_all
from wangge_chassis.publisher import Publisher, PublishRefused
from wangge_chassis.records import Promised
from wangge_contracts import topics
from wangge_local.kafka import Kafka

TOPIC = topics.INCIDENTS_ACCEPTED.name
KEYS = [f"incident-{number}" for number in range(200)]


def rows(count: int) -> list[Promised]:
    """Return *count* rows of 2 KB in order of position, keys taken in turn."""
    return [
        Promised("0", n, TOPIC, KEYS[n % len(KEYS)].encode(), [("n", b"%d" % n)], b"%d" % n + b" " * 2000)
        for n in range(count)
    ]


def published(kafka: Kafka, said: list[Promised]) -> None:
    async def publish() -> None:
        publisher = Publisher([kafka.bootstrap], client_id="tests")
        try:
            await publisher.publish(said)
        finally:
            await publisher.close()

    asyncio.run(publish())


def test_a_key_lies_where_other_clients_put_it_and_its_rows_stay_in_order(fresh_topics: Kafka) -> None:
    other = Producer(
        {"bootstrap.servers": fresh_topics.bootstrap, "partitioner": "murmur2_random", "log_level": 0}
    )
    for key in KEYS:
        other.produce(TOPIC, b"-1", key)
    other.flush(30)

    published(fresh_topics, rows(4000))

    partitions: dict[bytes, set[int]] = defaultdict(set)
    order: dict[bytes, list[int]] = defaultdict(list)
    for record in read_all(fresh_topics.bootstrap, TOPIC):
        partitions[record.key()].add(record.partition())
        order[record.key()].append(int(record.value()))
    assert len(partitions) == len(KEYS)
    assert all(len(found) == 1 for found in partitions.values())
    assert len({next(iter(found)) for found in partitions.values()}) == 12
    assert all(found == sorted(found) for found in order.values())


@pytest.mark.parametrize("count", [1, 2, 3, 200])
def test_few_and_many_come_out_as_they_went_in(fresh_topics: Kafka, count: int) -> None:
    """Few bytes of one partition go uncompressed; what is many is a batch of 4 KB."""
    said = [Promised("0", n, TOPIC, b"one-key", [("n", b"%d" % n)], b"%04d" % n * 400) for n in range(count)]

    published(fresh_topics, said)

    found = [(r.key(), r.headers(), r.value()) for r in read_all(fresh_topics.bootstrap, TOPIC)]
    assert found == [(row.key, row.headers, row.value) for row in said]


def test_a_missing_topic_is_refused_by_name(fresh_topics: Kafka) -> None:
    missing = Promised("0", 1, "departments.nobody.tasks.v1", b"k", [], b"{}")

    with pytest.raises(PublishRefused, match=r"departments\.nobody\.tasks\.v1"):
        published(fresh_topics, [missing])
