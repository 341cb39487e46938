"""Numbered SQL files, applied once each under an advisory lock."""

import asyncio
import hashlib
import re
import time
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from importlib.resources import files

import structlog

from wangge_chassis.holding import MustExit
from wangge_chassis.partitioner import key_hash
from wangge_chassis.postgres import Connection, Database

MIGRATING = "migrating"
"""So begins what a replica says of itself while a migration runs: whoever waits for it goes on waiting."""
BEARS = re.compile(r"^-- Bears (?:no version before|versions from (\d{4}) on)\.$", re.MULTILINE)
"""
What a file says of older versions: they work on what it leads to if their newest file of its folder is that
one or a later one. Said to `migration`, where an older version reads it before it starts.
"""
_SAYS_WHOM_IT_BEARS = (
    "SELECT EXISTS (SELECT FROM pg_attribute WHERE attrelid = 'migration'::regclass AND attname = 'bears')"
)
_LOOKS_AGAIN_S = 0.5
_TELLS_EVERY_S = 10.0


class MigrationError(MustExit):
    """The schema is not one that our files lead to; says which file, and what to do. Nothing is changed."""


async def migrate(
    database: Database, *, packages: tuple[str, ...], say: Callable[[str], None] = lambda _: None
) -> list[str]:
    """
    Apply what is new of the `migrations` folders of *packages*, in order; return the names applied.

    Replicas that start together wait for each other: the lock is the schema's own. Each file is one
    transaction, and takes as long as it takes; *say* hears which one runs, and since when. Raises
    MigrationError for an applied file whose text changed, or that only a newer version has and that does not
    bear ours.
    """
    connection = await database.connect(unhurried=True)
    applied: list[str] = []
    try:
        await _lock(connection, database.schema, say=say)
        if not await connection.fetchval("SELECT to_regnamespace($1) IS NOT NULL", database.schema):
            await connection.execute(f'CREATE SCHEMA "{database.schema}"')
        await connection.execute(
            """
            CREATE TABLE IF NOT EXISTS migration (
                name text PRIMARY KEY, checksum text NOT NULL, applied_at timestamptz NOT NULL DEFAULT now()
            )
            """
        )
        # Not IF NOT EXISTS, which waits for whoever dumps the schema even when there is nothing to add.
        if not await connection.fetchval(_SAYS_WHOM_IT_BEARS):
            await connection.execute("ALTER TABLE migration ADD COLUMN bears text")
        rows = await connection.fetch("SELECT name, checksum, bears FROM migration")
        known = {row["name"]: row["checksum"] for row in rows}
        found = scripts(packages)
        newer = {row["name"]: row["bears"] for row in rows if row["name"] not in found}
        _refuse_what_is_newer(newer, _newest(packages, found), schema=database.schema)
        for name, text in found.items():
            checksum = hashlib.sha256(text.encode()).hexdigest()
            if name not in known:
                structlog.get_logger().info("migration_begins", name=name)
                say(f"{MIGRATING} {name} since {_now()}")
                async with connection.transaction():
                    await connection.execute(text)
                    await connection.execute(
                        "INSERT INTO migration (name, checksum, bears) VALUES ($1, $2, $3)",
                        *(name, checksum, bears(text)),
                    )
                applied.append(name)
            elif known[name] != checksum:
                raise MigrationError(
                    f"{name} was applied to schema {database.schema} with other text: add a new file instead"
                )
    finally:
        await connection.close()
    return applied


async def _lock(connection: Connection, schema: str, *, say: Callable[[str], None]) -> None:
    """Wait until no other replica migrates *schema*, however long it takes, and say so meanwhile."""
    began = told_at = time.monotonic()
    since = _now()
    while not await connection.fetchval("SELECT pg_try_advisory_lock($1)", key_hash(f"migrate/{schema}")):
        say(f"{MIGRATING}: another replica is at it, waited for since {since}")
        if time.monotonic() - told_at >= _TELLS_EVERY_S:
            told_at = time.monotonic()
            structlog.get_logger().warning("another_replica_migrates", waited_s=round(told_at - began))
        await asyncio.sleep(_LOOKS_AGAIN_S)


def _now() -> str:
    return f"{datetime.now(UTC):%Y-%m-%d %H:%M:%S} UTC"


def bears(text: str) -> str | None:
    """Return the number of the oldest file whose version works on what the migration *text* leads to."""
    found = BEARS.search(text)
    return found[1] if found else None


def _newest(packages: tuple[str, ...], found: Mapping[str, str]) -> dict[str, str]:
    """Return the number of the newest file that we have of each package; "" where there is none."""
    numbers = dict.fromkeys(packages, "")
    for name in found:
        package, _, file = name.rpartition("/")
        numbers[package] = max(numbers[package], file[:4])
    return numbers


def _refuse_what_is_newer(newer: Mapping[str, str | None], ours: Mapping[str, str], *, schema: str) -> None:
    """Raise MigrationError if a *newer* file of our packages does not bear us; strangers' are no concern."""
    of_ours = {name: oldest for name, oldest in newer.items() if name.rpartition("/")[0] in ours}
    refused = [
        name for name, oldest in of_ours.items() if not oldest or ours[name.rpartition("/")[0]] < oldest
    ]
    if refused:
        raise MigrationError(
            f"{', '.join(sorted(refused))} was applied to schema {schema} by a newer version: start that"
            " version (deploy/upgrading.md)"
        )
    if of_ours:
        structlog.get_logger().warning("schema_is_newer", names=sorted(of_ours))


def scripts(packages: tuple[str, ...]) -> dict[str, str]:
    """Return the files of the `migrations` folders of *packages*, in order: text by name, `PACKAGE/FILE`."""
    found: dict[str, str] = {}
    for package in packages:
        folder = files(package) / "migrations"
        names = (
            sorted(item.name for item in folder.iterdir() if item.name.endswith(".sql"))
            if folder.is_dir()
            else []
        )
        found |= {f"{package}/{name}": (folder / name).read_text("utf-8") for name in names}
    return found
