"""What is told with hindsight: effective before its round began or after it ended, or told a second time."""

from datetime import timedelta
from typing import Any

import pytest

from tests.unit.escalation.bench import Bench, climbing, done, running
from tests.unit.escalation.builders import FULL_LADDER, HOUR, LADDER, MORNING, almanac, limit, task
from wangge_contracts.v1 import Decision, Listing, Task


def outage(since: float, until: float) -> dict[str, Any]:
    return {"since": MORNING + since * HOUR, "until": MORNING + until * HOUR, "reason": "outage"}


def given(bench: Bench, number: int) -> Task:
    """The supervision that came of the order of that number."""
    decision = Decision(order_id=bench.orders[number].order_id, reason="ladder")
    return task(number + 2, incident_id=task().incident_id, kind="supervise", decision=decision)


def test_an_end_that_was_effective_before_the_beginning_is_at_the_beginning() -> None:
    bench = running().hears(done(), at=MORNING - HOUR)

    (segment,) = bench.facts[-1].segments
    assert (segment.started_at, segment.ended_at, bench.facts[-1].effective_at) == (MORNING,) * 3


def test_a_suspension_that_was_asked_for_before_the_beginning_is_from_the_beginning() -> None:
    until = MORNING + 5 * HOUR
    pausing = task(revision=2, state="suspended", change="suspended", suspended_until=until)
    bench = running().hears(pausing, at=MORNING - HOUR)

    assert (bench.facts[-1].effective_at, bench.due) == (MORNING, until + 10 * HOUR)


def test_rework_that_was_effective_before_the_end_begins_at_the_end() -> None:
    bench = running().hears(done(), at=MORNING + 3 * HOUR)
    bench.hears(task(revision=3, round=2, change="rework"), at=MORNING + 2 * HOUR)

    assert bench.facts[-1].round_began_at == MORNING + 3 * HOUR


def test_a_suspension_that_is_over_before_it_begins_moves_nothing() -> None:
    pausing = task(revision=2, state="suspended", change="suspended", suspended_until=MORNING + HOUR)
    bench = running().hears(pausing, at=MORNING + 2 * HOUR)

    assert bench.story == ["started"]
    assert bench.clock is not None
    assert len(bench.clock.segments) == 1


def test_the_bell_wakes_for_the_end_of_a_suspension() -> None:
    until = MORNING + 5 * HOUR
    pausing = task(revision=2, state="suspended", change="suspended", suspended_until=until)
    bench = running().hears(pausing, at=MORNING + HOUR)

    assert bench.clock is not None
    assert bench.clock.dues == (until, until)


def test_a_listing_that_is_lifted_before_it_began_lasted_no_time() -> None:
    on_board = Listing(board="street", place="110101009", since=MORNING + 2 * HOUR)
    bench = running().hears(task(revision=2, listed=(on_board,)), at=MORNING + 2 * HOUR)
    bench.hears(task(revision=3), at=MORNING + HOUR)

    (span,) = bench.facts[-1].listings or ()
    assert span.since == span.until


def test_another_stage_of_a_task_that_is_done_begins_no_round() -> None:
    bench = running(stage="fence").hears(done(stage="repair"), at=MORNING + HOUR)

    assert bench.story == ["started", "stopped"]


def test_what_was_owed_is_ordered_once() -> None:
    bench = climbing().hears(task(revision=2, state="returned"), at=MORNING + 13 * HOUR)
    back = task(revision=3, state="working", change="request-refused")
    bench.hears(back, at=MORNING + 13.5 * HOUR)
    longer = task(revision=4, state="working", change="extended", limit=limit(20))
    bench.hears(longer, at=MORNING + 13.75 * HOUR)

    assert [order.order for order in bench.orders] == ["list", "list"]


def test_an_outage_that_is_declared_after_a_return_lets_a_stopped_clock_order_nothing() -> None:
    bench = climbing().hears(task(revision=2, state="returned"), at=MORNING + 13 * HOUR)
    bench.almanac = almanac(ladder={**FULL_LADDER, "outages": [outage(12.5, 13)]})
    bench.swings(MORNING + 14 * HOUR)
    assert (bench.story[-1], bench.orders) == ("recalculated", [])

    back = task(revision=3, state="working", change="request-refused")
    bench.hears(back, at=MORNING + 14 * HOUR)

    assert [order.order for order in bench.orders] == ["list", "list"]


@pytest.mark.parametrize("again", [False, True])
def test_an_outage_relieves_the_last_round_and_none_that_was_closed_before_it_was_declared(
    again: bool,
) -> None:
    bench = climbing().swings(MORNING + 11 * HOUR).hears(done(), at=MORNING + 11.5 * HOUR)
    if again:
        bench.hears(task(revision=3, round=2, change="rework"), at=MORNING + 12 * HOUR)
    bench.almanac = almanac(ladder={**FULL_LADDER, "outages": [outage(8, 11)]})
    bench.swings(MORNING + 13 * HOUR)

    assert ((1, "overdue") in bench.standing) == again


