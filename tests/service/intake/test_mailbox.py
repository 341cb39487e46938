"""What an outsider without a Kafka client is told, read over HTTP from real topics."""

import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from typing import Any

import pytest
from confluent_kafka.admin import AdminClient
from confluent_kafka.cimpl import NewTopic
from pydantic_core import to_json

from tests import ground
from tests.service.intake.calling import Caller, entered
from tests.service.intake.running import IntakeRun, event, report
from tests.waiting import wait_for
from wangge_contracts.cloudevents import Envelope, to_headers
from wangge_local.kafka import Kafka
from wangge_local.postgres import Postgres

GAS = "gas-token"
TOKENS = {"terminals.pda": "pda-token", "departments.gas": GAS, "departments.nobody": "no-token"}
TASKS = "departments.gas.tasks.v1"


class Reader(Caller):
    """The gas company, which asks again and again."""

    def page(self, path: str, **headers: str) -> tuple[list[Any], str]:
        """Return the messages of a page, and the query of the next one."""
        answer = self.get(path, token=GAS, **headers)
        assert answer.status_code == 200, answer.text
        told = answer.json()
        return told["messages"], f"{path.partition('?')[0]}?limit=2&after={told['next']}"

    def put(self, name: str, *, sequence: int, partition: int = 0) -> None:
        """Say to the gas company what the router would."""
        told = Envelope(name, "/wangge/router", "wangge.TaskChanged.v1", datetime.now(UTC), sequence=sequence)
        self.run.say(TASKS, to_json({"name": name}), headers=to_headers(told), partition=partition)


@pytest.fixture(scope="module")
def reader(kafka: Kafka, postgres: Postgres, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Reader]:
    ground.renew_topics(kafka.bootstrap)
    folder = tmp_path_factory.mktemp("mailbox")
    tokens = entered(folder, TOKENS)
    port = ground.free_ports_of(folder, "door")["door"]
    with ground.fresh_database(postgres) as database:
        run = IntakeRun(kafka, database, folder=folder)
        try:
            run.start("one", port=port, tokens=tokens)
            reader = Reader(port, run)
            wait_for("ready", lambda: reader.get("/health/ready").status_code == 200, within_s=40)
            yield reader
        finally:
            run.stop()


def test_a_mailbox_is_read_page_by_page_and_nothing_is_told_twice_or_lost(reader: Reader) -> None:
    run = reader.run
    run.spread(TASKS, 2)
    for number in range(5):
        reader.put(f"m-{number}", sequence=number + 1, partition=number % 2)

    told, next_page = [], "/v1/mailbox?limit=2"
    for _ in range(6):
        messages, next_page = reader.page(next_page)
        assert len(messages) <= 2
        told += messages

    assert sorted(each["id"] for each in told) == [f"m-{number}" for number in range(5)]
    assert [each["data"] for each in told] == [{"name": each["id"]} for each in told]
    assert {each["sequence"] for each in told} == {f"{number:010d}" for number in range(1, 6)}
    reader.put("later", sequence=6)
    assert [each["id"] for each in reader.page(next_page)[0]] == ["later"]


def test_who_waits_hears_as_soon_as_there_is_something(reader: Reader) -> None:
    _, next_page = reader.page("/v1/mailbox?limit=500")
    began = time.monotonic()
    with ThreadPoolExecutor() as threads:
        waiting = threads.submit(reader.page, next_page, prefer="wait=10")
        time.sleep(0.5)
        reader.put("news", sequence=7)
        messages, next_page = waiting.result()

    assert [each["id"] for each in messages] == ["news"]
    assert time.monotonic() - began < 8
    assert reader.page(next_page, prefer="wait=1")[0] == []


def test_a_receipt_is_read_and_nobody_reads_anothers(reader: Reader) -> None:
    run = reader.run
    run.say("terminals.pda.reports.v1", to_json(report("read-me")), headers=event("read-me"))

    def receipts() -> list[Any]:
        told = reader.get("/v1/receipts", prefer="wait=5").json()
        return [each["data"] for each in told["messages"]]

    assert [each["report_id"] for each in wait_for("a receipt", receipts)] == ["read-me"]
    assert reader.get("/v1/receipts", token=GAS).json()["messages"] == []


def test_who_has_no_mailbox_and_whose_cursor_is_of_another_topic_hear_so(reader: Reader) -> None:
    nobody = reader.get("/v1/mailbox", token="no-token")
    assert (nobody.status_code, nobody.json()["errors"][0]["code"]) == (404, "unknown-topic")

    _, next_page = reader.page("/v1/mailbox?limit=500")
    admin = AdminClient({"bootstrap.servers": reader.run.kafka.bootstrap, "log_level": 0})
    admin.delete_topics([TASKS])[TASKS].result()
    wait_for("it is gone", lambda: TASKS not in admin.list_topics(timeout=5).topics)
    admin.create_topics([NewTopic(TASKS, 1, 1)])[TASKS].result()
    for number in range(9):
        reader.put(f"anew-{number}", sequence=number + 1)

    gone = reader.get(next_page, token=GAS)
    assert (gone.status_code, gone.json()["errors"][0]["code"]) == (410, "no-longer-kept")
    assert len(reader.page("/v1/mailbox")[0]) == 9
