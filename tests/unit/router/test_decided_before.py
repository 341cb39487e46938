"""A desk decided before the ladder dispatched by itself, and is read after it: its decision stands."""

from typing import Any

import pytest

from tests.unit.router.scenes import (
    CENTRE,
    DESK,
    MANAGER,
    POLICE,
    Play,
    accepted,
    answer,
    ladder,
    minutes,
    order,
)
from tests.unit.router.test_results import CONFIRM, begun, book
from wangge_router.store import docket_of, packed

WATER, ROADS, GAS = "handle department:water", "handle department:roads", "handle department:gas"
MANAGER_CALLED, POLICE_CALLED = f"attend {MANAGER}", f"attend {POLICE}"
REASON = "decided-before"
"""Why a task is taken back that the ladder gave."""


def dispatched(**then: Any) -> Play:
    """At minute ten the ladder has dispatched by itself: water leads, gas helps, the police come."""
    play = begun(book(**CONFIRM, assists=["gas"], attends=["grid/police"], **then))
    play.hear(by_itself(play))
    assert play.verdict == ("applied",)
    return play


def by_itself(play: Play) -> Any:
    task = play.task("dispatch")
    assert task.suggestion is not None
    return ladder("dispatch", task_ids=[task.task_id], parties=task.suggestion.parties, at=10)


def decision(play: Play, *parties: str, at: float = 9, **fields: Any) -> Any:
    """What the desk decided about that first task."""
    first = next(held.task for held in play.case.held if held.task.kind == "dispatch")
    return order("dispatch", *parties, **{"task_ids": [first.task_id], "at": at, **fields})


def test_what_the_desk_does_not_want_is_taken_back_what_both_want_stays_and_the_rest_is_given() -> None:
    play = dispatched()
    called = play.task("attend", POLICE)

    play.hear(decision(play, ROADS, POLICE_CALLED, MANAGER_CALLED))

    assert play.verdict == ("applied",)
    assert play.open_tasks == [
        ("attend", POLICE),
        ("handle", "department:roads"),
        ("attend", MANAGER),
    ]
    assert play.task("attend", POLICE).task_id == called.task_id
    assert play.task("attend", POLICE).assigned_at == minutes(10)
    for kind, holder in (("handle", "department:water"), ("assist", "department:gas")):
        back = play.task(kind, holder)
        assert (back.state, back.reason_code, back.effective_at) == ("withdrawn", REASON, minutes(9))
    assert (play.case.incident.state, play.case.incident.lead) == ("handling", "department:roads")


def test_the_task_of_the_desk_tells_when_the_desk_had_decided() -> None:
    play = dispatched()
    assert play.task("dispatch").effective_at == minutes(10)

    play.hear(decision(play, ROADS))

    told = play.task("dispatch")
    assert (told.state, told.change, told.effective_at) == ("done", "done", minutes(9))
    assert told.task_id in [task.task_id for task in play.facts[-1].tasks]
    assert play.case.dispatchers == ("dispatcher",)


@pytest.mark.parametrize(
    "parties", [(WATER,), (ROADS,), (ROADS, POLICE_CALLED), (GAS, "assist department:roads")]
)
def test_both_orders_lead_to_the_same_end_whichever_is_read_first(parties: tuple[str, ...]) -> None:
    play, early = dispatched(), begun(book(**CONFIRM, assists=["gas"], attends=["grid/police"]))
    rang = by_itself(early)
    early.hear(decision(early, *parties), rang)
    play.hear(decision(play, *parties))

    assert early.verdict == ("refused", "not-allowed-now")
    waited = Play(directory=play.directory).hear(rang, decision(play, *parties), accepted())
    assert sorted(play.open_tasks) == sorted(early.open_tasks) == sorted(waited.open_tasks)
    assert play.task("dispatch").effective_at == early.task("dispatch").effective_at == minutes(9)
    for name in ("state", "lead", "counts"):
        assert getattr(play.case.incident, name) == getattr(early.case.incident, name)


@pytest.mark.parametrize("at", [10, 11])
def test_who_decides_when_it_was_dispatched_or_later_has_to_designate(at: float) -> None:
    play = dispatched()

    play.hear(decision(play, ROADS, at=at))

    assert play.verdict == ("refused", "not-allowed-now")
    assert ("handle", "department:water") in play.open_tasks


def test_an_order_that_names_no_task_is_about_the_one_that_was_dispatched_by_itself() -> None:
    play = dispatched()

    play.hear(decision(play, ROADS, task_ids=[]))

    assert play.open_tasks == [("handle", "department:roads")]


def test_another_desk_decides_nothing_by_it() -> None:
    play = dispatched()

    play.hear(decision(play, ROADS, on_behalf_of="desk:110101010"))

    assert play.verdict == ("refused", "not-yours")


