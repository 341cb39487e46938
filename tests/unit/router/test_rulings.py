"""Who takes over when a holder gives a task away: returned (退回), referred up, handed on inside (转派)."""

from typing import Any

import pytest

from tests.unit.router.scenes import (
    CENTRE,
    DESK,
    DISTRICT,
    PARTS,
    STREET,
    Play,
    accepted,
    begun,
    directory,
    ladder,
    minutes,
    order,
    text,
)
from wangge_contracts.v1 import AnswerJudged, Cause, TaskChanged
from wangge_router.draft import Draft
from wangge_router.rulings import shuffled
from wangge_router.settling import settle
from wangge_router.turns import MOST_RETURNS

CREW, NIGHT_CREW = "department:water-crew", "department:water-night"
UNITS: list[Any] = [
    *PARTS["departments"],
    {
        "slug": "water-crew",
        "name": {"zh": "抢修班", "en": "crew"},
        "level": "street",
        "reach": "mailbox",
        "parent": "water",
    },
    {
        "slug": "water-night",
        "name": {"zh": "夜班", "en": "night crew"},
        "level": "street",
        "reach": "mailbox",
        "parent": "water-crew",
    },
]
WITH_CREWS = directory(departments=UNITS)


def in_crews() -> Play:
    return Play(WITH_CREWS).hear(accepted())


def crew(play: Play, act: str, unit: str = CREW, **fields: Any) -> Play:
    return play.says("handle", act, origin=unit.replace("department:", "departments."), **fields)


def test_a_return_tells_the_desk_its_reason_whom_it_suggests_and_on_what_it_leans() -> None:
    play = begun().says(
        "handle",
        "return",
        at=2,
        suggested_unit="department:gas",
        basis="分界协议第3条",
        text=text("是燃气管"),
    )

    task = play.task("dispatch")
    assert task.decision.reason == (
        "returned by department:water: not-ours; it suggests department:gas; it leans on 分界协议第3条"
    )
    assert task.instructions == text("是燃气管")


def test_a_return_suggests_a_unit_that_there_is() -> None:
    play = begun().says("handle", "return", suggested_unit="department:nobody")

    assert play.verdict == ("refused", "unknown-holder")


def test_a_designated_unit_does_not_return() -> None:
    play = begun().hear(order("designate", "handle department:roads", at=2))

    assert "return" not in play.task("handle").allowed_acts
    assert play.says("handle", "return", at=3).verdict == ("refused", "not-allowed-now")


def returned_so_often() -> Play:
    play = begun("0502").hear(order("dispatch", "handle department:water", at=1))
    for number in range(MOST_RETURNS):
        play.says("handle", "return", at=2 + number)
        if number < MOST_RETURNS - 1:
            play.hear(order("dispatch", "handle department:roads", at=2.5 + number))
    return play


def test_after_three_returns_a_desk_only_designates() -> None:
    play = returned_so_often()
    assert play.case.incident.counts.returns == MOST_RETURNS

    play.hear(order("dispatch", "handle department:water", at=9))
    assert play.verdict == ("refused", "not-allowed-now")

    designated = play.hear(order("designate", "handle department:water", at=10))
    assert designated.open_tasks == [("handle", "department:water")]
    assert play.says("handle", "return", at=11).verdict == ("refused", "not-allowed-now")


def ruled_shuffling(play: Play, at: float) -> TaskChanged:
    """Let the desk find that the return was shuffling, as an order would."""
    draft = Draft(play.case, play.directory, cause=Cause(id="ruling", kind="order"), at=minutes(at))
    asked = play.held("dispatch")
    draft.move(asked, change="done", to="done")
    assert shuffled(draft, asked, None)
    play.docket.case = settle(draft, "task-changed", now=minutes(at)).case
    return play.task("handle")


