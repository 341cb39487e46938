"""One thing to tell one holder -> letters to the people there -> one notice for each means used now."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime

from wangge_contracts.message import derive_id
from wangge_contracts.v1 import (
    Cap,
    CapStatus,
    CapUrgency,
    Certainty,
    Fallback,
    Limit,
    Mode,
    Names,
    NoticeComposed,
    OtherTurn,
    Recipient,
    RecipientKind,
    Sensitivity,
    Severity,
    Template as TemplateRef,
    Text,
    Urgency,
    Why,
)
from wangge_notifier.contacts import CONSOLE, Endpoint, Lang, Reach, Way, waits_until, ways
from wangge_notifier.directory import Directory, channel_of, endpoint_key
from wangge_notifier.people import Told
from wangge_notifier.templates import Templates

Words = Mapping[str, Names | Limit | datetime | str | None]
"""What fills a template; names, limits and instants are put into words by its language."""

_GRADES: dict[str, tuple[Severity, CapUrgency, Certainty]] = {
    "emergency": ("severe", "immediate", "observed"),
    "urgent": ("moderate", "expected", "likely"),
    "normal": ("minor", "future", "likely"),
}
_STATUS: dict[str, CapStatus] = {"actual": "actual", "exercise": "exercise"}
_UNITS: dict[str, dict[Lang, str]] = {
    "urgent-hours": {"zh": "小时", "en": " hours"},
    "natural-days": {"zh": "天", "en": " days"},
    "working-hours": {"zh": "个工作时", "en": " working hours"},
    "working-days": {"zh": "个工作日", "en": " working days"},
}
_KINDS: dict[str, RecipientKind] = {"officer": "officer", "desk": "desk", "department": "department"}
_FOR_THE_RECORD = Way(CONSOLE, "record-only")
MOST_WORDS = 2000


@dataclass(frozen=True, slots=True)
class Scene:
    """By what every notice is written: who is who, which words, when (house time, UTC), and why."""

    directory: Directory
    templates: Templates
    lang: Lang
    now: datetime
    cause: str
    """The id of the fact that it tells of."""


@dataclass(frozen=True, slots=True)
class Subject:
    """What a notice is about: the matter, and the task if there is one."""

    incident_id: str
    case_number: str | None
    mode: Mode
    sensitivity: Sensitivity
    confidential: bool
    urgency: Urgency
    task_id: str | None = None
    task_revision: int | None = None
    holder: str | None = None
    confirm_by: datetime | None = None
    about: str | None = None
    """The task that it is about in the end: what an approval or a supervision concerns, or its own."""


@dataclass(frozen=True, slots=True)
class Letter:
    """One thing to tell one person, or one unit of which nobody is known by number."""

    template: str
    told: Told
    subject: Subject
    words: Words
    fact: str
    quietly: bool = False
    """For the record only: it rings no bell."""
    conveys: str | None = None
    """The template that a unit itself would have been told by, where its desk is to call it."""
    also: tuple[OtherTurn, ...] = ()
    by: Sequence[Endpoint] = ()
    """The means that an operator asks for; none: those that suit."""


def letters_to(holder: str, letter: Letter, scene: Scene, *, desk: str) -> Iterator[Letter]:
    """Yield *letter* for each person who is to be told for *holder* now; its own `told` gives the reason."""
    local = scene.directory.local(scene.now)
    for told in scene.directory.people.told(holder, reason=letter.told.reason, desk=desk, local=local):
        if told.reason == "nobody-on-duty" and letter.conveys is None:
            yield replace(letter, told=told, template="nobody-on-duty", conveys=letter.template)
        else:
            yield replace(letter, told=told)


def once(letters: Iterable[Letter]) -> list[Letter]:
    """
    Return the letters of one fact, so that nobody is told twice.

    A person hears of one task once, whatever concerns it; and once of all the turns that he holds in several
    posts at the same time: the further ones are named, so that one confirmation answers them all.
    """
    found: dict[tuple[str, ...], Letter] = {}
    told: set[tuple[str, str]] = set()
    for letter in letters:
        subject = letter.subject
        about = (letter.told.who, subject.about or "")
        if about in told and subject.about is not None:
            continue
        told.add(about)
        own = letter.told.reason in ("holder", "deputy") and letter.conveys is None
        key = (letter.told.who, letter.template) if own else (letter.told.who, letter.template, *about)
        first = found.get(key)
        if first is None or first.subject.holder == subject.holder:
            found[key if first is None else (*key, *about)] = letter
        elif subject.task_id is not None and subject.holder is not None:
            turn = OtherTurn(
                task_id=subject.task_id, task_revision=subject.task_revision or 0, holder=subject.holder
            )
            found[key] = replace(first, also=(*first.also, turn)[:10])
    return list(found.values())


def written(letter: Letter, scene: Scene) -> Iterator[NoticeComposed]:
    """Yield one notice for each means that is used now; the same cause gives the same notices."""
    directory, subject, told = scene.directory, letter.subject, letter.told
    reach = directory.reach(told)
    lang = reach.lang if reach is not None and reach.lang else scene.lang
    severity, urgency, certainty = _GRADES[subject.urgency]
    waits, digest = (None, False)
    if subject.urgency == "normal":
        waits, digest = waits_until(reach, directory.local(scene.now))
    used = _used(letter, reach, directory)
    text = _text(letter, lang, scene)
    for way in used:
        key = key_of(told, way.endpoint)
        rings = channel_of(way.endpoint) != "console"
        yield NoticeComposed(
            notice_id=derive_id(
                "notice",
                scene.cause,
                letter.template,
                subject.task_id or "",
                told.ref,
                told.staff_id or "",
                key,
            ),
            incident_id=subject.incident_id,
            case_number=subject.case_number,
            task_id=subject.task_id,
            task_revision=subject.task_revision,
            holder=subject.holder,
            cause=scene.cause,
            mode=subject.mode,
            sensitivity=subject.sensitivity,
            confidential=subject.confidential,
            recipient=recipient(told, directory, lang),
            channel=channel_of(way.endpoint),
            endpoint_key=key,
            urgency=subject.urgency,
            cap=Cap(
                severity=severity,
                urgency=urgency,
                certainty=certainty,
                status=_STATUS.get(subject.mode, "test"),
            ),
            template=TemplateRef(
                name=letter.template, version=scene.templates.version(letter.template), lang=lang
            ),
            text=Text(text=text, lang=lang),
            subject=scene.templates.wording(letter.template, lang).subject,
            confirm_by=subject.confirm_by,
            state="composed",
            attempt=0,
            not_before=waits.astimezone(UTC) if waits is not None and rings else None,
            digest=digest and rings,
            fallbacks=tuple(
                Fallback(channel=channel_of(next_one), endpoint_key=key_of(told, next_one))
                for next_one in way.fallbacks
            ),
            also=letter.also,
            why=Why(recipient=told.reason, channel=way.reason, fact=letter.fact, instead_of=told.instead_of),
            at=scene.now,
        )


def _used(letter: Letter, reach: Reach | None, directory: Directory) -> Sequence[Way]:
    if letter.by:
        return [Way(endpoint, "asked") for endpoint in letter.by]
    # What is only a test disturbs nobody outside, unless an operator tries whether it would.
    if letter.quietly or (letter.subject.mode == "test" and letter.told.reason != "operator"):
        return (_FOR_THE_RECORD,)
    return ways(reach, directory.defaults, letter.subject.urgency)


def key_of(told: Told, endpoint: Endpoint) -> str:
    """Return the key that orders notices to *endpoint*; a desk's console is the desk's and not a person's."""
    return endpoint_key(told.ref if told.ref.startswith("desk:") else told.who, endpoint)


