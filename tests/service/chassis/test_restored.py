"""A database restored from a backup while Kafka went on: nobody works on it before a person has decided."""

import pytest

from tests.ground import FreshDatabase, remove_groups
from tests.service.chassis.running import INPUTS, EchoRun, echo_run, get_json, log_ends, order
from tests.waiting import wait_for
from wangge_contracts import topics
from wangge_local.kafka import Kafka
from wangge_local.ports import free_port
from wangge_local.postgres import Postgres

GROUP = "escalation"


@pytest.fixture
def run(fresh_topics: Kafka, database: FreshDatabase) -> EchoRun:
    return echo_run(fresh_topics, database)


def works_and_stops(run: EchoRun, *, of: range) -> None:
    """Have a replica handle orders *of* these numbers, tell Kafka how far it is, and end."""
    run.start("a")
    run.say(order(number, f"i{number}") for number in of)
    run.wait_done(effects=of.stop)
    wait_for("Kafka was told", lambda: sum(told(run).values()) == of.stop)
    run.stop_all()


def told(run: EchoRun) -> dict[tuple[str, int], int]:
    return log_ends(run.kafka.bootstrap, GROUP, INPUTS)[1]


def refused(port: int) -> str:
    """Wait until a replica says that the database is older, and return how it says so."""

    def found() -> str | None:
        state = get_json(port, "/health/ready", expect=503) or {"reasons": []}
        return next((reason for reason in state["reasons"] if "OlderThanTold" in reason), None)

    reason: str = wait_for("it is refused", found)
    return reason


def facts(run: EchoRun) -> int:
    ends, _ = log_ends(run.kafka.bootstrap, "tests", [topics.CLOCKS_CHANGED.name])
    return sum(ends.values())


def test_nobody_works_on_a_restored_database_until_the_groups_offsets_are_lowered(
    run: EchoRun, postgres: Postgres, database: FreshDatabase
) -> None:
    port = free_port()
    with run:
        works_and_stops(run, of=range(10))
        postgres.sql(f"CREATE DATABASE backup TEMPLATE {database.name}")
        works_and_stops(run, of=range(10, 30))
        postgres.sql(f"DROP DATABASE {database.name} WITH (FORCE)")
        postgres.sql(f"ALTER DATABASE backup RENAME TO {database.name}")
        said, position = facts(run), told(run)

        process = run.start("a", port=port)
        reason = refused(port)
        run.say(order(number, f"i{number}") for number in range(30, 40))
        refused(port)

        assert "Kafka was told" in reason
        assert (run.effects(), facts(run), told(run)) == (10, said, position)
        assert process.poll() is None

        run.stop_all()
        remove_groups(run.kafka.bootstrap)
        run.start("a", port=port)
        run.wait_done(effects=40)
        wait_for("ready", lambda: get_json(port, "/health/ready", expect=200))


def test_an_empty_schema_is_refused_where_its_group_has_told_more(
    run: EchoRun, database: FreshDatabase
) -> None:
    port = free_port()
    with run:
        works_and_stops(run, of=range(10))
        database.sql("DROP SCHEMA escalation CASCADE; CREATE SCHEMA escalation AUTHORIZATION escalation")

        run.start("a", port=port)
        assert "the database knows 0" in refused(port)
        assert run.effects() == 0
