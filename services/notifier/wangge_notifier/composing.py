"""Which fact tells whom, and what. No clock, no network, no chance."""

from collections.abc import Iterator
from dataclasses import dataclass, replace

from wangge_contracts.message import known
from wangge_contracts.v1 import (
    ClassRef,
    ClockChanged,
    Incident,
    IncidentChanged,
    IncidentRejected,
    Mode,
    Names,
    Recipient,
    Sensitivity,
    Task,
    Urgency,
)
from wangge_notifier.directory import CONSOLE, Directory
from wangge_notifier.lettering import Letter, Scene, Subject, Words, to_holder

_TO_HOLDER = {
    "assigned": "task-given",
    "reopened": "task-given",
    "rework": "task-rework",
    "withdrawn": "task-withdrawn",
    "supervised": "task-supervised",
    "listed": "task-listed",
    "reminded": "task-reminded",
}
"""What a task's holder hears of, by the task's change."""
_TO_REPORTER = {"closed": "incident-closed", "not-accepted": "incident-not-accepted"}
"""What a reporter hears of who asked for a reply (回告), by the incident's change."""
_UNNAMED = Names(zh="事项", en="the matter")
_MOST_WORDS = 200


@dataclass(frozen=True, slots=True)
class KnownTask:
    """What a ring must know of its task and does not say: kept from the first fact about the task."""

    task_id: str
    desk: str
    urgency: str
    confidential: bool
    what: Names
    where: str


def of_incident(changed: IncidentChanged, scene: Scene) -> Iterator[Letter]:
    """Tell holders and desks of their tasks, and the reporter of the result."""
    for task in changed.tasks:
        subject = _subject(changed.incident, task)
        words = _words(changed, task, scene.directory)
        for template, holder in _told(task, scene.directory):
            yield to_holder(template, holder, subject, words, scene)
    feedback = _TO_REPORTER.get(changed.change)
    if feedback is not None and changed.incident.wants_reply:
        yield _feedback(feedback, changed)


def of_ring(clock: ClockChanged, task: KnownTask, scene: Scene) -> Iterator[Letter]:
    """Tell whom the ladder names that the limit runs out, or has run out."""
    effects = scene.directory.effects(clock.ladder, clock.rung or "")
    told = {clock.holder: "tell-holder" in effects}
    told[task.desk] = "tell-desk" in effects or told.get(task.desk, False)
    subject = Subject(
        incident_id=clock.incident_id,
        case_number=clock.case_number,
        mode=known(Mode, clock.mode),
        sensitivity=known(Sensitivity, clock.sensitivity),
        confidential=task.confidential,
        urgency=known(Urgency, task.urgency),
        task_id=clock.task_id,
        holder=clock.holder,
    )
    words: Words = {
        "case": clock.case_number,
        "what": task.what,
        "where": task.where,
        "unit": scene.directory.name(clock.holder),
        "deadline": clock.deadline,
    }
    template = "task-warned" if clock.remaining_s > 0 else "task-overdue"
    for holder, is_told in told.items():
        if is_told:
            # What is long past is kept for the record and rings no bell.
            yield to_holder(template, holder, subject, words, scene, quietly=clock.catch_up)


def of_rejection(rejected: IncidentRejected) -> Iterator[Letter]:
    """Tell who runs the terminal system that a report of theirs was not taken."""
    first = rejected.errors[0] if rejected.errors else None
    yield Letter(
        "report-rejected",
        Recipient(kind="system", ref=f"terminal:{rejected.terminal}"),
        (CONSOLE,),
        Subject(
            incident_id=rejected.incident_id,
            case_number=None,
            mode=known(Mode, rejected.mode),
            sensitivity="normal",
            confidential=False,
            urgency="normal",
        ),
        {
            "unit": rejected.terminal,
            "report": rejected.report_id,
            "reason": Names(zh=first.text_zh[:_MOST_WORDS], en=first.text_en[:_MOST_WORDS])
            if first
            else None,
        },
    )


def known_task(incident: Incident, task: Task) -> KnownTask:
    """Return what must be kept of *task* for its rings."""
    return KnownTask(
        task_id=task.task_id,
        desk=task.desk,
        urgency=task.urgency,
        confidential=incident.confidential,
        what=_what(task.class_ref or incident.class_ref),
        where=_where(task),
    )


def _told(task: Task, directory: Directory) -> Iterator[tuple[str, str]]:
    """Return template and holder of everybody who hears of this change of *task*."""
    if task.change == "returned":
        yield "task-returned", task.desk
    template = _TO_HOLDER.get(task.change)
    if template is None:
        return
    if template == "task-given" and task.kind == "attend":
        template = "attend"
    if task.holder in directory.contact_only:
        # Nothing of ours reaches such a unit: its desk calls, and writes down whom it spoke to.
        yield "task-call", task.desk
        if not directory.has_a_line(task.holder):
            return
    yield template, task.holder


def _subject(incident: Incident, task: Task) -> Subject:
    called = task.kind == "attend" and task.change == "assigned"
    return replace(
        _subject_of_all(incident),
        urgency=known(Urgency, task.urgency),
        task_id=task.task_id,
        task_revision=task.revision,
        holder=task.holder,
        confirm_by=task.acknowledge_by if called else None,
    )


def _subject_of_all(incident: Incident) -> Subject:
    return Subject(
        incident_id=incident.incident_id,
        case_number=incident.case_number,
        mode=known(Mode, incident.mode),
        sensitivity=known(Sensitivity, incident.sensitivity),
        confidential=incident.confidential,
        urgency="normal",
    )


def _words(changed: IncidentChanged, task: Task, directory: Directory) -> Words:
    incident = changed.incident
    restricted = _restricted(incident.sensitivity)
    return {
        "case": incident.case_number,
        "what": _what(task.class_ref or incident.class_ref),
        "where": _where(task),
        "description": None if restricted else task.description.text[:_MOST_WORDS],
        "limit": task.limit,
        "unit": directory.name(task.holder),
        "phone": directory.phones.get(task.holder),
        "reason": None if restricted or changed.reason is None else changed.reason.text[:_MOST_WORDS],
    }


def _feedback(template: str, changed: IncidentChanged) -> Letter:
    incident = changed.incident
    return Letter(
        template,
        # Who it is, only intake's vault knows: the courier will ask it when there is a channel to send by.
        Recipient(kind="reporter", ref=incident.contact_ref or incident.incident_id),
        (CONSOLE,),
        _subject_of_all(incident),
        {"case": incident.case_number, "what": _what(incident.class_ref)},
    )


def _what(class_ref: ClassRef | None) -> Names:
    return class_ref.names if class_ref is not None and class_ref.names is not None else _UNNAMED


def _where(task: Task) -> str:
    """Return the place for those who must go there; of a restricted matter the grid alone."""
    place = task.place
    named = [part.names.zh for part in (place.community, place.grid) if part is not None]
    if place.address is not None and not _restricted(task.sensitivity):
        named.append(place.address.text)
    return " ".join(named)


def _restricted(sensitivity: str) -> bool:
    return sensitivity != "normal"
