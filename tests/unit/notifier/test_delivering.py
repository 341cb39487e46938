"""What follows from an attempt follows from nothing else."""

from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest

from tests.unit.ledger.telling import told
from wangge_contracts.message import words
from wangge_contracts.v1 import NoticeAnswer, NoticeAnswered, NoticeChanged
from wangge_notifier.delivering import Outcome, Schedule, answered_state, confirmation
from wangge_notifier.dialling import outcome_of

NOW = datetime(2026, 1, 6, 2, 6, tzinfo=UTC)
SCHEDULE = Schedule(attempts=4, first_wait=timedelta(seconds=10), longest_wait=timedelta(seconds=30))


def test_a_failure_waits_and_is_tried_again() -> None:
    state, due_at = SCHEDULE.after(Outcome("500"), notice_id="n", attempt=1, now=NOW)

    assert state == "failed"
    assert due_at == NOW + SCHEDULE.wait("n", 1)


def test_waits_double_up_to_the_longest_and_are_cut_by_half_at_most() -> None:
    full = [10, 20, 30, 30, 30]
    for attempt, seconds in enumerate(full, start=1):
        assert seconds / 2 <= SCHEDULE.wait("n", attempt).total_seconds() <= seconds


def test_what_failed_together_does_not_come_back_together() -> None:
    waits = sorted(SCHEDULE.wait(f"n{number}", 1) for number in range(20))

    assert all(earlier < later for earlier, later in pairwise(waits))


@pytest.mark.parametrize(
    ("outcome", "attempt", "state"),
    [
        (Outcome("200", accepted=True), 1, "sent"),
        (Outcome("500"), 4, "given-up"),
        (Outcome("410", hopeless=True), 1, "given-up"),
        (Outcome("timeout"), 3, "failed"),
    ],
)
def test_an_attempt_ends_in_one_state(outcome: Outcome, attempt: int, state: str) -> None:
    assert SCHEDULE.after(outcome, notice_id="n", attempt=attempt, now=NOW)[0] == state


@pytest.mark.parametrize(
    ("status", "accepted", "hopeless"),
    [(200, True, False), (204, True, False), (302, False, False), (404, False, False), (410, False, True)],
)
def test_only_2xx_is_success(status: int, accepted: bool, hopeless: bool) -> None:
    outcome = outcome_of(status)

    assert (outcome.accepted, outcome.hopeless) == (accepted, hopeless)


@pytest.mark.parametrize(
    ("before", "answer", "after"),
    [
        ("sending", "delivered", "delivered"),
        ("sent", "confirmed", "confirmed"),
        ("confirmed", "delivered", None),
        ("read", "read", None),
        ("read", "confirmed", "confirmed"),
        ("delivered", "failed", None),
        ("sent", "failed", "given-up"),
        ("sent", "a-word-of-tomorrow", "delivered"),
    ],
)
def test_answers_only_move_a_notice_forward(before: str, answer: str, after: str | None) -> None:
    answered = told("notices.answered.v1/confirmed", answer=answer).message
    assert isinstance(answered, NoticeAnswered)

    assert answered_state(before, answered) == after


def test_each_answer_of_the_contracts_says_something_of_its_notice_but_the_wish_for_another() -> None:
    answers = {
        word: told("notices.answered.v1/confirmed", answer=word).message for word in words(NoticeAnswer)
    }

    assert {
        word: answered_state("sent", answered)
        for word, answered in answers.items()
        if isinstance(answered, NoticeAnswered)
    } == {
        "delivered": "delivered",
        "read": "read",
        "declined": "read",
        "replied": "read",
        "confirmed": "confirmed",
        "failed": "given-up",
        "unsubscribed": "given-up",
        "resend": None,
    }


def test_a_confirmed_call_signs_for_the_task_at_that_instant() -> None:
    notice = told("notices.changed.v1/delivered").message
    assert isinstance(notice, NoticeChanged)

    (said,) = confirmation(notice, at=NOW)
    assert (said.act, said.effective_at, said.on_behalf_of) == ("acknowledge", NOW, notice.holder)


def test_where_nothing_had_to_be_confirmed_nothing_is_said() -> None:
    notice = told("notices.changed.v1/delivered", confirm_by=None).message
    assert isinstance(notice, NoticeChanged)

    assert list(confirmation(notice, at=NOW)) == []
