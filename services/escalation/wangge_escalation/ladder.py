"""What happens as a limit runs out: one rung after the other, each at a share of the limit."""

from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from wangge_contracts.v1 import Limit, Slug, TaskKind, Urgency
from wangge_contracts.worktime import Worktime, share_instant

Effect = Literal["tell-holder", "tell-desk"]
"""
What a rung does. Closed: a ladder that asks for more than this version can do is refused when it is loaded.
Listing (挂账), supervision orders (督办) and calling the next force will be further words here.
"""


class Rung(BaseModel):
    """One step: it rings when *share* of the limit is used up."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: Slug
    share: Annotated[float, Field(gt=0, le=10)]
    """0.8 is the yellow light, 1 the red one; above 1 counts on in the same kind of time."""
    effects: Annotated[tuple[Effect, ...], Field(min_length=1)]


class Ladder(BaseModel):
    """The rungs that tasks of these kinds and urgencies climb; no kind or urgency named means all."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: Slug
    kinds: tuple[TaskKind, ...] = ()
    urgencies: tuple[Urgency, ...] = ()
    rungs: Annotated[tuple[Rung, ...], Field(min_length=1)]

    @model_validator(mode="after")
    def _rungs_rise(self) -> Self:
        names = [rung.name for rung in self.rungs]
        if len(set(names)) < len(names):
            raise ValueError(f"ladder {self.name}: rung names used twice")
        shares = [rung.share for rung in self.rungs]
        if shares != sorted(set(shares)):
            raise ValueError(f"ladder {self.name}: every rung must come later than the one before it")
        return self

    def suits(self, kind: TaskKind, urgency: Urgency) -> bool:
        """Whether tasks of that kind and urgency climb this ladder."""
        return kind in (self.kinds or (kind,)) and urgency in (self.urgencies or (urgency,))


class Ladders(BaseModel):
    """All ladders of one bundle, the first that suits is climbed; the content of the part `ladder`."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    ladders: Annotated[tuple[Ladder, ...], Field(min_length=1)]

    @model_validator(mode="after")
    def _the_last_suits_every_task(self) -> Self:
        names = [ladder.name for ladder in self.ladders]
        repeated = sorted({name for name in names if names.count(name) > 1})
        if repeated:
            raise ValueError(f"ladder names used twice: {', '.join(repeated)}")
        if self.ladders[-1].kinds or self.ladders[-1].urgencies:
            raise ValueError("the last ladder must suit every task: leave out its kinds and urgencies")
        return self

    def pick(self, kind: TaskKind, urgency: Urgency) -> Ladder:
        """The ladder that a task of that kind and urgency climbs."""
        return next(ladder for ladder in self.ladders if ladder.suits(kind, urgency))


@dataclass(frozen=True, slots=True)
class Ring:
    """A rung and the instant at which it is due, UTC."""

    rung: Rung
    due_at: datetime


def rings(start: datetime, limit: Limit, ladder: Ladder, worktime: Worktime) -> tuple[Ring, ...]:
    """
    When each rung of *ladder* is due for a limit that runs since *start*, earliest first.

    Errors as for `worktime.deadline`.
    """
    return tuple(Ring(rung, share_instant(start, limit, rung.share, worktime)) for rung in ladder.rungs)
