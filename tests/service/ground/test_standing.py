"""What stands on the reference topic, with what does not belong there."""

from datetime import UTC, datetime

import pytest
from confluent_kafka import Producer

from wangge_contracts.topics import REFERENCE_PUBLISHED
from wangge_local.bundle import Bundle
from wangge_local.kafka import Kafka
from wangge_local.publish import publish
from wangge_local.standing import standing

NOW = datetime(2026, 1, 6, 2, 0, tzinfo=UTC)
CITY = Bundle.of({"departments": [{"slug": "gas"}]})


@pytest.mark.parametrize(
    "stray",
    [None, b"{", b"\xff", b'{"kind": "manifest", "content": [1]}'],
    ids=["tombstone", "half", "bytes", "no names"],
)
def test_what_cannot_be_read_is_passed_over_as_the_rooms_do(fresh_topics: Kafka, stray: bytes | None) -> None:
    producer = Producer({"bootstrap.servers": fresh_topics.bootstrap, "log_level": 0})
    producer.produce(REFERENCE_PUBLISHED.name, stray, key=b"stray")
    assert producer.flush(30) == 0

    assert publish(fresh_topics.bootstrap, CITY, at=NOW)

    assert standing(fresh_topics.bootstrap, at=NOW).parts == CITY.parts
