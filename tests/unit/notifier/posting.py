"""A courier without broker, database or network, in a house whose clock the test moves."""

import asyncio
from collections.abc import Callable, Collection, Iterator
from copy import copy
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any, cast
from zoneinfo import ZoneInfo

import pytest
from pydantic_core import from_json

from tests.unit.ledger.telling import told
from tests.unit.notifier.telling import DIRECTORY, NOW, TEMPLATES
from wangge_chassis import Connection, Outgoing, Received, Turn
from wangge_chassis.instants import HouseClock
from wangge_chassis.ownership import Owned
from wangge_contracts.message import derive_id
from wangge_notifier import courier as couriers, taking
from wangge_notifier.agenda import Entry
from wangge_notifier.channels import Channels, Policy
from wangge_notifier.courier import Courier
from wangge_notifier.delivering import Outcome, Schedule
from wangge_notifier.directory import Address, Directory
from wangge_notifier.linking import Links
from wangge_notifier.pacing import Lane
from wangge_notifier.saying import Delivery
from wangge_notifier.sending import Channel, Parcel
from wangge_notifier.store_deliveries import Waiting
from wangge_notifier.taking import CourierRoom, Delivering
from wangge_notifier.templates import Templates

SCHEDULE = Schedule(attempts=6, first_wait=timedelta(seconds=10), longest_wait=timedelta(minutes=10))
OK = Outcome("204", accepted=True)
BAD = Outcome("500", sick=True)
Script = Callable[[Parcel], Outcome | None]
"""What a receiver answers; None: nothing, until the test lets it."""
_PARTS = frozenset(range(12))
_NO_CONNECTION = cast("Connection", None)
"""The books stand where it leads, so nobody asks it for anything."""


@dataclass
class Books:
    """The courier's tables."""

    rows: dict[str, Delivery] = field(default_factory=dict)
    lanes: dict[str, Lane] = field(default_factory=dict)

    async def deliveries(self, _: Any, ids: Collection[str]) -> dict[str, Delivery]:
        return {key: copy(self.rows[key]) for key in ids if key in self.rows}

    async def waiting(self, _: Any, __: Any, ___: Any, *, until: datetime) -> Waiting:
        rows = self.rows.values()
        return Waiting(
            {row.notice_id: row.attempt for row in rows if row.state == "sending"},
            [Entry.of(row) for row in rows if row.due_at is not None and row.due_at < until],
            [replace(lane, flying=0) for lane in self.lanes.values()],
        )

    async def save_deliveries(self, _: Any, changed: Collection[Delivery]) -> None:
        self.rows |= {each.notice_id: copy(each) for each in changed}

    async def save_lanes(self, _: Any, lanes: Collection[Lane]) -> None:
        self.lanes |= {lane.endpoint_key: copy(lane) for lane in lanes}


class HeardTurn(Turn):
    """A turn of the timer over all parts, and what is said in it."""

    def __init__(self, now: datetime) -> None:
        super().__init__(
            _NO_CONNECTION,
            service="notifier",
            consumer="notifier-courier",
            partitions=len(_PARTS),
            owned={str(part): Owned(str(part), 1, 0, frozenset(), {}) for part in _PARTS},
            clock=HouseClock(),
        )
        self.now = now
        self.said: list[Outgoing] = []

    def emit(self, outgoing: Outgoing, *, part: str | None = None) -> None:
        super().emit(outgoing, part=part)
        self.said.append(outgoing)


class Scripted(Channel):
    """A receiver that answers as the test says, and what it was sent."""

    def __init__(self, house: "House") -> None:
        self._house = house

    async def send(self, parcel: Parcel) -> Outcome:
        self._house.sent.append((self._house.now, parcel.notice_id, parcel.attempt))
        self._house.parcels.append(parcel)
        answer = self._house.script(parcel)
        while answer is None:
            await self._house.goes_on.wait()
            answer = self._house.script(parcel)
        return answer

    async def query(self, parcel: Parcel) -> Outcome:
        self._house.asked.append((self._house.now, parcel.notice_id))
        return self._house.tells(parcel)


