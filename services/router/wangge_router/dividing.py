"""An act that changes more than one fact can hold is told by several, one after the other."""

from collections.abc import Iterator
from dataclasses import replace

from wangge_contracts.message import most
from wangge_contracts.topics import INCIDENTS_CHANGED
from wangge_contracts.v1 import IncidentChanged, TaskChanged
from wangge_router.outcome import Outcome
from wangge_router.writing import Bytes

MOST_TASKS = most(IncidentChanged, "tasks")
MOST_BYTES = INCIDENTS_CHANGED.max_bytes // 2
"""
How much of a fact is tasks: each repeats what was reported, a quarter of a message at most, and the other
half is for the incident and for why it was decided so.
"""


def divided(outcome: Outcome, bytes_of: Bytes) -> Iterator[Outcome]:
    """
    Yield *outcome*, in as many portions of its tasks as it takes; each is a fact with a revision of its own.

    The first tells what became of the incident and all that follows from it, the others only what became of
    further tasks. What is written for it is left in *bytes_of*.
    """
    first, *others = _portions(outcome.tasks, bytes_of)
    yield replace(outcome, tasks=first) if others else outcome
    incident = outcome.fact.incident
    for number, tasks in enumerate(others, 1):
        incident = incident.model_copy(update={"revision": incident.revision + 1})
        told = {"incident": incident, "change": "task-changed", "decision": None}
        yield replace(
            outcome,
            case=outcome.case.model_copy(update={"incident": incident}),
            fact=outcome.fact.model_copy(update=told),
            tasks=tasks,
            orders=(),
            portion=number,
        )


def _portions(tasks: tuple[TaskChanged, ...], bytes_of: Bytes) -> list[tuple[TaskChanged, ...]]:
    portions: list[list[TaskChanged]] = [[]]
    size = 0
    for task in tasks:
        written = bytes_of[task.task_id] = task.write()
        if portions[-1] and (len(portions[-1]) == MOST_TASKS or size + len(written) > MOST_BYTES):
            portions.append([])
            size = 0
        portions[-1].append(task)
        size += len(written)
    return [tuple(portion) for portion in portions]
