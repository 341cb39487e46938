"""What the services' own tables tell of their work: how far each has read, what waits, what stands still."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from wangge_chassis.packing import unpack
from wangge_contracts.topics import SERVICES
from wangge_local.ground import GroundError
from wangge_local.house_older import or_older
from wangge_local.listening import Ends, Log
from wangge_local.postgres import Postgres

DATABASE = "wangge"
HOUSE_AT = """
coalesce(
    (SELECT house_at + ({real} - real_at) * rate FROM house.anchor
      WHERE real_at <= {real} ORDER BY real_at DESC, id DESC LIMIT 1),
    {real}
)
"""
"""SQL: the house time of the real instant `real`, as `wangge_chassis.instants` maps it."""
HOUSE_NOW = HOUSE_AT.format(real="clock_timestamp()")


@dataclass(frozen=True, slots=True)
class Unpublished:
    """The message of a service's outbox that waits longest, and how many wait."""

    service: str
    rows: int
    """Messages: many may share a row."""
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


@dataclass(frozen=True, slots=True)
class Busy:
    """Somebody who holds open tasks, or whose work is being checked, and the oldest incident of those."""

    holder: str
    tasks: int
    """The open ones."""
    checked: int
    """What is done and may come back: its check is open."""
    case_number: str


@dataclass(frozen=True, slots=True)
class Pulse:
    """Where the work stood at one moment; instants are house time, UTC."""

    read_upto: Mapping[str, Ends]
    """For each consumer group, the next offset of every partition it has read of."""
    promised: int
    """Messages of outboxes that are not known to be published; known ones go within a second."""
    next_due: datetime | None
    """When the next clock rings; what is overdue counts too."""
    now: datetime


