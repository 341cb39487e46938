"""What comes of a poll, and what must happen though nothing comes."""

import asyncio
import math
import time
from collections.abc import Iterable, Sequence
from contextlib import suppress
from functools import partial
from typing import Any

from aiokafka import TopicPartition

from wangge_chassis import halting, metrics
from wangge_chassis.batch import Batch
from wangge_chassis.consumer import Consumer, Timer
from wangge_chassis.halting import Halt
from wangge_chassis.logs import in_words
from wangge_chassis.reading import RawRecord
from wangge_chassis.refused import Refusals
from wangge_chassis.turn import Turn
from wangge_chassis.waking import Waking
from wangge_chassis.working import Means, Working, pauses

_TIDY_EVERY_S = 0.5
_ASK_AGAIN_S = 0.5
_COMPARE_EVERY_S = 10.0
_CULPRITS_IN_A_ROW = 20


def small_batch(most: int) -> int:
    """Return below how many records a batch, of *most* at most, shows that no backlog waits."""
    return most // 4


class Loop(Working):
    """
    The running side of one `Consumer`.

    Everything that touches the database runs under one mutex, one thing at a time; what it has committed is
    published meanwhile, one batch of rows after the other.
    """

    def __init__(self, consumer: Consumer, means: Means) -> None:
        super().__init__(consumer, means)
        self._mutex = asyncio.Lock()
        self._culprits = 0
        self._wakings = [Waking(timer, means.clock) for timer in consumer.timers]
        self._tidied_at = 0.0
        self._asked_at = 0.0
        self._compared_at = 0.0

    async def on_partitions_revoked(self, revoked: Iterable[TopicPartition]) -> None:
        """Finish what is in hand first."""
        async with self._mutex:
            await self._drain()
            await self._guarded(self._published)
            self._forget_unsent()
            await super().on_partitions_revoked(revoked)

    async def handle(self, records: Sequence[RawRecord]) -> None:
        """Handle what one poll returned. Never raises, and never waits for an outage to end."""
        async with self._mutex:
            await self._guarded(lambda: self._handle(records))
        # A steady trickle costs a commit a record: a short rest gathers what comes meanwhile.
        if len(records) < small_batch(self._means.settings.batch_size):
            await asyncio.sleep(self._means.settings.linger_s)

    async def _handle(self, records: Sequence[RawRecord]) -> None:
        wanted = self.wanted(records)
        for why in await self.losses():
            await self._halt(why)
            wanted = [r for r in wanted if self.consumer.part_of(r.topic, r.partition) != why.part]
        if not wanted:
            return
        began = time.monotonic()
        try:
            await self._batch(wanted)
            self._culprits = 0
        except Exception as error:
            if pauses(error):
                raise
            self._log.warning("batch_repeated_record_by_record", records=len(wanted), error=in_words(error))
            await self._one_by_one(wanted)
        metrics.batch_seconds(self.consumer.name).observe(time.monotonic() - began)

    async def _one_by_one(self, records: Sequence[RawRecord]) -> None:
        for record in records:
            if not self.wanted([record], believed=True):
                continue
            try:
                await self._batch([record])
                self._culprits = 0
            except Exception as error:
                if pauses(error):
                    raise
                self._culprits += 1
                at = f"{record.topic}[{record.partition}]@{record.offset}"
                told = in_words(error)
                self._log.error("record_refused", record=at, error=told, run=self._culprits)
                if self._culprits > _CULPRITS_IN_A_ROW:
                    reason = f"{self._culprits} refusals in a row, the last: {told}"
                    part = self.consumer.part_of(record.topic, record.partition)
                    await self._halt(
                        Halt(part, record.topic, record.partition, record.offset, None, reason[:500])
                    )
                else:
                    await self._batch([record], culprit=told)

    async def _batch(self, records: Sequence[RawRecord], *, culprit: str | None = None) -> None:
        halts: dict[str, Halt] = {}
        waits: dict[TopicPartition, str] = {}

        async def decide(turn: Turn) -> None:
            beside, house = self._means.consumers, self._clock.time
            batch = Batch(turn, self.consumer, records, house=house, culprit=culprit, beside=beside)
            await batch.decide()
            halts.update(batch.halts)
            waits.update(batch.waits)

        await self._run({self.consumer.part_of(r.topic, r.partition) for r in records}, decide)
        for part, why in halts.items():
            self.stand_still(part, why)
        self.hold_back(waits, handled={TopicPartition(r.topic, r.partition) for r in records})

    async def _halt(self, why: Halt) -> None:
        await self._run(
            {why.part}, lambda turn: halting.halt(turn.connection, self.consumer.name, why, at=turn.now)
        )
        self.stand_still(why.part, why)

    def wakes_in_s(self) -> float:
        """Return in how many seconds a timer wants `tend` to be called, if not called before."""
        if not (ready := self.ready) or self._unsent or not self.patience.over:
            return math.inf
        return min((waking.in_s(ready.values()) for waking in self._wakings), default=math.inf)

    async def _pass_by(self) -> None:
        """Note where nothing is left to read though no record lies there, as where a transaction ends."""
        passed = self.passed()
        for why in await self.losses():
            await self._halt(why)
        part_of = {at: self.consumer.part_of(at.topic, at.partition) for at in passed}
        ready = {at: offset for at, offset in passed.items() if part_of[at] in self.ready}
        if ready:

            async def note(turn: Turn) -> None:
                turn.offsets |= ready

            await self._run({part_of[at] for at in ready}, note)

    async def _act(self, timer: Timer, waking: Waking) -> None:
        ready = self.ready
        if not ready or self._connection is None or waking.in_s(ready.values()) > 0:
            return
        if await waking.ask(self._connection, ready.values(), partitions=self._means.partitions):
            await self._run(set(ready), timer.work)

    async def _drain(self) -> None:
        """Wait for what timers have begun outside their turns, and let them note how it went."""
        for timer, waking in zip(self.consumer.timers, self._wakings, strict=True):
            if timer.drain is not None and self.owned:
                await timer.drain()
                await self._guarded(partial(self._act, timer, waking))

    async def tend(self, *, may_start: bool) -> None:
        """What must happen though no record comes: takeovers, timers, tidying. Call it often."""
        now = self.moved_at = time.monotonic()
        if self.given_anew:
            self.given_anew = False
            self.patience.wait(0)
        if not self.patience.over:
            return
        async with self._mutex:
            if self._publishing is not None and self._publishing.done():
                await self._guarded(self._published)
            if self._unsent:
                await self._guarded(self._offer_again)
                return
            if may_start and self.missing:
                await self._guarded(self._take_over)
            for timer, waking in zip(self.consumer.timers, self._wakings, strict=True):
                await self._guarded(partial(self._act, timer, waking))
            if now - self._tidied_at >= _TIDY_EVERY_S:
                self._tidied_at = now
                await self._guarded(self._tidy)
                await self._guarded(self._pass_by)
            if now - self._compared_at >= _COMPARE_EVERY_S:
                self._compared_at = now
                await self._guarded(self.require_same_topics)
            if self.waits and now - self._asked_at >= _ASK_AGAIN_S:
                self._asked_at = now
                self.ask_again()

    @property
    def busy(self) -> bool:
        """Whether a step of the work is under way."""
        return self._mutex.locked()

    def stuck(self) -> bool:
        """Whether records wait that nothing hinders us to handle."""
        return (
            not (self.patience.trouble or self.refusal or self.halts or self.waits or self.missing)
            and not any(self._refusals())
            and sum(self.lag().values()) > 0
        )

    def _refusals(self) -> Refusals:
        kafka = self._kafka_of()
        return kafka.refusals() if kafka is not None else Refusals()

    def state(self) -> dict[str, Any]:
        """Return what `wangge status` shows of this consumer; *reasons* says why it is not ready."""
        reasons = [reason for reason in (self.patience.trouble, self.refusal) if reason]
        topics, groups = self._refusals()
        # One outsider's topic keeps nobody else from being heard.
        notes, hinders = (topics, groups) if self.consumer.outside else ((), topics + groups)
        reasons += hinders
        reasons += [
            f"{topic} is missing from {parts} parts that were given to us: "
            "is it there, has it as many partitions as the others, and may we read it?"
            for topic, parts in sorted(self.lacking.items())
        ]
        reasons += [f"part {part} halted: {why}" for part, why in sorted(self.halts.items())]
        reasons += sorted({f"{at.topic}[{at.partition}] waits: {why}" for at, why in self.waits.items()})[:3]
        if not self.patience.trouble and self.missing:
            reasons.append(f"{len(self.missing)} parts not taken over yet")
        return {
            "reasons": reasons,
            "notes": [*notes, *self.unseen()],
            "parts": len(self.owned),
            "halted": dict(self.halts),
            "lag": self.lag(),
            "unpublished": self.unpublished,
        }

    async def close(self) -> None:
        """Finish what is in hand and let go."""
        async with self._mutex:
            await self._drain()
            await self._guarded(self._published)
            with suppress(Exception):
                await asyncio.wait_for(self._tidy(), timeout=5)
            await self._publisher.close()
            if self._connection is not None:
                await self._connection.close(timeout=5)
