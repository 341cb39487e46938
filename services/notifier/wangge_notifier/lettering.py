"""One thing to tell one holder -> letters to the people there, so that nobody is told twice."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from wangge_contracts.message import most
from wangge_contracts.v1 import Limit, Mode, Names, NoticeComposed, OtherTurn, Sensitivity, Urgency
from wangge_notifier.contacts import Endpoint, Lang
from wangge_notifier.directory import Directory
from wangge_notifier.people import Told
from wangge_notifier.templates import Templates


@dataclass(frozen=True, slots=True)
class Spelt:
    """What is written otherwise in each language, and may be longer than a name or empty."""

    zh: str
    en: str


Words = Mapping[str, Names | Spelt | Limit | datetime | str | None]
"""What fills a template; names, limits and instants are put into words by its language."""

_MOST_TURNS = most(NoticeComposed, "also")
STILL_NEWS = timedelta(minutes=30)


@dataclass(frozen=True, slots=True)
class Scene:
    """By what every notice is written: who is who, which words, when (house time, UTC), and why."""

    directory: Directory
    templates: Templates
    lang: Lang
    now: datetime
    cause: str
    """The id of the fact that it tells of."""
    still_news: timedelta = STILL_NEWS
    """What a clock tells later than this, house time, rings no bell any more."""


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
    late: bool = False
    """It is told long after it was due, and says so (补报)."""
    conveys: str | None = None
    """The template that a unit itself would have been told by, where its desk is to call it."""
    also: tuple[OtherTurn, ...] = ()
    contact_ref: str | None = None
    """Opens the contact of the reporter who is told; None: he left none, or is not the one."""
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
    posts at the same time: the further ones are named, so that one confirmation answers them all. More than
    a notice may name go in another.
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
            if len(first.also) == _MOST_TURNS:
                found[*key, first.told.who, first.subject.about or ""] = first
                found[key] = letter
            else:
                found[key] = replace(first, also=(*first.also, turn))
    return list(found.values())
