"""Partitions that were added are noticed also by who leads without knowing it, and nobody asks for ever."""

from types import SimpleNamespace
from typing import Any

import pytest
from aiokafka import TopicPartition

from wangge_chassis.noticing import Noticing

REPORTS = "terminals.pda.reports.v1"


class Member(Noticing):
    """One of a group, which was given partition 0 and counts how often it asked for more."""

    def __init__(self, *, leads: bool = False, pattern: bool = True) -> None:
        self._asked_of = set()
        self.asked = 0
        self._coordinator = self
        self._group_subscription = {REPORTS} if leads else None
        assignment = SimpleNamespace(tps={TopicPartition(REPORTS, 0)})
        held = SimpleNamespace(topics={REPORTS}, assignment=assignment)
        self._subscription = SimpleNamespace(subscribed_pattern=pattern, subscription=held)

    def request_rejoin(self) -> None:
        self.asked += 1

    def hear(self, partitions: int) -> None:
        """Hear from the broker how many partitions there are."""
        cluster: Any = SimpleNamespace(partitions_for_topic=lambda _: set(range(partitions)))
        self._look(cluster)


def test_who_has_not_all_there_is_asks_once_for_each_that_is_added() -> None:
    member = Member()

    asked = []
    for partitions in (1, 3, 3, 4, 4):
        member.hear(partitions)
        asked.append(member.asked)

    assert asked == [0, 1, 1, 2, 2]


@pytest.mark.parametrize("other", [{"leads": True}, {"pattern": False}])
def test_who_leads_looks_by_himself_and_a_room_has_what_it_began_with(other: dict[str, bool]) -> None:
    member = Member(**other)
    member.hear(3)

    assert member.asked == 0
