"""Golden examples: what was once published has to be read for ever."""

import json
from functools import cache
from typing import Any

import pytest

from tests import validating
from tests.unit.contracts.examples import EXAMPLES, SPOKEN, Example, name_of
from wangge_contracts.cloudevents import from_headers, letterhead, own_headers, to_headers
from wangge_contracts.message import Message
from wangge_contracts.shapes import SIDES, Side, schema_of
from wangge_contracts.topics import TOPICS


def message_of(example: Example) -> Message:
    message = example.topic.message(from_headers(example.kafka_headers).type)
    assert message is not None, "the topic does not carry this type"
    return message.read(example.value)


@cache
def validator(message: type[Message], side: Side) -> Any:
    return validating.validator(schema_of(message, side))


@pytest.mark.parametrize("example", SPOKEN, ids=name_of)
def test_an_example_is_read_and_written_back_as_it_was(example: Example) -> None:
    assert json.loads(message_of(example).write()) == example.told


@pytest.mark.parametrize("example", SPOKEN, ids=name_of)
def test_an_example_fits_both_schemas(example: Example) -> None:
    for side in SIDES:
        validator(type(message_of(example)), side).validate(example.told)


@pytest.mark.parametrize("example", EXAMPLES, ids=name_of)
def test_an_example_has_the_headers_of_its_row(example: Example) -> None:
    envelope = from_headers(example.kafka_headers)

    assert dict(to_headers(envelope)).items() <= dict(example.kafka_headers).items()
    assert (envelope.sequence is not None) == example.topic.numbered
    if example.topic.messages and envelope.dataschema is not None:
        told = {message.TYPE: message.SCHEMA for message in example.topic.messages}
        assert envelope.dataschema == told[envelope.type]


@pytest.mark.parametrize("example", SPOKEN, ids=name_of)
def test_an_example_of_ours_has_no_header_that_the_house_does_not_write(example: Example) -> None:
    if any(":" in writer for writer in example.topic.writers):
        return
    told = from_headers(example.kafka_headers)
    ours = letterhead(source=told.source, type_=told.type, time=told.time)
    ours += own_headers(told.id, subject=told.subject, sequence=told.sequence)

    assert dict(example.kafka_headers) == dict(ours)


@pytest.mark.parametrize("example", SPOKEN, ids=name_of)
def test_an_example_has_the_key_of_its_row(example: Example) -> None:
    fields = example.topic.key.split(" | ") if example.topic.key else []
    keys = {example.told.get("incident", example.told).get(field) for field in fields} - {None}

    assert not keys or example.key in keys


@pytest.mark.parametrize("example", SPOKEN, ids=name_of)
def test_an_example_is_no_larger_than_its_topic_allows(example: Example) -> None:
    assert len(example.value) <= example.topic.max_bytes


def test_every_message_of_every_row_has_an_example() -> None:
    wanted = {(topic.name, message.__name__) for topic in TOPICS for message in topic.messages}
    wanted |= {(topic.name, "bytes") for topic in TOPICS if not topic.messages}
    shown = {(example.topic.name, type(message_of(example)).__name__) for example in SPOKEN}
    shown |= {(example.topic.name, "bytes") for example in EXAMPLES if not example.topic.messages}

    assert wanted - shown == set()
