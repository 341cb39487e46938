"""Which acts the table allows of one task as it stands, and on which guards that hangs."""

from functools import cache

from wangge_contracts.v1 import Act, TaskKind, TaskState
from wangge_router.lifecycle import TRANSITIONS
from wangge_router.turns import Guard, Life, Transition, Who


def lines(kind: str, state: str, act: str, *, who: Who) -> tuple[Transition, ...]:
    """Return the lines for what *who* says of such a task; none if it is not said now."""
    return tuple(line for line in _index().get((kind, state, act), ()) if who in line.who)


@cache
def allowed_acts(
    kind: TaskKind, state: TaskState, *, lacking: frozenset[Guard], who: Who, life: Life
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
