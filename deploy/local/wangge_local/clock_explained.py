"""`wangge clock explain`: how a deadline was worked out, on one screen, to be checked with a pencil."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from itertools import groupby
from typing import Any
from zoneinfo import ZoneInfo

from wangge_contracts.calendars import Calendar
from wangge_contracts.counting import UNCOUNTED
from wangge_contracts.worktime import Worktime, elapsed, in_working_time
from wangge_local.cli_options import ledger_of, postgres_of
from wangge_local.cli_screen import say, say_json, table
from wangge_local.clock import ClockKeeper
from wangge_local.doors import JSON, Door, Refused, step
from wangge_local.ground import GroundError
from wangge_local.house_folder import HouseFolder
from wangge_local.watch_rows import day_text, names_told

_KINDS = {
    "urgent-hours": "urgent hours (紧急工作时, around the clock)",
    "natural-days": "natural days (自然日)",
    "working-hours": "working hours (工作时)",
    "working-days": "working days (工作日)",
}
_RUNS = 4
"""How many runs of equal days are spelled out."""


def show(folder: HouseFolder, name: str, *, as_json: bool) -> None:
    """
    Print the working of the clock of the task *name*, or of the incident's main task, if it is one's number.

    :raises GroundError: no clock ever ran for it.
    """
    folder.require_keeper()
    told, others = _found(folder, name)
    if as_json:
        say_json(told)
        return
    sheet = Sheet(told, folder.zone(), _names(folder, told), ClockKeeper(postgres_of(folder)).now())
    for line in sheet.heading():
        say(line)
    say()
    table(("from", "to", "", "whose", "why", "counted", "by hand"), sheet.segments())
    say(sheet.sum())
    say()
    table(("rung", "is due", "at", "what it does", "what became of it"), sheet.rungs())
    for line in (*sheet.listings(), *others):
        say(line)


def _names(folder: HouseFolder, told: JSON) -> Mapping[str, str]:
    """Return what the ledger calls the holders; it may be away, and then they go by what they are."""
    try:
        return names_told(ledger_of(folder).get(f"/v1/incidents/{told['incident_id']}"))
    except GroundError:
        return {}


def _found(folder: HouseFolder, name: str) -> tuple[JSON, Sequence[str]]:
    clocks = Door("escalation", folder.door("escalation-0"))
    try:
        return clocks.get(f"/v1/clocks/{step(name)}"), ()
    except Refused as refused:
        none = GroundError(f"{refused}; wangge incidents lists the matters, each by its case number")
    try:
        incident = ledger_of(folder).get(f"/v1/incidents/{step(name)}")
    except Refused:
        raise none from None
    tasks = sorted(incident["tasks"], key=lambda task: (task["kind"] == "handle", task["assigned_at"]))
    if not tasks:
        raise none
    *others, main = tasks
    told = clocks.get(f"/v1/clocks/{main['task_id']}")
    return told, [f"also: {each['kind']} of {each['holder']}: {each['task_id']}" for each in others[-5:]]


@dataclass(frozen=True, slots=True)
class Sheet:
    """One working, as the door of the escalation room tells it, in the words of the place."""

    told: JSON
    zone: ZoneInfo
    names: Mapping[str, str]
    now: datetime
    """House time; days of another year than its are told with theirs."""

    def heading(self) -> Iterator[str]:
        """What is counted, by which calendar, and what comes of it."""
        told, limit, calendar = self.told, self.told["limit"], self.calendar
        yield (
            f"{told['case_number']}, {told['kind']} of {self._name(told['holder'])}, round {told['round']},"
            f" {told['state']}; task {told['task_id']}"
        )
        yield f"limit     {limit['value']:g} {_KINDS.get(limit['clock_kind'], limit['clock_kind'])}"
        hours = ", ".join(f"{each.since:%H:%M}-{each.until:%H:%M}" for each in calendar.hours)
        yield f"calendar  {calendar.name} {calendar.version}: {' '.join(calendar.weekdays)} {hours}" + (
            f"; a day is {calendar.hours_per_day:g} hours" if calendar.working_day == "hours" else ""
        )
        since, until = self._local(self.lap[0]["started_at"]).date(), self._local(told["deadline"]).date()
        for what, days in (("closed", calendar.closed), ("worked", calendar.opened)):
            if within := [f"{day:%a} {self._day(day)}" for day in days if since <= day <= until]:
                yield f"          {what}: {', '.join(within)}"
        if told["unsure"]:
            yield "          working time of a year whose make-up days (调休) are not announced: provisional"
        if (newer := told.get("calendar_in_force")) not in (None, calendar.version):
            yield f"          version {newer} is in force by now; this limit keeps its own"
        yield f"deadline  {self._when(told['deadline'])}"

    def segments(self) -> Iterator[Sequence[str]]:
        """A row for each stretch of time of this round."""
        for each in self.lap:
            spent = "" if each["kind"] in UNCOUNTED else _span(each["counted_s"])
            until = each.get("ended_at")
            yield (
                self._when(each["started_at"]),
                self._when(until) if until else "goes on",
                each["kind"],
                self._name(each["holder"]),
                each.get("reason", ""),
                spent,
                self._by_hand(each) if spent else "",
            )

    def sum(self) -> str:
        """What the segments come to, and whose time it was."""
        told = self.told
        left = told["remaining_s"]
        over = f"{_span(left)} left" if left >= 0 else f"{_span(-left)} too late"
        whose = ", ".join(f"{self._name(who)} {_span(spent)}" for who, spent in told["by_holder"].items())
        return f"at {self._when(told['at'])}: {_span(told['elapsed_s'])} used, {over}. Whose time: {whose}"

    def rungs(self) -> Iterator[Sequence[str]]:
        """A row for each rung and what became of it."""
        for each in self.told["rungs"]:
            words = {"never-due": "the clock had stopped before", "waits": "waits"}
            became = words.get(each["became"]) or f"rang {self._when(each['rang_at'])}"
            if "withdrawn_at" in each:
                became += f", withdrawn {self._when(each['withdrawn_at'])}: it was not due after all"
            yield each["rung"], each["rule"], self._when(each["due_at"]), ", ".join(each["effects"]), became

    def listings(self) -> Iterator[str]:
        """When it was on which board (挂账); time counts on meanwhile."""
        for each in self.told["listings"]:
            until = f" to {self._when(each['until'])}" if "until" in each else ", still"
            place = each.get("place", "")
            yield f"listed (挂账) on the {each['board']}'s board {place} {self._when(each['since'])}{until}"

    @property
    def calendar(self) -> Calendar:
        """The calendar by which it is counted, by value."""
        return Calendar.model_validate(self.told["calendar"])

    @property
    def lap(self) -> Sequence[JSON]:
        """The segments of this round."""
        found: Sequence[JSON] = self.told["segments"]
        return found

    def _by_hand(self, segment: JSON) -> str:
        """The hours of each day, days with as many taken together, so that they can be added up."""
        kind = self.told["limit"]["clock_kind"]
        if not in_working_time(kind):
            return ""
        worktime = Worktime(self.calendar)
        since = self._local(segment["started_at"])
        until = min(self._local(segment.get("ended_at") or self.told["at"]), self._local(self.told["at"]))
        days: list[tuple[date, timedelta]] = []
        day = since.date()
        while day <= until.date():
            begins = datetime.combine(day, time(), self.zone)
            ends = datetime.combine(day + timedelta(days=1), time(), self.zone)
            if spent := elapsed(max(since, begins), min(until, ends), kind, worktime):
                days.append((day, spent))
            day += timedelta(days=1)
        runs = [list(run) for _, run in groupby(days, key=lambda each: each[1])]
        texts = [self._run(run) for run in runs]
        return " + ".join(texts if len(texts) <= _RUNS + 1 else [*texts[:_RUNS], "...", texts[-1]])

    def _run(self, days: Sequence[tuple[date, timedelta]]) -> str:
        (first, spent), last = days[0], days[-1][0]
        hours = _span(int(spent.total_seconds()))
        if len(days) == 1:
            return f"{hours} {self._day(first)}"
        return f"{len(days)} x {hours} {self._day(first)}-{self._day(last)}"

    def _local(self, instant: str) -> datetime:
        return datetime.fromisoformat(instant).astimezone(self.zone)

    def _when(self, instant: Any) -> str:
        at = self._local(instant)
        return f"{at:%a} {self._day(at)} {at:%H:%M}"

    def _day(self, day: date) -> str:
        return day_text(day, now=self.now.astimezone(self.zone))

    def _name(self, holder: str) -> str:
        return self.names.get(holder, holder)


def _span(seconds: int) -> str:
    hours, minutes = seconds // 3600, seconds % 3600 // 60
    return f"{hours} h {minutes:02}" if minutes else f"{hours} h"
