"""
The room on its real ground: what rings when, what is taken back, and that a crash doubles nothing.

All tests share one house, whose time only moves forward: each has a morning of its own.
"""

from datetime import datetime

import pytest

from tests.service.escalation.running import MAILBOX, EscalationRun, Heard
from tests.unit.escalation.builders import CALENDARS, HOUR, fact, limit, task
from tests.waiting import wait_for
from wangge_chassis import partition_of
from wangge_contracts.message import instant_text
from wangge_contracts.topics import INSIDE_PARTITIONS_DEFAULT


@pytest.fixture(scope="module")
def house(empty_house: EscalationRun) -> EscalationRun:
    """The room, running, with its reference data published."""
    empty_house.publish()
    empty_house.start()
    return empty_house


def test_a_task_rings_at_80_and_at_100_percent_and_its_holder_hears_it(
    house: EscalationRun, morning: datetime
) -> None:
    own, other = task(1, assigned_at=morning), task(2, assigned_at=morning, holder="department:gas")
    house.tell([fact(own), fact(other)])
    clocks, mailbox = house.heard(), house.heard(MAILBOX)
    wait_for("both clocks started", lambda: len(clocks.story()) == 2)
    assert house.ask("/v1/clocks/next-due") == {"next_due": instant_text(morning + 8 * HOUR)}
    wait_for("the room idles", lambda: house.unpublished() == 0)

    house.advance(morning + 8 * HOUR)
    wait_for("both warnings", lambda: len(clocks.story()) == 4)
    assert house.ask("/v1/clocks/next-due") == {"next_due": instant_text(morning + 10 * HOUR)}
    house.advance(morning + 10 * HOUR)

    whole = ["started", "rang warning", "rang overdue"]
    wait_for(
        "both red lights", lambda: clocks.story(own.incident_id) == clocks.story(other.incident_id) == whole
    )
    wait_for("the mailbox", lambda: mailbox.story() == whole)
    rang = clocks.records[-1][3]
    assert (rang.effective_at, rang.catch_up, rang.remaining_s) == (morning + 10 * HOUR, False, 0)
    assert house.ask("/v1/clocks/next-due") == {}


def test_an_answer_in_time_counts_though_it_is_read_after_the_rung(
    house: EscalationRun, morning: datetime
) -> None:
    own = task(3, assigned_at=morning)
    clocks = house.heard()
    house.tell([fact(own)])
    wait_for("the clock started", lambda: clocks.story(own.incident_id) == ["started"])

    house.advance(morning + 11 * HOUR)
    wait_for("both rungs", lambda: len(clocks.story(own.incident_id)) == 3)
    in_time = morning + 9 * HOUR
    house.tell([fact(task(3, revision=2, state="done", assigned_at=morning, effective_at=in_time))])

    wait_for("the end", lambda: clocks.story(own.incident_id)[-1] == "stopped")
    assert clocks.story(own.incident_id)[1:4] == ["rang warning", "rang overdue", "rung-withdrawn overdue"]
    working = house.ask(f"/v1/clocks/{own.task_id}")
    assert (working["state"], working["standing"], working["remaining_s"]) == ("stopped", ["warning"], 3600)
    assert working["calendar"]["closed"] == CALENDARS["calendars"][0]["closed"]


def test_a_calendar_that_is_not_published_yet_is_waited_for(house: EscalationRun, morning: datetime) -> None:
    own = task(4, assigned_at=morning, limit=limit(1, version="2"))
    house.tell([fact(own)])
    wait_for("it says what it lacks", lambda: "beijing in version 2 was never published" in house.log)

    house.publish(calendars={"calendars": [{**CALENDARS["calendars"][0], "version": "2"}]}, version="2")

    wait_for("the clock started", lambda: house.heard().story(own.incident_id) == ["started"])


def test_a_version_that_decided_a_fact_and_is_not_here_is_waited_for(
    house: EscalationRun, morning: datetime
) -> None:
    own, other = task(5, assigned_at=morning), task(6, assigned_at=morning)
    house.tell([fact(own).model_copy(update={"reference_versions": {"bundle": "3"}}), fact(other)])
    waits = "waits: reference version 3 is not here, and a message was decided by it: publish it"
    wait_for("it says what it lacks", lambda: any(waits in reason for reason in house.reasons()))
    assert house.heard().story(own.incident_id) == []

    house.publish(version="3")

    wait_for("the clock started", lambda: house.heard().story(own.incident_id) == ["started"])
    wait_for("the others go on", lambda: house.heard().story(other.incident_id) == ["started"])
    wait_for("it is ready", lambda: house.reasons() == [])


def test_a_crash_amid_the_bell_loses_no_rung_doubles_none_and_keeps_their_order(
    house: EscalationRun, morning: datetime
) -> None:
    clocks = house.heard()
    wait_for("all is quiet", lambda: house.ask("/v1/clocks/next-due") == {})
    wait_for("all of it is published", lambda: house.unpublished() == 0)
    before, earlier, count = len(clocks.all()), len(rung_ids(clocks)), 150
    house.tell(fact(task(9 + n, assigned_at=morning, limit=limit(n))) for n in range(1, count + 1))
    wait_for("all clocks started", lambda: len(clocks.more()) == before + count)
    house.kill()
    house.advance(morning + 1000 * HOUR)
    house.start(rings_per_turn=10)
    wait_for("the bell is amid its work", lambda: len(rung_ids(clocks)) > earlier + 20)

    house.kill()
    assert len(rung_ids(clocks)) < earlier + 2 * count
    house.start(rings_per_turn=40)

    wait_for("all has rung", lambda: house.ask("/v1/clocks/next-due") == {})
    wait_for("all is published", lambda: house.unpublished() == 0)
    firsts = {(key, sequence): (id_, said) for key, id_, sequence, said in reversed(clocks.more()[before:])}
    assert {(key, sequence, id_) for (key, sequence), (id_, _) in firsts.items()} == {
        (key, sequence, id_) for key, id_, sequence, _ in clocks.records[before:]
    }
    assert len(firsts) == len({id_ for id_, _ in firsts.values()}) == 3 * count
    rang = [(key, said) for (key, _), (_, said) in reversed(firsts.items()) if said.rung]
    assert all(said.catch_up for _, said in rang)
    for part in range(INSIDE_PARTITIONS_DEFAULT):
        due = [
            said.effective_at for key, said in rang if partition_of(key, INSIDE_PARTITIONS_DEFAULT) == part
        ]
        assert due == sorted(due)


def rung_ids(clocks: Heard) -> set[str]:
    return {id_ for _, id_, _, said in clocks.more() if said.rung}
