"""Which clocks rest because they could not be counted, for how long, and who is told."""

from datetime import timedelta

import pytest

from tests.unit.escalation.bench import running
from tests.unit.escalation.builders import MORNING
from wangge_chassis import key_hash
from wangge_chassis.probes import Health
from wangge_escalation.aside import AGAIN_AFTER, Aside
from wangge_escalation.clocks import Clock

MOMENT = timedelta(milliseconds=1)


@pytest.fixture
def clock() -> Clock:
    found = running().clock
    assert found is not None
    return found


@pytest.fixture
def aside(clock: Clock) -> Aside:
    found = Aside()
    found.put(clock, ValueError("no such day"), now=MORNING)
    return found


def notes(aside: Aside) -> list[str]:
    health = Health()
    aside.examine(health)
    return health.notes


def test_a_clock_rests_for_a_while_and_is_named_for_as_long_as_it_was_not_counted(
    aside: Aside, clock: Clock
) -> None:
    again_at = MORNING + AGAIN_AFTER

    assert aside.resting(again_at - MOMENT) == (clock.task_id,)
    assert aside.again_at(again_at - MOMENT) == again_at
    assert aside.resting(again_at) == ()
    assert aside.again_at(again_at) is None
    assert notes(aside) == [
        f"1 clocks cannot be counted and are set aside: {clock.task_id} (ValueError: no such day)"
    ]


def test_a_clock_that_was_counted_after_all_rests_no_more(aside: Aside, clock: Clock) -> None:
    aside.forget(clock)

    assert (aside.resting(MORNING), notes(aside)) == ((), [])


def test_the_clocks_of_others_are_theirs_to_name(aside: Aside, clock: Clock) -> None:
    part = key_hash(clock.incident_id) % 12

    aside.keep({part, (part + 1) % 12}, 12)
    assert notes(aside) != []
    aside.keep({(part + 1) % 12}, 12)

    assert notes(aside) == []
