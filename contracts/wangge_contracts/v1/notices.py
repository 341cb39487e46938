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
    LanguageTag,
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
    Literal["delivered", "read", "confirmed", "declined", "failed", "replied", "unsubscribed", "resend"],
    Open(otherwise="delivered"),
]
"""What came back; `resend`: an operator wants it sent once more. Unknown: delivered."""
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
RecipientReason = Annotated[
    Literal[
        "holder",
        "deputy",
        "desk",
        "desk-calls",
        "nobody-on-duty",
        "lead",
        "reporter",
        "terminal",
        "operator",
    ],
    Open(otherwise="holder"),
]
"""
Why somebody hears of it: has the turn; stands in for whom is off duty; decides about the task; calls a unit
that nothing of ours reaches (contact-only); neither post nor deputy is on duty; leads; asked for a reply;
runs the terminal system; runs this house. Unknown: holder.
"""
ChannelReason = Annotated[
    Literal["shown", "preferred", "usual", "default", "fallback", "record-only", "asked"],
    Open(otherwise="usual"),
]
"""
Why by this means: a console shows everything; comes first at this urgency; comes first in general; the
recipient has no line of his own; the means before it failed for good; it is for the record and rings no bell;
an operator named it. Unknown: usual.
"""

_LEFT_OUT = Field(exclude_if=lambda value: not value)
"""What came later is not written while it says nothing: records from before are written as they were."""


class Recipient(Part):
    """Whom it is for; the address is looked up by the courier and never travels."""

    kind: RecipientKind
    ref: Annotated[str, Field(min_length=1, max_length=96)]
    """The post, desk or unit that is addressed, as a holder is written; or whose contact is opened."""
    name: Short | None = None
    staff_id: Id | None = None
    """Who sits there now; absent where nobody is known by number."""


class Why(Part):
    """Why this recipient hears of it, and by this means."""

    recipient: RecipientReason
    channel: ChannelReason
    fact: Code | None = None
    """What happened, by the word that stands in the table of who hears of what, as `task-assigned`."""
    instead_of: Holder | None = None
    """For whom a deputy or a desk is told."""


class Fallback(Part):
    """Where a notice goes next when the means before this one has failed for good."""

    channel: Channel
    endpoint_key: Id


class OtherTurn(Part):
    """A further turn of the same person in the same matter, for another of his posts."""

    task_id: Id
    task_revision: Count
    holder: Holder


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
    lang: LanguageTag


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
    digest: Annotated[Flag, _LEFT_OUT] = False
    """Nothing in it is urgent: what waits for one endpoint until the same `not_before` may go as one."""
    fallbacks: Annotated[tuple[Fallback, ...], Field(max_length=10), _LEFT_OUT] = ()
    """The recipient's other means at this urgency, the next one first."""
    fallback_of: Id | None = None
    """The notice that this one replaces: its means failed for good, or its recipient went off duty."""
    resend_of: Id | None = None
    """The notice that an operator had sent again."""
    folds: Count | None = None
    """How many others it speaks for, because too many came at once or for a digest."""
    folded_into: Id | None = None
    """The notice that speaks for this one, whose last state is `folded`."""
    also: Annotated[tuple[OtherTurn, ...], Field(max_length=10), _LEFT_OUT] = ()
    """What a confirmation answers besides `task_id`: a person is told once of all his turns in a matter."""
    why: Why | None = None
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
