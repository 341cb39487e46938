"""One text to one person by one means, and what came back."""

from typing import Annotated, Literal

from pydantic import Field

from wangge_contracts.message import Instant, Message, Open, Part
from wangge_contracts.v1.words import (
    Code,
    Count,
    Flag,
    Holder,
    Id,
    Mode,
    Sensitivity,
    Short,
    Slug,
    Text,
    Urgency,
)

RecipientKind = Annotated[
    Literal["officer", "desk", "department", "leader", "reporter", "system"], Open(otherwise="department")
]
"""Whom a notice is for. Unknown: department."""
Channel = Annotated[
    Literal["console", "webhook", "sms", "voice", "email", "app", "wechat"], Open(otherwise="console")
]
"""By what means. Unknown: console, which loses nothing."""
NoticeState = Annotated[
    Literal[
        "composed",
        "deferred",
        "sending",
        "sent",
        "delivered",
        "read",
        "confirmed",
        "failed",
        "unknown",
        "given-up",
        "folded",
    ],
    Open(otherwise="unknown"),
]
"""How far a notice came. Unknown: unknown."""
NoticeAnswer = Annotated[
    Literal["delivered", "read", "confirmed", "declined", "failed", "replied", "unsubscribed"],
    Open(otherwise="delivered"),
]
"""What came back. Unknown: delivered."""
Severity = Annotated[Literal["extreme", "severe", "moderate", "minor", "unknown"], Open(otherwise="unknown")]
"""CAP 1.2 `severity`. Unknown: unknown."""
CapUrgency = Annotated[
    Literal["immediate", "expected", "future", "past", "unknown"], Open(otherwise="unknown")
]
"""CAP 1.2 `urgency`. Unknown: unknown."""
Certainty = Annotated[
    Literal["observed", "likely", "possible", "unlikely", "unknown"], Open(otherwise="unknown")
]
"""CAP 1.2 `certainty`. Unknown: unknown."""
CapStatus = Annotated[Literal["actual", "exercise", "system", "test", "draft"], Open(otherwise="test")]
"""CAP 1.2 `status`. Unknown: test."""


class Recipient(Part):
    """Whom it is for; the address is looked up by the courier and never travels."""

    kind: RecipientKind
    ref: Id
    name: Short | None = None


class Cap(Part):
    """The Common Alerting Protocol's (OASIS CAP 1.2) grading, in lower case."""

    severity: Severity
    urgency: CapUrgency
    certainty: Certainty
    status: CapStatus


class Template(Part):
    """What the text was made from."""

    name: Code
    version: Code
    lang: Annotated[str, Field(pattern=r"^[a-zA-Z]{2,8}(-[a-zA-Z0-9]{1,8})*$", max_length=35)]


class TransportOutcome(Part):
    """What the means of transport answered."""

    code: Code
    detail: Annotated[str, Field(max_length=2000)] | None = None


class Notice(Part):
    """A whole notice."""

    notice_id: Id
    incident_id: Id
    case_number: Short | None = None
    task_id: Id | None = None
    task_revision: Count | None = None
    """The revision it tells of; a confirmation answers with it."""
    holder: Holder | None = None
    """On whose behalf the recipient may confirm."""
    cause: Id
    """The fact it tells of."""
    mode: Mode
    sensitivity: Sensitivity
    confidential: Flag
    recipient: Recipient
    channel: Channel
    endpoint_key: Id
    """The one endpoint (a phone, a mailbox) it goes to; orders notices to it; not the address."""
    urgency: Urgency
    cap: Cap
    template: Template
    text: Text
    subject: Short | None = None
    confirm_by: Instant | None = None
    """Until when the recipient has to confirm; absent when nothing is expected."""
    state: NoticeState
    attempt: Count
    outcome: TransportOutcome | None = None
    not_before: Instant | None = None
    at: Instant


class NoticeComposed(Notice, Message):
    """The composer vouches that this person must hear this by this means."""


class NoticeChanged(Notice, Message):
    """The courier vouches for how far this notice came."""


class NoticeAnswered(Message):
    """The notifier's door vouches that this came back from an endpoint."""

    notice_id: Id
    endpoint_key: Id
    incident_id: Id | None = None
    task_id: Id | None = None
    mode: Mode
    answer: NoticeAnswer
    by: Slug
    """The channel or provider that told us."""
    at: Instant
    text: Text | None = None
    outcome: TransportOutcome | None = None
