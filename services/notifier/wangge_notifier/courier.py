"""What is due is marked and committed, sent between two turns, and its outcome recorded in another."""

import asyncio
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

import structlog

from wangge_chassis import Connection, Outgoing, Timer, Turn, partition_of
from wangge_contracts.v1 import NoticeState
from wangge_notifier import saying, store_deliveries as store
from wangge_notifier.agenda import Agenda, Entry
from wangge_notifier.channels import Policy
from wangge_notifier.console import show
from wangge_notifier.delivering import Outcome, Schedule
from wangge_notifier.directory import Directory
from wangge_notifier.linking import Links
from wangge_notifier.pacing import Lane
from wangge_notifier.saying import Delivery, changed
from wangge_notifier.sending import Means, Parcel

_AT_A_TURN = 400
_AS_ONE = 200
"""Most notices that become one."""
_AHEAD = timedelta(hours=2)
"""How far ahead what waits is kept in memory, house time."""
_AFRESH_EVERY_S = 60.0
_AT_ONCE = datetime(1900, 1, 1, tzinfo=UTC)


@dataclass(slots=True)
class Flight:
    """One attempt that is marked in the database, or one question (*asks*) about an earlier one."""

    parcel: Parcel
    channel: str
    lane: Lane
    asks: bool = False
    task: "asyncio.Task[None] | None" = None
    outcome: Outcome | None = None


