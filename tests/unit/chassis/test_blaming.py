"""An outage is told by the name of what is away: who reads it at night has two clusters to look at."""

import asyncpg
import pytest
from aiokafka.errors import KafkaTimeoutError, NodeNotReadyError

from wangge_chassis.blaming import blamed
from wangge_chassis.logs import in_words
from wangge_chassis.ownership import Fenced
from wangge_chassis.publisher import PublishFailed


@pytest.mark.parametrize(
    ("error", "told"),
    [
        (
            asyncpg.PostgresError.new({"C": "55P03", "M": "canceling statement due to lock timeout"}),
            "PostgreSQL: LockNotAvailableError: canceling statement due to lock timeout",
        ),
        (TimeoutError(), "PostgreSQL: TimeoutError"),
        (asyncpg.InterfaceError("connection is closed"), "PostgreSQL: InterfaceError: connection is closed"),
        (NodeNotReadyError("node 1"), "Kafka: NodeNotReadyError: node 1"),
        (PublishFailed("no answer"), "Kafka: PublishFailed: no answer"),
        (Fenced("part 3 of router has another owner"), "Fenced: part 3 of router has another owner"),
    ],
)
def test_what_is_away_is_named(error: Exception, told: str) -> None:
    assert blamed(error) == told


def test_who_lacks_the_right_to_a_schema_is_not_only_told_that_its_table_is_missing() -> None:
    error = asyncpg.PostgresError.new({"C": "42P01", "M": 'relation "ownership" does not exist'})

    assert blamed(error).endswith('relation "ownership" does not exist, or its schema may not be used')


def test_a_kind_that_says_its_own_name_is_not_named_twice() -> None:
    assert in_words(KafkaTimeoutError("no offsets")) == "KafkaTimeoutError: no offsets"
