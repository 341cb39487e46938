"""Every situation, every word, everybody who could say it: it moves, or is refused and changes nothing."""

from collections.abc import Iterator
from itertools import product

import pytest

from tests.unit.router.exploring import (
    ACTS,
    DIRECTORY,
    Situation,
    complete,
    orders,
    situations,
)
from tests.unit.router.scenes import CENTRE, DESK, WORKSTATION, Play
from wangge_contracts.message import words
from wangge_contracts.v1 import TASK_OVER, ActJudged, AnswerJudged, DeskOrdered, Order, Task, TaskAnswered
from wangge_router.case import Case, Held
from wangge_router.conditions import life_of
from wangge_router.judging import speaker
from wangge_router.lifecycle import TRANSITIONS
from wangge_router.ordering import ORDERS
from wangge_router.store import docket_of, packed
from wangge_router.turns import Transition

Taken = set[tuple[int, str, str]]
"""Which lines were taken: number in the table, kind and state of the task."""


def voices(
    task: Task, act: str, verdict: str | None, *, at: float, number: int
) -> Iterator[tuple[bool, TaskAnswered]]:
    """The same words by his own way, and inside for him or from who holds nothing; whether they are his."""
    yield True, complete(task, act, verdict, at=at)
    if task.kind == "dispatch" and task.state == "done":
        # Said before it was decided, and read only now.
        yield True, complete(task, act, verdict, at=0.5)
    if number % 2:
        yield True, complete(task, act, verdict, at=at, origin=None)
        return
    by, claimed = STRANGERS[number // 2 % len(STRANGERS)]
    whose = task.holder if claimed == "the holder" else claimed
    yield False, complete(task, act, verdict, at=at, origin=by, on_behalf_of=whose)


STRANGERS: tuple[tuple[str | None, str | None], ...] = (
    ("departments.stranger", None),
    ("departments.stranger", "the holder"),
    ("terminals.stranger", "the holder"),
    (None, "department:stranger"),
    (None, None),
)
"""Who holds nothing, by origin and by whom he claims to speak for; they take turns."""


def fitting(case: Case, task: Task, answer: TaskAnswered, who: str) -> dict[int, Transition]:
    """The lines of the table for that word by that speaker, read off the table itself."""
    return {
        number: line
        for number, line in enumerate(TRANSITIONS)
        if (line.act, who in line.who) == (answer.act, True)
        and task.kind in line.kinds
        and task.state in line.states
        and line.verdict in (None, answer.verdict)
        and life_of(case.incident.state) in line.life
    }


def said(here: Situation, message: TaskAnswered | DeskOrdered) -> tuple[Play, ActJudged | AnswerJudged]:
    """What became of *message*: it has one verdict, whoever else hears by it what became of a request."""
    play = here.play.hear(message)
    name = "answer_id" if isinstance(message, TaskAnswered) else "order_id"
    judged = play.judged
    [verdict] = [each for each in judged if getattr(each, name, None) == getattr(message, name)]
    return play, verdict


def assert_refused(here: Situation, play: Play, verdict: ActJudged | AnswerJudged) -> None:
    """It has a reason that people can read, and nothing at all is different."""
    assert verdict.outcome == "refused"
    assert all(error.code and error.text_zh and error.text_en for error in verdict.errors)
    assert verdict.errors
    assert play.case is here.case
    assert (play.docket.changed, play.judged) == (False, [verdict])
    assert all(isinstance(said, ActJudged | AnswerJudged) for _, said in play.told)


def assert_moved(here: Situation, play: Play, verdict: ActJudged | AnswerJudged) -> None:
    """There is one fact, the next, with all that changed; the row keeps it; somebody has the turn."""
    assert verdict.outcome in ("applied", "pending-approval")
    assert (verdict.approval_task is not None) == (verdict.outcome == "pending-approval")
    assert verdict.revision is not None
    assert not verdict.errors
    [fact] = play.facts
    assert fact.incident == play.case.incident
    assert fact.incident.revision == here.case.incident.revision + 1
    before = {held.task.task_id: held.task for held in here.case.held}
    told = {task.task_id: task.model_dump() for task in fact.tasks}
    stood = {task_id: task.model_dump() for task_id, task in before.items()}
    assert stood | told == {held.task.task_id: held.task.model_dump() for held in play.case.held}
    for task in fact.tasks:
        assert task.revision == (before[task.task_id].revision if task.task_id in before else 0) + 1
        assert_as_agreed(task, filed=fact.incident.filed_at is not None and task.state not in TASK_OVER)
    # What was split off has holders of its own, and who asks to be merged is answered without anybody.
    waits = play.case.children or play.case.incident.state == "merging"
    kinds = {kind for kind, _ in play.open_tasks}
    if play.case.over:
        assert kinds <= {"approve"}  # an appeal (申诉) comes after the close
    else:
        assert kinds or waits
    assert docket_of("incident", packed(play.docket.document), None).case == play.case


def assert_as_agreed(task: Task, *, filed: bool) -> None:
    """What the contract requires of a task in some states alone."""
    assert task.reason_code or task.state not in ("withdrawn", "returned")
    if filed:
        assert task.standard_version
        assert task.class_ref
        assert task.class_ref.names


def test_every_act_in_every_situation_moves_as_the_table_says_or_is_refused_and_changes_nothing() -> None:
    taken: Taken = set()
    words_of_all = ((here, held, *act) for here in situations() for held, act in product(here.new, ACTS))
    for number, (here, held, act, verdict) in enumerate(words_of_all):
        for holds_it, answer in voices(held.task, act, verdict, at=here.at, number=number):
            took = judged(here, held, answer)
            assert holds_it or not took
            taken |= took

    assert untaken(taken) == [], "no situation leads through these lines of the table"


def judged(here: Situation, held: Held, answer: TaskAnswered) -> Taken:
    """Say *answer* and hold what becomes of it against the table; returns which line it took."""
    who = speaker(answer, held, DIRECTORY)
    lines = fitting(here.case, held.task, answer, who)
    play, verdict = said(here, answer)
    told = (here.path, held.task.kind, held.task.state, answer.act, answer.verdict, who, verdict.errors)
    if verdict.outcome == "refused":
        assert_refused(here, play, verdict)
        assert all(line.guards or line.given for line in lines.values()), told
        return set()
    assert lines, told
    assert_moved(here, play, verdict)
    moved = found(play.case, held)
    taken = {
        number
        for number, line in lines.items()
        if line.to in (None, "before", moved.state) and line.change == moved.change
    }
    assert taken or play.case.over, told
    return {(number, held.task.kind, held.task.state) for number in taken or lines}


def found(case: Case, held: Held) -> Task:
    after = case.find(held.task.task_id)
    assert after is not None
    return after.task


def untaken(taken: Taken) -> list[tuple[str, str, str]]:
    return [
        (line.act, kind, state)
        for number, line in enumerate(TRANSITIONS)
        for kind, state in product(line.kinds, line.states)
        if (number, kind, state) not in taken
    ]


DESKS: tuple[str | None, ...] = (CENTRE, WORKSTATION, "desk:110101010", "department:water", None)
"""Who orders besides the street: the district above, the workstation below, three who command nothing."""


FARTHER = {"unlist", "forward", "transfer"}
"""Orders that no situation here leads to; tests of listing, correcting and deciding carry them out."""


@pytest.mark.parametrize("kind", words(Order))
@pytest.mark.parametrize("every", [6, pytest.param(1, marks=pytest.mark.long)])
def test_every_order_in_every_situation_is_obeyed_or_refused_and_changes_nothing(
    kind: str, every: int
) -> None:
    """Each in turn in every sixth situation, all of them in all when there is time."""
    outcomes = set()
    for index, here in enumerate(situations() if kind in ORDERS else situations()[:5]):
        for number, order in enumerate(orders(here, kind)):
            if (index + number) % every == 0:
                for desk in (DESK, DESKS[(index + number) // every % len(DESKS)]):
                    outcomes.add(ordered(here, order.model_copy(update={"on_behalf_of": desk})))

    assert outcomes == ({"applied", "refused"} if kind in ORDERS and kind not in FARTHER else {"refused"})


def ordered(here: Situation, order: DeskOrdered) -> str:
    """Give *order* and hold what becomes of it against what must be true of any."""
    play, verdict = said(here, order)
    if verdict.outcome == "refused":
        assert_refused(here, play, verdict)
    else:
        by_incident = order.actor is None and order.role is None
        assert by_incident or order.on_behalf_of in (DESK, CENTRE, WORKSTATION)
        assert_moved(here, play, verdict)
    return verdict.outcome


def test_nobody_is_told_that_he_may_say_what_is_then_refused() -> None:
    for here in situations():
        for held in here.new:
            for act in held.task.allowed_acts:
                verdicts = [verdict for name, verdict in ACTS if name == act]
                outcomes = {
                    said(here, complete(held.task, act, each, at=here.at))[1].outcome for each in verdicts
                }
                assert outcomes - {"refused"}, (here.path, held.task.kind, held.task.state, act)
