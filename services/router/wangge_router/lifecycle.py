"""What a holder may say of a task, when, and what follows: the transition table, as data."""

from functools import cache

from wangge_contracts.v1 import Act, TaskKind, TaskState
from wangge_router.turns import ALWAYS, LIVING, OPEN, OVER, TURN, WORK, Guard, Life, Transition, Who

TRANSITIONS: tuple[Transition, ...] = (
    Transition("acknowledge", LIVING, ("assigned",), "acknowledged", "acknowledged"),
    Transition("acknowledge", ("approve",), ("assigned",), "acknowledged", "acknowledged", life=ALWAYS),
    # What is noted while a desk is asked, or while it waits, moves nothing.
    Transition(
        "progress", (*WORK, "verify", "check", "dispatch", "supervise"), TURN, "working", "progressed"
    ),
    Transition("progress", WORK, ("pending", "suspended"), None, "progressed"),
    Transition("progress", ("approve",), TURN, "working", "progressed", life=ALWAYS),
    # An officer on the way is not there yet: only `arrived` lets an attendance count.
    Transition("progress", ("attend",), ("assigned", "acknowledged"), "acknowledged", "progressed"),
    Transition("progress", ("attend",), ("working",), "working", "progressed"),
    Transition("arrived", ("attend",), ("assigned", "acknowledged"), "working", "arrived"),
    Transition("left", ("attend",), ("working",), "done", "left"),
    Transition("done", ("attend",), TURN, "done", "done", guards=("fresh",)),
    Transition("done", ("assist",), OPEN, "done", "done", guards=("fresh", "evidence")),
    Transition(
        "done",
        ("handle",),
        OPEN,
        "done",
        "done",
        effects=("ask-check",),
        guards=("fresh", "evidence"),
        given="last-stage",
    ),
    Transition(
        "done",
        ("handle",),
        OPEN,
        "working",
        "stage-done",
        effects=("next-stage",),
        guards=("fresh",),
        given="more-stages",
    ),
    Transition(
        "return",
        WORK,
        TURN,
        "returned",
        "returned",
        effects=("to-desk",),
        guards=("may-return", "fresh", "known-unit"),
        counted="returns",
    ),
    Transition(
        "forward", WORK, TURN, "assigned", "forwarded", effects=("hand-down",), guards=("fresh", "inside")
    ),
    Transition(
        "refer-up",
        WORK,
        TURN,
        "assigned",
        "referred-up",
        effects=("to-unit-above",),
        guards=("unit-above", "fresh", "reasoned"),
    ),
    Transition(
        "refer-up",
        ("dispatch", "verify", "check", "approve"),
        TURN,
        "ended",
        "referred-up",
        effects=("to-desk-above",),
        guards=("desk-above", "fresh"),
        life=ALWAYS,
    ),
    Transition(
        "request-extension",
        WORK,
        TURN,
        "pending",
        "request-pending",
        effects=("ask-approval",),
        guards=("may-extend", "fresh", "in-time", "extension-fits"),
    ),
    Transition(
        "request-suspension",
        WORK,
        TURN,
        "pending",
        "request-pending",
        effects=("ask-approval",),
        guards=("may-suspend", "fresh", "in-time", "suspension-fits"),
    ),
    Transition(
        "withdraw-request", WORK, ("pending",), "before", "request-withdrawn", effects=("drop-request",)
    ),
    Transition(
        "withdraw-request",
        WORK,
        OVER,
        None,
        "request-withdrawn",
        effects=("drop-request",),
        guards=("appealing",),
        life=("closed",),
    ),
    Transition("explain", WORK, OPEN, None, "explained", effects=("explain",)),
    Transition(
        "reply",
        ("supervise",),
        TURN,
        "done",
        "replied",
        effects=("end-supervision",),
        guards=("order-named",),
    ),
    # Who has a connector may answer the leader where he reads of it: on the task that is supervised.
    Transition(
        "reply",
        WORK,
        OPEN,
        None,
        "replied",
        effects=("end-supervision",),
        guards=("supervised", "order-named"),
    ),
    Transition(
        "reply",
        ("attend", "dispatch", "approve", "verify", "check"),
        TURN,
        None,
        "replied",
        effects=("end-supervision",),
        guards=("supervised", "order-named"),
    ),
    Transition(
        "appeal",
        WORK,
        OVER,
        None,
        "request-pending",
        effects=("ask-approval",),
        guards=("may-appeal", "appeal-in-time"),
        life=("closed",),
    ),
    Transition(
        "verify",
        ("verify",),
        TURN,
        "done",
        "done",
        effects=("take-up",),
        guards=("fresh",),
        verdict="passed",
        told="verified",
    ),
    Transition(
        "verify",
        ("verify",),
        TURN,
        "done",
        "done",
        effects=("doubt",),
        guards=("fresh", "reasoned"),
        verdict="failed",
    ),
    Transition(
        "check",
        ("check",),
        TURN,
        "done",
        "done",
        effects=("pass",),
        guards=("fresh", "own-work"),
        verdict="passed",
    ),
    Transition(
        "check",
        ("check",),
        TURN,
        "done",
        "done",
        effects=("rework",),
        guards=("fresh", "own-work", "reasoned"),
        verdict="failed",
        counted="reworks",
    ),
    Transition(
        "approve",
        ("approve",),
        TURN,
        "done",
        "done",
        effects=("grant",),
        guards=("fresh", "own-request"),
        verdict="approved",
        life=ALWAYS,
    ),
    Transition(
        "approve",
        ("approve",),
        TURN,
        "done",
        "done",
        effects=("refuse",),
        guards=("fresh", "own-request", "reasoned"),
        verdict="refused",
        life=ALWAYS,
    ),
    # To have reached a unit is not its signature: the state stays, the fact remains.
    Transition("contact-logged", WORK, OPEN, None, "progressed", who=("desk",)),
    Transition("contact-logged", ("supervise",), TURN, None, "progressed", who=("desk",)),
)

SUPPORTED: frozenset[str] = frozenset(line.act for line in TRANSITIONS)
"""The acts that the table knows: all of the contract."""


def lines(kind: str, state: str, act: str, *, who: Who) -> tuple[Transition, ...]:
    """Return the lines for what *who* says of such a task; none if it is not said now."""
    return tuple(line for line in _index().get((kind, state, act), ()) if who in line.who)


@cache
def allowed_acts(
    kind: TaskKind, state: TaskState, *, lacking: frozenset[Guard], who: Who, life: Life = "open"
) -> tuple[Act, ...]:
    """Return what *who* may say of such a task, in the order of the table; *lacking* guards do not hold."""
    said = (
        line.act
        for line in TRANSITIONS
        if kind in line.kinds
        and state in line.states
        and life in line.life
        and who in line.who
        and not lacking.intersection(line.guards)
    )
    return tuple(dict.fromkeys(said))


@cache
def asked_of(kind: TaskKind, state: TaskState) -> tuple[Guard, ...]:
    """Return every guard that some line asks for of such a task."""
    asked = (line.guards for line in TRANSITIONS if kind in line.kinds and state in line.states)
    return tuple(dict.fromkeys(guard for guards in asked for guard in guards))


@cache
def _index() -> dict[tuple[str, str, str], tuple[Transition, ...]]:
    index: dict[tuple[str, str, str], tuple[Transition, ...]] = {}
    for line in TRANSITIONS:
        for kind in line.kinds:
            for state in line.states:
                key = (kind, state, line.act)
                index[key] = (*index.get(key, ()), line)
    return index
