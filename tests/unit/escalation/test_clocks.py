"""One task's clock: what it counts, when it rings, and what of it stands in the end."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, strategies as st

from tests.unit.escalation.bench import Bench, done, running
from tests.unit.escalation.builders import CALENDARS, HOUR, MORNING, almanac, limit, task
from wangge_contracts.calendars import UnknownCalendar
from wangge_contracts.v1 import ClockKind, Task
from wangge_escalation.clocks import ClockDocument, but


def test_a_clock_starts_when_its_task_was_assigned_not_when_we_heard() -> None:
    bench = Bench().hears(task(assigned_at=MORNING), at=MORNING, now=MORNING + 2 * HOUR)

    (started,) = bench.facts
    assert (started.segments[0].started_at, started.deadline, started.catch_up) == (
        MORNING,
        MORNING + 10 * HOUR,
        True,
    )


@pytest.mark.parametrize(
    ("kind", "value", "warning", "overdue"),
    [
        ("urgent-hours", 10, "06 18:00", "06 20:00"),
        ("natural-days", 1, "07 05:12", "07 10:00"),
        ("working-hours", 5, "06 16:00", "06 17:00"),
        ("working-days", 1, "07 08:24", "07 10:00"),
    ],
)
def test_every_kind_of_clock_rings_at_80_and_at_100_percent(
    kind: ClockKind, value: float, warning: str, overdue: str
) -> None:
    bench = running(limit=limit(value, kind)).swings(MORNING + 48 * HOUR)

    rang = [
        (fact.rung, (fact.effective_at + 8 * HOUR).strftime("%d %H:%M"), fact.remaining_s)
        for fact in bench.facts
        if fact.change == "rang"
    ]
    whole_s = {"natural-days": 24, "working-days": 8}.get(kind, value) * 3600
    assert rang == [("warning", warning, whole_s / 5), ("overdue", overdue, 0)]


def test_a_bell_swung_too_early_rings_nothing() -> None:
    bench = running().swings(MORNING + 8 * HOUR - timedelta(milliseconds=1))

    assert bench.story == ["started"]


def test_a_rung_rings_once_however_often_the_bell_is_swung() -> None:
    bench = running()
    for minutes in range(0, 1200, 7):
        bench.swings(MORNING + timedelta(minutes=minutes))

    assert bench.story == ["started", "rang warning", "rang overdue"]


def test_what_rings_after_an_outage_says_when_it_was_due_and_that_it_catches_up() -> None:
    bench = running().swings(MORNING + 9 * HOUR)

    (_, rang) = bench.facts
    assert (rang.effective_at, rang.catch_up, rang.elapsed_s) == (MORNING + 8 * HOUR, True, 8 * 3600)


def test_an_answer_in_time_stops_the_clock_for_good() -> None:
    bench = running().hears(done(), at=MORNING + HOUR).swings(MORNING + 48 * HOUR)

    assert bench.story == ["started", "stopped"]
    assert bench.facts[-1].remaining_s == 9 * 3600
    assert bench.clock is not None
    assert bench.clock.next_due is None


def test_an_answer_effective_before_the_rung_but_read_after_it_withdraws_the_rung() -> None:
    bench = running().swings(MORNING + 11 * HOUR)
    bench.hears(done(), at=MORNING + 9 * HOUR, now=MORNING + 12 * HOUR)

    assert bench.story == ["started", "rang warning", "rang overdue", "rung-withdrawn overdue", "stopped"]
    assert bench.standing == [(1, "warning")]


def test_rungs_are_withdrawn_the_latest_first() -> None:
    bench = running().swings(MORNING + 11 * HOUR).hears(done(), at=MORNING + HOUR)

    assert bench.story[3:] == ["rung-withdrawn overdue", "rung-withdrawn warning", "stopped"]
    assert bench.standing == []


def test_an_answer_effective_after_the_deadline_rings_what_the_bell_had_not() -> None:
    bench = running().hears(done(), at=MORNING + 11 * HOUR)

    assert bench.story == ["started", "rang warning", "rang overdue", "stopped"]
    assert bench.facts[-1].remaining_s == -3600


def test_an_answer_at_the_very_instant_of_the_rung_is_not_earlier() -> None:
    bench = running().hears(done(), at=MORNING + 10 * HOUR)

    assert bench.standing == [(1, "warning"), (1, "overdue")]


@pytest.mark.parametrize("state", ["done", "returned", "withdrawn", "ended"])
def test_every_end_of_a_task_stops_its_clock(state: str) -> None:
    bench = running().hears(task(revision=2, state=state), at=MORNING + HOUR)

    assert bench.story == ["started", "stopped"]


@pytest.mark.parametrize("state", ["acknowledged", "working", "pending", "a-state-of-tomorrow"])
def test_a_task_that_lives_keeps_its_clock_running_without_a_word(state: str) -> None:
    told = Task.model_validate_json(task(revision=2).model_dump_json().replace('"assigned"', f'"{state}"'))
    bench = running().hears(told, at=MORNING + HOUR)

    assert bench.story == ["started"]


def test_rework_begins_a_round_with_the_whole_limit_and_every_rung_again() -> None:
    bench = running().swings(MORNING + 9 * HOUR).hears(done(), at=MORNING + 9 * HOUR)
    again = task(revision=3, state="assigned", change="rework", round=2)
    bench.hears(again, at=MORNING + 20 * HOUR).swings(MORNING + 40 * HOUR)

    assert bench.story[1:] == ["rang warning", "stopped", "started", "rang warning", "rang overdue"]
    assert bench.standing == [(1, "warning"), (2, "warning"), (2, "overdue")]
    last = bench.facts[-1]
    assert (last.deadline, last.elapsed_s, len(last.segments)) == (MORNING + 30 * HOUR, 10 * 3600, 2)


def test_rework_told_in_one_breath_with_the_end_of_the_first_round_stops_that_round() -> None:
    bench = running().hears(task(revision=2, round=2, change="rework"), at=MORNING + HOUR)

    assert bench.story == ["started", "stopped", "started"]


def test_a_round_takes_the_limit_that_the_task_has_then() -> None:
    bench = running().hears(done(), at=MORNING + HOUR)
    bench.hears(task(revision=3, round=2, limit=limit(2)), at=MORNING + 2 * HOUR)

    assert bench.facts[-1].deadline == MORNING + 4 * HOUR


def test_who_gets_the_task_handed_over_is_counted_from_then_on() -> None:
    bench = running().hears(task(revision=2, holder="department:gas"), at=MORNING + 3 * HOUR)

    fact = bench.facts[-1]
    assert [segment.holder for segment in fact.segments] == ["department:water", "department:gas"]
    assert (fact.change, fact.deadline, fact.elapsed_s) == ("recalculated", MORNING + 10 * HOUR, 3 * 3600)


def test_a_task_first_heard_of_when_it_is_done_was_counted_all_the_same() -> None:
    bench = Bench().hears(done(revision=4), at=MORNING + 9 * HOUR)

    assert bench.story == ["started", "rang warning", "stopped"]


def test_an_older_snapshot_changes_nothing() -> None:
    bench = running(revision=1).hears(done(), at=MORNING + HOUR).hears(task(revision=1), at=MORNING)

    assert bench.story == ["started", "stopped"]


def test_a_clock_follows_its_task_into_secrecy() -> None:
    bench = running().hears(task(revision=2, sensitivity="restricted"), at=MORNING).swings(MORNING + 9 * HOUR)

    assert bench.facts[-1].sensitivity == "restricted"


def test_called_officers_climb_a_ladder_without_a_warning() -> None:
    bench = running(kind="attend", role="attend").swings(MORNING + 48 * HOUR)

    assert bench.story == ["started", "rang overdue"]
    assert bench.facts[0].ladder == "attendance-2026.1"


def test_called_officers_have_their_limit_for_being_there_not_for_staying() -> None:
    bench = running(kind="attend", role="attend")
    for number, state in enumerate(("acknowledged", "working", "working", "done")):
        told = task(revision=number + 2, state=state, kind="attend", role="attend")
        bench.hears(told, at=MORNING + (number + 1) * HOUR)

    assert bench.story == ["started", "stopped"]
    assert bench.facts[-1].elapsed_s == 2 * 3600


def test_a_limit_by_a_calendar_that_is_not_here_is_no_guess() -> None:
    with pytest.raises(UnknownCalendar, match="beijing in version 2 was never published"):
        running(limit=limit(version="2"))


def test_a_limit_of_a_kind_that_nobody_knows_counts_as_the_strictest() -> None:
    bench = running(limit=limit().model_copy(update={"clock_kind": "lunar-days"}))

    assert (bench.facts[-1].limit.clock_kind, bench.due) == ("urgent-hours", MORNING + 10 * HOUR)


def test_a_running_clock_finds_the_calendar_it_started_with() -> None:
    later = {"calendars": [{**CALENDARS["calendars"][0], "version": "2", "closed": ["2026-01-07"]}]}

    assert almanac(calendars=(CALENDARS, later)).worktime(limit()).calendar.version == "1"


def test_a_clock_is_read_back_as_it_was_written() -> None:
    clock = running().swings(MORNING + 9 * HOUR).clock
    assert clock is not None

    assert ClockDocument.validate_json(ClockDocument.dump_json(clock, exclude_defaults=True)) == clock


def test_ids_follow_from_the_cause_so_that_no_order_of_work_doubles_a_ring() -> None:
    by_bell = running().swings(MORNING + 11 * HOUR)
    by_answer = running().hears(done(), at=MORNING + 11 * HOUR)

    ids = [[said.id for said in bench.said if said.changed.rung] for bench in (by_bell, by_answer)]
    assert ids[0] == ids[1]
    assert len(set(ids[0])) == 2


@given(
    ended_ms=st.integers(0, 20 * 3_600_000),
    swings=st.lists(st.integers(0, 40 * 3_600_000), max_size=6),
    read_after=st.integers(0, 6),
    kind=st.sampled_from(["urgent-hours", "natural-days", "working-hours", "working-days"]),
)
def test_bell_and_answer_in_any_order_leave_the_same_rungs_standing(
    ended_ms: int, swings: list[int], read_after: int, kind: ClockKind
) -> None:
    ended_at = MORNING + timedelta(milliseconds=ended_ms)
    bench = running(limit=limit(1, kind))
    swings.sort()
    for number, swing in enumerate(swings):
        if number == read_after:
            bench.hears(done(), at=ended_at)
        bench.swings(MORNING + timedelta(milliseconds=swing))
    bench.hears(done(), at=ended_at)

    assert bench.clock is not None
    assert bench.standing == [(1, step.rung) for step in bench.clock.steps if step.due_at <= ended_at]
    told = [fact.rung for fact in bench.facts if fact.rung]
    taken_back = [fact.withdrawn_rung for fact in bench.facts if fact.withdrawn_rung]
    assert sorted(set(told) - set(taken_back)) == sorted(name for _, name in bench.standing)
    assert len(told) == len(set(told))
    assert [fact.revision for fact in bench.facts] == list(range(1, len(bench.facts) + 1))


@given(
    gaps=st.lists(st.integers(0, 12 * 3_600_000), min_size=2, max_size=12),
    swung=st.lists(st.booleans(), min_size=12, max_size=12),
)
def test_whatever_happens_segments_never_overlap_and_never_change(gaps: list[int], swung: list[bool]) -> None:
    bench, at = running(), MORNING
    for number, gap in enumerate(gaps):
        at += timedelta(milliseconds=gap)
        told = done(number + 2) if number % 2 == 0 else task(revision=number + 2, round=number // 2 + 2)
        bench.hears(told, at=at)
        if swung[number]:
            bench.swings(at + HOUR)

    segments = bench.facts[-1].segments
    ends = [segment.ended_at or datetime.max.replace(tzinfo=UTC) for segment in segments]
    assert all(end <= after.started_at for end, after in zip(ends, segments[1:], strict=False))
    for fact in bench.facts:
        assert fact.segments[:-1] == segments[: len(fact.segments) - 1]


def test_a_clock_is_copied_with_other_fields_and_with_none_that_it_has_not() -> None:
    clock = running().clock
    assert clock is not None

    assert but(clock, revision=7) == replace(clock, revision=7)
    assert clock.revision == 1
    with pytest.raises(TypeError, match="revisoin"):
        but(clock, revisoin=7)
