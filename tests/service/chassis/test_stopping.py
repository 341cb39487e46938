"""A signal or a refusal while one turn is published and the next one committed: nothing is left out."""

import asyncio
import os
import signal
from collections.abc import Sequence
from typing import Any

import asyncpg
import pytest
from aiokafka import AIOKafkaConsumer
from aiokafka.errors import TopicAuthorizationFailedError

from tests.ground import FreshDatabase
from tests.service.chassis.alone import KEYS, WAITING, Ringing, fetched, holder, waits_at_commit, works
from tests.service.chassis.echo import ALARM_EVERY
from tests.service.chassis.running import EchoRun, answer, echo_run
from tests.waiting import wait_for
from wangge_chassis.publisher import Publishable, Publisher, PublishRefused
from wangge_contracts.topics import CLOCKS_CHANGED
from wangge_local.kafka import Kafka

_COMMIT, _ROLLBACK = "_Transaction__commit", "_Transaction__rollback"
"""Of the driver: what it does when a block of a transaction ends."""
_PROMISED = "SELECT coalesce(sum(messages), 0) FROM outbox"


async def test_what_is_cut_off_while_the_one_before_is_published_is_published_by_the_heir(
    reader: AIOKafkaConsumer, fresh_topics: Kafka, database: FreshDatabase, monkeypatch: pytest.MonkeyPatch
) -> None:
    ringing = Ringing()
    loop = await holder(reader, fresh_topics, database, ringing)
    acknowledged, publish = asyncio.Event(), Publisher.publish

    async def slowly(self: Publisher, rows: Sequence[Publishable]) -> None:
        await publish(self, rows)
        await acknowledged.wait()

    monkeypatch.setattr(Publisher, "publish", slowly)
    with echo_run(fresh_topics, database) as run:
        await loop.handle(await fetched(reader, run, [answer(1, KEYS[0])]))
        ringing.due = ["rung"]
        tending = asyncio.ensure_future(loop.tend(may_start=True))
        await asyncio.to_thread(wait_for, "both are committed", lambda: run.count(_PROMISED) == 2)
        handling = asyncio.ensure_future(loop.handle(await fetched(reader, run, [answer(2, KEYS[0])])))
        tending.cancel()
        acknowledged.set()
        with pytest.raises(asyncio.CancelledError):
            await tending
        await handling
        await loop.close()
        await _ends_with(run, reader, fresh_topics, database, sequences=3)


async def test_what_is_cut_off_when_it_has_committed_is_published_in_order_by_the_heir(
    reader: AIOKafkaConsumer, fresh_topics: Kafka, database: FreshDatabase, monkeypatch: pytest.MonkeyPatch
) -> None:
    ringing = Ringing()
    loop = await holder(reader, fresh_topics, database, ringing)
    commit = getattr(asyncpg.transaction.Transaction, _COMMIT)

    async def cut_off(self: Any) -> None:
        await commit(self)
        tending.cancel()
        await asyncio.sleep(0)

    with echo_run(fresh_topics, database) as run:
        await loop.handle(await fetched(reader, run, [answer(1, KEYS[0])]))
        ringing.due = ["rung-1", "rung-2"]
        with monkeypatch.context() as patch:
            patch.setattr(asyncpg.transaction.Transaction, _COMMIT, cut_off)
            tending = asyncio.ensure_future(loop.tend(may_start=True))
            with pytest.raises(asyncio.CancelledError):
                await tending
        await asyncio.to_thread(run.say, [answer(2, KEYS[0])])
        await loop.close()
        await _ends_with(run, reader, fresh_topics, database, sequences=4)


