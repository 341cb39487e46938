"""
A department that has nothing but the contracts and a Kafka client.

What its answer passes through on its way to the router, intake's stamp, is put on by the test.
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from typing import Any

from aiokafka import AIOKafkaConsumer, AIOKafkaProducer
from confluent_kafka import Consumer, Producer

from tests.service.router.running import MAILBOX, RECEIPTS, WATER, RouterRun, report
from tests.waiting import wait_for
from wangge_contracts.cloudevents import Envelope, from_headers, to_headers
from wangge_contracts.v1 import AnswerJudged, Person, TaskAnswered, TaskChanged, Text

ANSWERS = f"{WATER}.answers.v1"


@asynccontextmanager
async def _consumer(bootstrap: str, topic: str) -> AsyncIterator[AIOKafkaConsumer]:
    consumer = AIOKafkaConsumer(topic, bootstrap_servers=bootstrap, auto_offset_reset="earliest")
    await consumer.start()
    try:
        yield consumer
    finally:
        await consumer.stop()


@asynccontextmanager
async def _producer(bootstrap: str) -> AsyncIterator[AIOKafkaProducer]:
    producer = AIOKafkaProducer(bootstrap_servers=bootstrap)
    await producer.start()
    try:
        yield producer
    finally:
        await producer.stop()


async def test_a_department_needs_only_the_contracts_and_aiokafka(run: RouterRun) -> None:
    run.say(report("aiokafka"))
    async with _consumer(run.kafka.bootstrap, MAILBOX) as mailbox, _producer(run.kafka.bootstrap) as producer:
        record = await _first(mailbox, "aiokafka")
        task = TaskChanged.read(record.value)
        answer = _acknowledged(task, "aiokafka-1")
        await producer.send_and_wait(ANSWERS, answer.write(), key=b"aiokafka", headers=_headers(answer))
        async with _consumer(run.kafka.bootstrap, ANSWERS) as answers:
            spoken = await _first(answers, "aiokafka")
        run.say(_stamped(spoken.value, spoken.timestamp))
        async with _consumer(run.kafka.bootstrap, RECEIPTS) as receipts:
            verdict = AnswerJudged.read((await _first(receipts, "aiokafka-1")).value)

    assert from_headers(record.headers).sequence == 1
    assert (task.holder, task.change, task.allowed_acts[0]) == ("department:water", "assigned", "acknowledge")
    assert (verdict.answer_id, verdict.outcome, verdict.revision) == ("aiokafka-1", "applied", 2)


def test_a_department_needs_only_the_contracts_and_confluent_kafka(run: RouterRun) -> None:
    run.say(report("confluent"))
    client = {"bootstrap.servers": run.kafka.bootstrap, "log_level": 0}
    reader = Consumer(client | {"group.id": "water", "auto.offset.reset": "earliest"})
    reader.subscribe([MAILBOX])
    task = TaskChanged.read(_next(reader, "confluent").value())
    answer = _acknowledged(task, "confluent-1")
    producer = Producer(client)  # places keys by CRC32
    headers: Any = _headers(answer)
    producer.produce(ANSWERS, answer.write(), key="confluent", headers=headers)
    producer.flush(10)
    reader.unsubscribe()
    reader.subscribe([ANSWERS])
    spoken = _next(reader, "confluent")
    run.say(_stamped(spoken.value(), spoken.timestamp()[1]))
    reader.unsubscribe()
    reader.subscribe([RECEIPTS])
    verdict = AnswerJudged.read(_next(reader, "confluent-1").value())
    reader.close()

    assert (verdict.answer_id, verdict.outcome, verdict.revision) == ("confluent-1", "applied", 2)


def _acknowledged(task: TaskChanged, answer_id: str) -> TaskAnswered:
    return TaskAnswered(
        answer_id=answer_id,
        task_id=task.task_id,
        incident_id=task.incident_id,
        based_on_revision=task.revision,
        act="acknowledge",
        actor=Person(staff_id="crew-7"),
        text=Text(text="收到"),
    )


def _headers(answer: TaskAnswered) -> list[tuple[str, bytes]]:
    return to_headers(Envelope(answer.answer_id, "/water", answer.TYPE, datetime.now(UTC)))


def _stamped(value: bytes, timestamp_ms: int) -> TaskAnswered:
    at = datetime.fromtimestamp(timestamp_ms / 1000, UTC)
    return TaskAnswered.read(value).model_copy(update={"origin": WATER, "effective_at": at})


async def _first(consumer: AIOKafkaConsumer, key: str) -> Any:
    async with asyncio.timeout(30):
        while (record := await consumer.getone()).key != key.encode():
            pass
    return record


def _next(reader: Consumer, key: str) -> Any:
    def polled() -> Any:
        record = reader.poll(0.1)
        return record if record is not None and record.key() == key.encode() else None

    return wait_for(f"a record about {key}", polled)
