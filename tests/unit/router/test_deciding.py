"""What desks decide, correct, end and open again by order; what they may not changes nothing."""

from typing import Any

import pytest

from tests.unit.router.scenes import (
    CENTRE,
    DESK,
    DISTRICT,
    INSPECTOR,
    MANAGER,
    PARTS,
    POLICE,
    WORKSTATION,
    Play,
    accepted,
    begun,
    directory,
    ladder,
    minutes,
    order,
    without,
)

CREW: Any = {
    **next(unit for unit in PARTS["departments"] if unit["slug"] == "water"),
    "slug": "crew",
    "parent": "water",
}


def asking(act: str, until: float) -> Play:
    return begun().says("handle", act, at=10, reason_code="parts", requested_until=minutes(until))


def ruled(play: Play, kind: str, **fields: Any) -> Play:
    return play.hear(order(kind, at=20, task_ids=[play.task("approve").task_id], **fields))


def test_a_desk_grants_an_extension_by_order_as_it_would_by_answer() -> None:
    play = ruled(asking("request-extension", 300), "approve")

    assert play.verdict == ("applied",)
    task = play.task("handle")
    assert (task.state, task.limit.value, task.effective_at) == ("assigned", 5.0, minutes(10))
    assert play.task("approve").state == "done"


def test_a_desk_that_refuses_leaves_the_limit_as_it_is() -> None:
    play = ruled(asking("request-extension", 300), "refuse")

    assert (play.task("handle").state, play.task("handle").limit.value) == ("assigned", 4.0)


def test_a_suspension_is_ended_by_the_ladder_on_its_day() -> None:
    play = ruled(asking("request-suspension", 600), "approve")
    assert play.task("handle").state == "suspended"

    play.hear(ladder("resume", at=600, task_ids=[play.task("handle").task_id]))
    assert (play.verdict, play.task("handle").state) == (("applied",), "assigned")


def test_a_return_that_is_shuffling_goes_on_as_if_it_had_never_been_returned() -> None:
    play = begun().says("handle", "return", at=10)
    play.hear(order("refuse", at=20, task_ids=[play.task("dispatch").task_id]))

    task = play.task("handle")
    assert (task.state, task.change, task.round) == ("assigned", "request-refused", 1)
    assert (play.task("dispatch").state, play.case.incident.counts.shuffles) == ("done", 1)


def test_a_return_by_a_unit_that_is_gone_since_is_not_refused_for_nobody_would_go_on() -> None:
    play = begun().says("handle", "return", at=10)
    play.directory = without("water")
    play.hear(order("refuse", at=20, task_ids=[play.task("dispatch").task_id]))

    assert play.complaint == ("unknown-holder", "/task_ids")
    assert ("dispatch", DESK) in play.open_tasks


def test_after_snow_everybodys_deadline_is_put_off_though_nobody_asked() -> None:
    play = begun().hear(order("extend", at=10, until=minutes(360), bulk_id="snow"))

    assert (play.verdict, play.task("handle").change, play.task("handle").limit.value) == (
        ("applied",),
        "extended",
        6.0,
    )


def test_while_an_outage_lasts_the_clock_stands_still() -> None:
    play = begun().hear(order("suspend", at=10, until=minutes(360)))

    assert (play.task("handle").state, play.task("handle").suspended_until) == ("suspended", minutes(360))


@pytest.mark.parametrize("kind", ["extend", "suspend"])
def test_no_order_moves_a_deadline_that_has_passed(kind: str) -> None:
    # It is due at minute 240.
    late = begun()
    before = late.case
    assert late.hear(order(kind, at=240, until=minutes(360))).complaint == ("too-late", "/task_ids")
    assert late.case == before

    assert begun().hear(order(kind, at=239, until=minutes(360))).verdict == ("applied",)


def test_an_order_that_was_given_before_the_deadline_is_in_time_however_late_it_is_read() -> None:
    play = begun().says("handle", "progress", at=250).hear(order("extend", at=239, until=minutes(360)))

    assert (play.verdict, play.task("handle").limit.value) == (("applied",), 6.0)


