"""Offsets that nobody fills, records that went before they were read, and names that are not UTF-8."""

import asyncio
import struct
from datetime import UTC, datetime

import pytest
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer
from aiokafka.producer.message_accumulator import BatchBuilder
from aiokafka.record.util import calc_crc32c
from confluent_kafka import TopicPartition
from confluent_kafka.admin import AdminClient

from tests.ground import FreshDatabase
from tests.service.chassis.alone import KEYS, PARTS, fetched, holder, works
from tests.service.chassis.running import ANSWERS, DEAD_LETTERS, answer, echo_run, read_all
from wangge_chassis import Database, halting, loop as loops
from wangge_chassis.migrate import migrate
from wangge_chassis.ownership import take_over
from wangge_contracts.cloudevents import Envelope, to_headers
from wangge_local.kafka import Kafka

_NAME, _CRC_AT, _CRC_FROM = b"x-header", 17, 21
"""A header's name, and where a batch of Kafka's format 2 keeps its checksum and what that is of."""


def _headers(message_id: str, type_: str) -> list[tuple[str, bytes]]:
    return list(to_headers(Envelope(message_id, "/tests", type_, datetime.now(UTC))))


async def test_what_the_room_refuses_right_after_a_hole_is_buried(
    reader: AIOKafkaConsumer, fresh_topics: Kafka, database: FreshDatabase
) -> None:
    loop = await holder(reader, fresh_topics, database)
    producer = AIOKafkaProducer(bootstrap_servers=fresh_topics.bootstrap, transactional_id="stranger")
    await producer.start()
    with echo_run(fresh_topics, database) as run:
        # Every transaction ends with a marker, whose offset no reader ever sees.
        for number, text in enumerate(("fine", "the head raises", "fine")):
            topic, key, message_id, message = answer(number, KEYS[0], text=text)
            async with producer.transaction():
                await producer.send_and_wait(
                    topic, message.write(), key.encode(), PARTS[0], headers=_headers(message_id, message.TYPE)
                )
        await works(loop, reader, seconds=20, effects=2, run=run)
        await producer.stop()
        await loop.close()
        assert run.effects() == 2
        assert len(run.gather().dead_letters) == 1


async def test_the_end_of_a_transaction_is_nothing_that_is_left_to_read(
    reader: AIOKafkaConsumer, fresh_topics: Kafka, database: FreshDatabase
) -> None:
    loop = await holder(reader, fresh_topics, database)
    topic, key, message_id, message = answer(0, KEYS[0])
    headers = _headers(message_id, message.TYPE)
    producer = AIOKafkaProducer(bootstrap_servers=fresh_topics.bootstrap, transactional_id="stranger")
    await producer.start()
    async with producer.transaction():
        await producer.send_and_wait(topic, message.write(), key.encode(), PARTS[0], headers=headers)
    await producer.stop()
    with echo_run(fresh_topics, database) as run:
        await works(loop, reader, seconds=20, effects=1, run=run)
        await works(loop, reader, seconds=2, effects=2, run=run)
        assert not loop.stuck()
        assert set(loop.lag().values()) == {0}
        told = database.sql(
            "SELECT next_offset FROM consumer_offset WHERE next_offset > 0", role="escalation"
        )
        assert told == ["2"]
        await asyncio.to_thread(run.say, [answer(1, KEYS[0])])
        await works(loop, reader, seconds=20, effects=2, run=run)
        await loop.close()
        assert run.effects() == 2


async def test_what_is_in_hand_is_not_taken_for_handled(
    reader: AIOKafkaConsumer, fresh_topics: Kafka, database: FreshDatabase, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(loops, "_TIDY_EVERY_S", 0.0)
    loop = await holder(reader, fresh_topics, database)
    with echo_run(fresh_topics, database) as run:
        in_hand = await fetched(reader, run, [answer(0, KEYS[0])])
        await loop.tend(may_start=True)
        assert set(loop.offsets().values()) == {0}
        await loop.handle(in_hand)
        await loop.close()
        assert run.effects() == 1


@pytest.mark.parametrize("first", [4, 7])
async def test_a_part_stands_still_when_records_have_gone_before_they_were_read(
    reader: AIOKafkaConsumer, fresh_topics: Kafka, database: FreshDatabase, first: int
) -> None:
    loop = await holder(reader, fresh_topics, database)
    with echo_run(fresh_topics, database) as run:
        await asyncio.to_thread(run.say, [answer(0, KEYS[0])])
        await works(loop, reader, seconds=20, effects=1, run=run)
        loop.pause()
        await reader.getmany(timeout_ms=700)  # what was fetched by then is dropped
        await asyncio.to_thread(run.say, [answer(number, KEYS[0]) for number in range(1, 7)])
        kept = TopicPartition(ANSWERS, PARTS[0], first)
        client = AdminClient({"bootstrap.servers": fresh_topics.bootstrap, "log_level": 0})
        await asyncio.to_thread(client.delete_records([kept])[kept].result, 20)
        loop.resume()
        await works(loop, reader, seconds=5, effects=2, run=run)
        await loop.close()
        assert run.effects() == 1
        told = database.sql("SELECT reason FROM halted", role="escalation")
        assert told == [f"records 1 to {first - 1} of {ANSWERS}[{PARTS[0]}] are gone"]


def _misnamed(batch: BatchBuilder) -> BatchBuilder:
    """Return *batch* as a client in C may write it: one header's name is no UTF-8."""
    batch.close()
    built = bytearray(batch._build())
    built[built.index(_NAME)] = 0xFF
    struct.pack_into(">I", built, _CRC_AT, calc_crc32c(bytes(built[_CRC_FROM:])))
    batch._buffer = bytes(built)
    return batch


async def test_a_header_whose_name_is_not_utf_8_is_passed_over(
    reader: AIOKafkaConsumer, fresh_topics: Kafka, database: FreshDatabase
) -> None:
    loop = await holder(reader, fresh_topics, database)
    batch = BatchBuilder(100_000, 0)
    for number, text in enumerate(("fine", "fine", "the head raises", "fine")):
        _, key, message_id, message = answer(number, KEYS[0], text=text)
        headers = _headers(message_id, message.TYPE)
        name = [(_NAME.decode(), b"1")] if number == 2 else []
        batch.append(key=key.encode(), value=message.write(), timestamp=None, headers=[*headers, *name])
    producer = AIOKafkaProducer(bootstrap_servers=fresh_topics.bootstrap)
    await producer.start()
    await (await producer.send_batch(_misnamed(batch), ANSWERS, partition=PARTS[0]))
    await producer.stop()
    with echo_run(fresh_topics, database) as run:
        await works(loop, reader, seconds=20, effects=3, run=run)
        await loop.close()
        assert run.effects() == 3
    [buried] = read_all(fresh_topics.bootstrap, DEAD_LETTERS)
    assert dict(buried.headers())[r"original_\xff-header"] == b"1"


async def test_what_is_skipped_first_on_a_partition_is_passed_by(database: FreshDatabase) -> None:
    of_service = Database(database.dsn("escalation"), schema="escalation")
    await migrate(of_service, packages=("wangge_chassis",))
    connection = await of_service.connect()
    await take_over(connection, "escalation", "4", frozenset())
    stands = halting.Halt("4", ANSWERS, 4, 7, None, "refusals in a row")
    await halting.halt(connection, "escalation", stands, at=datetime.now(UTC))

    assert await halting.skip(connection, "escalation", "4") == stands
    row = await connection.fetchrow("SELECT topic, partition, part, next_offset FROM consumer_offset")
    assert tuple(row or ()) == (ANSWERS, 4, "4", 8)
    await connection.close()
