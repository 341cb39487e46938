"""Topics are made as the contracts say that they are."""

import pytest

from wangge_contracts import asyncapi
from wangge_contracts.topics import TOPICS, Topic
from wangge_local.topics import settings

CHANNELS = {channel["address"]: channel for channel in asyncapi.document()["channels"].values()}


@pytest.mark.parametrize("topic", TOPICS, ids=lambda topic: topic.name)
def test_a_topic_is_made_as_the_document_shows_it(topic: Topic) -> None:
    shown = CHANNELS[topic.name]["bindings"]["kafka"]["topicConfiguration"]
    told = {name: ",".join(it) if isinstance(it, list) else str(it) for name, it in shown.items()}

    assert told.items() <= settings(topic, replicas=1).items()


@pytest.mark.parametrize("topic", TOPICS, ids=lambda topic: topic.name)
def test_a_topic_takes_what_a_client_gathers_and_what_its_largest_message_needs(topic: Topic) -> None:
    assert topic.batch_bytes >= 1_000_000
    assert topic.batch_bytes >= topic.max_bytes
