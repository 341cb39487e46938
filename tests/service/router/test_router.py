"""The router on a real broker and a real database: from the accepted report to the closed incident."""

from datetime import UTC, datetime
from typing import Any

from tests.service.router.running import (
    FACTS,
    MAILBOX,
    PDA_TASKS,
    RECEIPTS,
    VERDICTS,
    WATER,
    RouterRun,
    report,
)
from tests.unit.router.maps import collection, feature, report as point
from tests.unit.router.scenes import GRID, MANAGER, PARTS, attached, minutes, order
from tests.waiting import wait_for
from wangge_contracts.message import instant_text
from wangge_contracts.v1 import TaskAnswered
from wangge_router.putting_away import MOST_OVER


def said(task: Any, act: str, *, origin: str | None = WATER, **fields: Any) -> TaskAnswered:
    """An answer as intake republishes it."""
    complete: dict[str, Any] = {
        "answer_id": f"{act}-{task['task_id']}",
        "task_id": task["task_id"],
        "incident_id": task["incident_id"],
        "based_on_revision": task["revision"],
        "act": act,
        "actor": {"staff_id": "crew"},
        "origin": origin,
        "effective_at": minutes(10),
    }
    return TaskAnswered.model_validate(complete | fields)


DONE: dict[str, Any] = {"text": {"text": "修好了"}, "result_code": "solved"}


def test_a_report_walks_to_its_department_and_back_until_it_is_closed(run: RouterRun) -> None:
    run.say(report("walk"))
    task = run.wait(MAILBOX, key="walk", change="assigned").value
    officer = run.wait(PDA_TASKS, key="walk", kind="attend").value

    run.say(said(officer, "arrived", origin="terminals.pda", actor={"staff_id": "police"}))
    run.say(said(task, "done", **DONE))
    verdict = run.wait(RECEIPTS, answer_id=f"done-{task['task_id']}")
    check = run.wait(PDA_TASKS, key="walk", kind="check").value
    run.say(said(check, "check", origin="terminals.pda", actor={"staff_id": "manager"}, verdict="passed"))
    closed = run.wait(FACTS, key="walk", change="closed")

    assert (verdict.value["outcome"], verdict.value["revision"]) == ("applied", 2)
    assert verdict.key == f"done-{task['task_id']}"
    assert run.states("walk") == ["handling", "checking", "closed"]
    assert closed.value["incident"]["closed_at"] == "2026-01-06T02:10:00.000Z"
    facts = [one.sequence for one in run.listen() if one.topic == FACTS and one.key == "walk"]
    assert facts == list(range(1, len(facts) + 1))


def test_what_overtakes_its_incident_waits_for_it_and_what_never_comes_is_refused(run: RouterRun) -> None:
    run.say(
        order("call", "assist department:housing", incident_id="late", order_id="o-late"),
        attached().model_copy(update={"incident_id": "late"}),
        order("void", incident_id="never", order_id="o-never"),
        said({"task_id": "t", "incident_id": "never", "revision": 1}, "progress", answer_id="a-never"),
    )
    run.say(report("late"))
    called = run.wait(VERDICTS, order_id="o-late").value
    ordered = run.wait(VERDICTS, order_id="o-never").value
    answered = run.wait(RECEIPTS, answer_id="a-never").value

    assert called["outcome"] == "applied"
    assert run.wait(FACTS, key="late", change="attached").value["incident"]["counts"]["repeats"] == 1
    for refused in (ordered, answered):
        assert [error["code"] for error in refused["errors"]] == ["unknown-incident"]


def test_a_killed_router_goes_on_where_it_stood_and_says_nothing_twice(run: RouterRun) -> None:
    names = [f"kill-{number}" for number in range(200)]
    run.say(*(report(name) for name in names[:100]))
    run.wait(FACTS, key=names[20])
    run.kill()
    run.say(*(report(name) for name in names[100:]))
    run.start()

    def all_told() -> bool:
        told = {one.key for one in run.listen() if one.topic == MAILBOX}
        return told >= set(names)

    wait_for("every task in the mailbox", all_told)
    told = [one for one in run.heard if one.key in names and one.topic in (MAILBOX, FACTS)]
    tasks = {(one.value["task_id"], one.value["revision"]) for one in told if one.topic == MAILBOX}
    assert (len(tasks), {one.sequence for one in told}) == (len(names), {1})


def test_answers_said_twice_and_by_the_wrong_one_have_their_verdicts(run: RouterRun) -> None:
    run.say(report("twice"))
    task = run.wait(MAILBOX, key="twice").value
    for effective in (1, 2):  # a retry is another record with the same answer_id
        run.say(said(task, "acknowledge", effective_at=minutes(effective)), name=f"record-{effective}")
    run.say(said(task, "done", origin="terminals.pda", answer_id="not-mine", **DONE))

    repeated = run.wait(RECEIPTS, outcome="repeated").value
    refused = run.wait("terminals.pda.receipts.v1", answer_id="not-mine").value
    outcomes = [one.value["outcome"] for one in run.heard if one.key == f"acknowledge-{task['task_id']}"]
    assert (outcomes, repeated["revision"]) == (["applied", "repeated"], 2)
    assert [error["code"] for error in refused["errors"]] == ["not-yours"]