@dataclass(slots=True)
class Working:
    """What one turn or batch works on; it counts when it is committed."""

    now: datetime
    policy: Policy
    directory: Directory
    changed: dict[str, Delivery] = field(default_factory=dict)
    begun: list[Flight] = field(default_factory=list)
    recorded: list[str] = field(default_factory=list)
    lanes: dict[str, Lane] = field(default_factory=dict)


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
        means: Means,
        schedule: Schedule,
        *,
        links: Links | None = None,
        look_every: timedelta = timedelta(seconds=0.1),
        steady: Callable[[], float] = time.monotonic,
    ) -> None:
        self.agenda = Agenda()
        self.timer = Timer(every=timedelta(seconds=2), peek=self.peek, work=self.work, drain=self.drain)
        self._directories, self._policies = directories, policies
        self._means, self._schedule, self._links = means, schedule, links
        self._look_every, self._steady = look_every, steady
        self._lanes: dict[str, Lane] = {}
        self._flights: dict[str, Flight] = {}
        self._left: dict[str, int] = {}
        self._open: Working | None = None
        self._stale = True
        self._draining = False
        self._may_begin = True
        self._parts: frozenset[int] = frozenset()
        self._filled_at = 0.0
        self._horizon = _AT_ONCE
        self._log = structlog.get_logger()

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
        if self._left or any(flight.outcome is not None for flight in self._flights.values()):
            return True
        endpoints = self.agenda.endpoints(now)
        if endpoints and self._may_begin:
            working = Working(now, self._policies(), self._directories())
            if next(iter(self._picks(working)), None):
                return True
            return now + self._look_every
        return self.agenda.next_due()

    async def _fill(
        self, connection: Connection, parts: frozenset[int], partitions: int, now: datetime
    ) -> None:
        self._horizon = now + _AHEAD
        found = await store.waiting(connection, parts, partitions, until=self._horizon)
        self._open, self._parts, self._filled_at = None, parts, self._steady()
        # What was marked and never launched is launched if it was committed, and forgotten if it was not.
        for notice_id, flight in list(self._flights.items()):
            marked = flight.asks or found.sending.get(notice_id) == flight.parcel.attempt
            if flight.task is None and not marked:
                del self._flights[notice_id]
        self._left = {key: attempt for key, attempt in found.sending.items() if key not in self._flights}
        self.agenda.fill([entry for entry in found.entries if entry.notice_id not in self._flights])
        lanes = {lane.endpoint_key: lane for lane in found.lanes}
        for flight in self._flights.values():
            lanes.setdefault(flight.lane.endpoint_key, flight.lane)
        for key, lane in self._lanes.items():
            if key in lanes or not self._stale:
                fresh = lanes.setdefault(key, lane)
                fresh.full_at_s, fresh.window, fresh.counted = lane.full_at_s, lane.window, lane.counted
        for lane in lanes.values():
            lane.flying = 0
        for flight in self._flights.values():
            flight.lane = lanes[flight.lane.endpoint_key]
            flight.lane.flying += 1
        self._lanes = lanes
        for flight in self._flights.values():
            if flight.task is None:
                self._launch(flight)

    async def drain(self) -> None:
        """Wait for what is under way; the next turn records how it went and begins nothing."""
        self._draining = True
        under_way = [flight.task for flight in self._flights.values() if flight.task and not flight.outcome]
        if under_way:
            await asyncio.wait(under_way)
        self.timer.expect(_AT_ONCE)

    def opened(self, now: datetime) -> Working:
        """Open a turn or a batch at house time *now* (UTC)."""
        # What was opened before and never committed left marks that may not count.
        self._stale = self._stale or self._open is not None
        self._open = Working(now, self._policies(), self._directories())
        return self._open

    def committed(self, working: Working) -> None:
        """Take over what *working* has written, and send what it has marked."""
        self._open = None
        for delivery in working.changed.values():
            self.agenda.drop(delivery.notice_id)
            if delivery.due_at is not None and delivery.due_at < self._horizon and delivery.document:
                self.agenda.put(_entry(delivery))
                self.timer.expect(delivery.due_at)
        for notice_id in working.recorded:
            self._flights.pop(notice_id, None)
        for flight in working.begun:
            if flight.asks:
                self.agenda.drop(flight.parcel.notice_id)
            self._launch(flight)

    async def work(self, turn: Turn) -> None:
        """Record outcomes, doubt what was left behind, and begin what is due."""
        working = self.opened(turn.now)
        landed = [flight for flight in self._flights.values() if flight.outcome is not None]
        # An endpoint has room again when it is known how its last attempt went: a probe is one.
        fell = [flight for flight in landed if self._learn(working, flight)]
        picks = list(self._picks(working)) if self._may_begin else []
        left, self._left = self._left, {}
        ids = {flight.parcel.notice_id for flight in landed} | left.keys()
        ids |= {entry.notice_id for group in picks for entry in group}
        known = await store.deliveries(turn.connection, ids)

        def say(said: Iterable[Outgoing], of: Delivery) -> None:
            part = str(partition_of(of.endpoint_key, turn.partitions))
            for outgoing in said:
                turn.emit(outgoing, part=part)

        for flight in landed:
            delivery = known[flight.parcel.notice_id]
            say(self._record(working, flight, delivery), delivery)
            if flight in fell:
                say([saying.to_desk(delivery, "gone", desk=working.policy.desk, at=turn.now)], delivery)
        for notice_id, attempt in left.items():
            delivery = known[notice_id]
            if (delivery.state, delivery.attempt) == ("sending", attempt):
                say(self._doubt(working, delivery), delivery)
        for group in picks:
            waiting = [known[entry.notice_id] for entry in group if known[entry.notice_id].due_at is not None]
            if waiting:
                say(self._gather(working, waiting), waiting[0])
                say(self.begin(working, waiting[0]), waiting[0])
        await store.save_deliveries(turn.connection, working.changed.values())
        await store.save_lanes(turn.connection, working.lanes.values())
        turn.afterwards.append(lambda: self.committed(working))

    def _picks(self, working: Working) -> Iterator[list[Entry]]:
        """Yield what may begin now, each endpoint up to its limits, groups of what goes as one."""
        begun = 0
        for key in self.agenda.endpoints(working.now):
            first = self.agenda.first(key)
            if begun >= _AT_A_TURN or first is None:
                return
            room = self._room(first, working)
            if room == 0 and first.until is not None and first.until < working.now:
                room = 1  # its time is over, and that is all that is to be said
            if room and first.gathers:
                group = [entry for entry in self.agenda.ready(key, _AS_ONE) if entry.gathers]
                yield group
                begun += 1
            elif room:
                for entry in self.agenda.ready(key, room):
                    if not entry.gathers:
                        yield [entry]
                        begun += 1
            if room:
                self.agenda.served(key)

    def _room(self, entry: Entry, working: Working) -> int:
        if entry.channel == "console":
            return _AT_A_TURN
        lane = self.lane(entry.endpoint_key)
        if lane.disabled:
            return _AT_A_TURN  # nothing is sent: all are given up
        pace = working.policy.channels.pace(entry.channel)
        return lane.room(pace, now=working.now, steady_s=self._steady())

    def lane(self, endpoint_key: str) -> Lane:
        """Return the way to an endpoint."""
        lane = self._lanes.get(endpoint_key)
        if lane is None:
            lane = self._lanes[endpoint_key] = Lane(endpoint_key)
        return lane

    def take(self, working: Working, delivery: Delivery) -> Iterator[Outgoing]:
        """Take a new notice in hand: what is due goes at once if nothing waits before it."""
        working.changed[delivery.notice_id] = delivery
        assert delivery.due_at is not None
        if delivery.due_at > working.now:
            yield self._move(working, delivery, "deferred", due_at=delivery.due_at)
            return
        entry = _entry(delivery)
        idle = self._parts and not self._stale and self.agenda.first(delivery.endpoint_key) is None
        if idle and not delivery.gathers and self._room(entry, working) > 0:
            yield from self.begin(working, delivery)

    def begin(self, working: Working, delivery: Delivery) -> Iterator[Outgoing]:
        """Do what is due with one notice."""
        notice, channel, lane = delivery.notice, delivery.channel, self.lane(delivery.endpoint_key)
        if channel == "console":
            show(delivery)
            delivery.attempt += 1
            yield self._move(working, delivery, "sent", Outcome("shown"))
            return
        if back := self._kept_back(working, delivery, lane):
            delivery.gathers = delivery.gathers or back[1]
            delivery.until = back[0] + working.policy.channels.patience(notice["urgency"])
            yield self._move(working, delivery, "deferred", due_at=back[0])
            return
        address = working.directory.addresses.get(delivery.endpoint_key)
        late = delivery.until is not None and working.now > delivery.until
        lacking = (
            "endpoint-disabled"
            if lane.disabled
            else "too-late"
            if late
            else "no-channel"
            if channel not in self._means
            else "no-address"
            if address is None
            else None
        )
        if lacking is not None or address is None:
            yield from self._end(working, delivery, Outcome(lacking or "no-address"))
            return
        use = working.policy.channels.of(channel)
        asks = delivery.state == "unknown" and use.doubt == "query"
        if not asks:
            delivery.attempt += 1
            yield self._move(working, delivery, "sending")
        confirm = None
        if self._links is not None and notice.get("confirm_by"):
            confirm = self._links.link(delivery.notice_id, expires_at=saying.link_expires(notice))
        parcel = Parcel(
            notice_id=delivery.notice_id,
            attempt=delivery.attempt,
            address=address.address,
            holder=address.holder,
            subject=notice.get("subject") or notice["template"]["name"],
            text=saying.text_of(notice, confirm=confirm, longest=use.longest),
            body=saying.body_of(notice, confirm=confirm),
            channels=working.policy.channels,
            reference=delivery.reference,
        )
        lane.start(working.policy.channels.pace(channel), steady_s=self._steady())
        flight = Flight(parcel, channel, lane, asks)
        self._flights[delivery.notice_id] = flight
        working.begun.append(flight)

    def _kept_back(self, working: Working, delivery: Delivery, lane: Lane) -> tuple[datetime, bool] | None:
        """Return until when a notice waits though it is due, and whether it gathers meanwhile."""
        if delivery.attempt > 0:
            return None
        urgency, channels = delivery.notice["urgency"], working.policy.channels
        quiet = channels.quiet_until(delivery.channel, urgency, working.now, working.policy.zone)
        if quiet is not None:
            return quiet, _may_gather(delivery)
        flood = channels.of(delivery.channel).flood
        if flood is None or not _may_gather(delivery) or "folds" in delivery.notice:
            return None
        within = timedelta(seconds=flood.within_s)
        until = lane.flooded_until(most=flood.most, within=within, now=working.now)
        return (until, True) if until is not None else None

    def _gather(self, working: Working, waiting: list[Delivery]) -> Iterator[Outgoing]:
        """Let the first of many speak for all; the others have their last state."""
        carrier, *others = waiting
        carrier.gathers = False
        if not others:
            return
        carrier.rewrite(
            text={**carrier.notice["text"], "text": saying.gathered(carrier, others)}, folds=len(others)
        )
        for other in others:
            yield self._move(working, other, "folded", folded_into=carrier.notice_id)

    def _learn(self, working: Working, flight: Flight) -> bool:
        """Let the endpoint's lane learn how an attempt went; return whether it is gone from now on."""
        lane, outcome = flight.lane, flight.outcome
        assert outcome is not None
        lane.flying -= 1
        there = not lane.disabled
        if lane.learn(working.policy.channels.pace(flight.channel), outcome, now=working.now):
            working.lanes[lane.endpoint_key] = lane
        return there and lane.disabled

    def _record(self, working: Working, flight: Flight, delivery: Delivery) -> Iterator[Outgoing]:
        outcome, channels = flight.outcome, working.policy.channels
        assert outcome is not None
        working.recorded.append(delivery.notice_id)
        stands = (delivery.state, delivery.attempt)
        if stands != ("unknown" if flight.asks else "sending", flight.parcel.attempt):
            return  # an answer that came meanwhile says more
        delivery.reference = outcome.reference or delivery.reference
        state, due_at = self._schedule.after(
            outcome,
            notice_id=delivery.notice_id,
            attempt=delivery.attempt,
            now=working.now,
            until=delivery.until,
            doubt=channels.of(flight.channel).doubt,
        )
        if state == "given-up":
            yield from self._end(working, delivery, outcome)
        else:
            yield self._move(working, delivery, state, outcome, due_at=due_at)
            if state == "unknown" and due_at is None:
                yield saying.to_desk(delivery, "doubtful", desk=working.policy.desk, at=working.now)

    def _doubt(self, working: Working, delivery: Delivery) -> Iterator[Outgoing]:
        """Say that nobody knows what became of an attempt whose process is gone."""
        person = working.policy.channels.of(delivery.channel).doubt == "person"
        due_at = None if person else working.now
        yield self._move(working, delivery, "unknown", Outcome("courier-gone"), due_at=due_at)
        if person:
            yield saying.to_desk(delivery, "doubtful", desk=working.policy.desk, at=working.now)

    def _end(self, working: Working, delivery: Delivery, outcome: Outcome) -> Iterator[Outgoing]:
        """Give a notice up, and hand it to the recipient's next means."""
        yield self._move(working, delivery, "given-up", outcome)
        following = saying.fallback(delivery, at=working.now)
        if following is not None:
            yield following

    def _move(
        self,
        working: Working,
        delivery: Delivery,
        state: NoticeState,
        outcome: Outcome | None = None,
        *,
        due_at: datetime | None = None,
        **more: object,
    ) -> Outgoing:
        working.changed[delivery.notice_id] = delivery
        delivery.state, delivery.due_at = state, due_at
        return changed(delivery, at=working.now, outcome=outcome, **more)

    def answered(self, working: Working, delivery: Delivery) -> Iterator[Outgoing]:
        """Take what came back for a final word; what the provider could not bring goes by the next means."""
        if delivery.state == "given-up":
            following = saying.fallback(delivery, at=working.now)
            if following is not None:
                yield following

    def again(self, working: Working, delivery: Delivery, *, cause: str) -> Iterator[Outgoing]:
        """Send once more because a person said so, who knows that the endpoint works."""
        lane = self.lane(delivery.endpoint_key)
        lane.enable()
        working.lanes[lane.endpoint_key] = lane
        yield saying.resent(delivery, cause=cause, at=working.now)

    def _launch(self, flight: Flight) -> None:
        flight.task = asyncio.get_running_loop().create_task(self._fly(flight))

    async def _fly(self, flight: Flight) -> None:
        outcome = Outcome("fault", doubtful=True)
        try:
            means = self._means[flight.channel]
            outcome = await (means.query(flight.parcel) if flight.asks else means.send(flight.parcel))
        except Exception as error:
            # A channel promises not to raise; whoever breaks that must not keep a notice under way for ever.
            self._log.error("channel_failed", channel=flight.channel, error=type(error).__name__)
        finally:
            flight.outcome = outcome
            self.timer.expect(_AT_ONCE)


def _entry(delivery: Delivery) -> Entry:
    assert delivery.due_at is not None
    return Entry(
        delivery.notice_id,
        delivery.endpoint_key,
        delivery.due_at,
        delivery.channel,
        delivery.rank,
        delivery.until,
        delivery.gathers,
    )


def _may_gather(delivery: Delivery) -> bool:
    """An emergency goes by itself, and so does what its recipient must confirm."""
    return delivery.rank > 0 and not delivery.notice.get("confirm_by")
