"""
Reference data are switched, and published badly, while reports flow through two routers.

All tests share one house; the last one kills a router, ends the flow and counts.
"""

import shutil
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.checker import check
from tests.ground import fresh_database
from tests.service.chassis.running import read_all
from tests.system.switching import BASE, CONFIG, FACTS, PLACES, Switching, unit, variant, version_of
from tests.waiting import wait_for
from wangge_contracts import topics
from wangge_contracts.v1 import IncidentChanged, TaskChanged
from wangge_local import bundle, publish
from wangge_local.bundle_problems import BadBundle
from wangge_local.kafka import Kafka
from wangge_local.postgres import Postgres
from wangge_local.standing import standing


@pytest.fixture(scope="module")
def house(kafka: Kafka, postgres: Postgres, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Switching]:
    """The house, at work."""
    with (
        fresh_database(postgres) as database,
        Switching(kafka, database, tmp_path_factory.mktemp("switching")) as house,
    ):
        for name in PLACES:
            house.start(name)
        house.wait_ready(*PLACES)
        yield house


def test_half_a_bundle_decides_nothing_and_its_last_part_puts_it_in_force(house: Switching) -> None:
    half = variant(1)
    with house.reports():
        facts = house.facts_from_now()
        house.put(half, "departments", manifest=False)
        assert {version_of(fact) for fact in facts.go_on()} == {BASE.version}
        house.put(half, manifest=True)
        assert {version_of(fact) for fact in facts.go_on()} == {BASE.version}
        assert not house.why_not_ready("router-a")
        assert f"reference version {half.version} lacks rulebook" in house.log("router-a")

        house.put(half, "rulebook", manifest=False)

        assert facts.wait_for_version(half.version).incident.lead == f"department:{unit(1)}"


@pytest.mark.long  # ten seconds of it are the broker's client, which asks that seldom for new topics
def test_a_unit_without_topics_stops_its_messages_until_they_are_made(house: Switching) -> None:
    with house.reports():
        facts = house.facts_from_now()
        house.publish(variant(3))
        why = wait_for("a router says what is missing", lambda: house.why_not_ready("router-a"))
        assert topics.DEPARTMENT_TASKS.named(unit(3)) in why

        publish.make_topics(house.kafka.bootstrap, publish.Outsiders((), (unit(3),)))

        house.wait_ready("router-a", "router-b")
        assert facts.wait_for_version(variant(3).version).incident.lead == of(3)
    tasks = read_all(house.kafka.bootstrap, topics.DEPARTMENT_TASKS.named(unit(3)))
    assert {TaskChanged.read(task.value()).holder for task in tasks} == {of(3)}


def test_a_version_that_a_router_cannot_read_leaves_the_one_before_in_force(house: Switching) -> None:
    with house.reports():
        facts = house.facts_from_now()
        before = version_of(facts.go_on()[-1])
        useless = variant(30, then={"lead": unit(30), "when_free": "always"})
        house.publish(useless)
        wait_for("the routers say so", lambda: useless.version in house.log("router-a"))

        assert {version_of(fact) for fact in facts.go_on()} == {before}

        health = house.health("router-a")
        assert health["ready"]
        assert health["reference_version"] == before
        assert useless.version in health["notes"][0]

        house.publish(variant(4))
        assert facts.wait_for_version(variant(4).version).incident.lead == of(4)


def test_a_part_that_is_larger_than_a_message_is_refused_before_anything_is_said(
    house: Switching, tmp_path: Path
) -> None:
    stands = standing(house.kafka.bootstrap)
    folder = tmp_path / "large"
    shutil.copytree(CONFIG, folder)
    rulebook = folder / "rulebook.toml"
    zone = ", ".join(f'"{n:015}"' for n in range(60_000))
    text = rulebook.read_text("utf-8")
    rulebook.write_text(text.replace("[limits]", f"zones = {{ all = [{zone}] }}\n\n[limits]", 1), "utf-8")

    with pytest.raises(BadBundle, match=r"rulebook.toml.*a message takes"):
        bundle.load(folder)
    assert standing(house.kafka.bootstrap) == stands


def test_versions_switch_under_load_while_a_router_dies_and_nothing_is_lost(house: Switching) -> None:
    versions = {variant(number).version: number for number in (5, 6, 7, 8)}
    facts = house.facts_from_now()
    with house.reports():
        for number in (5, 6):
            house.publish(variant(number))
            facts.wait_for_version(variant(number).version)
        house.publish(variant(7))
        house.kill("router-b")
        facts.wait_for_version(variant(7).version)
        facts.go_on()
        house.publish(variant(8))
        facts.wait_for_version(variant(8).version)
    incidents = "SELECT count(*) FROM incident"
    wait_for("the router has all", lambda: house.count("router", incidents) == house.reported, within_s=60)
    wait_for("all is published", lambda: house.count("router", "SELECT count(*) FROM outbox") == 0)

    run = house.gather()
    assert check(run) == []
    assert backwards(house.kafka.bootstrap) == []
    assert len({fact.key for fact in run.facts}) == house.reported
    for fact in facts.more():
        if (number := versions.get(version_of(fact), 0)) > 0:
            assert fact.decision is not None
            assert (fact.decision.rule, fact.incident.lead) == (unit(number), of(number))


def of(number: int) -> str:
    """Return the holder that a variant adds."""
    return f"department:{unit(number)}"


def backwards(bootstrap: str) -> list[str]:
    """Name the facts that were decided by an older version than one before them in their part."""
    numbers = {variant(number).version: number for number in range(1, 9)}
    last: dict[int, int] = defaultdict(int)
    seen: set[bytes] = set()
    found = []
    for record in read_all(bootstrap, FACTS):
        fact, message_id = IncidentChanged.read(record.value()), dict(record.headers())["ce_id"]
        if message_id in seen:
            continue
        seen.add(message_id)
        part, number = record.partition(), numbers.get(version_of(fact), 0)
        if number < last[part]:
            found.append(f"a fact of {fact.incident.incident_id} by version {number} after {last[part]}")
        last[part] = number
    return found