@dataclass
class House:
    """A courier and what it stands on; `crash` gives the books to a new one."""

    monkeypatch: pytest.MonkeyPatch
    channels: Channels = field(default_factory=Channels)
    books: Books = field(default_factory=Books)
    now: datetime = NOW
    sent: list[tuple[datetime, str, int]] = field(default_factory=list)
    parcels: list[Parcel] = field(default_factory=list)
    asked: list[tuple[datetime, str]] = field(default_factory=list)
    said: list[Outgoing] = field(default_factory=list)
    script: Script = lambda _: OK
    tells: Callable[[Parcel], Outcome] = lambda _: OK
    goes_on: asyncio.Event = field(default_factory=asyncio.Event)
    zone: str = "Asia/Shanghai"
    links: Links | None = None
    templates: Templates = TEMPLATES

    def __post_init__(self) -> None:
        self.monkeypatch.setattr(couriers, "store", self.books)
        self.monkeypatch.setattr(taking, "store", self.books)
        self.crash()

    def crash(self) -> None:
        """Let another process begin with what the books hold."""
        directory = _with_every_address(DIRECTORY)
        means = {name: Scripted(self) for name in ("webhook", "sms", "email")}
        self.courier = Courier(
            lambda: directory,
            lambda: Policy(self.channels, ZoneInfo(self.zone), "desk:110101"),
            lambda: self.templates,
            means,
            SCHEDULE,
            links=lambda: self.links,
            steady=lambda: self.now.timestamp(),
        )
        self.room = CourierRoom(self.courier)

    async def loaded(self, *received: Received) -> Delivering:
        """Open a batch; the test says whether it is ever committed."""
        return await self.room.load(_NO_CONNECTION, received, self.now)

    def asks(self) -> tuple[Connection, frozenset[int], int, datetime]:
        """With what the timer asks now whether there is anything to do."""
        return _NO_CONNECTION, _PARTS, len(_PARTS), self.now

    async def hear(self, *received: Received) -> None:
        """Give the room one batch, committed."""
        state = await self.loaded(*received)
        for each in received:
            self.said += self.room.decide(state, each)
        await self.room.save(_NO_CONNECTION, state)
        self.room.committed(state)
        await self.settle()

    async def turn(self, *, commits: bool = True, learns: bool = True) -> datetime | None:
        """Ask the timer once; return when it wants to be asked again, None when there was something to do."""
        self.courier.timer.expected = None
        answer = await self.courier.peek(*self.asks())
        await self.settle()
        expected = self.courier.timer.expected
        if answer is not True and expected is not None and expected <= self.now:
            return None
        if not (answer is True or (isinstance(answer, datetime) and answer <= self.now)):
            assert answer is None or isinstance(answer, datetime)
            return answer or self.now + timedelta(minutes=10)
        turn, before = HeardTurn(self.now), dict(self.books.rows)
        await self.courier.work(turn)
        if not commits:
            self.books.rows.clear()
            self.books.rows.update(before)
            return None
        self.said += turn.said
        if learns:
            for do in turn.afterwards:
                do()
        await self.settle()
        return None

    async def run(self, seconds: float) -> None:
        """Let so much time go by, from one instant at which something is due to the next."""
        ends = self.now + timedelta(seconds=seconds)
        while True:
            for _ in range(200):
                following = await self.turn()
                if following is not None:
                    break
            else:
                raise AssertionError("it never comes to rest")
            if following > ends:
                self.now = ends
                return
            self.now = max(following, self.now)

    async def settle(self) -> None:
        """Let what is under way get as far as it can."""
        for _ in range(6):
            await asyncio.sleep(0)

    def states(self, notice_id: str) -> list[tuple[str, int]]:
        """How far a notice came, fact by fact."""
        found = (from_json(each.message.write()) for each in self.said if each.topic == "notices.changed.v1")
        return [(told["state"], told["attempt"]) for told in found if told["notice_id"] == notice_id]

    def codes(self, notice_id: str) -> list[str]:
        """What outcomes were told of a notice, in order."""
        found = (from_json(each.message.write()) for each in self.said if each.topic == "notices.changed.v1")
        outcomes = (told.get("outcome") for told in found if told["notice_id"] == notice_id)
        return [outcome["code"] for outcome in outcomes if outcome]

    def composed(self) -> list[dict[str, Any]]:
        """The notices that the courier itself composed."""
        return [from_json(each.message.write()) for each in self.said if each.topic == "notices.composed.v1"]


def notice(number: int, *, channel: str = "webhook", endpoint: str = "one", **changed: Any) -> Received:
    """A notice of its own, normal and unconfirmed unless the test says otherwise."""
    changed = {"urgency": "normal", "confirm_by": None} | changed
    notice_id = derive_id("n", str(number))
    return told(
        "notices.composed.v1/attend",
        message_id=f"m-{number}",
        notice_id=notice_id,
        channel=channel,
        endpoint_key=f"{channel}-{endpoint}",
        **{name: value for name, value in changed.items() if value is not None},
        **({"confirm_by": None} if changed["confirm_by"] is None else {}),
    )


def answered(number: int, answer: str, *, endpoint: str = "webhook-one") -> Received:
    """What came back for `notice(number)`."""
    return told(
        "notices.answered.v1/confirmed",
        message_id=f"a-{number}-{answer}",
        notice_id=id_of(number),
        endpoint_key=endpoint,
        answer=answer,
    )


def id_of(number: int) -> str:
    """The id of `notice(number)`."""
    return derive_id("n", str(number))


def waits(number: int, attempts: int) -> Iterator[timedelta]:
    """When each attempt of a notice is due after the first, by the schedule alone."""
    since = timedelta(0)
    for attempt in range(1, attempts + 1):
        yield since
        since += SCHEDULE.wait(id_of(number), attempt)


def _with_every_address(directory: Directory) -> Directory:
    class Everywhere(dict[tuple[str, str], Address]):
        def get(self, at: tuple[str, str], _: Any = None) -> Any:
            key, whose = at
            return Address(whose, key.partition("-")[0], f"http://{key}.example/")

    return replace(directory, addresses=Everywhere())
