"""
A clock starts, rings, is interrupted and stops, by what was said when. Pure.

A rung stands if and only if nothing with an earlier `effective_at` ended the clock, or moved the rung. So a
stop rings what was due until then and is not rung yet, and withdraws what rang too soon; an extension or a
suspension withdraws what rang since it was asked for. Bell and answer may come in any order.
"""

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from wangge_contracts.counting import begun, count, ended, excused
from wangge_contracts.message import derive_id
from wangge_contracts.v1 import ClockChange, ClockChanged, ClockState, DeskOrdered, Segment
from wangge_escalation.clocks import Clock, Moved, Said, Scene, Step
from wangge_escalation.ladder import Ladder, Outage
from wangge_escalation.ordering import orders, reached, resume, undoing

_SECOND = timedelta(seconds=1)
Picks = Callable[[Step], bool]


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


def ring(clock: Clock, *, upto: datetime, scene: Scene, held_upto: datetime | None = None) -> Moved:
    """
    Ring every rung that is due at *upto* or before and has not rung, the earliest first.

    A suspension that is over by then ends in its turn, and the router is asked to let the task go on.

    :param held_upto: while input is late: of the rungs that may be held only those due until then ring.
    """
    if not clock.runs:
        return clock, ()
    said: tuple[Said, ...] = ()
    held_upto = upto if held_upto is None else min(upto, held_upto)
    if (wakes_at := clock.wakes_at) is not None and wakes_at <= upto:
        clock, said = _ring(clock, lambda step: step.due_at < wakes_at, scene)
        clock, more = say(
            replace(clock, wakes_at=None),
            "resumed",
            at=wakes_at,
            scene=replace(scene, cause=wakes_at.isoformat()),
            ordered=(resume(clock, wakes_at),),
        )
        said += more
    clock, more = _ring(
        clock, lambda step: step.due_at <= (held_upto if clock.holdable(step) else upto), scene
    )
    return clock, said + more


def _ring(clock: Clock, picks: Picks, scene: Scene, *, over: bool = False) -> Moved:
    """Ring what waits and is picked; when the turn is *over* nothing is ordered about it any more."""
    said: tuple[Said, ...] = ()
    for index, step in enumerate(clock.steps):
        if not (clock.awaits(step) and picks(step)):
            continue
        effects, note = reached(clock, step, scene)
        ordered = orders(clock, step, effects, scene)
        rang = replace(step, rang_at=scene.now, owes_orders=over and bool(ordered))
        clock, more = say(
            _marked(clock, index, rang),
            "rang",
            at=step.due_at,
            scene=scene,
            rung=rang,
            effects=effects,
            note=note,
            ordered=() if over else ordered,
        )
        said += more
    return clock, said


def withdraw(clock: Clock, *, since: datetime, scene: Scene, picks: Picks = lambda _: True) -> Moved:
    """Take back every rung of this round that rang though it was due after *since*, the latest first."""
    said: tuple[Said, ...] = ()
    for index, step in reversed(tuple(enumerate(clock.steps))):
        if step.stands and step.round == clock.round and step.due_at > since and picks(step):
            undo = () if step.owes_orders else undoing(clock, step)
            back = replace(step, withdrawn_at=scene.now, undone=step.led_to is not None)
            clock, more = say(
                _marked(clock, index, back),
                "rung-withdrawn",
                at=since,
                scene=scene,
                rung=back,
                effects=clock.rung(step.rung).effects,
                ordered=undo,
            )
            said += more
    return clock, said


def stop(clock: Clock, *, at: datetime, scene: Scene) -> Moved:
    """End the round by what was effective at *at*, whatever rang meanwhile."""
    if not clock.runs:
        return clock, ()
    at = max(at, clock.lap[0].started_at)
    clock, rung = _ring(clock, lambda step: step.due_at <= at, scene, over=True)
    clock, withdrawn = withdraw(clock, since=at, scene=scene)
    clock = relaid(clock, ended(clock.lap, at))
    clock, stopped = say(replace(clock, suspended_until=None, wakes_at=None), "stopped", at=at, scene=scene)
    return clock, rung + withdrawn + stopped


