"""What a matter's clocks did: rungs that rang or were taken back and why, and outages of the house. Pure."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

from wangge_contracts.topics import CLOCKS_CHANGED
from wangge_local.explain_line import MUST, SHOULD, Line
from wangge_local.explain_turns import instant
from wangge_local.stories_expected import Told, facts

Clock = Mapping[str, Any]
Span = tuple[str, str, str, str]
"""A stretch of time: its kind, why, and from when to when."""


def clock_lines(told: Told) -> Iterator[Line]:
    """Yield what is to be said of the clocks of the matter, one after the other."""
    clocks: dict[str, list[Clock]] = {}
    for clock in facts(told, CLOCKS_CHANGED.name):
        clocks.setdefault(clock["clock_id"], []).append(clock)
    for changes in clocks.values():
        yield from _rungs(changes)
    yield from _outages(told["clocks"])


def _rungs(changes: Sequence[Clock]) -> Iterator[Line]:
    before: Clock = {}
    for clock in changes:
        at = instant(clock["effective_at"])
        kind, rung = clock["kind"], clock.get("rung") or clock.get("withdrawn_rung")
        if clock["change"] == "rung-withdrawn":
            yield Line(at, clock["holder"], f"{kind}: {rung} withdrawn", _why_withdrawn(clock, before), MUST)
        elif clock["change"] == "rang":
            weight = SHOULD if clock["remaining_s"] > 0 else MUST
            yield Line(at, clock["holder"], f"{kind}: {rung}", clock.get("note", ""), weight)
        else:
            before = clock


def _why_withdrawn(clock: Clock, before: Clock) -> str:
    """Say why a rung does not stand by what *clock* has otherwise than it had *before*."""
    if _outage_spans(clock) != _outage_spans(before):
        return "an outage of the house is nobody's time"
    if clock.get("limit") != before.get("limit"):
        return "the limit was another by then"
    if _spans(clock, "suspended") != _spans(before, "suspended"):
        return "no time counted by then (缓办)"
    return "an answer was in time"


def _outages(clocks: Sequence[Clock]) -> Iterator[Line]:
    """Tell each outage that moved a deadline of the matter, or that was taken back, once."""
    found: dict[tuple[str, str], list[tuple[datetime, datetime]]] = {}
    for kind, reason, since, until in (span for clock in clocks for span in _outage_spans(clock)):
        found.setdefault((kind, reason), []).append((instant(since), instant(until)))
    for (kind, reason), spans in found.items():
        what = "outage, nobody's time:" if kind == "outage" else "outage taken back, time counts again:"
        until = max(until for _, until in spans)
        yield Line(min(since for since, _ in spans), "", what, f"{reason} until {until.isoformat()}", MUST)


def _outage_spans(clock: Clock) -> set[Span]:
    return _spans(clock, "outage") | _spans(clock, "counted", "outage-taken-back")


def _spans(clock: Clock, kind: str, reason: str | None = None) -> set[Span]:
    """Return the closed stretches of a kind, and of one *reason*."""
    return {
        (kind, each.get("reason", ""), each["started_at"], each["ended_at"])
        for each in clock.get("segments", ())
        if each["kind"] == kind and "ended_at" in each and reason in (None, each.get("reason"))
    }
