"""Limits that were interrupted, counted as a person with a calendar and a pencil would."""

from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest
from hypothesis import given, settings, strategies as st

from tests.unit.contracts.wall import BEIJING, DONGCHENG, beijing, city_hall, limit
from wangge_contracts.counting import (
    UNCOUNTED,
    Segments,
    after,
    begun,
    count,
    ended,
    handed,
    relieved,
    resumed,
    suspended,
    taken_back,
    used_up,
)
from wangge_contracts.v1 import ClockKind, Segment
from wangge_contracts.worktime import Worktime, deadline

CITY_HALL = city_hall(2026)
GAS, WATER = "department:gas", "department:water"


def due(segments: Segments, value: float, clock_kind: ClockKind, *, share: float = 1) -> datetime:
    return used_up(segments, limit(value, clock_kind), DONGCHENG, share=share)


FRIDAY_EVENING = beijing(11, 27, 17, 30)


@pytest.mark.parametrize(
    ("start", "value", "clock_kind", "end"),
    [
        pytest.param(
            beijing(11, 27, 17, 30), 2, "urgent-hours", beijing(11, 27, 19, 30), id="2 urgent hours"
        ),
        pytest.param(beijing(11, 27, 11), 4, "working-hours", beijing(11, 27, 17), id="4 hours over lunch"),
        pytest.param(beijing(11, 27, 17), 4, "working-hours", beijing(11, 30, 11), id="over a weekend"),
        pytest.param(beijing(9, 30, 16), 2, "working-days", beijing(10, 9, 16), id="over National Day"),
        pytest.param(beijing(10, 9, 16), 2, "working-days", beijing(10, 12, 16), id="a make-up Saturday"),
    ],
)
def test_a_limit_that_nothing_interrupts_ends_as_the_standards_say(
    start: datetime, value: float, clock_kind: ClockKind, end: datetime
) -> None:
    assert due(begun(GAS, start), value, clock_kind) == end


def test_four_fifths_of_two_working_days_lie_in_working_time() -> None:
    yellow = due(begun(GAS, beijing(11, 24, 9)), 2, "working-days", share=0.8)

    # 12.8 of 16 hours: 8 until Wednesday 09:00, 3 until noon, 1.8 after lunch.
    assert yellow == beijing(11, 25, 15, 48)


def test_four_fifths_of_an_urgent_hour_are_48_minutes() -> None:
    yellow = due(begun(GAS, FRIDAY_EVENING), 1, "urgent-hours", share=0.8)

    assert yellow == FRIDAY_EVENING + timedelta(minutes=48)


@pytest.mark.parametrize("clock_kind", ["urgent-hours", "natural-days", "working-hours", "working-days"])
@pytest.mark.parametrize("worktime", [DONGCHENG, CITY_HALL], ids=["hours", "same-time"])
def test_the_whole_share_is_the_deadline(clock_kind: ClockKind, worktime: Worktime) -> None:
    start = datetime(worktime.calendar.first_year, 3, 7, 3, tzinfo=worktime.zone)
    whole = limit(3, clock_kind)

    assert used_up(begun(GAS, start), whole, worktime, share=1) == deadline(start, whole, worktime)


def test_one_and_a_half_times_a_limit_counts_on_in_the_same_kind_of_time() -> None:
    late = due(begun(GAS, beijing(11, 26, 9)), 8, "working-hours", share=1.5)

    assert late == beijing(11, 27, 15)


@given(
    since=st.integers(0, 20 * 24 * 60),
    share=st.floats(min_value=0.05, max_value=0.99),
    value=st.integers(1, 40),
)
def test_a_share_never_comes_after_the_deadline(since: int, share: float, value: int) -> None:
    start = datetime(2026, 1, 1, tzinfo=CITY_HALL.zone) + timedelta(minutes=since)
    allowed = limit(value, "working-days")

    latest = deadline(start, allowed, CITY_HALL)
    assert start <= used_up(begun(GAS, start), allowed, CITY_HALL, share=share) <= latest


def test_a_suspension_over_a_holiday_costs_nobody_anything() -> None:
    segments = suspended(begun(GAS, beijing(9, 30, 14)), beijing(9, 30, 16), beijing(10, 8, 10))

    # Two of eight hours were used on Wednesday; six are left from Thursday, 8 October, 10:00.
    assert due(segments, 1, "working-days") == beijing(10, 8, 18)


def test_a_suspension_that_ends_in_the_holidays_counts_on_when_work_begins() -> None:
    segments = suspended(begun(GAS, beijing(9, 30, 14)), beijing(9, 30, 16), beijing(10, 3, 10))

    assert due(segments, 1, "working-days") == beijing(10, 8, 16)


def test_who_is_asked_to_go_on_earlier_has_the_rest_from_then() -> None:
    segments = suspended(begun(GAS, beijing(11, 23, 9)), beijing(11, 23, 10), beijing(11, 27, 9))

    assert due(resumed(segments, beijing(11, 24, 9)), 2, "urgent-hours") == beijing(11, 24, 10)


