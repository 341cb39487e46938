"""What an HTTP door is given -> Kafka; the caller hears of it once every in-sync replica has it."""

import asyncio
import time
from collections.abc import Sequence
from dataclasses import dataclass, field

import structlog
from aiokafka.errors import KafkaError

from wangge_chassis.lines import in_full
from wangge_chassis.publisher import Publisher, PublishFailed, PublishRefused

_AWAY_S = 1.0
"""After a failure nothing is tried for so long: who comes meanwhile is told at once instead of waiting."""


class NotKept(Exception):
    """Kafka has not said that it has this; whether it has is unknown, so the same may be sent again later."""


class NoTopic(NotKept):
    """There is no such topic: an operator has not made it, or not yet."""


@dataclass(slots=True)
class Letter:
    """One record to be kept, as it stands; frozen by custom only, for one is made for every item."""

    topic: str
    key: bytes
    headers: list[tuple[str, bytes]]
    value: bytes


@dataclass(slots=True)
class _Lane:
    """What waits for one topic: one round is on its way, the next gathers meanwhile."""

    gathered: list[Letter] = field(default_factory=list)
    callers: "list[asyncio.Future[None]]" = field(default_factory=list)
    """Each has a future of its own: one that goes away must not take the round of the others with it."""
    task: "asyncio.Task[None] | None" = None


class Producer:
    """
    One idempotent producer for many callers at once.

    Under load the letters of many callers share a round, because only one per topic is on its way; when
    it is quiet a letter goes at once. No caller waits longer than two rounds of *within_s* seconds.
    """

    def __init__(self, bootstrap: str, *, client_id: str, within_s: float = 5.0) -> None:
        self._publisher = Publisher(bootstrap.split(","), client_id=client_id)
        self._within_s = within_s
        self._lanes: dict[str, _Lane] = {}
        self._known: set[str] = set()
        self._asking = asyncio.Lock()
        self._away_until = 0.0
        self._log = structlog.get_logger()

    def keep_to(self, partitions: int) -> None:
        """Key what goes to inside topics by so many *partitions*, the house's own number (`Publisher`)."""
        self._publisher.inside = partitions

    async def send(self, topic: str, *, key: bytes, headers: list[tuple[str, bytes]], value: bytes) -> None:
        """Return when all in-sync replicas have the record. Raises NotKept, and NoTopic."""
        await self.send_all([Letter(topic, key, headers, value)])

    async def send_all(self, letters: Sequence[Letter]) -> None:
        """Return when all in-sync replicas have every one of *letters*, all of one topic. Raises NotKept."""
        if time.monotonic() < self._away_until:
            raise NotKept("Kafka is away")
        topic = letters[0].topic
        lane = self._lanes.get(topic)
        if lane is None:
            lane = self._lanes[topic] = _Lane()
        lane.gathered += letters
        kept = asyncio.get_running_loop().create_future()
        lane.callers.append(kept)
        if lane.task is None:
            lane.task = asyncio.ensure_future(self._empty(topic, lane))
        await kept

    async def has(self, topic: str) -> bool:
        """Whether *topic* is there. Raises NotKept when Kafka cannot be asked."""
        try:
            async with asyncio.timeout(self._within_s):
                await self._reach(topic)
        except NoTopic:
            return False
        except (KafkaError, OSError, TimeoutError) as error:
            raise NotKept("Kafka is away") from error
        return True

    async def close(self) -> None:
        """Wait for what is on its way, then let go."""
        tasks = [lane.task for lane in self._lanes.values() if lane.task is not None]
        if tasks:
            await asyncio.wait(tasks, timeout=self._within_s)
        await self._publisher.close()

    async def _empty(self, topic: str, lane: _Lane) -> None:
        """Send what gathers in *lane*, round by round, until nothing is left or Kafka is away."""
        try:
            while lane.gathered:
                await asyncio.sleep(0)
                letters, lane.gathered = lane.gathered, []
                callers, lane.callers = lane.callers, []
                await self._round(topic, letters, callers)
        finally:
            lane.task = None
            callers, lane.gathered, lane.callers = lane.callers, [], []
            _tell(callers, NotKept("the door closes"))

    async def _round(self, topic: str, letters: list[Letter], callers: "list[asyncio.Future[None]]") -> None:
        refusal: NotKept | None = NotKept("the door closes")
        why = str(refusal)
        try:
            async with asyncio.timeout(self._within_s):
                await self._reach(topic)
                await self._publisher.publish(letters)
            refusal = None
        except NoTopic as error:
            refusal, why = error, str(error)
        except (PublishFailed, PublishRefused, KafkaError, OSError, TimeoutError) as error:
            # Brokers' names and what is wrong with a certificate are the log's: the caller is an outsider.
            told = {
                TimeoutError: f"no acknowledgement within {self._within_s:.0f} s",
                PublishRefused: str(error),
            }
            refusal, why = NotKept(told.get(type(error), "Kafka is away")), in_full(error)
            self._away_until = time.monotonic() + _AWAY_S
            self._known.clear()
            await self._publisher.drop()
        finally:
            if refusal is not None:
                self._log.warning("not_kept", topic=topic, letters=len(letters), reason=why)
            _tell(callers, refusal)

    async def _reach(self, topic: str) -> None:
        """Know that *topic* is there: a producer waits for a missing one, and everybody with it."""
        if topic in self._known:
            return
        async with self._asking:
            if topic not in self._known:
                if not await self._publisher.knows(topic):
                    raise NoTopic(f"there is no topic {topic}")
                self._known.add(topic)


def _tell(callers: "list[asyncio.Future[None]]", refusal: NotKept | None) -> None:
    for kept in callers:
        if kept.done():
            continue  # who asked has gone
        if refusal is None:
            kept.set_result(None)
        else:
            kept.set_exception(refusal)
