"""An outage was declared by mistake: its time counts again, and nobody is late who kept to what was told."""

from datetime import datetime
from typing import Any

import pytest

from tests.unit.escalation.bench import Bench, climbing, done
from tests.unit.escalation.builders import FULL_LADDER, HOUR, MORNING, almanac, limit, task
from wangge_contracts.outages import Outage, in_force
from wangge_escalation.almanac import Almanac
from wangge_escalation.ladder import Ladders


def hour(number: float) -> datetime:
    return MORNING + number * HOUR


def outage(since: float, until: float, back: float | None = None) -> dict[str, Any]:
    found = {"since": hour(since), "until": hour(until), "reason": "no-power"}
    return found if back is None else {**found, "taken_back_at": hour(back)}


def declared(*outages: dict[str, Any]) -> Almanac:
    return almanac(ladder={**FULL_LADDER, "outages": outages})


def relieved() -> Bench:
    """Ten hours from the MORNING on, of which the fourth is declared an outage, told at five."""
    bench = climbing()
    bench.almanac = declared(outage(3, 4))
    return bench.swings(hour(5))


def test_time_that_was_taken_back_counts_again_and_is_told_with_its_working() -> None:
    bench = relieved()
    bench.almanac = declared(outage(3, 4, back=6))
    for _ in range(2):
        bench.swings(hour(6))

    assert bench.story == ["started", "recalculated", "recalculated"]
    assert [fact.deadline for fact in bench.facts] == [hour(10), hour(11), hour(10)]
    assert [(each.kind, each.reason, each.started_at) for each in bench.facts[-1].segments] == [
        ("counted", "assigned", hour(0)),
        ("counted", "outage-taken-back", hour(3)),
        ("counted", "assigned", hour(4)),
    ]
    assert len({said.id for said in bench.said}) == 3


def test_what_rang_by_the_declaration_is_withdrawn_and_rings_when_it_was_due() -> None:
    bench = relieved().swings(hour(9.25))
    bench.almanac = declared(outage(3, 4, back=9.5))
    bench.swings(hour(9.5))

    assert bench.story[2:] == ["rang warning", "rung-withdrawn warning", "recalculated", "rang warning"]
    assert [fact.effective_at for fact in bench.facts if fact.rung] == [hour(9), hour(8)]


def test_no_limit_is_used_up_before_its_relief_was_taken_back() -> None:
    bench = relieved()
    bench.almanac = declared(outage(3, 4, back=10.5))
    bench.swings(hour(10.5))

    assert bench.facts[-1].rung == "overdue"
    assert (bench.due, bench.facts[-1].effective_at) == (hour(10.5), hour(10.5))
    assert [each.kind for each in bench.facts[-1].segments] == ["counted", "outage", "counted", "counted"]


@pytest.mark.parametrize("taken_back_first", [True, False])
def test_an_answer_in_time_while_the_declaration_stood_stays_in_time(*, taken_back_first: bool) -> None:
    bench = relieved()
    back = declared(outage(3, 4, back=10.75))
    if taken_back_first:
        bench.almanac = back
        bench.swings(hour(12))
    bench.hears(done(), at=hour(10.5), now=hour(12))
    bench.almanac = back
    bench.swings(hour(12))

    assert bench.due == hour(10.75)
    assert bench.standing == [(1, "warning")]
    assert [order.order for order in bench.orders] == []


def test_who_was_late_though_the_outage_stood_is_neither_later_nor_sooner() -> None:
    bench = relieved().swings(hour(11.5))
    before = list(bench.story)
    bench.almanac = declared(outage(3, 4, back=11.5))
    bench.swings(hour(11.5))

    assert (bench.story, bench.due) == (before, hour(11))


def test_a_longer_limit_is_never_over_sooner_for_what_was_taken_back() -> None:
    bench = relieved()
    bench.almanac = declared(outage(3, 4, back=10.5))
    bench.swings(hour(10))
    assert bench.due == hour(10.5)
    longer = task(revision=2, change="extended", limit=limit(10.75))
    bench.hears(longer, at=hour(10))

    assert bench.due == hour(10.75)
    assert len({said.id for said in bench.said}) == len(bench.said)


