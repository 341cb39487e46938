"""A Kafka consumer that notices partitions which were added, also when nobody told it that it leads."""

from typing import Any

from aiokafka import TopicPartition

from wangge_chassis.refused import BearsRefusal


class Noticing(BearsRefusal):
    """
    Whoever leads a group notices what was added, and has everything dealt out again.

    A process that comes back under the name by which its predecessor led is not told that it leads (KIP-814;
    the client knows no better), and nobody else looks: what was added would be read by nobody until the next
    one comes or goes. So who does not lead either, and has not all there is, asks once whether there is more
    for him; who does not lead indeed is given what he had. Rooms' topics have the number they began with.
    """

    def __init__(self, *topics: str, **options: Any) -> None:
        super().__init__(*topics, **options)
        self._asked_of: set[TopicPartition] = set()

    async def start(self) -> None:
        """Connect, and look whenever the broker has told what there is."""
        await super().start()
        self._client.cluster.add_listener(self._look)

    def _look(self, cluster: Any) -> None:
        held = self._subscription.subscription
        leads = self._coordinator._group_subscription is not None
        if leads or not self._subscription.subscribed_pattern or held is None or held.assignment is None:
            return
        there = {TopicPartition(of, n) for of in held.topics for n in cluster.partitions_for_topic(of) or ()}
        if not there <= held.assignment.tps | self._asked_of:
            self._asked_of = there
            self._coordinator.request_rejoin()
