"""The calendars that limits are counted by: every version ever published, laid out when asked for."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any, Self

from wangge_contracts.calendars import Calendar, Calendars, UnknownCalendar
from wangge_contracts.v1 import Limit
from wangge_contracts.worktime import Worktime


@dataclass(frozen=True, slots=True)
class Hours:
    """Calendars by name and version: a limit that runs is counted by the one that it started with."""

    _calendars: Mapping[tuple[str, str], Calendar] = field(default_factory=dict)
    _worktimes: dict[tuple[str, str], Worktime] = field(default_factory=dict, repr=False, compare=False)
    """Those that were asked for: to look one up by its whole content takes longer than to count with it."""

    @classmethod
    def of(cls, published: Iterable[Any]) -> Self:
        """Read parts `calendars`; raises ValueError, with pydantic's account, for one of no use."""
        return cls(
            {
                (calendar.name, calendar.version): calendar
                for part in published
                for calendar in Calendars.model_validate(part).calendars
            }
        )

    def worktime(self, limit: Limit) -> Worktime:
        """The calendar that *limit* is counted by; raises `UnknownCalendar` when it was never published."""
        name = limit.calendar, limit.calendar_version
        if name not in self._worktimes:
            if name not in self._calendars:
                raise UnknownCalendar(f"calendar {name[0]} in version {name[1]} was never published")
            self._worktimes[name] = _laid_out(self._calendars[name])
        return self._worktimes[name]


@lru_cache(maxsize=32)
def _laid_out(calendar: Calendar) -> Worktime:
    return Worktime(calendar)