def test_what_counts_again_is_told_anew_when_another_outage_leaves_room_for_more_of_it() -> None:
    bench = relieved()
    for others in ((), (outage(1, 2),)):
        bench.almanac = declared(*others, outage(3, 4, back=10.5))
        bench.swings(hour(6))

    assert [fact.deadline for fact in bench.facts] == [hour(at) for at in (10, 11, 10.5, 11.5, 11)]
    assert len({said.id for said in bench.said}) == 5


def test_who_hears_of_a_task_only_afterwards_counts_as_who_had_heard_before() -> None:
    bench = Bench(almanac=declared(outage(3, 4, back=10.5))).hears(task(), at=hour(0), now=hour(12))

    assert bench.due == hour(10.5)


def test_a_task_that_no_outage_touched_is_told_nothing_of_what_was_taken_back() -> None:
    bench = climbing()
    bench.almanac = declared(outage(3, 4, back=6))
    bench.swings(hour(6))

    assert bench.story == ["started"]


def test_an_outage_that_was_shorter_relieves_of_what_stands() -> None:
    bench = climbing()
    bench.almanac = declared(outage(3, 6))
    bench.swings(hour(6))
    bench.almanac = declared(outage(3, 6, back=7), outage(4, 5))
    for _ in range(2):
        bench.swings(hour(7))

    assert bench.story == ["started", "recalculated", "recalculated", "recalculated"]
    assert bench.due == hour(11)
    assert [each.started_at for each in bench.facts[-1].segments if each.kind == "outage"] == [hour(4)]


def test_a_stopped_clock_counts_what_was_taken_back_and_orders_nothing() -> None:
    bench = relieved().hears(done(), at=hour(6))
    bench.almanac = declared(outage(3, 4, back=7))
    bench.swings(hour(7))

    assert bench.story == ["started", "recalculated", "stopped", "recalculated"]
    assert {each.kind for each in bench.facts[-1].segments} == {"counted"}
    assert (bench.due, bench.orders) == (hour(10), [])


def test_what_turns_out_to_have_been_due_before_the_end_orders_nothing_after_it() -> None:
    bench = relieved().hears(done(), at=hour(12.5))
    bench.almanac = declared(outage(3, 4, back=6))
    bench.swings(hour(13))

    assert (bench.story[-1], bench.orders) == ("rang listed", [])


def test_an_outage_that_is_taken_back_while_it_was_to_last_counts_from_then_on() -> None:
    bench = climbing()
    bench.almanac = declared(outage(5, 12))
    bench.swings(hour(6))
    bench.almanac = declared(outage(5, 12, back=11))
    bench.swings(hour(11))

    # It would have been over at ten, and ends at eleven: of the six hours before, the first is nobody's.
    assert bench.due == hour(11)


def test_what_is_taken_back_is_what_nothing_else_covers_the_first_to_be_taken_back_first() -> None:
    found = in_force(
        [
            Outage.model_validate(each)
            for each in (outage(1, 9, back=20), outage(0, 2), outage(4, 5), outage(10, 11, back=15))
        ]
    )

    assert [(each.since, each.until) for each in found] == [
        (hour(since), hour(until)) for since, until in ((0, 2), (4, 5), (10, 11), (2, 4), (5, 9))
    ]


@pytest.mark.parametrize(
    ("outages", "says"),
    [
        ([outage(3, 4, back=6), outage(3.5, 5, back=7)], "taken back overlap"),
        ([{**outage(3, 4), "taken_back_at": hour(6).replace(tzinfo=None)}], "with its zone"),
    ],
)
def test_what_nobody_could_count_by_is_refused(outages: list[dict[str, Any]], says: str) -> None:
    with pytest.raises(ValueError, match=says):
        Ladders.model_validate({**FULL_LADDER, "outages": outages})
