"""Which calendars of a configuration know too little of the time to come, seen from an instant. Pure."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

from wangge_contracts.calendars import Calendars
from wangge_contracts.worktime import BeyondCalendar, Worktime, elapsed
from wangge_local.bundle import Bundle

_SOON = timedelta(days=183)
"""Ours: time enough to renew a file; the make-up days of a year are told in the autumn before."""


def uncounted(bundle: Bundle, at: datetime) -> Iterator[str]:
    """Say by which calendars nothing can be counted at *at*: what begins then would be a dead letter."""
    for calendar in _calendars(bundle):
        try:
            elapsed(at - timedelta(milliseconds=1), at, "working-hours", Worktime(calendar))
        except BeyondCalendar:
            known = f"{calendar.first_year} to {calendar.last_year}"
            yield f"calendar {calendar.name} knows {known}: nothing can be counted by it in {at.year}"


def ending(bundle: Bundle, at: datetime) -> Iterator[str]:
    """Say which calendars know no holidays any more half a year after *at*: deadlines there are a guess."""
    for calendar in _calendars(bundle):
        if (at + _SOON).year > calendar.last_year:
            yield (
                f"calendars.toml: calendar {calendar.name} knows holidays until the end of"
                f" {calendar.last_year} only: what is due later is a guess; write a later last_year"
            )


def _calendars(bundle: Bundle) -> Any:
    return Calendars.model_validate(bundle.part("calendars")).calendars
