"""What intake stands behind, and what the router made of it (案件)."""

from typing import Annotated, Literal

from pydantic import Field

from wangge_contracts.message import Instant, Message, Open, Part
from wangge_contracts.v1.parts import (
    Attachments,
    Attributes,
    ClassRef,
    Counts,
    Decision,
    ExternalRefs,
    Faults,
    IncidentPlace,
    Origin,
    Person,
    SelfHandled,
    Subjects,
)
from wangge_contracts.v1.reference import Limit
from wangge_contracts.v1.reports import Device, Relation
from wangge_contracts.v1.tasks import Listing, Task
from wangge_contracts.v1.words import (
    Big,
    Code,
    Count,
    Flag,
    Holder,
    Id,
    Mode,
    Nature,
    PlaceCode,
    PlaceFlag,
    Sensitivity,
    Short,
    Slug,
    Source,
    Text,
    Urgency,
)

IncidentState = Annotated[
    Literal[
        "accepted",
        "verifying",
        "dispatching",
        "handling",
        "checking",
        "closed",
        "not-accepted",
        "void",
        "merging",
        "merged",
    ],
    Open(otherwise="handling"),
]
"""Where it is (受理, 核实, 派遣, 处置, 核查, 结案, 不予受理, 作废, 并案). Unknown: handling, so open."""
INCIDENT_OVER: frozenset[IncidentState] = frozenset({"closed", "not-accepted", "void", "merged"})
"""The states in which nobody has the turn any more: no task of it is open."""
IncidentChange = Annotated[
    Literal[
        "accepted-into-router",
        "verified",
        "filed",
        "not-accepted",
        "dispatched",
        "task-changed",
        "attached",
        "corrected",
        "excluded",
        "listed",
        "unlisted",
        "merging",
        "adopted",
        "adoption-refused",
        "merge-failed",
        "merged",
        "split",
        "child-ended",
        "closed",
        "reopened",
        "reopening-ended",
        "voided",
        "transferred",
    ],
    Open(otherwise="task-changed"),
]
"""What happened. Unknown: task-changed; the snapshots tell the rest."""
CauseKind = Annotated[Literal["report", "attachment", "answer", "order"], Open(otherwise="order")]
"""What kind of message caused a fact. Unknown: order."""

Versions = Annotated[dict[str, Code], Field(max_length=20)]
"""The version in force of each kind of reference data that was looked at; `BUNDLE` names the whole."""
BUNDLE = "bundle"
PlaceFlags = Annotated[tuple[PlaceFlag, ...], Field(max_length=8)]


class _Reported(Part):
    """What report, incident and attached report have in common once intake has accepted it."""

    incident_id: Id
    case_number: Short
    district: PlaceCode
    terminal: Slug
    """The terminal system that spoke, from the topic."""
    report_id: Id
    mode: Mode
    source: Source
    nature: Nature
    sensitivity: Sensitivity
    confidential: Flag
    """The reporter's identity is not to be told."""
    accepted_at: Instant
    """When intake numbered it (受理)."""
    effective_at: Instant
    """When the broker had it; clocks start by it."""
    captured_at: Instant
    occurred_at: Instant | None = None
    clock_skew_ms: Big | None = None
    """How far the terminal's clock ran ahead of ours."""
    description: Text | None = None
    class_ref: ClassRef | None = None
    attributes: Attributes = ()
    urgency_claimed: Urgency | None = None
    device: Device | None = None
    recorded_by: Person | None = None
    place: IncidentPlace
    place_flags: PlaceFlags
    contact_ref: Id | None = None
    """Opens the reporter's contact in intake's vault, for those who may."""
    reporter_role: Slug
    wants_reply: Flag
    external_refs: ExternalRefs = ()
    mandated_deadline: Instant | None = None
    subjects: Subjects = ()
    self_handled: SelfHandled | None = None
    attachments: Attachments = ()
    reference_versions: Versions


class IncidentAccepted(_Reported, Message):
    """Intake vouches for this incident: it is readable, numbered and not a repeat of the same message."""

    relation: Relation | None = None
    """What the report says it belongs to, when intake does not know that: for a desk to look into."""
    repeat_of: Id | None = None
    """The incident that this one seems to repeat."""
    repeat_count: Count


class ReportAttached(_Reported, Message):
    """Intake vouches that this report belongs to an incident accepted before; the fields are the report's."""

    relation: Relation


class IncidentRejected(Message):
    """Intake refuses this report and says why; its content stays outside."""

    incident_id: Id
    """The id it would have had; of what cannot be read, one that nothing else has."""
    terminal: Slug
    report_id: Id | None = None
    """Absent when not even that could be read."""
    mode: Mode
    effective_at: Instant
    at: Instant
    errors: Faults
    original: Origin


class Incident(_Reported):
    """A whole incident as the router knows it after a fact."""

    state: IncidentState
    revision: Count
    """Counts the incident's facts; the sequence of the fact that left it so."""
    urgency: Urgency
    filed_at: Instant | None = None
    standard_version: Code | None = None
    """The version of the standard (立案标准) it was filed under."""
    limit: Limit | None = None
    ladder: Code | None = None
    """Name and version of the ladder its clocks climb."""
    counts: Counts
    lead: Holder | None = None
    closed_at: Instant | None = None
    reopen_until: Instant | None = None
    listed: Annotated[tuple[Listing, ...], Field(max_length=10)] = ()
    excluded: Flag = False
    """Kept out of scores by order."""
    repeat_of: Id | None = None
    merged_into: Id | None = None
    merged_into_number: Short | None = None
    """
    The case number it goes on under, for who asks after this one: of that, or of what that was merged into
    since; absent where that was restricted by then.
    """
    merged: Annotated[tuple[Id, ...], Field(max_length=200)] = ()
    """The incidents that this one took in."""
    split_from: Id | None = None
    split: Annotated[tuple[Id, ...], Field(max_length=200)] = ()
    """The incidents that were split from this one; it closes after all of them."""


class Cause(Part):
    """The message that led to a fact, and who spoke it."""

    id: Id
    kind: CauseKind
    actor: Person | None = None
    """Absent when no person did it: a rule, a ladder, a sensor."""
    on_behalf_of: Holder | None = None


class IncidentChanged(Message):
    """The router vouches for this: so it stands with the incident and with every task that changed."""

    incident: Incident
    tasks: Annotated[tuple[Task, ...], Field(max_length=200)] = ()
    """
    Every task that changed, whole; a `TaskChanged` may be given as it is. Of what one fact cannot hold,
    further facts of the same cause tell: `task-changed`, right behind it.
    """
    change: IncidentChange
    cause: Cause
    effective_at: Instant
    decided_at: Instant
    reference_versions: Versions
    decision: Decision | None = None
    """Where routing was decided."""
    reason_code: Code | None = None
    reason: Text | None = None
    """The person's own words, when the cause had any."""
