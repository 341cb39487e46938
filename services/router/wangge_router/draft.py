"""A case while one act changes it: tasks are given and moved, fields are put, others are told."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from wangge_contracts.message import derive_id
from wangge_contracts.v1 import (
    Cause,
    Code,
    Counts,
    DeskOrdered,
    Holder,
    Id,
    Incident,
    Order,
    TaskChange,
    TaskKind,
    TaskState,
)
from wangge_router.case import Case, Held, leading
from wangge_router.directory import Directory
from wangge_router.outcome import Final
from wangge_router.snapshot import joined, opens, told_by
from wangge_router.turns import OPEN


class Draft:
    """
    The changes that one act makes, effective *at* its own instant (house time, UTC).

    It is thrown away when the act turns out to be refused, so a refused act changes nothing. However often
    the act moves a task, its revision rises by one: one act, one snapshot.
    """

    def __init__(
        self, case: Case, directory: Directory, *, cause: Cause, at: datetime, seed: str | None = None
    ) -> None:
        self.before = case
        self.directory = directory
        self.cause = cause
        self.at = at
        self.seed = seed or cause.id
        """What the ids of the tasks that it gives derive from."""
        self.incident: Incident = case.incident
        self.approval_task: Id | None = None
        self.finals: list[Final] = []
        self.orders: list[DeskOrdered] = []
        self.former: dict[Id, Holder] = {}
        self._case: dict[str, Any] = {}
        self._held = {held.task.task_id: held for held in case.held}
        self._changed: dict[str, None] = {}

    @property
    def held(self) -> tuple[Held, ...]:
        """All tasks as they stand now, in the order in which they were given."""
        return tuple(self._held.values())

    @property
    def changed(self) -> tuple[Held, ...]:
        """The tasks that this act has moved or given, as they stand now, in that order."""
        return tuple(self._held[task_id] for task_id in self._changed)

    @property
    def case(self) -> Case:
        """The case as it stands now."""
        return self.before.model_copy(update={"incident": self.incident, "held": self.held, **self._case})

    @property
    def lead(self) -> Held | None:
        """The task of who handles, or has done so; none while a desk looks for somebody."""
        return leading(self.held)

    @property
    def desk(self) -> Holder:
        """The desk that decides about the incident."""
        desk: Holder = self.kept("desk")
        return desk

    def current(self, task_id: Id | None) -> Held | None:
        """The task of that id as it stands now."""
        return self._held.get(task_id or "")

    def latest(self, held: Held) -> Held:
        """The task *held* as it stands now."""
        return self._held[held.task.task_id]

    def waiting(self, kind: TaskKind, *, concerns: Id | None = None) -> list[Held]:
        """The open tasks of *kind*; with *concerns*, those that are about that task."""
        return [
            held
            for held in self._held.values()
            if held.open and held.task.kind == kind and concerns in (None, held.task.concerns)
        ]

    def kept(self, name: str) -> Any:
        """A field of the case, beside its incident and tasks, as it stands now."""
        return self._case.get(name, getattr(self.before, name))

    def keep(self, **fields: object) -> None:
        """Change fields of the case beside its incident and tasks."""
        self._case |= fields

    def standing(self, held: Held) -> dict[str, Any]:
        """What a task tells of its incident, as that stands now."""
        own = {"closing_condition": self.kept("closing_condition")}
        if held.task.kind == "handle":
            own["required_evidence"] = self.kept("required_evidence")
        if held.task.kind == "check":
            own["attachments"] = joined(held.task.attachments, self.incident.attachments)
        if held.task.further is not None and opens(held.task.sensitivity, self.incident.sensitivity):
            # It may have been said in confidence, to those alone who may read of a restricted matter.
            own["further"] = held.task.further.model_copy(update={"text": None, "attachments": None})
        return told_by(self.incident) | own

    def put(self, **fields: object) -> None:
        """Change fields of the incident."""
        self.incident = self.incident.model_copy(update=fields)

    def count(self, **steps: int) -> None:
        """Raise the incident's counts."""
        self.put(counts=raised(self.incident.counts, steps))

    def add(self, given: Held) -> None:
        """Let a task that is given be one of the incident's."""
        self._held[given.task.task_id] = given
        self._changed[given.task.task_id] = None

    def move(
        self,
        held: Held,
        *,
        change: TaskChange,
        to: TaskState | None = None,
        at: datetime | None = None,
        reason_code: Code | None = None,
        hand: Id | None = None,
        **told: Any,
    ) -> None:
        """
        Let a task change: its state becomes *to*, unless that is None; *hand* is who worked on it.

        *told* are other fields of its snapshot. It tells the desk that decides by now: what was over when the
        incident was transferred may begin again, or be appealed. Who gets it back is told of the incident as
        it stands: what was corrected while it was over he has not heard.
        """
        task_id = held.task.task_id
        before, now = self.before.find(task_id), self._held[task_id]
        if not now.open and to in OPEN:
            told = self.standing(held) | told
        if not now.open and to in (None, now.task.state):
            # Why it was withdrawn or returned stands, whatever else is told of it: an appeal, say.
            reason_code = reason_code or now.task.reason_code
        told |= {
            "revision": before.task.revision + 1 if before else 1,
            "change": change,
            "desk": self.desk,
            "state": to or now.task.state,
            "effective_at": at or self.at,
            "reason_code": reason_code,
            "counts": self.incident.counts,
        }
        if told["state"] not in OPEN:
            # Listing (挂账) and supervision (督办) end with the turn that they stand over.
            told |= {"listed": (), "supervised": None}
        self._held[task_id] = now.model_copy(
            update={
                "task": now.task.model_copy(update=told),
                "hands": (*now.hands, hand) if hand and hand not in now.hands else now.hands,
            }
        )
        self._changed[task_id] = None

    def amend(self, held: Held, **told: Any) -> None:
        """Change fields of the snapshot of a task that this act has moved or given."""
        now = self.latest(held)
        self._held[held.task.task_id] = now.model_copy(update={"task": now.task.model_copy(update=told)})

    def remember(self, held: Held, **fields: Any) -> None:
        """Change what only judging needs to know of a task that this act has moved or given."""
        task_id = held.task.task_id
        self._held[task_id] = self._held[task_id].model_copy(update=fields)

    def tell(self, order: Order, other: Id, **fields: Any) -> None:
        """Order something of another incident: said under its key, in this one's name."""
        incident = self.incident
        self.orders.append(
            DeskOrdered(
                order_id=derive_id("order", self.cause.id, incident.incident_id, order, other),
                order=order,
                incident_id=other,
                mode=incident.mode,
                based_on_revision=self.before.incident.revision + 1,
                effective_at=self.at,
                other_incident_id=incident.incident_id,
                **fields,
            )
        )


def raised(counts: Counts, steps: Mapping[str, int]) -> Counts:
    """*counts* with each of the named ones raised by its step."""
    return counts.model_copy(update={name: getattr(counts, name) + step for name, step in steps.items()})
