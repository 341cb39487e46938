"""A schema is brought up to date by one replica, and never by a version that is too old for it."""

import asyncio

import pytest

from tests.ground import FreshDatabase
from tests.service.chassis.running import echo_run
from tests.waiting import wait_for
from wangge_chassis import Database
from wangge_chassis.migrate import MigrationError, migrate
from wangge_local.kafka import Kafka


def schema_of(database: FreshDatabase) -> Database:
    return Database(database.dsn("escalation"), schema="escalation")


async def test_what_a_newer_version_has_applied_is_refused_and_a_strangers_is_not(
    database: FreshDatabase,
) -> None:
    await migrate(schema_of(database), packages=("wangge_chassis",))
    applied = "INSERT INTO migration (name, checksum) VALUES ('{}/9999_newer.sql', '')"
    database.sql(applied.format("wangge_elsewhere"), role="escalation")
    assert await migrate(schema_of(database), packages=("wangge_chassis",)) == []

    database.sql(applied.format("wangge_chassis"), role="escalation")
    with pytest.raises(MigrationError, match=r"wangge_chassis/9999_newer\.sql .* start that version"):
        await migrate(schema_of(database), packages=("wangge_chassis",))


def test_an_older_version_does_not_start_and_says_why_in_one_line(
    fresh_topics: Kafka, database: FreshDatabase, capfd: pytest.CaptureFixture[str]
) -> None:
    asyncio.run(migrate(schema_of(database), packages=("wangge_chassis", "tests.service.chassis")))
    newer = "tests.service.chassis/0009_newer.sql"
    database.sql(f"INSERT INTO migration (name, checksum) VALUES ('{newer}', '')", role="escalation")
    with echo_run(fresh_topics, database) as run:
        process = run.start("a")
        wait_for("it ends", lambda: process.poll() is not None)

        told = capfd.readouterr().err
        assert process.returncode == 1
        assert f"escalation: {newer} was applied to schema escalation by a newer version" in told
        assert "Traceback" not in told
