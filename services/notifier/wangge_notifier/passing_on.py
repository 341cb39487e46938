"""Whom a fact concerns besides who has the turn: who had it, or decided, and which desk decides now."""

from collections.abc import Mapping

from wangge_contracts.v1 import TASK_OVER, IncidentChanged, Task
from wangge_notifier.phrasing import KnownTask

_GIVEN = ("assigned", "forwarded", "reopened")
"""How a turn comes to who is told of it."""


def former_holder(changed: IncidentChanged, task: Task, before: KnownTask | None) -> str | None:
    """
    Return who has lost the turn of *task*, known *before*, to somebody else's order; None if nobody has.

    Who answers, and who orders himself, knows it.
    """
    if changed.cause.kind == "answer":
        return None
    now, had = (
        ("", task.holder) if task.state in TASK_OVER else (task.holder, before.holder if before else "")
    )
    return had if had not in ("", now, changed.cause.on_behalf_of) else None


def desk_now(changed: IncidentChanged) -> str | None:
    """Return the desk that decides by now, unless it ordered so itself or hears of a turn that it got."""
    if changed.change == "attached":
        return _desk_for_more(changed)
    desk = next((task.desk for task in changed.tasks), None)
    turns = (task.holder for task in changed.tasks if task.change in _GIVEN)
    return desk if desk not in (changed.cause.on_behalf_of, *turns) else None


def _desk_for_more(changed: IncidentChanged) -> str | None:
    """
    Return the desk that must hear what is said of a matter in which nobody has the turn: that of its street.

    Where it goes on under another, that one tells whoever works on it.
    """
    incident = changed.incident
    if changed.tasks or incident.state == "merged":
        return None
    street = incident.place.street
    return f"desk:{street.code if street else incident.district}"


def former_desk(changed: IncidentChanged, before: Mapping[str, KnownTask]) -> str | None:
    """Return the desk that a matter was taken from, unless it ordered so or hears of a turn that it lost."""
    known = [(task, before[task.task_id]) for task in changed.tasks if task.task_id in before]
    desk = next((was.desk for task, was in known if was.desk != task.desk), None)
    turns = (was.holder for task, was in known if task.change == "forwarded")
    return desk if desk not in (changed.cause.on_behalf_of, *turns) else None
