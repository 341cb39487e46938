"""A further report of an incident: a reminder (催办), a supplement, a withdrawal, somebody dissatisfied."""

from datetime import datetime

from wangge_contracts.v1 import Cause, ReportAttached
from wangge_router.case import MOST_FURTHER, Case, Further
from wangge_router.commanding import main_turn
from wangge_router.directory import Directory
from wangge_router.draft import Draft
from wangge_router.outcome import Outcome
from wangge_router.settling import settle
from wangge_router.snapshot import may_be_quoted

ASKED_AGAIN = ("reminder", "dissatisfied")
"""What is counted as asking again."""


def attach(
    case: Case, attached: ReportAttached, directory: Directory, *, cause: Cause, now: datetime
) -> Outcome:
    """
    Note that somebody said more, tell who has the turn (or the incident it was merged into), and count it.

    It holds for an incident that is over as well: whether that opens it again is for people to decide. A
    reason goes out in notices and stands where anybody reads it: what was said in confidence is told without.
    """
    reason = attached.description if may_be_quoted(attached) else None
    draft = Draft(case, directory, cause=cause, at=attached.effective_at)
    if attached.wants_reply:
        _let_hear(draft, Further(terminal=attached.terminal, report_id=attached.report_id))
    if attached.relation.kind in ASKED_AGAIN:
        draft.count(repeats=1)
    if case.incident.state == "merged" and case.incident.merged_into is not None:
        shown = reason if may_be_quoted(case.incident) else None
        said = {"reason": shown, "reason_code": attached.relation.kind}
        draft.tell("remind", case.incident.merged_into, **said)
    for held in () if case.over else main_turn(draft):
        draft.move(held, change="reminded")
    return settle(draft, "attached", now=now, reason_code=attached.relation.kind, reason=reason)


def _let_hear(draft: Draft, report: Further) -> None:
    """Let who made *report* hear from now on what becomes of the matter."""
    known = draft.kept("further")
    if report not in known and len(known) < MOST_FURTHER:
        draft.keep(further=(*known, report))
