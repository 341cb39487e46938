"""Punitive rungs wait while the rooms before the bell are late, but not for ever; warnings never do."""

from dataclasses import replace
from datetime import timedelta

from tests.unit.escalation.builders import HOUR, MORNING, almanac, task
from wangge_contracts.v1 import TaskKind
from wangge_escalation.clocks import Clock, Scene
from wangge_escalation.following import follow
from wangge_escalation.holding import Hold
from wangge_escalation.ringing import ring

FRESH = Hold(at_most=timedelta(seconds=600))
LATE = {"router": 12}


def test_who_has_just_come_back_holds_until_it_is_told_that_nobody_is_late() -> None:
    assert FRESH.holds
    assert not FRESH.asked
    clear = FRESH.see({}, now_s=5)
    assert (clear.holds, clear.asked, clear.reason) == (False, True, None)


def test_it_holds_while_a_room_is_late_and_says_which() -> None:
    late = FRESH.see({}, now_s=5).see(LATE, now_s=10)

    assert late.holds
    assert late.reason == "red lights and listings are held: router has 12 old records to read"
    assert not late.see({}, now_s=15).holds


def test_after_its_time_it_holds_no_longer_until_all_have_caught_up_once() -> None:
    late = FRESH.see(LATE, now_s=10)
    given_up = late.see({"router": 3}, now_s=609).see({"router": 1}, now_s=610)

    assert late.see(LATE, now_s=609).holds
    assert not given_up.holds
    assert "the hold has lasted" in (given_up.reason or "")
    assert not given_up.see(LATE, now_s=2000).holds
    assert given_up.see({}, now_s=2000).see(LATE, now_s=2001).holds


def test_a_broker_that_does_not_answer_holds_as_well_and_no_longer() -> None:
    silent = FRESH.see(None, now_s=10)

    assert (silent.holds, silent.asked) == (True, True)
    assert "nobody knows" in (silent.reason or "")
    assert not silent.see(None, now_s=700).holds


def rang(clock: Clock, *, held: bool) -> list[str | None]:
    """What rings of it at its deadline and later while punitive rungs are held."""
    book = almanac()
    scene = Scene(MORNING + 30 * HOUR, book.worktime(clock.limit), timedelta(minutes=1))
    _, said = ring(clock, upto=MORNING + 30 * HOUR, scene=scene, held=held)
    return [each.changed.rung for each in said if each.changed.rung]


def started(kind: TaskKind = "handle") -> Clock:
    moment = timedelta(minutes=1)
    clock, _ = follow(None, task(kind=kind), almanac=almanac(), now=MORNING, patience=moment)
    return clock


def test_a_warning_rings_while_the_red_light_is_held() -> None:
    assert rang(started(), held=True) == ["warning"]
    assert rang(started(), held=False) == ["warning", "overdue"]


def test_a_called_officer_is_never_waited_for_longer() -> None:
    assert rang(started(kind="attend"), held=True) == ["overdue"]


def test_the_index_knows_what_is_never_held() -> None:
    clock = started()
    warned = replace(
        clock,
        steps=tuple(
            replace(step, rang_at=MORNING) if step.rung == "warning" else step for step in clock.steps
        ),
    )

    assert clock.dues == (MORNING + 8 * HOUR, MORNING + 8 * HOUR)
    assert warned.dues == (MORNING + 10 * HOUR, None)
