"""What a rung does besides telling -> orders as a desk would give them, and what undoes each. Pure."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from wangge_contracts.message import derive_id
from wangge_contracts.v1 import LADDER, Board, DeskOrdered, Order, Text
from wangge_contracts.worktime import deadline
from wangge_escalation.clocks import Clock, Scene, Step
from wangge_escalation.ladder import Effect

WITHDRAWN = "rung-withdrawn"
"""The reason of an order that undoes what a rung ordered too soon."""


@dataclass(frozen=True, slots=True)
class Line:
    """One line of the table of effects."""

    recipient: Callable[[Clock], str | None]
    """Who must be there for it to reach anybody; None: there is none."""
    order: Order | None = None
    """What is ordered; None: the fact alone tells it, and the fact that withdraws it undoes it."""
    undone_by: Order | None = None
    """The order that takes it back: a listing by its board, anything else by the task that came of it."""
    board: Board | None = None
    says: str = ""
    """The reason, for the people who read it."""


def _desk(clock: Clock) -> str:
    return clock.desk


def _suggested(clock: Clock) -> str | None:
    # A desk where nobody sits is the very reason for which it happens by itself.
    return next((party.holder for party in clock.suggested if party.kind == "handle"), None)


def _at(place: str | None) -> str | None:
    return f"desk:{place}" if place else None


EFFECTS: Mapping[Effect, Line] = {
    "tell-holder": Line(lambda clock: clock.holder),
    "tell-desk": Line(_desk),
    "list-street": Line(lambda clock: _at(clock.street), "list", "unlist", "street", "逾期未处置，街道挂账"),
    "list-district": Line(
        lambda clock: _at(clock.district), "list", "unlist", "district", "逾期未处置，区级挂账"
    ),
    "supervise": Line(_desk, "supervise", "withdraw", says="逾期未处置，督办"),
    "call-next": Line(_desk, "attendance-unconfirmed", "withdraw", says="未确认到场，须另派人员"),
    # Nothing is ordered to undo it: a desk that was first has its way with the router, which refuses this
    # order, or takes back what it gave when it reads the desk's. It tells the task's end as of the desk's
    # decision, and so the rung is withdrawn.
    "dispatch": Line(_suggested, "dispatch", says="逾时未派遣，按规则自动派遣"),
}
_TELLING = frozenset({"tell-holder", "tell-desk"})


def reached(clock: Clock, step: Step, scene: Scene) -> tuple[tuple[Effect, ...], str | None]:
    """
    Which effects of *step* reach anybody, and a note on those that do not.

    When it reaches nobody at all, whom the next rungs tell is told now, instead of waiting for their time;
    what they punish with keeps its time.
    """
    rung = clock.rung(step.rung)
    there = tuple(effect for effect in rung.effects if _is_there(clock, effect, scene))
    if len(there) == len(rung.effects):
        return there, None
    missing = [f"{each}: nobody at {_whom(clock, each)}" for each in rung.effects if each not in there]
    if not there:
        later = clock.rungs[clock.rungs.index(rung) + 1 :]
        instead = ((each, later_rung.name) for later_rung in later for each in later_rung.effects)
        for effect, name in instead:
            if effect in _TELLING and _is_there(clock, effect, scene):
                return (effect,), "; ".join([*missing, f"{effect} of {name} comes now"])
    return there, "; ".join(missing)


def _is_there(clock: Clock, effect: Effect, scene: Scene) -> bool:
    recipient = EFFECTS[effect].recipient(clock)
    return recipient is not None and scene.staffed(recipient)


def _whom(clock: Clock, effect: Effect) -> str:
    return EFFECTS[effect].recipient(clock) or "any place"


def orders(clock: Clock, step: Step, effects: tuple[Effect, ...], scene: Scene) -> tuple[DeskOrdered, ...]:
    """What *step* orders, effective at the instant it was due."""
    return tuple(
        _ordered(
            clock,
            EFFECTS[effect].order,
            order_id=clock.order_id(step, effect),
            at=step.due_at,
            rung=step.rung,
            reason_code=step.rung,
            reason=Text(text=EFFECTS[effect].says),
            **_particulars(clock, step, effect, scene),
        )
        for effect in effects
        if EFFECTS[effect].order
    )


def _particulars(clock: Clock, step: Step, effect: Effect, scene: Scene) -> dict[str, Any]:
    board = EFFECTS[effect].board
    if board is not None:
        return _listing(clock, board)
    within = clock.rung(step.rung).reply_within
    if effect == "supervise" and within is not None:
        return {"reply_by": deadline(step.due_at, within.under(clock.limit), scene.worktime)}
    return {"parties": clock.suggested} if effect == "dispatch" else {}


def _listing(clock: Clock, board: Board) -> dict[str, Any]:
    return {"board": board, "board_place": clock.street if board == "street" else clock.district}


def undoing(clock: Clock, step: Step) -> tuple[DeskOrdered, ...]:
    """
    What takes back what *step* ordered, as far as it is known: effective when the rung was due.

    A listing lasted no time, then, and is known by its board and that instant: the place may have been put
    right since. The task that came of a supervision or a call may become known later.
    """
    found = []
    for effect in clock.effects(step):
        line = EFFECTS[effect]
        fields: dict[str, Any] = {"task_ids": (step.led_to,) if step.led_to else ()}
        if line.board is not None:
            fields = {"board": line.board}
        if line.undone_by and (line.board or step.led_to):
            order_id = derive_id(clock.order_id(step, effect), "undone")
            found.append(
                _ordered(
                    clock,
                    line.undone_by,
                    order_id=order_id,
                    at=step.due_at,
                    rung=step.rung,
                    reason_code=WITHDRAWN,
                    **fields,
                )
            )
    return tuple(found)


def resume(clock: Clock, at: datetime) -> DeskOrdered:
    """The order that ends a suspension (缓办) at the instant until which it was granted."""
    order_id = derive_id(clock.clock_id, "resume", str(clock.round), at.isoformat())
    return _ordered(
        clock, "resume", order_id=order_id, at=at, reason_code="suspension-over", reason=Text(text="缓办期满")
    )


def _ordered(clock: Clock, order: Order | None, *, order_id: str, at: datetime, **fields: Any) -> DeskOrdered:
    return DeskOrdered(
        **{
            "order_id": order_id,
            "order": order,
            "incident_id": clock.incident_id,
            "task_ids": (clock.task_id,),
            "mode": clock.mode,
            "role": LADDER,
            "on_behalf_of": clock.desk or None,
            "effective_at": at,
            **fields,
        }
    )
