"""
An answer races its red light while intake and router stand still: the instant it took effect decides.

Real rooms from the terminal's topic on; whose time it is in the end does not depend on who was stopped.
"""

from datetime import datetime

import pytest
from cryptography.fernet import Fernet

from tests.service.escalation.running import EscalationRun
from tests.unit.escalation.builders import HOUR, LADDER, MORNING
from tests.unit.router import scenes
from tests.waiting import wait_for
from wangge_contracts import topics
from wangge_contracts.message import derive_id
from wangge_contracts.v1 import Person, ReportSubmitted, TaskAnswered, Text
from wangge_contracts.v1.parts import Area, ClassRef, ReportedPlace
from wangge_contracts.v1.reports import Reporter

REPORTS = topics.TERMINAL_REPORTS.named("pda")
ANSWERS = topics.DEPARTMENT_ANSWERS.named("water")
BEFORE = {"intake": {"dead_letter_key": Fernet.generate_key().decode()}, "router": {}}


@pytest.fixture(scope="module")
def house(empty_house: EscalationRun) -> EscalationRun:
    """Intake, router and escalation; red lights are not held unless a test asks for it."""
    empty_house.publish(**scenes.PARTS, calendars=scenes.CALENDARS, ladder=LADDER)
    for room, settings in BEFORE.items():
        empty_house.start_before(room, **settings)
    empty_house.start(late_s=3600)
    return empty_house


@pytest.mark.parametrize(
    "stopped",
    [
        ("intake", "router"),
        pytest.param(("intake",), marks=pytest.mark.long),
        pytest.param(("router",), marks=pytest.mark.long),
    ],
)
def test_who_answered_in_time_has_no_red_light_and_who_did_not_keeps_it(
    house: EscalationRun, morning: datetime, stopped: tuple[str, ...]
) -> None:
    name = "-".join(stopped)
    in_time, too_late = report(house, f"{name}-1"), report(house, f"{name}-2")
    wait_for("both clocks run", lambda: story(house, in_time) == story(house, too_late) == ["started"])
    for room in stopped:
        house.kill(room)

    house.advance(morning + 3 * HOUR)
    answer(house, in_time)
    house.advance(morning + 5 * HOUR)
    both = ["started", "rang warning", "rang overdue"]
    wait_for("both red lights", lambda: story(house, in_time) == story(house, too_late) == both)
    answer(house, too_late)
    for room in stopped:
        house.start_before(room, **BEFORE[room])

    wait_for("the ends", lambda: story(house, in_time)[-1] == story(house, too_late)[-1] == "stopped")
    back = ["rung-withdrawn overdue", "rung-withdrawn warning", "stopped"]
    assert story(house, in_time) == [*both, *back]
    assert story(house, too_late) == [*both, "stopped"]
    assert house.ask(f"/v1/clocks/{task_of(in_time)}")["standing"] == []
    assert house.ask(f"/v1/clocks/{task_of(too_late)}")["standing"] == ["warning", "overdue"]
    once = [(key, sequence) for key, _, sequence, _ in house.heard().records]
    assert len(once) == len(set(once))


def test_while_the_answer_waits_in_a_room_that_stands_still_the_red_light_is_held(
    house: EscalationRun, morning: datetime
) -> None:
    house.kill()
    house.start(late_s=1, late_every_s=0.2)
    incident = report(house, "held")
    wait_for("its clock runs", lambda: story(house, incident) == ["started"])
    house.kill("router")
    house.advance(morning + 3 * HOUR)
    answer(house, incident)
    wait_for("the room knows", lambda: "router has 1 old records" in "".join(house.notes()))

    house.advance(morning + 5 * HOUR)
    wait_for("the warning", lambda: story(house, incident) == ["started", "rang warning"])
    house.start_before("router")

    wait_for("the end", lambda: story(house, incident)[-1] == "stopped")
    assert story(house, incident) == ["started", "rang warning", "rung-withdrawn warning", "stopped"]


def report(house: EscalationRun, name: str) -> str:
    """A grid officer reports a broken pipe; the incident's id follows."""
    said = ReportSubmitted(
        report_id=name,
        source="officer",
        description=Text(text="水管破裂"),
        class_ref=ClassRef(scheme="gb-event", version="1", code="0501", condition="1"),
        captured_at=MORNING,
        place=ReportedPlace(area=Area(scheme="bj15", code=scenes.GRID)),
        reporter=Reporter(role="manager", staff_id="s1"),
    )
    house.say(REPORTS, said, name)
    return derive_id("incident", "pda", name)


def answer(house: EscalationRun, incident: str) -> None:
    """The water company says that it is done."""
    said = TaskAnswered(
        answer_id=f"{incident}-done",
        task_id=task_of(incident),
        incident_id=incident,
        based_on_revision=1,
        act="done",
        actor=Person(staff_id="w1"),
        text=Text(text="已修复"),
        result_code="repaired",
    )
    house.say(ANSWERS, said, said.answer_id)


def task_of(incident: str) -> str:
    return derive_id(incident, "task", "accepted", "handle", "department:water")


def story(house: EscalationRun, incident: str) -> list[str]:
    """What was said of the clock of the water company, in a word each."""
    return house.heard().story(task=task_of(incident))
