"""The topics come in any order: the end is the same, and meanwhile somebody always has the turn."""

from typing import Any

import pytest
from hypothesis import given, settings

from tests.unit.router.histories import Step, histories, interleavings, shuffles
from tests.unit.router.scenes import Play
from wangge_contracts.message import Message
from wangge_contracts.v1 import DeskOrdered, IncidentAccepted, TaskAnswered
from wangge_router.case import Case, Held

AS_OF_ITS_LAST_CHANGE = {"parties", "counts"}
"""What a task tells of its surroundings: as they were when it was last told, so that depends on the order."""


def ending(steps: list[Step]) -> Any:
    """Where everything stands after these steps, and what became of every act."""
    play = Play().hear(*(step.message for step in steps))
    tasks = {held.task.task_id: held for held in play.case.held}
    return (
        play.case.model_dump(exclude={"held"}),
        {
            task_id: (held.task.model_dump(exclude=AS_OF_ITS_LAST_CHANGE), held.since, held.hands)
            for task_id, held in sorted(tasks.items())
        },
        verdicts(play),
    )


def verdicts(play: Play) -> dict[str, list[Any]]:
    found: dict[str, list[Any]] = {}
    for said in play.judged:
        act = said.answer_id or getattr(said, "order_id", None)
        found.setdefault(str(act), []).append((said.outcome, [error.code for error in said.errors]))
    return found


@settings(max_examples=150)
@given(interleavings())
def test_every_interleaving_of_the_topics_leads_to_the_same_end(
    orders: tuple[list[Step], list[Step]],
) -> None:
    as_it_happened, as_it_was_read = orders

    assert ending(as_it_was_read) == ending(as_it_happened)


@pytest.mark.long
@settings(max_examples=1000)
@given(interleavings())
def test_a_thousand_interleavings_lead_to_the_same_end(orders: tuple[list[Step], list[Step]]) -> None:
    as_it_happened, as_it_was_read = orders

    assert ending(as_it_was_read) == ending(as_it_happened)


def turns(case: Case) -> list[Held]:
    """The open tasks, but for what a desk is asked about an appeal: that comes after the incident."""
    appealed = {held.task.task_id for held in case.held if held.task.pending == "appeal"}
    return [held for held in case.held if held.open and held.task.concerns not in appealed]


@settings(max_examples=50)
@given(shuffles())
def test_somebody_has_the_turn_until_the_incident_is_over_whatever_is_said(messages: list[Message]) -> None:
    play = Play()
    for message in messages:
        play.hear(message)
        if play.docket.case is not None:
            assert bool(turns(play.case)) != play.case.over, message


@settings(max_examples=50)
@given(shuffles())
def test_every_act_has_one_verdict_and_what_is_refused_changes_nothing(messages: list[Message]) -> None:
    play = Play()
    for message in messages:
        before, facts = play.docket.case, len(play.facts)
        play.hear(message)
        if before is not None and isinstance(message, TaskAnswered | DeskOrdered):
            applied = play.verdict in (("applied",), ("pending-approval",))
            assert (len(play.facts) - facts, play.docket.case is before) == (applied, not applied)

    acts = [message for message in messages if isinstance(message, TaskAnswered | DeskOrdered)]
    told = verdicts(play)
    assert len(told) == len(acts)
    for first, *last in told.values():
        assert len(last) <= (first[0] == "pending-approval")


@settings(max_examples=50)
@given(shuffles())
def test_the_facts_alone_rebuild_the_case(messages: list[Message]) -> None:
    play = Play().hear(*messages)
    tasks = {task.task_id: task.model_dump() for fact in play.facts for task in fact.tasks}

    assert [fact.incident.revision for fact in play.facts] == list(range(1, len(play.facts) + 1))
    assert play.facts[-1].incident == play.case.incident
    assert tasks == {held.task.task_id: held.task.model_dump() for held in play.case.held}


@settings(max_examples=50)
@given(shuffles())
def test_a_task_rises_by_one_revision_each_time_it_is_told(messages: list[Message]) -> None:
    play = Play().hear(*messages)
    told: dict[str, list[int]] = {}
    for fact in play.facts:
        for task in fact.tasks:
            told.setdefault(task.task_id, []).append(task.revision)

    assert all(revisions == list(range(1, len(revisions) + 1)) for revisions in told.values())


@settings(max_examples=30)
@given(histories())
def test_the_incident_may_come_last_of_all(steps: list[Step]) -> None:
    late = [*steps[1:], steps[0]]

    assert ending(late) == ending(steps)
    assert isinstance(late[-1].message, IncidentAccepted)
