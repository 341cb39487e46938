"""What a holder asks of his desk: an extension (延期), a suspension (缓办)."""

from datetime import timedelta

import pytest

from tests.unit.router.scenes import (
    CENTRE,
    DESK,
    HOUR,
    Play,
    accepted,
    begun,
    directory,
    minutes,
    order,
    text,
)
from wangge_contracts.v1 import ActJudged, AnswerJudged, Cause
from wangge_router.draft import Draft
from wangge_router.requests import resume
from wangge_router.settling import settle
from wangge_router.timing import due

# The lead has four hours around the clock, from minute 0: it is due at minute 240.


def asked(act: str = "request-extension", *, at: float = 10, until: float = 300) -> Play:
    play = begun().says("handle", "acknowledge", at=5)
    return play.says("handle", act, at=at, requested_until=minutes(until))


def deadline(play: Play) -> float:
    held = play.held("handle")
    return (due(held, play.directory) - minutes(0)) / timedelta(minutes=1)


def heard(play: Play, act: str) -> list[tuple[str, tuple[str, ...]]]:
    """The verdicts on the newest answer of that act, in order."""
    found = [said for _, said in play.told if isinstance(said, AnswerJudged | ActJudged)]
    return [
        (said.outcome, tuple(error.code for error in said.errors))
        for said in found
        if (said.answer_id or "").startswith(f"{act} ")
    ]


def test_a_request_waits_as_a_task_of_the_deciding_desk() -> None:
    play = asked()

    task, approval = play.task("handle"), play.task("approve")
    assert (task.state, task.change, task.pending) == ("pending", "request-pending", "request-extension")
    assert task.requested_until == minutes(300)
    assert (approval.holder, approval.concerns) == (DESK, task.task_id)
    assert play.verdict == ("pending-approval",)
    judged = next(said for _, said in reversed(play.told) if isinstance(said, AnswerJudged))
    assert judged.approval_task == approval.task_id


def test_a_granted_extension_grows_the_limit_and_holds_from_when_it_was_asked() -> None:
    play = asked().says("approve", "approve", at=200)

    task = play.task("handle")
    assert (task.state, task.change, task.pending) == ("acknowledged", "extended", None)
    assert (task.limit.value, task.effective_at) == (5.0, minutes(10))
    assert deadline(play) == 300
    assert task.counts.extensions == play.case.incident.counts.extensions == 1
    assert play.task("approve").verdict == "approved"


def test_who_asked_hears_a_second_time_when_the_desk_has_ruled() -> None:
    play = asked().says("approve", "approve", at=20)

    assert heard(play, "request-extension") == [("pending-approval", ()), ("applied", ())]


def test_a_refused_request_leaves_the_unit_where_it_was() -> None:
    play = asked().says("approve", "approve", at=30, verdict="refused", reason_code="not-needed")

    task = play.task("handle")
    assert (task.state, task.change) == ("acknowledged", "request-refused")
    assert (task.reason_code, deadline(play)) == ("not-needed", 240)
    assert heard(play, "request-extension") == [("pending-approval", ()), ("refused", ("request-refused",))]


def test_the_desk_may_grant_less_than_was_asked() -> None:
    play = asked(until=400).says("approve", "approve", at=20, requested_until=minutes(270))

    assert deadline(play) == 270