def test_an_order_to_rest_for_all_tasks_of_a_unit_is_about_its_work() -> None:
    play = begun().hear(order("supervise", at=2, reply_by=minutes(600)))
    play.hear(order("call", "assist department:water", at=3))
    tasks = [held.task.task_id for held in play.case.held if held.task.holder == "department:water"]
    assert len(tasks) == 3
    play.hear(order("suspend", at=10, until=minutes(360), task_ids=tasks, bulk_id="outage"))

    assert play.verdict == ("applied",)
    assert [play.task(kind).state for kind in ("handle", "assist", "supervise")] == [
        "suspended",
        "suspended",
        "assigned",
    ]


@pytest.mark.parametrize("act", ["request-extension", "request-suspension"])
def test_who_is_ordered_to_rest_waits_for_no_other_ruling(act: str) -> None:
    play = begun().says("handle", "progress", at=5)
    play.says("handle", act, at=10, reason_code="parts", requested_until=minutes(300))
    play.hear(order("suspend", at=20, until=minutes(360)))

    assert (play.verdict, play.task("handle").state) == (("applied",), "suspended")
    assert (play.task("handle").pending, play.task("approve").reason_code) == (None, "request-lapsed")
    play.hear(ladder("resume", at=360, task_ids=[play.task("handle").task_id]))
    assert play.task("handle").state == "working"


def test_who_rests_already_is_left_alone_by_an_order_that_others_rest() -> None:
    play = begun().hear(order("suspend", at=10, until=minutes(360)))
    play.hear(order("suspend", at=11, until=minutes(400)))
    assert play.complaint == ("not-allowed-now", "/task_ids")

    play.hear(order("call", "assist department:roads", at=12))
    tasks = [play.task(kind).task_id for kind in ("handle", "assist")]
    play.hear(order("suspend", at=13, until=minutes(500), task_ids=tasks))

    assert play.verdict == ("applied",)
    assert play.task("handle").suspended_until == minutes(360)
    assert play.task("assist").suspended_until == minutes(500)


def test_all_tasks_of_a_unit_go_to_the_one_inside_and_its_replies_stay() -> None:
    play = Play(directory(departments=[*PARTS["departments"], CREW])).hear(accepted())
    play.hear(order("supervise", at=2, reply_by=minutes(600)))
    tasks = [play.task(kind).task_id for kind in ("handle", "supervise")]
    play.hear(order("forward", at=10, to="department:crew", task_ids=tasks))

    assert play.verdict == ("applied",)
    assert [play.task(kind).holder for kind in ("handle", "supervise")] == [
        "department:crew",
        "department:water",
    ]


@pytest.mark.parametrize(("to", "verdict"), [(INSPECTOR, "applied"), (DESK, "applied"), (MANAGER, "refused")])
def test_what_a_post_is_to_check_goes_to_another_post_or_a_desk(to: str, verdict: str) -> None:
    play = begun("0505").says("handle", "done", at=2)
    assert play.task("check").holder == MANAGER
    play.hear(order("forward", at=3, to=to, task_ids=[play.task("check").task_id]))

    assert (play.verdict[0], play.task("check").holder) == (verdict, to)


def test_a_post_does_not_get_what_a_unit_holds_nor_a_unit_what_a_post_holds() -> None:
    play = begun()
    play.hear(order("forward", at=2, to=MANAGER, task_ids=[play.task("handle").task_id]))
    assert play.complaint == ("invalid", "/to")
    play.hear(order("forward", at=3, to="department:roads", task_ids=[play.task("attend").task_id]))
    assert play.complaint == ("invalid", "/to")


def test_who_forwards_it_may_not_close_it() -> None:
    play = Play(directory(departments=[*PARTS["departments"], CREW])).hear(accepted())
    play.hear(order("forward", at=2, to="department:crew", task_ids=[play.task("handle").task_id]))
    play.says("handle", "done", at=5).hear(order("close", at=6))

    assert play.complaint == ("own-work", "/actor")


def test_a_matter_that_nobody_handles_may_be_not_accepted() -> None:
    play = begun("0502").hear(order("not-accept"))

    assert (play.case.incident.state, play.open_tasks) == ("not-accepted", [])


