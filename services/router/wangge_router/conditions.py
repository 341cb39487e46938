"""When the guards of the transition table hold: for a task as it stands, and for what is said of it now."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cache

from wangge_contracts.v1 import (
    INCIDENT_OVER,
    Act,
    Fault,
    Faults,
    Incident,
    IncidentState,
    Names,
    TaskAnswered,
    TaskKind,
    TaskState,
    fault,
)
from wangge_router.allowing import allowed_acts, asked_of
from wangge_router.case import Case, Held
from wangge_router.directory import Directory
from wangge_router.forestalling import against
from wangge_router.separating import conflicted
from wangge_router.showing import missing
from wangge_router.timing import due, grantable, latest_extension
from wangge_router.turns import (
    GUARDS,
    HINDSIGHT,
    MOST_EXTENSIONS,
    MOST_RETURNS,
    MOST_SUSPENSIONS,
    WORK,
    Given,
    Guard,
    Life,
    Transition,
    Who,
)


# Frozen by custom only, as what is made for every record is (`wangge_chassis.records`).
@dataclass(slots=True)
class Plea:
    """An answer, effective *at* its instant (UTC), before the case that it is about."""

    case: Case
    held: Held
    answer: TaskAnswered
    directory: Directory
    at: datetime


def objections(line: Transition, plea: Plea) -> Faults:
    """Return what stands against taking *line* now: what its first guard misses that does not hold."""
    for guard in line.guards:
        stands = STANDING.get(guard)
        if stands is not None and not stands(plea.held, plea.case.incident, plea.directory):
            return (_refusal(guard, ""),)
        if guard in ASKED and (lacking := tuple(ASKED[guard](plea))):
            return tuple(_refusal(guard, words) for words in lacking)
    return ()


def is_given(given: Given | None, held: Held) -> bool:
    """Whether a line for *given* is the one that is meant."""
    return given is None or (given == "more-stages") == bool(held.stages)


def life_of(state: IncidentState) -> Life:
    """Return where an incident in that state is in its life, as the table sees it."""
    if state == "closed":
        return "closed"
    return "ended" if state in INCIDENT_OVER else "open"


def told_acts(held: Held, incident: Incident, directory: Directory) -> tuple[Act, ...]:
    """
    Return what may be said of a task now: by its holder, or by the desk that answers for him.

    Whether it is said well, and in time, shows only when it is said.
    """
    task = held.task
    lacking = frozenset(
        guard for guard, holds in _standing(task.kind, task.state) if not holds(held, incident, directory)
    )
    who: Who = "desk" if directory.reach(task.holder) == "contact-only" else "holder"
    return allowed_acts(task.kind, task.state, lacking=lacking, who=who, life=life_of(incident.state))


def beyond(until: datetime | None, after: datetime, latest: datetime) -> Iterator[str]:
    """Yield within what a day has to lie, if *until* does not."""
    if until is None or not after < until <= latest:
        yield f"after {after.isoformat()}, and until {latest.isoformat()} at most"


def involved(case: Case) -> set[str]:
    """Return the people who handled it or dispatched it: whoever did may not confirm."""
    hands = (hand for held in case.held if held.task.kind in WORK for hand in held.hands)
    return {*hands, *(case.past.workers if case.past else ()), *case.dispatchers}


def _refusal(guard: Guard, lacking: str | Names) -> Fault:
    words = GUARDS[guard]
    zh, en = (lacking.zh, lacking.en) if isinstance(lacking, Names) else (words.zh, lacking or words.en)
    return fault(words.code, words.pointer, detail_zh=zh, detail_en=en)


def _has_desk_above(held: Held, _: Incident, directory: Directory) -> bool:
    holder = held.task.holder
    return not holder.startswith("department:") and directory.desk_above(holder) is not None


Standing = Callable[[Held, Incident, Directory], bool]
STANDING: Mapping[Guard, Standing] = {
    "may-return": lambda held, _, __: not held.designated,
    "returns-left": lambda _, incident, __: incident.counts.returns < MOST_RETURNS,
    "desk-above": _has_desk_above,
    "unit-above": lambda held, _, directory: directory.unit_above(held.task.holder) is not None,
    "inside": lambda held, _, directory: directory.has_units(held.task.holder),
    "may-extend": lambda held, _, __: held.extensions < MOST_EXTENSIONS,
    "may-suspend": lambda held, _, __: held.suspensions < MOST_SUSPENSIONS,
    "supervised": lambda held, _, __: held.task.supervised is not None,
    "may-appeal": lambda held, _, __: not held.appealed,
    "appealing": lambda held, _, __: held.task.pending == "appeal",
}
"""Guards that hold of a task as it stands, so that its holder can be told beforehand."""


@cache
def _standing(kind: TaskKind, state: TaskState) -> tuple[tuple[Guard, Standing], ...]:
    """Return those of them that some line asks for of such a task; what is seen in hindsight never holds."""
    return tuple(
        (guard, STANDING.get(guard, lambda *_: False))
        for guard in asked_of(kind, state)
        if guard in STANDING or guard in HINDSIGHT
    )


def _evidence(plea: Plea) -> Iterator[str | Names]:
    yield from missing(plea.answer.evidence, plea.held.task.required_evidence)


def _known_unit(plea: Plea) -> Iterator[str]:
    unit = plea.answer.suggested_unit
    if unit is not None and not plea.directory.knows(unit):
        yield unit


def _inside(plea: Plea) -> Iterator[str]:
    to = plea.answer.to
    if to is None or not plea.directory.is_inside(to, plea.held.task.holder):
        yield f"{to} is not inside {plea.held.task.holder}"


def _in_time(plea: Plea) -> Iterator[str]:
    deadline = due(plea.held, plea.directory)
    if plea.at >= deadline:
        yield f"it was due at {deadline.isoformat()}"


def _extension_fits(plea: Plea) -> Iterator[str]:
    after, latest = due(plea.held, plea.directory), latest_extension(plea.held, plea.directory)
    yield from beyond(plea.answer.requested_until, after, latest)


def _suspension_fits(plea: Plea) -> Iterator[str]:
    latest = plea.at + plea.directory.terms.longest_suspension
    yield from beyond(plea.answer.requested_until, plea.at, latest)


def _order_named(plea: Plea) -> Iterator[str]:
    task = plea.held.task
    asked = task.supervised.order_id if task.supervised else None
    if task.kind == "supervise":
        asked = task.decision.order_id
    if plea.answer.order_id != asked:
        yield f"the order that asks is {asked}"


def _own_work(plea: Plea) -> Iterator[str]:
    holder = plea.held.task.holder
    if plea.answer.actor.staff_id in involved(plea.case):
        yield ""
    elif conflicted(plea.case, holder, plea.directory):
        yield f"{holder} handled it: refer the check up"


def _own_request(plea: Plea) -> Iterator[str]:
    asked = plea.case.find(plea.held.task.concerns or "")
    if asked is not None and plea.answer.actor.staff_id in asked.hands:
        yield ""


def _grant_fits(plea: Plea) -> Iterator[str]:
    until, asking = plea.answer.requested_until, plea.case.find(plea.held.task.concerns or "")
    bounds = grantable(asking, plea.directory) if until and asking else None
    if bounds is not None:
        yield from beyond(until, *bounds)


def _appeal_in_time(plea: Plea) -> Iterator[str]:
    closed_at = plea.case.incident.closed_at
    if closed_at is None or plea.at > closed_at + plea.directory.terms.appealing:
        yield ""


def _decided_before(plea: Plea) -> Iterator[str]:
    held = plea.held
    first = bool(held.given) and plea.at < held.task.effective_at
    if not first or against(plea.case.held, [held]):
        yield ""


def _when(broken: Callable[[Plea], bool]) -> Callable[[Plea], Iterator[str]]:
    """Return a guard that has nothing to add to what `GUARDS` says of it."""

    def lacking(plea: Plea) -> Iterator[str]:
        if broken(plea):
            yield ""

    return lacking


ASKED: Mapping[Guard, Callable[[Plea], Iterator[str | Names]]] = {
    "fresh": _when(lambda plea: plea.answer.based_on_revision < plea.held.since),
    "reasoned": _when(lambda plea: plea.answer.text is None and plea.answer.reason_code is None),
    "evidence": _evidence,
    "known-unit": _known_unit,
    "inside": _inside,
    "in-time": _in_time,
    "extension-fits": _extension_fits,
    "suspension-fits": _suspension_fits,
    "order-named": _order_named,
    "own-work": _own_work,
    "own-request": _own_request,
    "grant-fits": _grant_fits,
    "appeal-in-time": _appeal_in_time,
    "this-request": _when(lambda plea: plea.held.asked is not None and plea.at < plea.held.asked.at),
    "decided-before": _decided_before,
}
"""Guards that depend on what is said, by whom and when: each tells what is lacking, or nothing."""