def test_an_outage_while_a_unit_had_returned_its_task_counts_once_the_return_was_refused() -> None:
    bench = running()
    bench.almanac = almanac(ladder={**FULL_LADDER, "outages": [outage(3, 4)]})
    bench.hears(task(revision=2, state="returned", change="returned"), at=MORNING + 2 * HOUR)
    back = task(revision=3, state="working", change="request-refused")
    bench.hears(back, at=MORNING + 5 * HOUR)

    assert bench.due == MORNING + 11 * HOUR


def test_an_outage_that_turns_out_to_be_longer_relieves_of_the_rest_as_well() -> None:
    bench = running()
    for until in (4, 5, 5):
        bench.almanac = almanac(ladder={**FULL_LADDER, "outages": [outage(3, until)]})
        bench.swings(MORNING + 6 * HOUR)

    assert (bench.story, bench.due) == (["started", "recalculated", "recalculated"], MORNING + 12 * HOUR)
    assert len({said.id for said in bench.said}) == 3


def test_an_outage_in_which_a_unit_returned_its_task_counts_whole_once_the_return_was_refused() -> None:
    bench = running()
    bench.almanac = almanac(ladder={**FULL_LADDER, "outages": [outage(3, 4)]})
    bench.hears(task(revision=2, state="returned"), at=MORNING + 3.5 * HOUR)
    back = task(revision=3, state="working", change="request-refused")
    bench.hears(back, at=MORNING + 5 * HOUR)

    assert bench.due == MORNING + 11 * HOUR


def test_what_an_outage_leaves_as_it_was_is_for_the_bell_to_ring() -> None:
    bench = running()
    bench.almanac = almanac(ladder={**FULL_LADDER, "outages": [outage(11, 12)]})
    bench.swings(MORNING + 12 * HOUR, upto=MORNING + 9 * HOUR)

    assert bench.story == ["started", "recalculated", "rang warning"]


def test_an_outage_that_spans_two_rounds_relieves_both() -> None:
    bench = Bench(almanac=almanac(ladder={**FULL_LADDER, "outages": [outage(1, 4)]}))
    bench.hears(task(), at=MORNING).hears(done(), at=MORNING + 2 * HOUR)
    bench.hears(task(revision=3, round=2, change="rework"), at=MORNING + 3 * HOUR)

    assert bench.due == MORNING + 14 * HOUR


def test_who_has_to_sign_again_is_waited_for_again() -> None:
    bench = climbing(acknowledge_by=MORNING + HOUR)
    signed = task(revision=2, state="acknowledged", change="acknowledged", acknowledge_by=MORNING + HOUR)
    bench.hears(signed, at=MORNING + HOUR / 2)
    anew = task(revision=3, holder="department:gas", change="forwarded", acknowledge_by=MORNING + 4 * HOUR)
    bench.hears(anew, at=MORNING + 3 * HOUR).swings(MORNING + 5 * HOUR)

    assert bench.story[-1] == "rang unsigned"


def test_who_has_signed_is_not_waited_for_again_when_the_limit_moves() -> None:
    bench = climbing(acknowledge_by=MORNING + HOUR)
    signed = task(revision=2, state="acknowledged", change="acknowledged", acknowledge_by=MORNING + HOUR)
    bench.hears(signed, at=MORNING + HOUR / 4)
    longer = signed.model_copy(update={"revision": 3, "change": "extended", "limit": limit(20)})
    bench.hears(longer, at=MORNING + HOUR / 2).swings(MORNING + 3 * HOUR)

    assert bench.story == ["started", "extended"]


@pytest.mark.parametrize("rings_first", [True, False])
def test_who_did_not_sign_and_hands_it_on_leaves_the_next_to_sign_by_an_instant_of_its_own(
    *, rings_first: bool
) -> None:
    bench = climbing(acknowledge_by=MORNING + HOUR)
    if rings_first:
        bench.swings(MORNING + 2 * HOUR)
    anew = task(revision=2, holder="department:gas", change="forwarded", acknowledge_by=MORNING + 4 * HOUR)
    bench.hears(anew, at=MORNING + 3 * HOUR).swings(MORNING + 5 * HOUR)

    rang = [(fact.rung, fact.holder, fact.effective_at) for fact in bench.facts if fact.rung]
    assert rang == [
        ("unsigned", "department:water", MORNING + HOUR),
        ("unsigned", "department:gas", MORNING + 4 * HOUR),
    ]


def test_what_rang_for_a_unit_that_had_handed_its_task_on_rings_for_the_next_instead() -> None:
    bench = climbing().swings(MORNING + 13 * HOUR)
    handed = task(revision=2, holder="department:gas", change="forwarded")
    bench.hears(handed, at=MORNING + 9 * HOUR, now=MORNING + 13 * HOUR).swings(MORNING + 13 * HOUR)

    assert bench.story[4:] == [
        "rung-withdrawn listed",
        "rung-withdrawn overdue",
        "recalculated",
        "rang overdue",
        "rang listed",
    ]
    assert [fact.holder.removeprefix("department:") for fact in bench.facts[4:]] == [
        *2 * ["water"],
        *3 * ["gas"],
    ]
    assert [order.order for order in bench.orders] == ["list", "list", "unlist", "unlist", "list", "list"]
    assert bench.standing == [(1, "warning"), (1, "overdue"), (1, "listed")]