@pytest.mark.parametrize(
    ("act", "until", "verdict"),
    [
        # One limit more, to minute 480; a year from when it was asked, at minute 10.
        ("request-extension", 240, ("refused", "too-much")),
        ("request-extension", 480, ("applied",)),
        ("request-extension", 481, ("refused", "too-much")),
        ("request-suspension", 10, ("refused", "too-much")),
        ("request-suspension", 11, ("applied",)),
        ("request-suspension", 240, ("applied",)),
        ("request-suspension", 10 + 60 * 24 * 365, ("applied",)),
        ("request-suspension", 11 + 60 * 24 * 365, ("refused", "too-much")),
    ],
)
@pytest.mark.parametrize(("by", "pointer"), [("answer", "/requested_until"), ("order", "/until")])
def test_the_desk_may_grant_another_day_within_the_bounds_of_what_was_asked(
    act: str, until: float, verdict: tuple[str, ...], by: str, pointer: str
) -> None:
    play = asked(act)
    if by == "answer":
        play.says("approve", "approve", at=20, requested_until=minutes(until))
    else:
        task_ids = [play.task("approve").task_id]
        play.hear(order("approve", at=20, task_ids=task_ids, until=minutes(until)))

    assert play.verdict == verdict
    assert play.task("approve").state == ("done" if verdict == ("applied",) else "assigned")
    if verdict != ("applied",):
        assert play.complaint == ("too-much", pointer)


def test_what_is_referred_up_is_granted_within_the_same_bounds() -> None:
    play = asked("request-suspension").says("approve", "refer-up", at=15)
    play.says("approve", "approve", at=20, requested_until=minutes(5))

    assert play.verdict == ("refused", "too-much")


@pytest.mark.parametrize(
    ("act", "at", "until", "code"),
    [
        ("request-extension", 240, 300, "too-late"),
        ("request-suspension", 240, 300, "too-late"),
        ("request-extension", 10, 481, "too-much"),
        ("request-extension", 10, 240, "too-much"),
        ("request-suspension", 10, 10, "too-much"),
        ("request-suspension", 10, 366 * 24 * 60, "too-much"),
    ],
)
def test_what_comes_too_late_or_asks_for_too_much_is_refused(
    act: str, at: float, until: float, code: str
) -> None:
    play = asked(act, at=at, until=until)

    assert play.verdict == ("refused", code)
    assert play.task("handle").state == "acknowledged"


def test_an_extension_is_one_original_limit_at_most_and_two_there_are() -> None:
    play = asked(until=480).says("approve", "approve", at=11)
    play.says("handle", "request-extension", at=12, requested_until=minutes(721))
    assert play.verdict == ("refused", "too-much")

    play.says("handle", "request-extension", at=13, requested_until=minutes(720)).says(
        "approve", "approve", at=14
    )
    assert deadline(play) == 720
    assert "request-extension" not in play.task("handle").allowed_acts

    play.says("handle", "request-extension", at=15, requested_until=minutes(730))
    assert play.verdict == ("refused", "used-up")


def twice_asked() -> Play:
    play = asked(until=480).says("approve", "approve", at=11)
    return play.says("handle", "request-extension", at=12, requested_until=minutes(600))


def test_a_second_extension_is_asked_of_the_desk_above() -> None:
    play = twice_asked()

    approval = play.task("approve")
    assert (approval.holder, play.task("handle").desk) == (CENTRE, DESK)
    assert "the desk above" in approval.decision.reason
    asked_about = [approval.task_id]
    assert play.hear(order("approve", at=13, task_ids=asked_about)).verdict == ("refused", "not-yours")
    play.hear(order("approve", at=14, task_ids=asked_about, on_behalf_of=CENTRE))
    assert (play.verdict, deadline(play)) == (("applied",), 600)


def test_above_the_district_there_is_nobody_to_ask_for_a_second_extension() -> None:
    play = begun().hear(order("transfer", at=2, to=CENTRE, on_behalf_of=CENTRE))
    play.says("handle", "request-extension", at=10, requested_until=minutes(480))
    play.says("approve", "approve", at=11, by="district")
    play.says("handle", "request-extension", at=12, requested_until=minutes(600))

    assert play.task("approve").holder == CENTRE


def test_a_new_round_begins_with_a_first_extension_again() -> None:
    play = asked(until=480).says("approve", "approve", at=11).says("attend", "arrived", at=12)
    play.says("handle", "done", at=13).says("check", "check", at=100, verdict="failed")
    play.says("handle", "request-extension", at=110, requested_until=minutes(500))

    assert play.task("approve").holder == DESK


