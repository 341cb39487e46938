"""What a rule gives: who handles, who helps, who decides, in which stages, and how it is checked."""

from datetime import timedelta
from typing import Annotated, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from wangge_contracts.message import most, words
from wangge_contracts.v1 import CheckKind, Limit, Slug, Stage, StageLimit, Suggestion, Text, Urgency
from wangge_router.terms import Seat

Desk = Literal["workstation", "street", "district"]
"""A desk by its level: of the community (社区综合工作站), the street (分中心), the district (指挥中心)."""


_MOST_HELPERS = most(Suggestion, "parties") - 1
"""Besides who leads: so many are suggested to a desk."""


class Then(BaseModel):
    """Who gets the incident: a lead department with those who help, or a desk that decides."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    lead: Slug | None = None
    """The department that handles (主办)."""
    assists: tuple[Slug, ...] = ()
    """Departments that help (协办)."""
    attends: tuple[Seat, ...] = ()
    """Officers to call to the spot, by their post at its grid or community."""
    dispatch: Desk | None = None
    """The desk that decides who handles (派遣)."""
    mode: Literal["auto", "confirm"] = "auto"
    """`confirm`: who leads, assists and attends is suggested to the street's desk, which may differ."""
    automatic_after_minutes: Annotated[float, Field(ge=1, le=1440)] | None = None
    """With `confirm`: when it happens by itself, minutes of house time after the report took effect."""
    urgency: Urgency | None = None
    """Absent: the standard row's."""
    limit: Limit | None = None
    """For who leads or dispatches, instead of the standard's."""
    stages: tuple[StageLimit, ...] = ()
    """The lead's work in stages with a limit each (先围挡, 后抢修, 再恢复), instead of the standard's."""
    check: Seat | None = None
    """Who checks (核查); absent: as the rulebook says, or the street's desk where nobody has to go there."""
    check_kind: CheckKind | None = None
    """How it is checked; absent: as the rulebook says."""
    instructions: Text | None = None

    @property
    def automatic_after(self) -> timedelta | None:
        """How long the desk has to confirm; None where nothing has to be confirmed."""
        minutes = self.automatic_after_minutes
        return None if minutes is None else timedelta(minutes=minutes)

    @model_validator(mode="after")
    def _one_way(self) -> Self:
        if (self.lead is None) == (self.dispatch is None):
            raise ValueError("a rule names either a `lead` department or a desk to `dispatch`")
        if self.dispatch and (self.assists or self.attends):
            raise ValueError("the desk that dispatches chooses who assists and attends: leave them out")
        repeated = sorted(
            {slug for slug in self.assists if self.assists.count(slug) > 1 or slug == self.lead}
        )
        if repeated:
            raise ValueError(f"{repeated[0]} is named twice in one rule")
        if len(self.assists) + len(self.attends) > _MOST_HELPERS:
            raise ValueError(
                f"more than {_MOST_HELPERS} who assist or attend: leave the rest to the desk to call"
            )
        return self

    @model_validator(mode="after")
    def _confirms_something(self) -> Self:
        if self.mode == "auto" and self.automatic_after_minutes is not None:
            raise ValueError("`automatic_after_minutes` goes with mode `confirm`: add it, or leave both out")
        if self.mode == "confirm" and self.dispatch:
            raise ValueError(
                "a desk that dispatches decides anyway: leave mode `confirm` out, or name a lead"
            )
        if self.mode == "confirm" and self.automatic_after_minutes is None:
            raise ValueError("mode `confirm` needs `automatic_after_minutes`: when it happens by itself")
        return self

    @model_validator(mode="after")
    def _goes_on(self) -> Self:
        if self.stages:
            in_order(self.stages)
            if self.dispatch:
                raise ValueError("stages are the lead's: the desk that dispatches has one limit")
            if self.limit:
                raise ValueError("each stage has its limit: leave `limit` out")
        if self.check_kind == "none" and self.check:
            raise ValueError("check_kind `none` needs nobody who checks: leave `check` out")
        return self


def in_order(stages: tuple[StageLimit, ...]) -> None:
    """Raise ValueError unless *stages* are two or more, each once, in the order of the work."""
    order = words(Stage)
    places = [order.index(each.stage) for each in stages]
    if len(places) < 2:
        raise ValueError("one stage is none: name two or more, or give a `limit`")
    if places != sorted(set(places)):
        raise ValueError(f"stages come once each, in the order {', '.join(order)}")
