"""The terms on which a city works besides its limits: signing, verifying, resting, reopening, appealing."""

from collections.abc import Collection
from datetime import timedelta
from typing import Annotated, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from wangge_contracts.message import derive_id
from wangge_contracts.v1 import Limit, Source, TaskKind, Urgency

Seat = Annotated[
    str,
    Field(pattern=r"^((grid|community)/[a-z0-9](-?[a-z0-9])*|workstation|street|district)$", max_length=64),
]
"""Somebody at the place of the incident: `grid/police`, `community/security-head`, or one of the desks."""
Days = Annotated[float, Field(ge=0, le=3650)]
"""Days of 24 hours."""
_SAMPLED_OF = 10_000


class _Frozen(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Signing(_Frozen):
    """How soon a task is to be signed for (签收); what is left out is not asked."""

    kinds: tuple[TaskKind, ...] = ()
    urgencies: tuple[Urgency, ...] = ()
    limit: Limit

    def suits(self, kind: TaskKind, urgency: Urgency) -> bool:
        """Whether it holds for such a task."""
        return (not self.kinds or kind in self.kinds) and (not self.urgencies or urgency in self.urgencies)


class Terms(_Frozen):
    """`[terms]` of the rulebook. What a city leaves out is ours, except where a source is named."""

    acknowledge: tuple[Signing, ...] = ()
    """The first that suits a task holds for it; without one nobody has to sign."""
    verify_sources: tuple[Source, ...] = ()
    """What comes so is looked at on the spot before it is filed (核实)."""
    verify_urgencies: tuple[Urgency, ...] = ("normal",)
    """How urgent it may be for that: what is urgent is dispatched at once."""
    verifier: Seat = "grid/manager"
    """Who looks."""
    longest_suspension_days: Days = 365
    """How far off the end of a suspension (缓办) may lie; 365: zhcg2026/smart_cityguard, case adjustment."""
    reopen_days: Days = 7
    """How long after closing a matter may be opened again."""
    appeal_days: Days = 7
    """How long after closing a unit may appeal (申诉) against having been late."""
    self_handled_sample: Annotated[float, Field(ge=0, le=1)] = 0.1
    """The share of matters settled by who reported them (自处置) that a desk looks at again."""

    @model_validator(mode="after")
    def _each_may_hold(self) -> Self:
        for number, signing in enumerate(self.acknowledge):
            earlier = (each for each in self.acknowledge[:number] if _covers(each, signing))
            if next(earlier, None) is not None:
                raise ValueError(
                    f"acknowledge {number + 1} never holds: one before it suits all it would; move it up"
                )
        return self

    def signing(self, kind: TaskKind, urgency: Urgency) -> Limit | None:
        """Return within what time such a task is to be signed for; None: it need not be."""
        return next((each.limit for each in self.acknowledge if each.suits(kind, urgency)), None)

    def samples(self, incident_id: str) -> bool:
        """Whether a desk looks at that self-handled matter: the same answer whoever asks, however often."""
        return int(derive_id("sample", incident_id)[:8], 16) % _SAMPLED_OF < (
            self.self_handled_sample * _SAMPLED_OF
        )

    @property
    def longest_suspension(self) -> timedelta:
        """How far off the end of a suspension may lie, from when it was asked for."""
        return timedelta(days=self.longest_suspension_days)

    @property
    def reopening(self) -> timedelta:
        """How long after closing a matter may be opened again."""
        return timedelta(days=self.reopen_days)

    @property
    def appealing(self) -> timedelta:
        """How long after closing a unit may appeal."""
        return timedelta(days=self.appeal_days)


def are_among(those: Collection[str], these: Collection[str]) -> bool:
    """Whether all of *those* are among *these*; none named means all."""
    return not these or (bool(those) and set(those) <= set(these))


def _covers(earlier: Signing, later: Signing) -> bool:
    return are_among(later.kinds, earlier.kinds) and are_among(later.urgencies, earlier.urgencies)
