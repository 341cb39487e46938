"""The gas leak of the article as tests tell it themselves: who decides, who is sent, who must hear of it."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from wangge_contracts.v1 import DeskOrdered, OrderedParty, Person, Text
from wangge_contracts.v1.parts import ClassRef

GRID = "110101009015004"
"""Gongti community's grid 4."""
CLASS = ClassRef(scheme="gb-event", version="30428-city-1", code="0502", condition="1")
STREET, WORKSTATION = "desk:110101009", "desk:110101009015"
SECRETARY, POLICE, MANAGER = (f"officer:{GRID}/{role}" for role in ("secretary", "police", "manager"))
SECURITY, HEAD = "officer:110101009015/security-head", "officer:110101009015/head"
GAS, PROPERTY = "department:beijing-gas", "department:gongti-property"
MUST_HEAR = (
    (SECRETARY, "attend"),
    (POLICE, "attend"),
    (SECURITY, "attend"),
    (PROPERTY, "task-given"),
    (STREET, "task-call"),
)
"""Recipients, each with its template; the gas company is contact-only, so the desk is told to call it."""
_PARTIES = (
    OrderedParty(holder=GAS, kind="handle", role="lead"),
    OrderedParty(holder=PROPERTY, kind="assist", role="assist"),
    *(OrderedParty(holder=each, kind="attend", role="attend") for each in (SECRETARY, POLICE, SECURITY)),
)


def turn_of(whole: Mapping[str, Any], desk: str) -> Mapping[str, Any] | None:
    """The task by which *desk* must dispatch, in what the ledger tells of an incident."""
    tasks = (task for task in whole["tasks"] if (task["holder"], task["kind"]) == (desk, "dispatch"))
    return next(tasks, None)


def dispatch(incident_id: str, turn: Mapping[str, Any], *, at: datetime) -> DeskOrdered:
    """The street's order, effective *at* (house time), which ends its *turn*: all are sent at once."""
    return DeskOrdered(
        order_id=f"go-{incident_id}",
        order="dispatch",
        incident_id=incident_id,
        task_ids=(turn["task_id"],),
        mode="actual",
        actor=Person(staff_id="syn-110101009-desk", role="desk"),
        on_behalf_of=STREET,
        role="desk",
        urgency="urgent",
        reason=Text(text="燃气泄漏,立即处置", lang="zh"),
        effective_at=at,
        parties=_PARTIES,
    )
