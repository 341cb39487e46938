"""A loop driven by hand, without FastStream: what it has in hand at every instant, the test decides."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from datetime import datetime, timedelta

from aiokafka import AIOKafkaConsumer, TopicPartition

from tests.ground import FreshDatabase
from tests.service.chassis.echo import Echo, EchoSettings, saying
from tests.service.chassis.running import INPUTS, EchoRun
from wangge_chassis import Connection, Consumer, Database, Timer, Turn
from wangge_chassis.header_names import bear
from wangge_chassis.instants import HouseClock
from wangge_chassis.loop import Loop
from wangge_chassis.migrate import migrate
from wangge_chassis.partitioner import partition_of
from wangge_chassis.reading import RawRecord
from wangge_chassis.refused import BearsRefusal
from wangge_chassis.working import Means
from wangge_contracts.message import Message
from wangge_contracts.topics import INSIDE_PARTITIONS_DEFAULT
from wangge_local.kafka import Kafka

KEYS = ("i0", "i2")
PARTS = tuple(partition_of(key, INSIDE_PARTITIONS_DEFAULT) for key in KEYS)
"""The parts of both; they are two."""
Spoken = tuple[str, str, str, Message]
WAITING = "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND NOT granted"
"""How many commits wait for the advisory lock of `waits_at_commit`."""


def waits_at_commit(what: str) -> str:
    """Return the SQL by which a transaction that does *what* waits with its COMMIT for advisory lock 1."""
    return f"""
        CREATE FUNCTION wait_at_commit() RETURNS trigger LANGUAGE plpgsql
            AS 'BEGIN PERFORM pg_advisory_xact_lock_shared(1); RETURN NULL; END';
        CREATE CONSTRAINT TRIGGER wait_at_commit AFTER {what} DEFERRABLE INITIALLY DEFERRED
            FOR EACH ROW EXECUTE FUNCTION wait_at_commit();
    """


class Ringing:
    """A timer that says a fact about the first key for every cause that it is given."""

    def __init__(self) -> None:
        self.due: list[str] = []
        self.timer = Timer(timedelta(milliseconds=1), self._peek, self._ring)

    async def _peek(
        self, connection: Connection, parts: frozenset[int], partitions: int, now: datetime
    ) -> bool:
        del connection, parts, partitions, now
        return bool(self.due)

    async def _ring(self, turn: Turn) -> None:
        for cause in self.due:
            turn.emit(saying(KEYS[0], 1, cause))
        self.due = []


@asynccontextmanager
async def reading(kafka: Kafka) -> AsyncIterator[AIOKafkaConsumer]:
    """What reads the partitions of both keys."""
    bear()
    reader = BearsRefusal(
        bootstrap_servers=kafka.bootstrap,
        group_id="escalation",
        enable_auto_commit=False,
        auto_offset_reset="earliest",
    )
    await reader.start()
    reader.assign([TopicPartition(topic, part) for topic in INPUTS for part in PARTS])
    try:
        yield reader
    finally:
        await reader.stop()


async def holder(
    reader: AIOKafkaConsumer, kafka: Kafka, database: FreshDatabase, ringing: Ringing | None = None
) -> Loop:
    """The loop of an echo that has taken both parts over."""
    of_service = Database(database.dsn("escalation"), schema="escalation")
    await migrate(of_service, packages=("wangge_chassis", "tests.service.chassis"))
    settings = EchoSettings(kafka=kafka.bootstrap, postgres=database.dsn("escalation"))
    means = Means("escalation", of_service, settings, INSIDE_PARTITIONS_DEFAULT, HouseClock())
    timers = (ringing.timer,) if ringing else ()
    loop = Loop(Consumer(name="escalation", topics=INPUTS, room=Echo(), timers=timers), means)
    loop.attach(lambda: reader)
    await loop.on_partitions_assigned(reader.assignment())
    await loop.tend(may_start=True)
    assert len(loop.owned) == len(KEYS)
    return loop


async def fetched(reader: AIOKafkaConsumer, run: EchoRun, spoken: Sequence[Spoken]) -> list[RawRecord]:
    """Say it, and return it as one batch."""
    await asyncio.to_thread(run.say, spoken)
    records: list[RawRecord] = []
    while len(records) < len(spoken):
        for found in (await reader.getmany(timeout_ms=1000)).values():
            records += found
    return records


async def works(loop: Loop, reader: AIOKafkaConsumer, *, seconds: float, effects: int, run: EchoRun) -> None:
    """Let it work as a service does, until so many effects are there, for so long at most."""
    ends = asyncio.get_running_loop().time() + seconds
    while asyncio.get_running_loop().time() < ends and run.effects() < effects:
        await loop.tend(may_start=True)
        for found in (await reader.getmany(timeout_ms=100)).values():
            await loop.handle(found)
    await loop.tend(may_start=True)
