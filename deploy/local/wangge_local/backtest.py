"""How a rulebook would have done over a city's past: unit, deadline and verdict of each row. Pure."""

from collections import Counter, defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from wangge_contracts.calendars import Calendars
from wangge_contracts.v1 import Limit
from wangge_contracts.worktime import BeyondCalendar, Worktime, deadline
from wangge_local.history import Past
from wangge_router.directory import Directory
from wangge_router.routing import Route, route

NEAR = timedelta(minutes=5)
"""A deadline so near to the city's counts as the same."""
NO_CLASS = "(no class)"


@dataclass(slots=True)
class Confusion:
    """What became of the rows of one type."""

    rows: int = 0
    right: int = 0
    routed: Counter[str] = field(default_factory=Counter)
    instead: Counter[str] = field(default_factory=Counter)
    """Whose the wrong ones were in truth."""

    @property
    def wrong(self) -> int:
        """How many went to another unit than the city's."""
        return self.rows - self.right


@dataclass(slots=True)
class Backtest:
    """One bundle held against rows, one after the other."""

    directory: Directory
    worktimes: Mapping[tuple[str, str], Worktime]
    rows: int = 0
    right: int = 0
    unknown: int = 0
    """Rows of which the city's unit is not known; they count as wrong."""
    with_target: int = 0
    near: int = 0
    contradictions: int = 0
    by_type: dict[str, Confusion] = field(default_factory=lambda: defaultdict(Confusion))

    @classmethod
    def of(cls, version: str, parts: Mapping[str, Any]) -> "Backtest":
        """Lay out one bundle's parts; raises ValueError for those that cannot be used."""
        calendars = Calendars.model_validate(parts["calendars"]).calendars
        laid_out = {(calendar.name, calendar.version): Worktime(calendar) for calendar in calendars}
        return cls(Directory.of(version, parts), laid_out)

    def judge(self, past: Past) -> None:
        """Route one row, and hold unit, deadline and verdict against what the city says."""
        routed = route(past.incident, self.directory.sorting)
        self._judge_unit(past, lead_of(routed))
        if past.deadline is not None:
            self.with_target += 1
            self.near += self._is_near(past, self._limit_of(routed))
            self.contradictions += contradicts(past)

    def _judge_unit(self, past: Past, lead: str) -> None:
        kind = past.incident.class_ref
        confusion = self.by_type[kind.code if kind else NO_CLASS]
        right = past.department is not None and lead == past.department
        self.rows += 1
        self.right += right
        self.unknown += past.department is None
        confusion.rows += 1
        confusion.right += right
        confusion.routed[lead] += 1
        if not right:
            confusion.instead[past.department or "not said"] += 1

    def _limit_of(self, routed: Route) -> Limit:
        """What the one who handles has: the standard row's limit, or what the rule says instead."""
        first = routed.assignments[0]
        return (
            first.limit
            if first.kind == "handle"
            else self.directory.sorting.limit("handle", routed.ruling.row)
        )

    def _is_near(self, past: Past, limit: Limit) -> bool:
        worktime = self.worktimes[limit.calendar, limit.calendar_version]
        try:
            ours = deadline(past.incident.captured_at, limit, worktime)
        except BeyondCalendar:
            return False
        return past.deadline is not None and abs(ours - past.deadline) <= NEAR

    def summary(self) -> dict[str, int]:
        """The figures; all are numbers of rows."""
        return {
            "rows": self.rows,
            "department_right": self.right,
            "with_target": self.with_target,
            "deadline_within_5_min": self.near,
            "verdict_contradictions": self.contradictions,
        }

    def worst_first(self) -> list[tuple[str, Confusion]]:
        """The types that any row of went wrong, the one with most of them first."""
        wrong = [(code, found) for code, found in self.by_type.items() if found.wrong]
        return sorted(wrong, key=lambda each: (-each[1].wrong, each[0]))


def lead_of(routed: Route) -> str:
    """The slug of the unit that leads or is suggested to, or the desk that decides."""
    return (routed.suggested or routed.assignments)[0].holder.removeprefix("department:")


def contradicts(past: Past) -> bool:
    """
    Whether the city's verdict on a closed row is another than its own two instants give.

    As with a clock of the house, what ends at the very deadline is late: the bell rings first.
    """
    if past.on_time is None or past.closed is None or past.deadline is None:
        return False
    return past.on_time != (past.closed < past.deadline)
