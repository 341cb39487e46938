"""What is due is marked and committed, sent between two turns, and its outcome recorded in another."""

import time
from collections.abc import Callable, Iterable, Iterator
from datetime import UTC, datetime, timedelta

from wangge_chassis import Connection, Outgoing, Timer, Turn, partition_of
from wangge_chassis.probes import Health
from wangge_notifier import saying, store_deliveries as store
from wangge_notifier.agenda import Agenda, Entry
from wangge_notifier.beginning import begin, gather
from wangge_notifier.channels import Channels, Policy
from wangge_notifier.delivering import Schedule
from wangge_notifier.directory import Directory
from wangge_notifier.flying import Flights
from wangge_notifier.linking import Links
from wangge_notifier.picking import picks
from wangge_notifier.recording import Errand
from wangge_notifier.saying import Delivery
from wangge_notifier.sending import Means
from wangge_notifier.templates import Templates

_AHEAD = timedelta(hours=2)
"""How far ahead what waits is kept in memory, house time."""
_AFRESH_EVERY_S = 60.0
_AT_ONCE = datetime(1900, 1, 1, tzinfo=UTC)


class Courier:
    """
    Delivers the notices of the parts that its consumer owns.

    Nobody else writes the rows of these parts (the epoch under the lock proves it), so what waits and how
    its endpoints are doing is kept in memory, filled from the database at every takeover and every minute.
    A row in state `sending` of which there is no flight here was left behind by a process that is gone:
    nobody knows whether the receiver has it. It becomes `unknown` and follows its channel's policy.
    """

    def __init__(
        self,
        directories: Callable[[], Directory],
        policies: Callable[[], Policy],
        templates: Callable[[], Templates],
        means: Means,
        schedule: Schedule,
        *,
        links: Callable[[], Links | None] = lambda: None,
        look_every: timedelta = timedelta(seconds=0.1),
        steady: Callable[[], float] = time.monotonic,
    ) -> None:
        self.agenda = Agenda()
        self.timer = Timer(every=timedelta(seconds=2), peek=self.peek, work=self.work, drain=self.drain)
        self._directories, self._policies, self._templates = directories, policies, templates
        self._schedule, self._links = schedule, links
        self._look_every, self._steady = look_every, steady
        self._flights = Flights(means, landed=lambda: self.timer.expect(_AT_ONCE), steady=steady)
        self._left: dict[str, int] = {}
        self._open: Errand | None = None
        self._stale = True
        self._draining = False
        self._may_begin = True
        self._parts: frozenset[int] = frozenset()
        self._filled_at = 0.0
        self._horizon = _AT_ONCE

    async def peek(
        self, connection: Connection, parts: frozenset[int], partitions: int, now: datetime
    ) -> datetime | bool | None:
        """Say whether a turn has anything to write, or when it will have."""
        old = self._steady() - self._filled_at > _AFRESH_EVERY_S or now + _AHEAD / 2 > self._horizon
        if self._stale or self._open is not None or parts != self._parts or old:
            await self._fill(connection, parts, partitions, now)
        self._may_begin = not self._draining
        # Whoever gets these parts back must look afresh.
        self._stale, self._draining = self._draining, False
        if self._left or self._flights.landed:
            return True
        if self.agenda.endpoints(now) and self._may_begin:
            if next(self._picks(now, self._policies().channels), None):
                return True
            return now + self._look_every
        return self.agenda.next_due()

    async def _fill(
        self, connection: Connection, parts: frozenset[int], partitions: int, now: datetime
    ) -> None:
        self._horizon = now + _AHEAD
        self._flights.unlearn()
        found = await store.waiting(connection, parts, partitions, until=self._horizon)
        self._open, self._parts, self._filled_at = None, parts, self._steady()
        self._left = self._flights.take_over(found, surely=not self._stale)
        self.agenda.fill([entry for entry in found.entries if entry.notice_id not in self._flights])

    def examine(self, health: Health) -> None:
        """Say with the replica's health which channels reach nobody."""
        self._flights.fares.examine(health)

    async def drain(self) -> None:
        """Wait for what is under way; the next turn records how it went and begins nothing."""
        self._draining = True
        await self._flights.land()
        self.timer.expect(_AT_ONCE)

    def opened(self, now: datetime) -> Errand:
        """Open a turn or a batch at house time *now* (UTC)."""
        # What was opened before and never committed left marks that may not count.
        if self._open is not None:
            self._stale = True
            self._flights.unlearn()
        self._open = Errand(now, self._policies(), self._directories(), self._templates())
        return self._open

    def committed(self, errand: Errand) -> None:
        """Take over what *errand* has written, and send what it has marked."""
        self._open = None
        for delivery in errand.changed.values():
            delivery.stored = delivery.document is not None
            self._flights.keep(delivery)
            self.agenda.drop(delivery.notice_id)
            if delivery.due_at is not None and delivery.due_at < self._horizon and delivery.document:
                self.agenda.put(Entry.of(delivery))
                self.timer.expect(delivery.due_at)
        for notice_id in errand.recorded:
            self._flights.forget(notice_id)
        for flight in errand.begun:
            if flight.asks:
                self.agenda.drop(flight.parcel.notice_id)
            self._flights.launch(flight)

    async def work(self, turn: Turn) -> None:
        """Record outcomes, doubt what was left behind, and begin what is due."""
        errand = self.opened(turn.now)
        landed = self._flights.landed
        # An endpoint has room again when it is known how its last attempt went: a probe is one.
        fell = [flight for flight in landed if errand.learn(flight)]
        groups = list(self._picks(turn.now, errand.policy.channels)) if self._may_begin else []
        left, self._left = self._left, {}
        ids = {flight.parcel.notice_id for flight in landed} | left.keys()
        ids |= {entry.notice_id for group in groups for entry in group}
        # Nobody else writes these rows: how far what has landed had come is known.
        known = {each.notice_id: each for flight in landed if (each := flight.delivery) is not None}
        if unknown := ids - known.keys():
            known |= await store.deliveries(turn.connection, unknown)

        def say(said: Iterable[Outgoing], of: Delivery) -> None:
            part = str(partition_of(of.endpoint_key, turn.partitions))
            for outgoing in said:
                turn.emit(outgoing, part=part)

        for flight in landed:
            delivery = known[flight.parcel.notice_id]
            say(errand.record(flight, delivery, self._schedule), delivery)
            if flight in fell:
                say([errand.to_desk(delivery, "endpoint-gone")], delivery)
        for notice_id, attempt in left.items():
            delivery = known[notice_id]
            if (delivery.state, delivery.attempt) == ("sending", attempt):
                say(errand.doubt(delivery), delivery)
        for group in groups:
            for entry in group:
                say(errand.pass_on(known[entry.notice_id]), known[entry.notice_id])
            waiting = [known[entry.notice_id] for entry in group if known[entry.notice_id].due_at is not None]
            for number, alike in enumerate(_alike(waiting)):
                # There is room for one; whatever does not go with it needs room of its own, or waits.
                if number and not self._has_room(errand, alike[0]):
                    break
                say(gather(errand, alike), alike[0])
                say(self._begin(errand, alike[0]), alike[0])
        await self.save(turn.connection, errand)
        turn.afterwards.append(lambda: self.committed(errand))

    async def save(self, connection: Connection, errand: Errand) -> None:
        """Write how far notices came, and what was learnt of endpoints."""
        await store.save_deliveries(connection, errand.changed.values())
        await store.save_lanes(connection, errand.lanes.values())

    def _picks(self, now: datetime, channels: Channels) -> Iterator[list[Entry]]:
        return picks(self.agenda, now, lambda entry: self._flights.room(entry, channels, now=now))

    def _has_room(self, errand: Errand, delivery: Delivery) -> bool:
        return self._flights.room(Entry.of(delivery), errand.policy.channels, now=errand.now) > 0

    def _begin(self, errand: Errand, delivery: Delivery) -> Iterator[Outgoing]:
        return begin(errand, delivery, self._flights, self._links())

    def take(self, errand: Errand, delivery: Delivery) -> Iterator[Outgoing]:
        """Take a new notice in hand: what is due goes at once if nothing waits before it."""
        errand.changed[delivery.notice_id] = delivery
        assert delivery.due_at is not None
        if delivery.due_at > errand.now:
            yield errand.move(delivery, "deferred", due_at=delivery.due_at)
            return
        idle = self._parts and not self._stale and self.agenda.first(delivery.endpoint_key) is None
        if idle and not delivery.gathers and self._has_room(errand, delivery):
            yield from self._begin(errand, delivery)

    def again(self, errand: Errand, delivery: Delivery, *, cause: str) -> Iterator[Outgoing]:
        """Send once more because a person said so, who knows that the endpoint works."""
        lane = self._flights.lanes[delivery.endpoint_key]
        lane.enable()
        errand.lanes[lane.endpoint_key] = lane
        yield saying.resent(delivery, cause=cause, at=errand.now)


def _alike(waiting: Iterable[Delivery]) -> Iterable[list[Delivery]]:
    """
    Part what may not go as one: a drill must not be taken for real, nor what is real for a drill; and of
    those who share an endpoint, what is one's must not go under another's name and secret.
    """
    found: dict[tuple[str, str], list[Delivery]] = {}
    for delivery in waiting:
        found.setdefault((delivery.notice["mode"], delivery.who), []).append(delivery)
    return found.values()
