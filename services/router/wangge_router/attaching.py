"""A further report of an incident: a reminder (催办), a supplement, a withdrawal, somebody dissatisfied."""

from datetime import datetime

from wangge_contracts.message import known
from wangge_contracts.v1 import (
    Cause,
    FurtherReport,
    Incident,
    RelationKind,
    ReportAttached,
    is_restricted,
)
from wangge_router.case import MOST_FURTHER, Case, Further
from wangge_router.commanding import main_turn
from wangge_router.directory import Directory
from wangge_router.draft import Draft
from wangge_router.outcome import Outcome
from wangge_router.settling import settle
from wangge_router.snapshot import joined, may_be_quoted

_ASKED_AGAIN = ("reminder", "dissatisfied")


def attach(
    case: Case, attached: ReportAttached, directory: Directory, *, cause: Cause, now: datetime
) -> Outcome:
    """
    Note that somebody said more, tell who has the turn (or the incident it was merged into), and count it.

    It holds for an incident that is over as well: whether that opens it again is for people to decide. A
    reason goes out in notices and stands where anybody reads it: what was said in confidence is told without.
    """
    quoted = may_be_quoted(attached)
    draft = Draft(case, directory, cause=cause, at=attached.effective_at)
    if attached.wants_reply and _may_hear(case.incident, attached):
        _let_hear(draft, Further(terminal=attached.terminal, report_id=attached.report_id))
    kind = attached.relation.kind
    said = FurtherReport(
        kind=known(RelationKind, kind),
        at=draft.at,
        text=attached.description,
        attachments=attached.attachments or None,
    )
    tell_further(draft, said, quoted=quoted)
    reason = attached.description if quoted else None
    return settle(draft, "attached", now=now, reason_code=kind, reason=reason)


def tell_further(draft: Draft, said: FurtherReport, *, quoted: bool) -> None:
    """
    Count what was *said*, and tell it to who has the turn, or where it was merged.

    Only who asks again presses the holder; who says more, or takes it back, has him look at the matter anew.
    What may not be *quoted* was said in confidence.
    """
    incident = draft.incident
    asks = said.kind in _ASKED_AGAIN
    draft.count(**{"repeats" if asks else "supplements": 1})
    if quoted and said.attachments:
        draft.put(attachments=joined(incident.attachments, said.attachments))
    if incident.state == "merged" and incident.merged_into is not None:
        by_all = quoted and may_be_quoted(incident)
        draft.tell(
            "remind",
            incident.merged_into,
            reason=said.text if by_all else None,
            reason_code=said.kind,
            sensitivity=None if by_all else "restricted",
            further=said,
        )
    shown = _shown(said, incident, quoted=quoted)
    for held in () if draft.before.over else main_turn(draft):
        told = draft.standing(held) | {"further": shown}
        draft.move(held, change="reminded" if asks else "revised", **told)


def _shown(said: FurtherReport, incident: Incident, *, quoted: bool) -> FurtherReport:
    """
    Return what who has the turn finds of *said* in his task, besides what *incident* shows to everybody.

    What was said and shown in confidence he finds in a restricted matter alone: its tasks are for those who
    may.
    """
    if not quoted and is_restricted(incident.sensitivity):
        return said
    return said.model_copy(update={"text": said.text if quoted else None, "attachments": None})


def _may_hear(incident: Incident, attached: ReportAttached) -> bool:
    """Whether its reporter may hear what becomes of the matter: of a restricted one only who told it."""
    return may_be_quoted(incident) or attached.terminal == incident.terminal


def _let_hear(draft: Draft, report: Further) -> None:
    """Let who made *report* hear from now on what becomes of the matter."""
    hearing = draft.kept("further")
    if report not in hearing and len(hearing) < MOST_FURTHER:
        draft.keep(further=(*hearing, report))
