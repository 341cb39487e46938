"""What a department head asks of a matter: who held it, was he told, whose time was it, and by whose word."""

import re
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from rich.console import Console

from tests.unit.local.telling import fact, incident, line, told
from wangge_local.explain import explained
from wangge_local.explain_course import course
from wangge_local.explain_line import MUST
from wangge_local.explain_shown import Words, screen, span
from wangge_local.explain_turns import counted, turns

NOON = datetime(2026, 1, 5, 4, 0, tzinfo=UTC)
HOUR = {"value": 1.0, "clock_kind": "urgent-hours", "calendar": "c", "calendar_version": "1"}
WORDS = Words(
    ZoneInfo("Asia/Shanghai"), {"department:gas": "燃气公司"}, frozenset({"department:roads"}), NOON
)


def at(minutes: int) -> str:
    return (NOON + timedelta(minutes=minutes)).isoformat()


def task(change: str, state: str, *, minutes: int, revision: int, **fields: Any) -> dict[str, Any]:
    """A snapshot of the gas company's task."""
    whole = {
        "task_id": "t1",
        "kind": "handle",
        "holder": "department:gas",
        "round": 1,
        "revision": revision,
        "change": change,
        "state": state,
        "assigned_at": at(0),
        "effective_at": at(minutes),
        "limit": HOUR,
        "allowed_acts": ["return"],
        "decision": {"reason": "burst"},
    }
    return whole | fields


def life(*snapshots: dict[str, Any], **parts: Any) -> dict[str, Any]:
    """A matter of which one fact after the other told one of these snapshots."""
    facts = [
        line(
            "incidents.changed.v1",
            number,
            {
                "incident": incident(),
                "change": "task-changed",
                "tasks": [snapshot],
                "cause": {"id": f"act {number}", "kind": "answer"},
            },
        )
        | {"effective_at": snapshot["effective_at"], "id": f"fact {number}"}
        for number, snapshot in enumerate(snapshots, 1)
    ]
    parts = {"tasks": [snapshots[-1]], "clocks": []} | parts
    return told(**parts | {"timeline": [*parts.pop("timeline", ()), *facts]})


def act(number: int, minutes: int, topic: str = "tasks.answered.v1", **document: Any) -> dict[str, Any]:
    """What somebody said, that led to the fact of that number."""
    whole = {"answer_id": f"a{number}", "task_id": "t1", "based_on_revision": 1, "actor": {"staff_id": "s"}}
    return line(topic, 0, whole | document) | {"id": f"act {number}", "effective_at": at(minutes)}


GIVEN = task("assigned", "assigned", minutes=0, revision=1)
SIGNED = task("acknowledged", "acknowledged", minutes=2, revision=2)
RETURNED = task("returned", "returned", minutes=10, revision=3, reason_code="not-ours")


def test_a_turn_ends_with_the_return_and_says_why() -> None:
    (turn,) = turns(life(GIVEN, SIGNED, RETURNED))

    assert (turn.until, turn.ended, turn.why) == (NOON + timedelta(minutes=10), "returned", "not-ours")
    assert turn.signed_at == NOON + timedelta(minutes=2)


def test_a_return_that_was_shuffling_ended_nothing() -> None:
    kept = task("request-refused", "acknowledged", minutes=40, revision=4, reason_code="shuffling")
    (turn,) = turns(life(GIVEN, SIGNED, RETURNED, kept))

    assert (turn.since, turn.until) == (NOON, None)


def test_a_rework_is_a_turn_of_its_own() -> None:
    done = task("done", "done", minutes=5, revision=2)
    again = task("rework", "assigned", minutes=9, revision=3, round=2, assigned_at=at(9))
    first, second = turns(life(GIVEN, done, again))

    assert (first.round, first.ended, second.round, second.until) == (1, "done", 2, None)
    assert second.since == NOON + timedelta(minutes=9)


def test_what_is_forwarded_is_the_next_units_turn_from_then_on() -> None:
    passed = task("forwarded", "assigned", minutes=7, revision=2, holder="department:roads")
    first, second = turns(life(GIVEN, passed))

    assert (first.holder, first.until, first.ended) == ("department:gas", second.since, "forwarded")
    assert (second.holder, second.until) == ("department:roads", None)


