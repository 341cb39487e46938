"""What of a poll is ours to handle: nothing twice, nothing past a hole until it is believed."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import chain
from typing import Any

import pytest
from aiokafka import TopicPartition
from hypothesis import given, strategies as st

from wangge_chassis import Consumer, metrics
from wangge_chassis.halting import Halt
from wangge_chassis.holding import Holding
from wangge_chassis.instants import HouseClock
from wangge_chassis.loop import Loop
from wangge_chassis.ownership import Owned
from wangge_chassis.reading import RawRecord
from wangge_chassis.refused import BearsRefusal, Refusals
from wangge_chassis.service import Service, _Mounted
from wangge_chassis.settings import ServiceSettings
from wangge_chassis.subscribing import make_broker, subscribe
from wangge_chassis.working import Means


@dataclass(slots=True)
class Record:
    """As much of a record as holding looks at."""

    topic: str
    partition: int
    offset: int
    timestamp: int = 0
    key: bytes | None = None
    value: bytes | None = None
    headers: Sequence[tuple[str, bytes]] = ()


A, B = "incidents.accepted.v1", "tasks.answered.v1"


NOBODY: Any = None


def router() -> Consumer:
    """What reads both topics."""
    return Consumer(name="router", room=NOBODY, topics=(A, B))


def means() -> Means:
    """What a loop needs that connects to nothing."""
    settings = ServiceSettings(kafka="127.0.0.1:9", postgres="postgresql:///nowhere")
    return Means("router", NOBODY, settings, 12, HouseClock())


def holding(**expected: int) -> Holding:
    """Return what holds part 0, of which the next offsets are *expected*."""
    held = Holding(router(), clock=HouseClock())
    at = {TopicPartition(name, 0): offset for name, offset in ((A, expected["a"]), (B, expected["b"]))}
    held.owned["0"] = Owned("0", 1, 0, frozenset(at), at)
    return held


def run(topic: str, *offsets: int, partition: int = 0) -> list[RawRecord]:
    return [Record(topic, partition, offset) for offset in offsets]


@given(st.lists(st.sampled_from((A, B)), max_size=12), st.integers(0, 5), st.integers(0, 5))
def test_what_is_done_is_dropped_and_the_rest_kept_in_order(topics: list[str], a: int, b: int) -> None:
    offsets = {A: 0, B: 0}
    poll: list[RawRecord] = []
    for topic in topics:
        poll.append(Record(topic, 0, offsets[topic]))
        offsets[topic] += 1

    wanted = holding(a=a, b=b).wanted(poll)

    assert wanted == [record for record in poll if record.offset >= (a if record.topic == A else b)]


def test_what_comes_after_a_hole_is_dropped_once_and_believed_when_it_comes_again() -> None:
    held = holding(a=3, b=0)
    poll = [*run(A, 5, 6), *run(B, 0, 1), *run(A, 7)]

    assert held.wanted(poll) == run(B, 0, 1)
    assert held.wanted([*run(A, 5, 6), *run(A, 7)]) == run(A, 5, 6, 7)


def test_a_hole_inside_a_poll_is_no_hole_after_our_seek() -> None:
    assert holding(a=3, b=0).wanted(run(A, 3, 9)) == run(A, 3, 9)


def test_records_of_a_part_that_is_not_held_or_stands_still_are_dropped() -> None:
    held = holding(a=0, b=0)
    strange = run(A, 0, partition=7)

    assert held.wanted(list(chain(strange, run(A, 0)))) == run(A, 0)
    held.owned["0"].halted = "an operator must decide"
    assert held.wanted(list(chain(strange, run(A, 0)))) == []


def test_records_of_a_partition_that_waits_are_dropped() -> None:
    held = holding(a=0, b=0)
    held.waits[TopicPartition(A, 0)] = "for reference data"

    assert held.wanted([*run(A, 0), *run(B, 0)]) == run(B, 0)


async def test_who_gives_a_part_away_says_no_longer_that_it_stands() -> None:
    held = holding(a=0, b=0)
    held.stand_still("0", Halt("0", A, 0, 0, "k", "gap", 1, 3))
    await held.on_partitions_revoked(())
    assert held.halts == {}


def test_where_a_part_stands_is_told_and_at_a_gap_between_which_numbers() -> None:
    held = holding(a=0, b=0)
    held.stand_still("0", Halt("0", A, 0, 7, "k", "gap", 4, 6))
    held.stand_still("1", Halt("1", A, 1, 7, None, "lost"))

    assert held.halts == {
        "0": "gap at incidents.accepted.v1[0]@7, key k, expected sequence 4, seen 6",
        "1": "lost at incidents.accepted.v1[1]@7, key None",
    }


@pytest.mark.parametrize(
    ("first", "gone"), [(3, []), (4, ["records 3 to 3 of incidents.accepted.v1[0] are gone"])]
)
async def test_only_what_lay_before_the_logs_start_is_lost_in_a_hole(first: int, gone: list[str]) -> None:
    class Broker:
        async def beginning_offsets(self, asked: list[TopicPartition]) -> dict[TopicPartition, int]:
            return dict.fromkeys(asked, first)

    broker: Any = Broker()
    held = holding(a=3, b=0)
    for _ in range(2):
        held.wanted(run(A, 5))
    held.attach(lambda: broker)

    assert [loss.reason for loss in await held.losses()] == gone


async def test_a_part_that_lacks_a_topic_is_a_reason_against_readiness_that_names_it() -> None:
    both = [TopicPartition(A, 0), TopicPartition(B, 0)]
    loop = Loop(router(), means())
    loop.patience.end()
    await loop.on_partitions_assigned([*both, TopicPartition(A, 1), TopicPartition(A, 2)])
    assert loop.missing == ["0"]
    assert (
        loop.state()["reasons"][0] == f"{B} is missing from 2 parts that were given to us: "
        "is it there, has it as many partitions as the others, and may we read it?"
    )
    await loop.on_partitions_assigned(both)
    assert not any(B in reason for reason in loop.state()["reasons"])


@pytest.mark.parametrize("given", [[], [TopicPartition("terminals.pda.reports.v1", 0)]])
async def test_who_is_given_nothing_or_reads_outsiders_misses_nothing(given: list[TopicPartition]) -> None:
    consumer = router() if not given else Consumer(name="intake", room=NOBODY, pattern=r"terminals\..*")
    loop = Loop(consumer, means())
    loop.patience.end()
    await loop.on_partitions_assigned(given)
    assert loop.missing == [f"{at.topic}:{at.partition}" for at in given]
    assert not any("is missing" in reason for reason in loop.state()["reasons"])


class Broker(BearsRefusal):
    """A log of part 0 of both topics, of which nothing is fetched any more."""

    def __init__(self) -> None:
        self.ends = {TopicPartition(A, 0): 3, TopicPartition(B, 0): 0}
        self._ends = {}
        self.stable = -1
        self.refused = Refusals()

    def refusals(self) -> Refusals:
        return self.refused

    def assignment(self) -> set[TopicPartition]:
        return set(self.ends)

    def paused(self) -> set[TopicPartition]:
        return self.assignment()

    def highwater(self, _: TopicPartition) -> int:
        return 3

    def last_stable_offset(self, _: TopicPartition) -> int:
        return self.stable

    def pause(self, *_: TopicPartition) -> None:
        """It is."""

    async def end_offsets(self, asked: list[TopicPartition]) -> dict[TopicPartition, int]:
        return {at: self.ends[at] for at in asked}


async def test_what_was_given_up_lags_by_what_has_come_since_until_it_is_taken_away() -> None:
    held, broker = holding(a=3, b=3), Broker()
    held.attach(lambda: broker)
    held.give_up()
    assert held.lag() == {A: 0, B: 0}
    broker.ends[TopicPartition(A, 0)] = 8
    await broker.look_ahead()
    assert held.lag() == {A: 5, B: 0}
    await held.on_partitions_revoked(())
    assert held.lag() == {}


def test_what_lies_in_a_transaction_under_way_does_not_wait_to_be_read() -> None:
    held, broker = holding(a=1, b=3), Broker()
    held.attach(lambda: broker)
    assert held.lag() == {A: 2, B: 0}
    broker.stable = 1
    assert held.lag() == {A: 0, B: 0}


@pytest.mark.parametrize(
    ("consumer", "level"),
    [
        (router(), "read_uncommitted"),
        (Consumer(name="intake", room=NOBODY, pattern=r"terminals\..*"), "read_committed"),
    ],
)
def test_what_strangers_may_take_back_is_read_when_it_is_kept(consumer: Consumer, level: str) -> None:
    settings = means().settings
    broker = make_broker(settings, service=consumer.name)
    subscriber = subscribe(broker, Loop(consumer, means()), settings=settings)
    assert subscriber._connection_args["isolation_level"] == level


async def stuck(broker: Broker) -> Loop:
    """A router for which records wait, and which nothing hinders."""
    loop = Loop(router(), means())
    await loop.on_partitions_assigned(broker.ends)
    loop.owned = holding(a=1, b=1).owned
    loop.attach(lambda: broker)
    loop.patience.end()
    assert loop.stuck()
    return loop


async def test_nobody_is_stuck_who_has_not_taken_over_yet_what_waits() -> None:
    loop = await stuck(Broker())
    loop.give_up()
    assert loop.lag() == {A: 2, B: 2}
    assert not loop.stuck()


def test_who_stops_is_not_ready_though_he_finishes_what_is_in_hand() -> None:
    mounted = _Mounted(Service(name="router", settings=means().settings))
    mounted._trouble = None
    assert mounted.health().ready

    mounted._stopping = True
    assert mounted.health().reasons == ["stops"]


def test_what_is_not_read_any_more_is_not_measured() -> None:
    metrics.LAG.labels("router", A).set(7)
    _Mounted(Service(name="router", settings=means().settings)).health()
    assert metrics.LAG._metrics == {}
