"""How many notices one fact makes, for whom, and what they call things."""

from dataclasses import replace

import pytest

from tests.unit.notifier.telling import NOW, notices, scene, with_task
from wangge_contracts.v1 import Board, ClassRef, IncidentChanged, Listing, Names, Task
from wangge_notifier.composing import of_incident
from wangge_notifier.phrasing import UNNAMED, what_of, words_of
from wangge_notifier.writing import written


def given() -> tuple[IncidentChanged, Task]:
    """Return a fact by which water is given a task."""
    message = with_task("assigned")
    task = message.tasks[0].model_copy(update={"holder": "department:water"})
    return message.model_copy(update={"tasks": (task,)}), task


def test_a_unit_has_a_notice_of_each_of_its_tasks_by_each_of_its_means() -> None:
    message, task = given()
    other = task.model_copy(update={"task_id": "another"})
    told = notices(of_incident(message.model_copy(update={"tasks": (task, other)}), scene()))

    assert [notice.channel for notice in told] == 2 * ["console", "webhook"]
    assert len({notice.notice_id for notice in told}) == 4


def test_each_of_two_people_on_one_post_has_a_notice_of_his_own() -> None:
    (letter,) = of_incident(given()[0], scene())
    letters = [replace(letter, told=replace(letter.told, staff_id=staff_id)) for staff_id in ("A-1", "A-2")]
    told = [notice for each in letters for notice in written(each, scene())]

    assert len({notice.notice_id for notice in told}) == len(told)


def test_a_desk_that_hears_of_anothers_task_hears_of_it_as_the_desk() -> None:
    (told,) = notices(of_incident(with_task("returned"), scene()))

    assert told.why is not None
    assert (told.recipient.ref, told.why.recipient) == ("desk:110101009", "desk")


@pytest.mark.parametrize(
    ("boards", "said"),
    [(("street",), "街道"), (("street", "district"), "区"), (("district", "street"), "街道")],
)
def test_a_task_is_told_to_be_on_the_board_that_it_came_to_last(boards: tuple[Board, ...], said: str) -> None:
    message = with_task("listed")
    listed = tuple(Listing(board=board, place="110101", since=NOW) for board in boards)
    task = message.tasks[0].model_copy(update={"listed": listed})

    board = words_of(message, task, scene())["board"]
    assert isinstance(board, Names)
    assert board.zh == said


def test_what_nobody_has_named_is_called_the_matter() -> None:
    assert what_of(ClassRef(scheme="s", version="1", code="1")) == what_of(None) == UNNAMED
