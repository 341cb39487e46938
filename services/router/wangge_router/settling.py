"""What the changes of one act come to: the case as it stands then, and the one fact that tells it."""

from collections.abc import Mapping
from datetime import datetime
from itertools import islice
from typing import Any

from wangge_contracts.message import most
from wangge_contracts.v1 import (
    BUNDLE,
    Incident,
    IncidentChange,
    IncidentChanged,
    IncidentState,
    Listing,
    Party,
    Task,
)
from wangge_router.case import Held
from wangge_router.conditions import life_of, told_acts
from wangge_router.draft import Draft
from wangge_router.kinship import FIXED, news
from wangge_router.outcome import Outcome
from wangge_router.snapshot import PARTIES, may_be_quoted

_MOST_OTHERS, _MOST_LISTED = most(Task, "parties"), most(Incident, "listed")


def settle(draft: Draft, change: IncidentChange, *, now: datetime, **said: Any) -> Outcome:
    """Return the case as it stands after the act, and the fact that tells it, decided *now* (UTC)."""
    before, lead = draft.before.incident, draft.lead
    standing: dict[str, Any] = {
        "revision": before.revision + 1,
        "state": _state(draft, lead),
        "lead": lead.task.holder if lead else None,
    }
    if draft.incident.listed or any(held.task.listed for held in draft.changed):
        standing["listed"] = _listed(draft)
    draft.put(**standing)
    # What is closed is settled: only what a person decides has a reason that others are to hear.
    why = said.get("reason") if may_be_quoted(draft.incident) else None
    for order, other in news(before, draft.incident):
        draft.tell(order, other, reason=None if order == "close" else why)
    _finish(draft)
    fact = IncidentChanged(
        incident=draft.incident,
        change=change,
        cause=draft.cause,
        effective_at=draft.at,
        decided_at=now,
        reference_versions={BUNDLE: draft.directory.version},
        **said,
    )
    return Outcome(
        draft.case,
        fact,
        tuple(held.task for held in draft.changed),
        draft.approval_task,
        finals=tuple(draft.finals),
        orders=tuple(draft.orders),
        former=draft.former,
    )


def _listed(draft: Draft) -> tuple[Listing, ...]:
    """Where the incident is listed: wherever one of its open tasks is, each board once."""
    entries = (entry for held in draft.held if held.open for entry in held.task.listed)
    return tuple({(entry.board, entry.place): entry for entry in entries}.values())[:_MOST_LISTED]


def _state(draft: Draft, lead: Held | None) -> IncidentState:
    """What the open tasks make of the incident, unless it is over; *lead* is who handles, or has done so."""
    if draft.incident.state in FIXED:
        return draft.incident.state
    if lead is None:
        if draft.waiting("verify"):
            return "verifying"
        return "checking" if draft.waiting("check") else "dispatching"
    return "handling" if lead.open else "checking"


def _tell_who_is_done(draft: Draft) -> None:
    """
    Tell who is done that he may appeal (申诉) from now on, or no longer: nothing else of his task is new.

    Its end stays where it was, for his clock has stopped by it.
    """
    for held in draft.held:
        if held.open or told_acts(held, draft.incident, draft.directory) == held.task.allowed_acts:
            continue
        if held not in draft.changed:
            draft.move(held, change="revised", at=held.task.effective_at)


def _finish(draft: Draft) -> None:
    """Tell the holders of the tasks that changed what they may say now, and who else is there."""
    there = draft.held
    if life_of(draft.incident.state) != life_of(draft.before.incident.state):
        _tell_who_is_done(draft)
    known: Mapping[str, Party] = {
        held.task.task_id: draft.directory.party(held.task.holder, held.task.role)
        for held in there
        if len(there) > 1 and held.task.kind in PARTIES and held.task.state not in ("withdrawn", "returned")
    }
    for held in draft.changed:
        others = tuple(
            islice((party for other, party in known.items() if other != held.task.task_id), _MOST_OTHERS)
        )
        acts = told_acts(held, draft.incident, draft.directory)
        if (acts, others) != (held.task.allowed_acts, held.task.parties):
            draft.amend(held, allowed_acts=acts, parties=others)
