"""
A round of a clock starts, is laid anew, and stops, whatever rang meanwhile. Pure.

A stop rings what was due until then and is not rung yet, and withdraws what rang too soon; an extension or a
suspension withdraws what rang since it was asked for.
"""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from wangge_contracts.counting import begun, ended, excused
from wangge_contracts.v1 import ClockChange, DeskOrdered, Segment
from wangge_escalation.clocks import Clock, Moved, Said, Scene, Step
from wangge_escalation.ladder import Ladder, Outage
from wangge_escalation.ordering import orders, reached
from wangge_escalation.ringing import ring_until, withdraw
from wangge_escalation.saying import say


def start(clock: Clock, ladder: Ladder, *, holder: str, at: datetime, reason: str, scene: Scene) -> Moved:
    """
    Begin a round at *at*, never before the end of the last: the whole limit, every rung armed anew.

    *clock* holds the limit of the new round. What was armed in the last and never rang is forgotten.
    """
    at = max([at, *(segment.ended_at for segment in clock.segments if segment.ended_at)])
    clock = replace(
        clock,
        round=clock.round + 1,
        first=len(clock.segments),
        rungs=ladder.rungs,
        segments=(*clock.segments, *begun(holder, at, reason)),
        steps=tuple(step for step in clock.steps if step.rang_at is not None),
        suspended_until=None,
        wakes_at=None,
        excused=(),
    )
    return say(_armed(clock, since=at, scene=scene), "started", at=at, scene=scene)


def stop(clock: Clock, *, at: datetime, scene: Scene) -> Moved:
    """End the round by what was effective at *at*, whatever rang meanwhile."""
    if not clock.runs:
        return clock, ()
    at = max(at, clock.lap[0].started_at)
    clock, rung = ring_until(clock, at, scene=scene, over=True)
    clock, withdrawn = withdraw(clock, since=at, scene=scene)
    clock = relaid(clock, ended(clock.lap, at))
    clock, stopped = say(replace(clock, suspended_until=None, wakes_at=None), "stopped", at=at, scene=scene)
    return clock, rung + withdrawn + stopped


def rearm(clock: Clock, change: ClockChange, *, since: datetime, scene: Scene) -> Moved:
    """
    Work out anew when rungs are due, for limit or segments are others from *since* on, and say *change*.

    Rungs that rang though they were due later are withdrawn. What rang before stands, and is armed again
    only if its time lies ahead now.
    """
    clock, rung = ring_until(clock, since, scene=scene)
    clock, withdrawn = withdraw(clock, since=since, scene=scene)
    clock = _armed(clock, since=since, scene=scene)
    clock, said = say(clock, change, at=since, scene=scene, ordered=_owed(clock, scene))
    paid = tuple(replace(step, owes_orders=False) for step in clock.steps)
    return replace(clock, steps=paid), rung + withdrawn + said


def excuse(clock: Clock, outages: Sequence[Outage], *, scene: Scene) -> Moved:
    """Relieve the round of the outages that were declared: what rang in them too soon is withdrawn."""
    said: tuple[Said, ...] = ()
    for outage in outages:
        lap = clock.lap
        over = lap[-1].ended_at is not None and lap[-1].ended_at <= outage.since
        if over or outage.since in clock.excused or outage.until <= lap[0].started_at:
            continue
        clock = replace(clock, excused=(*clock.excused, outage.since))
        relieved = excused(lap, outage.since, outage.until, outage.reason)
        if relieved != lap:
            since = max(outage.since, lap[0].started_at)
            mine = replace(scene, cause=f"{scene.cause} {outage.since.isoformat()}")
            clock, more = rearm(relaid(clock, relieved), "recalculated", since=since, scene=mine)
            said += more
            if (end := lap[-1].ended_at) is not None:
                clock, more = ring_until(clock, end, scene=mine, over=True)
                said += more
    return clock, said


def relaid(clock: Clock, lap: Sequence[Segment]) -> Clock:
    """*clock* with other segments in this round."""
    return replace(clock, segments=(*clock.segments[: clock.first], *lap))


def _armed(clock: Clock, *, since: datetime, scene: Scene) -> Clock:
    """*clock* with every rung of its ladder armed that does not stand, or whose time lies ahead again."""
    kept = tuple(step for step in clock.steps if not clock.awaits(step))
    fresh = []
    for rung in clock.rungs:
        due = rung.due(clock.lap, clock.limit, scene.worktime, clock.instants)
        before = [step for step in kept if step.round == clock.round and step.rung == rung.name]
        stands = bool(before) and before[-1].stands
        if due is not None and not (stands and (rung.at is not None or due <= since)):
            fresh.append(Step(clock.round, rung.name, due, turn=len(before)))
    return replace(clock, steps=(*kept, *sorted(fresh, key=lambda step: step.due_at)))


def _owed(clock: Clock, scene: Scene) -> tuple[DeskOrdered, ...]:
    """What rungs that rang when the turn was over would have ordered: it goes on after all."""
    return tuple(
        order
        for step in clock.steps
        if step.owes_orders and step.stands and step.round == clock.round
        for order in orders(clock, step, reached(clock, step, scene)[0], scene)
    )
