"""Which calendars know too little of the time to come, and what of it limits that run do not heed. Pure."""

from collections.abc import Iterator, Mapping
from datetime import date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from wangge_contracts.calendars import Calendar, Calendars
from wangge_contracts.worktime import BeyondCalendar, Worktime, elapsed
from wangge_escalation.ladder import Ladders
from wangge_local.bundle import Bundle

_SOON = timedelta(days=183)
"""Ours: time enough to renew a file; the make-up days of a year are told in the autumn before."""
_NAMED = 5


def uncounted(bundle: Bundle, at: datetime) -> Iterator[str]:
    """Say by which calendars nothing can be counted at *at*: what begins then would be a dead letter."""
    for calendar in _calendars(bundle.parts):
        try:
            elapsed(at - timedelta(milliseconds=1), at, "working-hours", Worktime(calendar))
        except BeyondCalendar:
            known = f"{calendar.first_year} to {calendar.last_year}"
            yield f"calendar {calendar.name} knows {known}: nothing can be counted by it in {at.year}"


def ending(bundle: Bundle, at: datetime) -> Iterator[str]:
    """Say which calendars do not know all holidays until half a year after *at*: deadlines are a guess."""
    for calendar in _calendars(bundle.parts):
        first, last = (each.astimezone(ZoneInfo(calendar.time_zone)).year for each in (at, at + _SOON))
        told = f"calendars.toml: calendar {calendar.name} knows"
        if years := [str(year) for year in calendar.unannounced if first <= year <= last]:
            named = ", ".join(years)
            yield (
                f"{told} no make-up working days of {named} yet: deadlines there are a guess; when they are"
                " announced, take a newer holiday library, or write an override for each of its days and the"
                f" year among `announced` of `statutory`: announced = [{named}]"
            )
        if last > calendar.last_year:
            yield (
                f"{told} holidays until the end of {calendar.last_year} only: what is due later is a guess;"
                " write a later last_year"
            )


def unheeded(bundle: Bundle, at: datetime, *, before: Mapping[str, Any]) -> Iterator[str]:
    """
    Say which days off of *bundle* limits that run work through: they keep the calendar of the parts *before*.

    Of the year of *at* and later; what is declared in the ladder they are spared.
    """
    stood = {each.name: each for each in _calendars(before)} if "calendars" in before else {}
    for calendar in _calendars(bundle.parts):
        zone = ZoneInfo(calendar.time_zone)
        old = stood.get(calendar.name, calendar)
        days = [
            day
            for day in calendar.closed
            if old.works(day) and day.year >= at.astimezone(zone).year and not _spared(bundle, day, zone)
        ]
        if days:
            named = ", ".join(map(str, days[:_NAMED]))
            named += f" and {len(days) - _NAMED} more" if len(days) > _NAMED else ""
            yield (
                f"limits that run keep the calendar {calendar.name} as it was, and work on {named}: to spare"
                " them those days, declare them in ladder.toml, as [[outages]] with"
                ' clock_kinds = ["working-hours", "working-days"]'
            )


def _spared(bundle: Bundle, day: date, zone: ZoneInfo) -> bool:
    begins, ends = (datetime.combine(each, time(), zone) for each in (day, day + timedelta(days=1)))
    declared = Ladders.model_validate(bundle.part("ladder")).outages
    return any(
        each.since <= begins and ends <= each.until and each.concerns("working-days") for each in declared
    )


def _calendars(parts: Mapping[str, Any]) -> tuple[Calendar, ...]:
    return Calendars.model_validate(parts["calendars"]).calendars
