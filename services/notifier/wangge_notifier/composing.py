"""Which fact tells whom, and what. No clock, no network, no chance."""

from collections.abc import Iterator, Mapping
from dataclasses import replace

from wangge_contracts.message import known
from wangge_contracts.v1 import (
    TASK_OVER,
    ClockChanged,
    IncidentChanged,
    IncidentRejected,
    Mode,
    Names,
    RecipientReason,
    Sensitivity,
    Task,
    TaskChange,
    TaskKind,
    Urgency,
    is_restricted,
)
from wangge_notifier.lettering import Letter, Scene, Subject, Words, letters_to, once
from wangge_notifier.passing_on import desk_now, former_desk, former_holder
from wangge_notifier.people import Told
from wangge_notifier.phrasing import (
    MOST_WORDS,
    TURNS,
    UNNAMED,
    KnownTask,
    gravest,
    subject_of,
    what_of,
    words_of,
)
from wangge_notifier.tells import Audience
from wangge_notifier.templates import Templates

_EFFECTS: tuple[tuple[Audience, str], ...] = (("holder", "tell-holder"), ("desk", "tell-desk"))
_NONE: Mapping[str, KnownTask] = {}


def of_incident(
    changed: IncidentChanged, scene: Scene, before: Mapping[str, KnownTask] = _NONE
) -> list[Letter]:
    """
    Tell holders and desks of their tasks, and lead and reporter of what became of the matter.

    What was known of the tasks *before*, by their ids, tells who had them.
    """
    return once(_of_incident(changed, scene, before))


def _of_incident(changed: IncidentChanged, scene: Scene, before: Mapping[str, KnownTask]) -> Iterator[Letter]:
    for task in changed.tasks:
        change = known(TaskChange, task.change)
        fact = f"task-{change}"
        told = scene.templates.told(fact, kind=known(TaskKind, task.kind))
        if not told or (change == "revised" and _is_bookkeeping(changed, task)):
            continue
        was = before.get(task.task_id)
        subject, words = subject_of(changed.incident, task), words_of(changed, task, scene, was)
        former = former_holder(changed, task, was)
        whom = {"holder": task.holder, "desk": task.desk, "lead": changed.incident.lead, "former": former}
        for audience, template in told.items():
            if (at := whom.get(audience)) is not None:
                reason: RecipientReason = "desk" if audience == "desk" else "holder"
                # Who had it is told at his own post, and has nothing to confirm.
                his = replace(subject, holder=at, confirm_by=None) if audience == "former" else subject
                yield from _to(at, template, his, words, scene, fact=fact, reason=reason, desk=task.desk)
    fact = f"incident-{changed.change}"
    for audience, template in (scene.templates.told(fact) or {}).items():
        yield from _of_matter(audience, template, changed, scene, fact, before)


def _is_bookkeeping(changed: IncidentChanged, task: Task) -> bool:
    """
    Whether a revised *task* is no news to its holder.

    Of a task that is over it says what he may still answer; when others are given theirs, who stands in for
    him.
    """
    return task.state in TASK_OVER or changed.change == "dispatched"


def of_clock(clock: ClockChanged, task: KnownTask, scene: Scene) -> list[Letter]:
    """Tell whom the ladder names that the limit runs out, has run out, or that this is taken back."""
    fact, told = clock_fact(clock, scene.templates)
    rung = clock.withdrawn_rung if clock.change == "rung-withdrawn" else clock.rung
    effects = clock.effects
    if effects is None:
        # Said before rungs told what they do.
        effects = tuple(scene.directory.effects(clock.ladder, rung or ""))
    subject = Subject(
        incident_id=clock.incident_id,
        case_number=clock.case_number,
        mode=known(Mode, clock.mode),
        sensitivity=known(Sensitivity, gravest(clock.sensitivity, task.sensitivity)),
        confidential=task.confidential,
        urgency=known(Urgency, task.urgency),
        task_id=clock.task_id,
        holder=clock.holder,
        about=clock.task_id,
    )
    # A withdrawn rung is told to the desk that heard it ring.
    desk = (clock.change == "rung-withdrawn" and clock.desk) or task.desk
    words: Words = {
        "case": clock.case_number,
        "what": task.what,
        "where": task.where_if(restricted=is_restricted(clock.sensitivity)),
        "unit": scene.directory.name(clock.holder),
        "turn": TURNS[known(TaskKind, clock.kind)],
        "desk": scene.directory.name(desk),
        "phone": scene.directory.phones.get(clock.holder),
        "deadline": clock.deadline,
    }
    letters: list[Letter] = []
    for audience, effect in _EFFECTS:
        if audience in told and (rung is None or effect in effects):
            at = clock.holder if audience == "holder" else desk
            reason: RecipientReason = "holder" if audience == "holder" else "desk"
            template = told[audience]
            letters += _to(at, template, subject, words, scene, fact=fact, reason=reason, desk=desk)
    return once(_as_late_as_it_is(letters, clock, scene))


