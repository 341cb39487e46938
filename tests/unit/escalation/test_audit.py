"""What the audit says of a replica, by what it found when it last looked."""

import time
from datetime import timedelta

import pytest

from tests.unit.escalation.builders import MORNING
from wangge_chassis.probes import Health
from wangge_escalation.app import examine
from wangge_escalation.aside import Aside
from wangge_escalation.audit import Audit, Finding
from wangge_escalation.holding import Hold
from wangge_escalation.store_due import Overdue

SECOND = timedelta(seconds=1)


def audit(finding: Finding) -> Audit:
    """It is to look every ten seconds."""
    found = Audit(lambda: Hold(600 * SECOND).see({}, now_s=0), every=10 * SECOND, bound=30 * SECOND)
    found.finding = finding
    return found


def reasons(audit: Audit, *, parts: int) -> list[str]:
    health = Health(details={"escalation": {"parts": parts}})
    examine(health, audit, Aside())
    return health.reasons


def ago(seconds: float) -> float:
    return time.monotonic() - seconds


@pytest.mark.parametrize(
    ("finding", "says"),
    [
        (Finding(at_s=ago(100)), "nobody has looked for overdue rungs for a while"),
        (
            Finding(Overdue(2, MORNING), at_s=ago(1)),
            f"2 clocks should have rung 30 s ago or earlier, the first at {MORNING}",
        ),
    ],
)
def test_a_replica_is_answerable_for_the_parts_that_it_holds_and_for_no_others(
    finding: Finding, says: str
) -> None:
    found = audit(finding)

    assert reasons(found, parts=3) == [says]
    assert reasons(found, parts=0) == []
    # Until it has looked it knows nothing of parts that it is given again.
    assert reasons(found, parts=3) == []


def test_a_replica_that_is_starting_answers_for_nothing_yet() -> None:
    health = Health()
    examine(health, audit(Finding()), Aside())

    assert health.ready
