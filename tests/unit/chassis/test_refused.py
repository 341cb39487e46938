"""What Kafka refuses to a reader is said, and costs nobody else his turn."""

import asyncio
import time
from typing import Any

import pytest
from aiokafka.errors import GroupAuthorizationFailedError, TopicAuthorizationFailedError

from tests.unit.chassis.test_holding import NOBODY, Broker, means, router, stuck
from wangge_chassis import refused
from wangge_chassis.consumer import Consumer
from wangge_chassis.handing_over import HandingOver
from wangge_chassis.loop import Loop
from wangge_chassis.refused import BearsRefusal, Refusals

TOPIC = "terminals.pda.reports.v1"


class Coordinator:
    """Counts how often its membership was begun anew."""

    begun = 0

    def reset_generation(self) -> None:
        self.begun += 1


@pytest.fixture
def answers(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """What the client comes back with, one after the other."""
    come: list[Any] = []

    async def getmany(*_: Any, **__: Any) -> Any:
        if isinstance(found := come.pop(0), Exception):
            raise found
        return found

    monkeypatch.setattr(HandingOver, "__init__", lambda *_, **__: None)
    monkeypatch.setattr(HandingOver, "getmany", getmany)
    return come


@pytest.mark.parametrize("named", [TOPIC, {TOPIC}])
async def test_who_may_not_read_a_topic_reads_on_and_says_which(answers: list[Any], named: Any) -> None:
    kafka = BearsRefusal()
    answers += [TopicAuthorizationFailedError(named), {"another": ["record"]}]
    began = time.monotonic()

    assert [await kafka.getmany() for _ in range(2)] == [{}, {"another": ["record"]}]
    assert kafka.refusals() == Refusals(topics=(f"no right to read {TOPIC}",))
    assert time.monotonic() - began < 1


async def test_who_was_put_out_of_its_group_joins_anew(answers: list[Any]) -> None:
    kafka = BearsRefusal()
    kafka._coordinator = Coordinator()
    answers += [GroupAuthorizationFailedError("router"), {}]

    with pytest.raises(GroupAuthorizationFailedError):
        await kafka.getmany()

    assert kafka._coordinator.begun == 1
    assert kafka.refusals() == Refusals(groups=("no right to be of the group router",))


async def test_a_refusal_is_over_when_it_is_not_met_again(
    answers: list[Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(refused, "_SAID_AGAIN_WITHIN_S", 0.2)
    kafka = BearsRefusal()
    answers.append(TopicAuthorizationFailedError(TOPIC))
    await kafka.getmany()
    await asyncio.sleep(0.2)

    assert kafka.refusals() == Refusals()


@pytest.mark.parametrize("outside", [True, False])
async def test_one_outsiders_topic_is_noted_and_all_else_is_a_reason(outside: bool) -> None:
    room = Consumer(name="intake", room=NOBODY, pattern=r"^terminals\\..*") if outside else router()
    loop, broker = Loop(room, means()), Broker()
    topic, group = f"no right to read {TOPIC}", "no right to be of the group that is read by intake"
    broker.refused = Refusals((topic,), (group,))
    loop.attach(lambda: broker)
    loop.patience.end()
    told = loop.state()

    assert (told["notes"], told["reasons"]) == (([topic], [group]) if outside else ([], [topic, group]))


async def test_a_topic_that_there_should_be_and_the_broker_does_not_show_is_noted(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    hidden, expected = "departments.water.answers.v1", set[str]()
    room = Consumer(name="intake", room=NOBODY, pattern=".*", expects=lambda: expected)
    loop, broker = Loop(room, means()), Broker()
    monkeypatch.setattr(broker, "subscription", lambda: {TOPIC, "terminals.left.reports.v1"})
    loop.attach(lambda: broker)
    assert loop.state()["notes"] == []

    expected |= {TOPIC, hidden}
    assert loop.state()["notes"] == [f"{hidden} is not seen: is it there, and may we describe it?"]


async def test_who_is_refused_what_waits_is_not_stuck() -> None:
    broker = Broker()
    loop = await stuck(broker)

    broker.refused = Refusals(groups=("no right to be of the group router",))
    assert not loop.stuck()