def test_the_desk_names_exactly_one_who_leads() -> None:
    play = dispatched()
    before = play.case

    play.hear(decision(play, POLICE_CALLED))
    assert play.complaint == ("missing", "/parties")
    play.hear(decision(play, ROADS, GAS, order_id="two"))
    assert play.complaint == ("invalid", "/parties")

    assert play.case is before


def test_the_ladder_undoes_nothing_that_the_ladder_did() -> None:
    play = dispatched()

    play.hear(ladder("dispatch", ROADS, task_ids=[play.task("dispatch").task_id], at=9))

    assert play.verdict == ("refused", "not-allowed-now")


def test_what_the_unit_has_begun_is_taken_from_it_and_what_it_asked_for_lapses() -> None:
    play = dispatched()
    play.says("handle", "progress", at=11)
    play.says("handle", "request-extension", at=12)
    assert ("approve", DESK) in play.open_tasks

    play.hear(decision(play, ROADS))

    assert play.open_tasks == [("handle", "department:roads")]
    assert play.task("handle", "department:water").pending is None
    play.says("handle", "done", holder="department:water", at=13)
    assert play.verdict == ("refused", "not-allowed-now")


def test_what_the_unit_has_returned_is_no_longer_asked_of_the_desk() -> None:
    play = dispatched()
    play.says("handle", "return", at=12)
    assert ("dispatch", DESK) in play.open_tasks

    play.hear(decision(play, ROADS))

    assert play.open_tasks == [("handle", "department:roads")]
    again = play.task("dispatch")
    assert (again.state, again.reason_code) == ("withdrawn", REASON)
    assert play.task("handle", "department:water").state == "returned"


def test_who_was_wanted_by_both_and_returned_it_has_returned_it() -> None:
    play = dispatched()
    play.says("handle", "return", at=12)

    play.hear(decision(play, WATER))

    assert play.verdict == ("applied",)
    assert play.open_tasks == [("dispatch", DESK)]
    assert (play.case.incident.state, play.case.incident.counts.returns) == ("dispatching", 1)


def test_who_was_wanted_by_both_keeps_it_and_who_was_called_since_stays() -> None:
    play = dispatched()
    play.hear(order("call", "assist department:roads", at=11))
    task = play.task("handle")

    play.hear(decision(play, WATER, "assist department:roads"))

    assert sorted(play.open_tasks) == [("assist", "department:roads"), ("handle", "department:water")]
    assert play.task("handle").task_id == task.task_id
    assert play.task("handle").revision == task.revision


def test_a_limit_or_words_of_the_desk_s_own_are_given_anew() -> None:
    play = dispatched()
    first = play.task("handle").task_id
    party = {
        "holder": "department:water",
        "kind": "handle",
        "role": "lead",
        "instructions": {"text": "先关阀"},
    }

    play.hear(decision(play, parties=[party]))

    assert play.open_tasks == [("handle", "department:water")]
    given = play.task("handle")
    assert given.task_id != first
    assert given.instructions is not None
    assert given.instructions.text == "先关阀"


def test_the_unit_may_return_it_as_after_any_dispatch() -> None:
    play = dispatched()
    play.hear(decision(play, ROADS))

    play.says("handle", "return", at=20)

    assert play.verdict == ("applied",)
    assert play.open_tasks == [("dispatch", DESK)]


def test_what_is_done_is_not_taken_back() -> None:
    play = dispatched()
    play.says("handle", "done", at=12)
    before = play.case

    play.hear(decision(play, ROADS))

    assert play.verdict == ("refused", "not-allowed-now")
    assert play.case is before


def test_what_was_reworked_since_is_not_taken_back() -> None:
    play = dispatched()
    play.says("handle", "done", at=12)
    play.says("check", "check", at=13, verdict="failed")

    play.hear(decision(play, ROADS))

    assert play.verdict == ("refused", "not-allowed-now")


def test_what_is_closed_is_not_taken_back() -> None:
    play = begun(book(**CONFIRM, check_kind="none"))
    play.hear(by_itself(play))
    play.says("handle", "done", at=12)
    assert play.case.over

    play.hear(decision(play, ROADS))

    assert play.verdict == ("refused", "closed")


@pytest.mark.parametrize("returned", [False, True])
def test_whom_a_desk_has_named_since_keeps_it(*, returned: bool) -> None:
    play = dispatched()
    if returned:
        play.says("handle", "return", at=12)
        play.hear(order("dispatch", GAS, at=14))
    else:
        play.hear(order("designate", GAS, at=14))
    assert play.verdict == ("applied",)

    play.hear(decision(play, ROADS))

    assert play.complaint == ("not-allowed-now", "/order")
    assert ("handle", "department:gas") in play.open_tasks


