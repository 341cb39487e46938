"""Mount a service: migrate, read, serve, and stop gracefully. One process, one event loop."""

import asyncio
import signal
import time
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

import structlog
import uvloop
from aiokafka.errors import KafkaError
from starlette.types import ASGIApp

from wangge_chassis import logs, metrics, stop_points
from wangge_chassis.collecting import collect_seldom
from wangge_chassis.consumer import Consumer
from wangge_chassis.holding import MustExit
from wangge_chassis.instants import HouseClock
from wangge_chassis.kafka_access import KafkaAccess
from wangge_chassis.lines import hindrance, tend_lines
from wangge_chassis.loop import Loop
from wangge_chassis.postgres import Database
from wangge_chassis.preparing import STARTING, prepare, until_it_works, written_inside_by
from wangge_chassis.probes import Health, make_server, probe_app
from wangge_chassis.producing import Producer
from wangge_chassis.reference import Reference
from wangge_chassis.reference_keeping import keep
from wangge_chassis.settings import ServiceSettings
from wangge_chassis.skew import differing
from wangge_chassis.subscribing import make_broker, start, subscribe
from wangge_chassis.watching import Watchdog, check_alive, check_moving
from wangge_chassis.working import Means

_TEND_EVERY_S = 0.1
_CHECK_EVERY_S = 1.0
_HINT_EVERY_S = 1.0
_LONG_S = 10.0
_FINISHES_WITHIN_S = 10.0
"""What is in hand when a signal comes is finished; after so long, as in an outage, it is cut off."""


@dataclass(frozen=True, slots=True)
class Service:
    """
    Everything that makes a service: its name, its consumers, its door, its background tasks.

    *package* holds its `migrations`; *reference* is followed when the rooms need reference data, and
    no part is taken over while there is none to work with.
    """

    name: str
    settings: ServiceSettings
    consumers: tuple[Consumer, ...] = ()
    package: str | None = None
    door: ASGIApp | None = None
    reference: Reference | None = None
    tasks: tuple[Callable[[], Awaitable[None]], ...] = ()
    examines: tuple[Callable[[Health], None], ...] = ()
    """Each adds to the health of a replica what only its room knows."""
    producers: tuple[Producer, ...] = ()
    """By which its door writes on inside topics."""


def run(service: Service) -> None:
    """Run *service* until SIGTERM or SIGINT; exits with one line when it must not start."""
    settings = service.settings
    logs.configure(service=service.name, replica=settings.replica, level=settings.log_level)
    stop_points.arm(settings.stop_point, mode=settings.mode)
    KafkaAccess.from_environment().require_files()  # What is wrong is told before anything is begun.
    tend_lines()
    collect_seldom()
    try:
        uvloop.run(_Mounted(service).live())
    except MustExit as error:
        structlog.get_logger().critical("must_exit", reason=str(error))
        raise SystemExit(f"{service.name}: {error}") from None


