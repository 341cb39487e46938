"""Connectors of outsiders that are tried out: some bear everything, some believe all that they hear."""

import json
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from http.client import HTTPException
from itertools import count
from threading import Event, Thread
from typing import Any

import confluent_kafka

from tests.system.running import RunningHouse
from wangge_contracts.cloudevents import Envelope, from_headers, to_headers
from wangge_contracts.message import derive_id
from wangge_contracts.topics import DEPARTMENT_ANSWERS, DEPARTMENT_TASKS, Topic
from wangge_contracts.v1 import Person, TaskAnswered, TaskChanged
from wangge_local.doors import STRAIGHT
from wangge_local.house_keys import read_tokens


@contextmanager
def connected(
    house: RunningHouse,
    slug: str,
    *,
    gullible: bool,
    hears: Topic = DEPARTMENT_TASKS,
    says: Topic = DEPARTMENT_ANSWERS,
) -> Iterator[None]:
    """A connector that signs for every task by itself; a *gullible* one for every record of one."""
    over = Event()
    consumer = confluent_kafka.Consumer(
        {
            "bootstrap.servers": house.bootstrap,
            "group.id": f"departments.{slug}.connector",
            "auto.offset.reset": "latest",
        }
    )
    producer = confluent_kafka.Producer({"bootstrap.servers": house.bootstrap})
    consumer.subscribe([hears.named(slug)])
    while not consumer.assignment():
        consumer.poll(0.1)

    def work() -> None:
        signed: dict[str, int] = {}
        while not over.is_set():
            record = consumer.poll(0.1)
            if record is None or record.error() is not None:
                continue
            headers: Any = record.headers()
            if hears.message(from_headers(headers).type) is not TaskChanged:
                continue
            task = TaskChanged.read(record.value() or b"")
            if not gullible:
                if signed.get(task.task_id, 0) >= task.revision or task.state != "assigned":
                    continue
                signed[task.task_id] = task.revision
            answer = TaskAnswered(
                answer_id=derive_id(task.task_id, str(record.offset())),
                task_id=task.task_id,
                incident_id=task.incident_id,
                based_on_revision=task.revision,
                act="acknowledge",
                actor=Person(staff_id="connector"),
            )
            envelope = Envelope(answer.answer_id, f"/connectors/{slug}", answer.TYPE, datetime.now(UTC))
            producer.produce(says.named(slug), answer.write(), headers=[*to_headers(envelope)])
            producer.flush()

    working = Thread(target=work)
    working.start()
    try:
        yield
    finally:
        over.set()
        working.join()
        consumer.close()


@contextmanager
def reporting(house: RunningHouse, slug: str, port: int, *, careful: bool) -> Iterator[None]:
    """
    A terminal system that reports one matter after the other, each until it has been answered.

    A *careful* one knows 202 from 200; another one believes what it hears, asks at once, and has no outbox.
    """
    over = Event()
    token = read_tokens(house.folder)[f"terminals.{slug}"]

    def post(body: bytes) -> tuple[int | None, float]:
        request = urllib.request.Request(f"http://127.0.0.1:{port}/v1/reports", body)
        request.add_header("Authorization", f"Bearer {token}")
        request.add_header("Content-Type", "application/json")
        try:
            with STRAIGHT.open(request, timeout=10) as answer:
                return answer.status, 0
        except urllib.error.HTTPError as error:
            return error.code, float(error.headers.get("retry-after", 0))
        except (OSError, HTTPException):
            return None, 0

    def work() -> None:
        for number in count():
            made = 0
            while not over.wait(0.05):
                place = {"address": {"text": "东外大街社区36号楼"}}
                report = {
                    "report_id": f"{slug}-{number}" if careful else f"{slug}-{number}-{made}",
                    "source": slug.removesuffix("s"),
                    "description": {"text": f"第{number}件"},
                    "captured_at": "2026-01-05T02:00:00Z",
                    "place": place,
                    "reporter": {"role": "resident"},
                    "mode": "test",
                }
                status, wait_s = post(json.dumps(report).encode())
                made += 1
                if status in ((201, 202, 422) if careful else (200, 201, 202, 503, None)):
                    break
                over.wait(wait_s + 0.05 if careful and wait_s else 0)
            if over.wait(0.3):
                return

    working = Thread(target=work)
    working.start()
    try:
        yield
    finally:
        over.set()
        working.join()