def test_a_return_that_is_shuffling_leaves_the_same_task_with_the_unit_as_if_it_had_never_been() -> None:
    play = begun().says("handle", "progress", at=2).says("handle", "return", at=3)
    before = play.task("handle")
    task = ruled_shuffling(play, at=30)

    assert (task.task_id, task.holder) == (before.task_id, "department:water")
    assert (task.state, task.change, task.reason_code) == ("working", "request-refused", "shuffling")
    assert (task.assigned_at, task.limit, task.round) == (before.assigned_at, before.limit, 1)
    assert (play.case.incident.counts.returns, play.case.incident.counts.shuffles) == (1, 1)
    assert play.case.incident.state == "handling"


def watched(act: str = "") -> Play:
    """Water is listed and supervised, and has said *act* of that."""
    play = begun().hear(ladder("list", at=200, board="street", board_place=STREET))
    play.hear(order("supervise", at=210, reply_by=minutes(600)))
    return play.says("supervise", act, at=211) if act else play


@pytest.mark.parametrize("state", ["assigned", "acknowledged"])
def test_listing_and_supervision_stand_again_when_a_return_was_shuffling(state: str) -> None:
    play = watched("acknowledge" if state == "acknowledged" else "")
    before, reply = play.task("handle"), play.task("supervise")
    play.says("handle", "return", at=220)
    assert (play.case.incident.listed, play.task("supervise").state) == ((), "withdrawn")

    play.hear(order("refuse", at=230, task_ids=[play.task("dispatch").task_id]))

    task, again = play.task("handle"), play.task("supervise")
    assert (task.listed, task.supervised) == (before.listed, before.supervised)
    assert play.case.incident.listed == before.listed != ()
    assert (again.task_id, again.state, again.supervised) == (reply.task_id, state, reply.supervised)
    assert (again.limit, again.assigned_at, again.change) == (
        reply.limit,
        reply.assigned_at,
        "request-refused",
    )
    assert play.says("supervise", "reply", at=240, order_id="supervise 210").verdict == ("applied",)
    assert play.task("handle").supervised is None


def test_what_was_ordered_after_a_return_that_was_read_later_does_not_stand_again() -> None:
    play = watched().says("handle", "return", at=205)
    play.hear(order("refuse", at=230, task_ids=[play.task("dispatch").task_id]))

    assert [entry.since for entry in play.task("handle").listed] == [minutes(200)]
    assert (play.task("handle").supervised, play.task("supervise").state) == (None, "withdrawn")


def taken_back(play: Play, kind: str, task: TaskChanged, at: float, **fields: Any) -> Play:
    """The ladder takes back what rang too soon, as when an outage is declared."""
    told = {"task_ids": [task.task_id], "reason": None, "reason_code": "rung-withdrawn"}
    return play.hear(ladder(kind, at=at, **(told | fields)))


def test_a_listing_that_was_taken_back_while_a_return_waits_stays_so_when_it_is_refused() -> None:
    play = watched()
    play.hear(ladder("list", at=212, board="district", board_place=DISTRICT))
    play.says("handle", "return", at=220)

    taken_back(play, "unlist", play.task("handle"), 200, board="street")
    assert play.verdict == ("applied",)
    play.hear(order("refuse", at=230, task_ids=[play.task("dispatch").task_id]))

    assert [entry.place for entry in play.task("handle").listed] == [DISTRICT]
    assert play.case.incident.listed == play.task("handle").listed
    assert play.task("handle").supervised is not None


@pytest.mark.parametrize(("at", "boards"), [(219, [STREET]), (220, [STREET]), (221, [])])
def test_a_listing_that_is_read_after_a_return_stands_again_when_that_is_refused_if_it_was_due_before(
    at: int, boards: list[str]
) -> None:
    play = begun().says("handle", "return", at=220)
    returned = play.task("handle")

    play.hear(ladder("list", at=at, board="street", board_place=STREET, task_ids=[returned.task_id]))
    assert play.verdict == (("applied",) if boards else ("refused", "not-allowed-now"))
    assert play.task("handle").listed == ()
    play.hear(order("refuse", at=230, task_ids=[play.task("dispatch").task_id]))

    assert [entry.place for entry in play.task("handle").listed] == boards
    assert play.case.incident.listed == play.task("handle").listed


