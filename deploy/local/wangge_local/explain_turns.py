"""Who held a matter, when, for how long, of what limit, and whether he was told and signed. Pure."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from wangge_contracts.topics import CLOCKS_CHANGED, INCIDENTS_CHANGED
from wangge_contracts.v1 import TASK_OVER
from wangge_local.stories_expected import Told, facts

HEARD = ("confirmed", "read", "delivered", "sent")
"""How far a notice came, the best first; any other state is no proof that it was heard."""


@dataclass(frozen=True, slots=True)
class Notice:
    """One attempt to tell somebody, as it stands."""

    recipient: str
    channel: str
    state: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Turn:
    """One holder's time with one task; instants are house time, UTC."""

    task_id: str
    kind: str
    holder: str
    round: int
    since: datetime
    until: datetime | None
    """None while he holds it."""
    limit: Mapping[str, Any]
    deadline: datetime | None
    """When the limit of this round was used up, or will be; None where no clock ran."""
    rung: tuple[str, ...]
    """The rungs that rang in this time and were not withdrawn."""
    suspended: tuple[tuple[datetime, datetime | None], ...]
    """When no time counted (缓办)."""
    designated: bool
    signed_at: datetime | None
    """When he signed (签收), or answered for the first time without signing."""
    notices: tuple[Notice, ...]
    ended: str
    """How it ended, in the words of the fact; the state while it lasts."""
    why: str
    """The reason that was given for the end: a code, or empty."""
    concerns: str | None = None
    """The task that it is about, if it is about another."""
    stage: str | None = None
    """Of work in stages (先围挡, 后抢修, 再恢复), each with a limit of its own, which one."""

    @property
    def late(self) -> bool:
        """Whether the limit was used up before he was through."""
        return "overdue" in self.rung


def turns(told: Told) -> tuple[Turn, ...]:
    """Return who held what, in the order in which they got it."""
    held = [tuple(_held(snapshots)) for snapshots in lives(told).values()]
    found = (_measured(turn, told, among=mine) for mine in held for turn in mine)
    return tuple(sorted(found, key=lambda turn: turn.since))


def instant(text: str) -> datetime:
    """Return the instant that a message prints as *text*."""
    return datetime.fromisoformat(text)


def lives(told: Told) -> Mapping[str, Sequence[Mapping[str, Any]]]:
    """Return every task's snapshots in their order."""
    lives: dict[str, list[Mapping[str, Any]]] = {}
    for fact in facts(told, INCIDENTS_CHANGED.name):
        for task in fact.get("tasks", ()):
            lives.setdefault(task["task_id"], []).append(task)
    return lives


def _held(snapshots: Sequence[Mapping[str, Any]]) -> Iterator[Turn]:
    """
    Divide a task's life among its holders, rounds and stages: who has several limits is held to each.

    A return that the desk found to be shuffling (推诿) ended nothing: the unit had it all the time. What is
    said of a task that is over (an appeal, say) ends it no later.
    """
    turn: Turn | None = None
    for task in snapshots:
        at = instant(task["effective_at"])
        over = task["state"] in TASK_OVER
        if turn is not None and turn.until is not None and over:
            continue
        if turn is not None and turn.until is not None and task["change"] == "request-refused":
            turn = replace(turn, until=None, ended=task["state"], why="")
        begins = turn is None or turn.until is not None
        passed = turn is not None and _whose(task) != (turn.holder, turn.round, turn.stage)
        if turn is not None and passed and not begins:
            yield replace(_gone_on(turn, at), until=at, ended=task["change"], why="")
        if turn is None or ((passed or begins) and not over):
            if turn is not None and begins:
                yield turn
            same = turn is not None and not begins and _whose(task)[:2] == (turn.holder, turn.round)
            signed_at, designated = (turn.signed_at, turn.designated) if turn and same else (None, False)
            turn = _begun(task, at)
            turn = replace(turn, signed_at=signed_at, designated=turn.designated or designated)
        turn = _went_on(turn, task, at)
    if turn is not None:
        yield turn


def _whose(task: Mapping[str, Any]) -> tuple[str, int, str | None]:
    return task["holder"], task["round"], task.get("stage")


def _begun(task: Mapping[str, Any], at: datetime) -> Turn:
    given = task["change"] == "assigned"
    return Turn(
        task_id=task["task_id"],
        kind=task["kind"],
        holder=task["holder"],
        round=task["round"],
        since=instant(task["assigned_at"]) if given else at,
        until=None,
        limit=task["limit"],
        deadline=None,
        rung=(),
        suspended=(),
        designated=given and task["kind"] == "handle" and "return" not in task["allowed_acts"],
        signed_at=None,
        notices=(),
        ended=task["state"],
        why="",
        concerns=task.get("concerns"),
        stage=task.get("stage"),
    )


