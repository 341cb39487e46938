"""What a service declares: which topics a room reads, what it does with them, and when it acts unasked."""

from collections.abc import Awaitable, Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Protocol

from wangge_chassis.postgres import Connection
from wangge_chassis.records import Outgoing, Received, Unread
from wangge_chassis.turn import Turn


class Room(Protocol):
    """
    A room in three steps: load all that a batch needs, decide record by record, save it all.

    `load` and `save` run inside the batch's transaction and should be one statement each. `decide` is
    pure but for the working set it was given. What raises, and is no outage, becomes a dead letter.
    """

    async def load(self, connection: Connection, received: Sequence[Received], now: datetime) -> Any:
        """Return the working set for *received*; *now* is house time, UTC."""

    def decide(self, state: Any, received: Received) -> Iterable[Outgoing]:
        """Handle one record on the working set and say what follows from it."""

    async def save(self, connection: Connection, state: Any) -> None:
        """Write the working set back."""

    def committed(self, state: Any) -> None:
        """Do what must not be done before the batch is committed; not asked when its outcome is unknown."""
        del state

    def unreadable(self, state: Any, unread: Unread) -> Iterable[Outgoing]:
        """Say what its speaker must hear of what cannot be read; only intake has something to say."""
        del state, unread
        return ()


@dataclass(slots=True)
class Timer:
    """
    Something a room does unasked.

    *peek* is asked, outside any transaction, whether there is anything to do for these parts, or at which
    instant, house time, there will be; when it is so, *work* runs in a turn over all of them. It is asked
    every *every*, at the instant that it named, when parts or house time have moved, and at *expected*.
    Before parts are let go, *drain* waits for what *work* has begun outside its turns; then *peek* is
    asked once more.
    """

    every: timedelta
    peek: Callable[[Connection, frozenset[int], int, datetime], Awaitable[datetime | bool | None]]
    work: Callable[[Turn], Awaitable[None]]
    drain: Callable[[], Awaitable[None]] | None = None
    expected: datetime | None = None

    def expect(self, at: datetime) -> None:
        """Have *peek* asked at house time *at*, if not earlier. Said in vain it costs one question."""
        if self.expected is None or at < self.expected:
            self.expected = at

    def wake(self) -> None:
        """Have *peek* asked at once."""
        self.expected = datetime.min.replace(tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Consumer:
    """
    One consumer group of a service.

    With *topics*, inside topics that share their partition count: part n is partition n of all of
    them, repeats and gaps are found here. With *pattern*, a regular expression over outsiders'
    topics: every partition of every topic is a part of its own and nothing about its keys is trusted;
    *expects* gives those that there should be by now, for one that a broker does not show is not missed.
    *seal* encrypts what goes to the dead letters.
    """

    name: str
    room: Room
    topics: tuple[str, ...] = ()
    pattern: str | None = None
    timers: tuple[Timer, ...] = ()
    seal: Callable[[bytes], bytes] | None = None
    expects: Callable[[], Iterable[str]] = tuple

    @property
    def outside(self) -> bool:
        """Whether strangers write what is read."""
        return self.pattern is not None

    def part_of(self, topic: str, partition: int) -> str:
        """Return the name of the part that a partition belongs to."""
        return f"{topic}:{partition}" if self.outside else str(partition)


def gravedigger(consumers: Sequence[Consumer], *topics: str) -> Consumer | None:
    """
    Return who of a service's *consumers* buries what cannot be read: the first that reads one of *topics*.

    An earlier topic goes before; None when nobody reads any of them.
    """
    return next((each for topic in topics for each in consumers if topic in each.topics), None)