def test_what_moves_some_rungs_takes_back_none_that_keeps_its_time() -> None:
    bench = climbing(acknowledge_by=MORNING + HOUR).swings(MORNING + 2 * HOUR)
    longer = task(revision=2, change="extended", limit=limit(20), acknowledge_by=MORNING + HOUR)
    bench.hears(longer, at=MORNING + HOUR / 2, now=MORNING + 2 * HOUR).swings(MORNING + 3 * HOUR)

    assert bench.story == ["started", "rang unsigned", "extended"]


def test_a_signature_that_was_asked_for_late_takes_back_no_warning() -> None:
    bench = climbing(acknowledge_by=MORNING + 12 * HOUR).swings(MORNING + 9 * HOUR)
    anew = task(revision=2, acknowledge_by=MORNING + 13 * HOUR)
    bench.hears(anew, at=MORNING + HOUR, now=MORNING + 9 * HOUR).swings(MORNING + 9 * HOUR)

    assert bench.story == ["started", "rang warning", "recalculated"]


def test_a_signature_in_a_round_on_another_ladder_leaves_the_rungs_of_the_last_alone() -> None:
    bench = climbing(acknowledge_by=MORNING + HOUR).swings(MORNING + 2 * HOUR)
    bench.hears(done(), at=MORNING + 2 * HOUR)
    bench.almanac = almanac()
    bench.hears(task(revision=3, round=2, change="rework"), at=MORNING + 3 * HOUR)
    bench.hears(task(revision=4, round=2, state="acknowledged"), at=MORNING + HOUR / 2)

    assert bench.standing == [(1, "unsigned")]


@pytest.mark.parametrize("known_first", [True, False])
def test_a_supervision_is_taken_back_once_though_the_next_one_becomes_known(*, known_first: bool) -> None:
    bench = climbing().swings(MORNING + 15 * HOUR)
    first = given(bench, 2)
    if known_first:
        bench.hears(task(revision=2), first, at=MORNING + 15 * HOUR)
    longer = task(revision=3, change="extended", limit=limit(20))
    bench.hears(longer, at=MORNING + 9 * HOUR, now=MORNING + 15 * HOUR)
    bench.hears(task(revision=4, limit=limit(20)), first, at=MORNING + 16 * HOUR)
    bench.swings(MORNING + 25 * HOUR)
    again = given(bench, len(bench.orders) - 1)
    bench.hears(task(revision=5, limit=limit(20)), first, again, at=MORNING + 25 * HOUR)

    withdrawn = [order.task_ids for order in bench.orders if order.order == "withdraw"]
    assert withdrawn == [(first.task_id,)]
    assert bench.clock is not None
    assert [step.led_to for step in bench.clock.steps if step.rung == "supervised"] == [
        first.task_id,
        again.task_id,
    ]


@pytest.mark.parametrize("ladder", [FULL_LADDER, LADDER], ids=["the same ladder", "another ladder"])
def test_a_supervision_is_taken_back_though_its_task_becomes_known_in_the_next_round(
    ladder: dict[str, Any],
) -> None:
    bench = climbing().swings(MORNING + 15 * HOUR)
    bench.hears(done(), at=MORNING + 7 * HOUR, now=MORNING + 15 * HOUR)
    bench.almanac = almanac(ladder=ladder)
    again = task(revision=3, round=2, change="rework")
    bench.hears(again, at=MORNING + 9 * HOUR, now=MORNING + 15 * HOUR)
    supervision = given(bench, 2)
    for revision in (4, 5):
        marked = again.model_copy(update={"revision": revision, "change": "supervised"})
        bench.hears(marked, supervision, at=MORNING + 14 * HOUR, now=MORNING + 16 * HOUR)

    withdrawn = [order.task_ids for order in bench.orders if order.order == "withdraw"]
    assert withdrawn == [(supervision.task_id,)]


def test_no_supervision_is_taken_back_twice_however_often_the_limit_moves() -> None:
    bench = climbing()
    known: list[Task] = []
    for number, hours in enumerate((10, 20, 30)):
        late = MORNING + (hours + 5) * HOUR
        bench.swings(late)
        known.append(given(bench, len(bench.orders) - 1))
        bench.hears(task(revision=2 * number + 2, limit=limit(hours)), *known, at=late)
        longer = task(revision=2 * number + 3, change="extended", limit=limit(hours + 10))
        bench.hears(longer, at=late - 6 * HOUR, now=late)

    withdrawn = [order.task_ids for order in bench.orders if order.order == "withdraw"]
    assert withdrawn == [(supervision.task_id,) for supervision in known]


def test_what_comes_exactly_within_our_patience_does_not_catch_up() -> None:
    bench = running()
    for late, catches_up in ((timedelta(seconds=60), False), (timedelta(seconds=60, milliseconds=1), True)):
        due = MORNING + (8 if not catches_up else 10) * HOUR
        assert bench.swings(due + late).facts[-1].catch_up is catches_up
