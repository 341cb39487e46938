"""A topic that was deleted and made anew under its name: what lies on it now is read, or somebody is told."""

import pytest
from confluent_kafka.admin import AdminClient

from tests.ground import DEPARTMENTS, TERMINALS, FreshDatabase
from tests.service.chassis.running import ORDERS, EchoRun, echo_run, get_json, log_ends, order
from tests.waiting import wait_for
from wangge_chassis import Database, halting
from wangge_chassis.partitioner import partition_of
from wangge_contracts.topics import INSIDE_PARTITIONS_DEFAULT
from wangge_local import topics
from wangge_local.kafka import Kafka
from wangge_local.ports import free_port

KEY = "i0"
PART = str(partition_of(KEY, INSIDE_PARTITIONS_DEFAULT))
READ, SAID_ANEW = 10, 30
"""More than was read of the old one, so that its offset alone shows nothing."""


@pytest.fixture
def run(fresh_topics: Kafka, database: FreshDatabase) -> EchoRun:
    return echo_run(fresh_topics, database)


def says(run: EchoRun, numbers: range) -> None:
    run.say(order(number, KEY) for number in numbers)


def made_anew(run: EchoRun) -> None:
    """Delete the topic of orders, and make it as it was, but empty."""
    client = AdminClient({"bootstrap.servers": run.kafka.bootstrap, "log_level": 0})
    client.delete_topics([ORDERS])[ORDERS].result(20)
    topics.create(run.kafka.bootstrap, terminals=TERMINALS, departments=DEPARTMENTS)


def stands(port: int) -> str:
    """Wait until a replica says that it stands before another topic, and return all its reasons."""

    def found() -> str:
        state = get_json(port, "/health/ready", expect=503) or {"reasons": []}
        return "; ".join(reason for reason in state["reasons"] if "made anew" in reason)

    told: str = wait_for("it says so", found)
    return told


async def skips(database: FreshDatabase) -> None:
    """Decide as a person does who has `wangge partition skip`."""
    connection = await Database(database.dsn("escalation"), schema="escalation").connect()
    assert await halting.skip(connection, "escalation", PART)
    await connection.close()


async def test_a_topic_made_anew_while_nobody_read_is_read_when_a_person_says_so_and_from_its_start(
    run: EchoRun, database: FreshDatabase
) -> None:
    port = free_port()
    with run:
        run.start("a", port=port)
        says(run, range(READ))
        run.wait_done(effects=READ)
        run.stop_all()
        made_anew(run)
        says(run, range(READ, READ + SAID_ANEW))
        database.sql("INSERT INTO house.anchor (real_at, house_at) VALUES (now(), now() + interval '9 days')")

        process = run.start("a", port=port)
        reasons = stands(port)

        assert f"{ORDERS}[{PART}]" in reasons
        assert f"read up to {READ}" in reasons
        assert f"from 0 to {SAID_ANEW}" in reasons
        assert reasons.count("made anew") == 1, "where nothing was read nothing can be passed over"
        assert (run.effects(), process.poll()) == (READ, None)
        ahead = database.sql("SELECT halted_at > now() + interval '8 days' FROM escalation.halted")
        assert ahead == ["t"], "since when is told in house time, also by who has just started"

        await skips(database)
        run.wait_done(effects=READ + SAID_ANEW)
        wait_for("ready", lambda: get_json(port, "/health/ready", expect=200))
        run.stop_all()
        run.start("a", port=port)
        wait_for("ready again", lambda: get_json(port, "/health/ready", expect=200))


@pytest.mark.long  # ten seconds of it are between two looks at the ids
async def test_a_topic_made_anew_under_a_reader_is_noticed_and_nothing_on_it_is_passed_over(
    run: EchoRun, database: FreshDatabase
) -> None:
    port = free_port()
    with run:
        run.start("a", port=port)
        says(run, range(READ))
        run.wait_done(effects=READ)
        made_anew(run)
        says(run, range(READ, READ + SAID_ANEW))

        assert f"{ORDERS}[{PART}]" in stands(port)

        await skips(database)
        run.wait_done(effects=READ + SAID_ANEW)
        wait_for("ready", lambda: get_json(port, "/health/ready", expect=200))
        told, _ = log_ends(run.kafka.bootstrap, "escalation", [ORDERS])
        assert sum(told.values()) == SAID_ANEW
