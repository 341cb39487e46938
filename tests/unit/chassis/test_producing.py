"""What many callers of one producer have of each other."""

import asyncio
from collections.abc import Sequence
from typing import cast

from wangge_chassis.producing import Letter, NotKept, Producer
from wangge_chassis.publisher import Publishable, Publisher, PublishFailed

TOPIC = "terminals.pda.reports.v1"


class Shelf:
    """Stands for Kafka: a round ends when it is let go, and keeps nothing while it is away."""

    def __init__(self) -> None:
        self.rounds: list[list[bytes | None]] = []
        self.begun, self.goes_on = asyncio.Event(), asyncio.Event()
        self.is_away = False
        self.producer = Producer("nowhere:1", client_id="door")
        self.producer._publisher = cast("Publisher", self)

    async def knows(self, _: str) -> bool:
        """Every topic is there."""
        return True

    async def publish(self, rows: Sequence[Publishable]) -> None:
        """Keep a round."""
        self.rounds.append([row.value for row in rows])
        self.begun.set()
        await self.goes_on.wait()
        if self.is_away:
            raise PublishFailed("away")

    async def drop(self) -> None:
        """Nothing is open."""

    async def asked(self, *words: bytes) -> list["asyncio.Task[None]"]:
        """So many callers, the first of whom are being served."""
        letters = [Letter(TOPIC, b"", [], word) for word in words]
        callers = [asyncio.create_task(self.producer.send_all([letter])) for letter in letters]
        await self.begun.wait()
        await asyncio.sleep(0)
        return callers


async def test_callers_share_a_round_and_one_that_goes_away_takes_nobody_with_it() -> None:
    shelf = Shelf()
    callers = await shelf.asked(b"a", b"b", b"c")
    callers[1].cancel()
    shelf.goes_on.set()
    told = await asyncio.gather(*callers, return_exceptions=True)

    assert shelf.rounds == [[b"a", b"b", b"c"]]
    assert [type(each) for each in told] == [type(None), asyncio.CancelledError, type(None)]


async def test_all_of_a_round_that_fails_hear_that_it_did_and_of_no_broker() -> None:
    shelf = Shelf()
    shelf.is_away = True
    callers = await shelf.asked(b"a", b"b")
    shelf.goes_on.set()
    told = await asyncio.gather(*callers, return_exceptions=True)

    assert [str(each) for each in told if isinstance(each, NotKept)] == ["Kafka is away"] * 2


async def test_what_gathers_during_a_round_goes_with_the_next() -> None:
    shelf = Shelf()
    callers = await shelf.asked(b"a") + await shelf.asked(b"b", b"c")
    shelf.goes_on.set()
    await asyncio.gather(*callers)

    assert shelf.rounds == [[b"a"], [b"b", b"c"]]


async def test_who_waits_when_the_door_closes_is_refused() -> None:
    shelf = Shelf()
    callers = await shelf.asked(b"a") + await shelf.asked(b"b")
    under_way = shelf.producer._lanes[TOPIC].task
    assert under_way is not None
    under_way.cancel()
    told = await asyncio.gather(*callers, return_exceptions=True)

    assert [str(each) for each in told if isinstance(each, NotKept)] == ["the door closes"] * 2