def signed(clock: Clock, *, at: datetime, scene: Scene) -> Moved:
    """The holder has signed for it (签收) at *at*: the rungs that wait for that wait no more."""

    def waits(step: Step) -> bool:
        return step.round == clock.round and clock.rung(step.rung).at == "acknowledge-by"

    clock, rung = _ring(clock, lambda step: waits(step) and step.due_at <= at, scene)
    clock, withdrawn = withdraw(clock, since=at, scene=scene, picks=waits)
    left = tuple(step for step in clock.steps if not (waits(step) and clock.awaits(step)))
    return replace(clock, steps=left, acknowledged=True), rung + withdrawn


def rearm(clock: Clock, change: ClockChange, *, since: datetime, scene: Scene) -> Moved:
    """
    Work out anew when rungs are due, for limit or segments are others from *since* on, and say *change*.

    Rungs that rang though they were due later are withdrawn. What rang before stands, and is armed again
    only if its time lies ahead now.
    """
    clock, rung = _ring(clock, lambda step: step.due_at <= since, scene)
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
                clock, more = _ring(clock, _due_until(end), mine, over=True)
                said += more
    return clock, said


def relaid(clock: Clock, lap: Sequence[Segment]) -> Clock:
    """*clock* with other segments in this round."""
    return replace(clock, segments=(*clock.segments[: clock.first], *lap))


def say(
    clock: Clock,
    change: ClockChange,
    *,
    at: datetime,
    scene: Scene,
    rung: Step | None = None,
    effects: tuple[str, ...] | None = None,
    note: str | None = None,
    ordered: tuple[DeskOrdered, ...] = (),
) -> Moved:
    """Say that *change* happened to *clock* at *at*, with the working, and what is ordered along with it."""
    clock = replace(clock, revision=clock.revision + 1)
    counted = count(clock.lap, clock.limit, scene.worktime, at=at)
    changed = ClockChanged(
        task_id=clock.task_id,
        incident_id=clock.incident_id,
        clock_id=clock.clock_id,
        case_number=clock.case_number,
        revision=clock.revision,
        change=change,
        state=state(clock, at),
        kind=clock.kind,
        holder=clock.holder,
        mode=clock.mode,
        sensitivity=clock.sensitivity,
        limit=clock.limit,
        ladder=clock.ladder,
        deadline=counted.deadline,
        effective_at=at,
        segments=clock.segments,
        round=clock.round,
        round_began_at=clock.lap[0].started_at,
        elapsed_s=counted.elapsed // _SECOND,
        remaining_s=counted.remaining // _SECOND,
        catch_up=scene.now - at > scene.patience,
        rung=rung.rung if rung and change == "rang" else None,
        withdrawn_rung=rung.rung if rung and change == "rung-withdrawn" else None,
        effects=effects or None,
        note=note,
        listings=clock.listings or None,
    )
    which = rung.cause if rung else scene.cause
    said = Said(derive_id(clock.clock_id, change, str(clock.round), which), changed, ordered)
    return clock, (said,)


def state(clock: Clock, at: datetime) -> ClockState:
    """Whether time is counted at *at*; the state of a clock that has ended is stopped at any time."""
    if not clock.runs:
        return "stopped"
    pauses = (each for each in clock.lap if each.kind == "suspended")
    paused = any(each.started_at <= at < (each.ended_at or at) for each in pauses)
    return "suspended" if paused else "running"


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


def _due_until(end: datetime) -> Picks:
    return lambda step: step.due_at <= end


def _owed(clock: Clock, scene: Scene) -> tuple[DeskOrdered, ...]:
    """What rungs that rang when the turn was over would have ordered: it goes on after all."""
    return tuple(
        order
        for step in clock.steps
        if step.owes_orders and step.stands and step.round == clock.round
        for order in orders(clock, step, reached(clock, step, scene)[0], scene)
    )


def _marked(clock: Clock, index: int, step: Step) -> Clock:
    return replace(clock, steps=(*clock.steps[:index], step, *clock.steps[index + 1 :]))
