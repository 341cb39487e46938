"""A schema is brought up to date by one replica, however long it takes, and never by too old a version."""

import asyncio
from collections.abc import Callable
from pathlib import Path

import pytest
from structlog.testing import capture_logs

from tests.ground import FreshDatabase
from tests.service.chassis.running import echo_run
from tests.waiting import wait_for
from wangge_chassis import Database, migrate as migrating, postgres
from wangge_chassis.migrate import MigrationError, migrate
from wangge_chassis.partitioner import key_hash
from wangge_local.kafka import Kafka

Write = Callable[[str], str]


@pytest.fixture
def package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Write:
    """Write a package with one migration, and return its name."""

    def write(text: str) -> str:
        folder = tmp_path / "wangge_slow" / "migrations"
        folder.mkdir(parents=True)
        (folder.parent / "__init__.py").touch()
        (folder / "0001_slow.sql").write_text(text)
        monkeypatch.syspath_prepend(tmp_path)
        return "wangge_slow"

    return write


def schema_of(database: FreshDatabase) -> Database:
    return Database(database.dsn("escalation"), schema="escalation")


async def test_a_migration_may_take_longer_than_any_other_statement(
    database: FreshDatabase, package: Write, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(postgres, "_COMMAND_TIMEOUT_S", 1.0)
    monkeypatch.setitem(postgres._SESSION, "statement_timeout", "1s")
    slow = package("CREATE TABLE large (n integer); SELECT pg_sleep(2);")

    assert await migrate(schema_of(database), packages=(slow,)) == ["wangge_slow/0001_slow.sql"]
    assert database.sql("SELECT count(*) FROM escalation.large") == ["0"]


async def test_who_comes_second_waits_for_the_first_and_says_so(
    database: FreshDatabase, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(migrating, "_TELLS_EVERY_S", 0.2)
    monkeypatch.setattr(postgres, "_COMMAND_TIMEOUT_S", 1.0)
    first = await schema_of(database).connect()
    lock = key_hash("migrate/escalation")
    await first.execute("SELECT pg_advisory_lock($1)", lock)
    with capture_logs() as logged:
        second = asyncio.ensure_future(migrate(schema_of(database), packages=("wangge_chassis",)))
        await asyncio.wait({second}, timeout=2)
        assert not second.done()
        assert [line["event"] for line in logged].count("another_replica_migrates") >= 2
        await first.execute("SELECT pg_advisory_unlock($1)", lock)
        assert "wangge_chassis/0001_chassis.sql" in await second
    await first.close()


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
