"""What a notice says of a matter and its task: the words that fill a template, discreet where it must be."""

from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

from wangge_contracts.message import known
from wangge_contracts.v1 import (
    ClassRef,
    Incident,
    IncidentChanged,
    Mode,
    Names,
    Sensitivity,
    Task,
    TaskKind,
    Urgency,
    is_restricted,
)
from wangge_notifier.due import due, unbroken
from wangge_notifier.lettering import Scene, Spelt, Subject, Words

UNNAMED = Names(zh="事项", en="the matter")
_BOARDS = {
    "community": Names(zh="社区", en="community"),
    "street": Names(zh="街道", en="street"),
    "district": Names(zh="区", en="district"),
}
TURNS = {
    "handle": Names(zh="完成处置", en="handle it"),
    "assist": Names(zh="完成协办", en="assist"),
    "attend": Names(zh="到场", en="attend"),
    "verify": Names(zh="现场核实", en="verify it"),
    "check": Names(zh="核查", en="check it"),
    "dispatch": Names(zh="派遣", en="dispatch it"),
    "approve": Names(zh="审批", en="decide about a request"),
    "supervise": Names(zh="答复督办", en="reply to a supervision"),
}
"""What the holder of a task has to do, by its kind."""
MOST_WORDS = 200


class Matter(NamedTuple):
    """How an incident was classified at a revision of it."""

    revision: int
    sensitivity: str


@dataclass(frozen=True, slots=True)
class KnownTask:
    """
    What a ring must know of its task and does not say, and a fact of who had it before: kept from the newest
    fact about the task.
    """

    task_id: str
    desk: str
    urgency: str
    confidential: bool
    what: Names
    where: Spelt | str
    """A text where it was kept before places had English names in it."""
    revision: int = 0
    """The task's; 0 where it was kept before it was asked for."""
    sensitivity: str = "normal"
    holder: str = ""
    """Who had the turn; empty where it was kept before it was asked for."""
    area: Spelt | None = None
    """The place without its address; None where it was kept before it was asked for."""

    unbroken: datetime | None = None
    """Since when its limit runs, if it was not suspended; None where it was kept before it was asked for."""

    def where_if(self, *, restricted: bool) -> Spelt | str:
        """Return the place for a notice: its clock may have heard that it is *restricted* before we did."""
        return (self.area or "") if restricted or is_restricted(self.sensitivity) else self.where


def known_task(incident: Incident, task: Task, before: KnownTask | None = None) -> KnownTask:
    """Return what must be kept of *task* for its rings, of which *before* was known."""
    sensitivity = gravest(incident.sensitivity, task.sensitivity)
    return KnownTask(
        task_id=task.task_id,
        desk=task.desk,
        urgency=task.urgency,
        confidential=incident.confidential,
        what=what_of(task.class_ref or incident.class_ref),
        where=where_of(task, restricted=is_restricted(sensitivity)),
        revision=task.revision,
        sensitivity=sensitivity,
        holder=task.holder,
        area=where_of(task, restricted=True),
        unbroken=unbroken(task, before.unbroken if before else None),
    )


def subject_of(incident: Incident, task: Task) -> Subject:
    """Return what a notice of *task* is about."""
    called = task.kind == "attend" and task.change in ("assigned", "forwarded")
    return Subject(
        incident_id=incident.incident_id,
        case_number=incident.case_number,
        mode=known(Mode, incident.mode),
        sensitivity=known(Sensitivity, gravest(incident.sensitivity, task.sensitivity)),
        confidential=incident.confidential,
        urgency=known(Urgency, task.urgency),
        task_id=task.task_id,
        task_revision=task.revision,
        holder=task.holder,
        confirm_by=task.acknowledge_by if called else None,
        about=task.concerns or task.task_id,
    )


def words_of(changed: IncidentChanged, task: Task, scene: Scene, before: KnownTask | None = None) -> Words:
    """Return what a template may say of *task* after this fact, of which *before* was known."""
    incident, directory = changed.incident, scene.directory
    restricted = is_restricted(gravest(incident.sensitivity, task.sensitivity))
    board = task.listed[-1].board if task.listed else None
    asking = next((each.holder for each in changed.tasks if each.task_id == task.concerns), None)
    since = unbroken(task, before.unbroken if before else None)
    until = task.supervised.reply_by if task.supervised else task.suspended_until
    return {
        "case": incident.case_number,
        "what": what_of(task.class_ref or incident.class_ref),
        "where": where_of(task, restricted=restricted),
        "description": None if restricted else task.description.text[:MOST_WORDS],
        "instructions": None
        if restricted or task.instructions is None
        else task.instructions.text[:MOST_WORDS],
        "limit": task.limit,
        "deadline": due(task, directory.hours, since=since, now=scene.now),
        "unit": directory.name(task.holder),
        "turn": TURNS[known(TaskKind, task.kind)],
        "desk": directory.name(task.desk),
        "asks": directory.name(asking) if asking else None,
        "phone": directory.phones.get(task.holder),
        "until": task.suspended_until if task.change == "suspended" else until,
        "board": _BOARDS.get(board, _BOARDS["street"]) if board else None,
        "reason": None if restricted or changed.reason is None else changed.reason.text[:MOST_WORDS],
        "other": None if restricted else incident.merged_into_number,
    }


def what_of(class_ref: ClassRef | None) -> Names:
    """Return what the matter is called."""
    return class_ref.names if class_ref is not None and class_ref.names is not None else UNNAMED


def where_of(task: Task, *, restricted: bool) -> Spelt:
    """Return the place for those who must go there; of a *restricted* matter the grid alone."""
    place = task.place
    names = [part.names for part in (place.community, place.grid) if part is not None]
    address = place.address.text if place.address is not None and not restricted else ""
    # What an address says itself need not be said before it.
    return Spelt(
        zh=" ".join(filter(None, [*(name.zh for name in names if name.zh not in address), address])),
        en=", ".join(filter(None, [*(name.en for name in names if name.en not in address), address])),
    )


def gravest(*said: str) -> str:
    """Return the one of these sensitivities that shows least."""
    return next(filter(is_restricted, said), said[0])
