"""Two rulebooks over the same incidents: which would change department, and by which rules. Pure."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from typing import Any

from wangge_contracts.v1 import IncidentAccepted
from wangge_local.backtest import lead_of
from wangge_router.routing import route
from wangge_router.sorting import Sorting


@dataclass(frozen=True, slots=True)
class Answer:
    """Who would get an incident, and by which rule."""

    rule: str
    lead: str
    reason: str


@dataclass(frozen=True, slots=True)
class Change:
    """An incident that another unit would get."""

    case_number: str
    code: str | None
    """Of its class."""
    old: Answer
    new: Answer


@dataclass(frozen=True, slots=True)
class Pair:
    """The rules that decide the same incidents, before and after."""

    old_rule: str
    old_lead: str
    new_rule: str
    new_lead: str


@dataclass(slots=True)
class Comparison:
    """Counts while incidents come."""

    old: Sorting
    new: Sorting
    incidents: int = 0
    changes: list[Change] = field(default_factory=list)
    pairs: Counter[Pair] = field(default_factory=Counter)

    def compare(self, incident: IncidentAccepted, *, before: IncidentAccepted | None = None) -> None:
        """Ask both who gets *incident*, the old one as it came in there if that is another: *before*."""
        old, new = answer_of(before or incident, self.old), answer_of(incident, self.new)
        self.incidents += 1
        if old.lead != new.lead:
            code = incident.class_ref.code if incident.class_ref else None
            self.changes.append(Change(incident.case_number, code, old, new))
            self.pairs[Pair(old.rule, old.lead, new.rule, new.lead)] += 1

    def summary(self) -> dict[str, Any]:
        """Everything, as JSON has it."""
        return {
            "incidents": self.incidents,
            "changed": len(self.changes),
            "by_rules": list(self._by_rules()),
            "changes": [asdict(change) for change in self.changes],
        }

    def _by_rules(self) -> Iterator[dict[str, Any]]:
        for pair, count in self.pairs.most_common():
            yield {"incidents": count, **asdict(pair)}


def answer_of(incident: IncidentAccepted, sorting: Sorting) -> Answer:
    """Who gets *incident* by that table, and why."""
    found = route(incident, sorting)
    return Answer(found.rule, lead_of(found), found.ruling.reason)
