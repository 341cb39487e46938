"""What is on its way: the attempts that are marked or under way, and how each endpoint is doing."""

import asyncio
from collections.abc import Callable
from datetime import datetime

import structlog

from wangge_notifier.agenda import Entry
from wangge_notifier.channels import Channels
from wangge_notifier.delivering import Outcome
from wangge_notifier.faring import Fares
from wangge_notifier.pacing import Lanes, Pace
from wangge_notifier.picking import AT_A_TURN
from wangge_notifier.saying import Delivery
from wangge_notifier.sending import Flight, Means
from wangge_notifier.store_deliveries import Waiting

_REMEMBERED_FOR_S = 86_400
"""Every reporter is an endpoint of his own: those to whom nothing has begun for a day are forgotten."""


class Flights:
    """Every attempt that is marked, until its outcome is recorded; *landed* hears of each outcome."""

    def __init__(self, means: Means, *, landed: Callable[[], None], steady: Callable[[], float]) -> None:
        self.means = means
        self.lanes = Lanes()
        self.fares = Fares()
        self._landed, self._steady = landed, steady
        self._flights: dict[str, Flight] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        self._log = structlog.get_logger()

    def take_over(self, found: Waiting, *, surely: bool) -> dict[str, int]:
        """
        Begin anew with what the books say; return the attempts that a process that is gone left behind.

        What was marked and never launched is launched if it was committed, and forgotten if it was not.
        *surely*: the parts were ours all the time, so that lanes that the books do not know stay, for a day.
        """
        for notice_id, flight in list(self._flights.items()):
            marked = flight.asks or found.sending.get(notice_id) == flight.parcel.attempt
            if not flight.launched and not marked:
                del self._flights[notice_id]
        lanes = Lanes((lane.endpoint_key, lane) for lane in found.lanes)
        for flight in self._flights.values():
            lanes.setdefault(flight.lane.endpoint_key, flight.lane)
        for key, lane in self.lanes.items():
            if key in lanes or (surely and lane.idle_s(steady_s=self._steady()) < _REMEMBERED_FOR_S):
                fresh = lanes.setdefault(key, lane)
                fresh.full_at_s, fresh.tally, fresh.people = lane.full_at_s, lane.tally, lane.people
        for lane in lanes.values():
            lane.flying = 0
        for flight in self._flights.values():
            flight.lane = lanes[flight.lane.endpoint_key]
            flight.lane.flying += 1
        self.lanes = lanes
        for flight in self._flights.values():
            if not flight.launched:
                self.launch(flight)
        return {key: attempt for key, attempt in found.sending.items() if key not in self._flights}

    def __contains__(self, notice_id: object) -> bool:
        return notice_id in self._flights

    @property
    def landed(self) -> list[Flight]:
        """Those whose outcome is known and waits to be recorded."""
        return [flight for flight in self._flights.values() if flight.outcome is not None]

    def room(self, entry: Entry, channels: Channels, *, now: datetime) -> int:
        """How many attempts may begin now where *entry* goes."""
        if entry.channel == "console":
            return AT_A_TURN
        lane = self.lanes[entry.endpoint_key]
        if lane.disabled:
            return AT_A_TURN  # nothing is sent: all are given up
        return lane.room(channels.pace(entry.channel), now=now, steady_s=self._steady())

    def mark(self, flight: Flight, pace: Pace) -> Flight:
        """Note an attempt that is being written, to be launched when it is committed."""
        flight.lane.start(pace, steady_s=self._steady())
        self._flights[flight.parcel.notice_id] = flight
        return flight

    def launch(self, flight: Flight) -> None:
        """Send what was marked."""
        flight.launched = True
        task = asyncio.get_running_loop().create_task(self._fly(flight))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    def keep(self, delivery: Delivery) -> None:
        """Remember how far a notice came, now that it is committed, if it is on its way."""
        flight = self._flights.get(delivery.notice_id)
        if flight is not None:
            flight.delivery = delivery

    def unlearn(self) -> None:
        """Ask the books how far each notice came: of what we remember nobody knows if it was committed."""
        for flight in self._flights.values():
            flight.delivery = None

    def forget(self, notice_id: str) -> None:
        """Let go of an attempt whose outcome is recorded."""
        self._flights.pop(notice_id, None)

    async def land(self) -> None:
        """Wait for everything that is under way."""
        if self._tasks:
            await asyncio.wait(self._tasks)

    async def _fly(self, flight: Flight) -> None:
        outcome = Outcome("fault", doubtful=True)
        try:
            means = self.means[flight.channel]
            outcome = await (means.query(flight.parcel) if flight.asks else means.send(flight.parcel))
        except Exception as error:
            # A channel promises not to raise; whoever breaks that must not keep a notice under way for ever.
            self._log.error("channel_failed", channel=flight.channel, error=type(error).__name__)
        finally:
            flight.outcome = outcome
            if not flight.asks:
                self.fares.learn(flight.channel, outcome)
            self._landed()