def test_each_stage_is_a_turn_of_its_own_with_its_own_limit_and_lateness() -> None:
    """The clock begins a round with each stage, the task does not: its rounds are reworks."""
    fence = GIVEN | {"stage": "fence"}
    hours = HOUR | {"value": 2.0}
    repair = task("stage-done", "working", minutes=30, revision=3, stage="repair", limit=hours)
    clocks = [
        ticked(1, "started", minutes=0, lap=1, deadline=at(60)),
        ticked(2, "stopped", minutes=30, lap=1, deadline=at(60)),
        ticked(3, "started", minutes=30, lap=2, began=30, deadline=at(150)),
        ticked(4, "rang", minutes=150, lap=2, began=30, deadline=at(150), rung="overdue"),
    ]
    first, second = turns(life(fence, SIGNED | {"stage": "fence"}, repair, timeline=clocks))

    assert (first.stage, first.until, first.ended, first.late) == ("fence", second.since, "stage-done", False)
    assert (second.stage, second.limit["value"], second.until, second.late) == ("repair", 2.0, None, True)
    assert [each.deadline for each in (first, second)] == [NOON + timedelta(minutes=n) for n in (60, 150)]
    assert second.signed_at == first.signed_at


def test_a_rework_after_stages_is_late_by_its_own_clock() -> None:
    done = task("done", "done", minutes=50, revision=3, stage="repair")
    again = task("rework", "assigned", minutes=60, revision=4, round=2, stage="repair")
    clocks = [
        ticked(1, "started", minutes=30, lap=2, deadline=at(40)),
        ticked(2, "rang", minutes=40, lap=2, deadline=at(40), rung="overdue"),
        ticked(3, "stopped", minutes=50, lap=2, deadline=at(40)),
        ticked(4, "started", minutes=60, lap=3, began=60, deadline=at(120)),
    ]
    first, second = turns(life(GIVEN | {"stage": "repair"}, done, again, timeline=clocks))

    assert (first.late, second.late) == (True, False)
    assert [each.deadline for each in (first, second)] == [NOON + timedelta(minutes=n) for n in (40, 120)]


def test_a_rung_that_rang_for_who_had_the_task_before_is_not_taken_back_with_the_next_holders() -> None:
    passed = task("forwarded", "assigned", minutes=20, revision=2, holder="department:roads")
    clocks = [
        ticked(1, "started", minutes=0),
        ticked(2, "rang", minutes=5, rung="unsigned"),
        ticked(3, "recalculated", minutes=20),
        ticked(4, "rang", minutes=25, rung="unsigned"),
        ticked(5, "rung-withdrawn", minutes=24, withdrawn_rung="unsigned"),
    ]
    first, second = turns(life(GIVEN, passed, timeline=clocks))

    assert (first.rung, second.rung) == (("unsigned",), ())


def ticked(
    number: int, change: str, *, minutes: int, lap: int = 1, began: int = 0, **fields: Any
) -> dict[str, Any]:
    """The gas company's clock, as escalation tells it."""
    clock = {
        "clock_id": "c1",
        "task_id": "t1",
        "kind": "handle",
        "holder": "department:gas",
        "revision": number,
        "change": change,
        "effective_at": at(minutes),
        "round": lap,
        "round_began_at": at(began),
        "limit": HOUR,
        "deadline": at(60),
        "remaining_s": 0,
        "segments": [],
    }
    return line("clocks.changed.v1", number, clock | fields) | {
        "id": f"c{number}",
        "effective_at": at(minutes),
    }


