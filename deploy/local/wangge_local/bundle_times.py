"""What does not fit the calendars: limits that name none, and time that was declared to be nobody's."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

from wangge_contracts.outages import Outage
from wangge_contracts.v1 import Limit
from wangge_local.bundle_whole import Finding, Parts

LONGEST_OUTAGE = timedelta(days=30)
"""Ours: a house that was out of order for longer has been told of by other means than its ladder."""


def faults_of_times(parts: Parts) -> Iterator[Finding]:
    """Everything in *parts* that no clock could be counted by, or that would let all of them stand still."""
    yield from _calendars(parts)
    yield from _outages(parts)


def _limits(parts: Parts) -> Iterator[tuple[str, tuple[str | int, ...], Limit]]:
    """Every limit, with the part and the place in it where it is written."""
    for number, row in enumerate(parts.standard):
        yield "standard", ("rows", number, "limit"), row.limit
        for kind in ("task_limits", "stages"):
            for each in getattr(row, kind):
                yield "standard", ("rows", number, kind), each.limit
    for name, limit in parts.rulebook.limits.items():
        yield "rulebook", ("limits", name), limit
    for number, signing in enumerate(parts.rulebook.terms.acknowledge):
        yield "rulebook", ("terms", "acknowledge", number), signing.limit
    for number, rule in enumerate(parts.rulebook.rules):
        if rule.then.limit is not None:
            yield "rulebook", ("rules", number, "then", "limit"), rule.then.limit
        for stage in rule.then.stages:
            yield "rulebook", ("rules", number, "then", "stages"), stage.limit


def _calendars(parts: Parts) -> Iterator[Finding]:
    names = {calendar.name for calendar in parts.calendars.calendars}
    if parts.district.calendar not in names:
        text = f"the district's calendar {parts.district.calendar!r} does not exist"
        yield Finding("district", ("calendar",), text, f"use one of {', '.join(sorted(names))}")
        # Every limit that names none would say the same.
        names.add(parts.district.calendar)
    for part, path, limit in _limits(parts):
        if limit.calendar not in names:
            text = f"a limit names the calendar {limit.calendar!r}, which does not exist"
            yield Finding(part, path, text, "add it to calendars.toml or correct the name")
    for number, calendar in enumerate(parts.calendars.calendars):
        if calendar.unannounced:
            years = ", ".join(map(str, calendar.unannounced))
            yield Finding(
                "calendars",
                ("calendars", number, "last_year"),
                f"the make-up working days of {years} are not announced: deadlines there are provisional",
                "update the holiday library when they are, or list them as overrides",
                warning=True,
            )


def _outages(parts: Parts) -> Iterator[Finding]:
    """
    Say which declared outages cannot be meant.

    Not asked of `Outage` itself: a room that refused one which is published already could read no version
    of the reference data any more, nor the one that takes it back.
    """
    shortest = min(parts.calendars.calendars, key=lambda calendar: calendar.last_year)
    end = datetime(shortest.last_year + 1, 1, 1, tzinfo=UTC)
    for number, outage in enumerate(parts.ladder.outages):
        at = ("outages", number, "until")
        if _stands_until(outage) >= end:
            ends = f"{shortest.last_year}, where calendar {shortest.name} ends"
            text = f"the outage {outage.reason} lasts beyond {ends}"
            yield Finding("ladder", at, text, "correct the year, or extend the calendar")
        elif outage.taken_back_at is None and outage.until - outage.since > LONGEST_OUTAGE:
            lasts = (outage.until - outage.since).days
            text = f"the outage {outage.reason} lasts {lasts} days, and {LONGEST_OUTAGE.days} are the most"
            yield Finding("ladder", at, text, "correct it, or declare several, one after the other")


def _stands_until(outage: Outage) -> datetime:
    return min(outage.until, outage.taken_back_at or outage.until)
