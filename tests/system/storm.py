"""Intake and router in several replicas, a storm of faults, and what they leave behind for the checker."""

import json
import os
import random
import signal
import subprocess
import sys
import threading
import time
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from confluent_kafka import Producer
from confluent_kafka.admin import AdminClient
from confluent_kafka.cimpl import NewTopic
from cryptography.fernet import Fernet

from tests.checker import Fact, Gathered
from tests.ground import FreshDatabase, renew_topics
from tests.service.chassis.running import log_ends, read_all
from tests.waiting import wait_for
from wangge_contracts import topics
from wangge_contracts.cloudevents import Envelope, to_headers
from wangge_contracts.v1 import IncidentChanged, ReportReceipt, ReportSubmitted
from wangge_local import bundle, publish
from wangge_local.ground import GroundError
from wangge_local.kafka import Kafka

ROOT = Path(__file__).parents[2]
CONFIG = ROOT / "deploy/config/dongcheng"
REPORTS = topics.TERMINAL_REPORTS.named("pda")
RECEIPTS = topics.TERMINAL_RECEIPTS.named("pda")
SEED = 20120529


class Storm:
    """Replicas of intake and router over one broker and one database, and a terminal that reports."""

    def __init__(self, kafka: Kafka, database: FreshDatabase, folder: Path) -> None:
        self.kafka = kafka
        self.database = database
        self.gathered = Gathered()
        self._folder = folder
        self._processes: dict[tuple[str, str], subprocess.Popen[bytes]] = {}
        self._key = Fernet.generate_key().decode()
        configuration = bundle.load(CONFIG)
        outsiders = publish.outsiders(configuration, CONFIG)
        renew_topics(kafka.bootstrap, terminals=(), departments=outsiders.departments)
        # A terminal that asked for more than one partition, so that one report may lie on two of them.
        admin = AdminClient({"bootstrap.servers": kafka.bootstrap, "log_level": 0})
        append_time = {"message.timestamp.type": "LogAppendTime"}
        for made in admin.create_topics([NewTopic(REPORTS, 5, config=append_time)]).values():
            made.result(30)
        publish.make_topics(kafka.bootstrap, outsiders)
        publish.publish(kafka.bootstrap, configuration, at=datetime.now(UTC))
        self._mailboxes = [topics.DEPARTMENT_TASKS.named(slug) for slug in outsiders.departments]

    def start(self, service: str, replica: str) -> None:
        """Start one replica."""
        prefix = f"WANGGE_{service.upper()}_"
        environment = {
            **os.environ,
            prefix + "KAFKA": self.kafka.bootstrap,
            prefix + "POSTGRES": self.database.dsn(service),
            prefix + "MODE": "development",
            prefix + "REPLICA": replica,
            prefix + "SESSION_TIMEOUT_S": "4",
            prefix + "FROZEN_AFTER_S": "6",
            prefix + "LOG_LEVEL": "warning",
            "WANGGE_INTAKE_DEAD_LETTER_KEY": self._key,
        }
        with (self._folder / f"{service}-{replica}.log").open("ab") as log:
            self._processes[service, replica] = subprocess.Popen(
                [sys.executable, "-m", f"wangge_{service}"], cwd=ROOT, env=environment, stderr=log
            )

    def signal(self, service: str, replica: str, number: signal.Signals) -> None:
        """Send a signal to one replica."""
        self._processes[service, replica].send_signal(number)

    def kill(self, service: str, replica: str) -> None:
        """End one replica at once."""
        process = self._processes.pop((service, replica))
        process.kill()
        process.wait(10)

    def stop_all(self) -> None:
        """End every replica, gracefully where it still runs."""
        for process in self._processes.values():
            process.send_signal(signal.SIGCONT)
            process.terminate()
        for process in self._processes.values():
            try:
                process.wait(25)
            except subprocess.TimeoutExpired:
                process.kill()
        self._processes.clear()

    @contextmanager
    def reports(self, *, total: int, per_second: int) -> Iterator[None]:
        """Report at a steady rate beside the storm; every tenth report is said twice, elsewhere."""
        # librdkafka places keys by CRC32 unless told otherwise; nothing about them is trusted.
        producer = Producer(
            {"bootstrap.servers": self.kafka.bootstrap, "linger.ms": 5, "log_level": 0, "acks": "all"}
        )
        chance = random.Random(SEED)

        def say(number: int) -> None:
            value = report(number).write()
            for copy in range(2 if number % 10 == 0 else 1):
                key = chance.choice([None, f"r{number}", "the same for all"])
                envelope = Envelope(
                    f"m{number}-{copy}", "/terminals/pda", ReportSubmitted.TYPE, datetime.now(UTC)
                )
                producer.produce(
                    REPORTS,
                    value,
                    key,
                    headers=list(to_headers(envelope)),
                    on_delivery=self._kept(f"r{number}"),
                )

        def speak() -> None:
            for begin in range(0, total, 25):
                for number in range(begin, min(begin + 25, total)):
                    say(number)
                producer.poll(0)
                time.sleep(25 / per_second)
            producer.flush(60)

        speaking = threading.Thread(target=speak)
        speaking.start()
        try:
            yield
        finally:
            speaking.join()

    def _kept(self, report_id: str) -> Any:
        def done(error: Any, _: Any) -> None:
            if error is None:
                self.gathered.spoken.add(report_id)

        return done

    def count(self, service: str, query: str) -> int:
        """Run one counting query as the role of *service*; -1 while its table is not there yet."""
        try:
            return int(self.database.sql(query, role=service)[0])
        except GroundError:
            return -1

    def wait_quiet(self, *, within_s: float = 90) -> None:
        """Wait until every input was handled and all is published."""

        def quiet() -> bool:
            for service, names in (
                ("intake", (REPORTS,)),
                ("router", (topics.INCIDENTS_ACCEPTED.name, topics.TASKS_ANSWERED.name)),
            ):
                ends, _ = log_ends(self.kafka.bootstrap, "tests-none", names)
                handled = self._offsets(service)
                if any(handled.get(at, 0) < end for at, end in ends.items()):
                    return False
                if self.count(service, "SELECT count(*) FROM outbox"):
                    return False
            return True

        wait_for("a quiet house", quiet, within_s=within_s)

    def _offsets(self, service: str) -> dict[tuple[str, int], int]:
        try:
            rows = self.database.sql(
                "SELECT topic, partition, next_offset FROM consumer_offset", role=service
            )
        except GroundError:  # the service has not made its tables yet
            return {}
        return {(topic, int(part)): int(offset) for topic, part, offset in (row.split("|") for row in rows)}

    def gather(self) -> Gathered:
        """Read logs and tables into what the checker takes."""
        run = self.gathered
        by_report: dict[str, set[str]] = defaultdict(set)
        for record in read_all(self.kafka.bootstrap, RECEIPTS):
            receipt = ReportReceipt.read(record.value())
            if receipt.outcome == "accepted" and receipt.report_id is not None:
                run.verdicts.append((receipt.report_id, dict(record.headers())["ce_id"].decode()))
                by_report[receipt.report_id].add(str(receipt.incident_id))
        run.effects = [report_id for report_id, incidents in by_report.items() for _ in incidents]
        for name in (topics.INCIDENTS_CHANGED.name, *self._mailboxes):
            for record in read_all(self.kafka.bootstrap, name):
                headers = dict(record.headers())
                run.facts.append(
                    Fact(
                        name,
                        record.key().decode(),
                        int(headers["ce_sequence"]),
                        headers["ce_id"].decode(),
                        record.value(),
                    )
                )
        run.tasks = list(_tasks(run.facts))
        for service in ("intake", "router"):
            run.stored_offsets |= self._offsets(service)
            run.unpublished += self.count(service, "SELECT count(*) FROM outbox")
            run.halted += self.database.sql("SELECT part || ' ' || reason FROM halted", role=service)
            names = sorted({topic for topic, _ in self._offsets(service)})
            ends, committed = log_ends(self.kafka.bootstrap, service, names)
            run.log_ends |= ends
            run.committed_offsets |= committed
        return run

    def promised(self) -> dict[tuple[str, str], int]:
        """Return the last sequence that the router numbered, by (topic, key)."""
        rows = self.database.sql("SELECT key, sent FROM numbering WHERE consumer = 'router'", role="router")
        return {
            (topic, key): last
            for key, sent in (row.split("|", 1) for row in rows)
            for topic, last in json.loads(sent).items()
        }


def report(number: int) -> ReportSubmitted:
    """Return a report as a grid officer's device sends it; synthetic."""
    return ReportSubmitted.read(
        json.dumps(
            {
                "report_id": f"r{number}",
                "source": "officer",
                "description": {"text": f"井盖移位 {number}", "lang": "zh"},
                "captured_at": "2026-11-24T01:00:00.000Z",
                "place": {"area": {"scheme": "bj15", "code": "110101009015004"}},
                "reporter": {"role": "manager", "staff_id": "s1"},
            }
        ).encode()
    )


def _tasks(facts: list[Fact]) -> Iterator[tuple[str, str]]:
    """Give (incident, task) for every task's first revision in a fact; repeats of a record count once."""
    seen: set[str] = set()
    for fact in facts:
        if fact.topic != topics.INCIDENTS_CHANGED.name or fact.message_id in seen:
            continue
        seen.add(fact.message_id)
        for task in IncidentChanged.read(fact.value).tasks:
            if task.revision == 1:
                yield fact.key, task.task_id
