"""
The whole of the router's machine, walked from the report on: every situation of a task, reached once.

Nothing here knows a line of the table: holders say what they are told they may, desks order whatever there
is, and whatever leads somewhere new is gone on from. So what is found grows with the tables.
"""

from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from functools import cache
from itertools import product
from typing import Any

from tests.unit.router.scenes import (
    AFTER,
    HOUR,
    MANAGER,
    PARTS,
    POLICE,
    STREET,
    Play,
    accepted,
    answer,
    directory,
    minutes,
    order,
)
from wangge_contracts.message import Message, words
from wangge_contracts.v1 import REQUIRED_BY_ACT, Act, DeskOrdered, Task, TaskAnswered, Verdict
from wangge_router.allowing import lines
from wangge_router.case import Case, Held
from wangge_router.conditions import life_of
from wangge_router.ordering import ORDERS

Signature = tuple[object, ...]
INSIDE = {"department:water": "department:pipes", "department:gas": "department:valves"}
"""A unit inside each of two others, so that work is handed down and referred up."""
_STAGED = {
    "class_ref": {"scheme": "gb-event", "version": "1", "code": "0504", "condition": "1"},
    "names": {"zh": "塌陷", "en": "collapse"},
    "closing_condition": "restored",
    "limit": HOUR,
    "stages": [{"stage": stage, "limit": HOUR} for stage in ("fence", "repair", "restore")],
}
_RULES = [
    {**rule, "when": {"classes": [{"scheme": "gb-event", "codes": ["0501", "0503", "0504"]}]}}
    if rule["name"] == "burst-pipe"
    else rule
    for rule in PARTS["rulebook"]["rules"]
]
_UNITS = [
    {**unit, "slug": inner.partition(":")[2], "parent": unit["slug"]}
    for unit in PARTS["departments"]
    for inner in (INSIDE.get(f"department:{unit['slug']}"),)
    if inner
]
DIRECTORY = directory(
    standard=[*PARTS["standard"], _STAGED],
    departments=[*PARTS["departments"], *_UNITS],
    rulebook=PARTS["rulebook"] | {"rules": _RULES, "terms": {"verify_sources": ["hotline"]}},
)
"""The small district of the scenes, with all that any line of the tables could ask for."""
REPORTS: tuple[tuple[str, str], ...] = (
    ("0501", "officer"),
    ("0502", "officer"),
    ("0503", "officer"),
    ("0504", "officer"),
    ("9999", "officer"),
    ("0501", "hotline"),
)
"""For a lead; for the workstation; with evidence; in stages; for the street; to be verified on the spot."""
PARTIES: tuple[tuple[str, ...], ...] = (
    (),
    ("handle department:water",),
    ("handle department:gas",),
    ("handle department:water", "assist department:gas", f"attend {MANAGER}"),
    ("assist department:roads",),
    (f"attend {POLICE}",),
)
"""Whom an order gives a task: nobody, who has a system, who has a telephone, everybody, helpers."""
LEADING = ("dispatch", "designate", "call", "withdraw", "void", "supervise")
"""The orders that lead to situations which no other word leads to; every order is tried in all of them."""
SPEAKERS: dict[str, dict[str, Any]] = {
    "person": {},
    "ladder": {"actor": None, "role": "ladder"},
    "incident": {"actor": None},
}
"""Who orders: somebody at a desk, the ladder, another incident."""
ACTS: tuple[tuple[str, str | None], ...] = tuple(
    (act, verdict)
    for act in words(Act)
    for verdict in (words(Verdict) if "verdict" in REQUIRED_BY_ACT.get(act, ()) else (None,))
)
"""Every word a holder knows, with every verdict where one is asked for."""


@dataclass(frozen=True)
class Situation:
    """A case, how one comes there, and the tasks that stand in it as none did before."""

    case: Case
    path: tuple[str, ...]
    new: tuple[Held, ...]

    @property
    def play(self) -> Play:
        """The case before a docket of its own."""
        play = Play(DIRECTORY)
        play.docket.case = self.case
        return play

    @property
    def at(self) -> float:
        """A minute after the last thing that was said."""
        return len(self.path) + 1.0


