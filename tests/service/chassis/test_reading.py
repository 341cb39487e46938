"""What a loop is handed by its reader, on a real broker."""

import asyncio
from collections.abc import Sequence

from tests.ground import FreshDatabase
from tests.service.chassis.echo import Echo, EchoSettings
from tests.service.chassis.running import INPUTS, answer, echo_run
from tests.waiting import wait_for
from wangge_chassis import Consumer, Database
from wangge_chassis.instants import HouseClock
from wangge_chassis.loop import Loop
from wangge_chassis.migrate import migrate
from wangge_chassis.reading import RawRecord
from wangge_chassis.subscribing import make_broker, start, subscribe
from wangge_chassis.working import Means
from wangge_contracts.topics import INSIDE_PARTITIONS_DEFAULT
from wangge_local.kafka import Kafka

LATER = 12


class _Busy(Loop):
    """Notes how much it is handed, and is busy with each batch until it is told."""

    def __init__(self, consumer: Consumer, means: Means) -> None:
        super().__init__(consumer, means)
        self.batches: list[int] = []
        self.is_done = asyncio.Event()

    async def handle(self, records: Sequence[RawRecord]) -> None:
        self.batches.append(len(records))
        await self.is_done.wait()


async def test_what_comes_while_a_small_batch_is_handled_is_the_next_batch(
    fresh_topics: Kafka, database: FreshDatabase
) -> None:
    of_service = Database(database.dsn("escalation"), schema="escalation")
    await migrate(of_service, packages=("wangge_chassis",))
    settings = EchoSettings(kafka=fresh_topics.bootstrap, postgres=database.dsn("escalation"))
    means = Means("escalation", of_service, settings, INSIDE_PARTITIONS_DEFAULT, HouseClock())
    loop = _Busy(Consumer(name="escalation", topics=INPUTS, room=Echo()), means)
    broker = make_broker(settings, service="escalation")
    subscribe(broker, loop, settings=settings)
    await start(broker)
    try:
        await asyncio.to_thread(wait_for, "parts are given", lambda: loop.missing)
        await loop.tend(may_start=True)
        with echo_run(fresh_topics, database) as run:
            await asyncio.to_thread(run.say, [answer(0, "i0")])
            await asyncio.to_thread(wait_for, "the first batch", lambda: loop.batches)
            for number in range(1, LATER + 1):
                await asyncio.to_thread(run.say, [answer(number, f"i{number}")])
            loop.is_done.set()
            await asyncio.to_thread(wait_for, "the rest", lambda: sum(loop.batches) == LATER + 1)
    finally:
        loop.is_done.set()
        await broker.stop()
        await loop.close()

    assert loop.batches == [1, LATER]
