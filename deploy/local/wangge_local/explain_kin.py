"""The other matters that one hangs together with: its parts, what it took in, what it follows. Pure."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from wangge_contracts.v1 import INCIDENT_OVER

RELATIONS = {
    "split": "part",
    "merged": "taken-in",
    "merged_into": "follows",
    "split_from": "part-of",
}
"""How an incident names another, and what that other is to it."""
_MOST = 20
"""How many of one relation are looked up; a split or merged matter seldom has three."""
_SAID = {
    "part": "split off",
    "taken-in": "has taken in",
    "follows": "merged into",
    "part-of": "split from",
}


@dataclass(frozen=True, slots=True)
class Relative:
    """Another matter; *state* is empty where nothing is known of it yet."""

    relation: str
    incident_id: str
    case_number: str
    state: str

    @property
    def told(self) -> str:
        """The matter with its state."""
        return f"{self.case_number} ({self.state or 'on its way'})"


def relatives(
    incident: Mapping[str, Any], find: Callable[[str], Mapping[str, Any] | None]
) -> tuple[Relative, ...]:
    """Return what *incident* hangs together with; *find* gives another by its id, None if it is unknown."""
    found = []
    for field, relation in RELATIONS.items():
        value = incident.get(field) or ()
        for other_id in ((value,) if isinstance(value, str) else value)[:_MOST]:
            other = find(other_id) or {}
            number, state = other.get("case_number", other_id), other.get("state", "")
            found.append(Relative(relation, other_id, number, state))
    return tuple(found)


def waits_for(incident: Mapping[str, Any], turns: str, kin: Sequence[Relative]) -> str:
    """
    Say in one line who must act next: *turns* says it of the tasks of the incident itself, empty without one.

    A matter that was split closes after all of its parts; one that was merged does what its parent does.
    """
    parent = next((each for each in kin if each.relation == "follows"), None)
    if parent is not None and not turns:
        if incident["state"] == "merged":
            return f"nobody here: it follows {parent.told}, which it was merged into"
        return f"nobody: it is over, with {parent.told}, which it was merged into"
    parts = [each.told for each in kin if each.relation == "part" and each.state not in INCIDENT_OVER]
    if incident["state"] in INCIDENT_OVER or not parts:
        return turns
    return f"{turns}; then {' and '.join(parts)}" if turns else f"its parts: {' and '.join(parts)}"


def lines(kin: Sequence[Relative]) -> list[str]:
    """Return a line for each relation that there is."""
    told = {relation: [each.told for each in kin if each.relation == relation] for relation in _SAID}
    return [f"{_SAID[relation]}: {', '.join(others)}" for relation, others in told.items() if others]
