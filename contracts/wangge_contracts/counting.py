"""
What the segments of a limit say: when it is used up, how much of it is, and by whom. No clock, no totals.

A round (轮次) of a task is a line of segments, the oldest first, that never overlap. Whoever holds them and
the limit can recount everything: no deadline with an interruption comes from anywhere else. The functions
that make segments only add some, or cut off what lies ahead; what has passed is never rewritten.

A suspension (缓办) has its end from the beginning: the segment after it stands there already, in the future,
so that time counts again by itself. Instants go in aware and come out in UTC, in whole milliseconds.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from wangge_contracts.v1.clocks import Segment, SegmentKind
from wangge_contracts.v1.reference import Limit
from wangge_contracts.worktime import Worktime, deadline, elapsed, later

Segments = tuple[Segment, ...]
_MS = timedelta(milliseconds=1)
_NOTHING = timedelta()
UNCOUNTED = frozenset({"suspended", "outage"})
"""Kinds of segment that use up no limit. A kind that this version does not know is counted."""
_TAKEN_BACK = "outage-taken-back"
"""The reason of time that counts again."""


@dataclass(frozen=True, slots=True)
class Counted:
    """What the segments of a round come to at some instant; spans in the limit's own kind of time."""

    deadline: datetime
    elapsed: timedelta
    remaining: timedelta
    """Negative when overdue."""
    by_holder: Mapping[str, timedelta]
    """Whose time it was; these sum to *elapsed*."""


def count(segments: Sequence[Segment], limit: Limit, worktime: Worktime, *, at: datetime) -> Counted:
    """
    Recount a round at the instant *at*.

    The whole is what lies between the start and the deadline of the limit had nothing come between.
    Raises as `worktime.deadline` does, and ValueError for a round without segments.
    """
    kind = limit.clock_kind
    start = segments[0].started_at
    due = deadline(start, limit, worktime)
    whole = elapsed(start, due, kind, worktime)
    used = _NOTHING
    by_holder: dict[str, timedelta] = {}
    for segment in _counting(segments):
        until = at if segment.ended_at is None else min(segment.ended_at, at)
        spent = elapsed(segment.started_at, until, kind, worktime)
        used += spent
        by_holder[segment.holder] = by_holder.get(segment.holder, _NOTHING) + spent
    if len(segments) > 1:
        due = used_up(segments, limit, worktime)
    return Counted(due, used, whole - used, by_holder)


def used_up(segments: Sequence[Segment], limit: Limit, worktime: Worktime, *, share: float = 1) -> datetime:
    """
    Return the instant at which *share* of the limit is used up: 1 is the deadline, above 1 counts on.

    When the round was ended before, it is the instant at which it would have been, had its last segment
    gone on. Raises as `count` does.
    """
    due = deadline(segments[0].started_at, limit, worktime)
    if len(segments) == 1 and share == 1:
        return due
    whole = elapsed(segments[0].started_at, due, limit.clock_kind, worktime)
    at = _reached(segments, _MS * round(whole / _MS * share), limit, worktime)
    # Two days from Friday night end when work begins on Wednesday, though all was counted on Tuesday evening.
    return max(at, due) if share >= 1 else at


def after(segments: Sequence[Segment], since: datetime, span: Limit, worktime: Worktime) -> datetime:
    """
    Return the instant at which *span* has been counted from *since* on, by the same segments.

    What comes a day after a deadline does not come while nobody's time runs. Raises as `count` does.
    """
    rest = [
        _changed(each, started_at=max(each.started_at, since))
        for each in segments
        if each.ended_at is None or each.ended_at > since
    ]
    return used_up(rest or [_changed(segments[-1], started_at=since, ended_at=None)], span, worktime)


def begun(holder: str, at: datetime, reason: str = "assigned") -> Segments:
    """Return a round of which *holder* has the first segment."""
    return (Segment(kind="counted", holder=holder, started_at=at, reason=reason),)


def handed(segments: Segments, holder: str, at: datetime, reason: str = "forwarded") -> Segments:
    """Count on against another *holder* from *at* on, over whatever lies ahead; no deadline moves."""
    ahead = (each for each in segments if each.ended_at is None or each.ended_at > at)
    moved = (
        _changed(
            each,
            holder=holder,
            started_at=max(each.started_at, at),
            reason=each.reason if each.kind in UNCOUNTED else reason,
        )
        for each in ahead
    )
    return (*ended(segments, at), *moved)


