"""A service with no sense but the chassis's: it counts what it hears per key and says the count, numbered."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from pydantic_settings import SettingsConfigDict

from wangge_chassis import (
    Connection,
    Consumer,
    Outgoing,
    Received,
    Room,
    Service,
    ServiceSettings,
    Timer,
    Turn,
    key_hash,
    run,
)
from wangge_contracts import topics
from wangge_contracts.message import derive_id
from wangge_contracts.v1 import ClockChanged, DeskOrdered, TaskAnswered
from wangge_contracts.v1.reference import Limit

SOME_DAY = datetime(2026, 1, 1, tzinfo=UTC)
ALARM_EVERY = 5
"""Every fifth count of a key also arms an alarm, so that a timer speaks about the same keys."""


class EchoSettings(ServiceSettings):
    """What the tests set."""

    model_config = SettingsConfigDict(env_prefix="WANGGE_ECHO_")

    hop: int = 1
    package: str = "tests.service.chassis"
    """Whose migrations are applied."""


@dataclass
class Counts:
    """Per key the count so far; and the causes of this batch, which are written one row each."""

    counts: dict[str, int]
    causes: list[tuple[str, str, int]] = field(default_factory=list)


def saying(key: str, count: int, cause: str) -> Outgoing:
    """Say that *key* was heard of *count* times."""
    message = ClockChanged(
        task_id=cause,
        incident_id=key,
        clock_id=key,
        case_number="echo",
        revision=count,
        change="recalculated",
        state="running",
        kind="handle",
        holder="department:echo",
        mode="test",
        sensitivity="normal",
        limit=Limit(value=1, clock_kind="urgent-hours", calendar="always", calendar_version="1"),
        deadline=SOME_DAY,
        effective_at=SOME_DAY,
        segments=(),
        elapsed_s=0,
        remaining_s=0,
        catch_up=False,
    )
    return Outgoing(topics.CLOCKS_CHANGED.name, key, message, derive_id("echo", cause), subject=key)


class Echo(Room):
    """Counts answers and orders alike; refuses, as a faulty room would, a text that says so."""

    async def load(self, connection: Connection, received: Sequence[Received], now: datetime) -> Counts:
        """Read the counts of the batch's keys."""
        del now
        rows = await connection.fetch(
            "SELECT key, count FROM tally WHERE key = ANY($1::text[])", list({r.key for r in received})
        )
        return Counts({row["key"]: row["count"] for row in rows})

    def decide(self, state: Counts, received: Received) -> Iterable[Outgoing]:
        """Count it."""
        message = received.message
        assert isinstance(message, TaskAnswered | DeskOrdered)
        text = message.text if isinstance(message, TaskAnswered) else message.reason
        if text is not None and text.text == "the head raises":
            raise RuntimeError("this text makes the room raise")
        key = str(received.key)
        state.counts[key] = state.counts.get(key, 0) + 1
        state.causes.append((received.envelope.id, key, state.counts[key]))
        yield saying(key, state.counts[key], received.envelope.id)

    async def save(self, connection: Connection, state: Any) -> None:
        """Write counts, causes and alarms."""
        await connection.execute(
            """
            WITH counted AS (
                INSERT INTO tally (key, key_hash, count)
                SELECT * FROM unnest($1::text[], $2::int[], $3::int[])
                ON CONFLICT (key) DO UPDATE SET count = excluded.count
            ), armed AS (
                INSERT INTO alarm (cause, key, key_hash)
                SELECT c.cause, c.key, c.hash
                  FROM unnest($4::text[], $5::text[], $6::int[], $7::int[]) AS c (cause, key, hash, count)
                 WHERE c.count % $8 = 0
            )
            INSERT INTO effect (cause, key, count)
            SELECT * FROM unnest($4::text[], $5::text[], $7::int[])
            """,
            list(state.counts),
            [key_hash(key) for key in state.counts],
            list(state.counts.values()),
            [cause for cause, _, _ in state.causes],
            [key for _, key, _ in state.causes],
            [key_hash(key) for _, key, _ in state.causes],
            [count for _, _, count in state.causes],
            ALARM_EVERY,
        )


async def alarms_wait(connection: Connection, parts: frozenset[int], partitions: int, now: datetime) -> bool:
    """Say whether an alarm of ours waits."""
    del now
    return bool(
        await connection.fetchval(
            "SELECT EXISTS (SELECT FROM alarm WHERE key_hash % $1 = ANY($2::int[]))", partitions, list(parts)
        )
    )


async def ring(turn: Turn) -> None:
    """Count and say every waiting alarm of ours, once."""
    rows = await turn.connection.fetch(
        """
        DELETE FROM alarm WHERE cause IN (
            SELECT cause FROM alarm WHERE key_hash % $1 = ANY($2::int[]) ORDER BY cause LIMIT 100
        ) RETURNING cause, key
        """,
        turn.partitions,
        list(turn.parts),
    )
    for row in rows:
        cause = f"alarm-{row['cause']}"[:64]
        count = await turn.connection.fetchval(
            "UPDATE tally SET count = count + 1 WHERE key = $1 RETURNING count", row["key"]
        )
        await turn.connection.execute("INSERT INTO effect VALUES ($1, $2, $3)", cause, row["key"], count)
        turn.emit(saying(row["key"], count, cause))


class SecondHop(Room):
    """Keeps what the first one said, so that its reader's rule can be seen to hold."""

    async def load(self, connection: Connection, received: Sequence[Received], now: datetime) -> list[Any]:
        """Nothing is needed but a place to collect."""
        del connection, received, now
        return []

    def decide(self, state: Any, received: Received) -> Iterable[Outgoing]:
        """Keep it."""
        assert isinstance(received.message, ClockChanged)
        state.append((received.envelope.id, str(received.key), received.message.revision))
        return ()

    async def save(self, connection: Connection, state: Any) -> None:
        """Write one row each."""
        await connection.executemany("INSERT INTO effect VALUES ($1, $2, $3)", state)


def make_service(settings: EchoSettings) -> Service:
    """Wire the first hop, or the second."""
    if settings.hop == 2:
        hop = Consumer("ledger", SecondHop(), topics=(topics.CLOCKS_CHANGED.name, "ledger.replays.v1"))
        return Service(name="ledger", settings=settings, consumers=(hop,), package=settings.package)
    consumer = Consumer(
        name="escalation",
        topics=(topics.TASKS_ANSWERED.name, topics.DESK_ORDERED.name, "escalation.replays.v1"),
        room=Echo(),
        timers=(Timer(timedelta(milliseconds=200), alarms_wait, ring),),
    )
    return Service(name="escalation", settings=settings, consumers=(consumer,), package=settings.package)


if __name__ == "__main__":
    run(make_service(EchoSettings.from_environment()))
