"""Whose turn it is, and what the holder answers."""

from typing import Annotated

from pydantic import Field

from wangge_contracts.message import Instant, Message, Part
from wangge_contracts.v1.parts import (
    Attachments,
    ClassRef,
    ContactLog,
    Counts,
    Decision,
    ExternalRefs,
    IncidentPlace,
    Party,
    Person,
    Point,
)
from wangge_contracts.v1.reference import EvidenceRule, Limit
from wangge_contracts.v1.reports import RelationKind
from wangge_contracts.v1.turns import Act, Acts, CheckKind, Stage, TaskChange, TaskState, Verdict, Whistle
from wangge_contracts.v1.words import (
    Board,
    Code,
    Count,
    Flag,
    Holder,
    Id,
    Line,
    Mode,
    Owner,
    PlaceCode,
    Role,
    Sensitivity,
    Short,
    TaskKind,
    Text,
    Urgency,
)


class Listing(Part):
    """Publicly listed as unresolved (挂账) on this board."""

    board: Board
    place: PlaceCode | None = None
    since: Instant
    reason_code: Code | None = None
    reason: Text | None = None
    """In the words of who listed it."""


class Supervision(Part):
    """A leader's order (督办) that needs a reply."""

    order_id: Id
    reply_by: Instant


class FurtherReport(Part):
    """What somebody says of the matter after it was reported (补充, 催办, 撤诉)."""

    kind: RelationKind
    at: Instant
    text: Text | None = None
    """Absent when nothing was written, or it was said in confidence of a matter that anybody may read of."""
    attachments: Attachments | None = None
    """What was shown in confidence of a restricted matter; anything else stands among the task's own."""


class OrderedParty(Part):
    """Somebody whom an order gives a task."""

    holder: Holder
    kind: TaskKind
    role: Role
    instructions: Text | None = None
    limit: Limit | None = None
    """Absent: the standard's."""


class Suggestion(Part):
    """Whom the rulebook would give tasks, for the desk to confirm; what nobody decides happens by itself."""

    parties: Annotated[tuple[OrderedParty, ...], Field(min_length=1, max_length=50)]
    """As the order `dispatch` would name them; the desk's may name others."""
    automatic_at: Instant
    """When the ladder orders it, unless the desk has decided by then."""


class Task(Part):
    """A whole task: everything its holder needs to act, without asking back."""

    task_id: Id
    incident_id: Id
    case_number: Short
    district: PlaceCode
    revision: Count
    """+1 with every change, from 1; of two snapshots the higher wins."""
    change: TaskChange
    state: TaskState
    kind: TaskKind
    role: Role
    round: Count
    """1 for the first time, +1 with every rework (返工)."""
    holder: Holder
    mode: Mode
    urgency: Urgency
    sensitivity: Sensitivity
    assigned_at: Instant
    effective_at: Instant
    limit: Limit
    stage: Stage | None = None
    acknowledge_by: Instant | None = None
    """When signing for it (签收) is due; a rung of its own."""
    class_ref: ClassRef | None = None
    standard_version: Code | None = None
    closing_condition: Line | None = None
    required_evidence: Annotated[tuple[EvidenceRule, ...], Field(max_length=20)]
    description: Text
    instructions: Text | None = None
    place: IncidentPlace
    contact_ref: Id | None = None
    contact_allowed: Flag
    confidential: Flag | None = None
    """True: the reporter's identity is not to be told, nor what he can be known by."""
    attachments: Attachments = ()
    """What was shown of the matter; of a `check` task first what shows that the work is done."""
    parties: Annotated[tuple[Party, ...], Field(max_length=50)]
    desk: Holder
    """The desk that decides about this task."""
    decision: Decision
    counts: Counts
    suspended_until: Instant | None = None
    listed: Annotated[tuple[Listing, ...], Field(max_length=10)] = ()
    supervised: Supervision | None = None
    allowed_acts: Acts
    external_refs: ExternalRefs = ()
    your_reference: Short | None = None
    predecessor: Id | None = None
    successor: Id | None = None
    merged_into: Id | None = None
    reason_code: Code | None = None
    """Present when withdrawn or returned."""
    concerns: Id | None = None
    """The task that an `approve`, `check` or `verify` task is about."""
    check_kind: CheckKind | None = None
    """How a `check` task is to be carried out."""
    further: FurtherReport | None = None
    """The last that was said of the matter by a further report; what it showed openly is in `attachments`."""
    mandated_deadline: Instant | None = None
    """By when its source wants it settled, as a hotline does; it moves no clock."""
    whistle: Whistle | None = None
    """A street whistled for it (吹哨): `decision.order_id` is its order; `arrived` is the report (报到)."""
    suggestion: Suggestion | None = None
    """What a `dispatch` task asks its desk to confirm."""
    pending: Act | None = None
    """The request of the holder that waits for its desk."""
    requested_until: Instant | None = None
    """What a pending request asks for."""
    milestone: Short | None = None
    """What the holder said last that he has reached."""
    planned_completion: Instant | None = None
    """When the holder said last that he would be done; it moves no deadline."""
    explanation: Text | None = None
    """Why it is not done in time, in the holder's words; it goes wherever the task is listed (挂账)."""
    verdict: Verdict | None = None
    """What the holder of a `verify`, `check` or `approve` task found."""
    exempt: Flag | None = None
    """True after an appeal (申诉) that was upheld: lateness stays a fact, and statistics leave it out."""
    console_url: Line | None = None