def test_it_is_undone_once() -> None:
    play = dispatched()
    play.hear(decision(play, ROADS))

    play.hear(decision(play, GAS, at=8, on_behalf_of=CENTRE))

    assert play.verdict == ("refused", "not-allowed-now")
    assert play.open_tasks == [("handle", "department:roads")]


def test_a_designation_that_was_first_takes_back_all_that_the_ladder_gave() -> None:
    play = dispatched()

    play.hear(order("designate", ROADS, POLICE_CALLED, at=9))

    assert play.verdict == ("applied",)
    assert play.open_tasks == [("attend", POLICE), ("handle", "department:roads")]
    assert play.task("dispatch").effective_at == minutes(9)
    assert play.task("assist").reason_code == REASON
    assert play.held("handle").designated


def test_a_designation_that_came_later_takes_back_the_lead_alone() -> None:
    play = dispatched()

    play.hear(order("designate", ROADS, at=11))

    assert play.task("dispatch").effective_at == minutes(10)
    assert sorted(play.open_tasks) == [
        ("assist", "department:gas"),
        ("attend", POLICE),
        ("handle", "department:roads"),
    ]


def test_the_row_keeps_what_can_be_undone_however_much_has_happened_since() -> None:
    play = dispatched()
    for number in range(4):
        play.hear(order("call", "assist department:roads", at=20 + number))
        play.hear(answer(play.task("assist", "department:roads"), "done", at=20.5 + number))
    away = play.docket.put_away()
    assert away
    kept = docket_of("incident", packed(play.docket.document), None)
    assert kept.case == play.case

    play.hear(decision(play, ROADS))

    assert play.verdict == ("applied",)
    assert play.open_tasks == [("handle", "department:roads")]


def referred_up(play: Play, *, at: float = 9, **fields: Any) -> Any:
    """What the desk said of that first task: the desk above is to decide."""
    first = next(held.task for held in play.case.held if held.task.kind == "dispatch")
    return answer(first, "refer-up", **{"at": at, "based_on_revision": 1, **fields})


def test_a_desk_that_had_referred_it_up_has_its_way_whichever_is_read_first() -> None:
    play, early = dispatched(), begun(book(**CONFIRM, assists=["gas"], attends=["grid/police"]))
    rang = by_itself(early)
    early.hear(referred_up(early), rang)

    play.hear(referred_up(play))

    assert early.verdict == ("refused", "not-allowed-now")
    assert play.verdict == ("applied",)
    assert play.open_tasks == early.open_tasks == [("dispatch", CENTRE)]
    assert (play.case.incident.state, play.case.incident.lead) == ("dispatching", None)
    for kind in ("handle", "assist", "attend"):
        back = play.task(kind)
        assert (back.state, back.reason_code, back.effective_at) == ("withdrawn", REASON, minutes(9))
    for end in (play, early):
        told = next(held.task for held in end.case.held if held.task.kind == "dispatch")
        assert (told.state, told.change, told.effective_at) == ("ended", "referred-up", minutes(9))


@pytest.mark.parametrize("at", [10, 11])
def test_what_is_referred_up_when_it_was_dispatched_or_later_is_refused(at: float) -> None:
    play = dispatched()
    before = play.case

    play.hear(referred_up(play, at=at))

    assert play.verdict == ("refused", "not-allowed-now")
    assert play.case is before


def test_what_a_desk_has_decided_is_not_referred_up() -> None:
    play = begun(book(**CONFIRM))
    play.hear(decision(play, ROADS, at=9))

    play.hear(referred_up(play, at=8))

    assert play.verdict == ("refused", "not-allowed-now")


@pytest.mark.parametrize("decided", [False, True])
def test_what_was_handled_or_decided_since_is_not_referred_up(*, decided: bool) -> None:
    play = dispatched()
    play.hear(order("designate", GAS, at=14) if decided else answer(play.task("handle"), "done", at=12))
    before = play.case

    play.hear(referred_up(play))

    assert play.verdict == ("refused", "not-allowed-now")
    assert play.case is before


def test_nobody_is_told_that_he_may_still_refer_up_what_was_dispatched() -> None:
    play = dispatched()

    assert play.task("dispatch").allowed_acts == ()


def test_it_is_referred_up_once_and_then_no_order_of_before_undoes_it() -> None:
    play = dispatched()
    play.hear(referred_up(play))

    play.hear(referred_up(play, at=8, answer_id="again"))
    assert play.verdict == ("refused", "not-allowed-now")
    play.hear(decision(play, ROADS, at=8))
    assert play.verdict == ("refused", "not-allowed-now")

    assert play.open_tasks == [("dispatch", CENTRE)]
