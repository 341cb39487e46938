"""One incident as a line of the live ledger: what, where, who has the turn, and how long. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from wangge_contracts.v1 import TASK_OVER

_STATE_STYLES = {
    "dispatching": "yellow",
    "verifying": "yellow",
    "handling": "cyan",
    "checking": "magenta",
    "closed": "green",
    "void": "dim",
    "not-accepted": "dim",
}
_URGENT = frozenset({"urgent", "emergency"})
_HOLDERS_SHOWN = 3


@dataclass(frozen=True, slots=True)
class Row:
    """What one line shows."""

    case_number: str
    what: str
    where: str
    holders: tuple[str, ...]
    deadline: datetime | None
    state: str
    urgent: bool

    def is_overdue(self, now: datetime) -> bool:
        """Whether the first of its deadlines has passed *now* (house time): no fact has to say so again."""
        return self.deadline is not None and self.deadline <= now


def row_of(told: Mapping[str, Any]) -> Row:
    """Return the line of an incident as `GET /v1/incidents/{id}` tells it, names and all."""
    incident, names = told["incident"], names_told(told)
    turns = [task for task in told["tasks"] if task["state"] not in TASK_OVER]
    deadlines = [
        datetime.fromisoformat(clock["deadline"]) for clock in told["clocks"] if clock["state"] == "running"
    ]
    return Row(
        case_number=number_of(incident),
        what=what_of(incident),
        where=where_of(incident["place"], names),
        holders=tuple(_holder(task, names) for task in turns),
        deadline=min(deadlines, default=None),
        state=incident["state"],
        urgent=incident.get("urgency", incident.get("urgency_claimed")) in _URGENT,
    )


def drawn(
    rows: Sequence[Row], facts: Sequence[Text], *, now: datetime, title: str, height: int
) -> RenderableType:
    """Return the table of *rows* and the newest *facts* below it, in *height* lines of a terminal."""
    table = Table(title=title, title_justify="left", box=None, expand=True, pad_edge=False)
    table.add_column("case", no_wrap=True, style="bold")
    table.add_column("what", ratio=3, no_wrap=True, overflow="ellipsis")
    table.add_column("where", ratio=3, no_wrap=True, overflow="ellipsis")
    table.add_column("whose turn", ratio=4, no_wrap=True, overflow="ellipsis")
    table.add_column("clock", no_wrap=True, justify="right")
    table.add_column("state", no_wrap=True)
    below = min(len(facts), max(4, height // 3))
    for row in rows[: max(1, height - below - 5)]:
        left = clock_text(row.deadline, now=now)
        table.add_row(
            Text(row.case_number, style="red" if row.urgent else ""),
            Text(row.what),
            Text(row.where),
            Text(_joined(row.holders)),
            Text(left, style="bold red" if row.is_overdue(now) else ""),
            Text(row.state, style=_STATE_STYLES.get(row.state, "")),
        )
    shown = facts[len(facts) - below :]
    return Group(table, Text(""), *shown)


def clock_text(deadline: datetime | None, *, now: datetime) -> str:
    """Return what is left until *deadline*, both house time: `12:30` hours, `3 d`, `-0:05` when over."""
    if deadline is None:
        return ""
    left = deadline - now
    sign = "-" if left < timedelta(0) else ""
    minutes = int(abs(left).total_seconds()) // 60
    return f"{sign}{minutes // 1440} d" if minutes >= 2 * 1440 else f"{sign}{minutes // 60}:{minutes % 60:02}"


def day_text(day: date, *, now: date) -> str:
    """Return a *day* of the place, with its year if that is not the one of *now* there."""
    return f"{day:%d %b}" if day.year == now.year else f"{day:%d %b %Y}"


def fact_text(line: Mapping[str, Any], zone: ZoneInfo) -> Text:
    """Return one line of the ledger's stream, its instant by the clocks of *zone*."""
    at = datetime.fromisoformat(line["effective_at"]).astimezone(zone)
    number = number_of(line) if line.get("case_number") else line["incident_id"][:8]
    return Text.assemble(
        (f"{at:%d %b %H:%M:%S} ", "dim"),
        (f"{number} ", ""),
        (line["what"], "bold"),
        (f" {line['who']}", "dim"),
    )


def number_of(matter: Mapping[str, Any]) -> str:
    """Return the number of a matter, and its mode where that is not actual: no drill passes for real."""
    mode = matter.get("mode", "actual")
    return str(matter["case_number"]) if mode == "actual" else f"{matter['case_number']} ({mode})"


def what_of(incident: Mapping[str, Any]) -> str:
    """Say in a few words what it is about: its class, else what was reported."""
    names = incident.get("class_ref", {}).get("names")
    if names:
        return str(names["zh"])
    if text := incident.get("description", {}).get("text"):
        return str(text)
    class_ref = incident.get("class_ref")
    return f"{class_ref['scheme']} {class_ref['code']}" if class_ref else ""


def where_of(place: Mapping[str, Any], names: Mapping[str, str]) -> str:
    """Say where it is: the address, else the finest place known, as *names* have it, else the point."""
    finest = next(
        (place[level] for level in ("grid", "community", "street", "district") if level in place), None
    )
    address = place.get("address", {}).get("text")
    if address:
        return str(address)
    if finest is not None:
        return names.get(finest["code"]) or str(finest["names"]["zh"])
    point = place.get("point") or {}
    return f"{point['lon']:.4f}, {point['lat']:.4f}" if point else ""


def names_told(told: Mapping[str, Any]) -> Mapping[str, str]:
    """Return what people call each holder and place of which the ledger tells there, now, in Chinese."""
    return {each: str(names["zh"]) for each, names in told.get("names", {}).items()}


def _holder(task: Mapping[str, Any], names: Mapping[str, str]) -> str:
    holder = str(task["holder"])
    return f"{names.get(holder, holder.partition(':')[2])} {task['kind']}"


def _joined(holders: Sequence[str]) -> str:
    shown = ", ".join(holders[:_HOLDERS_SHOWN])
    more = len(holders) - _HOLDERS_SHOWN
    return f"{shown} and {more} more" if more > 0 else shown
