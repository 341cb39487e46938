"""A transaction and then its publication; and the only way back after anything went wrong: take over."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass
from itertools import chain

from aiokafka.errors import KafkaError

from wangge_chassis import metrics
from wangge_chassis.consumer import Consumer
from wangge_chassis.holding import Holding, MustExit
from wangge_chassis.instants import HouseClock
from wangge_chassis.ownership import Fenced, require_ours
from wangge_chassis.patience import Patience
from wangge_chassis.placing import MadeAnew
from wangge_chassis.postgres import Connection, Database, NotReached, is_outage
from wangge_chassis.publisher import Publisher, PublishFailed, PublishRefused
from wangge_chassis.records import Promised
from wangge_chassis.reference import Reference
from wangge_chassis.restored import OlderThanTold, require_not_older
from wangge_chassis.settings import ServiceSettings
from wangge_chassis.stop_points import stop_point
from wangge_chassis.topic_ids import topic_ids
from wangge_chassis.turn import Turn

_REFUSED_RETRY_S = 2.0


@dataclass(frozen=True, slots=True)
class Means:
    """What the consumers of one service share."""

    service: str
    database: Database
    settings: ServiceSettings
    partitions: int
    """Of every inside topic."""
    clock: HouseClock
    reference: Reference | None = None
    consumers: tuple[Consumer, ...] = ()


class Working(Holding):
    """
    The parts of one consumer with what works on them: a connection, a publisher, and patience.

    After any failure all parts are forgotten and paused, to be taken over again: there is no other path of
    recovery, so it is the one that every start takes too. Who calls sees to it that one thing is done at a
    time.
    """

    def __init__(self, consumer: Consumer, means: Means) -> None:
        super().__init__(consumer, clock=means.clock)
        settings = means.settings
        self.consumer = consumer
        self.refusal: str | None = None
        self.handled_at = time.monotonic()
        self.patience = Patience(session_timeout_s=settings.session_timeout_s, replica=settings.replica)
        self._means = means
        self._publisher = Publisher(
            settings.kafka.split(","),
            client_id=f"{consumer.name}-{settings.replica}",
            inside=means.partitions,
        )
        self._connection: Connection | None = None
        self._unsent: list[Promised] = []
        self.unpublished = 0
        """How many messages the broker has refused, also while they are on their way once more."""
        self._publishing: asyncio.Task[None] | None = None
        """What was committed last, on its way while the next transaction is worked on."""

    async def _run(self, parts: set[str], work: Callable[[Turn], Awaitable[None]]) -> None:
        """
        Do *work* in one transaction over *parts*, note what it changed, and publish from memory.

        Publication goes on when this returns. What was committed before is acknowledged before this is sent.
        """
        if self._connection is None:
            raise NotReached("PostgreSQL: no connection")
        unacknowledged = {part for part, owned in self.owned.items() if owned.acked_upto > owned.deleted_upto}
        turn = Turn(
            self._connection,
            service=self._means.service,
            consumer=self.consumer.name,
            partitions=self._means.partitions,
            owned={part: self.owned[part] for part in sorted(parts | unacknowledged)},
            clock=self._means.clock,
            reference=self._means.reference,
        )
        async with turn.connection.transaction():
            await turn.open()
            await work(turn)
            rows = await turn.save()
        self.moved_at = time.monotonic()
        stop_point("after-commit")
        for do in turn.afterwards:
            do()
        for part, upto in turn.acked.items():
            turn.owned[part].deleted_upto = max(turn.owned[part].deleted_upto, upto)
        if turn.offsets:
            self.handled_at = time.monotonic()
            self.patience.worked()
        for at, offset in turn.offsets.items():
            self.owned[self.consumer.part_of(at.topic, at.partition)].next_offset[at] = offset
        for row in rows:
            self.owned[row.part].last_position = row.position
        await self._published()
        if rows:
            self._publishing = asyncio.ensure_future(self._publish(rows))

    async def _published(self) -> None:
        """Wait until what was committed last is acknowledged; raises what hindered it, once."""
        publishing, self._publishing = self._publishing, None
        if publishing is not None:
            await publishing

    async def _publish(self, rows: list[Promised]) -> None:
        # What was refused comes first: a part's acknowledged position covers everything before it.
        rows, self._unsent = [*self._unsent, *rows], []
        try:
            await self._publisher.publish(rows)
        except PublishRefused as error:
            # Taking over would meet the same refusal: stand, say why, and offer the same rows again.
            if self.refusal != str(error):
                self._log.error("publication_refused", reason=str(error))
            self.refusal = str(error)
            self._unsent, self.unpublished = rows, len(rows)
            self.patience.wait(_REFUSED_RETRY_S)
            self.pause()
            return
        for row in rows:
            if row.part in self.owned:
                self.owned[row.part].acked_upto = row.position
        metrics.published(self.consumer.name).inc(len(rows))
        refused, self.refusal, self.unpublished = self.refusal, None, 0
        if refused:
            self._log.info("publication_goes_on", messages=len(rows))
            self.resume()

    async def _take_over(self) -> None:
        if self._connection is None or self._connection.is_closed():
            self._connection = await self._means.database.connect()
        await self._published()
        given = frozenset(chain.from_iterable(self._assigned.values()))
        kafka = self._kafka_of()
        ids = await topic_ids(kafka, {at.topic for at in given})
        await require_not_older(self._connection, kafka, self.consumer.name, given)
        await self._publish(await self.take_over_missing(self._connection, ids))
        if not self.refusal:
            self.resume()
        self.patience.end()

    async def _offer_again(self) -> None:
        await self._published()  # it takes what was refused with it, and nothing may go beside it
        await self._publish([])

    async def _guarded(self, doing: Callable[[], Awaitable[None]]) -> None:
        """Do it; after a failure forget and pause every part, for `tend` to take over again."""
        self.patience.step_begins()
        try:
            await doing()
        except MustExit as error:
            self.patience.fatal = str(error)
        except asyncio.CancelledError:
            # Whether it was committed is unknown, and what was not published yet is in nobody's hand.
            self._abandon()
            raise
        except Exception as error:
            with suppress(Exception):
                await self._published()  # whoever takes over begins with what is not acknowledged by then
            if not pauses(error):
                self._log.exception("unexpected_failure")
            wait_s = self.patience.meet(error)
            self._log.warning("parts_given_up", reason=self.patience.trouble, retry_in_s=round(wait_s, 2))
            metrics.RECOVERIES.labels(self.consumer.name, type(error).__name__).inc()
            self._abandon()
            # A transaction that is cancelled may end with the outage that its ROLLBACK met.
            if (task := asyncio.current_task()) is not None and task.cancelling():
                raise asyncio.CancelledError from error
            if isinstance(error, PublishFailed | KafkaError):
                await self._publisher.drop()
        finally:
            self.patience.step_ends()

    def _abandon(self) -> None:
        """Forget every part and what was promised for it: whoever takes over finds it in the database."""
        self.give_up()
        self._forget_unsent()
        connection, self._connection = self._connection, None
        if connection is not None:
            connection.terminate()

    def _forget_unsent(self) -> None:
        self._unsent.clear()
        self.refusal, self.unpublished = None, 0

    async def _tidy(self) -> None:
        """Delete what was acknowledged and no batch has deleted; see whether the parts are still ours."""
        if any(owned.acked_upto > owned.deleted_upto for owned in self.owned.values()):
            await self._run(set(), _nothing)
        elif self._connection is not None and self.owned:
            await require_ours(self._connection, self.consumer.name, self.owned.values())
            if self.consumer.timers:
                await self._means.clock.now(self._connection)  # whoever moved it must not wait for us


def pauses(error: Exception) -> bool:
    """Whether *error* is an outage, a lost part or a lost past, so that no record is to blame."""
    ours = Fenced | MadeAnew | OlderThanTold | PublishFailed | KafkaError | MustExit
    return isinstance(error, ours) or is_outage(error)


async def _nothing(_: Turn) -> None:
    """What a turn does that only tidies."""
