"""What is decided outside the flow and looked up in it: units, places, the standard, and its publication."""

from typing import Annotated, Literal

from pydantic import Field, JsonValue

from wangge_contracts.message import Instant, Message, Open, Part
from wangge_contracts.v1.parts import AttachmentPurpose, ClassRef, Person
from wangge_contracts.v1.turns import Stage
from wangge_contracts.v1.words import (
    ClockKind,
    Code,
    Count,
    Flag,
    Holder,
    Line,
    Names,
    PlaceCode,
    Sha256,
    Slug,
    Source,
    TaskKind,
    Urgency,
)

DepartmentLevel = Annotated[Literal["city", "district", "street", "community"], Open(otherwise="district")]
"""Whose unit it is. Unknown: district."""
Reach = Annotated[Literal["mailbox", "console", "contact-only"], Open(otherwise="contact-only")]
"""How a unit hears of its tasks. Unknown: contact-only, so that a desk calls it."""
PlaceLevel = Annotated[Literal["district", "street", "community", "grid"], Open(otherwise="grid")]
"""Level of a place. Unknown: grid."""
ReferenceKind = Annotated[Literal["part", "manifest"], Open(otherwise="part")]
"""Whether this is a piece or the list of pieces. Unknown: part, which no version uses."""
SHORTEST_LIMIT, LONGEST_LIMIT = 0.01, 100_000
"""What a limit may allow, hours or days; 0.01 hours are 36 seconds."""


class Limit(Part):
    """The time allowed: *value* hours or days of a *clock_kind*, by a calendar of a version."""

    value: Annotated[float, Field(strict=True, ge=SHORTEST_LIMIT, le=LONGEST_LIMIT)]
    clock_kind: ClockKind
    calendar: Code
    calendar_version: Code


class EvidenceRule(Part):
    """How many attachments of a purpose a `done` needs."""

    purpose: AttachmentPurpose
    at_least: Count = 1


class Department(Part):
    """A unit that handles tasks, inside government or not (承办单位)."""

    slug: Slug
    name: Names
    level: DepartmentLevel
    kind: Code | None = None
    parent: Slug | None = None
    reach: Reach
    territory: Annotated[tuple[PlaceCode, ...], Field(max_length=1000)] = ()
    """The places it answers for; empty: all."""
    successor: Slug | None = None


class Place(Part):
    """A place of the registry: district, street, community or grid."""

    code: PlaceCode
    scheme: Code
    level: PlaceLevel
    name: Names
    parent: PlaceCode | None = None


class Terminal(Part):
    """A system that reports (终端): what it may say, and whether officers' tasks and answers go by it."""

    slug: Slug
    name: Names
    sources: Annotated[tuple[Source, ...], Field(min_length=1, max_length=20)]
    """How what it says may have come; the first counts where it claims another."""
    officers: Flag = False
    """It is entrusted with officers: it brings them their tasks, and answers for them."""


class TaskLimit(Part):
    """The limit of one kind of task."""

    kind: TaskKind
    limit: Limit


class StageLimit(Part):
    """One of several stages that a matter is handled in, and its own limit: fence, repair, restore."""

    stage: Stage
    limit: Limit


class StandardRow(Part):
    """A row of the standard (立案标准): when to file, by whom to handle, how fast, and when it is over."""

    class_ref: ClassRef
    names: Names
    filing_condition: Line | None = None
    limit: Limit
    closing_condition: Line
    required_evidence: Annotated[tuple[EvidenceRule, ...], Field(max_length=20)] = ()
    urgency: Urgency = "normal"
    candidates: Annotated[tuple[Holder, ...], Field(max_length=50)] = ()
    """The units that may lead, the usual one first."""
    task_limits: Annotated[tuple[TaskLimit, ...], Field(max_length=20)] = ()
    """Limits of the other kinds of task, where the row has its own."""
    stages: Annotated[tuple[StageLimit, ...], Field(max_length=5)] = ()
    """The stages of who leads, in their order, each with its limit instead of the row's; empty: one go."""


class ReferencePublished(Message):
    """An operator vouches for a piece of reference data, or, with the manifest, for a complete version."""

    kind: ReferenceKind
    part: Code | None = None
    """
    What a part holds: departments, places, standard, rulebook, ladder, calendars, rosters, terminals ...

    Large ones come in pieces: `rosters`, `rosters.2` ...
    """
    hash: Sha256
    """SHA-256 of `content` as canonical JSON (keys sorted, no spaces, UTF-8); names the part for good."""
    version: Code
    """The version it was first published with."""
    effective_from: Instant
    content: dict[str, JsonValue] | list[JsonValue]
    """Of a manifest: the hash of each part under its name, `{"departments": "<sha256>", ...}`."""
    published_by: Person
    confirmed_by: Person | None = None
