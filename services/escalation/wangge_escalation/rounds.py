"""
A round of a clock starts, is laid anew, and stops, whatever rang meanwhile. Pure.

A stop rings what was due until then and is not rung yet, and withdraws what rang too soon; an extension or a
suspension withdraws what rang since it was asked for.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime

from wangge_contracts.counting import begun, ended
from wangge_contracts.outages import Outage
from wangge_contracts.v1 import ClockChange, DeskOrdered, Segment
from wangge_escalation.clocks import Clock, Moved, Said, Scene, Step, but
from wangge_escalation.ladder import Ladder
from wangge_escalation.ordering import orders, reached
from wangge_escalation.ringing import ring_until, withdraw
from wangge_escalation.saying import say

Dues = Mapping[str, datetime | None]


def start(clock: Clock, ladder: Ladder, *, holder: str, at: datetime, reason: str, scene: Scene) -> Moved:
    """
    Begin a round at *at*, never before the end of the last: the whole limit, every rung armed anew.

    *clock* holds the limit of the new round. What was armed in the last and never rang is forgotten.
    """
    at = max([at, *(segment.ended_at for segment in clock.segments if segment.ended_at)])
    clock = but(
        clock,
        round=clock.round + 1,
        first=len(clock.segments),
        rungs=ladder.rungs,
        segments=(*clock.segments, *begun(holder, at, reason)),
        steps=tuple(_by_itself(clock, step) for step in clock.steps if step.rang_at is not None),
        suspended_until=None,
        wakes_at=None,
    )
    return say(_armed(clock, _dues(clock, scene), since=at), "started", at=at, scene=scene)


def stop(clock: Clock, *, at: datetime, scene: Scene) -> Moved:
    """
    End the round by what was effective at *at*, whatever rang meanwhile.

    A round that has ended already, but later, ends there instead.
    """
    change: ClockChange = "stopped" if clock.runs else "recalculated"
    at = max(at, clock.lap[0].started_at)
    clock, rung = ring_until(clock, at, scene=scene, over=True)
    clock, withdrawn = withdraw(clock, since=at, scene=scene)
    clock = relaid(clock, ended(clock.lap, at))
    clock, stopped = say(but(clock, suspended_until=None, wakes_at=None), change, at=at, scene=scene)
    return clock, rung + withdrawn + stopped


def rearm(clock: Clock, change: ClockChange, *, since: datetime, scene: Scene) -> Moved:
    """
    Work out anew when rungs are due, for limit or segments are others from *since* on, and say *change*.

    What was due until then rings. Rungs that rang since and are due at another time now are withdrawn; what
    rang before stands, and is armed again only if its time lies ahead now.
    """
    clock, rung = ring_until(clock, since, scene=scene)
    clock, said = _laid_anew(clock, change, since=since, scene=scene)
    return clock, rung + said


def relieve(clock: Clock, outages: Sequence[Outage], *, scene: Scene) -> Moved:
    """
    Relieve the round of the outages that were declared: what rang in them too soon is withdrawn.

    Time that was taken back counts again (`counting.taken_back`). Done again it changes nothing. What was due
    before an outage is left to the bell: its time is the same.
    """
    said: tuple[Said, ...] = ()
    for outage in outages:
        lap = clock.lap
        if outage.until <= lap[0].started_at:
            continue
        laid = outage.laid_on(lap, clock.limit, scene.worktime)
        if laid == lap:
            continue
        since = max(outage.since, lap[0].started_at)
        # How much of it counts again, when it was taken back, may change, and is then said again.
        mine = replace(scene, cause=f"{scene.cause} {outage.cause} {clock.revision}")
        clock, more = _laid_anew(relaid(clock, laid), "recalculated", since=since, scene=mine)
        said += more
        if (end := lap[-1].ended_at) is not None:
            clock, more = ring_until(clock, end, scene=mine, over=True)
            said += more
    return clock, said


def _by_itself(clock: Clock, step: Step) -> Step:
    """*step* with what it did: the ladder of its round goes, and what came of it may be heard of later."""
    return but(step, reached=clock.effects(step)) if step.round == clock.round else step


def relaid(clock: Clock, lap: Sequence[Segment]) -> Clock:
    """*clock* with other segments in this round."""
    return but(clock, segments=(*clock.segments[: clock.first], *lap))


def _laid_anew(clock: Clock, change: ClockChange, *, since: datetime, scene: Scene) -> Moved:
    dues = _dues(clock, scene)
    clock, withdrawn = withdraw(
        clock, since=since, scene=scene, picks=lambda step: step.due_at != dues[step.rung]
    )
    clock = _armed(clock, dues, since=since)
    owed = _owed(clock, scene) if clock.runs else ()
    clock, said = say(clock, change, at=since, scene=scene, ordered=owed)
    if owed:
        clock = but(clock, steps=tuple(but(step, owes_orders=False) for step in clock.steps))
    return clock, withdrawn + said


def _dues(clock: Clock, scene: Scene) -> Dues:
    """When each rung of the round is due as it is laid now; None: the task brings no such instant."""
    return {
        rung.name: rung.due(clock.lap, clock.limit, scene.worktime, clock.instants) for rung in clock.rungs
    }


def _armed(clock: Clock, dues: Dues, *, since: datetime) -> Clock:
    """*clock* with every rung of its ladder armed that does not stand, or whose time lies ahead again."""
    kept = tuple(step for step in clock.steps if not clock.awaits(step))
    fresh = []
    for name, due in dues.items():
        before = [step for step in kept if step.round == clock.round and step.rung == name]
        stands = bool(before) and before[-1].stands
        if due is not None and not (stands and (due <= since or due == before[-1].due_at)):
            fresh.append(Step(clock.round, name, due, turn=len(before)))
    return but(clock, steps=(*kept, *sorted(fresh, key=lambda step: step.due_at)))


def _owed(clock: Clock, scene: Scene) -> tuple[DeskOrdered, ...]:
    """What rungs that rang when the turn was over would have ordered: it goes on after all."""
    return tuple(
        order
        for step in clock.steps
        if step.owes_orders and step.stands and step.round == clock.round
        for order in orders(clock, step, reached(clock, step, scene)[0], scene)
    )
