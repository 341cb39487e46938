"""Version 1 of everything that is said."""

from wangge_contracts.v1.clocks import (
    ClockChange as ClockChange,
)
from wangge_contracts.v1.clocks import (
    ClockChanged as ClockChanged,
)
from wangge_contracts.v1.clocks import (
    ClockState as ClockState,
)
from wangge_contracts.v1.clocks import (
    Segment as Segment,
)
from wangge_contracts.v1.clocks import (
    SegmentKind as SegmentKind,
)
from wangge_contracts.v1.faults import (
    CODES as CODES,
)
from wangge_contracts.v1.faults import (
    fault as fault,
)
from wangge_contracts.v1.faults import (
    faults_of as faults_of,
)
from wangge_contracts.v1.incidents import (
    Cause as Cause,
)
from wangge_contracts.v1.incidents import (
    CauseKind as CauseKind,
)
from wangge_contracts.v1.incidents import (
    Incident as Incident,
)
from wangge_contracts.v1.incidents import (
    IncidentAccepted as IncidentAccepted,
)
from wangge_contracts.v1.incidents import (
    IncidentChange as IncidentChange,
)
from wangge_contracts.v1.incidents import (
    IncidentChanged as IncidentChanged,
)
from wangge_contracts.v1.incidents import (
    IncidentRejected as IncidentRejected,
)
from wangge_contracts.v1.incidents import (
    IncidentState as IncidentState,
)
from wangge_contracts.v1.incidents import (
    PlaceFlags as PlaceFlags,
)
from wangge_contracts.v1.incidents import (
    ReportAttached as ReportAttached,
)
from wangge_contracts.v1.incidents import (
    Versions as Versions,
)
from wangge_contracts.v1.notices import (
    Cap as Cap,
)
from wangge_contracts.v1.notices import (
    CapStatus as CapStatus,
)
from wangge_contracts.v1.notices import (
    CapUrgency as CapUrgency,
)
from wangge_contracts.v1.notices import (
    Certainty as Certainty,
)
from wangge_contracts.v1.notices import (
    Channel as Channel,
)
from wangge_contracts.v1.notices import (
    Notice as Notice,
)
from wangge_contracts.v1.notices import (
    NoticeAnswer as NoticeAnswer,
)
from wangge_contracts.v1.notices import (
    NoticeAnswered as NoticeAnswered,
)
from wangge_contracts.v1.notices import (
    NoticeChanged as NoticeChanged,
)
from wangge_contracts.v1.notices import (
    NoticeComposed as NoticeComposed,
)
from wangge_contracts.v1.notices import (
    NoticeState as NoticeState,
)
from wangge_contracts.v1.notices import (
    Recipient as Recipient,
)
from wangge_contracts.v1.notices import (
    RecipientKind as RecipientKind,
)
from wangge_contracts.v1.notices import (
    Severity as Severity,
)
from wangge_contracts.v1.notices import (
    Template as Template,
)
from wangge_contracts.v1.notices import (
    TransportOutcome as TransportOutcome,
)
from wangge_contracts.v1.orders import (
    ActJudged as ActJudged,
)
from wangge_contracts.v1.orders import (
    ActOutcome as ActOutcome,
)
from wangge_contracts.v1.orders import (
    DeskOrdered as DeskOrdered,
)
from wangge_contracts.v1.orders import (
    Order as Order,
)
from wangge_contracts.v1.orders import (
    OrderedParty as OrderedParty,
)
from wangge_contracts.v1.parts import (
    Address as Address,
)
from wangge_contracts.v1.parts import (
    Area as Area,
)
from wangge_contracts.v1.parts import (
    Attachment as Attachment,
)
from wangge_contracts.v1.parts import (
    AttachmentPurpose as AttachmentPurpose,
)
from wangge_contracts.v1.parts import (
    Attachments as Attachments,
)
from wangge_contracts.v1.parts import (
    AttachmentStatus as AttachmentStatus,
)
from wangge_contracts.v1.parts import (
    Attribute as Attribute,
)
from wangge_contracts.v1.parts import (
    Attributes as Attributes,
)
from wangge_contracts.v1.parts import (
    ClassRef as ClassRef,
)
from wangge_contracts.v1.parts import (
    Component as Component,
)
from wangge_contracts.v1.parts import (
    ContactHow as ContactHow,
)
from wangge_contracts.v1.parts import (
    ContactLog as ContactLog,
)
from wangge_contracts.v1.parts import (
    CoordinateSystem as CoordinateSystem,
)
from wangge_contracts.v1.parts import (
    Counts as Counts,
)
from wangge_contracts.v1.parts import (
    Decision as Decision,
)
from wangge_contracts.v1.parts import (
    ExternalRef as ExternalRef,
)
from wangge_contracts.v1.parts import (
    ExternalRefs as ExternalRefs,
)
from wangge_contracts.v1.parts import (
    Fault as Fault,
)
from wangge_contracts.v1.parts import (
    Faults as Faults,
)
from wangge_contracts.v1.parts import (
    IncidentPlace as IncidentPlace,
)
from wangge_contracts.v1.parts import (
    Latitude as Latitude,
)
from wangge_contracts.v1.parts import (
    Longitude as Longitude,
)
from wangge_contracts.v1.parts import (
    NamedPlace as NamedPlace,
)
from wangge_contracts.v1.parts import (
    Origin as Origin,
)
from wangge_contracts.v1.parts import (
    Party as Party,
)
from wangge_contracts.v1.parts import (
    Person as Person,
)
from wangge_contracts.v1.parts import (
    Point as Point,
)
from wangge_contracts.v1.parts import (
    ReportedPlace as ReportedPlace,
)
from wangge_contracts.v1.parts import (
    SelfHandled as SelfHandled,
)
from wangge_contracts.v1.parts import (
    Subject as Subject,
)
from wangge_contracts.v1.parts import (
    Subjects as Subjects,
)
from wangge_contracts.v1.parts import (
    Wgs84 as Wgs84,
)
from wangge_contracts.v1.receipts import (
    AnswerJudged as AnswerJudged,
)
from wangge_contracts.v1.receipts import (
    LaterChange as LaterChange,
)
from wangge_contracts.v1.receipts import (
    ReportOutcome as ReportOutcome,
)
from wangge_contracts.v1.receipts import (
    ReportReceipt as ReportReceipt,
)
from wangge_contracts.v1.reference import (
    Department as Department,
)
from wangge_contracts.v1.reference import (
    DepartmentLevel as DepartmentLevel,
)
from wangge_contracts.v1.reference import (
    EvidenceRule as EvidenceRule,
)
from wangge_contracts.v1.reference import (
    Limit as Limit,
)
from wangge_contracts.v1.reference import (
    Place as Place,
)
from wangge_contracts.v1.reference import (
    PlaceLevel as PlaceLevel,
)
from wangge_contracts.v1.reference import (
    Reach as Reach,
)
from wangge_contracts.v1.reference import (
    ReferenceKind as ReferenceKind,
)
from wangge_contracts.v1.reference import (
    ReferencePublished as ReferencePublished,
)
from wangge_contracts.v1.reference import (
    StandardRow as StandardRow,
)
from wangge_contracts.v1.reference import (
    TaskLimit as TaskLimit,
)
from wangge_contracts.v1.reports import (
    Device as Device,
)
from wangge_contracts.v1.reports import (
    Relation as Relation,
)
from wangge_contracts.v1.reports import (
    RelationKind as RelationKind,
)
from wangge_contracts.v1.reports import (
    Reporter as Reporter,
)
from wangge_contracts.v1.reports import (
    ReportSubmitted as ReportSubmitted,
)
from wangge_contracts.v1.reports import (
    lacking_in_report as lacking_in_report,
)
from wangge_contracts.v1.tasks import (
    REQUIRED_BY_ACT as REQUIRED_BY_ACT,
)
from wangge_contracts.v1.tasks import (
    Listing as Listing,
)
from wangge_contracts.v1.tasks import (
    Supervision as Supervision,
)
from wangge_contracts.v1.tasks import (
    Task as Task,
)
from wangge_contracts.v1.tasks import (
    TaskAnswered as TaskAnswered,
)
from wangge_contracts.v1.tasks import (
    TaskChanged as TaskChanged,
)
from wangge_contracts.v1.tasks import (
    lacking_in_answer as lacking_in_answer,
)
from wangge_contracts.v1.turns import (
    Act as Act,
)
from wangge_contracts.v1.turns import (
    Acts as Acts,
)
from wangge_contracts.v1.turns import (
    Stage as Stage,
)
from wangge_contracts.v1.turns import (
    TaskChange as TaskChange,
)
from wangge_contracts.v1.turns import (
    TaskState as TaskState,
)
from wangge_contracts.v1.turns import (
    Verdict as Verdict,
)
from wangge_contracts.v1.words import (
    Big as Big,
)
from wangge_contracts.v1.words import (
    Board as Board,
)
from wangge_contracts.v1.words import (
    ClockKind as ClockKind,
)
from wangge_contracts.v1.words import (
    Code as Code,
)
from wangge_contracts.v1.words import (
    Count as Count,
)
from wangge_contracts.v1.words import (
    Flag as Flag,
)
from wangge_contracts.v1.words import (
    Holder as Holder,
)
from wangge_contracts.v1.words import (
    Id as Id,
)
from wangge_contracts.v1.words import (
    Line as Line,
)
from wangge_contracts.v1.words import (
    Mode as Mode,
)
from wangge_contracts.v1.words import (
    Names as Names,
)
from wangge_contracts.v1.words import (
    Nature as Nature,
)
from wangge_contracts.v1.words import (
    Owner as Owner,
)
from wangge_contracts.v1.words import (
    PlaceCode as PlaceCode,
)
from wangge_contracts.v1.words import (
    PlaceFlag as PlaceFlag,
)
from wangge_contracts.v1.words import (
    Role as Role,
)
from wangge_contracts.v1.words import (
    Sensitivity as Sensitivity,
)
from wangge_contracts.v1.words import (
    Sha256 as Sha256,
)
from wangge_contracts.v1.words import (
    Short as Short,
)
from wangge_contracts.v1.words import (
    Slug as Slug,
)
from wangge_contracts.v1.words import (
    Source as Source,
)
from wangge_contracts.v1.words import (
    TaskKind as TaskKind,
)
from wangge_contracts.v1.words import (
    Text as Text,
)
from wangge_contracts.v1.words import (
    Urgency as Urgency,
)
