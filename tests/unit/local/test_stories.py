"""The stories are told in words that the contracts know, and end where the rules lead."""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from tests.unit.router.test_routing import accepted
from wangge_contracts.v1 import (
    Counts,
    Decision,
    IncidentPlace,
    Limit,
    ReportSubmitted,
    Task,
    TaskAnswered,
    Text,
)
from wangge_contracts.v1.reports import lacking_in_report
from wangge_contracts.v1.tasks import lacking_in_answer
from wangge_local.bundle import Bundle, load
from wangge_local.stories import BadStory, Sought, Step, Story, Telling, offset, read, read_all
from wangge_router.directory import Directory
from wangge_router.routing import route

DONGCHENG = Path(__file__).parents[3] / "deploy" / "config" / "dongcheng"
BEGAN = datetime(2026, 10, 19, 1, 10, tzinfo=UTC)
STORIES = {story.name: story for story in read_all(DONGCHENG)}


@pytest.fixture(scope="module")
def bundle() -> Bundle:
    return load(DONGCHENG)


@pytest.fixture(params=STORIES)
def story(request: pytest.FixtureRequest) -> Story:
    return STORIES[request.param]


def telling(story: Story) -> Telling:
    return Telling(story, began=BEGAN, run="first")


def task(sought: Sought) -> Task:
    hour = Limit(value=1, clock_kind="urgent-hours", calendar="dongcheng", calendar_version="1")
    return Task(
        task_id="t",
        incident_id="i",
        case_number="110101-2026-0000001",
        district="110101",
        revision=3,
        change="assigned",
        state="assigned",
        kind=sought.kind,
        role="lead",
        round=1,
        holder=sought.holder,
        mode="actual",
        urgency="normal",
        sensitivity="normal",
        assigned_at=BEGAN,
        effective_at=BEGAN,
        limit=hour,
        required_evidence=(),
        description=Text(text="?"),
        place=IncidentPlace(unknown=True),
        contact_allowed=False,
        parties=(),
        desk="desk:110101009",
        decision=Decision(reason="?"),
        counts=Counts(),
        allowed_acts=(),
    )


def said(story: Story) -> list[Any]:
    told = telling(story)
    messages: list[Any] = []
    for step in story.steps:
        if step.report is not None:
            messages.append(told.reported(step))
        elif step.answer is not None:
            assert step.task is not None
            messages.append(told.answered(step, task(step.task)))
        else:
            messages.append(told.ordered(step, incident_id="i", mode="actual", task=None))
    return messages


def holders(story: Story) -> set[str]:
    sought = {step.task.holder for step in story.steps if step.task}
    parties = {party["holder"] for step in story.steps if step.order for party in step.order["parties"]}
    return sought | parties | {each.holder for each in story.expect.tasks}


def test_everything_said_can_be_said(story: Story) -> None:
    assert all(message.write() for message in said(story))


def test_nothing_said_lacks_what_its_act_requires(story: Story) -> None:
    messages = said(story)
    reports = [message for message in messages if isinstance(message, ReportSubmitted)]
    answers = [message for message in messages if isinstance(message, TaskAnswered)]

    lacking = [*map(lacking_in_report, reports), *map(lacking_in_answer, answers)]

    assert set(lacking) == {()}


def test_a_story_told_again_is_told_under_the_same_ids(story: Story) -> None:
    assert said(story) == said(story)


def test_the_report_is_routed_as_the_story_expects(story: Story, bundle: Bundle) -> None:
    report = telling(story).reported(story.steps[0])
    place = IncidentPlace.model_validate(report.place.model_dump())
    directory = Directory.of(bundle.version, bundle.parts)

    routed = route(accepted(class_ref=report.class_ref, place=place, terminal="pda"), directory.sorting)

    first = story.expect.tasks[0]
    assert (routed.rule, routed.ruling.urgency) == (story.expect.rule, story.expect.urgency)
    assert [(task.kind, task.holder) for task in routed.assignments] == [(first.kind, first.holder)]
    assert routed.checker == story.expect.tasks[-1].holder


def test_everybody_in_a_story_exists(story: Story, bundle: Bundle) -> None:
    directory = Directory.of(bundle.version, bundle.parts)

    assert [holder for holder in holders(story) if not directory.knows(holder)] == []


def test_every_task_of_a_story_is_answered(story: Story) -> None:
    answered = {(step.task.kind, step.task.holder) for step in story.steps if step.task}

    assert answered == {(each.kind, each.holder) for each in story.expect.tasks}


def test_who_speaks_in_a_story_is_on_the_roster(story: Story, bundle: Bundle) -> None:
    staff = {post["staff_id"] for post in bundle.part("rosters")["posts"]}
    officers = {
        step.answer["actor"]["staff_id"]
        for step in story.steps
        if step.answer and step.via == "terminals.pda"
    }

    assert officers <= staff


def test_a_story_is_over_before_its_time(story: Story) -> None:
    assert story.lasts <= story.expect.closed_within


@pytest.mark.parametrize(
    ("text", "span"),
    [
        ("+00:03:00", timedelta(minutes=3)),
        ("+12d09:30", timedelta(days=12, hours=9, minutes=30)),
        ("+1d05:50:10", timedelta(days=1, hours=5, minutes=50, seconds=10)),
    ],
)
def test_offsets(text: str, span: timedelta) -> None:
    assert offset(text) == span


def test_a_text_that_is_no_offset_stays_as_it_is() -> None:
    assert offset("+86 10 0000") == "+86 10 0000"


@pytest.mark.parametrize(
    ("old", "new", "complaint"),
    [
        ("[steps.report]", "[steps.rumour]", "a step says one of|Extra inputs"),
        ('at = "+00:28:00"', 'at = "+00:08:00"', "not in the order of their times"),
        (
            'task = { kind = "check", holder = "officer:110101009015004/manager" }',
            "",
            "an answer names the `task`",
        ),
        ('name = "gas-leak"', "name = ", "gas-leak.toml"),
    ],
)
def test_a_bad_story_is_refused(tmp_path: Path, old: str, new: str, complaint: str) -> None:
    text = (DONGCHENG / "stories" / "gas-leak.toml").read_text(encoding="utf-8")
    assert old in text
    path = tmp_path / "gas-leak.toml"
    path.write_text(text.replace(old, new), encoding="utf-8")

    with pytest.raises(BadStory, match=complaint) as refused:
        read(path)
    assert "\n" not in str(refused.value)


def test_a_story_with_a_number_without_end_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "long.toml"
    file.write_text(f"name = {'9' * 6000}", "utf-8")

    with pytest.raises(BadStory, match=r"^long\.toml: a number has too many digits: write a shorter one$"):
        read(file)


def test_a_story_that_is_not_utf_8_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "latin.toml"
    file.write_bytes('name = "café"'.encode("latin-1"))

    with pytest.raises(BadStory, match=r"latin\.toml is not UTF-8"):
        read(file)


def test_a_step_that_says_two_things_is_refused() -> None:
    with pytest.raises(ValueError, match="a step says one of"):
        Step.model_validate(
            {"at": "+00:00:00", "via": "console", "tell": {"zh": "?", "en": "?"}, "report": {}, "order": {}}
        )