def test_no_desk_lists_what_was_returned_and_the_ladder_lists_it_once() -> None:
    play = begun().says("handle", "return", at=220)
    there = {"board": "street", "board_place": STREET, "task_ids": [play.task("handle").task_id]}

    for said, outcome in ((order, "refused"), (ladder, "applied"), (ladder, "refused")):
        play.hear(said("list", at=219 - len(play.told), **there))
        assert play.verdict[0] == outcome


@pytest.mark.parametrize(("at", "owed"), [(219, True), (220, True), (221, False)])
def test_a_supervision_that_is_read_after_a_return_stands_again_when_that_is_refused_if_it_was_due_before(
    at: int, owed: bool
) -> None:
    play = begun().says("handle", "return", at=220)
    task_id = play.task("handle").task_id

    play.hear(ladder("supervise", at=at, reply_by=minutes(600), task_ids=[task_id], order_id="late"))
    assert play.verdict == (("applied",) if owed else ("refused", "not-allowed-now"))
    assert play.task("handle").supervised is None
    assert [kind for kind, _ in play.open_tasks] == ["attend", "dispatch"]
    play.hear(order("refuse", at=230, task_ids=[play.task("dispatch").task_id]))

    assert (play.task("handle").supervised is not None) == owed
    if owed:
        told = [task for fact in play.facts for task in fact.tasks if task.kind == "supervise"]
        assert [(task.state, task.effective_at) for task in told] == [
            ("withdrawn", minutes(220)),
            ("assigned", minutes(230)),
        ]
        assert play.says("supervise", "reply", at=240, order_id="late").verdict == ("applied",)
        assert play.task("handle").supervised is None


def test_a_supervision_that_was_read_after_a_return_and_taken_back_since_does_not_stand_again() -> None:
    play = begun().says("handle", "return", at=220)
    task_id = play.task("handle").task_id
    play.hear(ladder("supervise", at=219, reply_by=minutes(600), task_ids=[task_id]))

    taken_back(play, "withdraw", play.task("supervise"), 225)
    play.hear(order("refuse", at=230, task_ids=[play.task("dispatch").task_id]))

    assert (play.task("handle").supervised, play.task("supervise").state) == (None, "withdrawn")


def test_a_supervision_that_was_taken_back_while_a_return_waits_stays_so_when_it_is_refused() -> None:
    play = watched().says("handle", "return", at=220)

    taken_back(play, "withdraw", play.task("supervise"), 225)
    assert play.verdict == ("applied",)
    play.hear(order("refuse", at=230, task_ids=[play.task("dispatch").task_id]))

    assert (play.task("handle").supervised, play.task("supervise").state) == (None, "withdrawn")
    assert [entry.place for entry in play.task("handle").listed] == [STREET]


def test_nothing_is_taken_back_once_a_return_was_right() -> None:
    play = watched().says("handle", "return", at=220)
    returned, reply = play.task("handle"), play.task("supervise")
    play.hear(order("dispatch", "handle department:roads", at=230))

    for kind, task, fields in (("unlist", returned, {"board": "street"}), ("withdraw", reply, {})):
        taken_back(play, kind, task, 200, **fields)
        assert play.verdict == ("refused", "not-allowed-now")


def test_a_return_that_was_right_leaves_nothing_over_anybody() -> None:
    play = watched().says("handle", "return", at=220)
    play.hear(order("dispatch", "handle department:roads", at=230))

    assert (play.task("handle").listed, play.task("handle").supervised) == ((), None)
    assert play.open_tasks[-1] == ("handle", "department:roads")
    assert play.task("supervise").state == "withdrawn"


