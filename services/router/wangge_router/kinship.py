"""
How incidents that belong together stay in step: what one tells the others when it ends, or opens again.

An incident that was merged into another follows it; one that was split off is waited for. Neither writes
about the other: each is told under its own key. What is told carries the speaker's revision, so that whatever
comes late, or twice, changes nothing.
"""

from collections.abc import Iterator

from wangge_contracts.v1 import INCIDENT_OVER, Fault, Id, Incident, IncidentState, Order, fault

FIXED: frozenset[IncidentState] = INCIDENT_OVER | {"merging"}
"""The states of an incident that do not follow from its open tasks."""
ENDS: dict[IncidentState, Order] = {
    "closed": "close",
    "void": "void",
    "not-accepted": "not-accept",
    "merged": "close",
}
"""How an incident is told that another has ended so."""
_FOLLOWED = ENDS.keys() - {"merged"}
"""What is merged into an incident ends with it in these ways; while it is merged itself, they rest."""


CHILDREN_OPEN = fault(
    "not-allowed-now",
    "/order",
    detail_zh="拆分出的案件尚未办结",
    detail_en="what was split from it is not over yet",
)
"""Why an incident does not end before those that were split from it."""


def over(incident: Incident) -> Fault:
    """Return why nothing more is done in *incident*: it is over, or what goes on goes on in another."""
    other = incident.merged_into_number
    if other is None:
        return fault("closed")
    return fault("closed", detail_zh=f"已并入案件{other}", detail_en=f"it was merged into {other}")


def news(before: Incident, after: Incident) -> Iterator[tuple[Order, Id]]:
    """Yield what an act that led from *before* to *after* tells other incidents, and which."""
    if after.state == before.state:
        return
    if after.state in _FOLLOWED:
        for child in after.merged:
            yield ENDS[after.state], child
    elif before.state in _FOLLOWED:
        for child in after.merged:
            yield "reopen", child
    if after.split_from is not None and after.state in ENDS and before.state not in ENDS:
        yield ENDS[after.state], after.split_from
