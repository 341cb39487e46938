"""What the services' own tables tell of their work: how far each has read, what waits, what stands still."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from wangge_chassis.records import unpack_headers
from wangge_contracts.topics import SERVICES
from wangge_local.listening import Ends, Log
from wangge_local.postgres import Postgres

DATABASE = "wangge"


@dataclass(frozen=True, slots=True)
class Unpublished:
    """The row of a service's outbox that waits longest, and how many wait."""

    service: str
    rows: int
    topic: str
    since: str
    """The house time at which it was decided, as its envelope has it."""


@dataclass(frozen=True, slots=True)
class Halted:
    """A part that waits for an operator."""

    service: str
    consumer: str
    part: str
    topic: str
    partition: int
    offset: int
    key: str | None
    expected: int | None
    seen: int | None
    reason: str
    halted_at: datetime | str


class Books:
    """The tables of the chassis in every service's schema, read as the database's owner."""

    def __init__(self, postgres: Postgres) -> None:
        self._postgres = postgres

    def read_upto(self) -> dict[str, Ends]:
        """Return, for each consumer group, the next offset of every partition it has read of."""
        found: dict[str, Ends] = {}
        for row in self._rows("consumer, topic, partition, next_offset", "consumer_offset"):
            upto = found.setdefault(row["consumer"], {})
            upto[row["topic"], row["partition"]] = row["next_offset"]
        return found

    def promised(self) -> int:
        """Return how many rows of outboxes are not known to be published; known ones go within a second."""
        return sum(row["n"] for row in self._rows("count(*) AS n", "outbox"))

    def unpublished(self) -> list[Unpublished]:
        """Return, for each service with anything in its outbox, what waits longest."""
        counts = {row["service"]: row["n"] for row in self._rows("count(*) AS n", "outbox")}
        oldest: dict[str, Unpublished] = {}
        columns = "DISTINCT ON (consumer, part) topic, encode(headers, 'hex') AS headers"
        for row in self._rows(columns, "outbox", "ORDER BY consumer, part, position"):
            since = dict(unpack_headers(bytes.fromhex(row["headers"]))).get("ce_time", b"").decode()
            service = row["service"]
            if service not in oldest or since < oldest[service].since:
                oldest[service] = Unpublished(service, counts.get(service, 1), row["topic"], since)
        return list(oldest.values())

    def halted(self) -> list[Halted]:
        """Return every part that stands still."""
        columns = (
            'consumer, part, topic, partition, at_offset AS "offset", key, expected, seen, reason, halted_at'
        )
        return [Halted(**row) for row in self._rows(columns, "halted", "ORDER BY halted_at")]

    def next_due(self) -> datetime | None:
        """Return the next instant, house time, at which any clock rings; what is overdue counts too."""
        if not self._tables("clock"):
            return None
        [text] = self._postgres.sql(
            "SELECT min(next_due) AT TIME ZONE 'UTC' FROM escalation.clock", database=DATABASE
        )
        return datetime.fromisoformat(f"{text}+00:00") if text else None

    def _rows(self, columns: str, table: str, order: str = "") -> list[dict[str, Any]]:
        """Return *columns* of *table* in every service's schema, each row with its `service`."""
        parts = [
            f"SELECT to_jsonb(r) || jsonb_build_object('service', '{service}')"
            f" FROM (SELECT {columns} FROM {service}.{table} {order}) AS r"
            for service in self._tables(table)
        ]
        if not parts:
            return []
        return [json.loads(line) for line in self._postgres.sql(" UNION ALL ".join(parts), database=DATABASE)]

    def _tables(self, table: str) -> list[str]:
        """Return the services whose schema has *table*: one that has never run has none."""
        schemas = ", ".join(f"'{service}'" for service in SERVICES)
        return self._postgres.sql(
            f"SELECT schemaname FROM pg_tables WHERE tablename = '{table}' AND schemaname IN ({schemas})",
            database=DATABASE,
        )


class Lags:
    """
    How many records each consumer group has not handled yet, by topic.

    :param consumers: for each group the topics that it says it reads; those of which it has read are
        known anyway.
    """

    def __init__(self, log: Log, books: Books, consumers: Mapping[str, Iterable[str]]) -> None:
        self._log = log
        self._books = books
        self._consumers = {name: frozenset(topics) for name, topics in consumers.items()}
        self._first: Ends | None = None

    def now(self) -> dict[str, dict[str, int]]:
        """Return what is left to read; raises GroundError when Kafka or PostgreSQL is away."""
        upto = self._books.read_upto()
        reads = {
            name: {*self._consumers.get(name, ()), *(topic for topic, _ in upto.get(name, {}))}
            for name in {*self._consumers, *upto}
        }
        wanted = {topic for names in reads.values() for topic in names}
        if self._first is None:
            self._first = self._log.first(wanted)
        lags = {name: dict.fromkeys(sorted(names), 0) for name, names in reads.items()}
        for (topic, number), end in self._log.next(wanted).items():
            for name in reads:
                if topic in lags[name]:
                    start = self._first.get((topic, number), 0)
                    lags[name][topic] += max(end - upto.get(name, {}).get((topic, number), start), 0)
        return lags
