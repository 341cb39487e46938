"""What a holder may say of a task, when, and what follows: the transition table, as data."""

from dataclasses import dataclass
from functools import cache
from typing import Literal

from wangge_contracts.v1 import Act, TaskChange, TaskKind, TaskState, Verdict

Who = Literal["holder", "desk", "stranger"]
"""
Who speaks, as seen from the task: its holder; the desk, for a unit that is reached by telephone only; or
anybody else, who may nothing.
"""
Guard = Literal["may-return", "desk-above"]
"""
A condition on the task besides its state: it was not designated (指定), so it may come back; there is a desk
above the one that holds it.
"""
Effect = Literal["ask-check", "to-desk", "to-desk-above", "pass", "rework"]
"""
What follows for the incident: the lead's work is checked; a desk decides anew; the next desk decides; the
check is passed; the lead does it again (返工).
"""


@dataclass(frozen=True, slots=True)
class Transition:
    """
    One line of the table: *who* says *act* of a task of *kinds* in *states*.

    What no line names is refused, and what is refused changes nothing.
    """

    act: Act
    kinds: tuple[TaskKind, ...]
    states: tuple[TaskState, ...]
    to: TaskState | None
    """None: the state stays."""
    change: TaskChange
    effect: Effect | None = None
    counted: Literal["returns", "reworks"] | None = None
    """Which of the incident's counts it raises."""
    verdict: Verdict | None = None
    """The line is for answers with this verdict only."""
    guard: Guard | None = None
    fresh: bool = False
    """Refused as stale when the task was given anew since the revision that the holder looked at."""
    who: tuple[Who, ...] = ("holder", "desk")


OPEN: tuple[TaskState, ...] = ("assigned", "acknowledged", "working")
"""The states in which somebody has the turn."""
WORK: tuple[TaskKind, ...] = ("handle", "assist")
CARRIED: tuple[TaskKind, ...] = ("handle", "assist", "attend", "check", "dispatch")
"""The kinds of task that this version gives; `verify`, `approve` and `supervise` come with their orders."""

TRANSITIONS: tuple[Transition, ...] = (
    Transition("acknowledge", CARRIED, ("assigned",), "acknowledged", "acknowledged"),
    Transition("progress", (*WORK, "check", "dispatch"), OPEN, "working", "progressed"),
    # An officer on the way is not there yet: only `arrived` lets an attendance count.
    Transition("progress", ("attend",), ("assigned", "acknowledged"), "acknowledged", "progressed"),
    Transition("progress", ("attend",), ("working",), "working", "progressed"),
    Transition("arrived", ("attend",), ("assigned", "acknowledged"), "working", "arrived"),
    Transition("left", ("attend",), ("working",), "done", "left"),
    Transition("done", ("attend", "assist"), OPEN, "done", "done", fresh=True),
    Transition("done", ("handle",), OPEN, "done", "done", effect="ask-check", fresh=True),
    Transition(
        "return",
        WORK,
        OPEN,
        "returned",
        "returned",
        effect="to-desk",
        counted="returns",
        guard="may-return",
        fresh=True,
    ),
    Transition(
        "refer-up",
        ("dispatch",),
        OPEN,
        "ended",
        "referred-up",
        effect="to-desk-above",
        guard="desk-above",
        fresh=True,
    ),
    Transition("check", ("check",), OPEN, "done", "done", verdict="passed", effect="pass", fresh=True),
    Transition(
        "check",
        ("check",),
        OPEN,
        "done",
        "done",
        verdict="failed",
        effect="rework",
        counted="reworks",
        fresh=True,
    ),
    # To have reached a unit is not its signature: the state stays, the fact remains.
    Transition("contact-logged", WORK, OPEN, None, "progressed", who=("desk",)),
)

SUPPORTED: frozenset[str] = frozenset(line.act for line in TRANSITIONS)
"""The acts that the table knows; the others of the contract are refused as not supported yet."""


def lines(kind: str, state: str, act: str, *, who: Who) -> tuple[Transition, ...]:
    """Return the lines for what *who* says of such a task, one per verdict; none if it is not said now."""
    return tuple(line for line in _index().get((kind, state, act), ()) if who in line.who)


def allowed_acts(kind: TaskKind, state: TaskState, *, lacking: frozenset[Guard], who: Who) -> tuple[Act, ...]:
    """Return what *who* may say of such a task, in the order of the table; *lacking* guards do not hold."""
    said = (
        line.act
        for line in TRANSITIONS
        if kind in line.kinds and state in line.states and who in line.who and line.guard not in lacking
    )
    return tuple(dict.fromkeys(said))


@cache
def _index() -> dict[tuple[str, str, str], tuple[Transition, ...]]:
    index: dict[tuple[str, str, str], tuple[Transition, ...]] = {}
    for line in TRANSITIONS:
        for kind in line.kinds:
            for state in line.states:
                key = (kind, state, line.act)
                index[key] = (*index.get(key, ()), line)
    return index
