"""A change of a clock -> the fact that tells it, with the working and what is ordered along with it. Pure."""

from datetime import datetime, timedelta

from wangge_contracts.counting import count
from wangge_contracts.message import derive_id, most
from wangge_contracts.v1 import ClockChange, ClockChanged, ClockState, DeskOrdered
from wangge_escalation.clocks import Clock, Moved, Said, Scene, Step, but

MOST_SEGMENTS, MOST_LISTINGS = most(ClockChanged, "segments"), most(ClockChanged, "listings")
"""Of more the last are told, so that no clock falls silent over its past."""
_SECOND = timedelta(seconds=1)


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
    """
    Say that *change* happened to *clock* at *at*, with the working, and what is ordered along with it.

    What is taken back is told to whom it was told, whoever has the turn by now.
    """
    clock = but(clock, revision=clock.revision + 1)
    back = rung if change == "rung-withdrawn" else None
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
        holder=(back and back.holder) or clock.holder,
        desk=(back and back.desk) or clock.desk or None,
        mode=clock.mode,
        sensitivity=clock.sensitivity,
        limit=clock.limit,
        ladder=clock.ladder,
        deadline=counted.deadline,
        effective_at=at,
        segments=clock.segments[-MOST_SEGMENTS:],
        round=clock.round,
        round_began_at=clock.lap[0].started_at,
        elapsed_s=counted.elapsed // _SECOND,
        remaining_s=counted.remaining // _SECOND,
        catch_up=scene.now - at > scene.patience,
        rung=rung.rung if rung and change == "rang" else None,
        withdrawn_rung=back.rung if back else None,
        effects=effects,
        note=note,
        listings=clock.listings[-MOST_LISTINGS:] or None,
    )
    which = rung.cause if rung else scene.cause
    said = Said(derive_id(clock.clock_id, change, str(clock.round), which), changed, ordered)
    return clock, (said,)


def state(clock: Clock, at: datetime) -> ClockState:
    """Whether time is counted at *at*; the state of a clock that has ended is stopped at any time."""
    if not clock.runs:
        return "stopped"
    for each in clock.lap:
        if each.kind == "suspended" and each.started_at <= at < (each.ended_at or at):
            return "suspended"
    return "running"
