"""Which parts we hold, what of a poll is ours to handle, and where reading goes on."""

import asyncio
import math
import time
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from itertools import groupby
from operator import attrgetter
from uuid import UUID

from aiokafka import TopicPartition
from aiokafka.errors import KafkaError

from wangge_chassis import halting, metrics, placing
from wangge_chassis.consumer import Consumer
from wangge_chassis.giving import Given
from wangge_chassis.halting import Halt
from wangge_chassis.instants import HouseClock
from wangge_chassis.ownership import Owned, take_over
from wangge_chassis.postgres import Connection
from wangge_chassis.reading import RawRecord
from wangge_chassis.records import Promised
from wangge_chassis.topic_ids import topic_ids

_PLACE = attrgetter("topic", "partition")
_LOOK_EVERY_S = 5.0
_LOOK_WITHIN_S = 5.0


class MustExit(Exception):
    """This process cannot go on and says why in one line; an orchestrator may start it again."""


class Holding(Given):
    """
    The parts of one consumer.

    A part that is not held is not handled: its records are dropped, and the seek that follows the takeover
    brings them again.
    """

    def __init__(self, consumer: Consumer, *, clock: HouseClock) -> None:
        super().__init__(consumer)
        self.owned: dict[str, Owned] = {}
        self.halts: dict[str, str] = {}
        self.waits: dict[TopicPartition, str] = {}
        """Partitions that wait for reference data, and for which."""
        self._asked_again: set[TopicPartition] = set()
        self._given_up: dict[TopicPartition, int] = {}
        """What came next on partitions when we held them last."""
        self._holes: dict[TopicPartition, tuple[int, int]] = {}
        """What was expected, and from where on there is something, or may be."""
        self.moved_at = math.inf
        """When a step of the work ended last, however small; before the first has begun nothing is late."""
        self._looked_at = -math.inf
        self._clock = clock

    @property
    def missing(self) -> list[str]:
        """Parts that were given to us and are not held, in ascending order."""
        return sorted(self._assigned.keys() - self.owned.keys())

    @property
    def ready(self) -> dict[str, Owned]:
        """Parts that are held and do not stand still."""
        return {part: owned for part, owned in self.owned.items() if not owned.halted}

    async def on_partitions_revoked(self, revoked: Iterable[TopicPartition]) -> None:
        """Forget every part: the group takes all of them at once."""
        await super().on_partitions_revoked(revoked)
        self._given_up.clear()
        self.owned.clear()
        self.halts.clear()
        self.waits.clear()

    async def take_over_missing(self, connection: Connection, ids: Mapping[str, UUID]) -> list[Promised]:
        """
        Take over what was given, and return what its last owners left unpublished, in order.

        Nothing of these parts is read before `resume`. *ids* are those that the topics have now.
        """
        taken: list[Owned] = []
        left: list[Promised] = []
        for part in self.missing:
            owned, rows = await take_over(connection, self._consumer.name, part, self._assigned[part])
            taken.append(owned)
            left += rows
            self.moved_at = time.monotonic()
        await self._place(connection, taken, ids)
        for owned in taken:
            self.owned[owned.part] = owned
            if owned.halted:
                self.halts[owned.part] = owned.halted
            else:
                self.halts.pop(owned.part, None)
        metrics.TAKEOVERS.labels(self._consumer.name).inc(len(taken))
        self._log.info("parts_taken_over", parts=len(taken), leftovers=len(left))
        return left

    async def _place(self, connection: Connection, taken: Sequence[Owned], ids: Mapping[str, UUID]) -> None:
        """Find where reading goes on; a part that may not go on by itself stands still."""
        kafka = self._kafka_of()
        assert kafka is not None
        parts = {owned.part: owned for owned in taken}
        for why in await placing.place(connection, kafka, self._consumer.name, taken, ids):
            if parts[why.part].halted is None:
                parts[why.part].halted = why.reason
                now = await self._clock.now(connection)  # no turn has looked at the anchors yet
                await halting.halt(connection, self._consumer.name, why, at=now)

    async def require_same_topics(self) -> None:
        """Raise MadeAnew when what we read is not the topic that it was when we took it over."""
        kafka = self._kafka_of()
        known = {at.topic: its for owned in self.ready.values() for at, its in owned.topic_ids.items()}
        now = await topic_ids(kafka, known) if kafka is not None and known else {}
        if anew := sorted(name for name in now if now[name] != known[name]):
            raise placing.MadeAnew(f"{anew[0]} was made anew")

    def wanted(self, records: Sequence[RawRecord], *, believed: bool = False) -> list[RawRecord]:
        """Drop what is not ours, done already, or, unless *believed*, unexpectedly above what comes next."""
        wanted: list[RawRecord] = []
        upto: dict[TopicPartition, int] = {}
        astray: set[TopicPartition] = set()
        for place, run in groupby(records, _PLACE):
            at = TopicPartition(*place)
            owned = self.owned.get(self._consumer.part_of(at.topic, at.partition))
            if owned is None or owned.halted or at in astray or self._rests(at):
                continue
            for record in run:
                expected = upto.get(at, owned.next_offset[at])
                if record.offset < expected:
                    continue
                if record.offset > expected and at not in upto and not believed:
                    if owned.suspect.pop(at, None) != record.offset:
                        # Perhaps it was fetched before our seek. Ask again: a true hole answers the same.
                        owned.suspect[at] = record.offset
                        self._seek(at, expected)
                        astray.add(at)
                        break
                    self._holes[at] = expected, record.offset
                upto[at] = record.offset + 1
                wanted.append(record)
        return wanted

    def passed(self) -> dict[TopicPartition, int]:
        """Return where reading goes on behind a hole after which nothing has come; `losses` looks into it."""
        kafka = self._kafka_of()
        upto = kafka.passed() if kafka is not None else {}
        offsets = self.offsets()
        found = {at: offset for at, offset in upto.items() if offset > offsets.get(at, offset)}
        self._holes |= {at: (offsets[at], offset) for at, offset in found.items()}
        return found

    async def losses(self) -> list[Halt]:
        """Look into the holes that were let pass: what lay before the log's start is gone unread."""
        holes, self._holes = self._holes, {}
        kafka = self._kafka_of()
        first = await kafka.beginning_offsets(list(holes)) if kafka is not None and holes else {}
        found: list[Halt] = []
        for at, (expected, seen) in holes.items():
            if expected < first.get(at, 0):
                part = self._consumer.part_of(at.topic, at.partition)
                found.append(halting.gone(part, at, expected, first[at]))
            else:
                self._log.warning("hole_accepted", at=str(at), expected=expected, seen=seen)
        return found

    def stand_still(self, part: str, why: Halt) -> None:
        """Stop reading a part until an operator decides."""
        self._log.error("part_halted", part=part, why=str(why))
        self.halts[part] = str(why)
        owned = self.owned.get(part)
        if owned is not None:
            owned.halted = str(why)
            self.pause(owned.partitions)

    def hold_back(self, waits: Mapping[TopicPartition, str], *, handled: Iterable[TopicPartition]) -> None:
        """Stop reading each partition of *waits* for now; what was *handled* otherwise waits no longer."""
        for at in handled:
            if at in self.waits and at not in waits:
                del self.waits[at]
                self._log.info("partition_goes_on", at=str(at))
        for at, why in waits.items():
            if self.waits.get(at) != why:
                self._log.warning("partition_waits", at=str(at), reason=why)
            self.waits[at] = why
        self._asked_again -= waits.keys()
        if waits:
            self.pause(waits)

    def ask_again(self) -> None:
        """Read on where something waits: perhaps the reference data have come."""
        kafka = self._kafka_of()
        if kafka is None:
            return
        self._asked_again = set(self.waits)
        offsets = self.offsets()
        for at in kafka.assignment() & self.waits.keys() & offsets.keys():
            kafka.seek(at, offsets[at])
            kafka.resume(at)

    def _rests(self, at: TopicPartition) -> bool:
        return at in self.waits and at not in self._asked_again

    def give_up(self) -> None:
        """Forget and pause every part; they are still given to us."""
        self._given_up |= self.offsets()
        self.owned.clear()
        self.waits.clear()
        self.pause()

    def resume(self) -> None:
        """Fetch again, each part that does not stand still, from the offset that comes next."""
        kafka = self._kafka_of()
        if kafka is None:
            return
        for owned in self.ready.values():
            for at in kafka.assignment() & owned.partitions & kafka.paused():
                kafka.seek(at, owned.next_offset[at])
                kafka.resume(at)

    def offsets(self) -> dict[TopicPartition, int]:
        """Return what comes next on every partition that we hold."""
        return {at: offset for owned in self.owned.values() for at, offset in owned.next_offset.items()}

    async def look_ahead(self) -> None:
        """Ask now and then where logs end of which some are paused: no fetch tells. No failure matters."""
        kafka, now = self._kafka_of(), time.monotonic()
        if kafka is None or not kafka.paused() or now - self._looked_at < _LOOK_EVERY_S:
            return
        self._looked_at = now
        with suppress(KafkaError, TimeoutError):
            async with asyncio.timeout(_LOOK_WITHIN_S):
                await kafka.look_ahead()

    def lag(self) -> dict[str, int]:
        """Return the records not yet handled, by topic, also of what was given up in an outage."""
        kafka = self._kafka_of()
        return kafka.behind(self._given_up | self.offsets()) if kafka is not None else {}