@pytest.mark.parametrize(
    ("change", "why"),
    [
        ({}, "an answer was in time"),
        ({"limit": HOUR | {"value": 2.0}}, "the limit was another by then"),
        ({"segments": ["suspended"]}, "no time counted by then (缓办)"),
        ({"segments": ["outage"]}, "an outage of the house is nobody's time"),
        ({"segments": ["counted"]}, "an outage of the house is nobody's time"),
    ],
)
def test_a_rung_that_was_taken_back_says_why(change: dict[str, Any], why: str) -> None:
    segments = [
        {
            "kind": kind,
            "holder": "department:gas",
            "started_at": at(10),
            "ended_at": at(40),
            "reason": "outage-taken-back" if kind == "counted" else kind,
        }
        for kind in change.get("segments", ())
    ]
    clocks = [
        ticked(1, "started", minutes=0),
        ticked(2, "rang", minutes=60, rung="overdue"),
        ticked(3, "rung-withdrawn", minutes=10, withdrawn_rung="overdue", **change | {"segments": segments}),
    ]
    (found,) = [each for each in course(life(GIVEN, timeline=clocks)) if each.who == "department:gas"]

    assert (found.at, found.what) == (NOON + timedelta(minutes=60), "handle: overdue withdrawn:")
    assert found.reason == why


def test_an_outage_is_told_once_and_whose_time_it_is_not() -> None:
    """Who sees that a deadline moved, and neither he nor a desk has said a word, must find out why."""
    gas = "department:gas"
    spans = [
        {"kind": "outage", "holder": gas, "reason": "power cut", "started_at": at(10), "ended_at": at(40)},
        {"kind": "counted", "holder": "department:roads", "started_at": at(40), "ended_at": at(50)},
    ]
    back = {"kind": "counted", "holder": gas, "reason": "outage-taken-back"}
    later = [{**back, "started_at": at(41), "ended_at": at(42)}]
    clocks = [
        {"kind": kind, "holder": "department:roads", "segments": segments}
        for kind, segments in (("handle", spans), ("assist", spans), ("attend", later), ("check", []))
    ]
    found = [each for each in course(life(GIVEN, clocks=clocks)) if "outage" in each.what]

    assert [(each.what, WORDS.name(each.reason), each.weight) for each in found] == [
        ("outage, not counted:", "power cut until 05 Jan 12:40, of handle 燃气公司, assist 燃气公司", MUST),
        (
            "outage taken back, counted again:",
            "outage-taken-back until 05 Jan 12:42, of attend 燃气公司",
            MUST,
        ),
    ]


def test_a_suspension_is_told_with_both_its_ends() -> None:
    paused = task("suspended", "suspended", minutes=3, revision=2)
    (turn,) = turns(life(GIVEN, paused, task("resumed", "working", minutes=8, revision=3)))

    assert turn.suspended == ((NOON + timedelta(minutes=3), NOON + timedelta(minutes=8)),)


def test_a_suspension_ends_with_the_stage_that_was_done_in_it() -> None:
    paused = task("suspended", "suspended", minutes=3, revision=2, stage="fence")
    repair = task("stage-done", "working", minutes=8, revision=3, stage="repair")
    first, second = turns(life(GIVEN | {"stage": "fence"}, paused, repair))

    assert first.suspended == ((NOON + timedelta(minutes=3), NOON + timedelta(minutes=8)),)
    assert second.suspended == ()


def test_the_notice_that_came_furthest_is_told_and_one_that_failed_is_not_hidden() -> None:
    notices = [
        notice("sms", "failed", 1),
        notice("console", "sent", 1),
        notice("app", "confirmed", 3),
    ]
    shown = printed(life(GIVEN, notices=notices))

    assert "confirmed 12:03" in shown
    assert "not heard by 燃气公司: sms failed 05 Jan 12:01" in shown


def test_who_was_told_by_nobody_is_seen_to_have_been() -> None:
    assert "nobody" in printed(life(GIVEN))


def notice(channel: str, state: str, minutes: int) -> dict[str, Any]:
    return {
        "task_id": "t1",
        "holder": "department:gas",
        "recipient": {"ref": "officer:1/duty"},
        "why": {"instead_of": "department:gas"},
        "channel": channel,
        "state": state,
        "at": at(minutes),
    }


