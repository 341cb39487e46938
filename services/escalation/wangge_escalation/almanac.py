"""The reference data this room decides by: calendars laid out, ladders, and who has a mailbox."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from pydantic import BaseModel, ConfigDict, TypeAdapter

from wangge_contracts.calendars import Calendars
from wangge_contracts.message import derive_id
from wangge_contracts.outages import Outage, in_force
from wangge_contracts.topics import DEPARTMENT_TASKS, TERMINAL_TASKS
from wangge_contracts.v1 import ClassRef, Limit, TaskKind, Urgency
from wangge_contracts.worktime import Worktime, Worktimes
from wangge_escalation.ladder import Ladder, Ladders


class _Lenient(BaseModel):
    """What this room reads of a part; whatever else stands there is for others."""

    model_config = ConfigDict(frozen=True, extra="ignore")


class _Unit(_Lenient):
    """How a department is reached; a word that is not known here is no mailbox."""

    slug: str
    reach: str


class _Post(_Lenient):
    holder: str
    terminal: str | None = None
    """The terminal system that carries this officer's tasks; absent: the roster's."""


class _Rosters(_Lenient):
    terminal: str | None = None
    posts: tuple[_Post, ...] = ()


_Units = TypeAdapter(tuple[_Unit, ...])


class Almanac:
    """
    One bundle of reference data, parsed once, with every calendar that was ever published.

    A ladder is taken from the bundle in force when a clock starts; a calendar is found by the version
    that the limit names, whichever bundle it came with.
    """

    def __init__(
        self,
        *,
        version: str,
        ladder: Any,
        departments: Any,
        calendars: Iterable[Any],
        rosters: Any = None,
        these_calendars: Any = None,
    ) -> None:
        """
        Read one bundle's parts; ValueError, with pydantic's account, for one of no use.

        :param calendars: every part `calendars` that was ever published.
        :param these_calendars: that of this bundle.
        """
        self._version = version
        self._ladders = Ladders.model_validate(ladder)
        self.outages: tuple[Outage, ...] = in_force(self._ladders.outages)
        """When the house was out of order, as its operator declared, and what he took back of that."""
        self.declared = (
            derive_id(*(each.model_dump_json(exclude_none=True) for each in self._ladders.outages))
            if self.outages
            else ""
        )
        """The id of that list; empty: there is none."""
        units = _Units.validate_python(departments)
        self._mailboxes = {
            f"department:{unit.slug}": DEPARTMENT_TASKS.named(unit.slug)
            for unit in units
            if unit.reach == "mailbox"
        }
        carried = _Rosters.model_validate(rosters or {})
        self._units = frozenset(f"department:{unit.slug}" for unit in units)
        self._posts = frozenset(post.holder for post in carried.posts)
        self._officers = TERMINAL_TASKS.named(carried.terminal) if carried.terminal else None
        self._mailboxes |= {
            post.holder: TERMINAL_TASKS.named(post.terminal) for post in carried.posts if post.terminal
        }
        self._worktimes = Worktimes(calendars)
        self._calendars = Calendars.model_validate(these_calendars).calendars if these_calendars else ()

    def climb(self, kind: TaskKind, urgency: Urgency, class_ref: ClassRef | None) -> tuple[Ladder, str]:
        """The ladder that a task of that kind, urgency and class climbs, and its name with its version."""
        ladder = self._ladders.pick(kind, urgency, class_ref)
        return ladder, f"{ladder.name}-{self._version}"[:64]

    def worktime(self, limit: Limit) -> Worktime:
        """The calendar that *limit* is counted by; raises `UnknownCalendar` when it was never published."""
        return self._worktimes.of(limit)

    def calendar_in_force(self, name: str) -> str | None:
        """The version of the calendar *name* by which limits begin now; None when there is none any more."""
        return next((each.version for each in self._calendars if each.name == name), None)

    def guessed(self, since: datetime, until: datetime) -> dict[str, tuple[int, ...]]:
        """By the name of each calendar in force, which years between the two instants it does not know."""
        found = {}
        for calendar in self._calendars:
            first, last = (at.astimezone(ZoneInfo(calendar.time_zone)).year for at in (since, until))
            found[calendar.name] = tuple(year for year in range(first, last + 1) if not calendar.knows(year))
        return {name: years for name, years in found.items() if years}

    def staffed(self, holder: str) -> bool:
        """Whether there is such a unit, or somebody at that post or desk; without rosters there always is."""
        if holder.startswith("department:"):
            return holder in self._units
        return not self._posts or holder in self._posts

    def mailbox(self, holder: str) -> str | None:
        """
        The topic in which *holder* finds its tasks and their clocks; None for who is reached in another way.

        An officer's is that of the terminal system that he carries, if a roster names one.
        """
        if holder.startswith("officer:"):
            return self._mailboxes.get(holder, self._officers)
        return self._mailboxes.get(holder)
