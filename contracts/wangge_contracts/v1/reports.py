"""What a terminal says, before anybody has checked it (上报)."""

from collections.abc import Iterator
from typing import Annotated, Any, Literal

from wangge_contracts.message import Instant, Message, Open, Part, known, words
from wangge_contracts.v1.parts import (
    Attachments,
    Attributes,
    ClassRef,
    CoordinateSystem,
    ExternalRef,
    ExternalRefs,
    Person,
    ReportedPlace,
    SelfHandled,
    Subjects,
)
from wangge_contracts.v1.words import Flag, Id, Mode, Nature, Sensitivity, Short, Slug, Source, Text, Urgency

RelationKind = Annotated[
    Literal["correction", "supplement", "reminder", "withdrawal", "dissatisfied"],
    Open(otherwise="supplement"),
]
"""What a report is to an earlier one. Unknown: supplement, which changes nothing by itself."""


class Relation(Part):
    """The earlier report or incident this one belongs to, by exactly one of its three names."""

    kind: RelationKind
    report_id: Id | None = None
    case_number: Short | None = None
    external_ref: ExternalRef | None = None


class Reporter(Part):
    """Who saw it. Name, phone and e-mail address stay in intake, which tells the courier where to reply."""

    role: Slug
    staff_id: Id | None = None
    name: Short | None = None
    phone: Short | None = None
    email: Short | None = None
    anonymous: Flag = False
    confidential: Flag = False
    wants_reply: Flag = False


class Device(Part):
    """What it was reported with."""

    kind: Short | None = None
    serial: Short | None = None
    software: Short | None = None


class ReportSubmitted(Message):
    """A terminal system vouches that somebody, or something, reported this through it."""

    report_id: Id
    """Made once, when the officer saves; unique in the terminal system; the same on every retry."""
    mode: Mode = "actual"
    relation: Relation | None = None
    source: Source
    nature: Nature = "problem"
    description: Text | None = None
    """Required unless there is a `class_ref`."""
    class_ref: ClassRef | None = None
    attributes: Attributes = ()
    urgency_claimed: Urgency | None = None
    captured_at: Instant
    occurred_at: Instant | None = None
    sent_at: Instant | None = None
    place: ReportedPlace
    reporter: Reporter
    recorded_by: Person | None = None
    device: Device | None = None
    external_refs: ExternalRefs = ()
    mandated_deadline: Instant | None = None
    sensitivity: Sensitivity = "normal"
    subjects: Subjects = ()
    self_handled: SelfHandled | None = None
    attachments: Attachments = ()


def lacking_in_report(report: ReportSubmitted) -> tuple[str, ...]:
    """JSON pointers of what the rules between fields require of *report* and is not there."""
    missing = []
    if report.description is None and report.class_ref is None:
        missing.append("/description")
    place = report.place
    if not (place.point or place.address or place.area or place.component or place.unknown):
        missing.append("/place")
    relation = report.relation
    if relation and (relation.report_id, relation.case_number, relation.external_ref).count(None) != 2:
        missing.append("/relation")
    return tuple(missing)


def _vocabulary(kind: Any) -> tuple[frozenset[str], str]:
    return frozenset(words(kind)), known(kind, "")


_OF_A_REPORT = tuple(
    (name, *_vocabulary(kind))
    for name, kind in (
        ("mode", Mode),
        ("source", Source),
        ("nature", Nature),
        ("urgency_claimed", Urgency),
        ("sensitivity", Sensitivity),
    )
)
_RELATIONS, _RELATED_OTHERWISE = _vocabulary(RelationKind)
_SYSTEMS, _ = _vocabulary(CoordinateSystem)


def unknown_in_report(report: ReportSubmitted) -> Iterator[tuple[str, str]]:
    """
    JSON pointers of the words of *report* that this version does not know and that change what becomes of it.

    With each comes the word that is acted on instead; none for coordinates, which are then not used.
    """
    for name, ours, otherwise in _OF_A_REPORT:
        word = getattr(report, name)
        if word is not None and word not in ours:
            yield f"/{name}", otherwise
    if report.relation is not None and report.relation.kind not in _RELATIONS:
        yield "/relation/kind", _RELATED_OTHERWISE
    if report.place.point is not None and report.place.point.crs not in _SYSTEMS:
        yield "/place/point/crs", ""