def test_a_return_is_told_with_its_reason_its_suggestion_and_its_basis() -> None:
    said = act(
        3,
        10,
        act="return",
        reason_code="not-ours",
        text={"text": "自来水"},
        suggested_unit="department:water",
        basis="三定方案",
    )
    (found,) = [
        line for line in course(life(GIVEN, SIGNED, RETURNED, timeline=[said])) if line.what == "return"
    ]

    assert found.who == "department:gas"
    assert found.reason == "not-ours; “自来水”; suggests department:water; 三定方案"


def test_instants_are_told_by_the_clocks_of_the_place_and_peoples_words_are_left() -> None:
    told = WORDS.name("department:gas until 2026-01-05T04:30:00.000Z; “2026-99-99T00:00:00Z”")

    assert told == "燃气公司 until 05 Jan 12:30; “2026-99-99T00:00:00Z”"


def test_a_day_of_another_year_of_the_place_is_told_with_its_year() -> None:
    since = NOON - timedelta(days=5, hours=12)  # the year begins in Beijing

    assert WORDS.when(since) == "31 Dec 2025 00:00"
    assert WORDS.when(since + timedelta(days=1)) == "01 Jan 00:00"
    assert WORDS.when(since, beside=since) == "00:00"


def test_a_turn_of_another_year_began_and_was_signed_for_on_a_day_and_of_this_day_at_an_hour() -> None:
    signed = [
        task("assigned", "assigned", minutes=-20_000, revision=1, assigned_at=at(-20_000)),
        task("acknowledged", "acknowledged", minutes=-10_000, revision=2, assigned_at=at(-20_000)),
    ]

    assert re.search(r" 22 Dec 2025 +13 d 21 h .* 29 Dec 2025 +acknowledged", printed(life(*signed)))
    assert re.search(r" 05 Jan 12:00 .* 12:02 +acknowledged", printed(life(GIVEN, SIGNED)))


def test_the_desks_ruling_says_what_became_of_the_return() -> None:
    kept = task("request-refused", "acknowledged", minutes=40, revision=4, reason_code="shuffling")
    ruling = act(
        4,
        40,
        "desk.ordered.v1",
        order_id="o",
        order="refuse",
        on_behalf_of="desk:1",
        reason={"text": "是你们的"},
    )
    asked = {"task_id": "t2", "kind": "dispatch", "holder": "desk:1", "concerns": "t1"}
    decided = task("done", "done", minutes=40, revision=2, **asked)
    told_ = life(GIVEN, SIGNED, RETURNED, kept, timeline=[ruling])
    told_["timeline"][-1]["document"]["tasks"] = [kept, decided]
    shown = course(told_)

    (found,) = [line for line in shown if line.what == "ordered refuse"]
    assert found.reason.startswith("refuses the return by department:gas (推诿)")
    assert "upholds" not in found.reason
    assert found.weight == MUST


@pytest.mark.parametrize(
    ("order", "said"),
    [
        ({"order": "extend", "until": at(90)}, "until 05 Jan 13:30; “why”"),
        ({"order": "forward", "to": "department:gas"}, "to 燃气公司; “why”"),
        ({"order": "supervise", "reply_by": at(60)}, "reply by 05 Jan 13:00; “why”"),
        ({"order": "list", "board": "street"}, "on the board of the street; “why”"),
        ({"order": "correct", "place": {}, "urgency": "urgent"}, "corrects place, urgency; “why”"),
    ],
)
def test_an_order_is_told_with_what_it_changed(order: dict[str, Any], said: str) -> None:
    """Who finds that his deadline is another wants to know which, and by whose word."""
    given = act(1, 40, "desk.ordered.v1", order_id="o", on_behalf_of="desk:1", **order)
    given["document"]["reason"] = {"text": "why"}
    (found,) = [line for line in course(life(GIVEN, timeline=[given])) if line.what.startswith("ordered")]

    assert WORDS.name(found.reason) == said


