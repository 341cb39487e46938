"""Records in, one transaction, its outbox out; and the only way back after anything went wrong: take over."""

import asyncio
import time
from collections import defaultdict, deque
from collections.abc import Awaitable, Callable, Iterable, Sequence
from contextlib import suppress
from random import uniform
from typing import Any

import structlog
from aiokafka import AIOKafkaConsumer, ConsumerRebalanceListener, TopicPartition
from aiokafka.errors import KafkaError

from wangge_chassis import halting, metrics
from wangge_chassis.batch import Batch, Culprit
from wangge_chassis.consumer import Consumer, Timer
from wangge_chassis.halting import Halt
from wangge_chassis.ownership import Fenced, Owned, take_over
from wangge_chassis.postgres import Connection, Database, is_outage
from wangge_chassis.publisher import Publisher, PublishFailed, PublishRefused
from wangge_chassis.reading import RawRecord
from wangge_chassis.records import OutboxRow
from wangge_chassis.settings import ServiceSettings
from wangge_chassis.stop_points import stop_point
from wangge_chassis.turn import HouseClock, Turn

_TIDY_EVERY_S = 0.5
_HINT_EVERY_S = 1.0
_REFUSED_RETRY_S = 2.0
_FENCED_A_MINUTE = 5
_CULPRITS_IN_A_ROW = 20


class MustExit(Exception):
    """This process cannot go on and says why in one line; an orchestrator may start it again."""


