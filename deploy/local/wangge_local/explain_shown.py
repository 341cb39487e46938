"""One matter on one screen: where it is, who held it and how long, what was decided and why. Pure."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from rich.cells import cell_len
from rich.text import Text

from wangge_local import cli_columns
from wangge_local.cli_screen import in_a_line
from wangge_local.explain_course import course
from wangge_local.explain_kin import Relative, lines
from wangge_local.explain_line import MAY, MUST, SHOULD, Line
from wangge_local.explain_turns import HEARD, Turn, best, counted, instant, turns
from wangge_local.stories_expected import Told
from wangge_local.watch_rows import clock_text, day_text, names_told, number_of, what_of, where_of

_HOLDER = re.compile(r"(?:department|desk|officer):[\w/-]+")
_INSTANT = re.compile(r"\d{4}-\d\d-\d\dT[\d:.]+(?:Z|[+-]\d\d:\d\d)")
_SINCE = 12
"""Cells of a day and an hour."""
_NEAREST = "; nearest: "
"""What a decision says of the rules that did not fit: only in the whole."""
_UNITS = {"urgent-hours": "h", "natural-days": "d", "working-hours": "wh", "working-days": "wd"}
"""`wh` and `wd` are hours and days of working time."""


@dataclass(frozen=True, slots=True)
class Words:
    """By what clocks and under what names a matter is told; *mailboxes* are the holders that have one."""

    zone: ZoneInfo
    names: Mapping[str, str]
    mailboxes: frozenset[str]
    now: datetime

    def name(self, text: str) -> str:
        """Return *text* with every holder as people call it, and instants by local clocks."""
        called = _HOLDER.sub(lambda found: self.names.get(found[0], found[0]), text)
        return _INSTANT.sub(lambda found: self._local(found[0]), called)

    def _local(self, written: str) -> str:
        try:
            return self.when(instant(written))
        except ValueError:
            return written  # somebody's own words

    def when(self, at: datetime | None, *, beside: datetime | None = None) -> str:
        """Return an instant by the clocks of the place; without its day if that is the day of *beside*."""
        if at is None:
            return ""
        hour = f"{at.astimezone(self.zone):%H:%M}"
        same = beside is not None and self.day(beside) == self.day(at)
        return hour if same else f"{self.day(at)} {hour}"

    def day(self, at: datetime) -> str:
        """Return the day of an instant at the place, with its year if that is not this one."""
        return day_text(at.astimezone(self.zone), now=self.now.astimezone(self.zone))


def words_of(told: Told, *, zone: ZoneInfo, now: datetime) -> Words:
    """Return the words for what the ledger *told*, at *now*, house time."""
    return Words(zone, names_told(told), frozenset(told.get("mailboxes", ())), now)


def screen(
    told: Told, found: Mapping[str, Any], words: Words, *, width: int, height: int | None
) -> Iterator[Text]:
    """Tell the matter in *height* lines of *width* cells as far as that is possible, or all of it."""
    held, time = turns(told), counted(told, now=words.now)
    head = [*_head(told, found, words)]
    foot = [*unheard_lines(held, words)]
    if len(time) < len(held) or any(turn.suspended for turn in held):
        foot.append(counted_line(time, words))
    foot += [Text(line, style="red") for line in found["in_its_way"]]
    yield from head
    drawn = [*held_lines(held, words, width=width)]
    yield from drawn
    taken = _height([*head, *drawn, *foot], width) + 1
    yield from course_lines(course(told), words, width=width, most=height - taken if height else None)
    yield from foot


def _head(told: Told, found: Mapping[str, Any], words: Words) -> Iterator[Text]:
    incident = told["incident"]
    if incident is None:
        yield Text(f"{found['state']}; its lines: wangge incidents, or --json", style="bold")
        return
    closed = incident.get("closed_at")
    took = f" after {span(instant(closed) - instant(incident['effective_at']))}" if closed else ""
    where = words.name(where_of(incident["place"], words.names))
    yield Text(f"{number_of(incident)} {what_of(incident)}, {where}: {found['state']}{took}", style="bold")
    yield Text(f"now ({words.when(words.now)}): {words.name(found['waits_for'])}")
    for line in lines([Relative(**each) for each in found["kin"]]):
        yield Text(line)
    for turn in found["next"]:
        if turn["allowed_acts"]:
            yield Text(
                f"  {words.name(turn['holder'])} may say: {', '.join(turn['allowed_acts'])}", style="dim"
            )


def _height(lines: Sequence[Text], width: int) -> int:
    return sum(max(1, -(-cell_len(line.plain) // width)) for line in lines)


def span(length: timedelta) -> str:
    """Return a span as people say it: `0:07`, `26:10`, `12 d 3 h`."""
    minutes = int(length.total_seconds()) // 60
    if minutes >= 2 * 1440:
        return f"{minutes // 1440} d {minutes % 1440 // 60} h"
    return f"{minutes // 60}:{minutes % 60:02}"


def held_lines(held: Sequence[Turn], words: Words, *, width: int) -> Iterator[Text]:
    """Tell who held it: since when, for how long, of what limit, told how, signed when, ended how."""
    rows = [
        (
            f"{_task(turn)} {words.name(turn.holder)}" + (" 指定" if turn.designated else ""),
            _since(turn, words),
            Text(
                f"{span((turn.until or words.now) - turn.since)} / {_limit(turn)}",
                style="red" if turn.late else "",
            ),
            _told(turn, words),
            words.when(turn.signed_at, beside=turn.since).rsplit(" ", 1)[0] or "-",
            Text(_ending(turn, words), style="" if turn.until else "bold"),
        )
        for turn in held
    ]
    return cli_columns.drawn(
        ("whose turn", "since", "held / limit", "told", "signed", "how it ended"),
        [[in_a_line(cell) for cell in row] for row in rows],
        width=width,
    )


def _task(turn: Turn) -> str:
    return f"{turn.kind}, {turn.stage}:" if turn.stage else turn.kind


def _since(turn: Turn, words: Words) -> str:
    """Say when the turn began, of another year the day alone: who has it needs the room."""
    whole = words.when(turn.since)
    return whole if len(whole) <= _SINCE else words.day(turn.since)


def _limit(turn: Turn) -> str:
    limit = turn.limit
    unit = _UNITS.get(limit["clock_kind"], limit["clock_kind"])
    value = limit["value"]
    if limit["clock_kind"] == "urgent-hours" and value < 1:
        value, unit = value * 60, "min"
    # Where a person named an instant (督办), what was left until then is no round number.
    return f"{round(value, 2):g} {unit}"


def _told(turn: Turn, words: Words) -> Text:
    """Say by what the news of the turn came, and how far at best."""
    notice = best(turn.notices)
    if notice is not None and notice.state in HEARD and notice.state != "sent":
        return Text(f"{notice.state} {words.when(notice.at, beside=turn.since)}")
    if turn.holder in words.mailboxes:
        return Text("mailbox")
    if notice is None:
        return Text(
            "nobody" if turn.signed_at is None else "-", style="red" if turn.signed_at is None else ""
        )
    return Text(
        f"{notice.channel} {words.when(notice.at, beside=turn.since)}"
        if notice.state == "sent"
        else f"{notice.channel} {notice.state}",
        style="" if notice.state in HEARD else "red",
    )


def _ending(turn: Turn, words: Words) -> str:
    said = turn.ended
    if turn.until is not None:
        said += f" {words.when(turn.until, beside=turn.since)}" + (f": {turn.why}" if turn.why else "")
    elif turn.deadline is not None and not turn.late:
        said += f", {clock_text(turn.deadline, now=words.now)} left"
    said += ", overdue" if turn.late else ""
    pauses = (f"缓办 {words.when(since)} - {words.when(until) or 'now'}" for since, until in turn.suspended)
    return "; ".join([said, *pauses])


def course_lines(said: Sequence[Line], words: Words, *, width: int, most: int | None) -> Sequence[Text]:
    """
    Say what was decided in *most* lines of *width* cells, as far as that is possible; None: all of it.

    What the turns show as well goes first, then what only tells the story; what answers a complaint stays.
    """
    for weight in (MAY, SHOULD, MUST):
        shown = [line for line in said if line.weight <= weight]
        drawn = [*_lines(shown, words, whole=most is None)]
        left_out = len(said) - len(shown)
        if left_out:
            drawn.append(Text(f"{'':12} {left_out} signatures and notes more: --all", style="dim"))
        if most is None or _height(drawn, width) <= most:
            break
    return drawn


def _lines(said: Sequence[Line], words: Words, *, whole: bool) -> Iterator[Text]:
    before: datetime | None = None
    for line in said:
        reason = line.reason if whole else line.reason.partition(_NEAREST)[0]
        yield Text.assemble(
            (f"{words.when(line.at, beside=before):>12} ", "dim"),
            f"{words.name(line.who)} " if line.who else "",
            (line.what, "bold"),
            f" {words.name(reason)}" if reason else "",
        )
        before = line.at


def unheard_lines(held: Sequence[Turn], words: Words) -> Iterator[Text]:
    """Say of every notice that did not arrive what became of it."""
    for turn in held:
        lost = [notice for notice in turn.notices if notice.state not in HEARD]
        if lost:
            told = ", ".join(f"{each.channel} {each.state} {words.when(each.at)}" for each in lost)
            yield Text(f"not heard by {words.name(turn.holder)}: {told}", style="red")


def counted_line(time: Mapping[str, timedelta], words: Words) -> Text:
    """Say how much time was counted against whom, by no calendar: clocks of one holder may have several."""
    told = ", ".join(f"{words.name(holder)} {span(length)}" for holder, length in time.items())
    return Text(f"time counted, day and night: {told}" if told else "no time was counted")