def test_a_desk_that_was_told_of_a_return_was_told_of_its_own_turn() -> None:
    asked = {"task_id": "t2", "kind": "dispatch", "holder": "desk:1", "concerns": "t1"}
    turn = task("assigned", "assigned", minutes=10, revision=1, assigned_at=at(10), **asked)
    notice = {"task_id": "t1", "holder": "department:gas", "channel": "console", "state": "sent"}
    earlier, told_of = (notice | {"recipient": {"ref": "desk:1"}, "at": at(minutes)} for minutes in (5, 10))
    of_the_matter = {
        "channel": "console",
        "state": "sent",
        "recipient": {"ref": "department:gas"},
        "at": at(5),
    }
    found = turns(life(GIVEN, SIGNED, RETURNED, turn, notices=[earlier, told_of, of_the_matter]))

    assert [each.notices for each in found if each.holder == "department:gas"] == [()]
    desk = next(each for each in found if each.holder == "desk:1")
    assert [each.at for each in desk.notices] == [NOON + timedelta(minutes=10)]


def test_what_a_desk_was_told_of_a_turn_was_not_told_to_who_had_it() -> None:
    warned = notice("console", "sent", 5) | {"recipient": {"ref": "desk:1"}, "why": {"recipient": "desk"}}
    (turn,) = turns(life(GIVEN, notices=[warned]))

    assert turn.notices == ()


def test_what_was_told_of_the_first_round_was_not_told_of_the_rework() -> None:
    done = task("done", "done", minutes=5, revision=2)
    again = task("rework", "assigned", minutes=9, revision=3, round=2)
    first_told = notice("sms", "delivered", 30) | {"cause": "fact 1"}  # it came after the rework
    rework_told = notice("sms", "given-up", 31) | {"cause": "fact 3"}
    first, second = turns(life(GIVEN, done, again, notices=[first_told, rework_told]))

    assert [each.state for each in first.notices] == ["delivered"]
    assert [each.state for each in second.notices] == ["given-up"]


def test_who_was_told_of_several_turns_at_once_was_told_of_each() -> None:
    also = {"also": [{"task_id": "t1", "task_revision": 1, "holder": "department:gas"}]}
    first = {"task_id": "t0", "holder": "officer:1/police", "recipient": {"ref": "officer:1/police"}}
    (turn,) = turns(life(GIVEN, notices=[notice("console", "sent", 5) | first | {"why": {}} | also]))

    assert len(turn.notices) == 1


def test_what_was_refused_is_told_with_its_code() -> None:
    judged = {
        "answer_id": "a9",
        "outcome": "refused",
        "errors": [{"code": "too-late", "text_en": "too late"}],
    }
    said = act(9, 30, act="request-extension", on_behalf_of="department:gas")
    verdict = line("acts.judged.v1", 0, judged) | {"id": "v", "effective_at": at(30)}
    (found,) = [line for line in course(life(GIVEN, timeline=[said, verdict])) if "refused" in line.what]

    assert (found.who, found.what, found.reason) == (
        "department:gas",
        "request-extension: refused",
        "too-late: too late",
    )


def test_an_outsiders_answer_without_effect_is_not_dropped() -> None:
    said = act(9, 30, act="return", origin="departments.gas")
    (found,) = [line for line in course(life(GIVEN, timeline=[said])) if "no effect" in line.what]

    assert found.who == "department:gas"


def test_why_a_desk_is_asked_instead_of_who_is_gone_is_told_with_the_answer_that_led_to_it() -> None:
    reason = "the check failed, and department:gas, whose work it was, is no longer there"
    asked = {"task_id": "t2", "kind": "dispatch", "holder": "desk:1", "decision": {"reason": reason}}
    failed = act(2, 30, act="check", verdict="failed", on_behalf_of="officer:1/manager")
    shown = course(
        life(GIVEN, task("assigned", "assigned", minutes=30, revision=1, **asked), timeline=[failed])
    )

    told_of = [(each.who, each.what, each.reason, each.weight) for each in shown if each.who == "desk:1"]
    assert told_of == [("desk:1", "must dispatch", reason, MUST)]
    about = asked | {"concerns": "t1"}
    returned = life(GIVEN, task("assigned", "assigned", minutes=30, revision=1, **about), timeline=[failed])
    assert not [each for each in course(returned) if each.who == "desk:1"]


