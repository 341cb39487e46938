"""What README shows outsiders runs as it stands, on the broker that librdkafka brings along for tests."""

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from confluent_kafka import Consumer, Producer

from tests.unit.contracts.examples import Example, load
from wangge_contracts.cloudevents import from_headers
from wangge_contracts.schemas import ROOT
from wangge_contracts.v1 import ReportSubmitted, TaskAnswered

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


def run(snippet: str, kafka: str, folder: Path, *arguments: str) -> subprocess.Popen[str]:
    path = folder / snippet
    path.write_text(SNIPPETS[snippet], encoding="utf-8")
    environment = os.environ | {"KAFKA": kafka, "PYTHONUNBUFFERED": "1"}
    return subprocess.Popen(
        [sys.executable, str(path), *arguments], stdout=subprocess.PIPE, text=True, env=environment
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
        record = consumer.poll(20)
        assert record is not None
        assert record.error() is None
        value = record.value()
        assert isinstance(value, bytes)
        return list(record.headers() or []), value  # type: ignore[arg-type]
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
        told = [process.stdout.readline() for _ in range(3)]
        process.terminate()

    assert sorted(line.split()[1] for line in told) == ["assigned", "done", "started"]


def test_a_task_is_answered_and_the_verdict_read(kafka: str, tmp_path: Path) -> None:
    verdict = example("departments.gas.receipts.v1", "applied")
    publish(kafka, verdict)
    task_id, incident_id = verdict.told["task_id"], verdict.told["incident_id"]

    with run("answer.py", kafka, tmp_path, task_id, incident_id, "2") as process:
        told, _ = process.communicate(timeout=60)

    _, value = first_of(kafka, "departments.gas.answers.v1")
    assert told == "applied []\n"
    assert TaskAnswered.read(value).task_id == task_id


def test_the_record_that_kcat_is_told_is_readable() -> None:
    [shell] = re.findall(r"^```sh\n(.*?)^```", README, re.DOTALL | re.MULTILINE)
    [value] = re.findall(r"echo '(.*?)'", shell, re.DOTALL)
    headers = [(name, text.encode()) for name, text in re.findall(r"-H ([\w-]+)=(\S+)", shell)]

    assert from_headers(headers).type == ReportSubmitted.TYPE
    assert ReportSubmitted.read(value.replace("\n", "").encode()).report_id == from_headers(headers).id
