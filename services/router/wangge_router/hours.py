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
        try:
            return _laid_out(self._calendars[limit.calendar, limit.calendar_version])
        except KeyError:
            raise UnknownCalendar(
                f"calendar {limit.calendar} in version {limit.calendar_version} was never published"
            ) from None


@lru_cache(maxsize=32)
def _laid_out(calendar: Calendar) -> Worktime:
    return Worktime(calendar)