async def test_a_signal_is_obeyed_though_the_database_has_gone(
    reader: AIOKafkaConsumer, fresh_topics: Kafka, database: FreshDatabase, monkeypatch: pytest.MonkeyPatch
) -> None:
    ringing = Ringing()
    loop = await holder(reader, fresh_topics, database, ringing)
    roll_back = getattr(asyncpg.transaction.Transaction, _ROLLBACK)

    async def line_is_dead(self: Any) -> None:
        self._connection.terminate()
        await roll_back(self)

    begun = asyncio.Event()

    async def stands(_: object) -> None:
        begun.set()
        await asyncio.sleep(30)

    monkeypatch.setattr(asyncpg.transaction.Transaction, _ROLLBACK, line_is_dead)
    ringing.timer.work = stands
    ringing.due = ["rung"]
    tending = asyncio.ensure_future(loop.tend(may_start=True))
    await begun.wait()
    tending.cancel()
    with pytest.raises(asyncio.CancelledError):
        await tending
    await loop.close()


async def test_reading_goes_on_after_a_refusal_that_the_next_publication_ends(
    reader: AIOKafkaConsumer, fresh_topics: Kafka, database: FreshDatabase, monkeypatch: pytest.MonkeyPatch
) -> None:
    loop = await holder(reader, fresh_topics, database)
    may_refuse, publish, asked = asyncio.Event(), Publisher.publish, 0

    async def refused_once(self: Publisher, rows: Sequence[Publishable]) -> None:
        nonlocal asked
        asked += bool(rows)
        if rows and asked == 1:
            await may_refuse.wait()
            raise PublishRefused(TopicAuthorizationFailedError(), "a topic")
        await publish(self, rows)

    monkeypatch.setattr(Publisher, "publish", refused_once)
    with echo_run(fresh_topics, database) as run:
        await loop.handle(await fetched(reader, run, [answer(1, KEYS[0])]))
        handling = asyncio.ensure_future(loop.handle(await fetched(reader, run, [answer(2, KEYS[0])])))
        await asyncio.to_thread(wait_for, "both are committed", lambda: run.count(_PROMISED) == 2)
        may_refuse.set()
        await handling
        await asyncio.to_thread(run.say, [answer(3, KEYS[0])])
        await works(loop, reader, seconds=15, effects=3, run=run)
        assert run.effects() == 3
        assert loop.state()["reasons"] == []
        await loop.close()


async def test_a_service_finishes_and_publishes_the_turn_in_hand_when_a_signal_comes(
    fresh_topics: Kafka, database: FreshDatabase
) -> None:
    holder_of_lock = await asyncpg.connect(database.dsn())
    with echo_run(fresh_topics, database) as run:
        service = run.start("a")
        await asyncio.to_thread(run.say, [answer(0, KEYS[0])])
        await asyncio.to_thread(run.wait_done, effects=1)
        database.sql(waits_at_commit("DELETE ON alarm"), role="escalation")
        await holder_of_lock.execute("SELECT pg_advisory_lock(1)")
        await asyncio.to_thread(run.say, [answer(n, KEYS[0]) for n in range(1, ALARM_EVERY)])
        await asyncio.to_thread(wait_for, "the ring waits with its commit", lambda: run.count(WAITING) > 0)
        os.kill(service.pid, signal.SIGTERM)
        await asyncio.sleep(1)  # it has heard by then
        await holder_of_lock.execute("SELECT pg_advisory_unlock(1)")

        assert await asyncio.to_thread(service.wait, timeout=30) == 0
        assert run.count("SELECT count(*) FROM outbox") == 0
        told = [fact.sequence for fact in run.gather().facts]
    assert told == list(range(1, ALARM_EVERY + 2))
    await holder_of_lock.close()


async def _ends_with(
    run: EchoRun, reader: AIOKafkaConsumer, kafka: Kafka, database: FreshDatabase, *, sequences: int
) -> None:
    """Whoever takes over publishes what is left, and each sequence comes first where it belongs."""
    heir = await holder(reader, kafka, database)
    await works(heir, reader, seconds=15, effects=2, run=run)
    await heir.close()
    told = [fact.sequence for fact in run.gather().facts if fact.topic == CLOCKS_CHANGED.name]
    assert list(dict.fromkeys(told)) == list(range(1, sequences + 1))
    assert run.count("SELECT count(*) FROM outbox") == 0
