"""When the house is quiet: all read, all published, no clock due. Only then may its time be moved."""

from collections.abc import Callable, Mapping
from datetime import datetime

from wangge_local.clock import HouseClock
from wangge_local.doors import JSON
from wangge_local.ground import GroundError, poll
from wangge_local.house_books import Books, Lags
from wangge_local.listening import Log
from wangge_local.postgres import Postgres

_EVERY_S = 0.05


class Quiet:
    """
    Waits until nothing in the house is under way.

    :param healths: what each replica says of itself: from it follows who reads what.
    :param check: called while waiting; it may raise to give up.
    """

    def __init__(
        self,
        bootstrap: str,
        postgres: Postgres,
        healths: Mapping[str, JSON],
        *,
        check: Callable[[], None] = lambda: None,
    ) -> None:
        self._books = Books(postgres)
        self._clock = HouseClock(postgres)
        self._lags = Lags(Log(bootstrap), self._books, consumers_of(healths))
        self._check = check

    def wait(self, *, timeout: float = 60) -> None:
        """:raises GroundError: the house was not quiet within *timeout* seconds; it names what was not."""
        why: str | None = "nothing was asked yet"
        for _ in poll(timeout=timeout, every=_EVERY_S):
            self._check()
            why = self.disturbance()
            if why is None:
                return
        raise GroundError(f"the house has not come to rest within {timeout:.0f} s: {why} (wangge status)")

    def disturbance(self) -> str | None:
        """Say in one line what is under way, or None."""
        # What was read may still be unpublished, and what is published is to be read: hence in this order.
        if promised := self._books.promised():
            return f"{promised} rows are not known to be published"
        for consumer, topics in self._lags.now().items():
            for topic, records in topics.items():
                if records:
                    return f"{consumer} has {records} records of {topic} to read"
        due = self._books.next_due()
        if due is not None and due <= self._clock.now():
            return f"a clock that was due at {_text(due)} has not rung"
        return "something was said meanwhile" if self._books.promised() else None


def consumers_of(healths: Mapping[str, JSON]) -> dict[str, set[str]]:
    """Return the topics that each consumer group says it reads, over all its replicas."""
    read: dict[str, set[str]] = {}
    for health in healths.values():
        for name, state in health.items():
            if isinstance(state, dict) and "lag" in state:
                read.setdefault(name, set()).update(state["lag"])
    return read


def _text(instant: datetime) -> str:
    return instant.isoformat(timespec="seconds")
