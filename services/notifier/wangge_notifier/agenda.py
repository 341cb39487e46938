"""What is due, when and to whom: the part of the table of deliveries that a courier keeps in memory."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from heapq import heapify, heappop, heappush, nsmallest
from typing import Self

from wangge_notifier.saying import Delivery


@dataclass(frozen=True, slots=True)
class Entry:
    """One notice that waits; instants are house time, UTC."""

    notice_id: str
    endpoint_key: str
    due_at: datetime
    channel: str = "webhook"
    rank: int = 1
    """0 an emergency, 1 urgent, 2 normal: of what is due to one endpoint the gravest goes first."""
    until: datetime | None = None
    """When it is given up though it was never tried."""
    gathers: bool = False
    """It goes together with whatever else gathers for its endpoint and is due."""

    @classmethod
    def of(cls, delivery: Delivery) -> Self:
        """Return what is kept in memory of a notice that waits."""
        assert delivery.due_at is not None
        return cls(
            delivery.notice_id,
            delivery.endpoint_key,
            delivery.due_at,
            delivery.channel,
            delivery.rank,
            delivery.until,
            delivery.gathers,
        )


@dataclass(slots=True)
class Agenda:
    """
    Every notice that waits, by endpoint.

    An entry that is replaced or dropped stays in its heap and counts no more: what the table of entries
    does not hold is passed over when it comes up.
    """

    _entries: dict[str, Entry] = field(default_factory=dict)
    _later: list[tuple[datetime, str]] = field(default_factory=list)
    _ready: dict[str, list[tuple[int, datetime, str]]] = field(default_factory=dict)

    def __len__(self) -> int:
        return len(self._entries)

    def fill(self, entries: list[Entry]) -> None:
        """Begin anew with these."""
        self._entries = {entry.notice_id: entry for entry in entries}
        self._later = [(entry.due_at, entry.notice_id) for entry in entries]
        heapify(self._later)
        self._ready = {}

    def put(self, entry: Entry) -> None:
        """Note that a notice waits, in place of what was noted of it before."""
        self._entries[entry.notice_id] = entry
        heappush(self._later, (entry.due_at, entry.notice_id))

    def drop(self, notice_id: str) -> None:
        """Forget a notice that waits no more."""
        self._entries.pop(notice_id, None)

    def endpoints(self, now: datetime) -> list[str]:
        """Name the endpoints to which something is due, those first that waited first."""
        while self._later and self._later[0][0] <= now:
            due_at, notice_id = heappop(self._later)
            entry = self._entries.get(notice_id)
            if entry is not None and entry.due_at == due_at:
                waiting = self._ready.setdefault(entry.endpoint_key, [])
                heappush(waiting, (entry.rank, due_at, notice_id))
        for endpoint_key in [key for key in self._ready if self.first(key) is None]:
            del self._ready[endpoint_key]
        return list(self._ready)

    def next_due(self) -> datetime | None:
        """Return when the next notice is due that was not yet when it was last asked what is."""
        return self._later[0][0] if self._later else None

    def first(self, endpoint_key: str) -> Entry | None:
        """Return what is to be tried next at an endpoint."""
        waiting = self._ready.get(endpoint_key, [])
        while waiting:
            entry = self._valid(waiting[0])
            if entry is not None:
                return entry
            heappop(waiting)
        return None

    def ready(self, endpoint_key: str, most: int) -> Iterator[Entry]:
        """Yield up to *most* of what is due to an endpoint, in order."""
        waiting = self._ready.get(endpoint_key, [])
        if most == 1:
            first = self.first(endpoint_key)
            yield from (first,) if first else ()
            return
        found = 0
        for item in nsmallest(most + 64, waiting) if len(waiting) > most else sorted(waiting):
            entry = self._valid(item)
            if entry is not None and found < most:
                found += 1
                yield entry

    def served(self, endpoint_key: str) -> None:
        """Let the others go first next time."""
        if endpoint_key in self._ready:
            self._ready[endpoint_key] = self._ready.pop(endpoint_key)

    def _valid(self, item: tuple[int, datetime, str]) -> Entry | None:
        entry = self._entries.get(item[2])
        return entry if entry is not None and (entry.rank, entry.due_at) == item[:2] else None
