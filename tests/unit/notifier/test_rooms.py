"""In whatever order facts are heard, the same is composed, and a notice ends in the same state."""

from dataclasses import replace
from datetime import UTC, datetime, time
from itertools import permutations
from typing import Any, cast

import pytest
from hypothesis import given, strategies as st

from tests.unit.ledger.telling import told
from tests.unit.notifier.posting import House, notice
from tests.unit.notifier.telling import DIRECTORY, NOW, PARTS, TEMPLATES, scene
from wangge_chassis import Connection, Received
from wangge_contracts.v1 import ClockChanged, IncidentChanged, NoticeAnswered, NoticeComposed, TaskAnswered
from wangge_notifier.channels import Channels, Quiet, Use
from wangge_notifier.directory import Directory
from wangge_notifier.handlers import Composer, Composing
from wangge_notifier.phrasing import KnownTask, Matter

FIRST = told("incidents.changed.v1/dispatched", sequence=2)
LATER = told("incidents.changed.v1/dispatched", sequence=3, change="task-changed", message_id="later")
WARNED = told("clocks.changed.v1/clock-rang")
OVERDUE = told("clocks.changed.v1/clock-rang", message_id="overdue", rung="overdue", remaining_s=0)


def composed(heard: list[Received]) -> dict[str, NoticeComposed]:
    """What a composer says that hears these one by one, each in a batch of its own."""
    room = Composer(lambda: DIRECTORY, lambda: TEMPLATES)
    known: dict[str, KnownTask] = {}
    matters: dict[str, Matter] = {}
    waiting: dict[str, list[Any]] = {}
    said: dict[str, NoticeComposed] = {}
    for received in heard:
        rings = {task: list(each) for task, each in waiting.items()}
        working = Composing(scene(), dict(known), rings, dict(matters))
        for outgoing in room.decide(working, received):
            assert isinstance(outgoing.message, NoticeComposed)
            said[outgoing.id] = outgoing.message
        known |= working.learnt
        matters |= working.classified
        waiting = working.waiting
    assert not any(waiting.values())
    return said


@given(st.sampled_from([(0, 1, 2, 3), (2, 0, 1, 3), (2, 3, 0, 1), (0, 2, 1, 3), (0, 2, 3, 1), (2, 0, 3, 1)]))
def test_a_ring_that_comes_before_its_task_is_told_as_well(order: tuple[int, ...]) -> None:
    facts = (FIRST, LATER, WARNED, OVERDUE)

    assert composed([facts[number] for number in order]) == composed(list(facts))


def test_a_ring_waits_inside_one_batch_too() -> None:
    room = Composer(lambda: DIRECTORY, lambda: TEMPLATES)
    working = Composing(scene(), {}, {})
    said = [outgoing for received in (WARNED, FIRST) for outgoing in room.decide(working, received)]

    assert len(said) == len(composed([FIRST, WARNED]))
    assert working.rung == [WARNED.envelope.id]


def corrected(**changed: Any) -> Received:
    """The first fact once more, with its tasks revised."""
    message = FIRST.message
    assert isinstance(message, IncidentChanged)
    tasks = tuple(
        task.model_copy(update={"revision": task.revision + 1, "change": "revised", **changed})
        for task in message.tasks
    )
    envelope = replace(FIRST.envelope, id="corrected", sequence=3)
    return replace(FIRST, envelope=envelope, message=message.model_copy(update={"tasks": tasks}))


def rung(*heard: Received) -> list[NoticeComposed]:
    """What is said of the red light, of all that these give cause to."""
    return [each for each in composed([*heard]).values() if each.cause == OVERDUE.envelope.id]


def test_a_ring_tells_by_the_task_as_it_was_heard_last() -> None:
    gas_leak, *_ = rung(FIRST, OVERDUE)
    notice, *_ = rung(FIRST, corrected(desk="desk:110101", urgency="normal"), OVERDUE)

    assert (gas_leak.recipient.ref, gas_leak.urgency) == ("desk:110101009", "emergency")
    assert (notice.recipient.ref, notice.urgency) == ("desk:110101", "normal")