def _went_on(turn: Turn, task: Mapping[str, Any], at: datetime) -> Turn:
    turn = replace(turn, limit=task["limit"], ended=task["state"])
    if task["change"] in ("acknowledged", "progressed", "arrived", "done", "returned") and not turn.signed_at:
        turn = replace(turn, signed_at=at)
    stands = turn.suspended and turn.suspended[-1][1] is None
    if task["state"] == "suspended" and not stands:
        turn = replace(turn, suspended=(*turn.suspended, (at, None)))
    elif task["state"] != "suspended" and stands:
        turn = _gone_on(turn, at)
    if task["state"] in TASK_OVER and turn.until is None:
        turn = replace(turn, until=at, ended=task["change"], why=task.get("reason_code", ""))
    return turn


def _gone_on(turn: Turn, at: datetime) -> Turn:
    """End at *at* the suspension that stands, if one does."""
    return replace(turn, suspended=tuple((since, until or at) for since, until in turn.suspended))


def _measured(turn: Turn, told: Told, *, among: Sequence[Turn]) -> Turn:
    """
    What its clock told of it; the clock's rounds are more than the task's, for each stage begins one.

    :param among: all turns of its task.
    """
    clocks = [clock for clock in facts(told, CLOCKS_CHANGED.name) if clock["task_id"] == turn.task_id]
    mine = [clock for clock in clocks if _is_of(clock, turn)] or clocks
    rang: list[tuple[int, str, datetime]] = []
    for clock in clocks:
        lap, at = clock.get("round", 0), instant(clock["effective_at"])
        if clock["change"] == "rang":
            rang.append((lap, clock["rung"], at))
        elif clock["change"] == "rung-withdrawn":
            # One that rang for who had the task before, or before an extension, stands.
            named = (lap, clock["withdrawn_rung"])
            back = next((each for each in reversed(rang) if each[:2] == named), None)
            rang = [each for each in rang if each != back]
    his = (name for _, name, at in rang if turn.since <= at and (turn.until is None or at <= turn.until))
    return replace(
        turn,
        deadline=instant(mine[-1]["deadline"]) if mine else None,
        rung=tuple(dict.fromkeys(his)),
        notices=tuple(_notices(turn, told, among=among)),
    )


def _is_of(clock: Mapping[str, Any], turn: Turn) -> bool:
    """Whether the round of which *clock* tells had begun before *turn* was over."""
    began = instant(clock.get("round_began_at", clock["effective_at"]))
    return turn.until is None or began < turn.until or began == turn.since


def _notices(turn: Turn, told: Told, *, among: Sequence[Turn]) -> Iterator[Notice]:
    """
    Yield what he was told of his turn, or who for him; of one about another task he may hear by that.

    Who has the task once more was told of this turn by what was told since, not by what he heard before.
    """
    his_turns = [each.since for each in among if each.holder == turn.holder]
    effective = {line.get("id"): instant(line["effective_at"]) for line in told["timeline"]}
    for notice in told["notices"]:
        also, to, at = notice.get("also", ()), notice["recipient"]["ref"], instant(notice["at"])
        news = effective.get(notice.get("cause"), at)
        if max((since for since in his_turns if since <= news), default=his_turns[0]) != turn.since:
            continue
        about = {notice.get("task_id"), *(each["task_id"] for each in also)}
        meant = {to, notice.get("why", {}).get("instead_of"), *(each["holder"] for each in also)}
        his = turn.task_id in about and turn.holder in meant
        by_other = turn.concerns is not None and turn.concerns in about and turn.holder == to
        if his or (by_other and turn.since <= at and (turn.until is None or at <= turn.until)):
            yield Notice(to, notice["channel"], notice["state"], at)


def counted(told: Told, *, now: datetime) -> Mapping[str, timedelta]:
    """
    Return how long time was counted against each holder until *now*, the longest first, without pauses.

    Time that two clocks of his count is his once.
    """
    spans: dict[str, list[tuple[datetime, datetime]]] = {}
    for clock in told["clocks"]:
        for segment in clock.get("segments", ()):
            until = min(instant(segment["ended_at"]), now) if "ended_at" in segment else now
            if segment["kind"] == "counted":
                spans.setdefault(segment["holder"], []).append((instant(segment["started_at"]), until))
    found = {holder: time for holder, his in spans.items() if (time := _together(his))}
    return dict(sorted(found.items(), key=lambda item: -item[1]))


def _together(spans: Sequence[tuple[datetime, datetime]]) -> timedelta:
    """Return how long at least one of *spans* lasts."""
    whole, reached = timedelta(), None
    for since, until in sorted(spans):
        begins = since if reached is None else max(since, reached)
        if begins < until:
            whole, reached = whole + (until - begins), until
    return whole


def best(notices: Sequence[Notice]) -> Notice | None:
    """Return the notice that came furthest; of two, the earlier."""
    ranked = sorted(notices, key=lambda each: (_far(each), each.at))
    return ranked[0] if ranked else None


def _far(notice: Notice) -> int:
    return HEARD.index(notice.state) if notice.state in HEARD else len(HEARD)
