"""A task as the router tells it, seen beside its clock: since when it holds, and by what limit. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from wangge_contracts.message import known
from wangge_contracts.v1 import ClockKind, Limit, Task
from wangge_escalation.almanac import Almanac
from wangge_escalation.clocks import Clock, Scene


@dataclass(frozen=True, slots=True)
class Seen:
    """A snapshot as a rule looks at it."""

    task: Task
    others: Sequence[Task]
    """The other tasks of the same fact."""
    almanac: Almanac
    now: datetime
    patience: timedelta
    lives: bool
    """Whether somebody's time runs on it."""
    rule: str = ""
    """Whose turn it is to look."""

    @property
    def limit(self) -> Limit:
        """The limit in words that this version knows: what it does not know counts as the strictest kind."""
        limit = self.task.limit
        kind = known(ClockKind, limit.clock_kind)
        return limit if kind == limit.clock_kind else limit.model_copy(update={"clock_kind": kind})

    def scene(self, limit: Limit) -> Scene:
        """What a change of a clock with that limit is seen by; raises `UnknownCalendar`."""
        worktime = self.almanac.worktime(limit)
        cause = f"{self.task.revision} {self.rule}"
        return Scene(self.now, worktime, self.patience, cause, self.almanac.staffed)

    def at(self, clock: Clock) -> datetime:
        """Since when the snapshot holds, but never before the clock's round began."""
        return max(self.task.effective_at, clock.lap[0].started_at)
