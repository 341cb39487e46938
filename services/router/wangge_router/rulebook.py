"""The rules by which a unit is found, in the order they are tried. Refuses nonsense when it is loaded."""

from typing import Annotated, Literal, Self, get_args

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, model_validator

from wangge_contracts.hours import Window
from wangge_contracts.message import words
from wangge_contracts.naming import refuse_twice
from wangge_contracts.v1 import CheckKind, Code, Limit, Nature, PlaceCode, Slug, Source, TaskKind, Urgency
from wangge_router.guards import checked
from wangge_router.results import Desk, Then
from wangge_router.terms import Seat, Terms

Layer = Literal["direct", "territory", "class"]
"""
When a rule is tried: what goes straight to a specialist, then what the territory's own units lead, then what
is left of a class. Behind them all is the street's desk (属地兜底), the rulebook's `fallback`.
"""
FALLBACK = "fallback"
"""What a decision names as its rule when none fitted."""
_LAYERS: tuple[Layer, ...] = get_args(Layer)


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
    check_kind: CheckKind = "on-the-spot"
    """How it is checked where a rule does not say."""
    substitutes: tuple[Seat, ...] = ()
    """Who is called to the spot, one after the other, when neither an officer nor his deputy confirms."""
    limits: dict[TaskKind, Limit]
    """One for every kind of task; a standard row or a rule may have its own."""
    terms: Terms = Terms()
    """Signing, verifying, resting, reopening, appealing."""
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
        refuse_twice("rule", names)
        if FALLBACK in names:
            raise ValueError(f"no rule may be named `{FALLBACK}`: that is what decides when none fits")
        lacking = [kind for kind in words(TaskKind) if kind not in self.limits]
        if lacking:
            raise ValueError(f"no limit for tasks of kind {', '.join(lacking)}")
        return self
