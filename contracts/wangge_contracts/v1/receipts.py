"""The verdict on each thing an outsider said."""

from typing import Annotated, Literal

from pydantic import Field

from wangge_contracts.message import Instant, Message, Open
from wangge_contracts.pointing import LONGEST_POINTER, MOST_UNKNOWN
from wangge_contracts.v1.orders import ActOutcome
from wangge_contracts.v1.parts import Faults, Origin
from wangge_contracts.v1.words import Count, Id, Names, Sha256, Short, Text

ReportOutcome = Annotated[
    Literal["accepted", "rejected", "duplicate", "conflict", "attached", "unreadable", "later-change"],
    Open(otherwise="later-change"),
]
"""What became of a report. Unknown: later-change; the first verdict stands."""
LaterChange = Annotated[
    Literal["filed", "not-accepted", "assigned", "merged", "voided", "closed", "reopened"],
    Open(otherwise="assigned"),
]
"""What happened to an accepted report later. Unknown: assigned; show `result_text`."""


Ignored = Annotated[
    tuple[Annotated[str, Field(max_length=LONGEST_POINTER)], ...], Field(max_length=MOST_UNKNOWN)
]


class ReportReceipt(Message):
    """
    Intake vouches for what became of this report: exactly one of these that is not a `later-change`.

    Those come from the router, for reports whose reporter `wants_reply`, in any number.
    """

    outcome: ReportOutcome
    report_id: Id | None = None
    """Absent when it could not be read."""
    incident_id: Id | None = None
    case_number: Short | None = None
    """For people to quote; never a key."""
    at: Instant
    effective_at: Instant
    """When the broker had the report; of a `later-change` when that took effect."""
    errors: Faults = ()
    """Why it does not stand; of one that does, `unknown-word` for every word that was taken for another."""
    kept_content_sha256: Sha256 | None = None
    received_content_sha256: Sha256 | None = None
    """Both present for `conflict`: the same id came with other content."""
    original: Origin | None = None
    """Present for `unreadable`."""
    later_change: LaterChange | None = None
    """Present for `later-change`, with the three below as far as known."""
    unit_name: Names | None = None
    expected_by: Instant | None = None
    result_text: Text | None = None
    """Fit to read to a resident."""
    attachments_missing: Annotated[tuple[Id, ...], Field(max_length=50)] = ()
    """Slots that were declared and have not arrived."""
    ignored: Ignored | None = None
    """JSON pointers to the first fields of the report that are not known here and were passed over."""


class AnswerJudged(Message):
    """The router vouches for what became of this answer (intake: unreadable, repeated, or its id taken)."""

    outcome: ActOutcome
    answer_id: Id | None = None
    task_id: Id | None = None
    incident_id: Id | None = None
    at: Instant
    effective_at: Instant
    """When the broker had the answer; clocks stop by it."""
    errors: Faults = ()
    original: Origin | None = None
    """Present for `unreadable`."""
    approval_task: Id | None = None
    """The desk's task that decides; present for `pending-approval`."""
    revision: Count | None = None
    """The task's after the judgement."""
