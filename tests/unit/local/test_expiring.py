"""A contact goes when nobody has a use for it any more, and not before."""

from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, cast

from wangge_local.doors import Door, Refused
from wangge_local.expiring import quiet_since


@dataclass
class Ledger:
    """What the ledger tells, by incident: its state, the instant of its last line, what it went into."""

    told: dict[str, tuple[str, str, str | None]] = field(default_factory=dict)

    def get(self, path: str) -> dict[str, Any]:
        incident_id = path.rpartition("/")[2]
        if incident_id not in self.told:
            raise Refused(404, {})
        state, last, into = self.told[incident_id]
        lines = [{"effective_at": at} for at in (last, "2026-01-01T00:00:00.000Z")]
        return {"incident": {"state": state, "merged_into": into}, "timeline": lines}


def since(incident_id: str, **told: tuple[str, str, str | None]) -> datetime | None:
    return quiet_since(cast("Door", Ledger(told)), incident_id)


def test_what_is_over_is_quiet_since_the_last_that_was_said_of_it() -> None:
    for state in ("closed", "void", "not-accepted"):
        assert since("a", a=(state, "2026-03-01T00:00:00.000Z", None)) == datetime(2026, 3, 1, tzinfo=UTC)


def test_what_is_not_over_or_not_known_is_left_alone() -> None:
    assert since("a", a=("handling", "2026-03-01T00:00:00.000Z", None)) is None
    assert since("b") is None


def test_what_went_into_another_waits_for_that() -> None:
    child = ("merged", "2026-03-01T00:00:00.000Z", "parent")

    assert since("a", a=child, parent=("handling", "2026-04-01T00:00:00.000Z", None)) is None
    closed = ("closed", "2026-05-01T00:00:00.000Z", None)
    assert since("a", a=child, parent=closed) == datetime(2026, 5, 1, tzinfo=UTC)
