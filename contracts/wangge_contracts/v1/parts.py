"""Pieces that several messages share: classes, places, people, evidence and what went wrong."""

from typing import Annotated, Literal

from pydantic import Field

from wangge_contracts.message import Instant, Open, Part
from wangge_contracts.v1.words import (
    Code,
    Count,
    Flag,
    Holder,
    Id,
    Line,
    Names,
    PlaceCode,
    Sha256,
    Short,
    Slug,
)

AttachmentPurpose = Annotated[Literal["before", "after", "scene", "document"], Open(otherwise="document")]
"""What an attachment shows. Unknown: document."""
AttachmentStatus = Annotated[Literal["declared", "arrived"], Open(otherwise="declared")]
"""Whether the bytes are here. Unknown: declared."""
CoordinateSystem = Annotated[
    Literal["WGS84", "GCJ02", "BD09", "CGCS2000"],
    Open(otherwise="WGS84", then="do not use the point, it may lie half a kilometre off"),
]
"""What the two numbers mean. Unknown: the point is not used, the rest of the place is."""
ContactHow = Annotated[Literal["phone", "message", "visit"], Open(otherwise="message")]
"""How somebody was reached. Unknown: message."""

Whereabouts = Annotated[str, Field(pattern=r"^(https?://|[^:/?#]*([/?#]|$))", min_length=1, max_length=2000)]
"""A URL of http or https, or a relative reference: no other scheme, `data:` least of all."""
Longitude = Annotated[float, Field(strict=True, ge=-180, le=180)]
Latitude = Annotated[float, Field(strict=True, ge=-90, le=90)]


class ClassRef(Part):
    """A row, or at least a class, of a classification; outward it carries its names."""

    scheme: Code
    version: Code
    code: Code
    condition: Code | None = None
    """The filing condition (立案条件) within the class."""
    names: Names | None = None


class Attribute(Part):
    """One answer of a form; numbers are written in decimal."""

    code: Code
    value: Annotated[str, Field(max_length=1000)]


class Point(Part):
    """Where a device says it was."""

    lon: Longitude
    lat: Latitude
    crs: CoordinateSystem
    accuracy_m: Annotated[float, Field(strict=True, ge=0, le=1e7)] | None = None
    provider: Code | None = None
    fix_age_s: Annotated[float, Field(strict=True, ge=0, le=1e9)] | None = None
    mock: Flag | None = None


class Wgs84(Part):
    """A point in WGS-84 degrees, whatever it was reported in."""

    lon: Longitude
    lat: Latitude


class Address(Part):
    """An address as people write it."""

    text: Annotated[str, Field(min_length=1, max_length=500)]
    building: Short | None = None
    unit: Short | None = None
    room: Short | None = None


class Area(Part):
    """A place of a registry: a grid, a community, a street."""

    scheme: Code
    code: PlaceCode


class Component(Part):
    """A numbered thing in the street (部件): a lamp post, a manhole cover."""

    scheme: Code
    code: Code


class ReportedPlace(Part):
    """Where, as the reporter says: at least one of the five."""

    point: Point | None = None
    address: Address | None = None
    area: Area | None = None
    component: Component | None = None
    unknown: Flag | None = None
    """True: nobody knows where."""


class NamedPlace(Part):
    """A place of the registry with its names."""

    code: PlaceCode
    names: Names


class IncidentPlace(ReportedPlace):
    """Where, as reported, and what intake and the router made of it."""

    wgs84: Wgs84 | None = None
    district: NamedPlace | None = None
    street: NamedPlace | None = None
    community: NamedPlace | None = None
    grid: NamedPlace | None = None


class Person(Part):
    """Who did it: somebody of ours, by number in the owner's own books."""

    staff_id: Id
    name: Short | None = None
    role: Slug | None = None


class ExternalRef(Part):
    """The same matter in somebody else's system."""

    system: Short
    number: Short
    url: Line | None = None


class Attachment(Part):
    """A file that was promised or has arrived; never its bytes."""

    slot: Id
    sha256: Sha256
    bytes: Annotated[int, Field(strict=True, ge=0, le=2**40)]
    media_type: Short
    purpose: AttachmentPurpose
    captured_at: Instant | None = None
    status: AttachmentStatus = "declared"
    url: Whereabouts | None = None
    """Where its bytes are to be had: http, https or a relative reference."""


Attachments = Annotated[tuple[Attachment, ...], Field(max_length=50)]
ExternalRefs = Annotated[tuple[ExternalRef, ...], Field(max_length=20)]
Attributes = Annotated[tuple[Attribute, ...], Field(max_length=100)]


class Subject(Part):
    """Whom or what a report is about; persons only by reference."""

    kind: Code
    ref: Id | None = None
    name: Short | None = None


Subjects = Annotated[tuple[Subject, ...], Field(max_length=20)]


class SelfHandled(Part):
    """The reporter settled it on the spot (自处置)."""

    done_at: Instant
    result: Line
    evidence: Attachments = ()


class ContactLog(Part):
    """How a unit without a system was reached, and by whom it was answered."""

    how: ContactHow
    at: Instant
    spoke_to: Short | None = None
    result: Line | None = None


class Origin(Part):
    """Where an outsider's record lies."""

    topic: Annotated[str, Field(min_length=1, max_length=249)]
    partition: Count
    offset: Annotated[int, Field(strict=True, ge=0, le=2**53)]


class Fault(Part):
    """What is wrong, where, and whether sending the same again may help."""

    code: Code
    pointer: Annotated[str, Field(max_length=500)]
    """JSON pointer into the value; empty for the whole."""
    text_zh: Line
    text_en: Line
    retryable: Flag


Faults = Annotated[tuple[Fault, ...], Field(max_length=50)]


class Decision(Part):
    """Why it was decided so: the rule that matched, or the order that commanded."""

    rulebook_version: Code | None = None
    rule: Code | None = None
    order_id: Id | None = None
    reason: Line


class Party(Part):
    """Somebody else at the same incident, with the phone that is answered."""

    holder: Holder
    role: Code
    name: Names
    duty_phone: Short | None = None


class Counts(Part):
    """How often it came back."""

    returns: Count = 0
    shuffles: Count = 0
    """Returns that the desk found to be shuffling (推诿): the unit kept the task, and its time."""
    reworks: Count = 0
    extensions: Count = 0
    repeats: Count = 0
    """Further reports that ask again: reminders (催办), somebody dissatisfied, the same matter once more."""
    supplements: Count = 0
    """Further reports that do not: more that is known, put right, or taken back."""
