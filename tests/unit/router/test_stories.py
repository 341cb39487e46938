"""The stories of the configuration, told to the head alone."""

from pathlib import Path

import pytest

from tests.unit.router.scenes import MORNING, Play, accepted
from wangge_contracts.v1 import TaskAnswered
from wangge_local import bundle, stories
from wangge_router.directory import Directory

DONGCHENG = Path(__file__).parents[3] / "deploy" / "config" / "dongcheng"
LOADED = bundle.load(DONGCHENG)
STORIES = tuple(stories.read_all(DONGCHENG))
DIRECTORY = Directory.of(LOADED.version, LOADED.parts, [LOADED.part("calendars")])


def told(story: stories.Story) -> Play:
    """Let everybody say his part, as intake and the ledger would pass it on."""
    telling = stories.Telling(story, MORNING, "test")
    play = Play(DIRECTORY)
    for step in story.steps:
        task = None
        if step.task is not None:
            task = play.task(step.task.kind, step.task.holder)
        if step.report is not None:
            report = telling.reported(step)
            shared = {
                name: getattr(report, name) for name in ("source", "nature", "description", "class_ref")
            }
            play.hear(accepted(**shared, place=report.place.model_dump(), terminal="pda"))
        elif step.answer is not None:
            assert task is not None
            play.hear(_stamped(telling.answered(step, task), step, telling))
        else:
            play.hear(telling.ordered(step, incident_id="incident", mode="actual", task=task))
    return play


def _stamped(answer: TaskAnswered, step: stories.Step, telling: stories.Telling) -> TaskAnswered:
    origin = None if step.via == "console" else step.via
    return answer.model_copy(update={"origin": origin, "effective_at": telling.when(step)})


@pytest.mark.parametrize("story", STORIES, ids=lambda story: story.name)
def test_a_story_ends_as_it_is_told(story: stories.Story) -> None:
    play = told(story)

    incident, expected = play.case.incident, story.expect
    assert (incident.state, incident.urgency, len(play.open_tasks)) == (
        expected.state,
        expected.urgency,
        expected.open_tasks,
    )
    assert play.case.decision.rule == expected.rule
    assert incident.closed_at is not None
    assert incident.closed_at - MORNING <= expected.closed_within
    assert {(held.task.kind, held.task.holder) for held in play.case.held} == {
        (task.kind, task.holder) for task in expected.tasks
    }


@pytest.mark.parametrize("story", STORIES, ids=lambda story: story.name)
def test_nothing_that_a_story_says_is_refused(story: stories.Story) -> None:
    play = told(story)
    said = sum(step.report is None for step in story.steps)

    assert len(play.facts) == 1 + said
    assert all(fact.cause.kind in ("report", "answer", "order") for fact in play.facts)
