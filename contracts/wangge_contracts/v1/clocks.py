"""A running limit, whole, as the escalation room keeps it."""

from typing import Annotated, Literal

from pydantic import Field

from wangge_contracts.message import Instant, Message, Open, Part
from wangge_contracts.v1.reference import Limit
from wangge_contracts.v1.words import (
    Big,
    Board,
    Code,
    Count,
    Flag,
    Holder,
    Id,
    Line,
    Mode,
    PlaceCode,
    Sensitivity,
    Short,
    TaskKind,
)

ClockChange = Annotated[
    Literal[
        "started",
        "rang",
        "rung-withdrawn",
        "extended",
        "suspended",
        "resumed",
        "recalculated",
        "listed",
        "unlisted",
        "stopped",
    ],
    Open(otherwise="recalculated"),
]
"""What happened to the clock. Unknown: recalculated; the deadline tells the rest."""
ClockState = Annotated[Literal["running", "suspended", "stopped"], Open(otherwise="running")]
"""Whether it runs. Unknown: running."""
SegmentKind = Annotated[Literal["counted", "suspended", "outage"], Open(otherwise="counted")]
"""
Whether a stretch of time uses up the limit; an outage that the house declared is nobody's time.
Unknown: counted.
"""


class Segment(Part):
    """A stretch of time and whom it is counted against."""

    kind: SegmentKind
    holder: Holder
    started_at: Instant
    ended_at: Instant | None = None
    """May lie ahead: a suspension has its end from the beginning."""
    reason: Code | None = None
    """Why it began: assigned, forwarded, suspended, resumed, shuffling (推诿), rework, reopened, stage ..."""


class ListedSpan(Part):
    """A stretch of time on a board (挂账)."""

    board: Board
    place: PlaceCode | None = None
    since: Instant
    until: Instant | None = None
    """Absent while it is listed."""


class ClockChanged(Message):
    """Escalation vouches for this: so the clock of one task stands now, whole."""

    task_id: Id
    incident_id: Id
    clock_id: Id
    case_number: Short
    revision: Count
    """+1 with every change, from 1, apart from the task's own revision."""
    change: ClockChange
    state: ClockState
    kind: TaskKind
    holder: Holder
    """Who has the turn; of a rung that is withdrawn, who had it when it rang."""
    desk: Holder | None = None
    """The desk that decides about the task, or did when the rung rang that is withdrawn."""
    mode: Mode
    sensitivity: Sensitivity
    limit: Limit
    ladder: Code | None = None
    deadline: Instant
    """When the limit is used up; a suspension that runs is counted to its end."""
    effective_at: Instant
    segments: Annotated[tuple[Segment, ...], Field(max_length=500)]
    """All rounds (轮次), or the end of them; only those of the last count towards the deadline."""
    round: Count | None = None
    round_began_at: Instant | None = None
    """Where the last round begins among the segments."""
    elapsed_s: Annotated[int, Field(strict=True, ge=0, le=2**40)]
    """Seconds of the limit used up, in the limit's own kind of time."""
    remaining_s: Big
    """Seconds left in the limit's own kind of time; negative when overdue."""
    catch_up: Flag
    """Told late because we were down: who reads it should not ring a bell for what is long past."""
    rung: Code | None = None
    withdrawn_rung: Code | None = None
    """A rung that rang although an answer had been effective before it."""
    effects: Annotated[tuple[Code, ...] | None, Field(max_length=20)] = None
    """What the rung does, or what is undone with a withdrawn one: tell-holder, list-street, supervise ..."""
    note: Line | None = None
    """What else is to know of the rung: an effect that had nobody to reach, and what came instead."""
    listings: Annotated[tuple[ListedSpan, ...] | None, Field(max_length=100)] = None
    """Every stretch of time on a board (挂账), or the last of them; the limit counts on meanwhile."""
