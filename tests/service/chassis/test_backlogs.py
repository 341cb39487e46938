"""Whether a group has left records for too long: by what it committed and when they were written."""

import asyncio
import time
from datetime import timedelta

import pytest
from confluent_kafka import Consumer, Producer, TopicPartition

from wangge_chassis.backlogs import Backlogs, NotTold
from wangge_contracts import topics
from wangge_local.kafka import Kafka

TOPIC = topics.INCIDENTS_ACCEPTED.name
MINUTE = timedelta(minutes=1)


def write(kafka: Kafka, ages_s: list[int]) -> None:
    """Write a record of each age on partition 3, the oldest first."""
    producer = Producer({"bootstrap.servers": kafka.bootstrap, "log_level": 0})
    for age_s in ages_s:
        producer.produce(TOPIC, b"{}", partition=3, timestamp=round((time.time() - age_s) * 1000))
    producer.flush(30)


def commit(kafka: Kafka, group: str, offset: int) -> None:
    """Say for *group* that partition 3 is read up to *offset*."""
    consumer = Consumer({"bootstrap.servers": kafka.bootstrap, "group.id": group, "log_level": 0})
    consumer.commit(offsets=[TopicPartition(TOPIC, 3, offset)], asynchronous=False)
    consumer.close()


def asked(kafka: Kafka, *groups: str) -> dict[str, int]:
    async def ask() -> dict[str, int]:
        backlogs = Backlogs(kafka.bootstrap, client_id="tests")
        try:
            return await backlogs.older_than(MINUTE, groups)
        finally:
            await backlogs.close()

    return asyncio.run(ask())


def test_only_what_is_unread_and_old_counts_and_only_for_whom_it_is_unread(fresh_topics: Kafka) -> None:
    write(fresh_topics, [300, 200, 100, 20, 10])
    commit(fresh_topics, "router", 1)
    commit(fresh_topics, "intake", 3)
    commit(fresh_topics, "ledger", 5)

    assert asked(fresh_topics, "intake", "router", "ledger", "nobody") == {"router": 2}


def test_a_log_that_holds_old_records_only_is_unread_to_its_end(fresh_topics: Kafka) -> None:
    write(fresh_topics, [300, 200, 100])
    commit(fresh_topics, "router", 1)

    assert asked(fresh_topics, "router") == {"router": 2}


def test_a_broker_that_is_away_tells_nothing() -> None:
    async def ask() -> None:
        backlogs = Backlogs("127.0.0.1:9", client_id="tests")
        with pytest.raises(NotTold):
            await backlogs.older_than(MINUTE, ["router"])

    asyncio.run(ask())
