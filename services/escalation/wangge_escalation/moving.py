"""What a snapshot does to a clock: it begins, ends, goes on, is handed over, extended, paused. Pure."""

from collections.abc import Callable

from wangge_contracts.counting import handed, resumed, suspended
from wangge_contracts.message import known
from wangge_contracts.v1 import ClockChange, Urgency
from wangge_escalation.clocks import Clock, Moved, Said, but
from wangge_escalation.ringing import ring_until, signed, withdraw
from wangge_escalation.rounds import rearm, relaid, start, stop
from wangge_escalation.saying import say
from wangge_escalation.seeing import Seen


def begin(reason: str) -> Callable[[Clock, Seen], Moved]:
    """Return what begins a round for that *reason*; a round that still runs ends before it."""

    def begun(clock: Clock, seen: Seen) -> Moved:
        task, limit = seen.task, seen.limit
        scene = seen.scene(limit)
        said: tuple[Said, ...] = ()
        if clock.runs:
            clock, said = end(clock, seen)
        urgency = known(Urgency, task.urgency)
        ladder, name = seen.almanac.climb(clock.kind, urgency, task.class_ref)
        at = task.effective_at if clock.round else task.assigned_at
        armed = but(
            clock,
            limit=limit,
            ladder=name,
            stage=task.stage,
            task_round=task.round,
            acknowledge_by=task.acknowledge_by,
            acknowledged=False,
            automatic_at=task.suggestion.automatic_at if task.suggestion else None,
            suggested=task.suggestion.parties if task.suggestion else (),
        )
        clock, more = start(armed, ladder, holder=task.holder, at=at, reason=reason, scene=scene)
        return clock, said + more

    return begun


def end(clock: Clock, seen: Seen) -> Moved:
    """Nobody's time runs any more."""
    return stop(clock, at=seen.task.effective_at, scene=seen.scene(clock.limit))


def go_on(clock: Clock, seen: Seen) -> Moved:
    """The time since the return counts against the unit, as if it had never stopped."""
    since = clock.lap[-1].ended_at or seen.at(clock)
    clock = relaid(clock, resumed(clock.lap, since, "shuffling"))
    return rearm(clock, "recalculated", since=since, scene=seen.scene(clock.limit))


def hand_over(clock: Clock, seen: Seen) -> Moved:
    """
    The time counts against another holder from now on.

    Rungs that rang since are withdrawn from the holder before, and ring for the one whose time it was.
    """
    task, at, scene = seen.task, seen.at(clock), seen.scene(clock.limit)
    reason = "forwarded" if task.change == "forwarded" else "reassigned"
    clock, rung = ring_until(clock, at, scene=scene)
    clock, withdrawn = withdraw(clock, since=at, scene=scene)
    clock = relaid(clock, handed(clock.lap, task.holder, at, reason))
    clock, said = rearm(clock, "recalculated", since=at, scene=scene)
    return clock, rung + withdrawn + said


def extend(clock: Clock, seen: Seen) -> Moved:
    """The round has another limit, mostly a longer one (延期)."""
    limit = seen.limit
    change: ClockChange = "extended" if seen.task.change == "extended" else "recalculated"
    return rearm(but(clock, limit=limit), change, since=seen.at(clock), scene=seen.scene(limit))


def pause(clock: Clock, seen: Seen) -> Moved:
    """Nothing counts until the instant that was granted (缓办), and then again by itself."""
    at, until = seen.at(clock), seen.task.suspended_until
    assert until is not None
    clock = but(clock, suspended_until=until)
    if until <= at:
        return clock, ()
    clock = relaid(but(clock, wakes_at=until), suspended(clock.lap, at, until))
    return rearm(clock, "suspended", since=at, scene=seen.scene(clock.limit))


def resume(clock: Clock, seen: Seen) -> Moved:
    """It counts again, at the instant that was granted or earlier; what is told already is not told again."""
    at, until = seen.at(clock), clock.suspended_until
    assert until is not None
    told, scene = clock.wakes_at is None, seen.scene(clock.limit)
    clock = but(clock, suspended_until=None, wakes_at=None)
    if at < until:
        return rearm(relaid(clock, resumed(clock.lap, at)), "resumed", since=at, scene=scene)
    if told:
        return clock, ()
    # Its end was known: no rung is due at another time for it, however the limit has moved since.
    clock, rung = ring_until(clock, until, scene=scene)
    clock, said = say(clock, "resumed", at=until, scene=scene)
    return clock, rung + said


def sign(clock: Clock, seen: Seen) -> Moved:
    """The holder has signed for it (签收)."""
    return signed(clock, at=seen.at(clock), scene=seen.scene(clock.limit))


def ask_to_sign(clock: Clock, seen: Seen) -> Moved:
    """It has to be signed for by another instant."""
    clock = but(clock, acknowledge_by=seen.task.acknowledge_by, acknowledged=False)
    return rearm(clock, "recalculated", since=seen.at(clock), scene=seen.scene(clock.limit))
