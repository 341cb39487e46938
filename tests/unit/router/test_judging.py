"""Holders' answers: who may say what, what must be with it, and what follows for the incident."""

from typing import Any

import pytest

from tests.unit.router.scenes import (
    AFTER,
    CENTRE,
    DESK,
    GRID,
    INSPECTOR,
    MANAGER,
    NIGHT,
    PARTS,
    POLICE,
    WORKSTATION,
    Play,
    accepted,
    answer,
    begun,
    directory,
    minutes,
    order,
    text,
)
from wangge_contracts.v1 import ActJudged, AnswerJudged, IncidentChanged, TaskChanged


def checking(code: str = "0501") -> Play:
    """The police is there and the lead says it is done."""
    return begun(code).says("attend", "arrived", at=2).says("handle", "done", at=3)


def test_an_incident_is_closed_once_its_lead_is_done_and_the_check_is_passed() -> None:
    play = checking().says("check", "check", at=5)

    incident = play.case.incident
    assert (incident.state, incident.closed_at) == ("closed", minutes(5))
    assert play.open_tasks == []
    assert [fact.change for fact in play.facts] == ["accepted-into-router", *["task-changed"] * 2, "closed"]


def test_forces_that_are_there_are_let_go_when_it_closes() -> None:
    play = checking().says("check", "check", at=5)

    assert (play.task("attend").state, play.task("attend").change) == ("ended", "ended")
    assert play.task("attend").effective_at == minutes(5)


def test_the_close_waits_for_every_called_force_to_arrive() -> None:
    play = begun().says("handle", "done", at=3).says("check", "check", at=5)
    assert (play.case.incident.state, play.open_tasks) == ("checking", [("attend", POLICE)])

    play.says("attend", "arrived", at=6)

    assert (play.case.incident.state, play.case.incident.closed_at) == ("closed", minutes(6))


def test_who_has_left_was_there_though_his_arrival_is_read_after_it() -> None:
    play = begun().says("attend", "left", at=2)
    assert (play.verdict, play.task("attend").state) == (("applied",), "done")

    play.says("attend", "arrived", at=3)
    assert (play.verdict, play.task("attend").effective_at) == (("refused", "not-allowed-now"), minutes(2))
    play.says("handle", "done", at=4).says("check", "check", at=5)
    assert play.case.incident.state == "closed"


def test_who_only_helps_is_not_waited_for() -> None:
    play = begun().hear(order("call", "assist department:roads", at=1))
    play.says("attend", "arrived", at=2).says("handle", "done", at=3).says("check", "check", at=5)

    task = play.task("assist")
    assert (task.state, task.reason_code) == ("withdrawn", "incident-closed")


def test_the_grid_head_checks_on_the_spot() -> None:
    assert checking().task("check").holder == MANAGER
    assert checking().task("check").concerns == checking().task("handle").task_id


def test_who_handled_does_not_check() -> None:
    play = begun("0502").hear(order("dispatch", f"handle {MANAGER}"))
    play.says("handle", "done", at=3)

    assert play.task("check").holder == INSPECTOR


def test_without_anybody_on_the_spot_a_desk_checks_that_did_not_dispatch() -> None:
    posts: list[Any] = [{"holder": POLICE, "name": {"zh": "p", "en": "p"}}]
    play = Play(directory(rosters={"posts": posts})).hear(accepted("0502"))
    play.hear(order("dispatch", "handle department:water", on_behalf_of=WORKSTATION))
    play.says("handle", "done", at=3)

    assert play.task("check").holder == DESK


@pytest.mark.parametrize("who", ["department:water", "dispatcher"])
def test_a_person_who_handled_or_dispatched_it_does_not_check_it(who: str) -> None:
    play = begun("0502").hear(order("dispatch", "handle department:water"))
    play.says("handle", "done", at=3, by="department:water")
    play.says("check", "check", at=5, by=who, on_behalf_of=MANAGER)

    assert play.verdict == ("refused", "own-work")


