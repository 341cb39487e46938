"""Once a matter is closed, who handled it may appeal (申诉) against having been late; once."""

from tests.unit.router.families import Family
from tests.unit.router.scenes import DESK, Play, begun, minutes, order
from wangge_contracts.v1 import AnswerJudged, TaskChanged


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
