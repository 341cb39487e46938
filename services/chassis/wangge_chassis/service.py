"""Mount a service: migrate, read, serve, and stop gracefully. One process, one event loop."""

import asyncio
import os
import signal
import threading
import time
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from typing import Any

import structlog
import uvloop
from aiokafka import AIOKafkaConsumer
from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.coordinator.assignors.range import RangePartitionAssignor
from aiokafka.coordinator.assignors.roundrobin import RoundRobinPartitionAssignor
from aiokafka.errors import KafkaError
from faststream import AckPolicy
from faststream.kafka import KafkaBroker, KafkaMessage
from starlette.types import ASGIApp

from wangge_chassis import logs, metrics, stop_points
from wangge_chassis.consumer import Consumer
from wangge_chassis.loop import Loop, MustExit
from wangge_chassis.migrate import migrate
from wangge_chassis.postgres import Database, is_outage
from wangge_chassis.probes import Health, make_server, probe_app
from wangge_chassis.reading import RawRecord
from wangge_chassis.reference import Reference
from wangge_chassis.settings import ServiceSettings
from wangge_chassis.turn import HouseClock

_TEND_EVERY_S = 0.1


@dataclass(frozen=True, slots=True)
class Service:
    """
    Everything that makes a service: its name, its consumers, its door, its background tasks.

    *package* holds its `migrations`; *reference* is followed when the rooms need reference data, and
    nothing is read before its first bundle is complete.
    """

    name: str
    settings: ServiceSettings
    consumers: tuple[Consumer, ...] = ()
    package: str | None = None
    door: ASGIApp | None = None
    reference: Reference | None = None
    tasks: tuple[Callable[[], Awaitable[None]], ...] = ()


def run(service: Service) -> None:
    """Run *service* until SIGTERM or SIGINT; exits with one line when it must not start."""
    settings = service.settings
    logs.configure(service=service.name, replica=settings.replica, level=settings.log_level)
    stop_points.arm(settings.stop_point, mode=settings.mode)
    try:
        uvloop.run(_Mounted(service).live())
    except MustExit as error:
        structlog.get_logger().critical("must_exit", reason=str(error))
        raise SystemExit(f"{service.name}: {error}") from None