def signatures(case: Case, held: Held) -> set[Signature]:
    """What tells one situation of a task from others: how it stands, who holds it, what may be said of it."""
    task = held.task
    course = task.kind in (("handle", "check", "dispatch") if held.open else ("handle", "assist"))
    where = (case.incident.state, case.passed) if course else life_of(case.incident.state)
    way = DIRECTORY.reach(task.holder) or task.holder.partition(":")[0]
    marks = {
        "listed": task.listed,
        "supervised": task.supervised,
        "replaced": task.successor,
        "by itself": held.given,
    }
    over_it = {(mark, task.kind) for mark, value in marks.items() if value}
    stands = (where, task.kind, task.state, task.pending, way, task.allowed_acts, bool(held.stages))
    return {stands, *over_it}


@cache
def situations() -> tuple[Situation, ...]:
    """Every situation that acts of holders and orders of the desk lead to, the nearest first."""
    seen: set[Signature] = set()
    found: list[Situation] = []
    waiting: deque[tuple[Case, tuple[str, ...]]] = deque(
        (Play(DIRECTORY).hear(accepted(code, source=source)).case, (f"{code} by {source}",))
        for code, source in REPORTS
    )
    while waiting:
        case, path = waiting.popleft()
        new = tuple(held for held in case.held if signatures(case, held) - seen)
        seen.update(*(signatures(case, held) for held in new))
        if not new:
            continue
        here = Situation(case, path, new)
        found.append(here)
        for name, message in _said(here):
            after = here.play.hear(message).case
            if after is not case:
                waiting.append((after, (*path, name)))
    return tuple(found)


def _said(here: Situation) -> Iterator[tuple[str, Message]]:
    for held in here.case.held:
        for act, verdict in ACTS:
            if lines(held.task.kind, held.task.state, act, who="holder"):
                name = f"{held.task.kind}: {act} {verdict or ''}".strip()
                yield name, complete(held.task, act, verdict, at=here.at)
    for kind in LEADING:
        for number, ordered in enumerate(orders(here, kind)):
            yield f"order {kind} {number}", ordered


def complete(
    task: Task, act: str, verdict: str | None, *, at: float, on_behalf_of: str | None = "", **fields: Any
) -> TaskAnswered:
    """Answer *task* with all that any act could ask for, by somebody who never had a hand in it."""
    whole: dict[str, Any] = {
        "text": {"text": "synthetic"},
        "reason_code": "synthetic",
        "result_code": "solved",
        "evidence": (AFTER,),
        "contact": {"how": "phone", "at": minutes(0)},
        "order_id": (task.supervised and task.supervised.order_id) or task.decision.order_id or "no-order",
        "requested_until": task.assigned_at + timedelta(hours=1.5 * task.limit.value),
        "suggested_unit": "department:roads",
        "to": INSIDE.get(task.holder, "department:roads"),
        "on_behalf_of": task.holder if on_behalf_of == "" else on_behalf_of,
        "by": f"somebody at {at}",
    }
    return answer(task, act, at=at, **whole | ({"verdict": verdict} if verdict else {}) | fields)


def orders(here: Situation, kind: str) -> Iterator[DeskOrdered]:
    """The street's order *kind*: of nothing, of each new task, of every sort of party, with all it needs."""
    at = here.at
    needed: dict[str, Any] = {
        "reply_by": minutes(60 * 24),
        "until": minutes(60 * 6),
        "board": "street",
        "board_place": STREET,
        "other_incident_id": "another",
        "class_ref": {"scheme": "gb-event", "version": "1", "code": "0501", "condition": "1"},
        "to": "department:roads",
    }
    line = ORDERS.get(kind)
    wanted: list[tuple[tuple[str, ...], tuple[str, ...]]]
    wanted = [((), ()), *(((held.task.task_id,), ()) for held in here.new)]
    if line is not None and line.kinds:
        asked = [held.task.task_id for held in here.case.held if held.task.kind == "dispatch" and held.open]
        wanted += [((), called) for called in PARTIES[1:]] + [((task_id,), PARTIES[1]) for task_id in asked]
    speakers = [SPEAKERS[by] for by in (line.by if line else ("person",))]
    for number, ((task_ids, called), speaker) in enumerate(product(wanted, speakers)):
        told = {"order_id": f"{kind} {at} {number}", "task_ids": task_ids, **needed, **speaker}
        # The time to open it again has to be over before that is told.
        yield order(kind, *called, at=at + (60 * 24 * 30 if kind == "reopening-ended" else 0), **told)
