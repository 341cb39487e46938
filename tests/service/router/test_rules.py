"""Rules on a real broker and database: what was decided stays, and a guard that fails stops nothing."""

from typing import Any

from tests.service.router.running import FACTS, MAILBOX, RECEIPTS, WATER, RouterRun, report
from tests.unit.router.scenes import PARTS, minutes
from tests.waiting import wait_for
from wangge_chassis import partition_of
from wangge_contracts.topics import INSIDE_PARTITIONS_DEFAULT
from wangge_contracts.v1 import TaskAnswered


def in_force(run: RouterRun, version: str, **rulebook: Any) -> None:
    """Publish another rulebook and wait until the router decides by it."""
    run.publish(version, rulebook=PARTS["rulebook"] | rulebook)
    numbers = iter(range(10_000))

    def switched() -> bool:
        name = f"probe {version} {next(numbers)}"
        run.say(report(name))
        return bool(run.wait(FACTS, key=name).value["reference_versions"]["bundle"] == version)

    wait_for(f"version {version}", switched)


def behind(incident_id: str) -> str:
    """The id of an incident that is handled after what was said of *incident_id* before it."""
    part = partition_of(incident_id, INSIDE_PARTITIONS_DEFAULT)
    names = (f"behind {incident_id} {number}" for number in range(10_000))
    return next(name for name in names if partition_of(name, INSIDE_PARTITIONS_DEFAULT) == part)


def facts_of(run: RouterRun, incident_id: str) -> list[Any]:
    return [one.value for one in run.listen() if one.topic == FACTS and one.key == incident_id]


def test_an_incident_told_again_under_newer_rules_keeps_its_decision(run: RouterRun) -> None:
    run.say(report("kept"))
    before = run.wait(FACTS, key="kept").value
    in_force(run, "2026.2", rules=[{"name": "all-to-housing", "then": {"lead": "housing"}}])

    run.say(report("kept"), name="said again")
    run.say(report(behind("kept")))
    newer = run.wait(FACTS, key=behind("kept")).value
    again = facts_of(run, "kept")

    task = run.wait(MAILBOX, key="kept").value
    run.say(
        TaskAnswered.model_validate(
            {
                "answer_id": "kept-acknowledged",
                "task_id": task["task_id"],
                "incident_id": "kept",
                "based_on_revision": task["revision"],
                "act": "acknowledge",
                "actor": {"staff_id": "crew"},
                "origin": WATER,
                "effective_at": minutes(10),
            }
        )
    )
    verdict = run.wait(RECEIPTS, answer_id="kept-acknowledged").value
    later = run.wait(FACTS, key="kept", change="task-changed").value

    assert (before["decision"]["rule"], before["decision"]["rulebook_version"]) == ("burst-pipe", "2026.1")
    assert newer["decision"]["rule"] == "all-to-housing"
    assert again == [before]
    assert verdict["outcome"] == "applied"
    assert later["reference_versions"] == {"bundle": "2026.2"}
    assert [held["decision"] for held in later["tasks"]] == [before["decision"]]
    assert later["incident"]["lead"] == "department:water"


def test_a_guard_that_fails_is_noted_in_the_decision_and_is_no_dead_letter(run: RouterRun) -> None:
    guarded = {"name": "numbers-only", "when": {"guard": "int(text) > 3"}, "then": {"lead": "housing"}}
    in_force(run, "2026.3", rules=[guarded, *PARTS["rulebook"]["rules"]])

    run.say(report("words"), report("number", description={"text": "7"}))
    words = run.wait(FACTS, key="words").value["decision"]
    number = run.wait(FACTS, key="number").value["decision"]

    assert words["rule"] == "burst-pipe"
    assert "the guard of numbers-only counts as not fulfilled" in words["reason"]
    assert "nearest: numbers-only (guard)" in words["reason"]
    assert number["rule"] == "numbers-only"