def test_a_failed_check_gives_the_same_unit_the_same_task_for_another_round() -> None:
    play = checking()
    first = play.task("handle")
    play.says("check", "check", at=5, verdict="failed", text=text("还在漏"))

    task, incident = play.task("handle"), play.case.incident
    assert (task.task_id, task.round, task.state, task.change) == (first.task_id, 2, "assigned", "rework")
    assert (task.assigned_at, task.instructions) == (minutes(5), text("还在漏"))
    assert (incident.state, incident.counts.reworks, task.counts.reworks) == ("handling", 1, 1)


def test_the_second_round_is_checked_by_a_task_of_its_own() -> None:
    play = checking().says("check", "check", at=5, verdict="failed")
    first = play.task("check")
    play.says("handle", "done", at=7).says("check", "check", at=9)

    assert play.task("check").task_id != first.task_id
    assert play.case.incident.closed_at == minutes(9)


@pytest.mark.parametrize("act", ["done", "return", "acknowledge", "progress"])
def test_what_was_said_of_the_round_before_is_stale(act: str) -> None:
    play = checking().says("check", "check", at=5, verdict="failed")
    play.says("handle", act, at=6, based_on_revision=1)

    assert play.verdict == ("refused", "stale")


@pytest.mark.parametrize("act", ["acknowledge", "progress"])
def test_when_the_holder_will_be_done_is_told_with_whatever_act_he_says_it(act: str) -> None:
    task = begun().says("handle", act, planned_completion=minutes(90), milestone="dug up").task("handle")

    assert (task.planned_completion, task.milestone) == (minutes(90), "dug up")


def test_the_deadline_that_the_source_wants_is_told_in_each_task() -> None:
    play = begun(mandated_deadline=minutes(600))

    assert {held.task.mandated_deadline for held in play.case.held} == {minutes(600)}


def test_an_old_revision_does_not_matter_to_a_progress_note() -> None:
    play = begun().hear(order("remind", at=2))
    play.says("handle", "progress", at=6, based_on_revision=1)

    assert play.task("handle").revision == 3
    assert play.verdict == ("applied",)


def test_work_on_the_round_before_signs_for_no_new_one() -> None:
    play = checking().says("check", "check", at=5, verdict="failed")
    before = play.case
    play.says("handle", "progress", at=2, based_on_revision=1)

    assert play.complaint == ("stale", "/based_on_revision")
    assert (play.case, play.task("handle").state) == (before, "assigned")


def test_a_return_goes_back_to_the_desk_of_the_street() -> None:
    play = begun().says("handle", "return", at=2)

    returned, task = play.task("handle"), play.task("dispatch")
    assert (returned.state, returned.reason_code) == ("returned", "not-ours")
    assert (task.holder, task.predecessor, task.concerns) == (DESK, returned.task_id, returned.task_id)
    assert (play.case.incident.state, play.case.incident.lead) == ("dispatching", None)
    assert play.case.incident.counts.returns == returned.counts.returns == 1


def test_the_workstation_refers_up_to_the_street_and_the_street_to_the_district() -> None:
    play = begun("0502")
    holders = [play.task("dispatch").holder]
    for _ in range(2):
        play.says("dispatch", "refer-up", at=2)
        holders.append(play.task("dispatch").holder)

    assert holders == [WORKSTATION, DESK, CENTRE]
    assert play.open_tasks == [("dispatch", CENTRE)]


def test_nobody_stands_above_the_district() -> None:
    play = begun("0502").says("dispatch", "refer-up").says("dispatch", "refer-up")
    play.says("dispatch", "refer-up", at=3)

    assert play.verdict == ("refused", "not-allowed-now")


@pytest.mark.parametrize(
    ("act", "without", "codes"),
    [
        ("done", ("text", "result_code"), ("missing", "missing")),
        ("return", ("text", "reason_code"), ("reason-required", "reason-required")),
        ("return", ("reason_code",), ("reason-required",)),
    ],
)
def test_what_an_act_needs_must_be_there(act: str, without: Any, codes: Any) -> None:
    play = begun().says("handle", act, **dict.fromkeys(without))

    assert play.verdict == ("refused", *codes)


def test_a_check_needs_a_verdict() -> None:
    assert checking().says("check", "check", verdict=None).verdict == ("refused", "missing")


