"""One incident as the router keeps it: what was last told about it, and what only judging needs."""

from typing import Annotated

from pydantic import Field

from wangge_contracts.message import Part
from wangge_contracts.v1 import (
    CheckKind,
    Count,
    Decision,
    EvidenceRule,
    Flag,
    Holder,
    Id,
    Incident,
    Line,
    StageLimit,
    TaskChanged,
)
from wangge_router.lifecycle import OPEN

ENDED = frozenset({"closed", "not-accepted", "void", "merged"})
"""The states of an incident in which no task of it is open."""
_MOST = 1000


class Held(Part):
    """A task as it was last told to its holder, and what its next answer is judged by."""

    task: TaskChanged
    since: Count = 1
    """The revision at which it was last given: an answer to an older one may be stale."""
    designated: Flag = False
    """Given by designation (指定): it cannot be returned."""
    hands: Annotated[tuple[Id, ...], Field(max_length=_MOST)] = ()
    """The people who worked on it, so that none of them checks it."""

    @property
    def open(self) -> bool:
        """Whether somebody has the turn."""
        return self.task.state in OPEN


class Case(Part):
    """
    An incident, every task it ever had, and how it was routed.

    The incident and the tasks are exactly what the facts told last, so whoever read all facts holds the same.
    """

    incident: Incident
    held: Annotated[tuple[Held, ...], Field(max_length=_MOST)] = ()
    """In the order in which they were given."""
    decision: Decision
    """How it was routed when it came; kept, so that it is never decided twice."""
    checker: Holder
    """Who is to check, unless he handled it himself."""
    check_kind: CheckKind = "on-the-spot"
    """How it is to be checked."""
    stages: Annotated[tuple[StageLimit, ...], Field(max_length=5)] = ()
    """The stages of whoever leads, each with its limit; empty: one go."""
    desk: Holder
    """The desk that decides."""
    closing_condition: Line | None = None
    required_evidence: Annotated[tuple[EvidenceRule, ...], Field(max_length=20)] = ()
    dispatchers: Annotated[tuple[Id, ...], Field(max_length=_MOST)] = ()
    """The people who dispatched it: none of them closes it."""
    passed: Flag = False
    """The check is passed; only called forces are still waited for."""

    @property
    def over(self) -> bool:
        """Whether nobody has to do anything any more."""
        return self.incident.state in ENDED

    def find(self, task_id: str) -> Held | None:
        """The task of that id."""
        return next((held for held in self.held if held.task.task_id == task_id), None)