class _Mounted:
    """A service while it runs."""

    def __init__(self, service: Service) -> None:
        settings = service.settings
        self._service = service
        self._settings = settings
        self._log = structlog.get_logger()
        self._database = Database(
            settings.postgres, schema=service.name, frozen_after_s=settings.frozen_after_s
        )
        self._loops: list[tuple[Loop, Any]] = []
        self._trouble: str | None = STARTING
        self._watchdog = Watchdog(dead_after_s=settings.stuck_after_s)
        self._stopping = False
        self._tending: asyncio.Task[None] | None = None

    async def live(self) -> None:
        """Serve and work until a signal comes or one of the two ends."""
        stop = asyncio.Event()
        for number in (signal.SIGTERM, signal.SIGINT):
            asyncio.get_running_loop().add_signal_handler(number, stop.set)
        server = make_server(
            probe_app(self.health, door=self._service.door),
            host=self._settings.host,
            port=self._settings.port,
        )
        serving = [asyncio.ensure_future(server.serve())] if self._settings.port else []
        working = asyncio.ensure_future(self._work())
        stopping = asyncio.ensure_future(stop.wait())
        self._watchdog.start()
        watching = asyncio.ensure_future(self._watch())
        ends = {working, stopping, watching, *serving}
        try:
            done, _ = await asyncio.wait(ends, return_when=asyncio.FIRST_COMPLETED)
            for future in done:
                future.result()
        finally:
            # The door stays open while the work drains: its last answers are acknowledged ones.
            self._stopping = True
            watching.cancel()
            if self._tending is not None:
                # Cut off in a turn, nobody would know what was committed: all parts would be taken over.
                await asyncio.wait({self._tending}, timeout=_FINISHES_WITHIN_S)
                self._tending.cancel()
            else:
                working.cancel()
            with suppress(asyncio.CancelledError):
                await working
            server.should_exit = True
            if serving:
                await asyncio.wait(serving, timeout=6)
            self._log.info("stopped")

    async def _work(self) -> None:
        service, settings = self._service, self._settings
        partitions = await prepare(
            self._database,
            packages=("wangge_chassis", *([service.package] if service.package else [])),
            bootstrap=settings.kafka.split(","),
            reads={name for consumer in service.consumers for name in consumer.topics},
            writes=written_inside_by(service.name) if service.consumers else (),
            say=self._say,
        )
        for producer in service.producers:
            producer.keep_to(partitions)
        broker = make_broker(settings, service=service.name)
        clock = HouseClock()
        means = Means(
            service=service.name,
            database=self._database,
            settings=settings,
            partitions=partitions,
            clock=clock,
            reference=service.reference,
            consumers=service.consumers,
        )
        for consumer in service.consumers:
            loop = Loop(consumer, means)
            self._loops.append((loop, subscribe(broker, loop, settings=settings)))
        tasks = [asyncio.ensure_future(task()) for task in service.tasks]
        if service.reference is not None:
            keeping = keep(
                service.reference, database=self._database, clock=clock, bootstrap=settings.kafka.split(",")
            )
            tasks.append(asyncio.ensure_future(keeping))
        tasks.append(asyncio.ensure_future(self._hint()))
        try:
            await until_it_works("kafka", lambda: start(broker), say=self._say)
            self._trouble = None
            self._log.info("started", partitions=partitions)
            self._tending = asyncio.ensure_future(self._tend(tasks))
            await self._tending
        finally:
            for task in tasks:
                task.cancel()
            with suppress(KafkaError, OSError, TimeoutError):
                await asyncio.wait_for(broker.stop(), timeout=20)
            for loop, _ in self._loops:
                await loop.close()

    async def _tend(self, tasks: Sequence["asyncio.Future[None]"]) -> None:
        while not self._stopping:
            may_start = self._service.reference is None or self._service.reference.trouble is None
            for loop, _ in self._loops:
                began = time.monotonic()
                await loop.tend(may_start=may_start)
                if (took_s := time.monotonic() - began) > _LONG_S:
                    self._log.warning("tending_took_long", consumer=loop.consumer.name, took_s=round(took_s))
            for task in tasks:
                if task.done():
                    task.result()
            wakes_in_s = min((loop.wakes_in_s() for loop, _ in self._loops), default=_TEND_EVERY_S)
            await asyncio.sleep(max(0.0, min(_TEND_EVERY_S, wakes_in_s)))

    async def _watch(self) -> None:
        """Let the watchdog hear that the event loop turns, and end the process when its work has died."""
        while True:
            self._watchdog.beat()
            if self._tending is not None and not self._tending.done():
                for loop, subscriber in self._loops:
                    check_alive(loop, subscriber, stuck_after_s=self._settings.stuck_after_s)
                check_moving([loop for loop, _ in self._loops], stuck_after_s=self._settings.stuck_after_s)
            await asyncio.sleep(_CHECK_EVERY_S)

    async def _hint(self) -> None:
        """Tell Kafka how far we are, for dashboards and `restored.py`; no failure matters."""
        hinted: dict[Any, int] = {}
        while True:
            await asyncio.sleep(_HINT_EVERY_S)
            for loop, subscriber in self._loops:
                await loop.look_ahead()
                fresh = {at: n for at, n in loop.offsets().items() if hinted.get(at) != n}
                if fresh and subscriber.consumer is not None:
                    with suppress(KafkaError, TimeoutError):
                        async with asyncio.timeout(5):
                            await subscriber.consumer.commit(fresh)
                        hinted |= fresh

    def _say(self, trouble: str) -> None:
        self._trouble = trouble

    def health(self) -> Health:
        """Say whether this replica does its work, and if not, every reason."""
        now = Health(reasons=["stops"] if self._stopping else [], notes=[*hindrance(), *differing()])
        reference = self._service.reference
        now.reasons += [why for why in (self._trouble, reference.trouble if reference else None) if why]
        if reference is not None:
            now.details["reference_version"] = reference.version
            if reference.unreachable:
                now.notes.append(f"no newer reference data are heard of: {reference.unreachable}")
            now.notes += [
                f"reference version {version} is of no use here: {why}; {reference.version} stays in force"
                for version, why in reference.unreadable.items()
            ]
        metrics.LAG.clear()  # of what is no longer read the last value would stay
        for loop, subscriber in self._loops:
            name = loop.consumer.name
            state = loop.state()
            consumer = subscriber.consumer
            coordinator = consumer and consumer._coordinator  # none before the consumer has started
            if coordinator is None or coordinator.coordinator_id is None:
                state["reasons"].append("no group coordinator")
            now.reasons += [f"{name}: {reason}" for reason in state.pop("reasons")]
            now.notes += [f"{name}: {note}" for note in state.pop("notes")]
            now.details[name] = state
            metrics.OWNED.labels(name).set(len(loop.owned))
            metrics.HALTED.labels(name).set(len(loop.halts))
            metrics.WAITING.labels(name).set(len(loop.waits))
            metrics.UNPUBLISHED.labels(name).set(state["unpublished"])
            for topic, lag in state["lag"].items():
                metrics.LAG.labels(name, topic).set(lag)
        for examine in self._service.examines:
            examine(now)
        return now
