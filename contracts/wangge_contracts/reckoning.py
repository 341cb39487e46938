"""What limits are counted by: every calendar ever published, and the outages that were declared."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, Self

from pydantic import BaseModel, ConfigDict

from wangge_contracts.counting import Segments
from wangge_contracts.outages import Outage, in_force
from wangge_contracts.v1 import Limit
from wangge_contracts.worktime import Worktime, Worktimes


class _Ladders(BaseModel):
    """What of the part `ladder` bears on a deadline: the rest is the escalation room's."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    outages: tuple[Outage, ...] = ()


@dataclass(frozen=True, slots=True)
class Hours:
    """By which calendar a limit is counted, and what was declared to be nobody's time."""

    _worktimes: Worktimes = field(default_factory=Worktimes, repr=False)
    _outages: tuple[Outage, ...] = ()
    """In the order in which clocks were held against them: what was declared stays so until taken back."""

    @classmethod
    def of(cls, published: Iterable[Any], ladders: Iterable[Any] = ()) -> Self:
        """
        Read parts `calendars`, and `ladder` in the order of their versions.

        Raises ValueError, with pydantic's account, for one of no use.
        """
        lists = [_Ladders.model_validate(part).outages for part in ladders]
        return cls(Worktimes(published), tuple(_one_after_another(lists)))

    def worktime(self, limit: Limit) -> Worktime:
        """The calendar that *limit* is counted by; raises `UnknownCalendar` when it was never published."""
        return self._worktimes.of(limit)

    def relieved(self, segments: Segments, limit: Limit) -> Segments:
        """The segments of a round as the clocks have them, because of what was declared (UTC)."""
        for outage in self._outages:
            if outage.until > segments[0].started_at:
                segments = outage.laid_on(segments, limit, self.worktime(limit))
        return segments


def _one_after_another(lists: Iterable[Sequence[Outage]]) -> Iterator[Outage]:
    """Yield what each list has and the one before had not: what is laid on twice changes nothing."""
    before: frozenset[Outage] = frozenset()
    for declared in lists:
        laid = in_force(declared)
        yield from (each for each in laid if each not in before)
        before = frozenset(laid)
