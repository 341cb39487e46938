"""What is said to intake and router, and what they leave behind for the checker."""

import json
import threading
import time
from collections import Counter, defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any

from confluent_kafka import Producer

from tests.checker import Fact, Gathered, check
from tests.ground import FreshDatabase
from tests.service.chassis.running import dead_letters, facts, log_ends, read_all
from tests.system.storm_speech import ANSWERS, ORDERS, REPORTS, speech
from tests.waiting import wait_for
from wangge_contracts import topics
from wangge_contracts.cloudevents import Envelope, to_headers
from wangge_contracts.v1 import (
    ActJudged,
    AnswerJudged,
    DeskOrdered,
    IncidentChanged,
    ReportReceipt,
    ReportSubmitted,
    TaskAnswered,
)
from wangge_local.ground import GroundError
from wangge_local.kafka import Kafka

RECEIPTS = topics.TERMINAL_RECEIPTS.named("pda")
FACTS = topics.INCIDENTS_CHANGED.name
ROOMS = {
    "intake": (REPORTS, ANSWERS),
    "router": (topics.INCIDENTS_ACCEPTED.name, topics.TASKS_ANSWERED.name, ORDERS),
}
JUDGED: tuple[tuple[str, str, Any, Any, str], ...] = (
    (REPORTS, RECEIPTS, ReportSubmitted, ReportReceipt, "report_id"),
    (ANSWERS, topics.DEPARTMENT_RECEIPTS.named("beijing-water"), TaskAnswered, AnswerJudged, "answer_id"),
    (ORDERS, topics.ACTS_JUDGED.name, DeskOrdered, ActJudged, "order_id"),
)
"""Where something is said, where it is judged, the messages, and the field that names it in both."""
_OUTSIDE, _INSIDE = "consistent_random", "murmur2_random"
"""librdkafka places keys by CRC32 unless told otherwise; inside, a key's partition is the one of Java."""