class HouseBooks:
    """The tables of the chassis in every service's schema, read as the database's owner."""

    def __init__(self, postgres: Postgres) -> None:
        self._postgres = postgres
        self._known: dict[str, list[str]] = {}

    def pulse(self) -> Pulse:
        """Return how far all have read and what is still to be published or rung, in one snapshot."""
        upto = " UNION ALL ".join(
            f"SELECT consumer, topic, partition, next_offset FROM {service}.consumer_offset"
            for service in self._tables("consumer_offset")
        )
        promised = " + ".join(
            f"(SELECT coalesce(sum(messages), 0) FROM {service}.outbox)" for service in self._tables("outbox")
        )
        due = (
            "SELECT min(next_due) FROM escalation.clock" if "escalation" in self._tables("clock") else "NULL"
        )
        [told] = self._asked(
            f"""
            SELECT jsonb_build_object(
                'promised', {promised or 0},
                'due', ({due}) AT TIME ZONE 'UTC',
                'now', ({HOUSE_NOW}) AT TIME ZONE 'UTC',
                'upto', (SELECT coalesce(jsonb_agg(r), '[]')
                           FROM ({upto or "SELECT 1 LIMIT 0"}) AS r)
            )
            """,
        )
        found = json.loads(told)
        read: dict[str, Ends] = {}
        for row in found["upto"]:
            read.setdefault(row["consumer"], {})[row["topic"], row["partition"]] = row["next_offset"]
        due_at = datetime.fromisoformat(f"{found['due']}+00:00") if found["due"] else None
        now = datetime.fromisoformat(f"{found['now']}+00:00")
        return Pulse(read, found["promised"], due_at, now)

    def unpublished(self) -> list[Unpublished]:
        """Return, for each service with anything in its outbox, what waits longest."""
        counts: dict[str, int] = {}
        oldest: dict[str, Unpublished] = {}
        columns = (
            "DISTINCT ON (consumer, part) part, position, encode(packed, 'hex') AS packed,"
            " sum(messages) OVER (PARTITION BY consumer, part) AS n"
        )
        for row in self._rows(columns, "outbox", "ORDER BY consumer, part, position"):
            service = row["service"]
            counts[service] = counts.get(service, 0) + row["n"]
            first, *_ = unpack(bytes.fromhex(row["packed"]), part=row["part"], last_position=row["position"])
            since = dict(first.headers).get("ce_time", b"").decode()
            if service not in oldest or since < oldest[service].since:
                oldest[service] = Unpublished(service, 0, first.topic, since)
        return [replace(row, rows=counts[service]) for service, row in oldest.items()]

    def halted(self) -> list[Halted]:
        """Return every part that stands still."""
        columns = (
            'consumer, part, topic, partition, at_offset AS "offset", key, expected, seen, reason, halted_at'
        )
        return [Halted(**row) for row in self._rows(columns, "halted", "ORDER BY halted_at")]

    def switched(self, service: str, version: str) -> bool:
        """Whether *service* has *version*, and every turn of it that began before it had is over."""
        [told] = self._asked(
            f"SELECT count(*) FROM {service}.reference_manifest WHERE version = '{version}'",
        )
        if told == "0":
            return False
        # Turns hold their ownership rows: to lock them all is to wait for those that are under way.
        self._asked(
            f"SELECT count(*) FROM (SELECT 1 FROM {service}.ownership ORDER BY part FOR UPDATE) AS held",
        )
        return True

    def busy(self, holders: Iterable[str]) -> list[Busy]:
        """
        Return those of *holders* that hold open tasks, or whose work is being checked.

        It is as far as the ledger knows. `officer:CODE/` stands for every post at that place.
        """
        wanted = ", ".join("'" + holder.replace("'", "''") + "'" for holder in holders)
        if not wanted or "ledger" not in self._tables("task"):
            return []
        found = self._asked(
            f"""
            SELECT jsonb_build_object(
                'holder', holder, 'tasks', count(*) FILTER (WHERE task.is_open),
                'checked', count(*) FILTER (WHERE NOT task.is_open), 'case_number',
                (array_agg(coalesce(case_number, incident_id) ORDER BY assigned_at))[1]
            )
              FROM ledger.task LEFT JOIN ledger.incident USING (incident_id)
             WHERE (holder IN ({wanted}) OR split_part(holder, '/', 1) || '/' IN ({wanted}))
               AND (task.is_open OR task.document ->> 'state' = 'done' AND EXISTS (
                    SELECT FROM ledger.task AS checking
                     WHERE checking.incident_id = task.incident_id AND checking.is_open
                       AND checking.document ->> 'kind' = 'check'
                       AND checking.document ->> 'concerns' = task.task_id))
             GROUP BY holder ORDER BY holder
            """,
        )
        return [Busy(**json.loads(line)) for line in found]

    def _rows(self, columns: str, table: str, order: str = "") -> list[dict[str, Any]]:
        """Return *columns* of *table* in every service's schema, each row with its `service`."""
        parts = [
            f"SELECT to_jsonb(r) || jsonb_build_object('service', '{service}')"
            f" FROM (SELECT {columns} FROM {service}.{table} {order}) AS r"
            for service in self._tables(table)
        ]
        if not parts:
            return []
        return [json.loads(line) for line in self._asked(" UNION ALL ".join(parts))]

    def _asked(self, text: str) -> list[str]:
        try:
            return self._postgres.sql(text, database=DATABASE)
        except GroundError as error:
            raise or_older(self._postgres, error, database=DATABASE) from None

    def _tables(self, table: str) -> list[str]:
        """Return the services whose schema has *table*: one that has never run has none."""
        if table in self._known:
            return self._known[table]
        schemas = ", ".join(f"'{service}'" for service in SERVICES)
        found = self._asked(
            f"SELECT schemaname FROM pg_tables WHERE tablename = '{table}' AND schemaname IN ({schemas})",
        )
        if found:
            self._known[table] = found
        return found


class Lags:
    """
    How many records each consumer group has not handled yet, by topic.

    :param consumers: for each group the topics that it says it reads; those of which it has read are
        known anyway.
    """

    def __init__(self, log: Log, books: HouseBooks, consumers: Mapping[str, Iterable[str]]) -> None:
        self._log = log
        self._books = books
        self._consumers = {name: frozenset(topics) for name, topics in consumers.items()}
        self._first: Ends | None = None

    def now(self, pulse: Pulse | None = None) -> dict[str, dict[str, int]]:
        """Return what was left to read at that *pulse*; GroundError when Kafka or PostgreSQL is away."""
        upto = (pulse or self._books.pulse()).read_upto
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
