"""What README shows outsiders runs as it stands, on the broker that librdkafka brings along for tests."""

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import cast

import pytest
from confluent_kafka import Consumer, Producer

from tests.unit.contracts.examples import Example, load
from wangge_contracts.cloudevents import from_headers
from wangge_contracts.schemas import ROOT
from wangge_contracts.v1 import AnswerJudged, ReportSubmitted, TaskAnswered

README = (ROOT / "README.md").read_text(encoding="utf-8")
SNIPPETS = {
    match[2]: match[1]
    for match in re.finditer(r"^```python\n(# (\w+\.py)\b.*?)^```", README, re.DOTALL | re.MULTILINE)
}


@pytest.fixture(scope="module")
def kafka() -> Iterator[str]:
    """The address of a broker in this process; topics come into being when they are used."""
    broker = Producer({"test.mock.num.brokers": 1, "log_level": 0})
    yield ",".join(str(each).split("/")[0] for each in broker.list_topics(timeout=10).brokers.values())
    broker.flush()


def run(
    snippet: str, kafka: str, folder: Path, *arguments: str, stderr: int | None = None
) -> subprocess.Popen[str]:
    path = folder / snippet
    path.write_text(SNIPPETS[snippet], encoding="utf-8")
    environment = os.environ | {"KAFKA": kafka, "DEPARTMENT": "gas", "PYTHONUNBUFFERED": "1"}
    return subprocess.Popen(
        [sys.executable, str(path), *arguments],
        stdout=subprocess.PIPE,
        stderr=stderr,
        text=True,
        env=environment,
    )


def publish(kafka: str, example: Example) -> None:
    producer = Producer({"bootstrap.servers": kafka})
    headers: dict[str, str | bytes | None] = dict(example.kafka_headers)
    producer.produce(example.topic_name, key=example.key, value=example.value, headers=headers)
    assert producer.flush(20) == 0


def first_of(kafka: str, topic: str) -> tuple[list[tuple[str, bytes]], bytes]:
    consumer = Consumer(
        {"bootstrap.servers": kafka, "group.id": f"test-{topic}", "auto.offset.reset": "earliest"}
    )
    consumer.subscribe([topic])
    try:
        for _ in range(40):  # Each half a second at most; the topic itself may still have to come.
            record = consumer.poll(0.5)
            if record is not None and record.error() is None:
                value = record.value()
                assert isinstance(value, bytes)
                return cast("list[tuple[str, bytes]]", record.headers() or []), value
        raise AssertionError(f"nothing came on {topic}")
    finally:
        consumer.close()


def example(topic: str, name: str) -> Example:
    [found] = [each for each in load() if each.topic_name == topic and each.path.stem == name]
    return found


def test_a_report_is_published(kafka: str, tmp_path: Path) -> None:
    with run("report.py", kafka, tmp_path) as process:
        told, _ = process.communicate(timeout=60)

    headers, value = first_of(kafka, "terminals.pda.reports.v1")
    assert told.startswith("kept at terminals.pda.reports.v1/")
    assert from_headers(headers).type == ReportSubmitted.TYPE
    assert ReportSubmitted.read(value).report_id == from_headers(headers).id


def test_tasks_are_read(kafka: str, tmp_path: Path) -> None:
    for name in ("assigned", "clock-started", "assigned", "done"):
        publish(kafka, example("departments.gas.tasks.v1", name))

    with run("tasks.py", kafka, tmp_path) as process:
        assert process.stdout is not None
        told = [process.stdout.readline() for _ in range(5)]
        process.terminate()

    assert sorted(line.split()[1] for line in told) == [
        "answer.py",
        "answer.py",
        "assigned",
        "done",
        "started",
    ]


def test_a_task_is_answered_and_the_verdict_read(kafka: str, tmp_path: Path) -> None:
    applied = example("departments.gas.receipts.v1", "applied")

    with run(
        "answer.py", kafka, tmp_path, applied.told["task_id"], applied.told["incident_id"], "2"
    ) as process:
        _, value = first_of(kafka, "departments.gas.answers.v1")
        answer = TaskAnswered.read(value)
        publish(kafka, replace(applied, value=judged(applied, answer.answer_id)))
        told, _ = process.communicate(timeout=60)

    assert told == "applied []\n"
    assert answer.task_id == applied.told["task_id"]


def judged(receipt: Example, answer_id: str) -> bytes:
    return AnswerJudged.read(receipt.value).model_copy(update={"answer_id": answer_id}).write()


@pytest.mark.parametrize(("program", "arguments"), [("report.py", ()), ("answer.py", ("t", "i", "1"))])
def test_what_no_broker_keeps_is_not_taken_for_kept(
    program: str, arguments: tuple[str, ...], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(SNIPPETS, program, SNIPPETS[program].replace("30_000", "1_000"))

    with run(program, "127.0.0.1:1", tmp_path, *arguments, stderr=subprocess.PIPE) as process:
        told, complaint = process.communicate(timeout=60)

    assert (process.returncode, told) == (1, "")
    assert "keep it and send it again" in complaint


def test_the_record_that_kcat_is_told_is_readable() -> None:
    [shell] = re.findall(r"^```sh\n(.*?)^```", README, re.DOTALL | re.MULTILINE)
    [value] = re.findall(r"echo '(.*?)'", shell, re.DOTALL)
    headers = [(name, text.encode()) for name, text in re.findall(r"-H ([\w-]+)=(\S+)", shell)]

    assert from_headers(headers).type == ReportSubmitted.TYPE
    assert ReportSubmitted.read(value.replace("\n", "").encode()).report_id == from_headers(headers).id
