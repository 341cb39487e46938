"""Records in, one transaction, its outbox out; and the only way back after anything went wrong: take over."""

import asyncio
import time
from collections.abc import Awaitable, Callable, Iterable, Sequence
from contextlib import suppress
from typing import Any

from aiokafka import TopicPartition
from aiokafka.errors import KafkaError

from wangge_chassis import halting, metrics
from wangge_chassis.batch import Batch, Culprit
from wangge_chassis.consumer import Consumer, Timer
from wangge_chassis.halting import Halt
from wangge_chassis.holding import Holding, MustExit
from wangge_chassis.instants import HouseClock
from wangge_chassis.ownership import Fenced
from wangge_chassis.patience import Patience
from wangge_chassis.postgres import Connection, Database, is_outage
from wangge_chassis.publisher import Publisher, PublishFailed, PublishRefused
from wangge_chassis.reading import RawRecord
from wangge_chassis.records import OutboxRow
from wangge_chassis.reference import Reference
from wangge_chassis.settings import ServiceSettings
from wangge_chassis.stop_points import stop_point
from wangge_chassis.turn import Turn

_TIDY_EVERY_S = 0.5
_REFUSED_RETRY_S = 2.0
_CULPRITS_IN_A_ROW = 20


class Loop(Holding):
    """
    The running side of one `Consumer`.

    Everything that touches the database or publishes runs under one mutex, one thing at a time. After
    any failure all parts are forgotten and paused, and `tend` takes them over again: there is no
    other path of recovery, so it is the one that every start takes too.
    """

    def __init__(
        self,
        consumer: Consumer,
        *,
        service: str,
        database: Database,
        settings: ServiceSettings,
        partitions: int,
        clock: HouseClock,
        reference: Reference | None = None,
    ) -> None:
        super().__init__(consumer, clock=clock)
        self.consumer = consumer
        self.refusal: str | None = None
        self.patience = Patience(session_timeout_s=settings.session_timeout_s, replica=settings.replica)
        self.handled_at = time.monotonic()
        self._service = service
        self._database = database
        self._settings = settings
        self._partitions = partitions
        self._reference = reference
        self._publisher = Publisher(
            settings.kafka.split(","), client_id=f"{consumer.name}-{settings.replica}"
        )
        self._connection: Connection | None = None
        self._mutex = asyncio.Lock()
        self._unsent: list[OutboxRow] = []
        self._culprits = 0
        self._rung_at: dict[int, float] = {}
        self._tidied_at = 0.0

    async def on_partitions_revoked(self, revoked: Iterable[TopicPartition]) -> None:
        """Finish what is in hand first."""
        async with self._mutex:
            self._unsent.clear()
            await super().on_partitions_revoked(revoked)

    async def handle(self, records: Sequence[RawRecord]) -> None:
        """Handle what one poll returned. Never raises, and never waits for an outage to end."""
        async with self._mutex:
            await self._guarded(lambda: self._handle(records))
        # A steady trickle costs a commit a record: a short rest gathers what comes meanwhile.
        if len(records) < self._settings.batch_size // 4:
            await asyncio.sleep(self._settings.linger_s)

    async def _handle(self, records: Sequence[RawRecord]) -> None:
        wanted = self.wanted(records)
        if not wanted:
            return
        began = time.monotonic()
        try:
            await self._batch(wanted)
            self._culprits = 0
        except Exception as error:
            if _pauses(error):
                raise
            self._log.warning("batch_repeated_record_by_record", records=len(wanted), error=repr(error))
            await self._one_by_one(wanted)
        self.handled_at = time.monotonic()
        metrics.BATCH_SECONDS.labels(self.consumer.name).observe(self.handled_at - began)

    async def _one_by_one(self, records: Sequence[RawRecord]) -> None:
        for record in records:
            if not self.wanted([record]):
                continue
            try:
                await self._batch([record])
                self._culprits = 0
            except Exception as error:
                if _pauses(error):
                    raise
                self._culprits += 1
                at = f"{record.topic}[{record.partition}]@{record.offset}"
                self._log.error("record_refused", record=at, error=repr(error), run=self._culprits)
                if self._culprits > _CULPRITS_IN_A_ROW:
                    await self._halt(record, f"{self._culprits} refusals in a row, the last: {error!r}")
                else:
                    await self._batch([record], culprit=Culprit(error))

    async def _batch(self, records: Sequence[RawRecord], *, culprit: Culprit | None = None) -> None:
        halts: dict[str, Halt] = {}

        async def decide(turn: Turn) -> None:
            batch = Batch(turn, self.consumer, records, house=self._clock.time, culprit=culprit)
            await batch.decide()
            halts.update(batch.halts)

        await self._run({self.consumer.part_of(r.topic, r.partition) for r in records}, decide)
        for part, why in halts.items():
            self.stand_still(part, why)

    async def _halt(self, record: RawRecord, reason: str) -> None:
        part = self.consumer.part_of(record.topic, record.partition)
        why = Halt(part, record.topic, record.partition, record.offset, None, reason[:500])
        await self._run(
            {part}, lambda turn: halting.halt(turn.connection, self.consumer.name, why, at=turn.now)
        )
        self.stand_still(part, why)

    async def _act(self, timer: Timer) -> None:
        if not (ready := self.ready) or self._connection is None:
            return
        now = await self._clock.now(self._connection)
        if await timer.peek(self._connection, frozenset(map(int, ready)), self._partitions, now):
            await self._run(set(ready), timer.work)

    async def _run(self, parts: set[str], work: Callable[[Turn], Awaitable[None]]) -> None:
        """Do *work* in one transaction over *parts*, note what it changed, and publish from memory."""
        if self._connection is None:
            raise PublishFailed("no database connection")
        unacknowledged = {part for part, owned in self.owned.items() if owned.acked_upto > owned.deleted_upto}
        turn = Turn(
            self._connection,
            service=self._service,
            consumer=self.consumer.name,
            partitions=self._partitions,
            owned={part: self.owned[part] for part in sorted(parts | unacknowledged)},
            clock=self._clock,
            reference=self._reference,
        )
        async with turn.connection.transaction():
            await turn.open()
            await work(turn)
            rows = await turn.save()
        stop_point("after-commit")
        for owned in turn.owned.values():
            owned.deleted_upto = max(owned.deleted_upto, owned.acked_upto)
        for at, offset in turn.offsets.items():
            self.owned[self.consumer.part_of(at.topic, at.partition)].next_offset[at] = offset
        for row in rows:
            self.owned[row.part].last_position = row.position
        await self._publish(rows)

    async def _publish(self, rows: list[OutboxRow]) -> None:
        # What was refused comes first: a part's acknowledged position covers everything before it.
        rows, self._unsent = [*self._unsent, *rows], []
        try:
            await self._publisher.publish(rows)
        except PublishRefused as error:
            # Taking over would meet the same refusal: stand, say why, and offer the same rows again.
            self.refusal = str(error)
            self._unsent = rows
            self.patience.wait(_REFUSED_RETRY_S)
            self.pause()
            self._log.error("publication_refused", reason=self.refusal)
            return
        self.refusal = None
        for row in rows:
            self.owned[row.part].acked_upto = row.position
        metrics.PUBLISHED.labels(self.consumer.name).inc(len(rows))

    async def _take_over(self) -> None:
        if self._connection is None or self._connection.is_closed():
            self._connection = await self._database.connect()
        await self._publish(await self.take_over_missing(self._connection))
        if not self._unsent:
            self.resume()
        self.patience.end()

    async def _offer_again(self) -> None:
        await self._publish([])
        if not self._unsent:
            self.resume()

    async def _guarded(self, doing: Callable[[], Awaitable[None]]) -> None:
        """Do it; after a failure forget and pause every part, for `tend` to take over again."""
        try:
            await doing()
        except MustExit as error:
            self.patience.fatal = str(error)
        except Exception as error:
            if not _pauses(error):
                self._log.exception("unexpected_failure")
            wait_s = self.patience.meet(error)
            self._log.warning("parts_given_up", reason=self.patience.trouble, retry_in_s=round(wait_s, 2))
            metrics.RECOVERIES.labels(self.consumer.name, type(error).__name__).inc()
            self.give_up()
            self._unsent.clear()
            connection, self._connection = self._connection, None
            if connection is not None:
                connection.terminate()
            if isinstance(error, PublishFailed | KafkaError):
                await self._publisher.drop()

    async def tend(self, *, may_start: bool) -> None:
        """What must happen though no record comes: takeovers, timers, tidying. Call it often."""
        now = time.monotonic()
        if self.given_anew:
            self.given_anew = False
            self.patience.wait(0)
        if not self.patience.over:
            return
        async with self._mutex:
            if self._unsent:
                await self._guarded(self._offer_again)
                return
            if may_start and self.missing:
                await self._guarded(self._take_over)
            for index, timer in enumerate(self.consumer.timers):
                if now - self._rung_at.get(index, 0.0) >= timer.every.total_seconds():
                    self._rung_at[index] = now
                    await self._guarded(lambda timer=timer: self._act(timer))  # type: ignore[misc]
            if now - self._tidied_at >= _TIDY_EVERY_S:
                self._tidied_at = now
                await self._guarded(self._tidy)

    async def _tidy(self) -> None:
        """Delete what was acknowledged and no batch has deleted; see whether the parts are still ours."""
        if any(owned.acked_upto > owned.deleted_upto for owned in self.owned.values()):
            await self._run(set(), _nothing)
        elif self._connection is not None and self.owned:
            kept = await self._connection.fetchval(
                """
                SELECT count(*) FROM ownership
                 WHERE consumer = $1 AND (part, epoch) IN (SELECT * FROM unnest($2::text[], $3::bigint[]))
                """,
                self.consumer.name,
                list(self.owned),
                [owned.epoch for owned in self.owned.values()],
            )
            if kept != len(self.owned):
                raise Fenced(f"parts of {self.consumer.name} were taken over or touched by an operator")

    def stuck(self) -> bool:
        """Whether records wait that nothing hinders us to handle."""
        return not (self.patience.trouble or self.refusal or self.halts) and sum(self.lag().values()) > 0

    def state(self) -> dict[str, Any]:
        """Return what `wangge status` shows of this consumer; *reasons* says why it is not ready."""
        reasons = [reason for reason in (self.patience.trouble, self.refusal) if reason]
        reasons += [f"part {part} halted: {why}" for part, why in sorted(self.halts.items())]
        if not self.patience.trouble and self.missing:
            reasons.append(f"{len(self.missing)} parts not taken over yet")
        return {
            "reasons": reasons,
            "parts": len(self.owned),
            "halted": dict(self.halts),
            "lag": self.lag(),
            "unpublished": len(self._unsent),
        }

    async def close(self) -> None:
        """Finish what is in hand and let go."""
        async with self._mutex:
            with suppress(Exception):
                await asyncio.wait_for(self._tidy(), timeout=5)
            await self._publisher.close()
            if self._connection is not None:
                await self._connection.close(timeout=5)


async def _nothing(_: Turn) -> None:
    """What a turn does that only tidies."""


def _pauses(error: Exception) -> bool:
    """Whether *error* is an outage or a lost part, so that no record is to blame."""
    return isinstance(error, Fenced | PublishFailed | KafkaError | MustExit) or is_outage(error)
