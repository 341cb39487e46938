"""`make run` on a fresh clone: three stories walk through the whole house and end as they must."""

import json
import signal
from datetime import UTC, datetime, timedelta

import pytest

from tests.system.running import DONGCHENG, RunningHouse
from wangge_local import stories
from wangge_local.ground import poll
from wangge_local.stories import Telling
from wangge_local.stories_expected import shortfalls
from wangge_local.stories_plan import incident_id, told_since

STORIES = {story.name: story for story in stories.read_all(DONGCHENG)}
TOLD_WITHIN_S = 240


@pytest.fixture(scope="module")
def told(told_house: RunningHouse) -> dict[str, Telling]:
    """All stories, told to their ends."""
    for _ in poll(timeout=TOLD_WITHIN_S, every=0.3):
        progress = json.loads(told_house.folder.told.read_text())
        assert "the stories stop here" not in told_house.said, told_house.said
        if progress["over"]:
            return {
                one["name"]: told_since(STORIES[one["name"]], datetime.fromisoformat(one["began"]))
                for one in progress["stories"]
            }
    raise AssertionError(f"not told within {TOLD_WITHIN_S} s: {told_house.said}")


@pytest.mark.parametrize("name", sorted(STORIES))
def test_a_story_ends_as_it_must(told_house: RunningHouse, told: dict[str, Telling], name: str) -> None:
    telling = told[name]
    whole = told_house.ledger.get(f"/v1/incidents/{incident_id(telling)}")

    assert shortfalls(telling.story.expect, whole, began=telling.began) == ()


def test_every_step_took_effect_at_the_instant_it_was_told(
    told_house: RunningHouse, told: dict[str, Telling]
) -> None:
    for telling in told.values():
        whole = told_house.ledger.get(f"/v1/incidents/{incident_id(telling)}")
        effects = [
            datetime.fromisoformat(line["effective_at"])
            for line in whole["timeline"]
            if line["topic"] in ("incidents.accepted.v1", "tasks.answered.v1", "desk.ordered.v1")
            and line["document"].get("role") != "ladder"  # what is ordered by itself is in no story
        ]
        assert effects == [telling.when(step) for step in telling.story.steps]


def test_house_time_is_the_present_when_all_is_told(
    told_house: RunningHouse, told: dict[str, Telling]
) -> None:
    assert told
    house_time = datetime.fromisoformat(told_house.asked("clock")["house_time"])

    assert abs(house_time - datetime.now(UTC)) < timedelta(seconds=30)


def test_everybody_who_had_to_hear_of_it_did(told_house: RunningHouse, told: dict[str, Telling]) -> None:
    whole = told_house.ledger.get(f"/v1/incidents/{incident_id(told['gas-leak'])}")

    told_to = {notice["recipient"]["ref"] for notice in whole["notices"] if notice["state"] == "sent"}
    assert {"desk:110101009", "officer:110101009015004/police"} <= told_to


def test_the_house_is_ready_and_nothing_has_died(told_house: RunningHouse, told: dict[str, Telling]) -> None:
    assert told
    status = told_house.asked("status")

    assert status["ready"], status["why"]
    assert sum(status["dead_letters"].values()) == 0


@pytest.mark.long
def test_the_next_start_takes_up_where_it_stopped(told_house: RunningHouse, told: dict[str, Telling]) -> None:
    before = told_house.asked("incidents")
    told_house.stop(signal.SIGINT)
    told_house.start()

    assert "stopping: all stopped" in told_house.said
    assert "stories: told already" in told_house.said
    assert [card["case_number"] for card in told_house.asked("incidents")] == [
        card["case_number"] for card in before
    ]
    assert len(before) == len(told)
