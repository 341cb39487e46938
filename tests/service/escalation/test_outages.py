"""An outage is declared: every clock of that time is relieved of it soon, once, whoever owns it by then."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests import ground
from tests.service.escalation.running import EscalationRun, escalation_run
from tests.unit.escalation.bench import done
from tests.unit.escalation.builders import FULL_LADDER, HOUR, MORNING, fact, task
from tests.waiting import wait_for
from wangge_local.kafka import Kafka
from wangge_local.postgres import Postgres

COUNT = 90
"""Clocks, a third of each kind."""


@pytest.fixture
def house(kafka: Kafka, postgres: Postgres, tmp_path: Path) -> Iterator[EscalationRun]:
    ground.renew_topics(kafka.bootstrap)
    with ground.fresh_database(postgres) as database, escalation_run(kafka, database, tmp_path) as run:
        run.publish(ladder=FULL_LADDER)
        yield run


def test_a_declared_outage_relieves_every_clock_of_its_time_once_though_its_owner_is_killed_amid(
    house: EscalationRun,
) -> None:
    running = [task(number) for number in range(COUNT // 3)]
    late = [task(number) for number in range(COUNT // 3, 2 * COUNT // 3)]
    early = [task(number) for number in range(2 * COUNT // 3, COUNT)]
    clocks = house.heard()
    house.start()
    house.tell(fact(each) for each in running + late + early)
    wait_for("all clocks started", lambda: len(clocks.story()) == COUNT)
    house.advance(MORNING + 9 * HOUR)
    wait_for("all are warned", lambda: clocks.story().count("rang warning") == COUNT)
    for ended, at in ((late, MORNING + 8.5 * HOUR), (early, MORNING + 4 * HOUR)):
        house.tell(
            fact(done(incident_id=each.incident_id, task_id=each.task_id, effective_at=at)) for each in ended
        )
    wait_for("two thirds have stopped", lambda: clocks.story().count("stopped") == 2 * COUNT // 3)
    wait_for("all is published", lambda: house.unpublished() == 0)
    house.kill()
    outage = {"since": (MORNING + 5 * HOUR).isoformat(), "until": (MORNING + 6 * HOUR).isoformat()}
    house.publish(ladder={**FULL_LADDER, "outages": [{**outage, "reason": "no-power"}]}, version="2026.2")

    house.start(relieved_per_turn=4)
    wait_for("it is amid its work", lambda: clocks.story().count("recalculated") > 4)
    house.kill()
    assert clocks.story().count("recalculated") < 2 * COUNT // 3
    house.start(relieved_per_turn=7)

    left = "SELECT count(*) FROM clock WHERE outages = '' AND (ended_at IS NULL OR ended_at > '{}')"
    unrelieved = left.format((MORNING + 5 * HOUR).isoformat())
    wait_for("all are relieved", lambda: house.database.sql(unrelieved, role="escalation") == ["0"])
    wait_for("all is published", lambda: house.unpublished() == 0)
    clocks.more()
    said = {(key, sequence): (id_, fact) for key, id_, sequence, fact in clocks.records}
    assert len({id_ for id_, _ in said.values()}) == len(said)
    told = {key: [fact for (of, _), (_, fact) in said.items() if of == key] for key, _ in said}
    for each in running + late:
        recalculated = [fact for fact in told[each.incident_id] if fact.change == "recalculated"]
        assert [fact.deadline for fact in recalculated] == [MORNING + 11 * HOUR]
        assert recalculated[0].segments[1].reason == "no-power"
        assert [fact.withdrawn_rung for fact in told[each.incident_id] if fact.withdrawn_rung] == ["warning"]
    for each in early:
        assert {fact.change for fact in told[each.incident_id]} >= {"started", "stopped"}
        assert "recalculated" not in {fact.change for fact in told[each.incident_id]}
    # Nine hours by the clock are eight of the limit now: the warning rings anew, for those that still run.
    for each in running:
        assert [fact.effective_at for fact in told[each.incident_id] if fact.rung] == [
            MORNING + 8 * HOUR,
            MORNING + 9 * HOUR,
        ]


def test_a_declaration_that_is_taken_back_counts_again_for_every_clock_once(house: EscalationRun) -> None:
    running = [task(number) for number in range(20)]
    ended = [task(number) for number in range(20, 30)]
    clocks = house.heard()
    house.start(relieved_per_turn=4)
    house.tell(fact(each) for each in running + ended)
    wait_for("all clocks started", lambda: clocks.story().count("started") == 30)
    house.advance(MORNING + 6 * HOUR)
    outage = {
        "since": (MORNING + 3 * HOUR).isoformat(),
        "until": (MORNING + 4 * HOUR).isoformat(),
        "reason": "no-power",
    }
    house.publish(ladder={**FULL_LADDER, "outages": [outage]}, version="2026.2")
    wait_for("all are relieved", lambda: clocks.story().count("recalculated") == 30)
    house.advance(MORNING + 10.5 * HOUR)
    house.tell(
        fact(done(incident_id=each.incident_id, task_id=each.task_id, effective_at=MORNING + 10.4 * HOUR))
        for each in ended
    )
    wait_for("a third has answered in time", lambda: clocks.story().count("stopped") == 10)
    back = {**outage, "taken_back_at": (MORNING + 10.5 * HOUR).isoformat()}
    house.publish(ladder={**FULL_LADDER, "outages": [back]}, version="2026.3")

    wait_for("all are told", lambda: clocks.story().count("recalculated") == 60)
    wait_for("what runs is overdue now", lambda: clocks.story().count("rang overdue") == 20)
    wait_for("all is published", lambda: house.unpublished() == 0)
    clocks.more()
    assert len({id_ for _, id_, _, _ in clocks.records}) == len(clocks.records)
    told = {
        each.incident_id: [fact for key, *_, fact in clocks.records if key == each.incident_id]
        for each in running + ended
    }
    for facts in told.values():
        deadlines = [fact.deadline for fact in facts if fact.change == "recalculated"]
        assert deadlines == [MORNING + 11 * HOUR, MORNING + 10.5 * HOUR]
        assert "outage-taken-back" in {each.reason for each in facts[-1].segments}
    for each in running:
        (overdue,) = [fact for fact in told[each.incident_id] if fact.rung == "overdue"]
        assert overdue.effective_at == MORNING + 10.5 * HOUR
    for each in ended:
        assert "overdue" not in {fact.rung for fact in told[each.incident_id]}
