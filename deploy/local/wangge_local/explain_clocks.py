"""What a matter's clocks did: rungs that rang or were taken back and why, and outages of the house. Pure."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

from wangge_contracts.topics import CLOCKS_CHANGED
from wangge_local.explain_line import MUST, SHOULD, Line
from wangge_local.explain_turns import instant
from wangge_local.stories_expected import Told, facts

Clock = Mapping[str, Any]
Span = tuple[str, str, str, str, str]
"""A stretch of time: its kind, why, from when to when, and whose."""


def clock_lines(told: Told) -> Iterator[Line]:
    """Yield what is to be said of the clocks of the matter, one after the other."""
    clocks: dict[str, list[Clock]] = {}
    for clock in facts(told, CLOCKS_CHANGED.name):
        clocks.setdefault(clock["clock_id"], []).append(clock)
    for changes in clocks.values():
        yield from _rungs(changes)
    yield from _outages(told["clocks"])


def _rungs(changes: Sequence[Clock]) -> Sequence[Line]:
    """Return a line for each rung, at the instant at which it was due; one that does not stand says why."""
    before: Clock = {}
    lines: list[Line] = []
    last: dict[tuple[int, str], int] = {}
    for clock in changes:
        if clock["change"] == "rang":
            last[clock.get("round", 0), clock["rung"]] = len(lines)
            weight = SHOULD if clock["remaining_s"] > 0 else MUST
            what = f"{clock['kind']}: {clock['rung']}"
            lines.append(
                Line(instant(clock["effective_at"]), clock["holder"], what, clock.get("note", ""), weight)
            )
        elif clock["change"] == "rung-withdrawn":
            # Of a very long timeline only the newest is told.
            if (number := last.get((clock.get("round", 0), clock["withdrawn_rung"]))) is not None:
                what, why = f"{lines[number].what} withdrawn:", _why_withdrawn(clock, before)
                lines[number] = replace(lines[number], what=what, reason=why, weight=MUST)
        else:
            before = clock
    return lines


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
    """Tell each outage that moved a deadline, or that was taken back, once, and whose time it is not."""
    spans: dict[tuple[str, str], set[Span]] = {}
    whose: dict[tuple[str, str], dict[str, None]] = {}
    for clock in clocks:
        for span in _outage_spans(clock):
            spans.setdefault(span[:2], set()).add(span)
            whose.setdefault(span[:2], {})[f"{clock['kind']} {span[4]}"] = None
    for (kind, reason), found in spans.items():
        what = "outage, not counted:" if kind == "outage" else "outage taken back, counted again:"
        since, until = min(instant(span[2]) for span in found), max(instant(span[3]) for span in found)
        turns = ", ".join(whose[kind, reason])
        yield Line(since, "", what, f"{reason} until {until.isoformat()}, of {turns}", MUST)


def _outage_spans(clock: Clock) -> set[Span]:
    return _spans(clock, "outage") | _spans(clock, "counted", "outage-taken-back")


def _spans(clock: Clock, kind: str, reason: str | None = None) -> set[Span]:
    """Return the closed stretches of a kind, and of one *reason*."""
    return {
        (kind, each.get("reason", ""), each["started_at"], each["ended_at"], each["holder"])
        for each in clock.get("segments", ())
        if each["kind"] == kind and "ended_at" in each and reason in (None, each.get("reason"))
    }
