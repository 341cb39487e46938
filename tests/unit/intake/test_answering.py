"""What becomes of an answer."""

from tests.unit.intake.builders import APPENDED, Desk, answered, inside, verdicts
from wangge_contracts.v1 import AnswerJudged, TaskAnswered


def test_an_answer_is_stamped_with_its_owner_and_the_brokers_time_whatever_it_claims() -> None:
    (told,) = Desk().take(*answered(origin="departments.water", effective_at="2020-01-01T00:00:00Z"))

    assert (told.topic, told.key, told.subject) == ("tasks.answered.v1", "i-1", "i-1")
    assert isinstance(told.message, TaskAnswered)
    assert (told.message.origin, told.message.effective_at) == ("departments.gas", APPENDED)


def test_a_terminal_entrusted_with_officers_answers_under_its_own_name() -> None:
    (told,) = Desk().take(*answered("terminals.pda.answers.v1"))

    assert isinstance(told.message, TaskAnswered)
    assert told.message.origin == "terminals.pda"


def test_an_act_that_we_do_not_know_passes_for_the_router_refuses_it_by_name() -> None:
    (told,) = Desk().take(*answered(act="sing"))

    assert b'"act":"sing"' in told.message.write()


def test_a_repeat_is_passed_on_once_and_told_so() -> None:
    desk = Desk()
    told = desk.take(*answered(), *answered(offset=1))

    assert [out.topic for out in inside(told)] == ["tasks.answered.v1"]
    assert verdicts(told) == ["repeated"]
    assert verdicts(desk.take(*answered(offset=2))) == ["repeated"]


def test_other_content_under_the_same_id_is_refused() -> None:
    _, told = Desk().take(*answered(), *answered(offset=1, act="return"))

    assert isinstance(told.message, AnswerJudged)
    assert told.topic == "departments.gas.receipts.v1"
    assert (told.message.outcome, [error.code for error in told.message.errors]) == (
        "refused",
        ["id-reused"],
    )


def test_two_departments_may_use_the_same_answer_id() -> None:
    told = Desk().take(*answered(), *answered("departments.water.answers.v1"))

    assert len({out.id for out in inside(told)}) == 2
