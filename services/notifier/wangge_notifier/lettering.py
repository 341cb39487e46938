"""One thing to tell one recipient -> one notice for each means by which they are reached."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from wangge_contracts.message import derive_id
from wangge_contracts.v1 import (
    Cap,
    CapStatus,
    CapUrgency,
    Certainty,
    Limit,
    Mode,
    Names,
    NoticeComposed,
    Recipient,
    Sensitivity,
    Severity,
    Template as TemplateRef,
    Text,
    Urgency,
)
from wangge_notifier.directory import CONSOLE, Directory, Endpoint, channel_of, endpoint_key
from wangge_notifier.templates import VERSION, Lang, Templates

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


@dataclass(frozen=True, slots=True)
class Letter:
    """One thing to tell one recipient, by each of *endpoints*."""

    template: str
    recipient: Recipient
    endpoints: tuple[Endpoint, ...]
    subject: Subject
    words: Words


def to_holder(
    template: str, holder: str, subject: Subject, words: Words, scene: Scene, *, quietly: bool = False
) -> Letter:
    """Return the letter to whoever holds a turn; *quietly*: for the record only, at the console."""
    called = scene.directory.name(holder)
    kind = holder.partition(":")[0]
    return Letter(
        template,
        Recipient(
            kind="officer" if kind == "officer" else "desk" if kind == "desk" else "department",
            ref=holder,
            name=called.zh if scene.lang == "zh" else called.en,
        ),
        # What is only a test disturbs nobody outside.
        (CONSOLE,) if quietly or subject.mode == "test" else scene.directory.endpoints(holder),
        subject,
        words,
    )


def written(letter: Letter, scene: Scene) -> Iterator[NoticeComposed]:
    """Return one notice for each endpoint; the same cause gives the same notices."""
    subject = letter.subject
    words = {name: in_words(value, scene) for name, value in letter.words.items()}
    wording = scene.templates.wording(letter.template, scene.lang)
    text = wording.filled(words)
    if subject.mode == "exercise":
        text = f"{'【演练】' if scene.lang == 'zh' else '[Exercise] '}{text}"
    severity, urgency, certainty = _GRADES[subject.urgency]
    for endpoint in letter.endpoints:
        key = endpoint_key(letter.recipient.ref, endpoint)
        yield NoticeComposed(
            notice_id=derive_id(
                "notice", scene.cause, letter.template, subject.task_id or "", letter.recipient.ref, key
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
            recipient=letter.recipient,
            channel=channel_of(endpoint),
            endpoint_key=key,
            urgency=subject.urgency,
            cap=Cap(
                severity=severity,
                urgency=urgency,
                certainty=certainty,
                status=_STATUS.get(subject.mode, "test"),
            ),
            template=TemplateRef(name=letter.template, version=VERSION, lang=scene.lang),
            text=Text(text=text, lang=scene.lang),
            subject=wording.subject,
            confirm_by=subject.confirm_by,
            state="composed",
            attempt=0,
            at=scene.now,
        )


def in_words(value: Names | Limit | datetime | str | None, scene: Scene) -> str:
    """Put *value* into words of the scene's language, instants by the district's clocks."""
    match value:
        case None:
            return ""
        case str():
            return value
        case Names():
            return value.zh if scene.lang == "zh" else value.en
        case Limit():
            unit = _UNITS.get(value.clock_kind, _UNITS["urgent-hours"])[scene.lang]
            return f"{value.value:g}{unit}"
    return value.astimezone(ZoneInfo(scene.directory.time_zone)).strftime("%Y-%m-%d %H:%M")
