"""What limits are counted by: every calendar ever published, laid out when asked for; declared outages."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any, Self

from pydantic import BaseModel, ConfigDict

from wangge_contracts.calendars import Calendar, Calendars, UnknownCalendar
from wangge_contracts.counting import Segments
from wangge_contracts.outages import Outage, in_force
from wangge_contracts.v1 import Limit
from wangge_contracts.worktime import Worktime


class _Ladders(BaseModel):
    """What the router reads of the part `ladder`: the rest is the escalation room's."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    outages: tuple[Outage, ...] = ()


@dataclass(frozen=True, slots=True)
class Hours:
    """Calendars by name and version: a limit that runs is counted by the one that it started with."""

    _calendars: Mapping[tuple[str, str], Calendar] = field(default_factory=dict)
    _worktimes: dict[tuple[str, str], Worktime] = field(default_factory=dict, repr=False, compare=False)
    """Those that were asked for: to look one up by its whole content takes longer than to count with it."""
    _outages: tuple[Outage, ...] = ()
    """In the order in which clocks were held against them: what was declared stays so until taken back."""

    @classmethod
    def of(cls, published: Iterable[Any], ladders: Iterable[Any] = ()) -> Self:
        """
        Read parts `calendars`, and `ladder` in the order of their versions.

        Raises ValueError, with pydantic's account, for one of no use.
        """
        lists = [_Ladders.model_validate(part).outages for part in ladders]
        return cls(
            {
                (calendar.name, calendar.version): calendar
                for part in published
                for calendar in Calendars.model_validate(part).calendars
            },
            _outages=tuple(_one_after_another(lists)),
        )

    def worktime(self, limit: Limit) -> Worktime:
        """The calendar that *limit* is counted by; raises `UnknownCalendar` when it was never published."""
        name = limit.calendar, limit.calendar_version
        if name not in self._worktimes:
            if name not in self._calendars:
                raise UnknownCalendar(f"calendar {name[0]} in version {name[1]} was never published")
            self._worktimes[name] = _laid_out(self._calendars[name])
        return self._worktimes[name]

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


@lru_cache(maxsize=32)
def _laid_out(calendar: Calendar) -> Worktime:
    return Worktime(calendar)
