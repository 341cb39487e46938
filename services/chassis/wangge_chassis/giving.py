"""What the group gives to us: parts, all of them paused until somebody takes them over."""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable

import structlog
from aiokafka import ConsumerRebalanceListener, TopicPartition

from wangge_chassis.consumer import Consumer
from wangge_chassis.refused import BearsRefusal


class Given(ConsumerRebalanceListener):  # type: ignore[misc] # aiokafka is untyped
    """
    The parts that the group gives to one consumer, and what reads them.

    Everything is paused when it is given. A part is whole when it has a partition of every topic; one that is
    not can be held by nobody.
    """

    def __init__(self, consumer: Consumer) -> None:
        self.given_anew = False
        self.lacking: Counter[str] = Counter()
        """Topics that are no longer there, say, and how many parts are not whole without them."""
        self._consumer = consumer
        self._assigned: dict[str, frozenset[TopicPartition]] = {}
        self._kafka_of: Callable[[], BearsRefusal | None] = lambda: None
        self._log = structlog.get_logger().bind(consumer=consumer.name)

    def attach(self, kafka_of: Callable[[], BearsRefusal | None]) -> None:
        """Say where to find the Kafka consumer that records come from, once it exists."""
        self._kafka_of = kafka_of

    async def on_partitions_revoked(self, _: Iterable[TopicPartition]) -> None:
        """Forget what was given: the group takes all of it at once."""
        self._log.info("parts_revoked", parts=len(self._assigned))
        self._assigned.clear()
        self.lacking.clear()

    async def on_partitions_assigned(self, assigned: Iterable[TopicPartition]) -> None:
        """Note and pause what is given. A part whose partitions are not all here stays paused."""
        groups: dict[str, set[TopicPartition]] = defaultdict(set)
        for at in assigned:
            groups[self._consumer.part_of(at.topic, at.partition)].add(at)
        wanted = set(self._consumer.topics)
        lacks = {part: wanted - {at.topic for at in held} for part, held in groups.items()}
        self._assigned = {part: frozenset(held) for part, held in groups.items() if not lacks[part]}
        self.lacking = Counter(topic for topics in lacks.values() for topic in topics)
        self.pause()
        self.given_anew = True
        self._log.info("parts_assigned", parts=sorted(self._assigned))
        if self.lacking:
            self._log.error("parts_not_whole", lacking=dict(self.lacking))

    def unseen(self) -> list[str]:
        """Say which topics there should be that the broker does not show to us."""
        kafka, expected = self._kafka_of(), {*self._consumer.expects()}
        hidden = sorted(expected - kafka.subscription()) if expected and kafka is not None else ()
        return [f"{topic} is not seen: is it there, and may we describe it?" for topic in hidden]

    def pause(self, partitions: Iterable[TopicPartition] | None = None) -> None:
        """Stop fetching *partitions*, or all that was given."""
        kafka = self._kafka_of()
        if kafka is None:
            return
        given = kafka.assignment()
        kafka.pause(*(given if partitions is None else given & set(partitions)))

    def _seek(self, at: TopicPartition, offset: int) -> None:
        kafka = self._kafka_of()
        if kafka is not None and at in kafka.assignment():
            kafka.seek(at, offset)
