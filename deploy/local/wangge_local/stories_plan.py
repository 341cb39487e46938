"""When each story begins, so that all are over by now, and in which order their steps are told."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from wangge_contracts.calendars import WEEKDAYS
from wangge_contracts.message import derive_id
from wangge_local.stories import Step, Story, Telling

_BEFORE = timedelta(minutes=1)


@dataclass(frozen=True, slots=True)
class Scene:
    """One step of one telling, and the house time at which it is said."""

    telling: Telling
    step: Step
    number: int

    @property
    def at(self) -> datetime:
        """House time, UTC."""
        return self.telling.when(self.step)


def plan(stories: Iterable[Story], *, now: datetime, zone: ZoneInfo) -> tuple[Telling, ...]:
    """Let each story begin on the latest day, by the clocks of *zone*, on which it is over before *now*."""
    return tuple(told_since(story, _beginning(story, now=now, zone=zone)) for story in stories)


def told_since(story: Story, began: datetime) -> Telling:
    """Return the telling of *story* that began then; there is one for each beginning."""
    return Telling(story, began, run=began.isoformat())


def incident_id(telling: Telling) -> str:
    """Return the incident that the report of *telling* becomes."""
    first = telling.story.steps[0]
    return derive_id("incident", first.via.partition(".")[2], telling.said_id(first))


def starts_at(tellings: Iterable[Telling]) -> datetime:
    """Return the house time at which a house that tells them all must start, UTC."""
    return min(telling.began for telling in tellings) - _BEFORE


def scenes(tellings: Iterable[Telling]) -> Sequence[Scene]:
    """Return all steps in the order of their instants."""
    every = [
        Scene(telling, step, number)
        for telling in tellings
        for number, step in enumerate(telling.story.steps)
    ]
    return sorted(every, key=lambda scene: (scene.at, scene.telling.story.name, scene.number))


def _beginning(story: Story, *, now: datetime, zone: ZoneInfo) -> datetime:
    day = now.astimezone(zone).date()
    while True:
        begins = datetime.combine(day, story.begins, tzinfo=zone).astimezone(UTC)
        on_its_day = story.weekday is None or WEEKDAYS[day.weekday()] == story.weekday
        if on_its_day and begins + story.lasts < now:
            return begins
        day -= timedelta(days=1)
