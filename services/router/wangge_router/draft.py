"""A case while one act changes it: tasks are given and moved, and in the end there is one fact."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from wangge_contracts.message import derive_id
from wangge_contracts.v1 import (
    BUNDLE,
    Cause,
    Code,
    Counts,
    Decision,
    Holder,
    Id,
    Incident,
    IncidentChange,
    IncidentChanged,
    IncidentState,
    Limit,
    Party,
    Short,
    Suggestion,
    TaskChange,
    TaskChanged,
    TaskKind,
    TaskState,
    Text,
)
from wangge_router.case import Case, Held
from wangge_router.directory import Directory
from wangge_router.snapshot import PARTIES, first_snapshot


@dataclass(frozen=True, slots=True)
class Outcome:
    """What an act led to: the case as it stands then, the fact about it, and each task that changed."""

    case: Case
    fact: IncidentChanged
    tasks: tuple[TaskChanged, ...]


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
        self._case: dict[str, Any] = {}
        self._held = {held.task.task_id: held for held in case.held}
        self._changed: dict[str, None] = {}

    @property
    def held(self) -> tuple[Held, ...]:
        """All tasks as they stand now, in the order in which they were given."""
        return tuple(self._held.values())

    @property
    def lead(self) -> Held | None:
        """The task of who handles, or has done so; none while a desk looks for somebody."""
        leads = (held for held in reversed(self.held) if held.task.kind == "handle")
        return next((held for held in leads if held.open or held.task.state == "done"), None)

    def waiting(self, kind: TaskKind) -> list[Held]:
        """The open tasks of *kind*."""
        return [held for held in self._held.values() if held.open and held.task.kind == kind]

    def kept(self, name: str) -> Any:
        """A field of the case, beside its incident and tasks, as it stands now."""
        return self._case.get(name, getattr(self.before, name))

    def keep(self, **fields: object) -> None:
        """Change fields of the case beside its incident and tasks."""
        self._case |= fields

    def put(self, **fields: object) -> None:
        """Change fields of the incident."""
        self.incident = self.incident.model_copy(update=fields)

    def count(self, **steps: int) -> None:
        """Raise the incident's counts."""
        self.put(counts=raised(self.incident.counts, steps))

    def give(
        self,
        kind: TaskKind,
        holder: Holder,
        *,
        decision: Decision,
        limit: Limit | None = None,
        instructions: Text | None = None,
        concerns: Id | None = None,
        predecessor: Id | None = None,
        designated: bool = False,
        suggestion: Suggestion | None = None,
    ) -> None:
        """Give *holder* a task; its id follows from the seed, so the same act gives the same task again."""
        incident = self.incident
        task = first_snapshot(
            incident,
            task_id=derive_id(incident.incident_id, "task", self.seed, kind, holder),
            kind=kind,
            holder=holder,
            at=self.at,
            limit=limit or self.directory.limit(kind, incident.class_ref),
            closing_condition=self.kept("closing_condition"),
            required_evidence=self.kept("required_evidence") if kind == "handle" else (),
            instructions=instructions,
            desk=self.before.desk,
            decision=decision,
            allowed_acts=self.directory.allowed_acts(kind, "assigned", holder, designated=designated),
            predecessor=predecessor,
            concerns=concerns,
            suggestion=suggestion,
        )
        self._held[task.task_id] = Held(task=task, designated=designated)
        self._changed[task.task_id] = None

    def move(
        self,
        held: Held,
        *,
        change: TaskChange,
        to: TaskState | None = None,
        at: datetime | None = None,
        reason_code: Code | None = None,
        hand: Id | None = None,
        instructions: Text | None = None,
        your_reference: Short | None = None,
    ) -> None:
        """
        Let a task change: its state becomes *to*, unless that is None; *hand* is who worked on it.

        A task that is assigned again is a new round: what was answered to the old one is stale.
        """
        task_id = held.task.task_id
        before = self.before.find(task_id)
        task, state = self._held[task_id].task, to or held.task.state
        again = to == "assigned"
        update: dict[str, Any] = {
            "revision": before.task.revision + 1 if before else 1,
            "change": change,
            "state": state,
            "effective_at": at or self.at,
            "reason_code": reason_code,
            "allowed_acts": self.directory.allowed_acts(
                task.kind, state, task.holder, designated=held.designated
            ),
            "counts": self.incident.counts,
        }
        if again:
            update |= {"round": task.round + 1, "assigned_at": self.at}
        if instructions is not None:
            update["instructions"] = instructions
        if your_reference is not None:
            update["your_reference"] = your_reference
        hands = self._held[task_id].hands
        self._held[task_id] = Held(
            task=task.model_copy(update=update),
            since=update["revision"] if again else held.since,
            designated=held.designated,
            hands=(*hands, hand) if hand and hand not in hands else hands,
        )
        self._changed[task_id] = None

    def settle(self, change: IncidentChange, *, now: datetime, **said: Any) -> Outcome:
        """Return the case as it stands after this act, and the fact that tells it, decided *now* (UTC)."""
        lead = self.lead
        standing = {
            "revision": self.before.incident.revision + 1 if self.before.held else 1,
            "state": self._state(lead),
            "lead": lead.task.holder if lead else None,
        }
        if any(getattr(self.incident, name) != value for name, value in standing.items()):
            self.put(**standing)
        if len(self._held) > 1:
            self._introduce()
        tasks = tuple(self._held[task_id].task for task_id in self._changed)
        fact = IncidentChanged(
            incident=self.incident,
            tasks=tasks,
            change=change,
            cause=self.cause,
            effective_at=self.at,
            decided_at=now,
            reference_versions={BUNDLE: self.directory.version},
            **said,
        )
        case = self.before.model_copy(update={"incident": self.incident, "held": self.held, **self._case})
        return Outcome(case, fact, tasks)

    def _state(self, lead: Held | None) -> IncidentState:
        """What the open tasks make of the incident, unless it is over."""
        if self.incident.closed_at is not None or self.incident.state == "void":
            return self.incident.state
        if lead is None:
            return "dispatching"
        return "handling" if lead.open else "checking"

    def _introduce(self) -> None:
        """Tell the holders of the tasks that changed who else is there."""
        known: Mapping[str, Party] = {
            task_id: self.directory.party(held.task.holder, held.task.role)
            for task_id, held in self._held.items()
            if held.task.kind in PARTIES and held.task.state not in ("withdrawn", "returned")
        }
        for task_id in self._changed:
            held = self._held[task_id]
            others = tuple(party for other, party in known.items() if other != task_id)
            if others != held.task.parties:
                task = held.task.model_copy(update={"parties": others[:50]})
                self._held[task_id] = held.model_copy(update={"task": task})


def raised(counts: Counts, steps: Mapping[str, int]) -> Counts:
    """*counts* with each of the named ones raised by its step."""
    return counts.model_copy(update={name: getattr(counts, name) + step for name, step in steps.items()})