def test_who_keeps_it_after_the_third_return_does_not_return_it_any_more() -> None:
    play = returned_so_often()
    task = ruled_shuffling(play, at=9)

    assert "return" not in task.allowed_acts
    assert play.says("handle", "return", at=10).verdict == ("refused", "not-allowed-now")


def test_what_helpers_return_does_not_count_against_who_leads() -> None:
    play = begun("0505")
    for number, unit in enumerate(("department:water", "department:housing", "department:gas")):
        play.hear(order("call", f"assist {unit}", at=2 + number))
        play.says("assist", "return", holder=unit, at=2.5 + number)
        play.hear(order("refuse", at=2.7 + number, task_ids=[play.task("dispatch").task_id]))
    counts = play.case.incident.counts
    assert (counts.returns, counts.shuffles) == (0, 0)

    play.says("handle", "return", at=20)
    assert (play.verdict, play.case.incident.counts.returns) == (("applied",), 1)
    play.hear(order("dispatch", "handle department:water", at=21, task_ids=[play.task("dispatch").task_id]))
    assert play.case.incident.lead == "department:water"


def test_a_helper_may_return_what_its_lead_may_not_any_more() -> None:
    play = returned_so_often()
    play.hear(order("designate", "handle department:water", "assist department:roads", at=9))
    assert "return" not in play.task("handle").allowed_acts

    assert "return" in play.task("assist").allowed_acts
    assert play.says("assist", "return", at=10).verdict == ("applied",)


def test_who_keeps_it_after_the_third_return_is_told_why_he_may_not_return_it() -> None:
    play = returned_so_often()
    ruled_shuffling(play, at=9)
    told = play.says("handle", "return", at=10).told[-1][1]

    assert isinstance(told, AnswerJudged)
    assert "it was returned three times" in told.errors[0].text_en


def test_what_was_referred_up_still_tells_which_return_it_is_about() -> None:
    play = begun().says("handle", "return", at=2).says("dispatch", "refer-up", at=3)

    task = play.task("dispatch")
    assert (task.holder, task.concerns) == (CENTRE, play.task("handle").task_id)
    assert ruled_shuffling(play, at=4).state == "assigned"


def test_a_unit_hands_work_to_one_inside_and_the_deadline_stays() -> None:
    play = in_crews().says("handle", "acknowledge", at=2).says("handle", "forward", at=5, to=CREW)

    task = play.task("handle")
    assert (task.holder, task.state, task.change) == (CREW, "assigned", "forwarded")
    assert (task.assigned_at, task.round) == (minutes(0), 1)
    assert play.case.incident.lead == CREW
    assert crew(play, "progress", at=6).verdict == ("applied",)


def test_both_units_are_told_when_work_is_handed_on() -> None:
    play = in_crews().says("handle", "forward", at=5, to=CREW)
    told = [
        topic for topic, said in play.told if isinstance(said, TaskChanged) and said.change == "forwarded"
    ]

    assert told == ["departments.water-crew.tasks.v1", "departments.water.tasks.v1"]


def test_who_handed_it_on_has_no_more_to_say() -> None:
    play = in_crews().says("handle", "forward", at=5, to=CREW)

    assert play.says("handle", "done", at=6, origin="departments.water").verdict == ("refused", "not-yours")


@pytest.mark.parametrize("to", ["department:roads", "department:water", "department:nobody", DESK])
def test_work_is_handed_on_inside_only(to: str) -> None:
    assert in_crews().says("handle", "forward", to=to).verdict == ("refused", "invalid")


def test_work_is_handed_on_however_deep() -> None:
    assert in_crews().says("handle", "forward", to=NIGHT_CREW).task("handle").holder == NIGHT_CREW


def test_a_unit_with_nobody_inside_is_not_told_to_hand_on() -> None:
    assert "forward" in in_crews().task("handle").allowed_acts
    assert "forward" not in begun().task("handle").allowed_acts