def test_who_had_a_task_is_known_from_what_was_heard_of_it_before() -> None:
    said = composed([FIRST, corrected(change="forwarded", holder="officer:110101009015004/manager")])
    told = {(notice.template.name, notice.recipient.ref) for notice in said.values()}

    assert ("task-passed-on", "officer:110101009015004/police") in told
    assert ("task-passed-on", "officer:110101009015004/manager") not in told


RESTRICTED = corrected(sensitivity="restricted")
CLOCK_RESTRICTED = told(
    "clocks.changed.v1/clock-rang",
    message_id="overdue",
    rung="overdue",
    remaining_s=0,
    sensitivity="restricted",
)


@pytest.mark.parametrize("heard", [(FIRST, RESTRICTED, OVERDUE), (FIRST, CLOCK_RESTRICTED)])
def test_a_ring_tells_no_address_of_what_is_restricted_since(heard: tuple[Received, ...]) -> None:
    before, *_ = rung(FIRST, OVERDUE)
    notice, *_ = rung(*heard)

    assert "602" in before.text.text
    assert "602" not in notice.text.text
    assert "第4网格" in notice.text.text
    assert notice.sensitivity == "restricted"


def test_what_is_replayed_long_after_does_not_undo_what_was_heard_since() -> None:
    assert rung(FIRST, RESTRICTED, FIRST, OVERDUE) == rung(FIRST, RESTRICTED, OVERDUE)


def classified(**changed: Any) -> Received:
    """The first fact once more, with its incident changed and none of its tasks."""
    message = FIRST.message
    assert isinstance(message, IncidentChanged)
    incident = message.incident.model_copy(update={"revision": message.incident.revision + 1, **changed})
    later = message.model_copy(update={"incident": incident, "tasks": (), "change": "corrected"})
    return replace(FIRST, envelope=replace(FIRST.envelope, id="classified", sequence=3), message=later)


def test_a_ring_of_a_task_that_ended_before_its_matter_was_restricted_tells_no_address() -> None:
    notice, *_ = rung(FIRST, classified(sensitivity="restricted"), OVERDUE)

    assert "602" not in notice.text.text
    assert notice.sensitivity == "restricted"
    (again, *_) = rung(FIRST, classified(), OVERDUE)
    assert "602" in again.text.text


def test_a_fact_that_comes_late_tells_nothing_of_what_is_restricted_since() -> None:
    late = composed([classified(sensitivity="restricted"), FIRST])

    assert late
    assert not any("602" in notice.text.text for notice in late.values())
    assert {notice.sensitivity for notice in late.values()} == {"restricted"}


def test_a_fact_that_comes_late_calls_nobody_to_a_task_that_went_on_since() -> None:
    called = composed([FIRST])
    after = composed([corrected(change="withdrawn", state="withdrawn"), FIRST])

    assert any(notice.template.name == "attend" for notice in called.values())
    assert not any(notice.template.name == "attend" for notice in after.values())


def test_rings_that_waited_are_told_in_the_order_in_which_they_rang() -> None:
    message = OVERDUE.message
    assert isinstance(message, ClockChanged)
    back = message.model_copy(update={"revision": message.revision + 1, "change": "rung-withdrawn"})
    back = back.model_copy(update={"withdrawn_rung": back.rung, "rung": None})
    room = Composer(lambda: DIRECTORY, lambda: TEMPLATES)
    rings = [("back", back), ("overdue", message)]
    said = list(room.decide(Composing(scene(), {}, {message.task_id: rings}), FIRST))

    told_of = [each.message.cause for each in said if isinstance(each.message, NoticeComposed)]
    assert list(dict.fromkeys(cause for cause in told_of if cause in ("back", "overdue"))) == [
        "overdue",
        "back",
    ]


