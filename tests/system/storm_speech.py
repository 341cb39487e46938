"""What is said in a storm: reports, and what department and desk say of the same incidents; synthetic."""

import json
import random
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime

from wangge_contracts import topics
from wangge_contracts.message import Message, derive_id
from wangge_contracts.v1 import Act, DeskOrdered, OrderedParty, Person, ReportSubmitted, TaskAnswered, Text

SEED = 20120529
REPORTS = topics.TERMINAL_REPORTS.named("pda")
ANSWERS = topics.DEPARTMENT_ANSWERS.named("beijing-water")
ORDERS = topics.DESK_ORDERED.name
GRID, DESK = "110101009015004", "desk:110101009"
TWICE, ACTED_UPON, UNREPORTED = 10, 3, 25
"""One report in so many is said twice; is acted upon; has a neighbour acted upon, but never reported."""


@dataclass(frozen=True, slots=True)
class Speech:
    """One record. Repeats have the *name* in common; the *key* counts on inside topics only."""

    topic: str
    key: str | None
    name: str
    id: str
    message: Message


def speech(numbers: range) -> Iterator[Speech]:
    """
    Give what is said of the reports *numbers*, the same for the same numbers.

    Of an incident that is acted upon, facts come from three topics at about the same time. What is said of
    one that is never reported is for the router's timer to refuse.
    """
    chance = random.Random(SEED)
    for number in numbers:
        for copy in range(2 if number % TWICE == 0 else 1):
            key = chance.choice([None, f"r{number}", "the same for all"])
            yield Speech(REPORTS, key, f"r{number}", f"m{number}-{copy}", report(number))
        if number % ACTED_UPON == 0:
            yield from _acts(f"r{number}")
        if number % UNREPORTED == 0:
            yield from _acts(f"never-{number}")


def report(number: int) -> ReportSubmitted:
    """Return a report of a broken water pipe as a grid officer's device sends it."""
    return ReportSubmitted.read(
        json.dumps(
            {
                "report_id": f"r{number}",
                "source": "officer",
                "description": {"text": f"水管破裂 {number}", "lang": "zh"},
                "class_ref": {
                    "scheme": "gb-event",
                    "version": "30428-city-1",
                    "code": "0501",
                    "condition": "1",
                },
                "captured_at": "2026-11-24T01:00:00.000Z",
                "place": {"area": {"scheme": "bj15", "code": GRID}},
                "reporter": {"role": "manager", "staff_id": "s1"},
            }
        ).encode()
    )


def _acts(report_id: str) -> Iterator[Speech]:
    """The water company signs and goes on; the street calls the police of the grid to the spot."""
    # Ids follow from causes: whoever knows the report knows its incident, and who gets which task.
    incident = derive_id("incident", "pda", report_id)
    task = derive_id(incident, "task", "accepted", "handle", "department:beijing-water")
    yield _answer(f"{report_id}-signed", incident, task, act="acknowledge")
    called = f"{report_id}-called"
    yield Speech(
        ORDERS,
        incident,
        called,
        called,
        DeskOrdered(
            order_id=called,
            order="call",
            mode="actual",
            incident_id=incident,
            actor=Person(staff_id="d1"),
            on_behalf_of=DESK,
            parties=(OrderedParty(holder=f"officer:{GRID}/police", kind="attend", role="attend"),),
            effective_at=datetime.now(UTC),
        ),
    )
    yield _answer(f"{report_id}-going-on", incident, task, act="progress")


def _answer(answer_id: str, incident: str, task: str, *, act: Act) -> Speech:
    message = TaskAnswered(
        answer_id=answer_id,
        task_id=task,
        incident_id=incident,
        based_on_revision=1,
        act=act,
        actor=Person(staff_id="w1"),
        text=Text(text="正在处理"),
    )
    return Speech(ANSWERS, None, answer_id, answer_id, message)
