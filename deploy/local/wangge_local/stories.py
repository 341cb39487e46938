"""A story of `deploy/config/<place>/stories/` -> the messages its people say, one after the other."""

import re
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from pathlib import Path
from typing import Annotated, Any, Literal, Self

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError, model_validator

from wangge_contracts.calendars import Weekday
from wangge_contracts.message import derive_id
from wangge_contracts.v1 import (
    ClassRef,
    DeskOrdered,
    Holder,
    IncidentState,
    Mode,
    Names,
    Owner,
    PlaceCode,
    ReportSubmitted,
    Slug,
    Task,
    TaskAnswered,
    TaskKind,
    Urgency,
)
from wangge_local.faults import first_fault
from wangge_local.handwritten import toml_of

_OFFSET = re.compile(r"\+(?:(\d+)d)?(\d{2}):(\d{2})(?::(\d{2}))?")


class BadStory(ValueError):
    """The file tells no story that could be played; the text says what to mend."""


def offset(text: Any) -> Any:
    """`+00:03:00` or `+12d09:30` as a span since the first step; everything else as it is."""
    found = _OFFSET.fullmatch(text) if isinstance(text, str) else None
    if found is None:
        return text
    days, hours, minutes, seconds = (int(part or 0) for part in found.groups())
    return timedelta(days=days, hours=hours, minutes=minutes, seconds=seconds)


Offset = Annotated[timedelta, BeforeValidator(offset)]


class _Strict(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Sought(_Strict):
    """Which open task of the incident a step is about."""

    kind: TaskKind
    holder: Holder


class Step(_Strict):
    """Somebody says something: a report, an answer or an order."""

    at: Offset
    via: Owner | Literal["console"]
    """The owner of the topic it is said on; at the console the ledger vouches for who speaks."""
    tell: Names
    task: Sought | None = None
    report: dict[str, Any] | None = None
    answer: dict[str, Any] | None = None
    order: dict[str, Any] | None = None

    @model_validator(mode="after")
    def _says_one_thing(self) -> Self:
        if (self.report, self.answer, self.order).count(None) != 2:
            raise ValueError("a step says one of report, answer and order")
        if self.answer is not None and self.task is None:
            raise ValueError("an answer names the `task` it answers")
        return self


class Expected(_Strict):
    """What must be true when the story is over."""

    state: IncidentState
    urgency: Urgency
    rule: Slug
    class_ref: ClassRef
    grid: PlaceCode
    closed_within: Offset
    open_tasks: int
    never_rung: tuple[Slug, ...]
    states: tuple[IncidentState, ...]
    """The states the incident went through, in this order, repeats aside."""
    tasks: tuple[Sought, ...]
    """Every task it ever had."""


class Story(_Strict):
    """One incident from its report to its end, in house time."""

    name: Slug
    title: Names
    begins: time
    """Local wall time of the first step."""
    weekday: Weekday | None = None
    """The day it begins on; absent: any."""
    steps: Annotated[tuple[Step, ...], Field(min_length=1)]
    expect: Expected

    @model_validator(mode="after")
    def _goes_forward(self) -> Self:
        offsets = [step.at for step in self.steps]
        if offsets != sorted(offsets):
            raise ValueError("the steps are not in the order of their times")
        if self.steps[0].report is None:
            raise ValueError("a story begins with a report")
        return self

    @property
    def lasts(self) -> timedelta:
        """How long it takes from the first to the last step."""
        return self.steps[-1].at


def read(path: Path) -> Story:
    """Read one story; raises `BadStory`."""
    try:
        return Story.model_validate(toml_of(path))
    except UnicodeDecodeError as error:
        raise BadStory(f"{path.name} is not UTF-8: save it as UTF-8") from error
    except ValidationError as error:
        raise BadStory(f"{path.name}: {first_fault(error)}") from error
    except (OSError, RecursionError, tomllib.TOMLDecodeError) as error:
        raise BadStory(f"{path.name}: {error}") from error
    except ValueError as error:  # Python makes no integer of so many digits
        raise BadStory(f"{path.name}: a number has too many digits: write a shorter one") from error


def read_all(folder: Path) -> Iterator[Story]:
    """The stories of a configuration, by the name of their files; none where it has none."""
    for path in sorted((folder / "stories").glob("*.toml")):
        yield read(path)


@dataclass(frozen=True, slots=True)
class Telling:
    """
    One telling of a story, begun at *began*; *run* tells it from other tellings of the same story.

    Told again with the same *run*, everybody says the same under the same ids. The methods raise pydantic's
    `ValidationError` for what the contract refuses.
    """

    story: Story
    began: datetime
    run: str

    def when(self, step: Step) -> datetime:
        """The house time at which *step* is said."""
        return self.began + step.at

    def reported(self, step: Step) -> ReportSubmitted:
        """The report of *step*."""
        at = self.when(step)
        own = {"report_id": self.said_id(step), "captured_at": at, "sent_at": at}
        return ReportSubmitted.model_validate({**own, **_since(self.began, step.report)})

    def answered(self, step: Step, task: Task) -> TaskAnswered:
        """The answer of *step* to *task*, the newest snapshot of the task it seeks."""
        own = {
            "answer_id": self.said_id(step),
            "task_id": task.task_id,
            "incident_id": task.incident_id,
            "based_on_revision": task.revision,
            "acted_at": self.when(step),
        }
        return TaskAnswered.model_validate({**own, **_since(self.began, step.answer)})

    def ordered(self, step: Step, *, incident_id: str, mode: Mode, task: Task | None) -> DeskOrdered:
        """The order of *step*, which takes effect as it is said; *task* is the one it seeks, if any."""
        own = {
            "order_id": self.said_id(step),
            "incident_id": incident_id,
            "mode": mode,
            "task_ids": (task.task_id,) if task else (),
            "effective_at": self.when(step),
        }
        return DeskOrdered.model_validate({**own, **_since(self.began, step.order)})

    def said_id(self, step: Step) -> str:
        """The id of the report, answer or order of *step*."""
        return derive_id("story", self.story.name, self.run, str(self.story.steps.index(step)))


def _since(began: datetime, value: Any) -> Any:
    """*value* with every offset in it turned into the instant it means."""
    if isinstance(value, dict):
        return {key: _since(began, item) for key, item in value.items()}
    if isinstance(value, list):
        return tuple(_since(began, item) for item in value)
    span = offset(value)
    return began + span if isinstance(span, timedelta) else value
