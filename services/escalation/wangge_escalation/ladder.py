"""What happens as a limit runs out: one rung after the other, by share, by span, or at an instant."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from functools import cached_property
from typing import Annotated, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from wangge_contracts.counting import after, used_up
from wangge_contracts.naming import refuse_twice
from wangge_contracts.outages import Outage, require_sound
from wangge_contracts.v1 import (
    LONGEST_LIMIT,
    SHORTEST_LIMIT,
    ClassRef,
    ClockKind,
    Limit,
    Segment,
    Slug,
    TaskKind,
    Urgency,
)
from wangge_contracts.worktime import Worktime

Effect = Literal[
    "tell-holder", "tell-desk", "list-street", "list-district", "supervise", "call-next", "dispatch"
]
"""
What a rung does. Closed: a ladder that asks for more than this version can do is refused when it is loaded.
It tells the holder or its desk; lists on a board (挂账); orders supervision (督办); calls the next force; or
dispatches as the rulebook suggested.
"""
At = Literal["acknowledge-by", "automatic-at"]
"""Instants that a task brings along: signing for it (签收) is due; its suggestion is dispatched by itself."""
_PUNISHING = frozenset({"list-street", "list-district", "supervise"})


class _Strict(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Span(_Strict):
    """So many hours or days, counted by the calendar of the task's limit."""

    value: Annotated[float, Field(ge=SHORTEST_LIMIT, le=LONGEST_LIMIT)]
    clock_kind: ClockKind

    def under(self, limit: Limit) -> Limit:
        """The span as a limit by the calendar of *limit*."""
        return limit.model_copy(update={"value": self.value, "clock_kind": self.clock_kind})


class Rung(_Strict):
    """One step: it rings when *share* of the limit is used up, a span *after* it, or *at* an instant."""

    name: Slug
    share: Annotated[float, Field(gt=0, le=10)] | None = None
    """0.8 is the yellow light, 1 the red one; above 1 counts on in the same kind of time."""
    after: Span | None = None
    at: At | None = None
    effects: Annotated[tuple[Effect, ...], Field(min_length=1)]
    reply_within: Span | None = None
    """How long the holder has to reply to the supervision that the rung orders."""

    def require_sound(self) -> None:
        """
        Raise ValueError for a rung that is never due, or whose parts do not go together.

        Asked by its ladder, once: clocks carry their rungs by value, and are read by the thousand.
        """
        if sum(each is not None for each in (self.share, self.after, self.at)) != 1:
            raise ValueError(f"rung {self.name}: write one of share, after and at")
        if ("supervise" in self.effects) != (self.reply_within is not None):
            raise ValueError(f"rung {self.name}: supervise and reply_within go together")
        if ("dispatch" in self.effects) != (self.at == "automatic-at"):
            raise ValueError(f'rung {self.name}: dispatch and at = "automatic-at" go together')

    @cached_property
    def punitive(self) -> bool:
        """
        Whether it costs its holder something: the red light (100 %), what comes after it, a listing.

        Such a rung waits while answers may be on their way that we have not read; a warning never does, and
        nor does one that calls somebody.
        """
        if "call-next" in self.effects:
            return False
        late = self.after is not None or (self.share or 0) >= 1
        return late or not _PUNISHING.isdisjoint(self.effects)

    def due(
        self,
        segments: Sequence[Segment],
        limit: Limit,
        worktime: Worktime,
        instants: Mapping[At, datetime | None],
    ) -> datetime | None:
        """
        When it is due in a round of these segments, UTC; None when the task brings no such instant.

        Errors as for `worktime.deadline`.
        """
        if self.share is not None:
            return used_up(segments, limit, worktime, share=self.share)
        if self.after is not None:
            end = used_up(segments, limit, worktime)
            return after(segments, end, self.after.under(limit), worktime)
        return instants.get(self.at) if self.at else None


class Classes(_Strict):
    """Classes of one scheme; no codes means all of it."""

    scheme: str
    codes: tuple[str, ...] = ()


class Ladder(_Strict):
    """The rungs that tasks of these kinds, urgencies and classes climb; none named means all."""

    name: Slug
    kinds: tuple[TaskKind, ...] = ()
    urgencies: tuple[Urgency, ...] = ()
    classes: tuple[Classes, ...] = ()
    rungs: Annotated[tuple[Rung, ...], Field(min_length=1)]

    @model_validator(mode="after")
    def _rungs_rise(self) -> Self:
        for rung in self.rungs:
            rung.require_sound()
        refuse_twice(f"ladder {self.name}: rung", (rung.name for rung in self.rungs))
        shares = [rung.share for rung in self.rungs if rung.share is not None]
        kinds = [rung for rung in self.rungs if rung.at is None]
        spans = [(rung.after is not None, rung.share or 0) for rung in kinds]
        if shares != sorted(set(shares)) or spans != sorted(spans) or not _spans_rise(self.rungs):
            raise ValueError(f"ladder {self.name}: every rung must come later than the one before it")
        return self

    def suits(self, kind: TaskKind, urgency: Urgency, class_ref: ClassRef | None) -> bool:
        """Whether tasks of that kind, urgency and class climb this ladder."""
        if kind not in (self.kinds or (kind,)) or urgency not in (self.urgencies or (urgency,)):
            return False
        return not self.classes or (
            class_ref is not None
            and any(
                each.scheme == class_ref.scheme and class_ref.code in (each.codes or (class_ref.code,))
                for each in self.classes
            )
        )

    def covers(self, other: "Ladder") -> bool:
        """Whether every task that *other* suits climbs this one when it comes first."""
        if not (_holds(self.kinds, other.kinds) and _holds(self.urgencies, other.urgencies)):
            return False
        among = all(
            any(mine.scheme == each.scheme and _holds(mine.codes, each.codes) for mine in self.classes)
            for each in other.classes
        )
        return not self.classes or (bool(other.classes) and among)


class Ladders(_Strict):
    """All ladders of one bundle, the first that suits is climbed; the content of the part `ladder`."""

    ladders: Annotated[tuple[Ladder, ...], Field(min_length=1)]
    outages: tuple[Outage, ...] = ()

    @model_validator(mode="after")
    def _hold_together(self) -> Self:
        refuse_twice("ladder", (ladder.name for ladder in self.ladders))
        require_sound(self.outages)
        last = self.ladders[-1]
        if last.kinds or last.urgencies or last.classes:
            raise ValueError(
                "the last ladder must suit every task: leave out its kinds, urgencies and classes"
            )
        return self

    def pick(self, kind: TaskKind, urgency: Urgency, class_ref: ClassRef | None) -> Ladder:
        """The ladder that a task of that kind, urgency and class climbs."""
        return next(ladder for ladder in self.ladders if ladder.suits(kind, urgency, class_ref))


def _holds(these: Sequence[str], those: Sequence[str]) -> bool:
    """Whether all of *those* are among *these*; none named means all."""
    return not these or (bool(those) and set(those) <= set(these))


def _spans_rise(rungs: Sequence[Rung]) -> bool:
    """Whether spans of one kind of time rise; without a calendar those of different kinds do not compare."""
    found: dict[str, float] = {}
    for span in (rung.after for rung in rungs if rung.after is not None):
        if span.value <= found.get(span.clock_kind, 0):
            return False
        found[span.clock_kind] = span.value
    return True