def suspended(segments: Segments, at: datetime, until: datetime) -> Segments:
    """Let no time count from *at* to *until* (缓办), and let it count again by itself from there on."""
    holder = segments[-1].holder
    pause = Segment(kind="suspended", holder=holder, started_at=at, ended_at=until, reason="suspended")
    return (*ended(segments, at), pause, *begun(holder, until, "resumed"))


def resumed(segments: Segments, at: datetime, reason: str = "resumed") -> Segments:
    """Count again from *at* on, whatever lay ahead: the end of a suspension, or a return that was refused."""
    return (*ended(segments, at), *begun(segments[-1].holder, at, reason))


def relieved(segments: Segments, since: datetime, until: datetime, reason: str = "outage") -> Segments:
    """Take what was counted between the two instants from everybody's account: we were out of order then."""
    return _recast(segments, since, until, kind="outage", reason=reason)


def taken_back(
    segments: Segments, limit: Limit, worktime: Worktime, *, since: datetime, until: datetime, at: datetime
) -> Segments:
    """
    Let what everybody was relieved of between *since* and *until* count again: it was declared by mistake.

    The declaration stood until *at*: of what lies before only so much counts, the latest first, that the
    limit is not used up by then; and nothing at all, when it was used up by then all the same. So nobody who
    kept to what was told is late by it, whatever is told first. What this has made it leaves as it is. Raises
    as `count` does.
    """
    whole = _recast(segments, since, until, kind="counted", reason=_TAKEN_BACK)
    if used_up(whole, limit, worktime) >= at:
        return whole
    spared = relieved(segments, since, until)
    # What lies behind *at* changes nothing of what was left by then, and may reach beyond every calendar.
    then = relieved(whole, since, min(until, at)) if since < at else whole
    end = then[-1].ended_at
    left = count(then if end is None else resumed(then, end), limit, worktime, at=at).remaining
    if left <= _NOTHING:
        return spared
    for each in reversed(spared):
        begins, ends = max(each.started_at, since), min(each.ended_at or until, until, at)
        if each.kind != "outage" or begins >= ends:
            continue
        spent = elapsed(begins, ends, limit.clock_kind, worktime)
        if spent < left:
            left -= spent
            continue
        # What is used up when work ends is used up before *at* in the night: a moment less, then.
        for span in (spent - left, spent - left + _MS):
            again = max(begins, later(begins, span, limit.clock_kind, worktime))
            made = _recast(spared, again, until, kind="counted", reason=_TAKEN_BACK)
            if used_up(made, limit, worktime) >= at:
                return made
    return spared


def ended(segments: Segments, at: datetime) -> Segments:
    """Cut off everything that lies after *at*; the first segment stays, for a round has a beginning."""
    return tuple(
        each if each.ended_at is not None and each.ended_at <= at else _changed(each, ended_at=at)
        for each in segments
        if each.started_at < at or each is segments[0]
    )


def _reached(segments: Sequence[Segment], target: timedelta, limit: Limit, worktime: Worktime) -> datetime:
    kind = limit.clock_kind
    for segment in _counting(segments):
        # Asked before the segment's end is, which may lie where no calendar reaches.
        at = later(segment.started_at, target, kind, worktime)
        if segment.ended_at is None or at <= segment.ended_at:
            return at
        target -= elapsed(segment.started_at, segment.ended_at, kind, worktime)
    return later(segments[-1].ended_at or segments[-1].started_at, target, kind, worktime)


def _recast(
    segments: Segments, since: datetime, until: datetime, *, kind: SegmentKind, reason: str
) -> Segments:
    """Make outage of what is counted between the two instants, or the other way round."""
    found: list[Segment] = []
    for each in segments:
        begins = max(each.started_at, since)
        ends = until if each.ended_at is None else min(each.ended_at, until)
        fits = each.kind == "outage" if kind == "counted" else each.kind not in UNCOUNTED
        if not fits or begins >= ends:
            found.append(each)
            continue
        if each.started_at < begins or each is segments[0]:
            found.append(_changed(each, ended_at=begins))
        found.append(_changed(each, kind=kind, started_at=begins, ended_at=ends, reason=reason))
        if each.ended_at is None or ends < each.ended_at:
            found.append(_changed(each, started_at=ends))
    return tuple(found)


def _counting(segments: Sequence[Segment]) -> Iterator[Segment]:
    return (segment for segment in segments if segment.kind not in UNCOUNTED)


def _changed(segment: Segment, **fields: Any) -> Segment:
    return segment.model_copy(update=fields)