def test_a_batch_keeps_each_task_once_and_as_it_was_heard_last() -> None:
    room = Composer(lambda: DIRECTORY, lambda: TEMPLATES)
    working = Composing(scene(), {}, {})
    for received in (FIRST, RESTRICTED):
        list(room.decide(working, received))

    assert {task.sensitivity for task in working.learnt.values()} == {"restricted"}


COMPOSED = told("notices.composed.v1/attend")
DELIVERED = told("notices.answered.v1/confirmed", answer="delivered", message_id="a1")
CONFIRMED = told("notices.answered.v1/confirmed", message_id="a2")


async def delivered(house: House, heard: tuple[Received, ...]) -> list[TaskAnswered]:
    for received in heard:
        await house.hear(received)
    return [said.message for said in house.said if isinstance(said.message, TaskAnswered)]


@pytest.mark.parametrize("order", [*permutations([COMPOSED, DELIVERED, CONFIRMED])])
async def test_a_confirmed_notice_is_confirmed_once_in_every_order(
    monkeypatch: pytest.MonkeyPatch, order: tuple[Received, ...]
) -> None:
    house = House(monkeypatch)
    (act,) = await delivered(house, order)
    (delivery,) = house.books.rows.values()
    answered = CONFIRMED.message

    assert (delivery.state, delivery.due_at, delivery.document is None) == ("confirmed", None, False)
    assert isinstance(answered, NoticeAnswered)
    assert (act.act, act.effective_at) == ("acknowledge", answered.at)


async def test_a_notice_is_due_at_once_unless_it_says_otherwise(monkeypatch: pytest.MonkeyPatch) -> None:
    later = datetime(2026, 1, 7, tzinfo=NOW.tzinfo)
    house = House(monkeypatch)
    await delivered(house, (told("notices.composed.v1/attend", not_before=later.isoformat()),))
    (delivery,) = house.books.rows.values()

    assert (delivery.state, delivery.due_at) == ("deferred", later)


async def test_a_notice_that_waits_twice_before_it_is_tried_says_so_twice(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    house = House(monkeypatch)
    house.channels = Channels(use={"sms": Use(rests=True)}, quiet=Quiet(since=time(22), until=time(7)))
    house.now = datetime(2026, 1, 6, 13, 0, tzinfo=UTC)  # 21:00 in Beijing
    later = datetime(2026, 1, 6, 14, 30, tzinfo=UTC)
    await house.hear(notice(1, channel="sms", not_before=later.isoformat()))
    await house.run(3 * 3600)

    told = [
        each for each in house.said if getattr(each.message, "TYPE", "").startswith("wangge.NoticeChanged")
    ]
    assert len(told) == 2
    assert len({each.id for each in told}) == 2


def test_a_rung_that_reached_nobody_is_told_to_nobody() -> None:
    reached = told("clocks.changed.v1/clock-rang", message_id="overdue", rung="overdue", remaining_s=0)
    nobody = told("clocks.changed.v1/clock-rang", message_id="overdue", rung="overdue", effects=[])

    assert rung(FIRST, reached)
    assert rung(FIRST, nobody) == []


def test_a_rung_is_taken_back_at_the_desk_that_heard_it() -> None:
    message = OVERDUE.message
    assert isinstance(message, ClockChanged)
    back = {"change": "rung-withdrawn", "withdrawn_rung": message.rung, "rung": None, "revision": 9}
    envelope = replace(OVERDUE.envelope, id="back")
    heard = message.model_copy(update={**back, "desk": "desk:110101010"})
    said = composed([FIRST, replace(OVERDUE, envelope=envelope, message=heard)])

    assert "desk:110101010" in {each.recipient.ref for each in said.values() if each.cause == "back"}


@pytest.mark.parametrize("language", ["zh", "en"])
async def test_who_asks_for_no_language_is_told_in_the_citys(language: str) -> None:
    directory = Directory.of("1", PARTS | {"district": {"language": language}})
    room = Composer(lambda: directory, lambda: TEMPLATES)

    assert (await room.load(cast("Connection", None), [], NOW)).scene.lang == language
