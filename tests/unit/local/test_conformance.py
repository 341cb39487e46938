"""What a connector's answers show: each trial by itself."""

from collections.abc import Sequence
from datetime import UTC, datetime

import pytest

from wangge_contracts.cloudevents import from_headers
from wangge_contracts.topics import DEPARTMENT_RECEIPTS, DEPARTMENT_TASKS
from wangge_contracts.v1 import Act, Person, TaskAnswered
from wangge_local.conformance import Spoken, Trial, trials
from wangge_local.conformance_told import Mailbox

GAS = Mailbox.of_department("gas")
AT = datetime(2026, 1, 5, 2, 0, tzinfo=UTC)
TRIALS = {trial.name: trial for trial in trials(GAS, "110101", "run", at=AT)}


def answer(
    trial: Trial, act: Act = "acknowledge", *, revision: int = 0, answer_id: str = "a"
) -> TaskAnswered:
    return TaskAnswered(
        answer_id=answer_id,
        task_id=trial.task.task_id,
        incident_id=trial.task.incident_id,
        based_on_revision=revision or trial.task.revision,
        act=act,
        actor=Person(staff_id="g-1"),
    )


@pytest.mark.parametrize("name", TRIALS)
def test_to_sign_once_by_the_newest_revision_is_to_bear_it(name: str) -> None:
    assert TRIALS[name].why_failed([Spoken(answer(TRIALS[name]))]) is None


@pytest.mark.parametrize(
    ("name", "spoken", "why"),
    [
        ("new", [("arrived", 1, "a", False)], "answered, but not acknowledged: arrived"),
        ("stale", [("acknowledge", 2, "a", False), ("acknowledge", 1, "b", False)], "revision 1, 2"),
        ("stale", [("acknowledge", 2, "a", False), ("acknowledge", 2, "b", True)], "2 times"),
        ("duplicate", [("acknowledge", 1, "a", False), ("acknowledge", 1, "b", True)], "2 times"),
        ("withdrawn", [("acknowledge", 1, "a", False), ("progress", 1, "b", True)], "withdrawn: progress"),
        ("refused", [("acknowledge", 1, "a", False), ("acknowledge", 1, "a", True)], "refused: acknowledge"),
    ],
)
def test_what_it_does_not_bear_is_named(
    name: str, spoken: Sequence[tuple[Act, int, str, bool]], why: str
) -> None:
    trial = TRIALS[name]
    heard = [Spoken(answer(trial, act, revision=on, answer_id=of), late) for act, on, of, late in spoken]

    assert why in (trial.why_failed(heard) or "")


def test_a_repeat_of_the_same_answer_costs_nothing() -> None:
    trial = TRIALS["duplicate"]

    assert trial.why_failed([Spoken(answer(trial)), Spoken(answer(trial), late=True)]) is None


def test_what_is_told_can_be_read_and_is_of_a_test() -> None:
    for trial in TRIALS.values():
        told = [*trial.tells, *trial.then(answer(trial)), trial.withdrawal(GAS, at=AT)]
        rows = {
            DEPARTMENT_TASKS.named("gas"): DEPARTMENT_TASKS,
            DEPARTMENT_RECEIPTS.named("gas"): DEPARTMENT_RECEIPTS,
        }
        for record in told:
            message = rows[record.topic].message(from_headers(record.headers).type)
            if message is not None:
                said = message.read(record.value)
                assert getattr(said, "mode", "test") == "test"