def test_a_second_extension_that_nobody_asked_for_is_ordered_by_the_desk_above() -> None:
    play = begun().hear(order("extend", at=10, until=minutes(360)))
    assert play.hear(order("extend", at=11, until=minutes(400))).verdict == ("refused", "not-yours")

    play.hear(order("extend", at=12, until=minutes(420), on_behalf_of=CENTRE))
    assert (play.verdict, deadline(play)) == (("applied",), 420)


def test_a_desk_that_puts_the_deadline_off_has_ruled_on_the_request_for_it() -> None:
    play = asked().hear(order("extend", at=20, until=minutes(270)))

    task = play.task("handle")
    assert (task.state, task.change, task.pending) == ("acknowledged", "extended", None)
    assert (deadline(play), play.held("handle").before) == (270, None)
    assert (play.task("approve").state, play.task("approve").reason_code) == ("withdrawn", "request-lapsed")
    assert heard(play, "request-extension")[-1] == ("refused", ("request-lapsed",))
    assert play.says("approve", "approve", at=21).verdict == ("refused", "not-allowed-now")
    assert play.case.incident.counts.extensions == 1


def test_no_third_extension_comes_of_a_request_that_waited_while_a_desk_ordered_the_second() -> None:
    play = twice_asked().hear(order("extend", at=13, until=minutes(600), on_behalf_of=CENTRE))
    play.says("approve", "approve", at=14)

    assert play.verdict == ("refused", "not-allowed-now")
    assert (play.held("handle").extensions, deadline(play)) == (2, 600)


def test_a_request_to_rest_goes_on_waiting_when_a_desk_puts_the_deadline_off() -> None:
    play = asked("request-suspension").hear(order("extend", at=20, until=minutes(270)))
    assert (play.task("handle").state, deadline(play)) == ("pending", 270)

    play.says("approve", "approve", at=21)
    assert (play.task("handle").state, play.held("handle").before) == ("suspended", "acknowledged")


def test_a_refused_extension_does_not_count() -> None:
    play = asked()
    for number in range(3):
        play.says("approve", "approve", at=20 + number, verdict="refused")
        play.says("handle", "request-extension", at=20.5 + number)

    assert play.verdict == ("pending-approval",)


def test_a_new_round_has_its_whole_limit_and_its_extensions_again() -> None:
    play = asked(until=480).says("approve", "approve", at=11).says("attend", "arrived", at=12)
    play.says("handle", "done", at=13).says("check", "check", at=100, verdict="failed")

    assert play.task("handle").limit.value == 4
    assert deadline(play) == 340
    assert play.held("handle").extensions == 0


def test_a_granted_suspension_lets_no_time_run_from_when_it_was_asked_until_its_day() -> None:
    play = asked("request-suspension", at=60, until=1000).says("approve", "approve", at=90)

    task = play.task("handle")
    assert (task.state, task.change) == ("suspended", "suspended")
    assert (task.suspended_until, task.effective_at) == (minutes(1000), minutes(60))
    assert deadline(play) == 1000 + 180
    assert "request-suspension" not in task.allowed_acts


def test_a_suspension_may_end_before_its_day_and_time_runs_again_from_there() -> None:
    play = asked("request-suspension", at=60, until=1000).says("approve", "approve", at=90)
    draft = Draft(play.case, play.directory, cause=Cause(id="resume", kind="order"), at=minutes(500))
    resume(draft, play.held("handle"))
    play.docket.case = settle(draft, "task-changed", now=minutes(501)).case

    task = play.task("handle")
    assert (task.state, task.change, task.suspended_until) == ("acknowledged", "resumed", None)
    assert deadline(play) == 500 + 180


def test_who_is_suspended_may_still_be_done() -> None:
    play = asked("request-suspension", at=60, until=1000).says("approve", "approve", at=90)
    play.says("handle", "done", at=100)

    task = play.task("handle")
    assert (task.state, task.suspended_until) == ("done", None)
    assert play.open_tasks[-1][0] == "check"


