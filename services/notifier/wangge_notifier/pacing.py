"""How fast, how many at once, and whether at all an endpoint is tried. No clock, no network, no chance."""

import math
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from wangge_notifier.delivering import Outcome


@dataclass(frozen=True, slots=True)
class Pace:
    """What one endpoint is asked to bear: attempts under way and a second, and when it is left alone."""

    at_once: int = 8
    per_s: float = 50.0
    burst: int = 50
    opens_after: int = 5
    """Failures in a row after which the breaker opens (M. Nygard, *Release It!*, 2007)."""
    first_rest: timedelta = timedelta(seconds=10)
    longest_rest: timedelta = timedelta(minutes=10)


@dataclass(slots=True)
class Tally:
    """How much began in the flood's window that began at *window* (Unix seconds, house time)."""

    window: float | None = None
    counted: int = 0

    def flooded_until(self, *, most: int, within: timedelta, now: datetime) -> datetime | None:
        """Count one notice more; return when the window ends in which there were too many before it."""
        size = within.total_seconds()
        begins = now.timestamp() // size * size
        if self.window != begins:
            self.window, self.counted = begins, 0
        if self.counted >= most:
            return datetime.fromtimestamp(begins + size, now.tzinfo)
        self.counted += 1
        return None


@dataclass(slots=True)
class Lane:
    """
    The way to one endpoint.

    Its rate is a token bucket, kept as the one instant at which it will be full again (GCRA, ITU-T I.371):
    seconds of a steady clock, because a receiver lives in real time. Its breaker rests in house time, as
    the waits between attempts do. A new owner begins with an empty bucket, so that the rate holds over all
    of them; what `failures`, `closed_until` and `disabled` say is kept in the database.
    """

    endpoint_key: str
    flying: int = 0
    failures: int = 0
    closed_until: datetime | None = None
    """House time, UTC; nothing is begun before. After it an open breaker lets one probe through."""
    disabled: bool = False
    """The receiver said that it is gone for good (410)."""
    full_at_s: float | None = None
    tally: Tally = field(default_factory=Tally)
    people: dict[str, Tally] = field(default_factory=dict)
    """What began to each person who is told here."""

    def room(self, pace: Pace, *, now: datetime, steady_s: float) -> int:
        """How many attempts may begin now."""
        if self.closed_until is not None and now < self.closed_until:
            return 0
        most = 1 if self.failures >= pace.opens_after else pace.at_once
        tokens = pace.burst - (self._full_at(pace, steady_s) - steady_s) * pace.per_s
        return max(0, min(most - self.flying, int(tokens + 1e-6)))

    def start(self, pace: Pace, *, steady_s: float) -> None:
        """Count an attempt that begins; who hears how it went takes one from *flying*."""
        self.flying += 1
        self.full_at_s = self._full_at(pace, steady_s) + 1 / pace.per_s

    def learn(self, pace: Pace, outcome: Outcome, *, now: datetime) -> bool:
        """
        Learn from how an attempt went; return whether there is anything to keep.

        Failures in a row open the breaker; each probe that fails doubles the rest. What was not even tried
        says nothing of the endpoint.
        """
        before = (self.failures, self.closed_until, self.disabled)
        self.disabled = self.disabled or outcome.gone
        if outcome.retry_after is not None:
            self._rest_until(now + outcome.retry_after)
        if outcome.untried:
            return (self.failures, self.closed_until, self.disabled) != before
        self.failures = self.failures + 1 if outcome.sick else 0
        if self.failures >= pace.opens_after:
            doubled = pace.first_rest * 2.0 ** min(self.failures - pace.opens_after, 30)
            self._rest_until(now + min(doubled, pace.longest_rest))
        return (self.failures, self.closed_until, self.disabled) != before

    def idle_s(self, *, steady_s: float) -> float:
        """For how many seconds nothing has begun; for ever, where nothing ever did."""
        return math.inf if self.full_at_s is None else steady_s - self.full_at_s

    def enable(self) -> None:
        """Begin anew: a person says that it works again."""
        self.failures, self.closed_until, self.disabled = 0, None, False

    def _rest_until(self, at: datetime) -> None:
        self.closed_until = max(at, self.closed_until or at)

    def _full_at(self, pace: Pace, steady_s: float) -> float:
        if self.full_at_s is None:
            return steady_s + (pace.burst - 1) / pace.per_s
        return max(self.full_at_s, steady_s)


class Lanes(dict[str, Lane]):
    """The way to each endpoint, by its key; one of which nothing is known is open."""

    def __missing__(self, endpoint_key: str) -> Lane:
        lane = self[endpoint_key] = Lane(endpoint_key)
        return lane
