"""What an act led to."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from wangge_contracts.v1 import ActOutcome, DeskOrdered, Faults, Holder, Id, IncidentChanged, TaskChanged
from wangge_router.case import Asked, Case


@dataclass(frozen=True, slots=True)
class Final:
    """The last verdict on a request that waited for its desk."""

    asked: Asked
    task_id: Id
    outcome: ActOutcome
    errors: Faults = ()


# Frozen by custom only, as what is made for every record is (`wangge_chassis.records`).
@dataclass(slots=True)
class Outcome:
    """What an act led to: the case as it stands then, the fact about it, and each task that changed."""

    case: Case
    fact: IncidentChanged
    """Without its tasks."""
    tasks: tuple[TaskChanged, ...]
    approval_task: Id | None = None
    """The task in which a desk is asked about the act: until it rules, there is no last verdict."""
    finals: tuple[Final, ...] = ()
    """The requests that end with this act."""
    orders: tuple[DeskOrdered, ...] = ()
    """What other incidents are told, each under its own key."""
    former: Mapping[Id, Holder] = field(default_factory=dict)
    """Who held a task before it was handed on: he hears of it once more."""
    portion: int = 0
    """Of an act that one fact does not hold: how many of its facts come before this one."""