def test_time_is_counted_against_each_holder_but_not_while_it_was_suspended() -> None:
    segments = [
        {"kind": "counted", "holder": "department:gas", "started_at": at(0), "ended_at": at(10)},
        {"kind": "suspended", "holder": "department:gas", "started_at": at(10), "ended_at": at(20)},
        {"kind": "counted", "holder": "desk:1", "started_at": at(20)},
    ]
    time = counted(life(GIVEN, clocks=[{"segments": segments}]), now=NOON + timedelta(minutes=50))

    assert time == {"desk:1": timedelta(minutes=30), "department:gas": timedelta(minutes=10)}


def test_time_that_runs_on_two_clocks_of_one_holder_is_counted_once() -> None:
    def segment(since: int, until: int) -> dict[str, Any]:
        span = {"started_at": at(since), "ended_at": at(until)}
        return {"segments": [{"kind": "counted", "holder": "desk:1", **span}]}

    time = counted(
        life(GIVEN, clocks=[segment(20, 40), segment(0, 10), segment(5, 30), segment(25, 28)]),
        now=NOON + timedelta(minutes=50),
    )

    assert time == {"desk:1": timedelta(minutes=40)}


def printed(told_: dict[str, Any], *, height: int | None = 40) -> str:
    """The screen as a terminal of 100 cells shows it."""
    console = Console(width=100, soft_wrap=True, highlight=False)
    with console.capture() as capture:
        found = explained(told_, now=NOON, halted=[])
        for drawn in screen(told_, found, WORDS, width=100, height=height):
            console.print(drawn)
    return capture.get()


def test_signatures_give_way_to_what_answers_a_complaint_when_the_screen_is_small() -> None:
    signs = [act(number, number, act="acknowledge", on_behalf_of="department:gas") for number in range(2, 12)]
    snapshots = [GIVEN, *(task("revised", "assigned", minutes=n, revision=n) for n in range(2, 12)), RETURNED]
    many = life(*snapshots, timeline=[*signs, act(12, 20, act="return", on_behalf_of="department:gas")])

    assert printed(many, height=None).count("acknowledge") == 10
    small = printed(many, height=12)
    assert "燃气公司 return" in small
    assert "signatures and notes more" in small
    assert len(small.splitlines()) <= 12


@pytest.mark.parametrize(
    ("hours", "shown"),
    [(1.99998, "/ 2 h "), (0.99999, "/ 60 min "), (1.58333, "/ 1.58 h "), (1200, "/ 1200 h ")],
)
def test_a_limit_that_was_a_span_from_now_is_shown_short(hours: float, shown: str) -> None:
    given = GIVEN | {"limit": HOUR | {"value": hours}}

    assert shown in printed(life(given))


def test_spans_are_short() -> None:
    assert [span(timedelta(minutes=each)) for each in (7, 61, 2 * 1440 + 61)] == ["0:07", "1:01", "2 d 1 h"]


def test_what_is_said_of_a_task_after_its_end_ends_it_no_later() -> None:
    """An appeal (申诉) that is told, asked and refused days later is no time of the unit's."""
    (turn,) = turns(
        life(
            task("assigned", "assigned", minutes=0, revision=1),
            task("done", "done", minutes=50, revision=2),
            task("revised", "done", minutes=50, revision=3, allowed_acts=["appeal"]),
            task("request-pending", "done", minutes=3000, revision=4),
            task("request-refused", "done", minutes=4000, revision=5),
        )
    )

    assert (turn.until, turn.ended) == (NOON + timedelta(minutes=50), "done")


def test_what_a_rule_decided_names_the_version_of_the_configuration() -> None:
    decision = {
        "rule": "gas-leak",
        "reason": "gas-leak: class gb:1 (by law); nearest: sewer",
        "rulebook_version": "0f1e",
    }
    said = told(timeline=[line("incidents.changed.v1", 1, fact("handling", decision=decision))])
    (found,) = course(said)

    assert (found.who, found.what) == ("rule gas-leak", "of version 0f1e routed it:")
    assert found.reason == "class gb:1 (by law); nearest: sewer"
