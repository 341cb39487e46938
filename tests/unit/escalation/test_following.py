"""What each thing that happens to a task does to its clock: one test for each line of the table, at least."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from tests.unit.escalation.bench import Bench, climbing, done, running
from tests.unit.escalation.builders import (
    CALENDARS,
    FULL_LADDER,
    HOUR,
    LADDER,
    MORNING,
    almanac,
    limit,
    task,
)
from wangge_contracts.v1 import Decision, Listing, OrderedParty, Suggestion, Supervision
from wangge_escalation.clocks import ClockDocument
from wangge_escalation.following import RULES

HOLIDAYS = {
    **CALENDARS["calendars"][0],
    "name": "national-day",
    "closed": [f"2026-10-0{day}" for day in (1, 2, 5, 6, 7)],
    "opened": ["2026-10-10"],
}


def suspended(revision: int = 2, *, until: datetime, **fields: Any) -> Any:
    return task(revision=revision, state="suspended", change="suspended", suspended_until=until, **fields)


def test_every_line_of_the_table_has_a_name_of_its_own() -> None:
    assert len({rule.name for rule in RULES}) == len(RULES)


def test_suspended_time_moves_the_deadline_and_every_rung_that_lies_ahead() -> None:
    until = MORNING + 30 * HOUR
    bench = running().hears(suspended(until=until), at=MORNING + 2 * HOUR)

    fact = bench.facts[-1]
    assert (fact.change, fact.state, fact.deadline) == ("suspended", "suspended", until + 8 * HOUR)
    bench.swings(until + 6 * HOUR - timedelta(milliseconds=1))
    assert "rang warning" not in bench.story
    assert bench.swings(until + 6 * HOUR).story[-1] == "rang warning"


def test_a_suspension_ends_by_itself_and_the_router_is_asked_to_go_on() -> None:
    until = MORNING + 30 * HOUR
    bench = running().hears(suspended(until=until), at=MORNING + 2 * HOUR).swings(until)

    (order,) = bench.orders
    assert bench.story == ["started", "suspended", "resumed"]
    assert (order.order, order.role, order.actor, order.effective_at) == ("resume", "ladder", None, until)
    assert (order.task_ids, order.on_behalf_of) == ((task().task_id,), "desk:110101009")
    bench.hears(task(revision=3, state="working", change="resumed"), at=until, now=until + HOUR)
    assert (bench.story[3:], bench.due) == ([], until + 8 * HOUR)


def test_time_counts_from_the_end_of_the_suspension_though_the_router_never_answers() -> None:
    until = MORNING + 30 * HOUR
    bench = running().hears(suspended(until=until), at=MORNING + 2 * HOUR).swings(until + 100 * HOUR)

    assert bench.story[2:] == ["resumed", "rang warning", "rang overdue"]


def test_a_suspension_over_a_holiday_costs_nothing() -> None:
    bench = Bench(almanac=almanac(calendars=({"calendars": [HOLIDAYS]},)))
    start = datetime(2026, 9, 30, 6, tzinfo=UTC)  # Wednesday, 14:00
    whole = limit(1, "working-days").model_copy(update={"calendar": "national-day"})
    bench.hears(task(assigned_at=start, limit=whole), at=start)
    until = datetime(2026, 10, 8, 2, tzinfo=UTC)  # Thursday, 10:00
    bench.hears(suspended(until=until, limit=whole), at=start + 2 * HOUR)

    assert bench.due == datetime(2026, 10, 8, 10, tzinfo=UTC)  # six hours are left: 18:00


def test_a_suspension_that_is_over_ends_at_its_end_whenever_the_router_says_so() -> None:
    until = MORNING + 30 * HOUR
    bench = running().hears(suspended(until=until), at=MORNING + 2 * HOUR)
    bench.hears(task(revision=3, state="working", change="resumed"), at=until + HOUR)

    fact = bench.facts[-1]
    assert (fact.change, fact.effective_at, fact.deadline) == ("resumed", until, until + 8 * HOUR)


def test_a_suspensions_end_that_is_heard_late_takes_back_nothing_that_stood_when_the_limit_moved() -> None:
    until = MORNING + 4 * HOUR
    bench = climbing().hears(suspended(until=until), at=MORNING + 2 * HOUR)
    longer = suspended(3, until=until, limit=limit(20))
    bench.hears(longer.model_copy(update={"change": "extended"}), at=MORNING + 13 * HOUR)
    stood = [step for step in bench.standing if step[1] != "warning"]
    assert stood == [(1, "overdue")]

    bench.hears(task(revision=4, state="working", change="resumed", limit=limit(20)), at=MORNING + 14 * HOUR)

    assert stood[0] in bench.standing
    assert (bench.facts[-1].change, bench.facts[-1].effective_at) == ("resumed", until)


def test_a_request_that_waits_while_the_task_is_suspended_leaves_it_suspended() -> None:
    until = MORNING + 30 * HOUR
    bench = running().hears(suspended(until=until), at=MORNING + 2 * HOUR)
    asks = task(revision=3, state="pending", change="request-pending", suspended_until=until)
    bench.hears(asks, at=MORNING + 3 * HOUR)

    assert (bench.story, bench.due) == (["started", "suspended"], until + 8 * HOUR)


def test_a_desk_may_end_a_suspension_earlier_though_we_hear_it_later() -> None:
    until = MORNING + 30 * HOUR
    bench = running().hears(suspended(until=until), at=MORNING + 2 * HOUR).swings(until)
    early = MORNING + 12 * HOUR
    bench.hears(task(revision=3, state="working", change="resumed"), at=early, now=until + HOUR)

    assert (bench.story[-1], bench.due) == ("resumed", MORNING + 20 * HOUR)
    assert bench.swings(until + HOUR).story[-2:] == ["rang warning", "rang overdue"]


def test_a_suspension_that_was_asked_for_before_a_rung_withdraws_it() -> None:
    bench = climbing().swings(MORNING + 11 * HOUR)
    until = MORNING + 40 * HOUR
    bench.hears(suspended(until=until), at=MORNING + 9 * HOUR, now=MORNING + 12 * HOUR)

    assert bench.story[1:] == ["rang warning", "rang overdue", "rung-withdrawn overdue", "suspended"]
    assert bench.swings(until + HOUR).story[-2:] == ["resumed", "rang overdue"]
    assert [fact.elapsed_s for fact in bench.facts[-2:]] == [9 * 3600, 10 * 3600]


def test_an_extension_before_the_deadline_moves_it_and_warns_anew() -> None:
    bench = running().swings(MORNING + 9 * HOUR)
    longer = task(revision=2, change="extended", limit=limit(20))
    bench.hears(longer, at=MORNING + 9 * HOUR)

    assert (bench.story[-1], bench.due) == ("extended", MORNING + 20 * HOUR)
    bench.swings(MORNING + 30 * HOUR)
    assert [(f.rung, f.effective_at) for f in bench.facts if f.rung] == [
        ("warning", MORNING + 8 * HOUR),
        ("warning", MORNING + 16 * HOUR),
        ("overdue", MORNING + 20 * HOUR),
    ]
    assert len({said.id for said in bench.said}) == len(bench.said)


def test_an_extension_asked_for_in_time_and_granted_after_the_deadline_undoes_what_rang_since() -> None:
    bench = climbing().swings(MORNING + 13 * HOUR)
    longer = task(revision=2, change="extended", limit=limit(20))
    bench.hears(longer, at=MORNING + 9 * HOUR, now=MORNING + 14 * HOUR)

    assert bench.story[-3:] == ["rung-withdrawn listed", "rung-withdrawn overdue", "extended"]
    assert [(o.order, o.board, o.board_place, o.reason_code) for o in bench.orders] == [
        ("list", "street", "110101009", "listed"),
        ("list", "district", "110101", "listed"),
        ("unlist", "street", None, "rung-withdrawn"),
        ("unlist", "district", None, "rung-withdrawn"),
    ]
    assert {order.effective_at for order in bench.orders} == {MORNING + 12 * HOUR}
    assert bench.standing == [(1, "warning")]
    bench.swings(MORNING + 22 * HOUR)
    assert [order.order for order in bench.orders[4:]] == ["list", "list"]
    assert len({order.order_id for order in bench.orders}) == 6


@pytest.mark.parametrize(("percent", "standing"), [(79, []), (81, [(1, "warning")])])
def test_a_return_leaves_standing_what_was_due_before_it(
    percent: int, standing: list[tuple[int, str]]
) -> None:
    at = MORNING + percent * HOUR / 10
    bench = running().swings(MORNING + 9 * HOUR)
    bench.hears(task(revision=2, state="returned", change="returned"), at=at, now=MORNING + 9 * HOUR)

    assert (bench.story[-1], bench.standing) == ("stopped", standing)
    assert bench.facts[-1].elapsed_s == percent * 360


def test_after_a_return_that_was_refused_the_units_time_ran_all_along() -> None:
    bench = climbing().hears(task(revision=2, state="returned", change="returned"), at=MORNING + HOUR)
    back = task(revision=3, state="working", change="request-refused", reason_code="shuffling")
    bench.hears(back, at=MORNING + 13 * HOUR)

    assert bench.due == MORNING + 10 * HOUR
    assert [segment.reason for segment in bench.facts[-1].segments] == ["assigned", "shuffling"]
    bench.swings(MORNING + 13 * HOUR)
    assert bench.story[-3:] == ["rang warning", "rang overdue", "rang listed"]
    assert [order.order for order in bench.orders] == ["list", "list"]


def test_a_listing_that_was_due_when_the_task_was_returned_is_ordered_when_it_goes_on() -> None:
    bench = climbing().hears(task(revision=2, state="returned"), at=MORNING + 13 * HOUR)
    assert (bench.story[-2:], bench.orders) == (["rang listed", "stopped"], [])
    back = task(revision=3, state="working", change="request-refused", reason_code="it-is-yours")
    bench.hears(back, at=MORNING + 14 * HOUR).swings(MORNING + 14 * HOUR)

    assert [(order.order, order.rung) for order in bench.orders] == [
        ("list", "listed"),
        ("list", "listed"),
        ("supervise", "supervised"),
    ]


def test_a_forwarded_task_keeps_its_deadline_and_parts_the_time() -> None:
    bench = running().hears(
        task(revision=2, change="forwarded", holder="department:gas"), at=MORNING + 3 * HOUR
    )

    fact = bench.facts[-1]
    assert [(each.holder, each.reason) for each in fact.segments] == [
        ("department:water", "assigned"),
        ("department:gas", "forwarded"),
    ]
    assert fact.deadline == MORNING + 10 * HOUR


def test_however_often_a_task_is_handed_on_and_listed_its_clock_rings() -> None:
    bench = running()
    for number in range(600):
        at = MORNING + number * HOUR / 600
        there = (Listing(board="street", place="110101009", since=at),) if number % 2 else ()
        holder = "department:water" if number % 2 else "department:gas"
        bench.hears(task(revision=number + 2, change="forwarded", holder=holder, listed=there), at=at)
    bench.swings(MORNING + 11 * HOUR)

    fact = bench.facts[-1]
    assert (bench.story[-1], fact.deadline) == ("rang overdue", MORNING + 10 * HOUR)
    assert (len(fact.segments), fact.segments[-1].holder) == (500, "department:water")
    assert fact.listings is not None
    assert (len(fact.listings), fact.listings[-1].since) == (100, at)


def test_the_next_stage_has_a_limit_and_rungs_of_its_own() -> None:
    bench = running(stage="fence", limit=limit(2)).swings(MORNING + HOUR)
    repair = task(revision=2, change="stage-done", state="assigned", stage="repair", limit=limit(10))
    bench.hears(repair, at=MORNING + HOUR)

    assert bench.story == ["started", "stopped", "started"]
    assert (bench.due, bench.facts[-1].segments[-1].reason) == (MORNING + 11 * HOUR, "stage")
    assert [each.ended_at for each in bench.facts[-1].segments] == [MORNING + HOUR, None]


@pytest.mark.parametrize("change", ["rework", "reopened"])
def test_what_is_done_again_is_a_round_with_the_whole_limit(change: Any) -> None:
    bench = running().hears(done(), at=MORNING + HOUR)
    bench.hears(task(revision=3, round=2, change=change), at=MORNING + 5 * HOUR)

    fact = bench.facts[-1]
    assert (fact.change, fact.round, fact.deadline) == ("started", 2, MORNING + 15 * HOUR)
    assert (fact.segments[-1].reason, fact.round_began_at) == (change, MORNING + 5 * HOUR)


def test_a_task_that_is_signed_for_in_time_rings_nobody() -> None:
    bench = climbing(acknowledge_by=MORNING + HOUR / 4)
    signed = task(revision=2, state="acknowledged", change="acknowledged")
    bench.hears(signed, at=MORNING + HOUR / 5).swings(MORNING + HOUR)

    assert bench.story == ["started"]


def test_a_task_that_is_signed_for_too_late_rings_once() -> None:
    bench = climbing(acknowledge_by=MORNING + HOUR / 4)
    signed = task(revision=2, state="acknowledged", change="acknowledged")
    bench.hears(signed, at=MORNING + HOUR / 2).swings(MORNING + HOUR)

    assert bench.story == ["started", "rang unsigned"]


def test_a_signature_in_time_that_is_read_late_withdraws_its_rung_and_no_other() -> None:
    bench = climbing(acknowledge_by=MORNING + 9 * HOUR).swings(MORNING + 9 * HOUR)
    signed = task(revision=2, state="acknowledged", change="acknowledged")
    bench.hears(signed, at=MORNING + 7 * HOUR, now=MORNING + 9 * HOUR)

    assert bench.story == ["started", "rang warning", "rang unsigned", "rung-withdrawn unsigned"]


def test_a_clock_says_when_its_task_is_listed_and_when_it_is_lifted() -> None:
    bench = running()
    on_board = Listing(board="street", place="110101009", since=MORNING + HOUR)
    bench.hears(task(revision=2, change="listed", listed=(on_board,)), at=MORNING + HOUR)
    bench.hears(task(revision=3, change="progressed", listed=(on_board,)), at=MORNING + 2 * HOUR)
    bench.hears(task(revision=4, change="unlisted"), at=MORNING + 3 * HOUR)

    assert bench.story == ["started", "listed", "unlisted"]
    (span,) = bench.facts[-1].listings or ()
    assert (span.since, span.until) == (MORNING + HOUR, MORNING + 3 * HOUR)


def test_a_listing_that_stands_again_after_a_return_was_refused_is_one_stretch() -> None:
    on_board = (Listing(board="street", place="110101009", since=MORNING + HOUR),)
    bench = running().hears(task(revision=2, change="listed", listed=on_board), at=MORNING + HOUR)
    bench.hears(task(revision=3, state="returned", change="returned", reason_code="x"), at=MORNING + 2 * HOUR)
    assert [each.until for each in bench.facts[-1].listings or ()] == [MORNING + 2 * HOUR]

    back = task(revision=4, change="request-refused", reason_code="shuffling", listed=on_board)
    bench.hears(back, at=MORNING + 3 * HOUR)

    assert bench.story[-1] == "listed"
    (span,) = bench.facts[-1].listings or ()
    assert (span.since, span.until) == (MORNING + HOUR, None)


def test_a_second_board_lifts_nothing_from_the_first() -> None:
    street = Listing(board="street", place="110101009", since=MORNING + HOUR)
    district = Listing(board="district", place="110101", since=MORNING + 2 * HOUR)
    bench = running().hears(task(revision=2, listed=(street,)), at=MORNING + HOUR)
    bench.hears(task(revision=3, listed=(street, district)), at=MORNING + 2 * HOUR)

    assert bench.story == ["started", "listed", "listed"]
    assert [each.until for each in bench.facts[-1].listings or ()] == [None, None]


def test_a_suspension_hides_no_listing_and_a_listing_no_suspension() -> None:
    on_board = (Listing(board="district", place="110101", since=MORNING + HOUR),)
    bench = running().hears(task(revision=2, change="listed", listed=on_board), at=MORNING + HOUR)
    bench.hears(suspended(3, until=MORNING + 30 * HOUR, listed=on_board), at=MORNING + 2 * HOUR)

    fact = bench.facts[-1]
    assert (fact.state, [each.until for each in fact.listings or ()]) == ("suspended", [None])


def test_who_does_not_confirm_that_he_comes_has_the_next_called() -> None:
    called = {"kind": "attend", "role": "attend", "acknowledge_by": MORNING + HOUR / 12}
    bench = climbing(**called).swings(MORNING + HOUR / 12)

    (order,) = bench.orders
    assert (order.order, order.task_ids) == ("attendance-unconfirmed", (task().task_id,))


def test_who_confirmed_in_time_though_we_read_it_late_has_the_next_told_to_stay() -> None:
    called: dict[str, Any] = {"kind": "attend", "role": "attend", "acknowledge_by": MORNING + HOUR / 12}
    bench = climbing(**called).swings(MORNING + HOUR / 12)
    instead = task(2, incident_id=task().incident_id, kind="attend", decision=decided(bench))
    stands_in = task(revision=2, successor=instead.task_id, **called)
    bench.hears(stands_in, instead, at=MORNING + HOUR / 12)
    signed = task(revision=3, state="acknowledged", successor=instead.task_id, **called)
    bench.hears(signed, at=MORNING + HOUR / 15, now=MORNING + HOUR)

    back = bench.orders[-1]
    assert bench.story[-1] == "rung-withdrawn unconfirmed"
    assert (back.order, back.task_ids, back.reason_code) == (
        "withdraw",
        (instead.task_id,),
        "rung-withdrawn",
    )


def test_a_supervision_is_taken_back_though_its_task_becomes_known_after_the_rung_was_withdrawn() -> None:
    bench = climbing().swings(MORNING + 15 * HOUR)
    supervise = bench.orders[-1]
    assert (supervise.order, supervise.reply_by) == ("supervise", MORNING + 15 * HOUR)
    longer = task(revision=2, change="extended", limit=limit(20))
    bench.hears(longer, at=MORNING + 9 * HOUR, now=MORNING + 15 * HOUR)
    assert "withdraw" not in [order.order for order in bench.orders]

    mark = Supervision(order_id=supervise.order_id, reply_by=MORNING + 15 * HOUR)
    given = task(
        2, incident_id=task().incident_id, kind="supervise", role="supervise", decision=decided(bench, 2)
    )
    marked = task(revision=3, change="supervised", limit=limit(20), supervised=mark)
    bench.hears(marked, given, at=MORNING + 14 * HOUR)
    bench.hears(task(revision=4, change="progressed", limit=limit(20)), given, at=MORNING + 15 * HOUR)

    withdrawn = [order for order in bench.orders if order.order == "withdraw"]
    assert [order.task_ids for order in withdrawn] == [(given.task_id,)]


def test_what_a_rulebook_suggested_is_dispatched_when_no_desk_decided_in_time() -> None:
    party = OrderedParty(holder="department:gas", kind="handle", role="lead")
    bench = climbing(
        kind="dispatch",
        role="dispatch",
        holder="desk:110101009",
        suggestion=Suggestion(parties=(party,), automatic_at=MORNING + HOUR),
    ).swings(MORNING + HOUR)

    (order,) = bench.orders
    assert (order.order, order.parties, order.effective_at) == ("dispatch", (party,), MORNING + HOUR)


def test_of_what_is_ordered_together_only_the_dispatch_names_who_gets_it() -> None:
    party = OrderedParty(holder="department:gas", kind="handle", role="lead")
    both = {"name": "automatic", "at": "automatic-at", "effects": ["dispatch", "call-next"]}
    bench = Bench(almanac=almanac(ladder={"ladders": [{"name": "dispatch", "rungs": [both]}]}))
    suggestion = Suggestion(parties=(party,), automatic_at=MORNING + HOUR)
    bench.hears(task(kind="dispatch", suggestion=suggestion), at=MORNING).swings(MORNING + HOUR)

    named = [(order.order, order.parties) for order in bench.orders]
    assert named == [("dispatch", (party,)), ("attendance-unconfirmed", ())]


def test_where_nobody_sits_at_the_desk_it_is_dispatched_all_the_same() -> None:
    party = OrderedParty(holder="department:gas", kind="handle", role="lead")
    suggestion = Suggestion(parties=(party,), automatic_at=MORNING + HOUR)
    rosters = {"posts": [{"holder": "officer:110101009015004/manager"}]}
    bench = Bench(almanac=almanac(ladder=FULL_LADDER, rosters=rosters))
    asked = task(kind="dispatch", role="dispatch", holder="desk:110101009", suggestion=suggestion)

    bench.hears(asked, at=MORNING).swings(MORNING + HOUR)

    assert [order.parties for order in bench.orders] == [(party,)]


def test_a_dispatch_that_a_desk_forestalled_is_withdrawn_and_nothing_undone_for_it_was_refused() -> None:
    party = OrderedParty(holder="department:gas", kind="handle", role="lead")
    asked: dict[str, Any] = {
        "kind": "dispatch",
        "role": "dispatch",
        "holder": "desk:110101009",
        "suggestion": Suggestion(parties=(party,), automatic_at=MORNING + HOUR),
    }
    bench = climbing(**asked).swings(MORNING + HOUR)
    decided_at = MORNING + 0.9 * HOUR
    bench.hears(task(revision=2, state="done", change="done", **asked), at=decided_at, now=MORNING + HOUR)

    assert bench.story == ["started", "rang automatic", "rung-withdrawn automatic", "stopped"]
    assert [order.order for order in bench.orders] == ["dispatch"]


def test_a_rung_whose_recipient_does_not_exist_falls_through_to_whom_the_next_tells() -> None:
    rosters = {"posts": [{"holder": "desk:110101009"}, {"holder": "desk:110101"}]}
    bench = Bench(almanac=almanac(ladder=FULL_LADDER, rosters=rosters))
    bench.hears(task(holder="officer:110101009015004/manager"), at=MORNING).swings(MORNING + 8 * HOUR)

    fact = bench.facts[-1]
    assert (fact.rung, fact.effects) == ("warning", ("tell-desk",))
    assert fact.note == (
        "tell-holder: nobody at officer:110101009015004/manager; tell-desk of overdue comes now"
    )


def test_what_fell_through_is_taken_back_from_whom_it_fell_to() -> None:
    rosters = {"posts": [{"holder": "desk:110101009"}, {"holder": "desk:110101"}]}
    bench = Bench(almanac=almanac(ladder=FULL_LADDER, rosters=rosters))
    asked: dict[str, Any] = {"holder": "officer:110101009015004/manager"}
    bench.hears(task(**asked), at=MORNING).swings(MORNING + 8 * HOUR)
    done_at = MORNING + 7 * HOUR
    bench.hears(task(revision=2, state="done", change="done", **asked), at=done_at, now=MORNING + 9 * HOUR)

    taken_back = next(fact for fact in bench.facts if fact.change == "rung-withdrawn")
    assert (taken_back.withdrawn_rung, taken_back.effects) == ("warning", ("tell-desk",))


def test_a_board_that_it_was_not_listed_on_is_asked_for_nothing() -> None:
    rosters = {"posts": [{"holder": "desk:110101"}]}
    bench = Bench(almanac=almanac(ladder=FULL_LADDER, rosters=rosters))
    bench.hears(task(), at=MORNING).swings(MORNING + 12 * HOUR)
    done_at = MORNING + 7 * HOUR
    bench.hears(task(revision=2, state="done", change="done"), at=done_at, now=MORNING + 13 * HOUR)

    assert [(order.order, order.board) for order in bench.orders] == [
        ("list", "district"),
        ("unlist", "district"),
    ]


def test_a_street_without_a_board_leaves_the_listing_to_the_district() -> None:
    rosters = {"posts": [{"holder": "desk:110101"}]}
    bench = Bench(almanac=almanac(ladder=FULL_LADDER, rosters=rosters))
    bench.hears(task(), at=MORNING).swings(MORNING + 12 * HOUR)

    assert [order.board for order in bench.orders] == ["district"]
    assert bench.facts[-1].note == "list-street: nobody at desk:110101009"


def test_an_outage_that_is_declared_afterwards_takes_back_what_rang_in_it() -> None:
    bench = climbing().swings(MORNING + 10 * HOUR)
    outage = {"since": MORNING + 9 * HOUR, "until": MORNING + 12 * HOUR, "reason": "outage"}
    bench.almanac = almanac(ladder={**FULL_LADDER, "outages": [outage]})
    bench.swings(MORNING + 12 * HOUR)

    assert bench.story[-2:] == ["rung-withdrawn overdue", "recalculated"]
    assert bench.due == MORNING + 13 * HOUR
    for _ in range(2):
        assert bench.swings(MORNING + 13 * HOUR).story[-2:] == ["recalculated", "rang overdue"]


def test_an_outage_relieves_a_clock_that_has_stopped_and_undoes_nothing_that_was_never_ordered() -> None:
    bench = climbing().hears(task(revision=2, state="returned"), at=MORNING + 12 * HOUR)
    assert bench.story[-2:] == ["rang listed", "stopped"]
    outage = {"since": MORNING + 9 * HOUR, "until": MORNING + 10 * HOUR, "reason": "outage"}
    bench.almanac = almanac(ladder={**FULL_LADDER, "outages": [outage]})
    bench.swings(MORNING + 20 * HOUR)

    assert bench.standing == [(1, "warning"), (1, "overdue")]
    assert (bench.orders, bench.facts[-1].effective_at) == ([], MORNING + 11 * HOUR)


def test_a_running_clock_keeps_the_ladder_it_started_with() -> None:
    bench = climbing()
    bench.almanac = almanac()
    bench.swings(MORNING + 12 * HOUR)

    assert bench.story[-1] == "rang listed"


def test_a_clock_in_the_midst_of_everything_is_read_back_as_it_was_written_and_is_small() -> None:
    bench = climbing(acknowledge_by=MORNING + HOUR).hears(
        suspended(until=MORNING + 30 * HOUR), at=MORNING + 2 * HOUR
    )

    assert bench.clock is not None
    document = ClockDocument.dump_json(bench.clock, exclude_defaults=True)
    assert ClockDocument.validate_json(document) == bench.clock
    assert len(document) < 2500


def decided(bench: Bench, number: int = 0) -> Decision:
    """What a task's decision says that was given because of an order of the clock's."""
    return Decision(order_id=bench.orders[number].order_id, reason="ladder")


@pytest.mark.parametrize("swept", [True, False])
def test_an_outage_relieves_a_round_though_the_next_is_heard_of_before_the_clock_is_swept(
    swept: bool,
) -> None:
    bench = running().swings(MORNING + 10.5 * HOUR).hears(done(), at=MORNING + 11 * HOUR)
    assert bench.standing == [(1, "warning"), (1, "overdue")]
    outage = {"since": MORNING + 3 * HOUR, "until": MORNING + 5 * HOUR, "reason": "outage"}
    bench.almanac = almanac(ladder=LADDER | {"outages": [outage]})
    if swept:
        bench.swings(MORNING + 12 * HOUR)
    bench.hears(task(revision=3, round=2, change="rework"), at=MORNING + 13 * HOUR)

    assert [(number, rung) for number, rung in bench.standing if number == 1] == [(1, "warning")]


def test_a_rung_that_reaches_nobody_says_so() -> None:
    whole = FULL_LADDER["ladders"][-1]
    listed = next(rung for rung in whole["rungs"] if rung["name"] == "listed")
    only = {"ladders": [{"name": "listing", "rungs": [listed | {"effects": ["list-street"]}]}]}
    bench = Bench(almanac=almanac(ladder=only, rosters={"posts": [{"holder": "desk:110101"}]}))
    bench.hears(task(), at=MORNING).swings(MORNING + 12 * HOUR)

    assert (bench.story[-1], bench.facts[-1].effects, bench.orders) == ("rang listed", (), [])


def test_what_is_taken_back_is_told_to_whom_it_was_told() -> None:
    bench = running(desk="desk:110101009").swings(MORNING + 8.5 * HOUR)
    handed = task(revision=2, change="forwarded", holder="department:gas", desk="desk:110101")
    bench.hears(handed, at=MORNING + 9 * HOUR)
    outage = {"since": MORNING + 3 * HOUR, "until": MORNING + 5 * HOUR, "reason": "outage"}
    bench.almanac = almanac(ladder=LADDER | {"outages": [outage]})
    bench.swings(MORNING + 9.5 * HOUR)

    rang, back = (fact for fact in bench.facts if fact.rung or fact.withdrawn_rung)
    assert (back.change, back.holder, back.desk) == ("rung-withdrawn", "department:water", "desk:110101009")
    assert (rang.holder, rang.desk) == (back.holder, back.desk)
    assert (bench.facts[-1].holder, bench.facts[-1].desk) == ("department:gas", "desk:110101")