def test_a_request_can_be_taken_back() -> None:
    play = asked().says("handle", "withdraw-request", at=12)

    task = play.task("handle")
    assert (task.state, task.change, task.pending) == ("acknowledged", "request-withdrawn", None)
    assert (play.task("approve").state, play.task("approve").reason_code) == (
        "withdrawn",
        "request-withdrawn",
    )
    assert heard(play, "request-extension")[-1] == ("refused", ("request-withdrawn",))


def test_what_took_back_an_earlier_request_takes_back_no_later_one() -> None:
    play = asked().says("approve", "approve", at=20, verdict="refused")
    play.says("handle", "request-suspension", at=30)

    play.says("handle", "withdraw-request", at=15, based_on_revision=3)
    assert play.complaint == ("stale", "/act")
    assert play.task("handle").pending == "request-suspension"

    play.says("handle", "withdraw-request", at=30, based_on_revision=3)
    assert (play.verdict, play.task("handle").pending) == (("applied",), None)


def test_a_request_lapses_when_the_work_is_done_meanwhile() -> None:
    play = asked().says("handle", "done", at=12)

    task = play.task("handle")
    assert (task.state, task.pending, task.requested_until) == ("done", None, None)
    assert (play.task("approve").state, play.task("approve").reason_code) == ("withdrawn", "request-lapsed")
    assert heard(play, "request-extension")[-1] == ("refused", ("request-lapsed",))


def test_a_request_lapses_when_another_unit_is_designated() -> None:
    play = asked().hear(order("designate", "handle department:roads", at=12))

    assert play.task("approve").state == "withdrawn"
    assert play.task("handle", "department:water").pending is None


def test_what_was_asked_is_not_returned_or_handed_on_meanwhile() -> None:
    play = asked().says("handle", "return", at=12)

    assert play.verdict == ("refused", "not-allowed-now")
    assert play.says("handle", "progress", at=13).task("handle").state == "pending"


def test_who_asks_does_not_approve_of_it_and_a_shift_of_one_passes_it_to_the_district() -> None:
    play = begun("0502").hear(order("dispatch", "handle department:gas"))
    play.says("handle", "request-extension", at=10, by="dispatcher", on_behalf_of="department:gas")
    play.says("approve", "approve", at=20, by="dispatcher")
    assert play.verdict == ("refused", "own-work")

    play.says("approve", "refer-up", at=21, by="dispatcher")
    assert play.task("approve").holder == CENTRE
    assert play.task("approve").concerns == play.task("handle").task_id

    play.says("approve", "approve", at=22, by="district")
    assert play.task("handle").change == "extended"


def test_a_working_day_limit_is_extended_in_working_days() -> None:
    days = HOUR | {"value": 2.0, "clock_kind": "working-days"}
    row = {
        "class_ref": {"scheme": "gb-event", "version": "1", "code": "0501", "condition": "1"},
        "names": {"zh": "c", "en": "c"},
        "closing_condition": "restored",
        "limit": days,
    }
    play = Play(directory(standard=[row])).hear(accepted("0501"))
    # Tuesday 10:00 in Shanghai; two days of eight hours end on Thursday at 10:00, another on Friday.
    play.says("handle", "request-extension", at=10, requested_until=minutes(3 * 24 * 60))
    play.says("approve", "approve", at=20)

    assert play.task("handle").limit.value == 3
    assert deadline(play) == 3 * 24 * 60


def test_a_refused_request_is_refused_with_a_reason() -> None:
    play = asked().says("approve", "approve", at=20, verdict="refused", text=None)

    assert play.verdict == ("refused", "reason-required")


def test_an_explanation_is_kept_with_the_task_and_moves_nothing() -> None:
    play = begun().says("handle", "explain", at=250, text=text("等待停水许可"))

    task = play.task("handle")
    assert (task.state, task.change, task.explanation) == ("assigned", "explained", text("等待停水许可"))
