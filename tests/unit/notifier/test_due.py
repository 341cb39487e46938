"""Until when a task is to be done, as a notice says it: the instant at which its clock rings, or nothing."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from tests.unit.escalation.bench import Bench
from tests.unit.escalation.builders import LADDER
from tests.unit.notifier.telling import DIRECTORY, NOW, scene, with_task
from tests.unit.router.scenes import CALENDARS, PARTS, Play, accepted, directory, minutes, order
from wangge_contracts.reckoning import Hours
from wangge_contracts.v1 import TASK_OVER, IncidentChanged, Task
from wangge_escalation.almanac import Almanac
from wangge_notifier.composing import of_incident
from wangge_notifier.due import due, unbroken
from wangge_notifier.phrasing import KnownTask, known_task
from wangge_notifier.writing import written

CREW = [*PARTS["departments"], {**PARTS["departments"][0], "slug": "crew", "parent": "water"}]
OUTAGE = {"since": minutes(-5).isoformat(), "until": minutes(30).isoformat(), "reason": "outage"}
DAY = {"value": 1, "clock_kind": "working-days", "calendar": "dongcheng", "calendar_version": "1"}


def given(**limits: Any) -> Play:
    rulebook = {**PARTS["rulebook"], "limits": {**PARTS["rulebook"]["limits"], **limits}}
    return Play(directory(departments=CREW, rulebook=rulebook)).hear(accepted("0501"))


def extended() -> Play:
    play = given().says("handle", "request-extension", at=2, requested_until=minutes(300))
    return play.says("approve", "approve", at=3)


def suspended() -> Play:
    play = given().says("handle", "request-suspension", at=2, requested_until=minutes(500))
    return play.says("approve", "approve", at=3)


def resumed() -> Play:
    play = suspended()
    return play.hear(order("resume", at=5, task_ids=[play.task("handle").task_id]))


def forwarded(play: Play) -> Play:
    return play.says("handle", "forward", at=9, to="department:crew")


def failed(play: Play) -> Play:
    play.says("handle", "done", at=20)
    return play.says("check", "check", verdict="failed", at=25)


STORIES: dict[str, tuple[Callable[[], Play], bool]] = {
    "given": (given, True),
    "given for a working day": (lambda: given(handle=DAY), True),
    "forwarded": (lambda: forwarded(given()), True),
    "extended": (extended, True),
    "extended and forwarded": (lambda: forwarded(extended()), True),
    "reworked": (lambda: failed(given()), True),
    "suspended": (suspended, False),
    "suspended and resumed": (resumed, False),
    "suspended, resumed, forwarded": (lambda: forwarded(resumed()), False),
    "suspended, resumed, reworked": (lambda: failed(resumed()), True),
}


def handled(play: Play) -> Iterator[Task]:
    """The task as long as somebody has it, as it was told each time."""
    tasks = (task for fact in play.facts for task in fact.tasks if task.kind == "handle")
    return (task for task in tasks if task.state not in TASK_OVER)


@pytest.mark.parametrize("outages", [[], [OUTAGE]], ids=["", "outage"])
@pytest.mark.parametrize(("story", "told"), STORIES.values(), ids=STORIES)
def test_a_deadline_is_told_as_its_clock_has_it_or_not_at_all(
    story: Callable[[], Play], told: bool, outages: list[dict[str, str]]
) -> None:
    ladder = LADDER | {"outages": outages}
    almanac = Almanac(version="1", ladder=ladder, departments=CREW, calendars=[CALENDARS])
    bench, hours = Bench(almanac), Hours.of([CALENDARS], [ladder])
    since = found = None
    for task in handled(story()):
        bench.hears(task, at=task.effective_at)
        since = unbroken(task, since)
        found = due(task, hours, since=since, now=task.effective_at)

        assert found in (None, bench.due)
    assert (found is not None) is told


CITY = {"calendars": [{**CALENDARS["calendars"][0], "name": "beijing", "version": "2026.1"}]}
COUNTING = replace(scene(), directory=replace(DIRECTORY, hours=Hours.of([CITY])))


def told(change: str, *before: IncidentChanged, at: timedelta = timedelta()) -> str:
    """What the water board reads of its task after that *change*."""
    known: dict[str, KnownTask] = {}
    for fact in before:
        for task in fact.tasks:
            known[task.task_id] = known_task(fact.incident, task, known.get(task.task_id))
    (letter,) = of_incident(water(change), replace(COUNTING, now=NOW + at), known)
    return next(written(letter, COUNTING)).text.text


def water(change: str, **fields: Any) -> IncidentChanged:
    message = with_task(change)
    at = NOW + timedelta(minutes=change != "assigned")
    task = message.tasks[0].model_copy(update={"holder": "department:water", "effective_at": at, **fields})
    return message.model_copy(update={"tasks": (task,)})


def test_who_is_given_a_task_reads_until_when_it_is_to_be_done() -> None:
    assert "请于1月6日10:36前办结：" in told("assigned")
    assert "时限" not in told("assigned")


def test_whose_limit_is_used_up_by_now_is_told_how_long_it_was() -> None:
    assert "时限30分钟" in told("forwarded", water("assigned"), at=timedelta(hours=1))


def test_of_a_round_that_was_suspended_no_deadline_is_told() -> None:
    paused = water("suspended", suspended_until=NOW + timedelta(days=1))

    assert "时限30分钟" in told("forwarded", water("assigned"), paused, water("resumed"))
    assert "10:36前" in told("forwarded", water("assigned"), water("acknowledged"))


def test_of_a_task_that_an_older_version_kept_no_deadline_is_told_before_its_next_round() -> None:
    fact = water("forwarded")
    task = fact.tasks[0]
    kept = {task.task_id: replace(known_task(fact.incident, task), unbroken=None)}

    texts = [next(written(each, COUNTING)).text.text for each in of_incident(fact, COUNTING, kept)]

    assert texts
    assert all("时限" in text for text in texts)


def test_what_no_calendar_counts_is_told_by_its_limit() -> None:
    (letter,) = of_incident(water("assigned"), scene())

    assert "时限30分钟" in next(written(letter, scene())).text.text