def test_a_matter_whose_end_no_single_message_holds_is_ended_all_the_same(run: RouterRun) -> None:
    photo = {"sha256": "0" * 64, "bytes": 1, "media_type": "image/jpeg", "purpose": "before"}
    photos = [{**photo, "slot": str(n), "url": f"https://photos.example/{'x' * 1900}"} for n in range(50)]
    run.say(report("large", description={"text": "井" * 10_000}, attachments=photos))
    called = (f"attend {MANAGER}", f"attend officer:{GRID}/inspector", "assist department:housing")
    run.say(order("call", *called, incident_id="large", order_id="call large", at=2))
    run.wait(VERDICTS, order_id="call large")
    run.say(order("void", incident_id="large", order_id="void large", at=3))
    run.wait(FACTS, key="large", change="task-changed")
    facts = [one for one in run.heard if one.topic == FACTS and one.key == "large"]
    ended = [task for one in facts[2:] for task in one.value["tasks"]]

    assert [one.sequence for one in facts] == [one.value["incident"]["revision"] for one in facts]
    assert [one.value["change"] for one in facts[2:]] == ["voided", *(["task-changed"] * (len(facts) - 3))]
    assert len({task["task_id"] for task in ended}) == len(ended) == 2 + len(called)


def test_a_task_that_was_put_away_comes_back_when_somebody_speaks_of_it(run: RouterRun) -> None:
    run.say(report("long"))
    first = task = run.wait(PDA_TASKS, key="long", kind="attend").value
    way: dict[str, Any] = {"origin": "terminals.pda", "actor": {"staff_id": "police"}}
    for number in range(MOST_OVER + 3):
        run.say(said(task, "done", **way, **DONE))
        run.wait(PDA_TASKS, task_id=task["task_id"], state="done")  # orders come by a topic of their own
        again = order(
            "call",
            f"attend {task['holder']}",
            incident_id="long",
            order_id=f"call {number}",
            at=11 + number,
        )
        run.say(again)
        task = run.wait(PDA_TASKS, key="long", assigned_at=instant_text(again.effective_at)).value

    away = run.database.sql("SELECT task_id FROM task_put_away WHERE incident_id = 'long'", role="router")
    run.say(said(first, "left", answer_id="late", **way))
    verdict = run.wait("terminals.pda.receipts.v1", answer_id="late").value

    assert first["task_id"] in away
    assert [error["code"] for error in verdict["errors"]] == ["not-allowed-now"]
    assert (verdict["outcome"], verdict["revision"]) == ("refused", 2)


def test_the_row_is_right_whatever_the_router_remembers_of_it(run: RouterRun) -> None:
    run.say(report("row"))
    task = run.wait(MAILBOX, key="row").value
    row = "FROM incident WHERE incident_id = 'row'"
    [before] = run.database.sql(f"SELECT encode(document, 'hex') {row}", role="router")
    run.say(said(task, "acknowledge", answer_id="first"))
    run.wait(RECEIPTS, answer_id="first", outcome="applied")

    run.database.sql(
        f"UPDATE incident SET document = decode('{before}', 'hex') WHERE incident_id = 'row'", role="router"
    )
    run.say(said(task, "acknowledge", answer_id="second"))

    verdict = run.wait(RECEIPTS, answer_id="second").value
    assert (verdict["outcome"], verdict["revision"]) == ("applied", 2)


def test_a_new_bundle_decides_from_the_next_report_on(run: RouterRun) -> None:
    run.say(report("before"))
    before = run.wait(FACTS, key="before").value
    run.publish("2026.2", rulebook=PARTS["rulebook"] | {"rules": []})

    def decided_anew() -> Any:
        name = f"after {datetime.now(UTC).timestamp()}"
        run.say(report(name))
        fact = run.wait(FACTS, key=name).value
        return fact if fact["reference_versions"]["bundle"] == "2026.2" else None

    after = wait_for("the new bundle", decided_anew)
    assert (before["decision"]["rule"], after["decision"]["rule"]) == ("burst-pipe", "fallback")


def test_a_map_places_the_points_of_a_batch(run: RouterRun) -> None:
    run.publish("2026.3", boundaries=collection(feature("grid", GRID, (0, 0))))

    def mapped() -> bool:
        name = f"mapped {datetime.now(UTC).timestamp()}"
        run.say(report(name))
        return bool(run.wait(FACTS, key=name).value["reference_versions"]["bundle"] == "2026.3")

    wait_for("the map", mapped)
    wheres = {"in": (500, 500), "edge": (0.5, 500), "out": (-50, 500)}
    run.say(*(point(*at).model_copy(update={"incident_id": name}) for name, at in wheres.items()))

    told = {name: run.wait(FACTS, key=name).value["incident"] for name in wheres}
    grids = {name: incident["place"].get("grid", {}).get("code") for name, incident in told.items()}
    assert grids == {"in": GRID, "edge": GRID, "out": None}
    assert [told[name]["place_flags"] for name in wheres] == [[], ["border"], ["outside"]]
    assert told["in"]["place"]["street"]["names"]
