"""
A rung rings when it is due, or is taken back: by what was said when. Pure.

A rung stands if and only if nothing with an earlier `effective_at` ended the clock, or moved the rung. Bell
and answer may come in any order.
"""

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime

from wangge_escalation.clocks import Clock, Moved, Said, Scene, Step, but
from wangge_escalation.ordering import orders, reached, resume, undoing
from wangge_escalation.saying import say

Picks = Callable[[Step], bool]


def ring(clock: Clock, *, upto: datetime, scene: Scene, held: bool = False) -> Moved:
    """
    Ring every rung that is due at *upto* or before and has not rung, the earliest first.

    A suspension that is over by then ends in its turn, and the router is asked to let the task go on.

    :param held: input is late: rungs that may be held do not ring.
    """
    if not clock.runs:
        return clock, ()
    said: tuple[Said, ...] = ()
    if (wakes_at := clock.wakes_at) is not None and wakes_at <= upto:
        clock, said = _ring(clock, lambda step: step.due_at < wakes_at, scene)
        clock, more = say(
            but(clock, wakes_at=None),
            "resumed",
            at=wakes_at,
            scene=replace(scene, cause=wakes_at.isoformat()),
            ordered=(resume(clock, wakes_at),),
        )
        said += more
    clock, more = _ring(
        clock, lambda step: step.due_at <= upto and not (held and clock.holdable(step)), scene
    )
    return clock, said + more


def ring_until(clock: Clock, until: datetime, *, scene: Scene, over: bool = False) -> Moved:
    """
    Ring what is due at *until* or before and has not rung, held or not.

    When the turn is *over* by then, nothing is ordered about it any more.
    """
    return _ring(clock, lambda step: step.due_at <= until, scene, over=over)


def signed(clock: Clock, *, at: datetime, scene: Scene) -> Moved:
    """The holder has signed for it (签收) at *at*: the rungs that wait for that wait no more."""

    def waits(step: Step) -> bool:
        return step.round == clock.round and clock.rung(step.rung).at == "acknowledge-by"

    clock, rung = _ring(clock, lambda step: waits(step) and step.due_at <= at, scene)
    clock, withdrawn = withdraw(clock, since=at, scene=scene, picks=waits)
    left = tuple(step for step in clock.steps if not (waits(step) and clock.awaits(step)))
    return but(clock, steps=left, acknowledged=True), rung + withdrawn


def withdraw(clock: Clock, *, since: datetime, scene: Scene, picks: Picks = lambda _: True) -> Moved:
    """Take back every rung of this round that rang though it was due after *since*, the latest first."""
    said: tuple[Said, ...] = ()
    for index, step in reversed(tuple(enumerate(clock.steps))):
        if step.stands and step.round == clock.round and step.due_at > since and picks(step):
            undo = () if step.owes_orders else undoing(clock, step)
            back = but(step, withdrawn_at=scene.now, undone=step.led_to is not None)
            clock, more = say(
                _marked(clock, index, back),
                "rung-withdrawn",
                at=since,
                scene=scene,
                rung=back,
                effects=clock.effects(step),
                ordered=undo,
            )
            said += more
    return clock, said


def _ring(clock: Clock, picks: Picks, scene: Scene, *, over: bool = False) -> Moved:
    said: tuple[Said, ...] = ()
    for index, step in enumerate(clock.steps):
        if not (clock.awaits(step) and picks(step)):
            continue
        effects, note = reached(clock, step, scene)
        ordered = orders(clock, step, effects, scene)
        instead = None if effects == clock.effects(step) else effects
        told = {"holder": clock.holder, "desk": clock.desk or None, "reached": instead}
        rang = but(step, rang_at=scene.now, owes_orders=over and bool(ordered), **told)
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


def _marked(clock: Clock, index: int, step: Step) -> Clock:
    return but(clock, steps=(*clock.steps[:index], step, *clock.steps[index + 1 :]))
