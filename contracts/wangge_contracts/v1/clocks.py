"""A running limit, whole, as the escalation room keeps it."""

from typing import Annotated, Literal

from pydantic import Field

from wangge_contracts.message import Instant, Message, Open, Part
from wangge_contracts.v1.reference import Limit
from wangge_contracts.v1.words import Big, Code, Count, Flag, Holder, Id, Mode, Sensitivity, Short, TaskKind

ClockChange = Annotated[
    Literal[
        "started",
        "rang",
        "rung-withdrawn",
        "extended",
        "suspended",
        "resumed",
        "recalculated",
        "stopped",
    ],
    Open(otherwise="recalculated"),
]
"""What happened to the clock. Unknown: recalculated; the deadline tells the rest."""
ClockState = Annotated[Literal["running", "suspended", "stopped"], Open(otherwise="running")]
"""Whether it runs. Unknown: running."""
SegmentKind = Annotated[Literal["counted", "suspended"], Open(otherwise="counted")]
"""Whether a stretch of time uses up the limit. Unknown: counted."""


class Segment(Part):
    """A stretch of time and whom it is counted against."""

    kind: SegmentKind
    holder: Holder
    started_at: Instant
    ended_at: Instant | None = None


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
    mode: Mode
    sensitivity: Sensitivity
    limit: Limit
    ladder: Code | None = None
    deadline: Instant
    """When it rings; while suspended, when it would if it were resumed at `effective_at`."""
    effective_at: Instant
    segments: Annotated[tuple[Segment, ...], Field(max_length=500)]
    elapsed_s: Annotated[int, Field(strict=True, ge=0, le=2**40)]
    """Seconds of the limit used up, in the limit's own kind of time."""
    remaining_s: Big
    """Seconds left in the limit's own kind of time; negative when overdue."""
    catch_up: Flag
    """Told late because we were down: who reads it should not ring a bell for what is long past."""
    rung: Code | None = None
    withdrawn_rung: Code | None = None
    """A rung that rang although an answer had been effective before it."""