def test_a_desk_hands_on_only_what_is_in_its_holders_hands() -> None:
    play = Play(directory(departments=[*PARTS["departments"], CREW])).hear(accepted())
    play.hear(order("call", "assist department:water", at=2)).says("handle", "acknowledge", at=3)
    play.says("handle", "request-extension", at=4)
    tasks = [play.task(kind).task_id for kind in ("handle", "assist")]
    play.hear(order("forward", at=5, to="department:crew", task_ids=tasks))

    assert play.verdict[0] == "refused"
    assert play.task("handle").holder == "department:water"


def closed_by_word() -> Play:
    """Done, and closed by the desk's own word, while the police are still to come."""
    return begun().says("handle", "done", at=2).hear(order("close", at=3, actor={"staff_id": "leader"}))


def test_nobody_checks_what_a_desk_closed_by_its_own_word() -> None:
    play = closed_by_word()
    assert (play.open_tasks, play.task("check").reason_code) == ([("attend", POLICE)], "incident-closed")

    play.says("check", "check", at=4, verdict="failed")
    assert play.verdict == ("refused", "not-allowed-now")
    play.says("attend", "arrived", at=5)
    assert (play.case.incident.state, play.case.incident.closed_at) == ("closed", minutes(5))


def test_what_a_check_has_passed_is_not_closed_by_a_desks_word_besides() -> None:
    play = begun().says("handle", "done", at=2).says("check", "check", at=3)
    play.hear(order("close", at=4, actor={"staff_id": "leader"}))

    assert (play.verdict, play.open_tasks) == (("refused", "not-allowed-now"), [("attend", POLICE)])


def test_what_is_done_again_is_not_closed_before_it_is_whatever_an_older_row_has() -> None:
    """Before the check ended with the desk's word, it could fail after that."""
    play = begun().says("handle", "done", at=2)
    play.docket.case = play.case.model_copy(update={"passed": True, "not_before": minutes(3)})
    play.says("check", "check", at=4, verdict="failed").says("attend", "arrived", at=5)

    assert play.case.incident.state == "handling"
    assert ("handle", "department:water") in play.open_tasks


def test_nobody_is_designated_for_what_waits_for_its_forces_only() -> None:
    play = begun("0502", nature="consultation").hear(order("call", f"attend {POLICE}", at=2))
    play.hear(order("close", at=3, actor={"staff_id": "leader"}))
    assert play.open_tasks == [("attend", POLICE)]

    play.hear(order("designate", "handle department:roads", at=4))
    assert play.complaint == ("not-allowed-now", "/order")


def test_who_dispatched_may_not_close_and_the_district_may() -> None:
    play = begun("0502", nature="consultation").hear(order("dispatch", "handle department:water"))
    play.says("handle", "done", at=5)
    play.hear(order("close", at=6))
    assert play.complaint == ("own-work", "/actor")

    play.hear(order("close", at=7, on_behalf_of=CENTRE, actor={"staff_id": "shift-leader"}))
    assert (play.case.incident.state, play.case.incident.closed_at) == ("closed", minutes(7))
    assert play.open_tasks == []


def closed() -> Play:
    play = begun("0505").says("handle", "done", at=5).says("check", "check", at=6)
    assert play.case.incident.state == "closed"
    return play


def test_a_closed_matter_is_opened_again_for_who_handled_it_under_the_same_number() -> None:
    play = closed()
    until = play.case.incident.reopen_until
    assert until is not None
    play.hear(order("reopen", at=60))

    task = play.task("handle")
    assert (play.verdict, play.facts[-1].change, play.case.incident.state) == (
        ("applied",),
        "reopened",
        "handling",
    )
    assert (task.state, task.change, task.round, task.case_number) == (
        "assigned",
        "reopened",
        2,
        "110101-2026-0000001",
    )
    assert play.case.incident.closed_at is None


def test_a_matter_whose_unit_is_gone_is_opened_again_for_the_desk() -> None:
    play = closed()
    play.directory = without("roads")
    play.hear(order("reopen", at=60))

    assert play.verdict == ("applied",)
    assert play.open_tasks == [("dispatch", DESK)]
    assert play.task("handle").state == "ended"


