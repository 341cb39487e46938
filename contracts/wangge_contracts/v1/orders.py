"""What a desk, a leader or the ladder commands, and what became of it."""

from typing import Annotated, Literal

from pydantic import Field

from wangge_contracts.message import Instant, Message, Open
from wangge_contracts.v1.incidents import Incident
from wangge_contracts.v1.parts import ClassRef, Faults, Person, ReportedPlace
from wangge_contracts.v1.tasks import FurtherReport, OrderedParty
from wangge_contracts.v1.turns import Whistle
from wangge_contracts.v1.words import (
    Board,
    Code,
    Count,
    Holder,
    Id,
    Mode,
    Nature,
    PlaceCode,
    Sensitivity,
    Short,
    Slug,
    Text,
    Urgency,
)

Order = Annotated[
    Literal[
        "file",
        "not-accept",
        "dispatch",
        "designate",
        "call",
        "approve",
        "refuse",
        "supervise",
        "remind",
        "withdraw",
        "forward",
        "resume",
        "attendance-unconfirmed",
        "list",
        "unlist",
        "correct",
        "exclude",
        "merge",
        "adopt",
        "adopted",
        "adoption-refused",
        "split",
        "transfer",
        "void",
        "close",
        "reopen",
        "reopening-ended",
        "extend",
        "suspend",
        "bulk",
    ],
    Open(otherwise="remind"),
]
"""What is commanded. Unknown: the router refuses it with `unknown-order`; others show it as a reminder."""
HOUSE_ORDERS: frozenset[str] = frozenset(
    {"attendance-unconfirmed", "adopt", "adopted", "adoption-refused", "reopening-ended", "bulk"}
)
"""What no person orders: the ladder or another incident does, and `bulk` is the name of many."""
ActOutcome = Annotated[
    Literal["applied", "pending-approval", "refused", "repeated", "unreadable"], Open(otherwise="refused")
]
"""What became of an act; `pending-approval` is followed by exactly one other. Unknown: refused."""


LADDER = "ladder"
"""The role in which the ladder orders."""


class DeskOrdered(Message):
    """
    The ledger's console vouches that this person commanded this; escalation that the ladder did; the router
    that another incident asks.

    Without an `actor` it is the ladder's, in the role `ladder`, or another incident's, which names itself in
    *other_incident_id*.

    What an order carries besides: `dispatch`, `designate` and `call` *parties*; `approve` and `refuse` the
    approve task in *task_ids*; `supervise` *reply_by*; `list` and `unlist` *board*; `merge`, `adopt`,
    `adopted` and `adoption-refused` *other_incident_id*; `correct` what is put right; `file` *class_ref*;
    `forward` and `transfer` *to*; `extend` and `suspend`, for which nobody asked, *until*. Whatever is sent
    as `bulk` is said to each incident as the order that it is, tied by *bulk_id*.
    """

    order_id: Id
    order: Order
    incident_id: Id
    task_ids: Annotated[tuple[Id, ...], Field(max_length=200)] = ()
    mode: Mode
    actor: Person | None = None
    """Absent when no person ordered it: the ladder, or another incident."""
    on_behalf_of: Holder | None = None
    recorded_by: Person | None = None
    role: Slug | None = None
    """In which office the actor orders."""
    reason: Text | None = None
    reason_code: Code | None = None
    based_on_revision: Count | None = None
    """The incident's revision the person looked at."""
    effective_at: Instant
    """The house time at the click; for the ladder, the instant the rung was due."""
    bulk_id: Id | None = None
    whistle: Whistle | None = None
    """Of `call` by a street's desk: that it whistles (吹哨), and how."""
    parties: Annotated[tuple[OrderedParty, ...], Field(max_length=50)] = ()
    class_ref: ClassRef | None = None
    place: ReportedPlace | None = None
    nature: Nature | None = None
    urgency: Urgency | None = None
    sensitivity: Sensitivity | None = None
    description: Text | None = None
    """For `split` and `correct`."""
    to: Holder | None = None
    reply_by: Instant | None = None
    until: Instant | None = None
    """For an approved extension or suspension, when it differs from what was asked; for `extend` and
    `suspend`, the new deadline or the end."""
    board: Board | None = None
    board_place: PlaceCode | None = None
    rung: Code | None = None
    other_incident_id: Id | None = None
    other_case_number: Short | None = None
    """For `adopted`: the number it goes on under, for people; absent where that matter is restricted."""
    further: FurtherReport | None = None
    """
    Of `remind` by an incident that was merged into this one: what somebody says of that, in confidence if the
    *sensitivity* is `restricted`. From the router only.
    """
    split_from: Incident | None = None
    """The whole incident that a `split` makes this one from; from the router only."""


class ActJudged(Message):
    """
    The router vouches for what became of an order, of an answer spoken inside (console, notifier), or that it
    refused an outsider's, who has heard so on his own receipts.
    """

    order_id: Id | None = None
    answer_id: Id | None = None
    incident_id: Id
    task_id: Id | None = None
    mode: Mode
    outcome: ActOutcome
    errors: Faults = ()
    revision: Count | None = None
    """The incident's after an order, the task's after an answer."""
    approval_task: Id | None = None
    effective_at: Instant
    at: Instant