def recipient(told: Told, directory: Directory, lang: Lang) -> Recipient:
    """Say whom a notice is for; people are called by their post, where they have no name of their own."""
    called = directory.names.get(told.staff_id or "") or directory.name(told.ref)
    return Recipient(
        kind=_KINDS.get(told.ref.partition(":")[0], "reporter" if told.reason == "reporter" else "system"),
        ref=told.ref,
        name=None if told.reason in ("reporter", "terminal") else (called.zh if lang == "zh" else called.en),
        staff_id=told.staff_id,
    )


def _text(letter: Letter, lang: Lang, scene: Scene) -> str:
    words = {name: in_words(value, lang, scene.directory) for name, value in letter.words.items()}
    if letter.conveys is not None:
        words["message"] = scene.templates.wording(letter.conveys, lang).filled(words)
    if letter.told.instead_of is not None:
        words["instead_of"] = in_words(scene.directory.name(letter.told.instead_of), lang, scene.directory)
    text = scene.templates.wording(letter.template, lang).filled(words)[:MOST_WORDS]
    if letter.subject.mode == "exercise":
        text = f"{'【演练】' if lang == 'zh' else '[Exercise] '}{text}"
    return text


def in_words(value: Names | Limit | datetime | str | None, lang: Lang, directory: Directory) -> str:
    """Put *value* into words of a language, instants by the district's clocks."""
    match value:
        case None:
            return ""
        case str():
            return value
        case Names():
            return value.zh if lang == "zh" else value.en
        case Limit():
            unit = _UNITS.get(value.clock_kind, _UNITS["urgent-hours"])[lang]
            return f"{value.value:g}{unit}"
    return directory.local(value).strftime("%Y-%m-%d %H:%M")
