"""A timer is asked seldom, and at once when anything has moved that its answer rested on."""

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any, cast

import pytest

from wangge_chassis import Timer
from wangge_chassis.instants import Anchor, HouseClock, HouseTime
from wangge_chassis.ownership import Owned
from wangge_chassis.postgres import Connection
from wangge_chassis.waking import Waking

NOON = datetime(2026, 1, 6, 12, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
NET_S = 600


class Desk:
    """A timer, its clockwork, and what it is to answer when it is asked; it is NOON."""

    def __init__(self) -> None:
        self.answer: datetime | bool | None = None
        self.asked: list[tuple[frozenset[int], datetime]] = []
        self.clock = HouseClock()
        self.timer = Timer(every=timedelta(seconds=NET_S), peek=self.peek, work=self.work)
        self.waking = Waking(self.timer, self.clock)

    async def fetchrow(self, _: str) -> dict[str, Any]:
        return {"real_now": NOON, "anchor": self.clock.time.version}

    async def peek(
        self, _: Connection, parts: frozenset[int], partitions: int, now: datetime
    ) -> datetime | bool | None:
        assert partitions == 12
        self.asked.append((parts, now))
        return self.answer

    async def work(self, _: object) -> None:
        """Nothing."""

    def ask(self, *ready: Owned) -> bool:
        return asyncio.run(self.waking.ask(cast("Connection", self), ready, partitions=12))


def part(number: int, epoch: int = 1) -> Owned:
    return Owned(str(number), epoch, 0, frozenset(), {})


def test_who_was_never_asked_is_asked_at_once() -> None:
    assert Desk().waking.in_s([part(1)]) <= 0


@pytest.mark.parametrize(
    ("answer", "now"),
    [
        (None, False),
        (False, False),
        (True, True),
        (NOON, True),
        (NOON - MINUTE, True),
        (NOON + MINUTE, False),
    ],
)
def test_its_work_is_done_when_it_says_so_or_names_an_instant_that_has_come(
    *, answer: datetime | bool | None, now: bool
) -> None:
    desk = Desk()
    desk.answer = answer

    assert desk.ask(part(1), part(3)) is now
    assert desk.asked == [(frozenset({1, 3}), NOON)]


def test_with_nothing_to_come_it_is_asked_again_by_its_net() -> None:
    desk = Desk()
    desk.ask(part(1))

    assert NET_S - 5 < desk.waking.in_s([part(1)]) <= NET_S


def test_it_is_asked_at_the_instant_that_it_named_or_at_an_earlier_one_that_is_expected() -> None:
    desk = Desk()
    desk.answer = NOON + 2 * MINUTE
    desk.ask(part(1))
    assert 115 < desk.waking.in_s([part(1)]) <= 120

    desk.timer.expect(NOON + 3 * MINUTE)
    assert 115 < desk.waking.in_s([part(1)]) <= 120
    desk.timer.expect(NOON + MINUTE)
    assert 55 < desk.waking.in_s([part(1)]) <= 60
    desk.timer.wake()
    assert desk.waking.in_s([part(1)]) <= 0


def test_what_was_expected_is_forgotten_once_it_was_asked() -> None:
    desk = Desk()
    desk.timer.wake()
    desk.ask(part(1))

    assert desk.waking.in_s([part(1)]) > NET_S - 5


@pytest.mark.parametrize("ready", [(part(1), part(2)), (part(2),), (part(1, epoch=2),)])
def test_it_is_asked_at_once_when_parts_have_come_gone_or_been_taken_over(ready: tuple[Owned, ...]) -> None:
    desk = Desk()
    desk.ask(part(1))

    assert desk.waking.in_s(ready) <= 0


def test_it_is_asked_at_once_when_house_time_was_moved() -> None:
    desk = Desk()
    desk.ask(part(1))
    desk.clock.time = HouseTime((Anchor(NOON, NOON + 60 * MINUTE),), 1, (NOON,))

    assert desk.waking.in_s([part(1)]) <= 0
