"""Facts -> notices composed."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

import structlog
from prometheus_client import Counter

from wangge_chassis import Connection, Outgoing, Received, Room
from wangge_chassis.reference import Reference
from wangge_contracts.message import derive_id
from wangge_contracts.reckoning import Hours
from wangge_contracts.topics import NOTICES_COMPOSED
from wangge_contracts.v1 import (
    ClockChanged,
    IncidentChanged,
    IncidentRejected,
)
from wangge_notifier import composing, store
from wangge_notifier.directory import Directory
from wangge_notifier.lettering import STILL_NEWS, Letter, Scene
from wangge_notifier.phrasing import KnownTask, Matter, gravest, known_task
from wangge_notifier.templates import Failed, Templates
from wangge_notifier.writing import written

_UNUSABLE = Counter(
    "wangge_notifier_texts_unusable_total",
    "Times a city's own text could not be filled in, so that ours went instead.",
    ["template"],
)

Directories = Callable[[], Directory]
"""Gives the directory of the bundle in force."""
Phrasebooks = Callable[[], Templates]
"""Gives the templates of the bundle in force."""


def directories_of(reference: Reference) -> Directories:
    """Parse each bundle once, when it is first asked for."""
    return reference.reading(
        lambda bundle: Directory.of(
            bundle.version,
            bundle.parts,
            Hours.of(bundle.ever.get("calendars", ()), bundle.ever.get("ladder", ())),
        )
    )


def templates_of(reference: Reference) -> Phrasebooks:
    """Check and compile the texts of each bundle once, when they are first asked for."""
    shipped = Templates.shipped()
    return reference.reading(
        lambda bundle: shipped.with_own(bundle.parts.get("templates"), failed=_noted(bundle.version))
    )


def _noted(version: str) -> Failed:
    """Count each time that a text of this version is of no use, and log each text once."""
    logged: set[tuple[str, str]] = set()

    def failed(template: str, lang: str, reason: str) -> None:
        _UNUSABLE.labels(template).inc()
        if (template, lang) not in logged:
            logged.add((template, lang))
            structlog.get_logger().error(
                "text_unusable", template=template, lang=lang, reason=reason, reference_version=version
            )

    return failed


@dataclass(slots=True)
class Composing:
    """What one batch of the composer works on."""

    scene: Scene
    known: dict[str, KnownTask]
    waiting: dict[str, list[tuple[str, ClockChanged]]]
    matters: dict[str, Matter] = field(default_factory=dict)
    learnt: dict[str, KnownTask] = field(default_factory=dict)
    waits: list[tuple[str, ClockChanged]] = field(default_factory=list)
    rung: list[str] = field(default_factory=list)
    classified: dict[str, Matter] = field(default_factory=dict)

    def as_known(self, changed: IncidentChanged) -> IncidentChanged:
        """
        Return *changed* without what is over, and as restricted as is known: a mended dead letter comes late.

        What is new in it is known from now on.
        """
        incident = changed.incident
        told, known = Matter(incident.revision, incident.sensitivity), self.matters.get(incident.incident_id)
        if known is not None and known.revision > told.revision:
            sensitivity = gravest(known.sensitivity, told.sensitivity)
            incident = incident.model_copy(update={"sensitivity": sensitivity})
        elif known is not None or told.sensitivity != "normal":
            self.matters[incident.incident_id] = self.classified[incident.incident_id] = told
        news = tuple(
            task
            for task in changed.tasks
            if (before := self.known.get(task.task_id)) is None or before.revision < task.revision
        )
        return changed.model_copy(update={"incident": incident, "tasks": news})


class Composer(Room):
    """
    Says who must hear of a fact.

    A ring may be heard before its task, because topics are not ordered against each other: it waits then,
    and is composed when the task is known, with the same words. It tells by the task as it was heard last:
    its desk, its urgency and what may be told of it change.
    """

    def __init__(
        self,
        directories: Directories,
        templates: Phrasebooks,
        *,
        still_news: timedelta = STILL_NEWS,
    ) -> None:
        self._directories = directories
        self._templates = templates
        self._still_news = still_news

    async def load(self, connection: Connection, received: Sequence[Received], now: datetime) -> Composing:
        """Load what is known of every task that the batch speaks of."""
        directory = self._directories()
        scene = Scene(directory, self._templates(), directory.lang, now, "", self._still_news)
        ids = {task_id for each in received for task_id in _tasks_of(each)}
        known, waiting = await store.known_tasks(connection, ids) if ids else ({}, {})
        incidents = {incident_id for each in received if (incident_id := _matter_of(each))}
        matters = await store.restricted_matters(connection, incidents) if incidents else {}
        return Composing(scene, known, waiting, matters)

    def decide(self, state: Composing, received: Received) -> Iterable[Outgoing]:
        """Compose what one fact gives cause to."""
        cause = received.envelope.id
        match received.message:
            case IncidentChanged() as changed:
                changed = state.as_known(changed)
                letters = composing.of_incident(changed, state.scene, state.known)
                yield from _said(letters, state.scene, cause)
                for task in changed.tasks:
                    learnt = known_task(changed.incident, task, state.known.get(task.task_id))
                    state.known[task.task_id] = state.learnt[task.task_id] = learnt
                    rings = state.waiting.pop(task.task_id, ())
                    for late, clock in sorted(rings, key=lambda ring: ring[1].revision):
                        state.rung.append(late)
                        yield from self._ring(state, clock, late)
            case ClockChanged() as clock if composing.clock_fact(clock, state.scene.templates)[1]:
                if clock.task_id in state.known:
                    yield from self._ring(state, clock, cause)
                else:
                    state.waits.append((cause, clock))
                    state.waiting.setdefault(clock.task_id, []).append((cause, clock))
            case IncidentRejected() as rejected:
                yield from _said(composing.of_rejection(rejected, state.scene), state.scene, cause)

    def _ring(self, working: Composing, clock: ClockChanged, cause: str) -> Iterator[Outgoing]:
        task, matter = working.known[clock.task_id], working.matters.get(clock.incident_id)
        if matter is not None:
            task = replace(task, sensitivity=gravest(matter.sensitivity, task.sensitivity))
        yield from _said(composing.of_clock(clock, task, working.scene), working.scene, cause)

    async def save(self, connection: Connection, state: Composing) -> None:
        """Keep what was learnt of tasks, and the rings that wait for theirs."""
        await store.save_matters(connection, state.classified)
        rung = set(state.rung)
        waits = [(cause, clock) for cause, clock in state.waits if cause not in rung]
        await store.save_tasks(connection, learnt=state.learnt.values(), waits=waits, rung=state.rung)


def _tasks_of(received: Received) -> Iterator[str]:
    message = received.message
    if isinstance(message, IncidentChanged):
        yield from (task.task_id for task in message.tasks)
    elif isinstance(message, ClockChanged):
        yield message.task_id


def _matter_of(received: Received) -> str | None:
    match received.message:
        case IncidentChanged(incident=incident):
            return incident.incident_id
        case ClockChanged(incident_id=incident_id):
            return incident_id
    return None


def _said(letters: Iterable[Letter], scene: Scene, cause: str) -> Iterator[Outgoing]:
    scene = replace(scene, cause=cause)
    for letter in letters:
        for notice in written(letter, scene):
            yield Outgoing(
                NOTICES_COMPOSED.name,
                notice.endpoint_key,
                notice,
                derive_id("composed", notice.notice_id),
                subject=notice.incident_id,
            )
