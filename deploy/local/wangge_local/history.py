"""A city's history, row by row: what was reported, as the router would have got it, and what the city did."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import date, datetime, time
from pathlib import Path
from zoneinfo import ZoneInfo

from wangge_contracts.topics import TERMINAL_REPORTS
from wangge_contracts.v1 import IncidentAccepted, ReportSubmitted
from wangge_intake.acceptance import vouched
from wangge_intake.books import Books, Case, Report, Spoken
from wangge_intake.city import City
from wangge_intake.speakers import speaker_of
from wangge_local.faults import why_unread
from wangge_local.ground import GroundError
from wangge_local.replay import rows_of
from wangge_local.replay_mapping import Mapped, Row

_OFTEN = 500


@dataclass(frozen=True, slots=True)
class Past:
    """One row: what was reported, and what the city itself made of it as far as it says so."""

    number: int
    """Of the row in its file; the first below the heading is 1."""
    row: Row
    report: ReportSubmitted
    incident: IncidentAccepted
    """As the intake of the city whose history it is would vouch for it."""
    department: str | None
    deadline: datetime | None
    closed: datetime | None
    on_time: bool | None


@dataclass(slots=True)
class LeftOut:
    """How many rows could not be read for one reason, and the first of them."""

    rows: int
    first: int


@dataclass(slots=True)
class History:
    """
    The rows of *file* that were reported from *since* on and before *until*, both whole days of the city's.

    What cannot be read is left out, counted and named; nothing else is.
    """

    file: Path
    mapped: Mapped
    since: date | None = None
    until: date | None = None
    needed: frozenset[str] = frozenset()
    """Columns that are needed besides those of the report and of what the city decided."""
    city: City | None = None
    """What its intake knows; without it everything is believed as it was reported."""
    show: Callable[[int], None] = lambda _: None
    """Told now and then how many rows were read."""
    read: int = 0
    outside: int = 0
    """Rows of other days."""
    first: datetime | None = None
    last: datetime | None = None
    left_out: dict[str, LeftOut] = field(default_factory=dict)

    def __iter__(self) -> Iterator[Past]:
        """Yield the rows in the order of the file. Raises GroundError when it cannot be read as mapped."""
        needed = self.mapped.columns | self.mapped.columns_to_compare | self.needed
        since, until = self._midnight(self.since), self._midnight(self.until)
        for row in rows_of(self.file, needed=needed):
            self.read += 1
            if not self.read % _OFTEN:
                self.show(self.read)
            try:
                at = self.mapped.captured_of(row)
                if at is not None and not self._asked_for(at, since, until):
                    continue
                past = past_of(self.mapped, row, self.read, city=self.city)
            except (ValueError, KeyError) as error:
                self._leave_out(why_unread(error))
                continue
            yield past

    def refuse_if_empty(self, count: int) -> None:
        """Raise GroundError, saying which days there are, when no row was left of the days asked for."""
        if count or not self.read:
            if not self.read:
                raise GroundError(f"{self.file} has no rows")
            return
        asked = " ".join(f"--{name} {day}" for name in ("since", "until") if (day := getattr(self, name)))
        zone = ZoneInfo(self.mapped.time_zone)
        if self.outside and self.first and self.last:
            days = f"{self.first.astimezone(zone):%Y-%m-%d} to {self.last.astimezone(zone):%Y-%m-%d}"
            raise GroundError(f"{self.file} has no row for {asked}: its rows are of {days}")
        reason, left = next(iter(self.left_out.items()))
        raise GroundError(f"no row of {self.file} could be read; row {left.first}: {reason}")

    def _asked_for(self, at: datetime, since: datetime | None, until: datetime | None) -> bool:
        self.first, self.last = min(self.first or at, at), max(self.last or at, at)
        outside = (since is not None and at < since) or (until is not None and at >= until)
        self.outside += outside
        return not outside

    def _midnight(self, day: date | None) -> datetime | None:
        return None if day is None else datetime.combine(day, time(), ZoneInfo(self.mapped.time_zone))

    def _leave_out(self, reason: str) -> None:
        self.left_out.setdefault(reason, LeftOut(0, self.read)).rows += 1


def past_of(mapped: Mapped, row: Row, number: int, *, city: City | None = None) -> Past:
    """Return what *row* tells, as `accepted` does. Raises ValueError or KeyError for what cannot be read."""
    department, deadline, closed, on_time = (
        mapped.expected_of(row, name) for name in ("department", "deadline", "closed", "on_time")
    )
    report = mapped.report_of(row)
    incident = accepted(report, terminal=mapped.terminal, city=city)
    return Past(number, row, report, incident, department, deadline, closed, on_time)


def accepted(report: ReportSubmitted, *, terminal: str, city: City | None = None) -> IncidentAccepted:
    """
    Return *report* as intake would vouch for it the moment it was made; its id is its case number.

    Without a *city* it is believed in all that a city's own data would correct: which source the system may
    claim, which points mean that nobody knew the place, what lies outside.
    """
    topic = TERMINAL_REPORTS.named(terminal)
    speaker = speaker_of(topic)
    assert speaker is not None
    at = report.captured_at
    heard = Report(Spoken(speaker, topic, 0, 0, at), report, report.report_id, b"", ())
    case = Case(report.report_id, report.report_id)
    return vouched(heard, case, Books(at), city=city or City("0"))