def test_done_needs_the_evidence_that_the_standard_asks_for() -> None:
    play = begun("0503").says("handle", "done")
    verdicts = [play.verdict, play.says("handle", "done", at=2, evidence=(AFTER,)).verdict]

    assert verdicts == [("refused", "evidence-missing"), ("applied",)]


def test_the_same_photo_twice_shows_no_more_than_once() -> None:
    asked = [{"purpose": "after", "at_least": 2}]
    standard = [PARTS["standard"][0] | {"required_evidence": asked}]
    other = AFTER.model_copy(update={"slot": "2", "sha256": "1" * 64})
    play = Play(directory(standard=standard)).hear(accepted())

    play.says("handle", "done", at=2, evidence=(AFTER, AFTER.model_copy(update={"slot": "2"})))
    assert play.verdict == ("refused", "evidence-missing")
    assert play.says("handle", "done", at=3, evidence=(AFTER, other)).verdict == ("applied",)


def test_one_photo_does_not_show_before_and_after() -> None:
    asked = [{"purpose": "before"}, {"purpose": "after"}]
    standard = [PARTS["standard"][0] | {"required_evidence": asked}]
    before = AFTER.model_copy(update={"slot": "2", "purpose": "before"})
    scene = AFTER.model_copy(update={"slot": "3", "purpose": "scene"})
    other = AFTER.model_copy(update={"slot": "4", "sha256": "1" * 64})
    play = Play(directory(standard=standard)).hear(accepted())

    play.says("handle", "done", at=2, evidence=(before, AFTER, scene))
    assert play.verdict == ("refused", "evidence-missing", "evidence-missing")
    assert "one photo cannot show before and after" in str(play.told[-1])
    assert play.says("handle", "done", at=3, evidence=(before, other, scene)).verdict == ("applied",)


def test_an_act_of_a_later_version_is_refused_as_unknown() -> None:
    raw = answer(begun().task("handle"), "progress").write().replace(b'"progress"', b'"teleport"')
    play = begun().hear(type(answer("t", "progress")).read(raw))

    assert play.verdict == ("refused", "unknown-act")


def test_an_unknown_task_is_refused() -> None:
    assert begun().hear(answer("no such task", "done")).verdict == ("refused", "unknown-task")


def test_nothing_can_be_said_of_an_incident_that_is_over() -> None:
    play = checking().says("check", "check", at=5).says("handle", "progress", at=6)

    assert play.verdict == ("refused", "closed")


@pytest.mark.parametrize(
    "way",
    [
        {"origin": "departments.roads"},
        {"origin": "terminals.pda"},
        {"origin": "departments.water", "on_behalf_of": "department:roads"},
        {"origin": None},
        {"origin": None, "on_behalf_of": "department:roads"},
    ],
)
def test_nobody_answers_for_somebody_else(way: dict[str, Any]) -> None:
    assert begun().says("handle", "acknowledge", **way).verdict == ("refused", "not-yours")


@pytest.mark.parametrize(
    ("way", "verdict"),
    [
        ({"by": "police"}, ("applied",)),
        ({"by": "manager"}, ("refused", "not-yours")),
        ({"by": "whoever", "on_behalf_of": POLICE}, ("applied",)),
        ({"by": "police", "origin": "terminals.hotline"}, ("refused", "not-yours")),
        ({"by": "notifier", "origin": None, "on_behalf_of": POLICE}, ("applied",)),
    ],
)
def test_an_officer_answers_by_the_terminal_system_that_he_is_entrusted_to(way: Any, verdict: Any) -> None:
    assert begun().says("attend", "arrived", **way).verdict == verdict


def test_an_officer_whose_number_is_not_on_the_roster_is_known_by_his_role() -> None:
    play = Play(directory(rosters={"terminal": "pda"})).hear(accepted("0501"))
    play.says("attend", "arrived", actor={"staff_id": "x", "role": "police"})

    assert play.verdict == ("applied",)


def test_people_of_a_unit_without_a_system_answer_at_the_console() -> None:
    play = begun("0502").hear(order("dispatch", "handle department:housing"))

    assert play.says("handle", "done").verdict == ("applied",)