class TaskChanged(Task, Message):
    """The router vouches for this: so the task stands now, whole."""


class TaskAnswered(Message):
    """A task's holder, or who answers on its behalf, vouches for having said this; the router judges it."""

    answer_id: Id
    """Made once and used again on every retry."""
    task_id: Id
    incident_id: Id
    based_on_revision: Count
    """The revision the holder looked at; refused as stale only where the change matters to the act."""
    act: Act
    actor: Person
    on_behalf_of: Holder | None = None
    recorded_by: Person | None = None
    acted_at: Instant | None = None
    """Claimed; never moves a clock."""
    text: Text | None = None
    reason_code: Code | None = None
    suggested_unit: Holder | None = None
    to: Holder | None = None
    """The unit inside the holder's own line that takes over; for `forward`."""
    basis: Line | None = None
    """The rule or paper that a return leans on."""
    requested_until: Instant | None = None
    """Until when the holder asks for, with a request; with `approve` what is granted, when it differs."""
    milestone: Short | None = None
    planned_completion: Instant | None = None
    verdict: Verdict | None = None
    result_code: Code | None = None
    evidence: Attachments = ()
    position: Point | None = None
    contact: ContactLog | None = None
    order_id: Id | None = None
    your_reference: Short | None = None
    origin: Owner | None = None
    """Whose topic it came by, as `departments.gas`; stamped by intake, absent when spoken inside."""
    effective_at: Instant | None = None
    """When the broker had it; stamped by intake, inside by who says it. An outsider's is ignored."""


REQUIRED_BY_ACT: dict[str, tuple[str, ...]] = {
    "done": ("text", "result_code"),
    "return": ("text", "reason_code"),
    "forward": ("to",),
    "explain": ("text",),
    "reply": ("text", "order_id"),
    "appeal": ("text", "reason_code"),
    "request-extension": ("reason_code", "requested_until"),
    "request-suspension": ("reason_code", "requested_until"),
    "verify": ("verdict",),
    "check": ("verdict",),
    "approve": ("verdict",),
    "contact-logged": ("contact",),
}
"""What an act needs beyond what every answer needs; `done` also needs the evidence its task asks for."""


def lacking_in_answer(answer: TaskAnswered) -> tuple[str, ...]:
    """JSON pointers of the fields that the act of *answer* requires and that are not there."""
    return tuple(
        f"/{field}" for field in REQUIRED_BY_ACT.get(answer.act, ()) if getattr(answer, field) is None
    )
