"""A letter -> one notice for each means used now, in the language of who reads it."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import UTC, datetime

from wangge_contracts.message import derive_id, most
from wangge_contracts.v1 import (
    Cap,
    CapStatus,
    CapUrgency,
    Certainty,
    Fallback,
    Limit,
    Names,
    NoticeComposed,
    Recipient,
    RecipientKind,
    Severity,
    Template as TemplateRef,
    Text,
    Why,
)
from wangge_notifier.contacts import (
    CONSOLE,
    Endpoint,
    Lang,
    Reach,
    Way,
    waits_until,
    ways,
    ways_to_reporter,
)
from wangge_notifier.directory import Directory, channel_of, endpoint_key
from wangge_notifier.lettering import Letter, Scene, Spelt
from wangge_notifier.people import Told
from wangge_notifier.spelling import instant_in_words, limit_in_words, unsigned
from wangge_notifier.templates import Filled

_GRADES: dict[str, tuple[Severity, CapUrgency, Certainty]] = {
    "emergency": ("severe", "immediate", "observed"),
    "urgent": ("moderate", "expected", "likely"),
    "normal": ("minor", "future", "likely"),
}
_STATUS: dict[str, CapStatus] = {"actual": "actual", "exercise": "exercise"}
_KINDS: dict[str, RecipientKind] = {"officer": "officer", "desk": "desk", "department": "department"}
_LATE: dict[Lang, str] = {"zh": "【补报】", "en": "[Late] "}
_LONGEST_SUBJECT = 200
_MOST_FALLBACKS = most(NoticeComposed, "fallbacks")
_FOR_THE_RECORD = Way(CONSOLE, "record-only")


def written(letter: Letter, scene: Scene) -> Iterator[NoticeComposed]:
    """Yield one notice for each means that is used now; the same cause gives the same notices."""
    directory, subject, told = scene.directory, letter.subject, letter.told
    reach = directory.reach(told)
    lang = reach.lang if reach is not None and reach.lang else scene.lang
    severity, urgency, certainty = _GRADES[subject.urgency]
    waits, digest = (None, False)
    if subject.urgency == "normal":
        waits, digest = waits_until(reach, directory.local(scene.now), directory.works)
    used = _used(letter, reach, directory)
    filled = _filled(letter, lang, scene)
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
            template=TemplateRef(name=letter.template, version=filled.version, lang=lang),
            text=Text(text=filled.text, lang=lang),
            subject=_subject(letter, lang, scene),
            confirm_by=subject.confirm_by,
            state="composed",
            attempt=0,
            not_before=waits.astimezone(UTC) if waits is not None and rings else None,
            digest=digest and rings,
            fallbacks=fallbacks(told, way),
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
    if letter.contact_ref is not None:
        return ways_to_reporter(letter.contact_ref, directory.to_reporters)
    return ways(reach, directory.defaults, letter.subject.urgency)


def key_of(told: Told, endpoint: Endpoint) -> str:
    """Return the key that orders notices to *endpoint*; a desk's console is the desk's and not a person's."""
    return endpoint_key(told.ref if told.ref.startswith("desk:") else told.who, endpoint)


def fallbacks(told: Told, way: Way) -> tuple[Fallback, ...]:
    """Return by what else *told* is reached when *way* fails for good: as many as a notice holds."""
    return tuple(
        Fallback(channel=channel_of(each), endpoint_key=key_of(told, each))
        for each in way.fallbacks[:_MOST_FALLBACKS]
    )


def recipient(told: Told, directory: Directory, lang: Lang) -> Recipient:
    """Say whom a notice is for; people are called by their post, where they have no name of their own."""
    called = directory.names.get(told.staff_id or "") or directory.name(told.ref)
    return Recipient(
        kind=_KINDS.get(told.ref.partition(":")[0], "reporter" if told.reason == "reporter" else "system"),
        ref=told.ref,
        name=None if told.reason == "reporter" else (called.zh if lang == "zh" else called.en),
        staff_id=told.staff_id,
    )


def _subject(letter: Letter, lang: Lang, scene: Scene) -> str:
    """Return the subject: of many notices that go as one it is all that is read."""
    subject = scene.templates.wording(letter.template, lang).subject
    return f"{_LATE[lang]}{subject}"[:_LONGEST_SUBJECT] if letter.late else subject


def _filled(letter: Letter, lang: Lang, scene: Scene) -> Filled:
    words = {name: in_words(value, lang, scene) for name, value in letter.words.items()}
    if letter.conveys is not None:
        words["message"] = unsigned(scene.templates.filled(letter.conveys, lang, words).text)
    if letter.told.instead_of is not None:
        words["instead_of"] = in_words(scene.directory.name(letter.told.instead_of), lang, scene)
    filled = scene.templates.filled(letter.template, lang, words)
    if letter.late:
        filled = replace(filled, text=f"{_LATE[lang]}{filled.text}")
    return filled.in_mode(letter.subject.mode)


def in_words(value: Names | Spelt | Limit | datetime | str | None, lang: Lang, scene: Scene) -> str:
    """Put *value* into words of a language, instants by the district's clocks."""
    match value:
        case None:
            return ""
        case str():
            return value
        case Names() | Spelt():
            return value.zh if lang == "zh" else value.en
        case Limit():
            return limit_in_words(value, lang)
    return instant_in_words(scene.directory.local(value), lang, now=scene.now)
