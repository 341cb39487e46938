"""A schema is brought up to date by one replica, however long it takes, and never by too old a version."""

import asyncio
import re
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from structlog.testing import capture_logs

from tests.ground import FreshDatabase
from tests.service.chassis.running import echo_run, get_json
from tests.waiting import wait_for
from wangge_chassis import Database, migrate as migrating, postgres
from wangge_chassis.migrate import MigrationError, migrate
from wangge_chassis.partitioner import key_hash
from wangge_local.doors import Door
from wangge_local.house_replicas import wait_until_ready
from wangge_local.kafka import Kafka
from wangge_local.ports import free_port

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
        monkeypatch.delitem(sys.modules, "wangge_slow", raising=False)  # another test's
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
    said: list[str] = []
    with capture_logs() as logged:
        second = asyncio.ensure_future(
            migrate(schema_of(database), packages=("wangge_chassis",), say=said.append)
        )
        await asyncio.wait({second}, timeout=2)
        assert not second.done()
        assert [line["event"] for line in logged].count("another_replica_migrates") >= 2
        await first.execute("SELECT pg_advisory_unlock($1)", lock)
        assert "wangge_chassis/0001_chassis.sql" in await second
    waited, migrated, *_ = dict.fromkeys(said)
    assert waited.startswith("migrating: another replica is at it, waited for since ")
    assert migrated.startswith("migrating wangge_chassis/0001_chassis.sql since ")
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


async def test_a_version_starts_on_what_a_newer_one_has_applied_if_that_bears_it(
    database: FreshDatabase, package: Write
) -> None:
    slow = package("-- Wider.\n-- Bears versions from 0002 on.\nCREATE TABLE large (n integer);")
    await migrate(schema_of(database), packages=(slow,))
    assert database.sql("SELECT bears FROM escalation.migration") == ["0002"]

    await migrate(schema_of(database), packages=("wangge_chassis",))
    newest = database.sql("SELECT max(name) FROM escalation.migration WHERE name LIKE 'wangge_chassis/%'")
    ours = newest[0].removeprefix("wangge_chassis/")[:4]
    newer = "INSERT INTO migration VALUES ('wangge_chassis/9998_newer.sql', '', now(), '{}')"
    database.sql(newer.format(ours), role="escalation")
    with capture_logs() as logged:
        assert await migrate(schema_of(database), packages=("wangge_chassis",)) == []
    assert [line["names"] for line in logged] == [["wangge_chassis/9998_newer.sql"]]

    database.sql(
        f"UPDATE migration SET bears = '{int(ours) + 1:04d}' WHERE bears IS NOT NULL", role="escalation"
    )
    with pytest.raises(MigrationError, match="9998_newer"):
        await migrate(schema_of(database), packages=("wangge_chassis",))


async def test_who_reads_the_table_of_migrations_for_long_keeps_no_replica_from_its_start(
    database: FreshDatabase,
) -> None:
    await migrate(schema_of(database), packages=("wangge_chassis",))
    dump = await schema_of(database).connect()
    async with dump.transaction():
        await dump.execute("LOCK TABLE migration IN ACCESS SHARE MODE")
        async with asyncio.timeout(10):  # a lock is waited for 15 s
            assert await migrate(schema_of(database), packages=("wangge_chassis",)) == []
    await dump.close()


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


@dataclass
class Room:
    """What a house knows of a replica that runs already."""

    port: int
    name: str = "ledger-0"
    program: bool = True

    @property
    def door(self) -> Door:
        return Door(self.name, f"http://127.0.0.1:{self.port}")

    def tend(self) -> Iterator[str]:
        return iter(())


async def test_a_house_waits_for_a_room_that_migrates_and_shows_what_and_since_when(
    fresh_topics: Kafka, database: FreshDatabase, package: Write, tmp_path: Path
) -> None:
    slow = package("SELECT pg_advisory_xact_lock(7); CREATE TABLE large (n integer);")
    holder = await schema_of(database).connect()
    await holder.execute("SELECT pg_advisory_lock(7)")
    room: Any = Room(free_port())
    with echo_run(fresh_topics, database) as run:
        run.besides = {"PYTHONPATH": str(tmp_path), "WANGGE_ECHO_PACKAGE": slow}
        run.start("a", hop=2, port=room.port)
        wait_for("it migrates", lambda: "migrating wangge_slow" in str(room.door.health()))
        waiting = wait_until_ready([room], timeout=1.5)
        said = {next(waiting)["ledger-0"] for _ in range(20)}  # 0.1 s lie between two

        [told] = said
        assert re.fullmatch(rf"migrating {slow}/0001_slow\.sql since [\d-]{{10}} [\d:]{{8}} UTC", told)

        await holder.execute("SELECT pg_advisory_unlock(7)")
        wait_for("it is ready", lambda: get_json(room.port, "/health/ready", expect=200))
        assert list(wait_until_ready([room], timeout=10))[-1] == {}
        assert database.sql("SELECT count(*) FROM large", role="ledger") == ["0"]
    await holder.close()
