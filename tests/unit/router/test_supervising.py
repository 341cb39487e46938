"""Supervision (督办) wants a reply by an hour; a reminder (催办) is only told."""

import pytest

from tests.unit.router.exploring import complete
from tests.unit.router.scenes import CENTRE, WORKSTATION, Play, answer, begun, ladder, minutes, order
from wangge_contracts.v1 import DeskOrdered
from wangge_router.case import Held


def supervised() -> Play:
    return begun().hear(order("supervise", on_behalf_of=CENTRE, at=10, reply_by=minutes(130)))


def held(play: Play, task_id: str) -> Held:
    found = play.case.find(task_id)
    assert found is not None
    return found


def test_who_is_supervised_gets_a_task_of_its_own_to_reply_until_the_hour_named() -> None:
    play = supervised()
    handle, reply = play.task("handle"), play.task("supervise")

    assert play.verdict == ("applied",)
    assert (reply.holder, reply.concerns, reply.limit.value, reply.limit.clock_kind) == (
        "department:water",
        handle.task_id,
        2.0,
        "urgent-hours",
    )
    assert (handle.change, handle.state) == ("supervised", "assigned")
    assert handle.supervised is not None
    assert handle.supervised == reply.supervised
    assert (handle.supervised.order_id, handle.supervised.reply_by) == ("supervise 10", minutes(130))
    assert (reply.change, reply.revision, reply.instructions and reply.instructions.text) == (
        "assigned",
        1,
        "立即处置",
    )


def test_supervision_taken_back_leaves_no_reply_to_be_given() -> None:
    play = supervised()
    play.hear(
        ladder("withdraw", at=11, task_ids=[play.task("supervise").task_id], reason_code="rung-withdrawn")
    )

    assert play.verdict == ("applied",)
    assert (play.task("supervise").state, play.task("supervise").reason_code) == (
        "withdrawn",
        "rung-withdrawn",
    )
    assert play.task("handle").supervised is None


def supervised_twice() -> tuple[Play, str, str]:
    """The ladder wants a reply, then the leader does; with the numbers of both tasks to reply."""
    play = begun().hear(ladder("supervise", at=2, reply_by=minutes(600), order_id="first"))
    first = play.task("supervise").task_id
    play.hear(order("supervise", at=3, reply_by=minutes(700), order_id="second"))
    return play, first, play.task("supervise").task_id


def test_supervision_that_is_taken_back_leaves_another_as_it_is() -> None:
    play, first, second = supervised_twice()
    before = play.task("handle")
    play.hear(ladder("withdraw", at=4, task_ids=[first]))
    assert play.task("handle") == before

    play.says("handle", "reply", at=5, order_id="second")
    assert (play.verdict, play.task("handle").supervised) == (("applied",), None)
    assert held(play, second).task.state == "done"


def test_supervision_that_is_taken_back_is_no_more_to_be_replied_to_where_it_stood() -> None:
    play, first, second = supervised_twice()
    play.hear(order("withdraw", at=4, task_ids=[second]))

    assert play.task("handle").supervised is None
    play.hear(answer(held(play, first).task, "reply", at=5, order_id="first"))
    assert play.verdict == ("applied",)


def test_a_reply_is_owed_to_a_person_after_the_work_too_until_the_matter_is_closed() -> None:
    play = supervised().says("handle", "done", at=20)
    assert (play.task("handle").supervised, play.task("supervise").state) == (None, "assigned")

    play.says("check", "check", at=30).says("attend", "arrived", at=31)
    assert (play.case.incident.state, play.task("supervise").state) == ("closed", "withdrawn")


def test_a_reply_that_was_owed_before_a_check_failed_is_owed_where_the_work_begins_again() -> None:
    play = supervised().says("handle", "done", at=20)
    play.hear(complete(play.task("check"), "check", "failed", at=30, by="officer"))

    supervision = play.task("handle").supervised
    assert supervision is not None
    play.says("handle", "reply", at=40, order_id=supervision.order_id)
    assert (play.verdict, play.task("supervise").state) == (("applied",), "done")


@pytest.mark.parametrize("way", ["ladder", "returned"])
def test_a_reply_to_the_ladder_or_about_what_was_returned_ends_with_its_round(way: str) -> None:
    play = begun()
    if way == "ladder":
        ids = [play.task("handle").task_id]
        play.hear(ladder("supervise", at=10, task_ids=ids, reply_by=minutes(130), reason_code="late"))
        play.says("handle", "done", at=20)
    else:
        play.hear(order("supervise", on_behalf_of=CENTRE, at=10, reply_by=minutes(130)))
        play.says("handle", "return", at=20)

    assert play.task("supervise").state == "withdrawn"


def test_while_nobody_handles_the_desk_that_looks_for_somebody_is_supervised() -> None:
    play = begun("0502").hear(order("supervise", on_behalf_of=CENTRE, reply_by=minutes(60)))

    assert play.task("supervise").holder == WORKSTATION


