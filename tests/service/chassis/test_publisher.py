"""Our batches put a key where Java's and librdkafka's murmur2 put it, in order, and say what is refused."""

import asyncio
from collections import defaultdict
from dataclasses import replace

import pytest
from confluent_kafka.admin import AdminClient
from confluent_kafka.cimpl import NewTopic

from tests.service.chassis.running import keyed_producer, read_all
from wangge_chassis.partitioner import partition_of
from wangge_chassis.producing import Letter, Producer
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
    other = keyed_producer(fresh_topics)
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

    with pytest.raises(PublishRefused, match=r"while publishing to departments\.nobody\.tasks\.v1$"):
        published(fresh_topics, [*rows(1), missing])


async def test_a_key_stays_on_its_partition_when_somebody_adds_some(fresh_topics: Kafka) -> None:
    fewer = Publisher([fresh_topics.bootstrap], client_id="tests", inside=5)
    more = Publisher([fresh_topics.bootstrap], client_id="tests", inside=13)
    door = Producer(fresh_topics.bootstrap, client_id="door")
    door.keep_to(5)
    letters = [Letter(TOPIC, key.encode(), [], b"{}") for key in KEYS]
    try:
        await fewer.publish(rows(200))
        await door.send_all(letters)
        with pytest.raises(PublishRefused, match=f"while publishing to {TOPIC}"):
            await more.publish(rows(1))
    finally:
        for each in (fewer, more, door):
            await each.close()

    found = await asyncio.to_thread(read_all, fresh_topics.bootstrap, TOPIC)
    assert len(found) == 2 * len(KEYS)
    assert {(r.key(), r.partition()) for r in found} == {(key.encode(), partition_of(key, 5)) for key in KEYS}


async def test_what_is_beside_a_refused_record_is_not_said_again_at_every_try(fresh_topics: Kafka) -> None:
    narrow = "narrow.topic"
    admin = AdminClient({"bootstrap.servers": fresh_topics.bootstrap, "log_level": 0})
    [made] = admin.create_topics([NewTopic(narrow, 1, 1, config={"max.message.bytes": "100"})]).values()
    made.result(30)
    publisher = Publisher([fresh_topics.bootstrap], client_id="tests")
    try:
        for _ in range(3):
            with pytest.raises(PublishRefused, match=r"MessageSizeTooLargeError while publishing to narrow"):
                await publisher.publish([*rows(1), replace(*rows(1), topic=narrow)])
    finally:
        await publisher.close()
        [gone] = admin.delete_topics([narrow]).values()
        gone.result(30)

    assert len(await asyncio.to_thread(read_all, fresh_topics.bootstrap, TOPIC)) == 1
