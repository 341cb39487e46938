"""What became of every report of a replay: verdicts, units, times, and whether anything was lost. Pure."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

_FINAL = frozenset({"accepted", "rejected", "duplicate", "conflict", "attached", "unreadable"})
_ROUTED_BY = "accepted-into-router"


@dataclass(slots=True)
class Tally:
    """Counts as records come in; instants are real milliseconds as the broker has them."""

    terminal: str
    sent_at: dict[str, int] = field(default_factory=dict)
    """When the broker had each report."""
    sent: int = 0
    expected: dict[str, str] = field(default_factory=dict)
    """The department that the city itself gave each report to."""
    unmapped: Counter[str] = field(default_factory=Counter)
    verdicts: Counter[str] = field(default_factory=Counter)
    reasons: Counter[str] = field(default_factory=Counter)
    routed: Counter[str] = field(default_factory=Counter)
    as_expected: int = 0
    compared: int = 0
    _report_ids: set[str] = field(default_factory=set)
    _receipts: set[str] = field(default_factory=set)
    _incidents: dict[str, float] = field(default_factory=dict)

    def send(self, report_id: str, *, department: str | None) -> None:
        """Note that a report goes out; *department* is what the city decided, if it is known."""
        self.sent += 1
        self._report_ids.add(report_id)
        if department:
            self.expected[report_id] = department

    def hear_receipt(self, receipt_id: str, receipt: Mapping[str, Any]) -> None:
        """Note a verdict; the same record may come twice and counts once."""
        outcome = receipt["outcome"]
        if receipt.get("report_id") not in self._report_ids or outcome not in _FINAL:
            return
        if receipt_id in self._receipts:
            return
        self._receipts.add(receipt_id)
        self.verdicts[outcome] += 1
        if outcome in ("rejected", "unreadable"):
            self.reasons.update(
                {f"{error['code']} {error['pointer']}".strip() for error in receipt.get("errors", ())}
            )

    def hear_fact(self, fact: Mapping[str, Any], *, at_ms: int) -> None:
        """Note where an incident of ours was sent first."""
        incident = fact["incident"]
        report_id = incident["report_id"]
        if fact["change"] != _ROUTED_BY or incident["terminal"] != self.terminal:
            return
        if report_id not in self._report_ids or incident["incident_id"] in self._incidents:
            return
        self._incidents[incident["incident_id"]] = at_ms - self.sent_at.get(report_id, at_ms)
        lead = incident.get("lead") or next((task["holder"] for task in fact.get("tasks", ())), "nobody")
        holder = lead.removeprefix("department:")
        self.routed[holder] += 1
        if report_id in self.expected:
            self.compared += 1
            self.as_expected += holder == self.expected[report_id]

    @property
    def judged(self) -> int:
        """How many verdicts there are."""
        return len(self._receipts)

    @property
    def arrived(self) -> int:
        """How many incidents the router has sent somewhere."""
        return len(self._incidents)

    @property
    def under_way(self) -> int:
        """How many reports have neither been routed nor come to another end."""
        return self.sent - self.judged + self.verdicts["accepted"] - self.arrived

    @property
    def complete(self) -> bool:
        """Whether every report has its verdict and every accepted one has been routed."""
        return self.judged >= self.sent and self.arrived >= self.verdicts["accepted"]

    def summary(self, *, seconds: float) -> dict[str, Any]:
        """Return all of it; `lost` counts reports without a verdict and accepted ones that went nowhere."""
        times = sorted(self._incidents.values())
        return {
            "sent": self.sent,
            "accepted": self.verdicts["accepted"],
            "rejected": self.verdicts["rejected"],
            "rejected_because": dict(self.reasons.most_common()),
            "duplicates": self.verdicts["duplicate"],
            "attached": self.verdicts["attached"],
            "conflicts": self.verdicts["conflict"],
            "unreadable": self.verdicts["unreadable"],
            "not_sent": dict(self.unmapped.most_common()),
            "routed": dict(self.routed.most_common()),
            "as_the_city_did": {"same": self.as_expected, "of": self.compared},
            "report_to_routed_ms": {"p50": _quantile(times, 0.5), "p99": _quantile(times, 0.99)},
            "seconds": round(seconds, 1),
            "per_second": round(self.sent / seconds) if seconds else 0,
            "lost": max(self.sent - self.judged, 0) + max(self.verdicts["accepted"] - self.arrived, 0),
        }


def _quantile(ordered: Sequence[float], share: float) -> float | None:
    """Return the value that *share* of all do not exceed (nearest rank)."""
    return ordered[max(0, -(-len(ordered) * share // 1).__int__() - 1)] if ordered else None