def test_what_is_over_is_not_supervised() -> None:
    play = begun().says("attend", "done", at=2)
    task_ids = [play.task("attend").task_id]
    play.hear(order("supervise", at=3, reply_by=minutes(100), task_ids=task_ids))

    assert play.verdict == ("refused", "not-allowed-now")


def test_two_tasks_of_one_holder_are_supervised_each_for_itself() -> None:
    play = begun().hear(order("call", "assist department:water"))
    both = [held.task.task_id for held in play.case.held if held.task.holder == "department:water"]
    play.hear(order("supervise", at=2, task_ids=both, reply_by=minutes(60)))

    asked = {held.task.concerns for held in play.case.held if held.task.kind == "supervise"}
    assert asked == set(both)


def test_a_reminder_is_told_to_who_has_the_turn() -> None:
    play = begun().hear(order("remind", reason=None, on_behalf_of=WORKSTATION))

    assert (play.verdict, play.task("handle").change, play.task("handle").state) == (
        ("applied",),
        "reminded",
        "assigned",
    )


@pytest.mark.parametrize(
    ("ordered", "code", "pointer"),
    [
        (order("supervise"), "missing", "/reply_by"),
        (order("supervise", at=5, reply_by=minutes(5)), "invalid", "/reply_by"),
        (order("supervise", reply_by=minutes(60), reason=None), "reason-required", "/reason"),
        (order("supervise", reply_by=minutes(60), on_behalf_of=WORKSTATION), "not-yours", "/on_behalf_of"),
    ],
)
def test_what_is_refused_says_why_and_changes_nothing(ordered: DeskOrdered, code: str, pointer: str) -> None:
    play = begun()
    before = play.case

    assert play.hear(ordered).complaint == (code, pointer)
    assert play.case == before


def test_the_reply_to_the_leader_ends_the_supervision() -> None:
    play = supervised().says("supervise", "reply", at=20, order_id="supervise 10")

    assert (play.task("supervise").state, play.task("supervise").change) == ("done", "replied")
    assert (play.task("handle").change, play.task("handle").supervised) == ("replied", None)
    assert play.task("handle").state == "assigned"


def test_a_reply_may_be_given_on_the_task_itself() -> None:
    play = supervised().says("handle", "reply", at=20, order_id="supervise 10")

    assert (play.task("handle").change, play.task("handle").supervised) == ("replied", None)
    assert play.task("supervise").state == "done"


def test_who_is_supervised_twice_owes_two_replies() -> None:
    play = supervised()
    first = play.task("supervise").task_id
    play.hear(order("supervise", on_behalf_of=CENTRE, at=11, reply_by=minutes(200)))
    (second,) = {each.task.task_id for each in play.case.held if each.task.kind == "supervise"} - {first}

    play.hear(answer(held(play, first).task, "reply", at=20, order_id="supervise 10"))
    assert play.verdict == ("applied",)
    assert (held(play, first).task.state, held(play, second).task.state) == ("done", "assigned")
    left = play.task("handle").supervised
    assert left is not None
    assert left.order_id == "supervise 11"


def test_a_reply_on_the_task_itself_is_for_the_order_it_names() -> None:
    play = supervised()
    first = play.task("supervise").task_id
    play.hear(order("supervise", on_behalf_of=CENTRE, at=11, reply_by=minutes(200)))

    play.says("handle", "reply", at=20, order_id="supervise 11")
    assert play.task("handle").supervised is None
    assert held(play, first).task.state == "assigned"
    assert [kind for kind, _ in play.open_tasks].count("supervise") == 1


@pytest.mark.parametrize("kind", ["handle", "supervise"])
def test_a_reply_names_the_order_that_asks(kind: str) -> None:
    play = supervised().says(kind, "reply", at=20, order_id="supervise 9")

    assert play.verdict == ("refused", "unknown-order")


def test_nobody_replies_who_was_not_asked() -> None:
    assert begun().says("handle", "reply").verdict == ("refused", "not-allowed-now")


@pytest.mark.parametrize("read_first", [True, False])
def test_what_the_ladder_ordered_of_one_round_does_not_strike_the_next(read_first: bool) -> None:
    play = begun()
    ids = (play.task("handle").task_id,)
    late = (
        ladder("list", at=360, task_ids=ids, board="street", reason_code="listed"),
        ladder("supervise", at=480, task_ids=ids, reply_by=minutes(540), reason_code="supervised"),
    )
    if read_first:
        play.hear(*late)
    play.says("handle", "done", at=500)
    play.hear(complete(play.task("check"), "check", "failed", at=560, by="officer"))
    if not read_first:
        play.hear(*late)

    task = play.task("handle")
    assert (task.round, task.listed, task.supervised) == (2, (), None)
