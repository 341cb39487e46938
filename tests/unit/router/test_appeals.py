"""Once a matter is closed, who handled it may appeal (申诉) against having been late; once."""

import pytest

from tests.unit.router.families import Family
from tests.unit.router.scenes import CENTRE, DESK, Play, answer, begun, minutes, order
from wangge_contracts.v1 import AnswerJudged, TaskChanged
from wangge_router.case import Held


def closed() -> Play:
    play = begun().says("attend", "arrived", at=2).says("handle", "done", at=300)
    return play.says("check", "check", at=310)


def test_an_appeal_that_is_upheld_exempts_the_task_and_leaves_the_facts() -> None:
    play = closed().says("handle", "appeal", at=320)
    assert play.verdict == ("pending-approval",)
    assert (play.case.incident.state, play.open_tasks) == ("closed", [("approve", DESK)])

    play.says("approve", "approve", at=330)
    task = play.task("handle")
    assert (task.state, task.change, task.exempt, task.pending) == ("done", "exempted", True, None)
    assert play.case.incident.state == "closed"
    judged = [said for _, said in play.told if isinstance(said, AnswerJudged)]
    heard = [said.outcome for said in judged if (said.answer_id or "").startswith("appeal ")]
    assert heard == ["pending-approval", "applied"]


def test_an_appeal_that_is_refused_exempts_nothing() -> None:
    play = closed().says("handle", "appeal", at=320).says("approve", "approve", at=330, verdict="refused")

    task = play.task("handle")
    assert (task.state, task.change, task.exempt) == ("done", "request-refused", None)


def test_there_is_one_appeal_about_a_task() -> None:
    play = closed().says("handle", "appeal", at=320).says("approve", "approve", at=330, verdict="refused")
    play.says("handle", "appeal", at=340)

    assert play.verdict == ("refused", "used-up")


def test_an_appeal_waits_for_the_close_and_comes_in_its_days() -> None:
    assert begun().says("handle", "appeal").verdict == ("refused", "not-allowed-now")
    assert closed().says("handle", "appeal", at=310 + 8 * 24 * 60).verdict == ("refused", "too-late")


def test_an_appeal_can_be_taken_back_but_not_be_made_again() -> None:
    play = closed().says("handle", "appeal", at=320).says("handle", "withdraw-request", at=321)
    assert play.verdict == ("applied",)
    assert (play.task("handle").state, play.open_tasks) == ("done", [])

    assert play.says("handle", "appeal", at=322).verdict == ("refused", "used-up")


def test_what_took_back_a_request_before_the_close_takes_back_no_appeal() -> None:
    play = closed().says("handle", "appeal", at=320).says("handle", "withdraw-request", at=299)

    assert play.complaint == ("stale", "/act")
    assert play.task("handle").pending == "appeal"


def told_last(play: Play, mailbox: str) -> TaskChanged:
    return [said for topic, said in play.told if topic == mailbox and isinstance(said, TaskChanged)][-1]


def test_who_is_done_is_told_at_the_close_that_he_may_appeal_and_nothing_else_is_new() -> None:
    play = begun().says("attend", "arrived", at=2).says("handle", "done", at=300)
    before = told_last(play, "departments.water.tasks.v1")
    assert before.allowed_acts == ()

    play.says("check", "check", at=310)
    after = told_last(play, "departments.water.tasks.v1")
    assert (after.state, after.allowed_acts) == ("done", ("appeal",))
    assert (after.revision, after.effective_at) == (before.revision + 1, minutes(300))


def test_who_returned_it_may_appeal_too_and_keeps_his_reason() -> None:
    play = begun().says("handle", "return", at=3)
    play.hear(order("dispatch", "handle department:roads", at=4))
    play.says("attend", "arrived", at=5).says("handle", "done", at=6).says("check", "check", at=7)

    task = told_last(play, "departments.water.tasks.v1")
    assert (task.state, task.reason_code, task.allowed_acts) == ("returned", "not-ours", ("appeal",))


def test_who_may_appeal_no_longer_is_told_so() -> None:
    appealed = closed().says("handle", "appeal", at=320)
    assert told_last(appealed, "departments.water.tasks.v1").allowed_acts == ("withdraw-request",)
    appealed.says("approve", "approve", at=330)
    assert told_last(appealed, "departments.water.tasks.v1").allowed_acts == ()

    helped = begun().hear(order("call", "assist department:roads", at=2))
    helped.says("assist", "done", at=3).says("attend", "arrived", at=4)
    helped.says("handle", "done", at=5).says("check", "check", at=6)
    assert told_last(helped, "departments.roads.tasks.v1").allowed_acts == ("appeal",)
    helped.hear(order("reopen", at=7))
    assert told_last(helped, "departments.roads.tasks.v1").allowed_acts == ()


def test_who_was_let_go_by_a_merge_hears_when_the_parent_is_closed() -> None:
    family = Family.of(2).merge("a", "b").settle()
    assert family.case("a").held[0].task.allowed_acts == ()

    family.finish("b").settle()
    task = family.case("a").held[0].task
    assert (task.state, task.merged_into, task.allowed_acts) == ("withdrawn", "b", ("appeal",))


