"""What does not fit the calendars: limits that name none, and time that was declared to be nobody's."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

from pydantic import TypeAdapter, ValidationError

from wangge_contracts.counting import begun
from wangge_contracts.message import Instant
from wangge_contracts.outages import Outage
from wangge_contracts.v1 import SHORTEST_LIMIT, Limit
from wangge_contracts.worktime import BeyondCalendar, Worktime, deadline
from wangge_escalation.ladder import Rung
from wangge_local.bundle_whole import Finding, Parts

LONGEST_OUTAGE = timedelta(days=30)
"""Ours: a house that was out of order for longer has been told of by other means than its ladder."""
_INSTANT = TypeAdapter(Instant)
_MOMENT = Limit(value=SHORTEST_LIMIT, clock_kind="working-hours", calendar="any", calendar_version="any")


def faults_of_times(parts: Parts) -> Iterator[Finding]:
    """Everything in *parts* that no clock could be counted by, or that would let all of them stand still."""
    yield from _calendars(parts)
    yield from _outages(parts)
    yield from _endless(parts)


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
        if calendar.time_zone != parts.district.time_zone:
            own, others = calendar.time_zone, parts.district.time_zone
            text = f"calendar {calendar.name} counts by {own}, and the district's clocks are by {others}"
            at = ("calendars", number, "time_zone")
            yield Finding("calendars", at, text, "write the same zone in both files", warning=True)
        for day in (*calendar.closed, *calendar.opened):
            if day.year > calendar.last_year:
                text = (
                    f"calendar {calendar.name} has an override of {day}, and ends with {calendar.last_year}"
                )
                yield Finding(
                    "calendars", ("calendars", number), text, "correct the day or last_year", warning=True
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


def _endless(parts: Parts) -> Iterator[Finding]:
    """
    Say what could not be counted any more if it began as the last year of its calendar ends.

    Weekly hours go on for some years behind that, and a task of which a limit ends later still would be a
    dead letter. Extensions are not looked at: the calendars have been renewed by then.
    """
    worktimes = {calendar.name: Worktime(calendar) for calendar in parts.calendars.calendars}
    rest = parts.rulebook.terms.longest_suspension
    if not all(_counts(_MOMENT, each, rest) for each in worktimes.values()):
        text = f"a suspension may last {rest.days} days, longer than any calendar goes on"
        yield Finding("rulebook", ("terms", "longest_suspension_days"), text, "shorten it")
        rest = timedelta()
    told: set[tuple[int, int]] = set()
    seen: set[Limit] = set()
    for part, path, limit in _limits(parts):
        worktime = worktimes.get(limit.calendar)
        if worktime is None:
            continue
        if not _counts(limit, worktime, rest):
            text = f"a limit of {limit.value:g} {limit.clock_kind} ends where calendar {limit.calendar}"
            yield Finding(part, path, f"{text} counts no more", "shorten it")
            continue
        if limit in seen:
            continue
        seen.add(limit)
        for at, rung in _rungs(parts):
            if at not in told and not _counts(limit, worktime, rest, rung):
                told.add(at)
                text = f"rung {rung.name} after a limit of {limit.value:g} {limit.clock_kind}"
                text = f"{text} comes where calendar {limit.calendar} counts no more"
                yield Finding("ladder", ("ladders", at[0], "rungs", at[1]), text, "let it come earlier")


def _rungs(parts: Parts) -> Iterator[tuple[tuple[int, int], Rung]]:
    for number, ladder in enumerate(parts.ladder.ladders):
        for step, rung in enumerate(ladder.rungs):
            yield (number, step), rung


def _counts(limit: Limit, worktime: Worktime, rest: timedelta, rung: Rung | None = None) -> bool:
    """Whether the end of *limit*, or *rung* of it, can be counted and told, though it rested before."""
    begins = datetime(worktime.calendar.last_year, 12, 31, 12, tzinfo=UTC) + rest
    try:
        due = deadline(begins, limit, worktime)
        if rung is not None:
            due = rung.due(begun("desk:any", begins), limit, worktime, {}) or due
            if rung.reply_within is not None:
                due = deadline(due, rung.reply_within.under(limit), worktime)
        _INSTANT.validate_python(due)
    except (BeyondCalendar, OverflowError, ValidationError):
        return False
    return True