class _Mounted:
    def __init__(self, service: Service) -> None:
        self._service = service
        self._settings = service.settings
        self._log = structlog.get_logger()
        self._database = Database(
            self._settings.postgres, schema=service.name, frozen_after_s=self._settings.frozen_after_s
        )
        self._loops: list[Loop] = []
        self._subscribers: list[Any] = []
        self._trouble: str | None = "starting"
        self._beat = time.monotonic()

    async def live(self) -> None:
        stop = asyncio.Event()
        for number in (signal.SIGTERM, signal.SIGINT):
            asyncio.get_running_loop().add_signal_handler(number, stop.set)
        server = make_server(
            probe_app(self.health, door=self._service.door),
            host=self._settings.host,
            port=self._settings.port,
        )
        background: list[asyncio.Future[Any]] = (
            [asyncio.ensure_future(server.serve())] if self._settings.port else []
        )
        working = asyncio.ensure_future(self._work(background))
        stopping = asyncio.ensure_future(stop.wait())
        threading.Thread(target=self._watch_the_loop, daemon=True).start()
        try:
            done, _ = await asyncio.wait(
                {working, stopping, *background}, return_when=asyncio.FIRST_COMPLETED
            )
            for future in done - {stopping}:
                future.result()
        finally:
            working.cancel()
            with suppress(asyncio.CancelledError):
                await working
            server.should_exit = True
            for future in background:
                future.cancel() if future is not background[0] or not self._settings.port else None
            await asyncio.wait(background or [stopping], timeout=6)
            self._log.info("stopped")

    async def _work(self, background: list["asyncio.Future[Any]"]) -> None:
        partitions = await self._prepared()
        if self._service.reference is not None:
            background.append(asyncio.ensure_future(self._service.reference.follow()))
        broker = self._subscribed(partitions)
        extra = [asyncio.ensure_future(task()) for task in self._service.tasks]
        try:
            await self._until_it_works("kafka", broker.start)
            self._trouble = None
            self._log.info("started", partitions=partitions)
            while True:
                self._beat = time.monotonic()
                may_start = self._service.reference is None or self._service.reference.complete
                for loop, subscriber in zip(self._loops, self._subscribers, strict=True):
                    await loop.tend(may_start=may_start)
                    self._check_alive(loop, subscriber)
                for task in extra:
                    if task.done():
                        task.result()
                await asyncio.sleep(_TEND_EVERY_S)
        finally:
            for task in extra:
                task.cancel()
            with suppress(KafkaError, OSError, TimeoutError):
                await asyncio.wait_for(broker.stop(), timeout=20)
            for loop in self._loops:
                await loop.close()

    async def _prepared(self) -> int:
        """Migrate, and learn which cluster this is; both wait for what is away."""
        packages = ("wangge_chassis", *([self._service.package] if self._service.package else []))
        await self._until_it_works("postgres", lambda: migrate(self._database, packages=packages))
        cluster, partitions = await self._until_it_works("kafka", self._cluster)
        connection = await self._until_it_works("postgres", self._database.connect)
        try:
            known = await connection.fetchrow("SELECT cluster_id, partitions FROM cluster")
            if known is None:
                await connection.execute(
                    "INSERT INTO cluster (cluster_id, partitions) VALUES ($1, $2) ON CONFLICT DO NOTHING",
                    cluster,
                    partitions,
                )
            elif (known["cluster_id"], known["partitions"]) != (cluster, partitions):
                stored = f"cluster {known['cluster_id']}, {known['partitions']} partitions"
                raise MustExit(
                    f"this schema belongs to {stored}, not to {cluster}, {partitions}: start empty"
                )
        finally:
            await connection.close()
        return int(partitions)

    async def _cluster(self) -> tuple[str, int]:
        admin = AIOKafkaAdminClient(bootstrap_servers=self._settings.kafka.split(","))
        await admin.start()
        try:
            description = await admin.describe_cluster()
            names = sorted({name for consumer in self._service.consumers for name in consumer.topics})
            found = await admin.describe_topics(names) if names else []
        finally:
            await admin.close()
        counts = {topic["topic"]: len(topic["partitions"]) for topic in found if not topic["error_code"]}
        missing = [name for name in names if name not in counts]
        if missing:
            raise ConnectionError(f"topics are missing: {', '.join(missing)}")
        if len(set(counts.values())) > 1:
            raise MustExit(f"inside topics must have the same number of partitions, but: {counts}")
        return str(description["cluster_id"]), next(iter(counts.values()), 1)

    async def _until_it_works(self, what: str, attempt: Callable[[], Awaitable[Any]]) -> Any:
        wait_s = 0.2
        while True:
            try:
                return await attempt()
            except Exception as error:
                if not isinstance(error, KafkaError) and not is_outage(error):
                    raise
                self._trouble = f"waiting for {what}: {type(error).__name__}: {error}"[:300]
                self._log.warning("waiting", on=what, error=str(error)[:200], retry_in_s=wait_s)
            await asyncio.sleep(wait_s)
            wait_s = min(wait_s * 2, 5.0)

    def _subscribed(self, partitions: int) -> KafkaBroker:
        settings = self._settings
        broker = KafkaBroker(
            settings.kafka.split(","),
            client_id=f"wangge-{self._service.name}-{settings.replica}",
            logger=None,
            apply_types=False,
            allow_auto_create_topics=False,
            graceful_timeout=15.0,
        )
        clock = HouseClock()
        for consumer in self._service.consumers:
            loop = Loop(
                consumer,
                service=self._service.name,
                database=self._database,
                settings=settings,
                partitions=partitions,
                clock=clock,
            )
            assignor = RoundRobinPartitionAssignor if consumer.outside else RangePartitionAssignor
            subscriber: Any = broker.subscriber(
                *consumer.topics,
                pattern=consumer.pattern,
                batch=True,
                group_id=consumer.name,
                group_instance_id=f"{consumer.name}-{settings.replica}",
                auto_offset_reset="earliest",
                ack_policy=AckPolicy.MANUAL,
                max_records=settings.batch_size,
                batch_timeout_ms=max(1, round(settings.poll_s * 1000)),
                partition_assignment_strategy=(assignor,),
                session_timeout_ms=round(settings.session_timeout_s * 1000),
                heartbeat_interval_ms=round(settings.session_timeout_s * 1000 / 6),
                rebalance_timeout_ms=60_000,
                max_poll_interval_ms=600_000,
                max_partition_fetch_bytes=3 * 1024 * 1024,
                listener=loop,
                parser=_parse,
                decoder=_decode,
            )
            subscriber(_handler(loop))
            loop.attach(partial(getattr, subscriber, "consumer", None))
            self._loops.append(loop)
            self._subscribers.append(subscriber)
        return broker

    def _check_alive(self, loop: Loop, subscriber: Any) -> None:
        """End the process when consumption has died though everything looks well (aiokafka 1154)."""
        if loop.fatal:
            raise MustExit(loop.fatal)
        consumer: AIOKafkaConsumer = subscriber.consumer
        if any(task.done() for task in subscriber.tasks):
            raise MustExit(f"the reading task of {loop.consumer.name} has ended")
        if consumer._coordinator._coordination_task.done():
            raise MustExit(f"the group membership of {loop.consumer.name} has died")
        silent = time.monotonic() - loop.handled_at
        if silent > self._settings.stuck_after_s and loop.stuck():
            raise MustExit(
                f"{loop.consumer.name} has records to read and has handled none for {silent:.0f} s"
            )

    def _watch_the_loop(self) -> None:
        """End the process when its event loop stands still; counted in ticks, so a pause is no death."""
        tick_s = 5.0
        late = 0
        while True:
            time.sleep(tick_s)
            late = late + 1 if time.monotonic() - self._beat > tick_s and not self._trouble else 0
            if late * tick_s > self._settings.stuck_after_s:
                os._exit(70)

    def health(self) -> Health:
        """Say whether this replica does its work, and if not, every reason."""
        now = Health()
        if self._trouble:
            now.reasons.append(self._trouble)
        if self._service.reference is not None and self._service.reference.trouble:
            now.reasons.append(self._service.reference.trouble)
        for loop, subscriber in zip(self._loops, self._subscribers, strict=True):
            name = loop.consumer.name
            state = loop.state(subscriber.consumer)
            now.reasons += [f"{name}: {reason}" for reason in state.pop("reasons")]
            now.details[name] = state
            metrics.OWNED.labels(name).set(len(loop.owned))
            metrics.HALTED.labels(name).set(len(loop.halts))
            for topic, lag in state["lag"].items():
                metrics.LAG.labels(name, topic).set(lag)
        return now


async def _parse(records: tuple[RawRecord, ...]) -> KafkaMessage:
    """Hand the raw records over; FastStream's own parser raises on a header that is not UTF-8."""
    return KafkaMessage(
        raw_message=records,
        body=records,
        headers={},
        correlation_id="-",
        message_id="-",
        consumer=_NO_CONSUMER,
    )


async def _decode(message: KafkaMessage) -> Any:
    return message.raw_message


class _NoConsumer:
    """What FastStream may acknowledge on: nothing, for offsets are ours."""

    async def commit(self) -> None:
        return None


_NO_CONSUMER: Any = _NoConsumer()


def _handler(loop: Loop) -> Callable[[Any], Awaitable[None]]:
    async def handle(records: Any) -> None:
        await loop.handle(records)

    return handle
