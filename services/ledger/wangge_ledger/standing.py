"""How each matter, task, clock and notice stands: of two tellings the higher revision wins, in any order."""

from dataclasses import dataclass, field
from typing import TypeVar

from wangge_chassis import Received
from wangge_contracts.v1 import (
    ClockChanged,
    IncidentAccepted,
    IncidentChanged,
    NoticeChanged,
    NoticeComposed,
)
from wangge_ledger.chronicle import Entry, entry_of
from wangge_ledger.rows import (
    ClockRow,
    HadRow,
    IncidentRow,
    NoticeRow,
    TaskRow,
    accepted_row,
    changed_row,
    clock_row,
    had_row,
    task_row,
)


@dataclass(slots=True)
class Standing:
    """What one batch changes: the newest row of everything it speaks of, and all its lines."""

    entries: list[Entry] = field(default_factory=list)
    incidents: dict[str, IncidentRow] = field(default_factory=dict)
    tasks: dict[str, TaskRow] = field(default_factory=dict)
    clocks: dict[str, ClockRow] = field(default_factory=dict)
    notices: dict[str, NoticeRow] = field(default_factory=dict)
    had: set[HadRow] = field(default_factory=set)

    def take(self, received: Received) -> None:
        """Note what *received* says."""
        entry = entry_of(received)
        if entry is not None:
            self.entries.append(entry)
        match received.message:
            case IncidentAccepted() as accepted:
                if accepted.incident_id not in self.incidents:
                    self.incidents[accepted.incident_id] = accepted_row(accepted)
            case IncidentChanged() as changed:
                row = changed_row(changed.incident)
                self.incidents[row.incident_id] = _newer(self.incidents.get(row.incident_id), row)
                for task in changed.tasks:
                    turn = task_row(task, changed.incident)
                    self.tasks[task.task_id] = _newer(self.tasks.get(task.task_id), turn)
                    if (had := had_row(task, changed.incident)) is not None:
                        self.had.add(had)
            case ClockChanged() as clock:
                stands = clock_row(clock, said_at=received.envelope.time)
                self.clocks[clock.clock_id] = _newer(self.clocks.get(clock.clock_id), stands)
            case NoticeComposed() | NoticeChanged() as notice:
                assert entry is not None
                told = NoticeRow(
                    notice.notice_id, notice.incident_id, entry.sequence, notice.at, entry.document
                )
                before = self.notices.get(notice.notice_id)
                if before is None or before.sequence < told.sequence:
                    self.notices[notice.notice_id] = told


Row = TypeVar("Row", IncidentRow, TaskRow, ClockRow)


def _newer(before: Row | None, row: Row) -> Row:
    return row if before is None or row.revision > before.revision else before
