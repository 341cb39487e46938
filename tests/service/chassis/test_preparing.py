"""How many partitions the house has is learned once, from what a service reads, or else writes."""

import asyncio
from collections.abc import Collection

import pytest
from confluent_kafka.admin import AdminClient
from confluent_kafka.cimpl import NewPartitions

from tests.ground import FreshDatabase
from tests.waiting import wait_for
from wangge_chassis.holding import MustExit
from wangge_chassis.postgres import Database
from wangge_chassis.preparing import prepare, written_inside_by
from wangge_contracts.topics import INCIDENTS_ACCEPTED, INCIDENTS_CHANGED
from wangge_local.kafka import Kafka
from wangge_local.listening import Log


def prepared(
    kafka: Kafka,
    database: FreshDatabase,
    service: str,
    *,
    reads: Collection[str] = (),
    writes: Collection[str] = (),
) -> int:
    return asyncio.run(
        prepare(
            Database(database.dsn(service), schema=service),
            packages=("wangge_chassis",),
            bootstrap=[kafka.bootstrap],
            reads=reads,
            writes=writes,
            say=lambda _: None,
        )
    )


def add_a_partition(kafka: Kafka, topic: str) -> None:
    admin = AdminClient({"bootstrap.servers": kafka.bootstrap, "log_level": 0})
    log = Log(kafka.bootstrap)
    before = log.counts()[topic]
    admin.create_partitions([NewPartitions(topic, before + 1)])[topic].result(10)
    wait_for("the broker shows it", lambda: log.counts()[topic] > before)


def test_partitions_that_somebody_adds_move_nothing_that_is_written(
    fresh_topics: Kafka, database: FreshDatabase
) -> None:
    intake, reads = written_inside_by("intake"), {INCIDENTS_ACCEPTED.name, INCIDENTS_CHANGED.name}
    assert prepared(fresh_topics, database, "intake", writes=intake) == 12
    add_a_partition(fresh_topics, INCIDENTS_ACCEPTED.name)

    assert prepared(fresh_topics, database, "intake", writes=intake) == 12
    with pytest.raises(MustExit, match="inside topics must have the same number of partitions"):
        prepared(fresh_topics, database, "router", reads=reads)
