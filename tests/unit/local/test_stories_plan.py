"""When stories begin, and in which order they are told."""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from wangge_local import stories
from wangge_local.stories import Story
from wangge_local.stories_plan import incident_id, plan, scenes, starts_at, told_since

CONFIG = Path(__file__).parents[3] / "deploy/config/dongcheng"
PEKING = ZoneInfo("Asia/Shanghai")
THURSDAY = datetime(2026, 3, 5, 2, 0, tzinfo=UTC)


@pytest.fixture(scope="module")
def both() -> tuple[Story, ...]:
    return tuple(stories.read_all(CONFIG))


def test_every_story_is_over_before_now(both: tuple[Story, ...]) -> None:
    tellings = plan(both, now=THURSDAY, zone=PEKING)

    assert all(telling.began + telling.story.lasts < THURSDAY for telling in tellings)


def test_a_story_begins_at_its_wall_time_and_on_its_weekday(both: tuple[Story, ...]) -> None:
    began = {telling.story.name: telling.began for telling in plan(both, now=THURSDAY, zone=PEKING)}

    assert began["gas-leak"].astimezone(PEKING).strftime("%a %H:%M") == "Wed 18:40"
    assert began["ramp"].astimezone(PEKING).strftime("%a %H:%M") == "Mon 09:10"


def test_a_story_begins_no_earlier_than_it_must(both: tuple[Story, ...]) -> None:
    began = {telling.story.name: telling.began for telling in plan(both, now=THURSDAY, zone=PEKING)}

    assert THURSDAY - began["gas-leak"] < timedelta(days=1)
    assert THURSDAY - began["ramp"] < timedelta(days=37)


def test_a_house_that_tells_stories_starts_before_the_first(both: tuple[Story, ...]) -> None:
    tellings = plan(both, now=THURSDAY, zone=PEKING)

    assert starts_at(tellings) < min(telling.began for telling in tellings)


def test_steps_of_all_stories_are_told_in_the_order_of_their_instants(both: tuple[Story, ...]) -> None:
    told = scenes(plan(both, now=THURSDAY, zone=PEKING))

    assert [scene.at for scene in told] == sorted(scene.at for scene in told)
    assert len(told) == sum(len(story.steps) for story in both)


def test_a_telling_that_goes_on_says_the_same_under_the_same_ids(both: tuple[Story, ...]) -> None:
    first, again = (told_since(both[0], THURSDAY) for _ in range(2))

    assert incident_id(first) == incident_id(again)


def test_two_tellings_of_one_story_are_two_incidents(both: tuple[Story, ...]) -> None:
    first, second = (told_since(both[0], THURSDAY - timedelta(days=days)) for days in (0, 1))

    assert incident_id(first) != incident_id(second)
