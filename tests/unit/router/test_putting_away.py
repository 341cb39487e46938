"""A long incident stays quick, and nobody can tell from what it says."""

from dataclasses import dataclass, field

import pytest

from tests.unit.router.scenes import (
    INSPECTOR,
    MANAGER,
    PARTS,
    POLICE,
    Play,
    accepted,
    answer,
    directory,
    ladder,
    minutes,
    order,
)
from wangge_contracts.message import Message
from wangge_contracts.v1 import DeskOrdered, TaskAnswered
from wangge_router.case import Held
from wangge_router.putting_away import MOST_OVER
from wangge_router.store import docket_of, packed
from wangge_router.writing import write_held

LONG = 24
ROADS = "department:roads"


@dataclass
class Kept(Play):
    """The same play, but after every message the docket is written and read again, as the store does it."""

    away: dict[str, bytes] = field(default_factory=dict)

    def hear(self, *messages: Message) -> "Kept":
        for message in messages:
            named: tuple[str, ...] = ()
            match message:
                case TaskAnswered():
                    named = (message.task_id,)
                case DeskOrdered():
                    named = message.task_ids
            back = (self.away[task_id] for task_id in named if task_id in self.away)
            self.docket.bring_back([Held.model_validate_json(one, extra="ignore") for one in back])
            super().hear(message)
            for held in self.docket.put_away():
                self.away[held.task.task_id] = write_held(held, self.docket.bytes_of)
            self.docket = docket_of("incident", packed(self.docket.document), None)
        return self


def called_again_and_again(play: Play) -> list[str]:
    """Let the police come and go, and the roads help and be done; return the tasks that are over."""
    play.hear(accepted())
    ids = []
    for number in range(LONG):
        at = 2.0 + number
        for kind, holder in (("attend", POLICE), ("assist", ROADS)):
            if not any(held.open and held.task.holder == holder for held in play.case.held):
                play.hear(order("call", f"{kind} {holder}", at=at, order_id=f"{kind} {number}"))
            task = play.task(kind, holder)
            ids.append(task.task_id)
            if kind == "attend":
                play.hear(answer(task, "arrived", at=at + 0.1), answer(task, "left", at=at + 0.2))
            else:
                play.hear(answer(task, "done", at=at + 0.3, by="roads" if number else "manager"))
    return ids


@pytest.fixture(name="whole", scope="module")
def _whole() -> tuple[Play, list[str]]:
    play = Play()
    return play, called_again_and_again(play)


@pytest.fixture(name="kept", scope="module")
def _kept() -> tuple[Kept, list[str]]:
    play = Kept()
    return play, called_again_and_again(play)


def test_what_is_said_is_the_same_to_the_letter(
    whole: tuple[Play, list[str]], kept: tuple[Kept, list[str]]
) -> None:
    assert len(whole[0].case.held) > 2 * LONG
    assert len(kept[0].case.held) <= MOST_OVER + 3
    assert len(kept[0].away) == len(whole[0].case.held) - len(kept[0].case.held)
    # Whom one is told to be there with: those who are gone for long are not told of any more.
    assert [_bare(told) for _, told in kept[0].told] == [_bare(told) for _, told in whole[0].told]


def test_an_answer_to_what_was_put_away_has_its_verdict(
    whole: tuple[Play, list[str]], kept: tuple[Kept, list[str]]
) -> None:
    play, ids = kept
    first = ids[0]
    assert first in play.away

    task = next(held.task for held in whole[0].case.held if held.task.task_id == first)
    play.hear(answer(task, "left", at=900, answer_id="late"))

    assert play.verdict == ("refused", "not-allowed-now")


def test_who_helped_long_ago_is_not_asked_to_check(kept: tuple[Kept, list[str]]) -> None:
    play, _ = kept

    play.says("handle", "done", at=1000)

    # The grid head helped the roads once, in a task that was put away since.
    assert play.task("check").holder == INSPECTOR


def test_it_closes_when_the_last_thing_it_waited_for_was_over(kept: tuple[Kept, list[str]]) -> None:
    play, _ = kept

    play.says("check", "check", at=1002)

    assert play.case.incident.state == "closed"
    assert play.open_tasks == []


def test_a_reply_that_is_owed_again_when_a_return_is_refused_is_at_hand() -> None:
    play = Kept()
    play.hear(accepted("0505"), order("supervise", at=2, reply_by=minutes(900)))
    play.says("handle", "return", at=3)
    for number in range(2 * MOST_OVER):
        at = 4.0 + number
        play.hear(order("call", f"attend {POLICE}", at=at)).says("attend", "done", at=at + 0.5)
    assert play.away

    play.hear(order("refuse", at=20, task_ids=[play.task("dispatch").task_id]))

    assert ("supervise", ROADS) in play.open_tasks
    assert play.case.find(play.task("handle").task_id) is not None


def long_after_the_stand_in_left() -> Kept:
    """The grid head came instead of the police and left; three helpers were done since."""
    play = Kept(directory(rulebook=PARTS["rulebook"] | {"substitutes": ["grid/manager", "grid/inspector"]}))
    play.hear(accepted())
    play.hear(ladder("attendance-unconfirmed", at=2, task_ids=[play.task("attend", POLICE).task_id]))
    play.says("attend", "arrived", holder=MANAGER, at=3).says("attend", "left", holder=MANAGER, at=4)
    for number, unit in enumerate((ROADS, "department:housing", "department:gas")):
        play.hear(order("call", f"assist {unit}", at=5 + number))
        play.hear(answer(play.task("assist", unit), "done", at=5.5 + number, on_behalf_of=_behalf(unit)))
    return play


def _behalf(unit: str) -> str | None:
    return None if unit == ROADS else unit


def test_nobody_waits_for_one_whose_stand_in_came_and_left_long_ago() -> None:
    play = long_after_the_stand_in_left()
    assert play.away
    play.says("handle", "done", at=20)

    play.says("check", "check", at=21)
    assert (play.case.incident.state, play.open_tasks) == ("closed", [])


def test_nobody_waits_for_who_was_stood_in_for_though_an_older_row_has_put_that_away() -> None:
    play = long_after_the_stand_in_left()
    stand_in = play.task("attend", MANAGER).task_id
    rest = tuple(held for held in play.case.held if held.task.task_id != stand_in)
    play.docket.case = play.case.model_copy(update={"held": rest})

    play.says("handle", "done", at=20).says("check", "check", at=21)
    assert play.case.incident.state == "closed"


def test_who_was_called_long_ago_is_not_called_again_instead_of_another() -> None:
    play = long_after_the_stand_in_left()
    play.says("attend", "arrived", holder=POLICE, at=20).says("attend", "left", holder=POLICE, at=21)
    for number in range(3):
        play.hear(order("call", f"assist {ROADS}", at=22 + number))
        play.says("assist", "done", holder=ROADS, at=22.5 + number)
    gone = {Held.model_validate_json(one, extra="ignore").task.holder for one in play.away.values()}
    assert MANAGER in gone

    play.hear(order("call", f"attend {POLICE}", at=30))
    play.hear(ladder("attendance-unconfirmed", at=31, task_ids=[play.task("attend", POLICE).task_id]))
    assert play.open_tasks[-1] == ("attend", INSPECTOR)


def _bare(message: Message) -> object:
    told = message.model_dump(mode="json", exclude={"parties": True})
    for task in told.get("tasks", ()):
        task.pop("parties", None)
    return told