def test_a_suspension_after_the_deadline_moves_it_no_more() -> None:
    segments = suspended(begun(GAS, beijing(11, 23, 9)), beijing(11, 23, 12), beijing(11, 27, 9))

    assert due(segments, 2, "urgent-hours") == beijing(11, 23, 11)


def test_handing_over_moves_no_deadline_and_parts_the_time() -> None:
    segments = handed(begun(GAS, beijing(11, 23, 9)), WATER, beijing(11, 23, 11))
    counted = count(segments, limit(1, "working-days"), DONGCHENG, at=beijing(11, 24, 9))

    assert counted.deadline == beijing(11, 24, 9)
    assert counted.by_holder == {GAS: timedelta(hours=2), WATER: timedelta(hours=6)}


def test_handing_over_at_night_leaves_a_deadline_at_the_opening_where_it_was() -> None:
    friday_night = datetime(2026, 3, 6, 20, tzinfo=CITY_HALL.zone)
    monday_opening = datetime(2026, 3, 10, 8, 30, tzinfo=CITY_HALL.zone)
    segments = handed(begun(GAS, friday_night), WATER, friday_night + timedelta(hours=1))

    assert used_up(segments, limit(1, "working-days"), CITY_HALL) == monday_opening


def test_handing_over_a_suspended_task_leaves_it_suspended() -> None:
    paused = suspended(begun(GAS, beijing(11, 23, 9)), beijing(11, 23, 10), beijing(11, 27, 9))
    segments = handed(paused, WATER, beijing(11, 25, 9))

    assert [(each.kind, each.holder) for each in segments] == [
        ("counted", GAS),
        ("suspended", GAS),
        ("suspended", WATER),
        ("counted", WATER),
    ]
    assert due(segments, 2, "urgent-hours") == due(paused, 2, "urgent-hours")


def test_an_outage_of_ours_is_nobodys_time_though_it_was_declared_afterwards() -> None:
    segments = relieved(begun(GAS, beijing(11, 23, 9)), beijing(11, 23, 10), beijing(11, 23, 11))
    counted = count(segments, limit(4, "urgent-hours"), DONGCHENG, at=beijing(11, 23, 12))

    assert (counted.deadline, counted.elapsed) == (beijing(11, 23, 14), timedelta(hours=2))


def test_an_outage_within_a_suspension_changes_nothing() -> None:
    paused = suspended(begun(GAS, beijing(11, 23, 9)), beijing(11, 23, 10), beijing(11, 23, 12))

    assert relieved(paused, beijing(11, 23, 10), beijing(11, 23, 11)) == paused


def test_an_outage_that_is_taken_back_at_night_uses_no_limit_up_that_evening() -> None:
    night = beijing(11, 23, 20)
    spared = relieved(begun(GAS, beijing(11, 23, 9)), beijing(11, 23, 10), beijing(11, 23, 12))
    segments = taken_back(
        spared,
        limit(6.5, "working-hours"),
        DONGCHENG,
        since=beijing(11, 23, 10),
        until=beijing(11, 23, 12),
        at=night,
    )

    # Counted whole it would have ended at 17:30, and with the outage on Tuesday at 09:30.
    assert due(segments, 6.5, "working-hours") == beijing(11, 24, 8) + timedelta(milliseconds=1)


@pytest.mark.parametrize("told", [False, True])
def test_an_outage_that_was_declared_into_the_next_century_can_be_taken_back(told: bool) -> None:
    since, until, back = beijing(11, 23, 10), beijing(11, 23, 12).replace(year=2126), beijing(11, 24, 10)
    whole = begun(GAS, beijing(11, 23, 9))
    segments = taken_back(
        relieved(whole, since, until) if told else whole,
        limit(4, "working-hours"),
        DONGCHENG,
        since=since,
        until=until,
        at=back,
    )

    # It would have been over on Monday at 15:00, and the declaration stood until Tuesday at ten.
    assert due(segments, 4, "working-hours") == back


def test_a_task_that_was_late_for_years_keeps_what_it_was_relieved_of() -> None:
    last_days = datetime(DONGCHENG.calendar.last_year + 5, 12, 29, 1, tzinfo=UTC)
    since, until = last_days, last_days + timedelta(hours=2)
    spared = relieved(begun(GAS, beijing(11, 23, 9)), since, until)
    allowed = limit(2, "working-hours")

    assert taken_back(spared, allowed, DONGCHENG, since=since, until=until, at=until) == spared


def test_a_round_that_was_ended_tells_what_was_left() -> None:
    segments = ended(begun(GAS, beijing(11, 23, 9)), beijing(11, 23, 10))
    counted = count(segments, limit(2, "urgent-hours"), DONGCHENG, at=beijing(11, 25, 9))

    assert (counted.deadline, counted.remaining) == (beijing(11, 23, 11), timedelta(hours=1))


def test_a_day_after_the_deadline_waits_for_the_end_of_an_outage() -> None:
    segments = relieved(begun(GAS, beijing(11, 23, 9)), beijing(11, 23, 12), beijing(11, 23, 13))

    assert after(segments, beijing(11, 23, 11), limit(2, "urgent-hours"), DONGCHENG) == beijing(11, 23, 14)