def test_a_matter_is_opened_again_within_its_time_only() -> None:
    month = 60 * 24 * 31
    play = closed().hear(order("reopen", at=month))
    assert play.complaint == ("too-late", "/order")

    play.hear(ladder("reopening-ended", at=month))
    assert (play.verdict, play.facts[-1].change) == (("applied",), "reopening-ended")


def test_its_time_is_not_over_sooner() -> None:
    play = closed()
    before = play.case
    until = play.case.incident.reopen_until
    assert until is not None
    early = (until - minutes(0)).total_seconds() / 60 - 1

    assert play.hear(ladder("reopening-ended", at=early)).complaint == ("not-allowed-now", "/order")
    assert play.case == before
    assert play.hear(ladder("reopening-ended", at=early + 1)).verdict == ("applied",)


def test_what_was_reported_wrongly_is_put_right_for_everybody_who_has_the_turn() -> None:
    play = begun().hear(order("correct", description={"text": "热力管道，不是水管"}))

    assert play.facts[-1].change == "corrected"
    assert {held.task.description.text for held in play.case.held} == {"热力管道，不是水管"}


def test_only_the_district_keeps_a_matter_out_of_the_scores() -> None:
    play = closed().hear(order("exclude", at=9))
    assert play.complaint == ("not-yours", "/on_behalf_of")

    play.hear(order("exclude", at=10, on_behalf_of=CENTRE))
    assert (play.case.incident.excluded, play.case.incident.state) == (True, "closed")


def test_another_desk_decides_from_now_on_and_has_what_the_first_was_asked() -> None:
    play = begun("9999").hear(order("transfer", at=2, to=CENTRE))
    task = play.task("dispatch")

    assert (play.case.desk, task.holder, task.change, task.desk) == (CENTRE, CENTRE, "forwarded", CENTRE)
    play.hear(order("void", at=3, on_behalf_of=DESK))
    assert play.complaint == ("not-yours", "/on_behalf_of")


@pytest.mark.parametrize(
    ("kind", "fields"), [("suspend", {"until": minutes(300)}), ("forward", {"to": "department:roads"})]
)
def test_nothing_is_decided_about_a_task_that_is_over(kind: str, fields: dict[str, Any]) -> None:
    play = begun().hear(order("call", "assist department:roads")).says("assist", "done", at=2)
    before = play.case
    play.hear(order(kind, at=10, task_ids=[play.task("assist").task_id], **fields))

    assert play.complaint == ("not-allowed-now", "/task_ids")
    assert play.case == before


@pytest.mark.parametrize(
    ("kind", "fields", "code", "pointer"),
    [
        ("approve", {}, "missing", "/task_ids"),
        ("resume", {}, "not-allowed-now", "/task_ids"),
        ("forward", {"to": "department:nobody"}, "unknown-holder", "/to"),
        ("forward", {"to": "department:roads"}, "invalid", "/to"),
        ("extend", {"until": minutes(100)}, "not-allowed-now", "/until"),
        ("extend", {"until": minutes(60 * 24 * 9)}, "too-much", "/until"),
        ("not-accept", {}, "not-allowed-now", "/order"),
        ("close", {}, "not-allowed-now", "/order"),
        ("reopen", {}, "not-allowed-now", "/order"),
        ("file", {}, "missing", "/class_ref"),
        ("correct", {}, "missing", "/description"),
        ("transfer", {"to": f"desk:{DISTRICT}0"}, "unknown-holder", "/to"),
        ("transfer", {"to": WORKSTATION, "on_behalf_of": WORKSTATION}, "not-yours", "/on_behalf_of"),
        ("merge", {"other_incident_id": "incident"}, "invalid", "/other_incident_id"),
        ("split", {}, "missing", "/class_ref"),
        (
            "split",
            {"class_ref": {"scheme": "gb-event", "version": "1", "code": "9999"}},
            "invalid",
            "/class_ref",
        ),
    ],
)
def test_what_is_refused_says_why_and_changes_nothing(
    kind: str, fields: dict[str, Any], code: str, pointer: str
) -> None:
    play = begun()
    before = play.case

    assert play.hear(order(kind, at=10, **fields)).complaint == (code, pointer)
    assert play.case == before
