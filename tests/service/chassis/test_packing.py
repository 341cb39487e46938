"""What waits in the outbox: of an older version it is published by the next, and an operator can see it."""

import hashlib
from importlib.resources import files

import pytest

from tests.ground import FreshDatabase
from tests.service.chassis.running import echo_run, read_all
from tests.waiting import wait_for
from wangge_chassis import Database
from wangge_chassis.migrate import migrate
from wangge_chassis.packing import entry, pack
from wangge_chassis.partitioner import partition_of
from wangge_chassis.records import pack_headers
from wangge_contracts import topics
from wangge_contracts.topics import INSIDE_PARTITIONS_DEFAULT
from wangge_local import house_books
from wangge_local.ground import GroundError
from wangge_local.kafka import Kafka

KEY = "i1"
BEFORE_PACKING = ("0001_chassis.sql", "0002_outbox_uncompressed.sql", "0003_reference.sql")
HEADERS = [("ce_id", b"one"), ("any", bytes(range(256)))]


def test_a_row_a_message_is_carried_over_and_published_in_order(
    fresh_topics: Kafka, database: FreshDatabase
) -> None:
    part = str(partition_of(KEY, INSIDE_PARTITIONS_DEFAULT))
    _as_the_older_left_it(database)
    database.sql(
        f"""
        INSERT INTO ownership (consumer, part, last_position) VALUES ('escalation', '{part}', 9);
        INSERT INTO outbox (consumer, part, position, topic, key, headers, value) VALUES
            ('escalation', '{part}', 8, '{topics.CLOCKS_CHANGED.name}', '{KEY}',
             '\\x{pack_headers(HEADERS).hex()}', convert_to('第一', 'UTF8')),
            ('escalation', '{part}', 9, '{topics.CLOCKS_CHANGED.name}', '{KEY}', '', NULL);
        """,
        role="escalation",
    )
    with echo_run(fresh_topics, database) as run:
        run.start("a")
        wait_for("all is published", lambda: run.count("SELECT count(*) FROM outbox") == 0)
        run.stop_all()

    published = [
        (record.key(), record.value(), record.headers())
        for record in read_all(fresh_topics.bootstrap, topics.CLOCKS_CHANGED.name)
    ]
    assert published == [(b"i1", "第一".encode(), HEADERS), (b"i1", None, None)]


async def test_what_waits_to_be_published_is_counted_by_messages_and_the_oldest_is_named(
    database: FreshDatabase, monkeypatch: pytest.MonkeyPatch
) -> None:
    await migrate(Database(database.dsn("escalation"), schema="escalation"), packages=("wangge_chassis",))
    for position, times in ((2, ("T1", "T2")), (3, ("T3",))):
        said = [
            entry(f"about.{time}", None, pack_headers([("ce_time", time.encode())]), b"{}") for time in times
        ]
        database.sql(
            "INSERT INTO outbox (consumer, part, position, messages, packed)"
            f" VALUES ('escalation', '0', {position}, {len(said)}, '\\x{pack(said).hex()}')",
            role="escalation",
        )
    monkeypatch.setattr(house_books, "DATABASE", database.name)
    books = house_books.HouseBooks(database.postgres)

    assert books.unpublished() == [house_books.Unpublished("escalation", 3, "about.T1", "T1")]
    assert books.pulse().promised == 3


def test_of_a_room_of_an_older_version_it_is_said_that_it_is_one(
    database: FreshDatabase, monkeypatch: pytest.MonkeyPatch
) -> None:
    _as_the_older_left_it(database)
    monkeypatch.setattr(house_books, "DATABASE", database.name)
    stands, lacks = "wangge_chassis/0003_reference.sql", "wangge_chassis/0004_outbox_packed.sql"

    with pytest.raises(
        GroundError, match=f"^escalation is of an older version .* at {stands} and lacks {lacks}"
    ):
        house_books.HouseBooks(database.postgres).pulse()


def _as_the_older_left_it(database: FreshDatabase) -> None:
    database.sql(
        "CREATE TABLE migration"
        " (name text PRIMARY KEY, checksum text NOT NULL, applied_at timestamptz NOT NULL DEFAULT now())",
        role="escalation",
    )
    for name in BEFORE_PACKING:
        text = (files("wangge_chassis") / "migrations" / name).read_text("utf-8")
        checksum = hashlib.sha256(text.encode()).hexdigest()
        database.sql(
            f"{text}; INSERT INTO migration (name, checksum) VALUES ('wangge_chassis/{name}', '{checksum}')",
            role="escalation",
        )
