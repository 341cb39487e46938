"""The rules by which a unit is found, in the order they are tried. Refuses nonsense when it is loaded."""

from collections.abc import Sequence
from typing import Annotated, Literal, Self, get_args

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, model_validator

from wangge_contracts.message import words
from wangge_contracts.v1 import (
    Code,
    Limit,
    Nature,
    PlaceCode,
    Slug,
    Source,
    TaskKind,
    Text,
    Urgency,
)
from wangge_router.guards import checked

Desk = Literal["workstation", "street", "district"]
"""A desk by its level: of the community (社区综合工作站), the street (分中心), the district (指挥中心)."""
Seat = Annotated[
    str,
    Field(pattern=r"^((grid|community)/[a-z0-9](-?[a-z0-9])*|workstation|street|district)$", max_length=64),
]
"""Somebody at the place of the incident: `grid/police`, `community/security-head`, or one of the desks."""
Layer = Literal["direct", "territory", "class"]
"""
When a rule is tried: what goes straight to a specialist, then what the territory's own units lead, then what
is left of a class. Behind them all is the street's desk (属地兜底), the rulebook's `fallback`.
"""
Day = Literal["mon", "tue", "wed", "thu", "fri", "sat", "sun"]
DAYS: tuple[Day, ...] = get_args(Day)
_LAYERS: tuple[Layer, ...] = get_args(Layer)
_DAY = 24 * 60
_WEEK = 7 * _DAY