class Said:
    """What a terminal, a department and a desk say to intake and router, and what those make of it."""

    def __init__(self, kafka: Kafka, database: FreshDatabase) -> None:
        self.kafka = kafka
        self.database = database
        self.gathered = Gathered()
        self.verdicts: dict[str, dict[str, str]] = defaultdict(dict)
        """By the name of what was said: ids of its verdicts, and the outcome of each."""
        self._incidents: set[tuple[str, str]] = set()

    def say(self, numbers: range, *, per_second: int | None = None) -> None:
        """Say everything about the reports *numbers*, acknowledged by the broker; without a rate, at once."""
        producers = {
            partitioner: Producer(
                {
                    "bootstrap.servers": self.kafka.bootstrap,
                    "partitioner": partitioner,
                    "enable.idempotence": True,
                    "linger.ms": 5,
                    "log_level": 0,
                }
            )
            for partitioner in (_OUTSIDE, _INSIDE)
        }
        for begin in range(numbers.start, numbers.stop, 25):
            for said in speech(range(begin, min(begin + 25, numbers.stop))):
                producer = producers[_INSIDE if said.topic == ORDERS else _OUTSIDE]
                envelope = Envelope(said.id, "/tests", said.message.TYPE, datetime.now(UTC))
                producer.produce(
                    said.topic,
                    said.message.write(),
                    said.key,
                    headers=list(to_headers(envelope)),
                    on_delivery=self._kept(said.name),
                )
                producer.poll(0)
            if per_second:
                time.sleep(25 / per_second)
        for producer in producers.values():
            assert producer.flush(60) == 0

    def _kept(self, name: str) -> Any:
        def done(error: Any, _: Any) -> None:
            if error is None:
                self.gathered.spoken.add(name)

        return done

    @contextmanager
    def reports(self, *, total: int, per_second: int) -> Iterator[threading.Thread]:
        """Say everything about *total* reports at a steady rate, in a thread that ends when all is said."""
        speaking = threading.Thread(target=self.say, args=(range(total),), kwargs={"per_second": per_second})
        speaking.start()
        try:
            yield speaking
        finally:
            speaking.join()

    def count(self, service: str, query: str) -> int:
        """Run one counting query as the role of *service*; -1 while its table is not there yet."""
        try:
            return int(self.database.sql(query, role=service)[0])
        except GroundError:
            return -1

    def wait_handled(self, service: str, *, within_s: float = 90) -> None:
        """Wait until *service* has handled and published everything that was said to it."""

        def handled() -> bool:
            ends, _ = log_ends(self.kafka.bootstrap, "tests-none", ROOMS[service])
            stored = self._offsets(service)
            return all(stored.get(at, 0) >= end for at, end in ends.items()) and not self.count(
                service, "SELECT count(*) FROM outbox"
            )

        wait_for(f"{service} has handled everything", handled, within_s=within_s)

    def wait_quiet(self, *, within_s: float = 90) -> None:
        """Wait until everything was handled and published, and nothing waits for an incident any more."""
        self.wait_handled("intake", within_s=within_s)
        self.wait_handled("router", within_s=within_s)
        waiting = "SELECT count(*) FROM incident WHERE waits_since IS NOT NULL"
        wait_for("nothing waits", lambda: not self.count("router", waiting), within_s=within_s)
        self.wait_handled("router", within_s=within_s)

    def _offsets(self, service: str) -> dict[tuple[str, int], int]:
        try:
            rows = self.database.sql(
                "SELECT topic, partition, next_offset FROM consumer_offset", role=service
            )
        except GroundError:  # the service has not made its tables yet
            return {}
        return {(topic, int(part)): int(offset) for topic, part, offset in (row.split("|") for row in rows)}

    def breaches(self) -> list[str]:
        """Read logs and tables, once, and return every breach of an invariant."""
        return [*self._misjudged(), *check(self._gather()), *self._withheld()]

    def _misjudged(self) -> Iterator[str]:
        """Each record that was said has one verdict; a second of the same name is told it is a repeat."""
        for said_on, judged_on, said, judged, name in JUDGED:
            records = Counter(
                getattr(said.read(r.value()), name) for r in read_all(self.kafka.bootstrap, said_on)
            )
            for record in read_all(self.kafka.bootstrap, judged_on):
                verdict = judged.read(record.value())
                if (of := getattr(verdict, name)) is not None:
                    self.verdicts[of][dict(record.headers())["ce_id"].decode()] = verdict.outcome
                if isinstance(verdict, ReportReceipt) and verdict.incident_id:
                    self._incidents.add((of, verdict.incident_id))
            for of, times in records.items():
                if times != len(self.verdicts[of]):
                    yield f"I2 {of} was said {times} times and has {len(self.verdicts[of])} verdicts"

    @property
    def outcomes(self) -> set[str]:
        """Every kind of verdict that was given."""
        return {outcome for verdicts in self.verdicts.values() for outcome in verdicts.values()}

    def _gather(self) -> Gathered:
        """Fill in what the checker takes, besides what was spoken."""
        run = self.gathered
        for of, verdicts in self.verdicts.items():
            firsts = (id_ for id_, outcome in verdicts.items() if outcome not in ("duplicate", "repeated"))
            run.verdicts += [(of, id_) for id_ in firsts]
        run.effects = [report_id for report_id, _ in self._incidents]
        for name in sorted({FACTS, *(topic for topic, _ in self.promised())}):
            # Each who speaks on a mailbox numbers for himself.
            run.facts += facts(self.kafka.bootstrap, name, source=b"/wangge/router")
        run.tasks = list(first_tasks(run.facts))
        for service in ROOMS:
            run.dead_letters += dead_letters(self.kafka.bootstrap, f"{service}.dead-letters")
            run.stored_offsets |= self._offsets(service)
            run.unpublished += self.count(service, "SELECT count(*) FROM outbox")
            run.halted += self.database.sql("SELECT part || ' ' || reason FROM halted", role=service)
            names = sorted({topic for topic, _ in self._offsets(service)})
            ends, committed = log_ends(self.kafka.bootstrap, service, names)
            run.log_ends |= ends
            run.committed_offsets |= committed
        return run

    def _withheld(self) -> Iterator[str]:
        """Everything that the router numbered was published."""
        said: dict[tuple[str, str], int] = defaultdict(int)
        for fact in self.gathered.facts:
            said[fact.topic, fact.key] = max(said[fact.topic, fact.key], fact.sequence)
        for (topic, key), last in self.promised().items():
            if said[topic, key] != last:
                yield f"I1 {topic} {key}: {last} were promised, {said[topic, key]} published"

    def promised(self) -> dict[tuple[str, str], int]:
        """Return the last sequence that the router numbered, by (topic, key)."""
        rows = self.database.sql("SELECT key, sent FROM numbering WHERE consumer = 'router'", role="router")
        numbers = ((key, json.loads(sent)) for key, sent in (row.split("|", 1) for row in rows))
        return {(topic, key): last for key, sent in numbers for topic, last in sent.items()}


def first_tasks(told: list[Fact]) -> Iterator[tuple[str, str]]:
    """Give (incident, task) for every task's first revision in a fact; repeats of a record count once."""
    seen: set[str] = set()
    for fact in told:
        if fact.topic != FACTS or fact.message_id in seen:
            continue
        seen.add(fact.message_id)
        for task in IncidentChanged.read(fact.value).tasks:
            if task.revision == 1:
                yield fact.key, task.task_id
