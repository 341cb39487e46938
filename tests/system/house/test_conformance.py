"""A connector is tried out before it counts: one that bears everything, one that believes all it hears."""

import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from threading import Event, Thread
from typing import Any

import confluent_kafka
import pytest

from tests.system.running import ROOT, RunningHouse
from wangge_contracts.cloudevents import Envelope, from_headers, to_headers
from wangge_contracts.message import derive_id
from wangge_contracts.topics import DEPARTMENT_ANSWERS, DEPARTMENT_TASKS
from wangge_contracts.v1 import Person, TaskAnswered, TaskChanged
from wangge_local.listening import Listener

GOOD, GULLIBLE = "beijing-heating", "beijing-power"
TRIALS = ["new", "duplicate", "stale", "clock first", "unknown", "withdrawn", "refused"]


@contextmanager
def connected(house: RunningHouse, slug: str, *, gullible: bool) -> Iterator[None]:
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
    consumer.subscribe([DEPARTMENT_TASKS.named(slug)])
    while not consumer.assignment():
        consumer.poll(0.1)

    def work() -> None:
        signed: dict[str, int] = {}
        while not over.is_set():
            record = consumer.poll(0.1)
            if record is None or record.error() is not None:
                continue
            headers: Any = record.headers()
            if DEPARTMENT_TASKS.message(from_headers(headers).type) is not TaskChanged:
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
            envelope = Envelope(answer.answer_id, f"/departments/{slug}", answer.TYPE, datetime.now(UTC))
            producer.produce(DEPARTMENT_ANSWERS.named(slug), answer.write(), headers=[*to_headers(envelope)])
            producer.flush()

    working = Thread(target=work)
    working.start()
    try:
        yield
    finally:
        over.set()
        working.join()
        consumer.close()


def tried(house: RunningHouse, slug: str, *options: str) -> subprocess.Popen[str]:
    command = [sys.executable, "-m", "wangge_local", "conformance", "department", slug, "--json"]
    return subprocess.Popen(
        [*command, "--data", str(house.folder.root), "--quiet", "0.5", *options],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        text=True,
    )


def left(house: RunningHouse, slug: str) -> list[str]:
    """Return how each task of a trial stands at the end in the unit's mailbox."""
    newest: dict[str, tuple[int, str]] = {}
    with Listener(house.bootstrap, [DEPARTMENT_TASKS.named(slug)], since="start") as listener:
        for record in listener.rest():
            if record.header("ce_type") == TaskChanged.TYPE:
                task = TaskChanged.read(record.value or b"")
                if task.mode == "test":
                    newest[task.task_id] = max(newest.get(task.task_id, (0, "")), (task.revision, task.state))
    return [state for _, state in newest.values()]


def test_a_connector_is_tried_and_told_what_it_does_not_bear(house: RunningHouse) -> None:
    with (
        connected(house, GOOD, gullible=False),
        connected(house, GULLIBLE, gullible=True),
        tried(house, GOOD) as good,
        tried(house, GULLIBLE) as gullible,
        tried(house, "dongcheng-roads", "--within", "1") as silent,
    ):
        told = [json.loads(process.communicate(timeout=120)[0]) for process in (good, gullible, silent)]

    assert told[0] == {
        "passed": True,
        "trials": [{"trial": name, "verdict": "passed", "why": None} for name in TRIALS],
    }
    failed = {each["trial"]: each["why"] for each in told[1]["trials"] if each["verdict"] == "failed"}
    assert failed.keys() == {"duplicate", "stale", "withdrawn"}
    assert "3 times" in failed["duplicate"]
    assert "revision 1, 2" in failed["stale"]
    assert [each["verdict"] for each in told[2]["trials"]] == ["failed", *["not tried"] * 6]
    assert [process.returncode for process in (good, gullible, silent)] == [0, 1, 1]
    assert left(house, GOOD) == left(house, GULLIBLE) == ["withdrawn"] * len(TRIALS)
    assert left(house, "dongcheng-roads") == ["withdrawn"]


@pytest.mark.parametrize(
    ("asked", "why"),
    [
        (("department", "beijing-watre"), "there is no such unit"),
        (("department", "beijing-gas"), "it is reached by contact-only"),
        (("terminal", "pda"), "'terminal' cannot be tried"),
    ],
)
def test_what_cannot_be_tried_is_said(house: RunningHouse, asked: tuple[str, str], why: str) -> None:
    ran = house.run("conformance", *asked)

    assert ran.exit_code in (1, 2)
    assert why in ran.errors
