"""A class -> what the standard says of it (立案): the limit, the closing condition, what has to be shown."""

from datetime import datetime
from typing import Any

from wangge_contracts.v1 import CheckKind, ClassRef, EvidenceRule, StandardRow
from wangge_router.draft import Draft
from wangge_router.routes import named


def file(draft: Draft, class_ref: ClassRef) -> bool:
    """
    Take the incident up under the row of *class_ref*; False when the standard has none.

    What was taken up before, under this row or another, stays filed as of then.
    """
    row = draft.directory.sorting.row(class_ref)
    if row is None:
        return False
    draft.put(**filed(row, named(row), draft.incident.filed_at or draft.at))
    _ask(draft, row)
    return True


def classify(draft: Draft, class_ref: ClassRef) -> bool:
    """
    Note that it is of *class_ref*, and take it up under its row; False when the standard has none.

    What nobody has confirmed on the spot yet (核实) is taken up with that, or when a desk gives it to a lead.
    """
    if not _unverified(draft):
        return file(draft, class_ref)
    row = draft.directory.sorting.row(class_ref)
    if row is None:
        return False
    draft.put(class_ref=named(row))
    _ask(draft, row)
    return True


def _unverified(draft: Draft) -> bool:
    """Whether somebody is to look on the spot, or has doubts, and no desk had it handled all the same."""
    looks = [held.task for held in draft.held if held.task.kind == "verify"]
    confirmed = any(task.verdict == "passed" for task in looks)
    return bool(looks) and not confirmed and draft.incident.filed_at is None and draft.lead is None


def _ask(draft: Draft, row: StandardRow) -> None:
    """Let what is to be shown, and when it may be closed, be what *row* says."""
    evidence = evidence_of(row, draft.kept("check_kind"))
    draft.keep(closing_condition=row.closing_condition, required_evidence=evidence)


def evidence_of(row: StandardRow | None, check_kind: CheckKind) -> tuple[EvidenceRule, ...]:
    """Return what `done` has to show: what the row says, and photos where they are what is checked."""
    asked = row.required_evidence if row else ()
    if check_kind == "photo" and not any(rule.purpose == "after" for rule in asked):
        return (*asked, EvidenceRule(purpose="after"))
    return asked


def filed(row: StandardRow, class_ref: ClassRef, at: datetime) -> dict[str, Any]:
    """Return what an incident tells of *row*, taken up under it *at* (house time, UTC)."""
    return {
        "class_ref": class_ref,
        "filed_at": at,
        "standard_version": row.class_ref.version,
        "limit": row.limit,
    }
