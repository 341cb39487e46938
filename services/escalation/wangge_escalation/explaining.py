"""A clock -> all that is needed to recount its deadline by hand, and what we make of it. Pure."""

from datetime import datetime, timedelta
from typing import Any

from wangge_contracts.counting import UNCOUNTED, count
from wangge_contracts.message import instant_text
from wangge_contracts.v1 import Segment
from wangge_contracts.worktime import Worktime, elapsed, in_working_time, unsure
from wangge_escalation.almanac import Almanac
from wangge_escalation.clocks import Clock, Step
from wangge_escalation.ladder import Rung
from wangge_escalation.saying import state

_SECOND = timedelta(seconds=1)


def explain(clock: Clock, almanac: Almanac, *, now: datetime) -> dict[str, Any]:
    """
    The working of *clock* at *now*, house time, or when it stopped: limit, calendar, segments, rungs.

    Spans are seconds of the limit's own kind of time. `unsure` says that working time of a year counts whose
    make-up days (调休) were not announced when the clock began; `calendar_in_force` is the version by which
    limits begin now. Raises `UnknownCalendar`.
    """
    worktime = almanac.worktime(clock.limit)
    at = now if clock.runs else clock.lap[-1].ended_at or now
    counted = count(clock.lap, clock.limit, worktime, at=at)
    rungs = [_climbed(step, clock) for step in clock.steps if step.round == clock.round]
    armed = {rung["rung"] for rung in rungs}
    return {
        "task_id": clock.task_id,
        "incident_id": clock.incident_id,
        "clock_id": clock.clock_id,
        "case_number": clock.case_number,
        "kind": clock.kind,
        "holder": clock.holder,
        "desk": clock.desk,
        "state": state(clock, at),
        "round": clock.round,
        "limit": clock.limit.model_dump(mode="json"),
        "ladder": clock.ladder,
        "at": instant_text(at),
        "deadline": instant_text(counted.deadline),
        "elapsed_s": counted.elapsed // _SECOND,
        "remaining_s": counted.remaining // _SECOND,
        "by_holder": {holder: spent // _SECOND for holder, spent in counted.by_holder.items()},
        "segments": [_told(each, clock, worktime, at) for each in clock.lap],
        "earlier_segments": [each.model_dump(mode="json") for each in clock.segments[: clock.first]],
        "rungs": rungs,
        "standing": [step.rung for step in clock.steps if step.stands and step.round == clock.round],
        "not_armed": [rung.name for rung in clock.rungs if rung.name not in armed],
        "listings": [each.model_dump(mode="json", exclude_none=True) for each in clock.listings],
        "suspended_until": instant_text(clock.suspended_until) if clock.suspended_until else None,
        "calendar": worktime.calendar.model_dump(mode="json"),
        "calendar_in_force": almanac.calendar_in_force(worktime.calendar.name),
        "unsure": _is_unsure(clock, counted.deadline, worktime),
    }


def _is_unsure(clock: Clock, deadline: datetime, worktime: Worktime) -> bool:
    """Whether make-up days that nobody knew may move the deadline, or a rung behind it."""
    start, kind = clock.lap[0].started_at, clock.limit.clock_kind
    if in_working_time(kind) and unsure(start, deadline, worktime):
        return True
    for step in clock.steps:
        rung = clock.rung(step.rung) if step.round == clock.round else None
        if rung is None or rung.at is not None:
            continue
        since, counted_by = (deadline, rung.after.clock_kind) if rung.after else (start, kind)
        if in_working_time(counted_by) and unsure(since, step.due_at, worktime):
            return True
    return False


def _told(segment: Segment, clock: Clock, worktime: Worktime, at: datetime) -> dict[str, Any]:
    until = min(segment.ended_at or at, at)
    counted = elapsed(segment.started_at, until, clock.limit.clock_kind, worktime)
    spent = timedelta() if segment.kind in UNCOUNTED else counted
    return {**segment.model_dump(mode="json", exclude_none=True), "counted_s": spent // _SECOND}


def _climbed(step: Step, clock: Clock) -> dict[str, Any]:
    rung = clock.rung(step.rung)
    instants = {"due_at": step.due_at, "rang_at": step.rang_at, "withdrawn_at": step.withdrawn_at}
    return {
        "rung": step.rung,
        "rule": _rule(rung),
        "effects": list(rung.effects),
        **{name: instant_text(at) for name, at in instants.items() if at is not None},
        "became": _became(step, clock),
    }


def _became(step: Step, clock: Clock) -> str:
    if step.withdrawn_at is not None:
        return "withdrawn"
    if step.rang_at is not None:
        return "rang"
    return "waits" if clock.runs else "never-due"


def _rule(rung: Rung) -> str:
    if rung.share is not None:
        return f"{rung.share:.0%} of the limit"
    if rung.after is not None:
        return f"{rung.after.value:g} {rung.after.clock_kind} after the limit"
    return f"at {rung.at}"
