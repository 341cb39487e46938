"""What the tests of the chassis share on the same broker and database."""

from collections.abc import AsyncIterator

import pytest
from aiokafka import AIOKafkaConsumer

from tests.service.chassis.alone import reading
from wangge_local.kafka import Kafka


@pytest.fixture
async def reader(fresh_topics: Kafka) -> AsyncIterator[AIOKafkaConsumer]:
    """What reads the partitions of both keys of a loop that is driven by hand."""
    async with reading(fresh_topics) as reader:
        yield reader