def _as_late_as_it_is(letters: list[Letter], clock: ClockChanged, scene: Scene) -> list[Letter]:
    """What the house held rings and says that it is late; what is long past is for the record alone."""
    if not clock.catch_up:
        return letters
    past = scene.now - clock.effective_at > scene.still_news
    return [replace(letter, late=clock.change == "rang", quietly=past) for letter in letters]


def clock_fact(clock: ClockChanged, templates: Templates) -> tuple[str, Mapping[Audience, str]]:
    """Return the word in the table for what a clock tells, and who hears of it by which template."""
    facts = [f"clock-{clock.change}"]
    if clock.change == "rang":
        facts = [f"rung-{clock.rung}", "rung-warned" if clock.remaining_s > 0 else "rung-overdue"]
    kind = known(TaskKind, clock.kind)
    for fact in facts:
        told = templates.told(fact, kind=kind)
        if told is not None:
            return fact, told
    return facts[-1], {}


def of_rejection(rejected: IncidentRejected, scene: Scene) -> Iterator[Letter]:
    """Tell who runs the terminal system that a report of theirs was not taken."""
    first = rejected.errors[0] if rejected.errors else None
    template = (scene.templates.told("report-rejected") or {}).get("terminal")
    if template is None:
        return
    told = Told(f"terminal:{rejected.terminal}", None, "terminal")
    yield Letter(
        template,
        told,
        Subject(
            incident_id=rejected.incident_id,
            case_number=None,
            mode=known(Mode, rejected.mode),
            sensitivity="normal",
            confidential=False,
            urgency="normal",
        ),
        {
            "unit": scene.directory.name(told.ref),
            "report": rejected.report_id,
            "reason": Names(zh=first.text_zh[:MOST_WORDS], en=first.text_en[:MOST_WORDS]) if first else None,
        },
        "report-rejected",
    )


def _to(
    holder: str,
    template: str,
    subject: Subject,
    words: Words,
    scene: Scene,
    *,
    fact: str,
    reason: RecipientReason,
    desk: str,
) -> Iterator[Letter]:
    """Yield the letters to the people of *holder*; the desk calls whom nothing of ours reaches."""
    letter = Letter(template, Told(holder, None, reason), subject, words, fact)
    if holder in scene.directory.contact_only:
        call = replace(
            letter, template="task-call", told=Told(desk, None, "desk-calls", holder), conveys=template
        )
        for each in letters_to(desk, call, scene, desk=desk):
            yield replace(each, told=replace(each.told, instead_of=holder))
        if not scene.directory.has_a_line(holder):
            return
    yield from letters_to(holder, letter, scene, desk=desk)


def _of_matter(
    audience: str,
    template: str,
    changed: IncidentChanged,
    scene: Scene,
    fact: str,
    before: Mapping[str, KnownTask],
) -> Iterator[Letter]:
    incident = changed.incident
    subject = Subject(
        incident_id=incident.incident_id,
        case_number=incident.case_number,
        mode=known(Mode, incident.mode),
        sensitivity=known(Sensitivity, incident.sensitivity),
        confidential=incident.confidential,
        urgency="normal",
    )
    restricted = is_restricted(incident.sensitivity)
    lead, directory, desk = incident.lead, scene.directory, _desk_of(changed)
    words: Words = {
        "case": incident.case_number,
        "what": what_of(incident.class_ref),
        "desk": directory.name(desk),
        "reason": None if restricted or changed.reason is None else changed.reason.text[:MOST_WORDS],
        "other": None if restricted else incident.merged_into_number,
    }
    if audience == "lead" and lead is not None:
        # That it is over is no reason to call a unit that nothing of ours reaches.
        if lead not in directory.contact_only or directory.has_a_line(lead):
            letter = Letter(template, Told(lead, None, "lead"), subject, words, fact)
            yield from letters_to(lead, letter, scene, desk=desk)
    elif audience in ("desk", "former"):
        at = desk_now(changed) if audience == "desk" else former_desk(changed, before)
        if at is not None:
            letter = Letter(template, Told(at, None, "desk"), subject, words, fact)
            yield from letters_to(at, letter, scene, desk=desk)
    elif audience == "reporter" and incident.wants_reply and incident.split_from is None:
        # Of what was split off he hears with the whole: he knows of no part, and of one number.
        # Where he is, only intake's vault knows: the courier asks it while it sends.
        # Somebody else at home may read it: of what is restricted, or said in confidence, not even its class.
        told = Told(incident.contact_ref or incident.incident_id, None, "reporter")
        if restricted or incident.confidential:
            words = {**words, "what": UNNAMED, "reason": None}
        yield Letter(template, told, subject, words, fact, contact_ref=incident.contact_ref)


def _desk_of(changed: IncidentChanged) -> str:
    """Return the desk that decides about the lead's task; without a task the one of the matter's district."""
    return next((task.desk for task in changed.tasks), f"desk:{changed.incident.district}")