def test_the_desk_answers_for_a_unit_that_has_only_a_telephone_and_the_fact_says_so() -> None:
    play = begun("0502").hear(order("dispatch", "handle department:gas"))
    play.says("handle", "contact-logged", at=2, by="dispatcher").says("handle", "done", at=3, by="dispatcher")

    assert play.verdict == ("applied",)
    assert play.facts[-1].cause.on_behalf_of == "department:gas"
    assert play.facts[-1].cause.actor is not None
    assert play.facts[-1].cause.actor.staff_id == "dispatcher"


def test_what_counts_is_when_it_was_said_not_when_it_was_read() -> None:
    play = begun().says("handle", "done", at=3)

    assert (play.task("handle").effective_at, play.task("check").assigned_at) == (minutes(3), minutes(3))
    assert (play.facts[-1].effective_at, play.facts[-1].decided_at) == (minutes(3), NIGHT)


def test_an_outsiders_verdict_lies_on_his_own_receipts_topic() -> None:
    play = begun().says("handle", "acknowledge", at=3)
    topic, verdict = play.told[-1]

    assert topic == "departments.water.receipts.v1"
    assert isinstance(verdict, AnswerJudged)
    assert (verdict.revision, verdict.effective_at, verdict.at) == (2, minutes(3), NIGHT)


def test_what_was_said_inside_is_judged_inside() -> None:
    topic, verdict = begun("0502").says("dispatch", "acknowledge").told[-1]

    assert topic == "acts.judged.v1"
    assert isinstance(verdict, ActJudged)
    assert (verdict.outcome, verdict.answer_id is None, verdict.order_id) == ("applied", False, None)


def test_every_change_of_a_task_lies_in_its_holders_mailbox_one_revision_up() -> None:
    play = begun().says("handle", "acknowledge").says("handle", "progress", at=2)
    mailbox = [said for topic, said in play.told if topic == "departments.water.tasks.v1"]

    assert [(said.revision, said.change) for said in mailbox if isinstance(said, TaskChanged)] == [
        (1, "assigned"),
        (2, "acknowledged"),
        (3, "progressed"),
    ]


def test_officers_tasks_go_to_their_terminal_system_and_desks_read_theirs_at_the_console() -> None:
    topics = [topic for topic, _ in checking().told]

    assert "terminals.pda.tasks.v1" in topics
    assert not any("desk" in topic for topic in topics)


def test_a_fact_holds_every_task_that_changed() -> None:
    fact = checking().facts[-1]

    assert [(task.kind, task.state) for task in fact.tasks] == [("handle", "done"), ("check", "assigned")]


def test_the_case_is_exactly_what_the_facts_told_last() -> None:
    play = checking().says("check", "check", at=5, verdict="failed").says("handle", "return", at=6)
    tasks = {task.task_id: task for fact in play.facts for task in fact.tasks}

    assert play.facts[-1].incident == play.case.incident
    assert [held.task.model_dump() for held in play.case.held] == [
        tasks[held.task.task_id].model_dump() for held in play.case.held
    ]


def test_the_incident_counts_its_facts() -> None:
    play = checking().says("check", "check", at=5)

    assert [fact.incident.revision for fact in play.facts] == [1, 2, 3, 4]
    assert all(isinstance(fact, IncidentChanged) for fact in play.facts)


def test_the_place_of_an_incident_is_told_with_its_names() -> None:
    place = begun().case.incident.place

    assert place.grid is not None
    assert place.grid.code == GRID
    assert begun().task("handle").place == place


def test_the_books_hear_why_an_outsiders_answer_was_refused_and_he_hears_it_last() -> None:
    play = begun("0505")
    play.hear(answer(play.task("handle"), "check", verdict="passed", answer_id="mine", at=2))

    for_the_books, his = (message for _, message in play.told[-2:])
    assert isinstance(for_the_books, ActJudged)
    assert isinstance(his, AnswerJudged)
    assert (for_the_books.answer_id, for_the_books.outcome) == ("mine", "refused")
    assert for_the_books.errors == his.errors != ()
    assert len(set(play.ids)) == len(play.ids)


def test_of_an_answer_that_was_applied_its_fact_tells_the_books() -> None:
    play = begun("0505").says("handle", "acknowledge", at=2)

    assert not any(isinstance(message, ActJudged) for _, message in play.told)