# What follows holds for every history: instants are whole minutes within three weeks around National Day.
START = datetime(2026, 9, 28, 1, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
Event = tuple[str, int, int]
HISTORIES = st.lists(
    st.tuples(
        st.sampled_from(["hand", "suspend", "resume", "relieve"]), st.integers(0, 2000), st.integers(1, 4000)
    ),
    max_size=6,
)
KINDS = st.sampled_from(["urgent-hours", "natural-days", "working-hours", "working-days"])


def lived(events: Sequence[Event], *, keep: Callable[[str], bool] = lambda _: True) -> Segments:
    """The segments of a history of which only what *keep* admits happened."""
    segments, at = begun(GAS, START), START
    for number, (what, gap, length) in enumerate(events):
        at += gap * MINUTE
        if not keep(what):
            continue
        match what:
            case "hand":
                segments = handed(segments, WATER if number % 2 else GAS, at)
            case "suspend":
                segments = suspended(segments, at, at + length * MINUTE)
            case "resume":
                segments = resumed(segments, at)
            case "relieve":
                segments = relieved(segments, at - length * MINUTE, at)
    return segments


def counts(segments: Segments, minute: datetime, *, working: bool) -> str | None:
    """Against whom this minute is counted: the slow way, looking at the wall."""
    holder = next(
        (
            each.holder
            for each in segments
            if each.started_at <= minute
            and (each.ended_at is None or minute < each.ended_at)
            and each.kind not in UNCOUNTED
        ),
        None,
    )
    wall = minute.astimezone(BEIJING)
    calendar = DONGCHENG.calendar
    open_now = calendar.works(wall.date()) and any(
        hours.since <= wall.time() < hours.until for hours in calendar.hours
    )
    return holder if open_now or not working else None


@settings(max_examples=60)
@given(HISTORIES, KINDS, st.integers(2_000, 12_000))
def test_fast_counting_equals_counting_minute_by_minute(
    events: list[Event], kind: ClockKind, minutes: int
) -> None:
    segments, end = lived(events), START + minutes * MINUTE
    working = kind.startswith("working")
    slow: dict[str, int] = {}
    for number in range(minutes):
        holder = counts(segments, START + number * MINUTE, working=working)
        if holder is not None:
            slow[holder] = slow.get(holder, 0) + 1

    fast = count(segments, limit(3, kind), DONGCHENG, at=end)
    assert {who: spent / MINUTE for who, spent in fast.by_holder.items() if spent} == slow
    assert sum(fast.by_holder.values(), timedelta()) == fast.elapsed


@given(HISTORIES, KINDS)
def test_at_its_deadline_the_whole_limit_has_been_counted(events: list[Event], kind: ClockKind) -> None:
    segments = lived(events)
    end = used_up(segments, limit(3, kind), DONGCHENG)

    assert count(segments, limit(3, kind), DONGCHENG, at=end).remaining == timedelta()


@given(HISTORIES, KINDS, st.sampled_from([DONGCHENG, CITY_HALL]))
def test_no_suspension_and_no_outage_makes_a_deadline_earlier(
    events: list[Event], kind: ClockKind, worktime: Worktime
) -> None:
    without = lived(events, keep=lambda what: what == "hand")
    whole = limit(3, kind)

    assert used_up(lived(events), whole, worktime) >= used_up(without, whole, worktime)
    assert used_up(without, whole, worktime) == deadline(START, whole, worktime)


@given(HISTORIES)
def test_segments_follow_each_other_without_gap_and_without_overlap(events: list[Event]) -> None:
    segments = lived(events)

    assert all(earlier.ended_at == later.started_at for earlier, later in pairwise(segments))
    assert segments[-1].ended_at is None
    assert all(isinstance(each, Segment) for each in segments)


@given(HISTORIES, st.integers(-2000, 8000), st.integers(1, 4000), st.integers(-2000, 12_000), KINDS)
@pytest.mark.parametrize("worktime", [DONGCHENG, CITY_HALL], ids=["hours", "same-time"])
def test_what_is_taken_back_counts_again_but_uses_no_limit_up_before(
    worktime: Worktime, events: list[Event], since: int, length: int, back: int, kind: ClockKind
) -> None:
    stretch = {"since": START + since * MINUTE, "until": START + (since + length) * MINUTE}
    history, whole, at = lived(events), limit(3, kind), START + back * MINUTE
    spared = relieved(history, stretch["since"], stretch["until"])
    made = taken_back(spared, whole, worktime, **stretch, at=at)

    due, due_spared = used_up(made, whole, worktime), used_up(spared, whole, worktime)
    assert min(due_spared, at) <= due <= due_spared
    assert taken_back(made, whole, worktime, **stretch, at=at) == made
    assert used_up(taken_back(history, whole, worktime, **stretch, at=at), whole, worktime) == due
    again = used_up(
        taken_back(history, whole, worktime, **stretch, at=START - 9999 * MINUTE), whole, worktime
    )
    assert due >= again
    if at <= again:
        assert due == again
    elif kind == "urgent-hours" and stretch["until"] <= at and {what for what, *_ in events} <= {"hand"}:
        assert due == min(due_spared, at)
