"""A cluster keeps what was committed, and a role keeps to its own schema."""

import asyncio
import stat
from pathlib import Path
from typing import Any

import asyncpg
import pytest

from tests import ground
from tests.ground import FreshDatabase
from wangge_local.ground import GroundError, run
from wangge_local.postgres import Postgres
from wangge_local.postgres_sessions import Blocking, blocking, blocking_line, held_line, held_open


def test_what_was_committed_is_there_after_a_restart_and_after_a_kill(own_postgres: Postgres) -> None:
    address = own_postgres.dsn()
    own_postgres.sql("CREATE TABLE kept AS SELECT 1 AS times")
    own_postgres.restart()
    own_postgres.sql("UPDATE kept SET times = 2")
    own_postgres.kill()

    own_postgres.start()

    assert own_postgres.dsn() == address
    assert own_postgres.sql("SELECT times FROM kept") == ["2"]


def test_a_commit_is_on_the_disk_before_it_is_answered(own_postgres: Postgres) -> None:
    assert own_postgres.sql("SHOW fsync; SHOW synchronous_commit; SHOW full_page_writes") == [
        "on",
        "on",
        "on",
    ]


def test_a_first_start_that_was_killed_amid_the_making_of_the_cluster_is_made_up_for_by_the_next(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def killed_after(*arguments: Any, **options: Any) -> str:
        run(*arguments, **options)
        raise KeyboardInterrupt

    with ground.folder() as folder:
        cluster = Postgres(folder, bound=True)
        monkeypatch.setattr("wangge_local.postgres.run", killed_after)
        with pytest.raises(KeyboardInterrupt):
            cluster.start()
        monkeypatch.undo()

        cluster.start()
        assert cluster.sql("SHOW port") == [str(cluster.port)]
        cluster.stop()


def test_passwords_are_read_by_their_owner_only(own_postgres: Postgres) -> None:
    file = own_postgres.folder / "passwords.json"

    assert stat.S_IMODE(file.stat().st_mode) == 0o600


def test_a_wrong_password_does_not_come_in(own_postgres: Postgres, tmp_path: Path) -> None:
    stranger = Postgres(tmp_path)
    (tmp_path / "ports.json").write_text((own_postgres.folder / "ports.json").read_text())
    (tmp_path / "passwords.json").write_text('{"postgres": "guessed"}')

    with pytest.raises(GroundError, match=r"password authentication failed"):
        stranger.sql("SELECT 1")


def test_a_role_uses_its_own_schema(database: FreshDatabase) -> None:
    rows = database.sql("CREATE TABLE router.task (id int); SELECT count(*) FROM router.task", role="router")

    assert rows == ["0"]


@pytest.mark.parametrize(
    "statement",
    [
        "SELECT * FROM router.task",
        "CREATE TABLE router.mine (id int)",
        "CREATE TABLE public.mine (id int)",
        "CREATE SCHEMA mine",
        "INSERT INTO house.anchor (real_at, house_at) VALUES (now(), now())",
    ],
)
def test_a_role_is_refused_everything_else(database: FreshDatabase, statement: str) -> None:
    database.sql("CREATE TABLE router.task (id int)", role="router")

    with pytest.raises(GroundError, match="permission denied"):
        database.sql(statement, role="intake")


def test_everybody_reads_house_time(database: FreshDatabase) -> None:
    assert database.sql("SELECT count(*) FROM house.anchor", role="ledger") == ["0"]


def test_provisioning_again_changes_nothing(own_postgres: Postgres) -> None:
    own_postgres.provision(["router"], database="twice")
    own_postgres.sql("CREATE TABLE router.task (id int)", database="twice", role="router")

    own_postgres.provision(["router"], database="twice")

    assert own_postgres.sql("SELECT count(*) FROM router.task", database="twice", role="router") == ["0"]


def test_databases_of_two_tests_do_not_meet(postgres: Postgres) -> None:
    with ground.fresh_database(postgres) as one, ground.fresh_database(postgres) as other:
        one.sql("CREATE TABLE router.task (id int)", role="router")

        assert other.sql("SELECT to_regclass('router.task') IS NULL") == ["t"]


async def test_who_keeps_a_snapshot_is_named_and_who_only_stands_there_is_not(
    database: FreshDatabase,
) -> None:
    dump, idle = await session(database, "pg_dump"), await session(database, "psql")
    try:
        await idle.execute("BEGIN; SELECT 1")
        await dump.execute("BEGIN ISOLATION LEVEL REPEATABLE READ; SELECT 1")
        [held] = held_open(database.postgres, database.name, over_s=0)
        fresh = held_open(database.postgres, database.name)
    finally:
        await dump.close()
        await idle.close()

    assert (held.application, held.role, held.state) == ("pg_dump", "postgres", "idle in transaction")
    assert f"pg_terminate_backend({held.pid})" in held_line(held)
    assert fresh == []


async def test_who_holds_a_lock_that_others_wait_for_is_named(database: FreshDatabase) -> None:
    forgotten, room = await session(database, "psql"), await session(database, "wangge-router")
    database.sql("CREATE TABLE router.task (id int)")
    await forgotten.execute("BEGIN; LOCK TABLE router.task")
    waiting = asyncio.ensure_future(room.execute("SELECT * FROM router.task"))
    try:
        found: list[Blocking] = []
        async with asyncio.timeout(10):
            while not found:
                found = await asyncio.to_thread(blocking, database.postgres, database.name, over_s=0)
        fresh = blocking(database.postgres, database.name, over_s=60)
    finally:
        await forgotten.close()
        await waiting
        await room.close()

    [held] = found
    assert (held.application, held.state, held.waiting) == ("psql", "idle in transaction", "wangge-router")
    assert "wangge-router has waited for" in blocking_line(held)
    assert f"pg_terminate_backend({held.pid})" in blocking_line(held)
    assert fresh == []


async def session(database: FreshDatabase, application: str) -> "asyncpg.Connection[asyncpg.Record]":
    return await asyncpg.connect(database.dsn(), server_settings={"application_name": application})
