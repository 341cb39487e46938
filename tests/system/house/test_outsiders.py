"""With nothing but a Kafka client and the contracts a department sees its tasks, answers, hears verdicts."""

import asyncio
import json
from collections.abc import Callable
from datetime import UTC, datetime
from typing import cast

import aiokafka
import confluent_kafka

from tests.system.running import RunningHouse
from wangge_contracts.cloudevents import Envelope, to_headers
from wangge_contracts.v1 import AnswerJudged, Attachment, Person, TaskAnswered, TaskChanged, Text
from wangge_local.ground import poll

TASKS = "departments.dongzhimen-dpf.tasks.v1"
ANSWERS = "departments.dongzhimen-dpf.answers.v1"
RECEIPTS = "departments.dongzhimen-dpf.receipts.v1"
RAMP = ("--class", "dc-social:0101", "--grid", "110101009010003")
Headers = list[tuple[str, bytes]]


def answer_to(task: TaskChanged, act: str) -> tuple[Headers, bytes]:
    """Return what the department says of *task*, as headers and value."""
    answer = TaskAnswered(
        answer_id=f"{act}-{task.task_id}"[:64],
        task_id=task.task_id,
        incident_id=task.incident_id,
        based_on_revision=task.revision,
        act="done" if act == "done" else "acknowledge",
        actor=Person(staff_id="clerk-7"),
        text=Text(text="坡道已完工"),
        result_code="solved",
        evidence=(Attachment(slot="a", sha256="0" * 64, bytes=1, media_type="image/jpeg", purpose="after"),),
    )
    envelope = Envelope(answer.answer_id, "/departments/dongzhimen-dpf", answer.TYPE, datetime.now(UTC))
    return to_headers(envelope), answer.write()


def task_of(value: bytes, headers: Headers, case: str) -> TaskChanged | None:
    """Return the task of *case* in a record of a mailbox; clocks are passed over."""
    if dict(headers).get("ce_type") != TaskChanged.TYPE.encode():
        return None
    task = TaskChanged.read(value)
    return task if task.case_number == case else None


def test_with_confluent_kafka(house: RunningHouse) -> None:
    settings = {"bootstrap.servers": house.bootstrap, "group.id": "dpf-a", "auto.offset.reset": "earliest"}
    consumer = confluent_kafka.Consumer(settings)
    producer = confluent_kafka.Producer({"bootstrap.servers": house.bootstrap})
    consumer.subscribe([TASKS, RECEIPTS])

    def heard(fits: Callable[[str, bytes, Headers], object]) -> object:
        for _ in poll(timeout=60, every=0):
            record = consumer.poll(0.5)
            if record is None or record.error() is not None:
                continue
            headers = cast("Headers", record.headers() or [])
            if found := fits(record.topic() or "", cast("bytes", record.value()), headers):
                return found
        raise AssertionError("nothing came")

    try:
        case = house.report(*RAMP)
        task = heard(lambda topic, value, headers: topic == TASKS and task_of(value, headers, case))
        assert isinstance(task, TaskChanged)
        headers, value = answer_to(task, "acknowledge")
        producer.produce(ANSWERS, value, headers=dict(headers))  # no key: the client places it where it likes
        producer.flush(10)
        verdict = heard(
            lambda topic, value, _: topic == RECEIPTS and _judged(value, f"acknowledge-{task.task_id}"[:64])
        )
    finally:
        consumer.close()

    assert isinstance(verdict, AnswerJudged)
    assert verdict.outcome == "applied"


async def test_with_aiokafka(house: RunningHouse) -> None:
    case = house.report(*RAMP)
    consumer = aiokafka.AIOKafkaConsumer(
        TASKS, RECEIPTS, bootstrap_servers=house.bootstrap, group_id="dpf-b", auto_offset_reset="earliest"
    )
    producer = aiokafka.AIOKafkaProducer(bootstrap_servers=house.bootstrap)
    await consumer.start()
    await producer.start()
    said: set[str] = set()
    verdict = None
    try:
        async with asyncio.timeout(60):
            async for record in consumer:
                if record.topic == RECEIPTS and (verdict := _judged(record.value, *said)):
                    break
                task = task_of(record.value, list(record.headers), case) if record.topic == TASKS else None
                if task is not None and not said:
                    headers, value = answer_to(task, "done")
                    said.add(f"done-{task.task_id}"[:64])
                    await producer.send_and_wait(ANSWERS, value, key=b"any key", headers=headers)
    finally:
        await producer.stop()
        await consumer.stop()

    assert verdict is not None
    assert verdict.outcome == "applied", verdict.errors
    house.told(case, until="task-changed done")


def _judged(value: bytes, *answer_ids: str) -> AnswerJudged | None:
    if "answer_id" not in json.loads(value):
        return None
    verdict = AnswerJudged.read(value)
    return verdict if verdict.answer_id in answer_ids else None
