"""What one fact cannot hold is told by several: no matter is too large to be opened or ended."""

from itertools import pairwise
from typing import Any

import pytest
from pydantic_core import to_json

from tests.unit.router.scenes import AFTER, PARTS, Play, accepted, directory, order
from wangge_contracts.topics import INCIDENTS_CHANGED
from wangge_contracts.v1 import IncidentChanged, ReportReceipt, Text
from wangge_router import dividing
from wangge_router.dividing import MOST_BYTES, MOST_TASKS


def crowd(helpers: int, **reported: Any) -> Play:
    """An incident to which *helpers* are called."""
    slugs = [f"unit-{number}" for number in range(helpers)]
    named = {"name": {"zh": "单位", "en": "unit"}, "level": "district", "reach": "mailbox"}
    units = [*PARTS["departments"], *({"slug": slug, **named} for slug in slugs)]
    play = Play(directory(departments=units)).hear(accepted(**reported))
    for first in range(0, helpers, 30):
        called = (f"assist department:{slug}" for slug in slugs[first : first + 30])
        play.hear(order("call", *called, order_id=f"call {first}"))
    return play


def facts_of(play: Play, cause: str) -> list[IncidentChanged]:
    return [fact for fact in play.facts if fact.cause.id == cause]


def test_the_end_of_more_tasks_than_a_fact_holds_is_told_by_several() -> None:
    play = crowd(MOST_TASKS + 10)
    open_before = {held.task.task_id for held in play.case.held if held.open}

    assert play.hear(order("void", at=9)).verdict == ("applied",)
    voided, further = facts_of(play, "order void 9")
    assert [fact.change for fact in (voided, further)] == ["voided", "task-changed"]
    assert {task.task_id for fact in (voided, further) for task in fact.tasks} == open_before
    assert len(voided.tasks) == MOST_TASKS
    assert {fact.incident.state for fact in (voided, further)} == {"void"}


def test_each_of_them_has_a_revision_of_its_own_and_the_last_one_stands() -> None:
    play = crowd(MOST_TASKS + 10).hear(order("void", at=9))

    assert len(facts_of(play, "order void 9")) == 2
    assert all(later.incident.revision == fact.incident.revision + 1 for fact, later in pairwise(play.facts))
    assert play.case.incident == play.facts[-1].incident


def test_each_of_them_is_a_message_of_its_own_however_often_it_is_said() -> None:
    play, again = (crowd(MOST_TASKS + 10).hear(order("void", at=9)) for _ in range(2))

    assert play.ids == again.ids
    assert len(set(play.ids)) == len(play.ids)


def test_who_reported_it_hears_once_of_an_act_that_several_facts_tell(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(dividing, "MOST_TASKS", 1)
    play = Play(directory()).hear(accepted(wants_reply=True))

    assert len(play.facts) > 1
    told = [message for _, message in play.told if isinstance(message, ReportReceipt)]
    assert [receipt.later_change for receipt in told] == ["assigned"]


@pytest.mark.parametrize("helpers", [0, 40])
def test_however_large_a_report_is_each_fact_fits_its_topic(helpers: int) -> None:
    photos = tuple(
        AFTER.model_copy(update={"slot": str(number), "url": f"https://photos.example/{'x' * 1900}"})
        for number in range(50)
    )
    play = crowd(helpers, description=Text(text="井" * 10_000), attachments=photos).hear(order("void", at=9))

    sizes = [len(fact.write()) for fact in play.facts]
    assert sum(sizes) > helpers * 100_000
    assert max(sizes) < INCIDENTS_CHANGED.max_bytes
    assert (
        max(sum(len(to_json(task, exclude_none=True)) for task in fact.tasks) for fact in play.facts)
        <= MOST_BYTES
    )
    assert play.open_tasks == []