@pytest.mark.parametrize("verdict", ["approved", "refused"])
def test_an_appeal_is_ruled_though_the_matter_it_was_merged_into_goes_on_again(verdict: str) -> None:
    family = Family.of(2).merge("a", "b").settle().finish("b").settle()
    lead = family.case("a").held[0].task
    family.hear(answer(lead, "appeal", at=float(family.at + 1), incident_id="a"))
    family.ordered("b", "reopen").settle()
    assert family.state("a") == "merged"
    asked = next(held.task for held in family.case("a").held if held.open)

    ruling = answer(asked, "approve", at=float(family.at + 1), incident_id="a", verdict=verdict)
    family.hear(ruling)
    after = next(held.task for held in family.case("a").held if held.task.kind == "handle")
    assert (after.pending, after.exempt) == (None, True if verdict == "approved" else None)
    assert family.case("a").held[-1].task.verdict == verdict


def test_an_appeal_goes_to_the_desk_that_has_the_matter_by_now() -> None:
    play = begun("0505").says("handle", "done", at=2)
    play.hear(order("transfer", at=3, to=CENTRE, on_behalf_of=CENTRE)).says("check", "check", at=4)
    assert play.case.incident.state == "closed"

    play.says("handle", "appeal", at=5)
    assert (play.open_tasks, play.task("handle").desk) == ([("approve", CENTRE)], CENTRE)
    assert "not the first extension" not in play.task("approve").decision.reason


def test_who_begins_again_asks_the_desk_that_has_the_matter_by_now() -> None:
    play = begun("0505").says("handle", "done", at=2)
    play.hear(order("transfer", at=3, to=CENTRE, on_behalf_of=CENTRE))
    play.says("check", "check", at=4, verdict="failed")
    play.says("handle", "request-extension", at=5, requested_until=minutes(90))

    assert ("approve", CENTRE) in play.open_tasks


def heard_of_appeals(play: Play) -> list[tuple[str, ...]]:
    """What who appealed was told of it: each outcome, and why."""
    judged = [said for _, said in play.told if isinstance(said, AnswerJudged)]
    about = [said for said in judged if (said.answer_id or "").startswith("appeal ")]
    return [(said.outcome, *(error.code for error in said.errors)) for said in about]


def test_an_appeal_lapses_when_the_task_begins_again_and_who_made_it_hears_so() -> None:
    play = closed().says("handle", "appeal", at=320).hear(order("reopen", at=330))

    task = play.task("handle")
    assert (task.state, task.round, task.pending) == ("assigned", 2, None)
    assert heard_of_appeals(play) == [("pending-approval",), ("refused", "request-lapsed")]
    assert play.open_tasks == [("handle", "department:water")]
    assert play.task("approve").reason_code == "request-lapsed"

    play.says("approve", "approve", at=340, verdict="refused")
    assert play.verdict == ("refused", "not-allowed-now")


def test_what_is_asked_in_the_new_round_is_all_that_a_desk_is_asked() -> None:
    play = closed().says("handle", "appeal", at=320).hear(order("reopen", at=330))
    play.says("handle", "request-extension", at=331, requested_until=minutes(331 + 300))
    assert play.open_tasks == [("handle", "department:water"), ("approve", DESK)]

    play.says("approve", "approve", at=340)
    assert (play.task("handle").change, play.task("handle").exempt) == ("extended", None)


def test_a_new_round_is_late_by_itself_and_has_an_appeal_of_its_own() -> None:
    play = closed().says("handle", "appeal", at=320).says("approve", "approve", at=325)
    assert play.hear(order("reopen", at=330)).task("handle").exempt is None

    play.says("handle", "done", at=800).says("check", "check", at=801)
    assert play.says("handle", "appeal", at=802).verdict == ("pending-approval",)


def test_who_works_on_keeps_his_turn_though_an_older_row_still_has_his_appeal() -> None:
    """Before appeals lapsed, a row could hold one of a task in its next round."""
    play = closed().says("handle", "appeal", at=320)
    lead, asked = play.held("handle"), play.task("approve")
    play.hear(order("reopen", at=330))
    again = play.task("handle").model_copy(update={"pending": "appeal"})
    held = (lead.model_copy(update={"task": again, "before": "done"}), Held(task=asked))
    play.docket.case = play.case.model_copy(update={"held": held})

    play.hear(answer(asked, "approve", at=340, verdict="refused"))
    assert play.verdict == ("applied",)
    assert play.open_tasks == [("handle", "department:water")]


def test_an_appeal_that_outlived_the_close_ends_with_a_matter_that_is_void() -> None:
    helped = begun().hear(order("call", "assist department:roads", at=2))
    helped.says("assist", "done", at=3).says("attend", "arrived", at=4)
    helped.says("handle", "done", at=5).says("check", "check", at=6).says("assist", "appeal", at=7)
    helped.hear(order("reopen", at=8))
    assert ("approve", DESK) in helped.open_tasks
    before = helped.task("assist")

    helped.hear(order("void", at=9))
    assert heard_of_appeals(helped) == [("pending-approval",), ("refused", "request-lapsed")]
    after = helped.task("assist")
    assert (after.pending, after.revision) == (None, before.revision + 1)
    assert (after.state, after.effective_at) == ("done", before.effective_at)
