"""What the house was out of order for, as its operator declared, and what he took back of it. Pure."""

from collections.abc import Iterator, Sequence
from datetime import datetime
from itertools import pairwise
from typing import Annotated, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from wangge_contracts.counting import Segments, relieved, taken_back
from wangge_contracts.message import words
from wangge_contracts.v1 import ClockKind, Limit
from wangge_contracts.worktime import Worktime

_KINDS = words(ClockKind)


class Outage(BaseModel):
    """
    A time in which the house was out of order, as its operator declares: nobody's time.

    Or, with *clock_kinds*, days off that were told when clocks ran already, which keep their calendar.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    since: datetime
    until: datetime
    reason: Annotated[str, Field(min_length=1, max_length=64)]
    clock_kinds: Annotated[tuple[ClockKind, ...], Field(min_length=1)] | None = None
    """Limits of these kinds only are relieved of it; absent: of every kind."""
    taken_back_at: datetime | None = None
    """It was declared by mistake, and stood until then; what was done by then is judged as if it stood."""

    @model_validator(mode="after")
    def _is_a_stretch_of_time(self) -> Self:
        instants = (self.since, self.until, self.taken_back_at or self.until)
        if any(each.tzinfo is None for each in instants):
            raise ValueError("an outage is written with its zone, as 2026-11-24T10:00:00+08:00")
        if self.since >= self.until:
            raise ValueError(f"the outage {self.reason} ends before it begins")
        return self

    @property
    def cause(self) -> str:
        """What the ids of the facts that come of it follow from."""
        of = "".join(f" {kind}" for kind in self.clock_kinds or ())
        back = f" {self.taken_back_at.isoformat()}" if self.taken_back_at else ""
        return f"{self.since.isoformat()} {self.until.isoformat()}{of}{back}"

    def concerns(self, kind: str) -> bool:
        """Whether limits of *kind* are relieved of it."""
        return self.clock_kinds is None or kind in self.clock_kinds

    def laid_on(self, lap: Segments, limit: Limit, worktime: Worktime) -> Segments:
        """The segments of a round as they are because of it; laid on again it changes nothing."""
        if not self.concerns(limit.clock_kind):
            return lap
        if self.taken_back_at is None:
            return relieved(lap, self.since, self.until, self.reason)
        return taken_back(lap, limit, worktime, since=self.since, until=self.until, at=self.taken_back_at)


def require_sound(declared: Sequence[Outage]) -> None:
    """Raise ValueError when two that were taken back overlap: nobody could say since when it counts again."""
    back = sorted((each for each in declared if each.taken_back_at), key=lambda each: each.since)
    for earlier, later in pairwise(back):
        if later.since < earlier.until:
            raise ValueError(f"outages that were taken back overlap: {earlier.reason}, {later.reason}")


def in_force(declared: Sequence[Outage]) -> tuple[Outage, ...]:
    """
    What clocks are held against, in order: what stands, then what was taken back and nothing else covers.

    Of that the first to be taken back comes first: so all of it, laid on again, changes nothing either.
    """
    stand = sorted((each for each in declared if each.taken_back_at is None), key=lambda each: each.since)
    gone = [part for each in declared if each.taken_back_at for part in _apart(each, stand)]
    back = [piece for each in gone for piece in _beside(each, stand)]
    return (*stand, *sorted(back, key=lambda each: (each.taken_back_at or each.until, each.since)))


def _apart(outage: Outage, others: Sequence[Outage]) -> Iterator[Outage]:
    """Yield it for each kind of limit by itself, where what stands is not the same for all."""
    if all(other.clock_kinds is None for other in others):
        yield outage
    else:
        for kind in outage.clock_kinds or _KINDS:
            yield outage.model_copy(update={"clock_kinds": (kind,)})


def _beside(outage: Outage, others: Sequence[Outage]) -> Iterator[Outage]:
    since = outage.since
    for other in others:
        if not all(other.concerns(kind) for kind in outage.clock_kinds or ()):
            continue
        if since < (until := min(other.since, outage.until)):
            yield outage.model_copy(update={"since": since, "until": until})
        since = max(since, other.until)
    if since < outage.until:
        yield outage.model_copy(update={"since": since})