class Loop(ConsumerRebalanceListener):  # type: ignore[misc] # aiokafka is untyped
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
    ) -> None:
        self.consumer = consumer
        self.trouble: str | None = "starting"
        self.refusal: str | None = None
        self.fatal: str | None = None
        self.polled_at = time.monotonic()
        self._service = service
        self._database = database
        self._settings = settings
        self._partitions = partitions
        self._clock = clock
        self._log = structlog.get_logger().bind(consumer=consumer.name)
        self._publisher = Publisher(
            settings.kafka.split(","), client_id=f"{consumer.name}-{settings.replica}"
        )
        self._kafka_of: Callable[[], AIOKafkaConsumer | None] = lambda: None
        self._connection: Connection | None = None
        self._mutex = asyncio.Lock()
        self._assigned: dict[str, frozenset[TopicPartition]] = {}
        self.owned: dict[str, Owned] = {}
        self.halts: dict[str, str] = {}
        self._unsent: list[OutboxRow] = []
        self._retry_at = 0.0
        self._failures = 0
        self._fenced_at: deque[float] = deque(maxlen=_FENCED_A_MINUTE)
        self._culprits = 0
        self._hinted: dict[TopicPartition, int] = {}
        self._rung_at: dict[int, float] = {}
        self._tidied_at = self._hinted_at = 0.0
        self.handled_at = time.monotonic()

    def attach(self, kafka_of: Callable[[], AIOKafkaConsumer | None]) -> None:
        """Say where to find the Kafka consumer that records come from, once it exists."""
        self._kafka_of = kafka_of

    @property
    def _kafka(self) -> AIOKafkaConsumer | None:
        return self._kafka_of()

    @property
    def assigned(self) -> frozenset[str]:
        """Parts that the group gave us."""
        return frozenset(self._assigned)

    async def on_partitions_revoked(self, _: Iterable[TopicPartition]) -> None:
        """Finish what is in hand, then forget every part: the group takes all of them at once."""
        self._log.info("parts_revoked", parts=len(self._assigned))
        async with self._mutex:
            self.owned.clear()
            self._assigned.clear()
            self._unsent.clear()

    async def on_partitions_assigned(self, assigned: Iterable[TopicPartition]) -> None:
        """Hold what was given back until `tend` has taken it over; incomplete parts stay paused."""
        kafka = self._kafka
        if kafka is None:
            return
        given = set(assigned)
        kafka.pause(*given)
        groups: dict[str, set[TopicPartition]] = defaultdict(set)
        for at in given:
            groups[self.consumer.part_of(at.topic, at.partition)].add(at)
        whole = 1 if self.consumer.outside else len(self.consumer.topics)
        self._assigned = {part: frozenset(held) for part, held in groups.items() if len(held) == whole}
        self._retry_at = 0.0
        self._log.info("parts_assigned", parts=sorted(self._assigned))

    async def handle(self, records: Sequence[RawRecord]) -> None:
        """Handle what one poll returned. Never raises, and never waits for an outage to end."""
        self.polled_at = time.monotonic()
        async with self._mutex:
            await self._guarded(self._handle(records))
        if not self.owned and self._assigned:
            await asyncio.sleep(0.05)

    async def _handle(self, records: Sequence[RawRecord]) -> None:
        wanted = self._wanted(records)
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
            if not self._wanted([record]):
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

    def _wanted(self, records: Sequence[RawRecord]) -> list[RawRecord]:
        """Drop what is not ours, done already, or comes unexpectedly above what must come next."""
        wanted: list[RawRecord] = []
        upto: dict[TopicPartition, int] = {}
        astray: set[TopicPartition] = set()
        for record in records:
            at = TopicPartition(record.topic, record.partition)
            owned = self.owned.get(self.consumer.part_of(at.topic, at.partition))
            if owned is None or owned.halted or at in astray:
                continue
            expected = upto.get(at, owned.next_offset[at])
            if record.offset < expected:
                continue
            if record.offset > expected and at not in upto:
                if owned.suspect.pop(at, None) != record.offset:
                    # Perhaps it was fetched before our seek. Ask again: a true hole answers the same.
                    owned.suspect[at] = record.offset
                    self._seek(at, expected)
                    astray.add(at)
                    continue
                self._log.warning(
                    "hole_accepted",
                    topic=at.topic,
                    partition=at.partition,
                    expected=expected,
                    seen=record.offset,
                )
            upto[at] = record.offset + 1
            wanted.append(record)
        return wanted

    async def _batch(self, records: Sequence[RawRecord], *, culprit: Culprit | None = None) -> None:
        touched = {self.consumer.part_of(record.topic, record.partition) for record in records}
        turn = self._turn(touched)
        async with turn.connection.transaction():
            await turn.open()
            batch = Batch(turn, self.consumer, records, house=self._clock.time, culprit=culprit)
            await batch.decide()
            rows = await turn.save()
        await self._committed(turn, rows)
        for part, why in batch.halts.items():
            self._stand_still(part, why)

    async def _halt(self, record: RawRecord, reason: str) -> None:
        part = self.consumer.part_of(record.topic, record.partition)
        why = Halt(part, record.topic, record.partition, record.offset, None, reason[:500])
        turn = self._turn({part})
        async with turn.connection.transaction():
            await turn.open()
            await halting.halt(turn.connection, self.consumer.name, why, at=turn.now)
            rows = await turn.save()
        await self._committed(turn, rows)
        self._stand_still(part, why)

    async def _act(self, timer: Timer) -> None:
        ready = {part: owned for part, owned in self.owned.items() if not owned.halted}
        if not ready or self._connection is None:
            return
        now = await self._clock.now(self._connection)
        parts = frozenset(int(part) for part in ready)
        if not await timer.peek(self._connection, parts, self._partitions, now):
            return
        turn = self._turn(set(ready))
        async with turn.connection.transaction():
            await turn.open()
            await timer.work(turn)
            rows = await turn.save()
        await self._committed(turn, rows)

    def _turn(self, parts: set[str]) -> Turn:
        if self._connection is None:
            raise PublishFailed("no database connection")
        unacknowledged = {part for part, owned in self.owned.items() if owned.acked_upto > owned.deleted_upto}
        return Turn(
            self._connection,
            service=self._service,
            consumer=self.consumer.name,
            partitions=self._partitions,
            owned={part: self.owned[part] for part in sorted(parts | unacknowledged)},
            clock=self._clock,
        )

    async def _committed(self, turn: Turn, rows: list[OutboxRow]) -> None:
        """Note what the transaction changed, then publish from memory, in order of position."""
        stop_point("after-commit")
        for owned in turn.owned.values():
            owned.deleted_upto = max(owned.deleted_upto, owned.acked_upto)
        for at, offset in turn.offsets.items():
            self.owned[self.consumer.part_of(at.topic, at.partition)].next_offset[at] = offset
        for row in rows:
            self.owned[row.part].last_position = row.position
        await self._publish(rows)

    async def _publish(self, rows: list[OutboxRow]) -> None:
        try:
            await self._publisher.publish(rows)
        except PublishRefused as error:
            self.refusal = str(error)
            self._unsent = rows
            self._retry_at = time.monotonic() + _REFUSED_RETRY_S
            self._pause(at for owned in self.owned.values() for at in owned.partitions)
            self._log.error("publication_refused", reason=self.refusal)
            return
        self.refusal = None
        for row in rows:
            owned = self.owned.get(row.part)
            if owned is not None:
                owned.acked_upto = row.position
        metrics.PUBLISHED.labels(self.consumer.name).inc(len(rows))

    async def _guarded(self, doing: Awaitable[None]) -> None:
        try:
            await doing
        except Fenced as error:
            now = time.monotonic()
            self._fenced_at.append(now)
            if len(self._fenced_at) == _FENCED_A_MINUTE and now - self._fenced_at[0] < 60:
                self.fatal = (
                    f"fenced {_FENCED_A_MINUTE} times in a minute: "
                    f"does another process run as replica {self._settings.replica}?"
                )
            await self._give_up(error, wait_s=self._settings.session_timeout_s / 3)
        except MustExit as error:
            self.fatal = str(error)
        except Exception as error:
            if not _pauses(error):
                self._log.exception("unexpected_failure")
            self._failures += 1
            await self._give_up(error, wait_s=uniform(0.5, 1.0) * min(0.2 * 2**self._failures, 5.0))

    async def _give_up(self, error: Exception, *, wait_s: float) -> None:
        """Forget and pause every part; `tend` takes them over again after *wait_s* seconds."""
        self.trouble = f"{type(error).__name__}: {error}"[:300]
        self._log.warning("parts_given_up", reason=self.trouble, retry_in_s=round(wait_s, 2))
        metrics.RECOVERIES.labels(self.consumer.name, type(error).__name__).inc()
        self.owned.clear()
        self._unsent.clear()
        self._retry_at = time.monotonic() + wait_s
        self._pause(at for held in self._assigned.values() for at in held)
        connection, self._connection = self._connection, None
        if connection is not None:
            connection.terminate()
        if isinstance(error, PublishFailed | KafkaError):
            await self._publisher.drop()

    async def _take_over_missing(self) -> None:
        """Take over every part that was given to us and is not held; nothing of them is handled before."""
        if self._connection is None or self._connection.is_closed():
            self._connection = await self._database.connect()
        taken: list[Owned] = []
        left: list[OutboxRow] = []
        for part in sorted(self._assigned.keys() - self.owned.keys()):
            owned, rows = await take_over(self._connection, self.consumer.name, part, self._assigned[part])
            taken.append(owned)
            left += rows
        await self._place(taken)
        self.owned.update((owned.part, owned) for owned in taken)
        metrics.TAKEOVERS.labels(self.consumer.name).inc(len(taken))
        self._log.info("parts_taken_over", parts=len(taken), leftovers=len(left))
        await self._publish(left)
        for owned in taken:
            if owned.halted:
                self.halts[owned.part] = owned.halted
                continue
            self.halts.pop(owned.part, None)
            for at in owned.partitions:
                self._seek(at, owned.next_offset[at])
            if not self._unsent:
                self._resume(owned.partitions)
        self._failures = 0
        self.trouble = None

    async def _place(self, taken: Sequence[Owned]) -> None:
        """Check the stored offsets against the log; where none is stored the log's start is next."""
        assert self._kafka is not None
        assert self._connection is not None
        partitions = [at for owned in taken for at in owned.partitions]
        first, end = await asyncio.gather(
            self._kafka.beginning_offsets(partitions), self._kafka.end_offsets(partitions)
        )
        for owned in taken:
            for at in owned.partitions:
                offset = owned.next_offset.setdefault(at, first[at])
                where = f"{at.topic}[{at.partition}]"
                if offset > end[at]:
                    raise MustExit(
                        f"{where} ends at {end[at]}, we had read up to {offset}: "
                        "it was made anew or lost records"
                    )
                if offset < first[at] and owned.halted is None:
                    owned.halted = f"records {offset} to {first[at] - 1} of {where} are gone"
                    why = Halt(owned.part, at.topic, at.partition, first[at] - 1, None, owned.halted)
                    real_now = await self._connection.fetchval("SELECT clock_timestamp()")
                    await halting.halt(
                        self._connection, self.consumer.name, why, at=self._clock.time.at(real_now)
                    )

    def _stand_still(self, part: str, why: Halt) -> None:
        self._log.error("part_halted", part=part, why=str(why))
        self.halts[part] = str(why)
        owned = self.owned.get(part)
        if owned is not None:
            owned.halted = str(why)
            self._pause(owned.partitions)

    async def tend(self, *, may_start: bool) -> None:
        """What must happen though no record comes: takeovers, timers, tidying, hints. Call it often."""
        now = time.monotonic()
        if self.fatal or now < self._retry_at:
            return
        async with self._mutex:
            if self._unsent:
                unsent, self._unsent = self._unsent, []
                await self._guarded(self._publish(unsent))
                if not self._unsent:
                    for owned in self.owned.values():
                        if not owned.halted:
                            self._resume(owned.partitions)
                return
            if may_start and self._assigned.keys() - self.owned.keys():
                await self._guarded(self._take_over_missing())
            for index, timer in enumerate(self.consumer.timers):
                if now - self._rung_at.get(index, 0.0) >= timer.every.total_seconds():
                    self._rung_at[index] = now
                    await self._guarded(self._act(timer))
            if now - self._tidied_at >= _TIDY_EVERY_S:
                self._tidied_at = now
                await self._guarded(self._tidy())
        if now - self._hinted_at >= _HINT_EVERY_S:
            self._hinted_at = now
            await self.hint()

    async def _tidy(self) -> None:
        if any(owned.acked_upto > owned.deleted_upto for owned in self.owned.values()):
            turn = self._turn(set())
            async with turn.connection.transaction():
                await turn.open()
                rows = await turn.save()
            await self._committed(turn, rows)
        elif self._connection is not None and self.owned:
            moved = await self._connection.fetch(
                """
                SELECT part FROM ownership
                 WHERE consumer = $1 AND (part, epoch) IN (SELECT * FROM unnest($2::text[], $3::bigint[]))
                """,
                self.consumer.name,
                list(self.owned),
                [owned.epoch for owned in self.owned.values()],
            )
            if len(moved) != len(self.owned):
                raise Fenced(f"parts of {self.consumer.name} were taken over or touched by an operator")

    async def hint(self) -> None:
        """Tell Kafka how far we are; only dashboards read it, so failures do not matter."""
        reached = {at: offset for owned in self.owned.values() for at, offset in owned.next_offset.items()}
        fresh = {at: offset for at, offset in reached.items() if self._hinted.get(at) != offset}
        if fresh and self._kafka is not None:
            with suppress(KafkaError, TimeoutError, asyncio.CancelledError):
                async with asyncio.timeout(5):
                    await self._kafka.commit(fresh)
                self._hinted = reached

    def lag(self) -> dict[str, int]:
        """Return the records not yet handled, by topic, as far as the last fetch saw them."""
        lags: dict[str, int] = defaultdict(int)
        for owned in self.owned.values():
            for at, offset in owned.next_offset.items():
                highwater = (
                    self._kafka.highwater(at) if self._kafka and at in self._kafka.assignment() else None
                )
                lags[at.topic] += max((highwater or 0) - offset, 0)
        return dict(lags)

    def stuck(self) -> bool:
        """Whether records wait that nothing hinders us to handle."""
        return not (self.trouble or self.refusal or self.halts) and sum(self.lag().values()) > 0

    def state(self, kafka: AIOKafkaConsumer | None) -> dict[str, Any]:
        """Return what `wangge status` shows of this consumer; *reasons* says why it is not ready."""
        reasons = [reason for reason in (self.trouble, self.refusal) if reason]
        reasons += [f"part {part} halted: {why}" for part, why in sorted(self.halts.items())]
        if kafka is None or kafka._coordinator.coordinator_id is None:
            reasons.append("no group coordinator")
        missing = self._assigned.keys() - self.owned.keys()
        if missing and not self.trouble:
            reasons.append(f"{len(missing)} parts not taken over yet")
        unpublished = sum(
            owned.last_position - owned.acked_upto for owned in self.owned.values() if self._unsent
        )
        return {
            "reasons": reasons,
            "parts": len(self.owned),
            "halted": dict(self.halts),
            "lag": self.lag(),
            "unpublished": unpublished,
        }

    async def close(self) -> None:
        """Finish what is in hand and let go."""
        async with self._mutex:
            with suppress(Exception):
                await asyncio.wait_for(self._tidy(), timeout=5)
            await self._publisher.close()
            if self._connection is not None:
                await self._connection.close(timeout=5)

    def _seek(self, at: TopicPartition, offset: int) -> None:
        if self._kafka is not None and at in self._kafka.assignment():
            self._kafka.seek(at, offset)

    def _pause(self, partitions: Iterable[TopicPartition]) -> None:
        held = self._kafka.assignment() & set(partitions) if self._kafka is not None else set()
        if held and self._kafka is not None:
            self._kafka.pause(*held)

    def _resume(self, partitions: Iterable[TopicPartition]) -> None:
        held = self._kafka.assignment() & set(partitions) if self._kafka is not None else set()
        if held and self._kafka is not None:
            self._kafka.resume(*held)


def _pauses(error: Exception) -> bool:
    """Whether *error* is an outage or a lost part, so that no record is to blame."""
    return isinstance(error, Fenced | PublishFailed | KafkaError | MustExit) or is_outage(error)
