"""
The ladder dispatches by itself while a desk decides: whoever was first by effective time has its way.

Real rooms, router and bell; whom the matter is with in the end does not depend on who was read first.
"""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest

from tests.service.escalation.running import EscalationRun
from tests.unit.escalation.builders import FULL_LADDER
from tests.unit.router import scenes
from tests.waiting import wait_for
from wangge_contracts import topics
from wangge_contracts.message import derive_id
from wangge_contracts.v1 import DeskOrdered, TaskAnswered

RULE = {"lead": "water", "mode": "confirm", "automatic_after_minutes": 10}
RULEBOOK = scenes.PARTS["rulebook"] | {"rules": [{"name": "confirmed", "then": RULE}]}
DECIDED, RANG = timedelta(minutes=9), timedelta(minutes=11)
Decision = Callable[[str, datetime], DeskOrdered | TaskAnswered]


@pytest.fixture(scope="module")
def house(empty_house: EscalationRun) -> EscalationRun:
    """Router and escalation; ten minutes after a report the ladder dispatches it to the water company."""
    parts = {**scenes.PARTS, "rulebook": RULEBOOK, "calendars": scenes.CALENDARS}
    empty_house.publish(**parts, ladder=FULL_LADDER)
    empty_house.start_before("router")
    empty_house.start(late_s=3600)
    wait_for("the bell", lambda: empty_house.ask("/health/ready"), within_s=120)
    return empty_house


def dispatches(incident: str, at: datetime) -> DeskOrdered:
    """The street's desk gives it to housing, by the console."""
    told: dict[str, Any] = {"incident_id": incident, "order_id": f"{incident} order", "effective_at": at}
    return scenes.order("dispatch", "handle department:housing", task_ids=[task_of(incident)], **told)


def refers_up(incident: str, at: datetime) -> TaskAnswered:
    """The street's desk hands it to the district's, by the console."""
    told: dict[str, Any] = {"incident_id": incident, "answer_id": f"{incident} answer", "effective_at": at}
    return scenes.answer(task_of(incident), "refer-up", by="clerk", on_behalf_of=scenes.DESK, **told)


WAYS = pytest.mark.parametrize(
    ("decides", "whose"), [(dispatches, "department:housing"), (refers_up, scenes.CENTRE)]
)


@WAYS
def test_a_desk_that_was_first_has_its_way_though_the_ladder_was_obeyed_before(
    house: EscalationRun, morning: datetime, decides: Decision, whose: str
) -> None:
    incident = report(house, f"late {decides.__name__}", morning)
    house.advance(morning + RANG)
    wait_for("the water company's turn", lambda: running(house, incident) == {"department:water"})

    say(house, decides(incident, morning + DECIDED))

    wait_for(f"{whose}'s turn", lambda: running(house, incident) == {whose})
    back = ["stopped", "rung-withdrawn automatic", "recalculated"]
    assert story(house, incident) == ["started", "rang automatic", *back]
    assert house.ask(f"/v1/clocks/{task_of(incident)}")["standing"] == []


@WAYS
def test_a_desk_that_was_first_has_its_way_though_the_bell_rang_before_it_heard_of_it(
    house: EscalationRun, morning: datetime, decides: Decision, whose: str
) -> None:
    incident = report(house, f"early {decides.__name__}", morning)
    house.kill("router")
    say(house, decides(incident, morning + DECIDED))
    house.advance(morning + RANG)
    wait_for("the rung", lambda: story(house, incident) == ["started", "rang automatic"])

    house.start_before("router")

    wait_for(f"{whose}'s turn", lambda: running(house, incident) == {whose})
    wait_for("the rung's end", lambda: "rung-withdrawn automatic" in story(house, incident))
    assert house.ask(f"/v1/clocks/{task_of(incident)}")["standing"] == []


def test_a_desk_that_decides_later_has_to_designate(house: EscalationRun, morning: datetime) -> None:
    incident = report(house, "after", morning)
    house.advance(morning + RANG)
    wait_for("the water company's turn", lambda: running(house, incident) == {"department:water"})

    say(house, dispatches(incident, morning + RANG), refers_up(incident, morning + RANG))
    say(house, designates(incident, morning + RANG))

    wait_for("the turn of housing", lambda: running(house, incident) == {"department:housing"})
    assert story(house, incident) == ["started", "rang automatic", "stopped"]
    assert house.ask(f"/v1/clocks/{task_of(incident)}")["standing"] == ["automatic"]


def designates(incident: str, at: datetime) -> DeskOrdered:
    told: dict[str, Any] = {
        "incident_id": incident,
        "order_id": f"{incident} designation",
        "effective_at": at,
    }
    return scenes.order("designate", "handle department:housing", **told)


def report(house: EscalationRun, name: str, at: datetime) -> str:
    """A report as intake accepts it; returns when the desk is asked and its clock runs."""
    incident = derive_id("forestalled", name)
    said = scenes.accepted(incident_id=incident, accepted_at=at, effective_at=at, captured_at=at)
    house.say(topics.INCIDENTS_ACCEPTED.name, said, derive_id(incident, "accepted"), key=incident)
    wait_for("the desk's clock", lambda: story(house, incident) == ["started"])
    return incident


def say(house: EscalationRun, *acts: DeskOrdered | TaskAnswered) -> None:
    for act in acts:
        topic = topics.DESK_ORDERED if isinstance(act, DeskOrdered) else topics.TASKS_ANSWERED
        own = act.order_id if isinstance(act, DeskOrdered) else act.answer_id
        house.say(topic.name, act, derive_id(own), key=act.incident_id)


def task_of(incident: str) -> str:
    """The task in which the street's desk is asked."""
    return derive_id(incident, "task", "accepted", "dispatch", scenes.DESK)


def story(house: EscalationRun, incident: str) -> list[str]:
    """What was said of the clock of the street's desk, in a word each."""
    return house.heard().story(task=task_of(incident))


def running(house: EscalationRun, incident: str) -> set[str]:
    """Whose time runs."""
    last = {said.task_id: said for key, _, _, said in house.heard().more() if key == incident}
    return {said.holder for said in last.values() if said.state == "running"}