class _Frozen(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Codes(_Frozen):
    """Codes of one scheme: those named, those with a prefix, or with neither the whole scheme."""

    scheme: Code
    codes: tuple[Code, ...] = ()
    prefixes: tuple[Code, ...] = ()

    def cover(self, scheme: str, code: str) -> bool:
        """Whether the code belongs here; of a class, its condition aside."""
        if scheme != self.scheme:
            return False
        if not self.codes and not self.prefixes:
            return True
        return code in self.codes or code.startswith(self.prefixes)


class Classes(Codes):
    """Classes of one scheme."""

    condition: Code | None = None
    """Only this filing condition (立案条件) within the class."""


class Window(_Frozen):
    """A span of the day on some days of the week, by the district's clocks."""

    days: tuple[Day, ...] = ()
    """The days on which it begins; none named: every day."""
    hours: Annotated[str, Field(pattern=r"^([01]\d|2[0-3]):[0-5]\d-(([01]\d|2[0-3]):[0-5]\d|24:00)$")] = (
        "00:00-24:00"
    )
    """`18:00-08:00` ends on the next day; the end itself is outside."""

    @model_validator(mode="after")
    def _lasts(self) -> Self:
        begin, _, end = self.hours.partition("-")
        if begin == end:
            raise ValueError(f"hours {self.hours} are no time at all; a whole day is 00:00-24:00")
        return self

    @property
    def spans(self) -> tuple[tuple[int, int], ...]:
        """Its spans in minutes since Monday, midnight; an end may lie in the next week."""
        begin, end = (int(time[:2]) * 60 + int(time[3:]) for time in self.hours.split("-"))
        length = end - begin if end > begin else end - begin + _DAY
        starts = (DAYS.index(day) * _DAY + begin for day in self.days or DAYS)
        return tuple((start, start + length) for start in starts)


def week(windows: Sequence[Window]) -> bytes:
    """Return each minute of the week from Monday, midnight: 1 inside of one of *windows*, else 0."""
    minutes = bytearray(_WEEK)
    for begin, end in (span for window in windows for span in window.spans):
        for minute in range(begin, end):
            minutes[minute % _WEEK] = 1
    return bytes(minutes)


class When(_Frozen):
    """Conditions that must all hold; of the values of one condition, any. What is left out is not asked."""

    classes: tuple[Classes, ...] = ()
    places: tuple[PlaceCode, ...] = ()
    """Streets, communities or grids: the incident lies in one of them."""
    zones: tuple[Slug, ...] = ()
    """The rulebook's zones: the incident lies in one of them."""
    terminals: tuple[Slug, ...] = ()
    """The terminal systems (channels) it came by."""
    sources: tuple[Source, ...] = ()
    natures: tuple[Nature, ...] = ()
    urgencies: tuple[Urgency, ...] = ()
    """As claimed by who reports; not claimed counts as `normal`."""
    texts: tuple[Annotated[str, Field(min_length=2, max_length=50), AfterValidator(str.casefold)], ...] = ()
    """The description holds one of these, upper or lower case alike; kept in lower case."""
    times: tuple[Window, ...] = ()
    """It took effect in one of these windows, in the district's time zone."""
    components: tuple[Codes, ...] = ()
    """The numbered thing (部件) it is about."""
    attributes: dict[Code, Annotated[tuple[str, ...], Field(min_length=1)]] = {}
    """
    What the report's form says, by the attribute's code: each one named has one of its values.

    A component's `owner` (权属) and `maintainer` (养护) come so.
    """
    guard: Annotated[str, Field(max_length=500), AfterValidator(checked)] = ""
    """An expression in CEL, asked when all else holds; `guards.VARIABLES` is what it may ask."""

    @property
    def asks_nothing(self) -> bool:
        """Whether every incident fulfils it."""
        return not self.model_fields_set or self == When()


class Then(_Frozen):
    """Who gets the incident: a lead department with those who help, or a desk that decides."""

    lead: Slug | None = None
    """The department that handles (主办)."""
    assists: tuple[Slug, ...] = ()
    """Departments that help (协办)."""
    attends: tuple[Seat, ...] = ()
    """Officers to call to the spot, by their post at its grid or community."""
    dispatch: Desk | None = None
    """The desk that decides who handles (派遣)."""
    urgency: Urgency | None = None
    """Absent: the standard row's."""
    limit: Limit | None = None
    """For who leads or dispatches, instead of the standard's."""
    check: Seat | None = None
    """Who checks on the spot (核查); absent: as the rulebook says."""
    instructions: Text | None = None
    mode: Literal["auto", "confirm"] = "auto"

    @model_validator(mode="after")
    def _one_way(self) -> Self:
        if (self.lead is None) == (self.dispatch is None):
            raise ValueError("a rule names either a `lead` department or a desk to `dispatch`")
        if self.dispatch and (self.assists or self.attends):
            raise ValueError("the desk that dispatches chooses who assists and attends: leave them out")
        if self.mode == "confirm":
            raise ValueError("mode `confirm` cannot be carried out yet: use `dispatch` to let a desk decide")
        repeated = sorted(
            {slug for slug in self.assists if self.assists.count(slug) > 1 or slug == self.lead}
        )
        if repeated:
            raise ValueError(f"{repeated[0]} is named twice in one rule")
        return self


class Rule(_Frozen):
    """One named line of routing."""

    name: Slug
    why: Annotated[str, Field(max_length=300)] = ""
    """The reason for the rule, for who reads the decision."""
    layer: Layer = "direct"
    when: When = When()
    then: Then

    @model_validator(mode="after")
    def _is_in_its_layer(self) -> Self:
        if self.layer == "territory" and not (self.when.places or self.when.zones):
            raise ValueError("a rule of the layer `territory` asks for `places` or `zones`")
        if self.layer == "class" and not self.when.classes:
            raise ValueError("a rule of the layer `class` asks for `classes`")
        return self


class Rulebook(_Frozen):
    """Rules in the order they are tried, the desk of last resort, and limits where no standard has one."""

    class_versions: dict[Code, Code]
    """Per scheme, the version whose codes the rules mean: 04 and 05 swapped meaning between two eras."""
    fallback: Desk = "street"
    """Whose desk decides when no rule fits (属地兜底); without a known place the district's."""
    check: Seat = "grid/manager"
    """Who checks on the spot where a rule does not say."""
    limits: dict[TaskKind, Limit]
    """One for every kind of task; a standard row or a rule may have its own."""
    acknowledge: dict[TaskKind, Limit] = {}
    """How soon who is given a task of a kind has to sign for it (签收); kinds that are not named: never."""
    zones: dict[Slug, Annotated[tuple[PlaceCode, ...], Field(min_length=1)]] = {}
    """Named areas that cut across the registry: a shopping street, the surroundings of schools."""
    rules: tuple[Rule, ...] = ()
    """As they are written; `in_order` is how they are tried."""

    def in_order(self) -> tuple[Rule, ...]:
        """The rules as they are tried: by layer, and within one as they are written."""
        return tuple(sorted(self.rules, key=lambda rule: _LAYERS.index(rule.layer)))

    @model_validator(mode="after")
    def _makes_sense(self) -> Self:
        names = [rule.name for rule in self.rules]
        repeated = sorted({name for name in names if names.count(name) > 1})
        if repeated:
            raise ValueError(f"rule names used twice: {', '.join(repeated)}")
        if "fallback" in names:
            raise ValueError("no rule may be named `fallback`: that is what decides when none fits")
        lacking = [kind for kind in words(TaskKind) if kind not in self.limits]
        if lacking:
            raise ValueError(f"no limit for tasks of kind {', '.join(lacking)}")
        return self