def test_a_unit_refers_what_is_beyond_it_to_the_unit_above_with_a_reason() -> None:
    play = in_crews().says("handle", "forward", at=5, to=CREW)
    crew(play, "refer-up", at=6, text=None)
    assert play.verdict == ("refused", "reason-required")

    crew(play, "refer-up", at=7)
    task = play.task("handle")
    assert (task.holder, task.state, task.change) == ("department:water", "assigned", "referred-up")
    assert task.assigned_at == minutes(0)


def test_nobody_refers_up_from_the_top() -> None:
    assert begun().says("handle", "refer-up").verdict == ("refused", "not-allowed-now")


def test_what_the_former_holder_saw_is_stale_for_who_took_over() -> None:
    play = in_crews().says("handle", "forward", at=5, to=CREW)

    assert crew(play, "done", at=6, based_on_revision=1).verdict == ("refused", "stale")


def returned_both() -> tuple[Play, str, str]:
    """The helper returned it, then the lead; with the numbers of what the desk is asked about each."""
    play = begun("0505").hear(order("call", "assist department:housing", at=2))
    play.says("assist", "return", at=3)
    helper = play.task("dispatch").task_id
    play.says("handle", "return", at=4)
    return play, helper, play.task("dispatch").task_id


def test_who_leads_is_not_decided_on_the_question_about_a_helper() -> None:
    play, helper, lead = returned_both()
    play.hear(order("dispatch", "handle department:water", at=5, task_ids=[helper]))
    assert play.complaint == ("not-allowed-now", "/task_ids")

    play.hear(order("dispatch", "handle department:water", at=6, task_ids=[lead]))
    assert play.open_tasks == [("dispatch", DESK), ("handle", "department:water")]


def test_the_question_about_a_helper_is_answered_while_nobody_leads() -> None:
    play, helper, _ = returned_both()
    play.hear(order("dispatch", "assist department:gas", at=5, task_ids=[helper]))

    assert play.verdict == ("applied",)
    assert play.open_tasks == [("dispatch", DESK), ("assist", "department:gas")]
    assert play.case.incident.state == "dispatching"


def test_who_leads_is_decided_by_the_desk_that_is_asked_about_it_only() -> None:
    play, *_ = returned_both()
    play.says("dispatch", "refer-up", at=5)
    play.hear(order("dispatch", "handle department:water", at=6))
    assert play.complaint == ("not-yours", "/on_behalf_of")

    play.hear(order("dispatch", "handle department:water", at=7, on_behalf_of=CENTRE))
    assert ("handle", "department:water") in play.open_tasks
    assert ("dispatch", CENTRE) not in play.open_tasks


def test_a_return_is_not_shuffling_any_more_once_another_unit_leads() -> None:
    play, _, lead = returned_both()
    asked = play.held("dispatch")
    play.hear(order("dispatch", "handle department:water", at=5, task_ids=[lead]))
    # As in rows of before a lead was decided on its own question only.
    rest = tuple(held for held in play.case.held if held.task.task_id != lead)
    play.docket.case = play.case.model_copy(update={"held": (*rest, asked)})

    play.hear(order("refuse", at=6, task_ids=[lead]))
    assert play.complaint == ("not-allowed-now", "/task_ids")


def test_a_desk_may_be_content_without_the_helper_that_returned_it() -> None:
    play, helper, _ = returned_both()
    play.hear(order("dispatch", at=5, task_ids=[helper]))
    assert play.verdict == ("applied",)
    assert (play.open_tasks, play.task("assist").state) == ([("dispatch", DESK)], "returned")


def test_without_a_name_nobody_is_dispatched_unless_the_question_about_a_helper_is_named() -> None:
    play, _, lead = returned_both()
    for number, named in enumerate(([], [lead])):
        play.hear(order("dispatch", at=5 + number, task_ids=named))
        assert play.complaint == ("missing", "/parties")

    play.hear(order("dispatch", "handle department:water", at=8)).hear(order("dispatch", at=9))
    assert play.complaint == ("missing", "/parties")
