"""A clock that cannot be counted is named and rings when it can be again; it keeps no other from ringing."""

import pytest

from tests.service.escalation.running import EscalationRun
from tests.unit.escalation.builders import HOUR, LADDER, MORNING, fact, limit, task
from tests.waiting import wait_for

SINCE = MORNING + 9 * HOUR
TYPO = {"since": SINCE.isoformat(), "until": SINCE.replace(year=2062).isoformat(), "reason": "no-power"}
"""As an operator may publish it who does not ask check-config: working time ends where the calendar does."""


@pytest.fixture
def house(empty_house: EscalationRun) -> EscalationRun:
    empty_house.publish()
    empty_house.start(bell_net_s=600, audit_every_s=0.3, audit_bound_s=3)
    return empty_house


def test_a_clock_that_cannot_be_counted_is_set_aside_and_rings_when_it_can_be_again(
    house: EscalationRun,
) -> None:
    doomed = [task(number, limit=limit(10, "working-hours")) for number in range(1, 4)]
    others = [task(number, limit=limit(8)) for number in range(4, 10)]
    clocks = house.heard()
    house.tell(fact(each) for each in doomed + others)
    wait_for("all clocks started", lambda: len(clocks.story()) == len(doomed + others))
    house.publish(ladder={**LADDER, "outages": [TYPO]}, version="2026.2")
    named = f"{len(doomed)} clocks cannot be counted and are set aside: "
    wait_for("they are named", lambda: any(note.startswith(named) for note in house.notes()))
    assert any(doomed[0].task_id in note and "BeyondCalendar" in note for note in house.notes())

    house.advance(MORNING + 30 * HOUR)

    rang = ["rang warning", "rang overdue"]
    wait_for("the others", lambda: [clocks.story(each.incident_id)[-2:] for each in others] == [rang] * 6)
    wait_for(
        "the audit finds them", lambda: any("3 clocks should have rung" in why for why in house.reasons())
    )
    assert f"wangge_escalation_set_aside_clocks {len(doomed)}.0" in house.text("/metrics")
    house.advance(MORNING + 31 * HOUR)
    assert [clocks.story(each.incident_id) for each in doomed] == [["started"]] * len(doomed)

    back = {**TYPO, "taken_back_at": (MORNING + 31 * HOUR).isoformat()}
    house.publish(ladder={**LADDER, "outages": [back]}, version="2026.3")

    wait_for("they ring", lambda: [clocks.story(each.incident_id)[-2:] for each in doomed] == [rang] * 3)
    wait_for("it is ready", lambda: house.reasons() == [] and house.notes() == [])
    assert "parts_given_up" not in house.log
