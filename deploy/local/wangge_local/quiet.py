"""When the house is quiet: all read, all published, no clock due. Only then may its time be moved."""

from collections.abc import Callable, Mapping

from wangge_local.doors import JSON
from wangge_local.ground import GroundError, poll
from wangge_local.house_books import HouseBooks, Lags
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
        self._books = HouseBooks(postgres)
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
        # First what was committed, then where topics end: what is published meanwhile is still to be read.
        pulse = self._books.pulse()
        if pulse.promised:
            return f"{pulse.promised} rows are not known to be published"
        if pulse.next_due is not None and pulse.next_due <= pulse.now:
            return f"a clock that was due at {pulse.next_due.isoformat(timespec='seconds')} has not rung"
        for consumer, topics in self._lags.now(pulse).items():
            for topic, records in topics.items():
                if records:
                    return f"{consumer} has {records} records of {topic} to read"
        return None


def consumers_of(healths: Mapping[str, JSON]) -> dict[str, set[str]]:
    """Return the topics that each consumer group says it reads, over all its replicas."""
    read: dict[str, set[str]] = {}
    for health in healths.values():
        for name, state in health.items():
            if isinstance(state, dict) and "lag" in state:
                read.setdefault(name, set()).update(state["lag"])
    return read
