"""The bell on its real ground: it wakes by itself, waits for rooms that are late, is audited."""

import time
from collections.abc import Iterator
from datetime import datetime, timedelta
from http.server import BaseHTTPRequestHandler, HTTPServer
from threading import Thread

import pytest
from confluent_kafka import Consumer, Producer, TopicPartition

from tests.service.escalation.running import EscalationRun
from tests.unit.escalation.builders import HOUR, LADDER, fact, limit, task
from tests.waiting import wait_for
from wangge_contracts import topics

ACCEPTED = topics.INCIDENTS_ACCEPTED.name
SECOND = timedelta(seconds=1)
UNSIGNED = {"name": "unsigned", "at": "acknowledge-by", "effects": ["tell-desk"]}
"""Never held, and due when the task says: here after the red light."""


@pytest.fixture(scope="module")
def alarm() -> Iterator[HTTPServer]:
    """Somebody who counts pings and would sound an alarm when they stop."""

    class Counting(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            pings.append(self.path)
            self.send_response(204)
            self.end_headers()

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    server = HTTPServer(("127.0.0.1", 0), Counting)
    Thread(target=server.serve_forever, daemon=True).start()
    yield server
    server.shutdown()
    server.server_close()


pings: list[str] = []


@pytest.fixture(scope="module")
def house(empty_house: EscalationRun, alarm: HTTPServer) -> EscalationRun:
    """The room, running; its net and its idle look are so wide that nothing here rings by them."""
    attendance, ordinary = LADDER["ladders"]
    signing = {**ordinary, "rungs": [UNSIGNED, *ordinary["rungs"]]}
    empty_house.publish(ladder={"ladders": [attendance, signing]})
    empty_house.start(
        bell_net_s=600,
        rings_per_turn=2,
        late_every_s=0.2,
        audit_every_s=0.3,
        audit_bound_s=3,
        dead_man_every_s=0.2,
        dead_man_url=f"http://127.0.0.1:{alarm.server_port}/{{replica}}",
    )
    return empty_house


def test_the_bell_wakes_for_what_was_armed_last_and_is_due_first(
    house: EscalationRun, morning: datetime
) -> None:
    later = task(1, assigned_at=morning - 7 * HOUR)
    clocks = house.heard()
    house.tell([fact(later)])
    wait_for("the clock started", lambda: clocks.story(later.incident_id) == ["started"])
    sooner = task(2, assigned_at=morning - 8 * HOUR + 3 * SECOND)

    house.tell([fact(sooner)])

    wait_for("the warning", lambda: clocks.story(sooner.incident_id) == ["started", "rang warning"])
    assert clocks.story(later.incident_id) == ["started"]
    rang = clocks.records[-1][3]
    assert (rang.effective_at, rang.catch_up) == (morning + 3 * SECOND, False)


def test_a_red_light_waits_for_a_router_that_is_late_and_a_warning_does_not(
    house: EscalationRun, morning: datetime
) -> None:
    own = task(3, assigned_at=morning)
    clocks = house.heard()
    house.tell([fact(own)])
    wait_for("the clock started", lambda: clocks.story(own.incident_id) == ["started"])
    fall_behind(house)
    read_upto(house, 0)
    wait_for("it knows", lambda: house.notes() != [])
    assert house.notes() == ["red lights and listings are held: router has 1 old records to read"]

    house.advance(morning + 11 * HOUR)

    wait_for("the warning", lambda: clocks.story(own.incident_id)[1:] == ["rang warning"])
    wait_for("the held one is counted", lambda: metric(house, "wangge_escalation_held_clocks") == 1)
    assert house.reasons() == []
    assert clocks.story(own.incident_id)[1:] == ["rang warning"]

    read_upto(house, 1)

    wait_for("the red light", lambda: clocks.story(own.incident_id)[2:] == ["rang overdue"])
    assert house.notes() == []
    assert metric(house, "wangge_escalation_held") == 0


def test_a_turnful_of_red_lights_that_are_held_keeps_nothing_else_from_ringing(
    house: EscalationRun, morning: datetime
) -> None:
    own = [task(n, assigned_at=morning, acknowledge_by=morning + 12 * HOUR) for n in range(10, 15)]
    clocks = house.heard()
    house.tell([fact(each) for each in own])
    wait_for("they started", lambda: [clocks.story(each.incident_id) for each in own] == [["started"]] * 5)
    fall_behind(house)
    wait_for("it knows", lambda: house.notes() != [])

    house.advance(morning + 13 * HOUR)

    rest = ["rang warning", "rang unsigned"]
    wait_for("the rest", lambda: [clocks.story(each.incident_id)[1:] for each in own] == [rest] * 5)
    assert metric(house, "wangge_escalation_held") == 1

    read_upto(house, 2)

    red = ["rang overdue"]
    wait_for("the red lights", lambda: [clocks.story(each.incident_id)[3:] for each in own] == [red] * 5)


def test_the_bell_wakes_for_what_is_due_behind_a_red_light_that_is_held(
    house: EscalationRun, morning: datetime
) -> None:
    own = task(15, assigned_at=morning, acknowledge_by=morning + 11 * HOUR)
    clocks = house.heard()
    house.tell([fact(own)])
    wait_for("the clock started", lambda: clocks.story(own.incident_id) == ["started"])
    fall_behind(house)
    wait_for("it knows", lambda: house.notes() != [])

    house.advance(morning + 11 * HOUR - 3 * SECOND)

    wait_for("the rest", lambda: clocks.story(own.incident_id)[1:] == ["rang warning", "rang unsigned"])
    read_upto(house, 3)
    wait_for("the red light", lambda: clocks.story(own.incident_id)[3:] == ["rang overdue"])


def test_a_rung_that_does_not_ring_is_found_and_the_pings_stop(
    house: EscalationRun, morning: datetime
) -> None:
    own = task(4, assigned_at=morning, limit=limit(1000))
    house.tell([fact(own)])
    clocks = house.heard()
    wait_for("the clock started", lambda: clocks.story(own.incident_id) == ["started"])
    before = len(pings)
    wait_for("it pings", lambda: len(pings) > before + 2)
    assert set(pings) == {"/0"}

    # What the bell is not told and its net is too wide to find: a row that somebody else has moved.
    due = (morning - HOUR).isoformat()
    house.database.sql(
        f"UPDATE clock SET next_due = '{due}', lenient_due = '{due}' WHERE task_id = '{own.task_id}'",
        role="escalation",
    )

    wait_for("it is not ready", lambda: any("should have rung" in why for why in house.reasons()))
    assert metric(house, "wangge_escalation_overdue_clocks") == 1
    after = len(pings)
    time.sleep(1)
    assert len(pings) <= after + 1

    house.advance(morning + SECOND)  # the bell looks again when house time was moved
    wait_for("it is ready again", lambda: house.reasons() == [])
    wait_for("it pings again", lambda: len(pings) > after + 2)


def fall_behind(house: EscalationRun) -> None:
    """Leave the router something that is older than the bell bears."""
    late = Producer({"bootstrap.servers": house.kafka.bootstrap, "log_level": 0})
    late.produce(ACCEPTED, b"{}", partition=0, timestamp=round((time.time() - 90) * 1000))
    late.flush(30)


def read_upto(house: EscalationRun, offset: int) -> None:
    """Let the router have read so far."""
    consumer = Consumer({"bootstrap.servers": house.kafka.bootstrap, "group.id": "router", "log_level": 0})
    consumer.commit(offsets=[TopicPartition(ACCEPTED, 0, offset)], asynchronous=False)
    consumer.close()


def metric(house: EscalationRun, name: str) -> float:
    """The value of a gauge without labels."""
    text = house.text("/metrics")
    return float(next(line for line in text.splitlines() if line.startswith(f"{name} ")).split()[1])
