"""Reference data on a real topic and in a real schema: what is kept, and what is in force when."""

import asyncio
import gc
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any
from weakref import ref

import pytest

from tests.ground import FreshDatabase, renew_topics
from tests.publishing import piece
from wangge_chassis import Connection, Database
from wangge_chassis.instants import HouseClock
from wangge_chassis.migrate import migrate
from wangge_chassis.reference import NotPublished, Reference
from wangge_chassis.reference_keeping import keep
from wangge_contracts.topics import REFERENCE_PUBLISHED
from wangge_local.bundle import digest
from wangge_local.kafka import Kafka
from wangge_local.speaking import Speaker

NOW = datetime.now(UTC).replace(microsecond=0)
HOUR = timedelta(hours=1)


@pytest.fixture
async def schema(database: FreshDatabase) -> Database:
    """A service's schema, up to date."""
    of_service = Database(database.dsn("router"), schema="router")
    await migrate(of_service, packages=("wangge_chassis",))
    return of_service


@asynccontextmanager
async def kept(reference: Reference, schema: Database, kafka: Kafka) -> AsyncIterator[Connection]:
    """A replica that follows the topic, and a connection for its turns."""
    following = asyncio.ensure_future(
        keep(reference, database=schema, clock=HouseClock(), bootstrap=[kafka.bootstrap])
    )
    connection = await schema.connect()
    try:
        yield connection
        assert not following.done(), following.exception()
    finally:
        following.cancel()
        await asyncio.wait([following])
        await connection.close()


def put(kafka: Kafka, version: str, *, since: datetime = NOW, **parts: Any) -> None:
    """Publish *parts*, then the manifest that names them."""
    for kind, content in parts.items():
        say(kafka, kind, content, version=version, since=since)
    hashes = {kind: digest(content) for kind, content in parts.items()}
    say(kafka, "manifest", hashes, version=version, since=since)


def say(kafka: Kafka, kind: str, content: Any, *, version: str, since: datetime = NOW) -> None:
    """Publish one piece."""
    message = piece(kind, content, version=version, since=since)
    speaker = Speaker(kafka.bootstrap, source="/tests")
    speaker.say(REFERENCE_PUBLISHED.name, message, key=message.hash, message_id=message.hash[:32])
    speaker.flush()


async def until(holds: Callable[[], Awaitable[bool]]) -> None:
    """Wait for what must become true."""
    for _ in range(1500):
        if await holds():
            return
        await asyncio.sleep(0.02)
    raise AssertionError("not within 30 s")


async def healthy(reference: Reference) -> bool:
    """Whether turns may begin."""
    return reference.trouble is None


async def seen(reference: Reference, connection: Connection, *, count: int, at: datetime) -> str:
    """Return the version in force at *at* for a turn that finds *count* versions in the schema."""

    async def there() -> bool:
        return bool(await connection.fetchval("SELECT count(*) = $1 FROM reference_manifest", count))

    await until(there)
    await reference.see(connection, count, at)
    return reference.current().version


async def test_a_version_stays_when_the_topic_has_lost_it(fresh_topics: Kafka, schema: Database) -> None:
    put(fresh_topics, "1", ladder={"steps": 1}, rosters={"posts": []})
    async with kept(Reference(), schema, fresh_topics) as connection:
        await seen(Reference(), connection, count=1, at=NOW)
    renew_topics(fresh_topics.bootstrap)

    started_again = Reference()
    async with kept(started_again, schema, fresh_topics):
        await until(partial(healthy, started_again))
    assert started_again.current().part("ladder") == {"steps": 1}


async def test_a_version_waits_for_its_house_time_and_none_goes_back(
    fresh_topics: Kafka, schema: Database
) -> None:
    reference = Reference(keeps=("ladder",))
    put(fresh_topics, "1", ladder={"steps": 1})
    put(fresh_topics, "2", since=NOW + HOUR, ladder={"steps": 2})
    async with kept(reference, schema, fresh_topics) as connection:
        assert await seen(reference, connection, count=2, at=NOW) == "1"
        first = reference.current()
        assert [*first.ever["ladder"]] == [{"steps": 1}]
        assert await seen(reference, connection, count=2, at=NOW + HOUR / 2) == "1"
        assert reference.current() is first
        assert await seen(reference, connection, count=2, at=NOW + HOUR) == "2"
        assert [*reference.current().ever["ladder"]] == [{"steps": 1}, {"steps": 2}]

        put(fresh_topics, "1", since=NOW + 2 * HOUR, ladder={"steps": 1})

        assert await seen(reference, connection, count=3, at=NOW + HOUR) == "2"
        assert await seen(reference, connection, count=3, at=NOW + 2 * HOUR) == "1"


async def test_a_version_of_an_earlier_time_that_comes_later_is_kept_beside_the_one_in_force(
    fresh_topics: Kafka, schema: Database
) -> None:
    reference = Reference(keeps=("ladder",))
    put(fresh_topics, "1", ladder={"steps": 1})
    async with kept(reference, schema, fresh_topics) as connection:
        await seen(reference, connection, count=1, at=NOW)
        put(fresh_topics, "0", since=NOW - HOUR, ladder={"steps": 0})

        assert await seen(reference, connection, count=2, at=NOW) == "1"

        assert [*reference.current().ever["ladder"]] == [{"steps": 0}, {"steps": 1}]


class Knot:
    """What a room makes of a version: it holds itself, as whatever remembers its own answers does."""

    def __init__(self) -> None:
        self.itself = self


async def test_of_versions_that_are_over_nothing_stays_but_text(
    fresh_topics: Kafka, schema: Database
) -> None:
    reference = Reference(keeps=("ladder",))
    made = reference.reading(lambda _: Knot())
    put(fresh_topics, "1", ladder={"steps": 1})
    async with kept(reference, schema, fresh_topics) as connection:
        await seen(reference, connection, count=1, at=NOW)
        gc.collect()  # from here on it has lived for long
        first = ref(made())
        put(fresh_topics, "2", ladder={"steps": 2})

        assert await seen(reference, connection, count=2, at=NOW) == "2"

        assert first() is None
        ever = reference.current().ever["ladder"]
        assert next(iter(ever)) is not next(iter(ever))


async def test_a_piece_that_cannot_be_read_is_passed_over(fresh_topics: Kafka, schema: Database) -> None:
    reference = Reference()
    put(fresh_topics, "1", ladder={"steps": 1})
    async with kept(reference, schema, fresh_topics) as connection:
        assert await seen(reference, connection, count=1, at=NOW) == "1"
        say(fresh_topics, "manifest", ["ladder"], version="1")
        speaker = Speaker(fresh_topics.bootstrap, source="/tests")
        speaker.hand_over(REFERENCE_PUBLISHED.name, key=b"x", headers=[], value=b"no JSON")
        speaker.hand_over(REFERENCE_PUBLISHED.name, key=b"y", headers=[], value=None)
        speaker.flush()
        put(fresh_topics, "2", ladder={"steps": 2})

        assert await seen(reference, connection, count=2, at=NOW) == "2"


def steps_in(reference: Reference) -> Callable[[], int]:
    """What a room reads: the number of steps."""
    return reference.reading(lambda bundle: int(bundle.part("ladder")["steps"]))


async def test_a_version_that_a_room_cannot_read_leaves_the_one_before_in_force(
    fresh_topics: Kafka, schema: Database
) -> None:
    reference = Reference(keeps=("ladder",))
    steps = steps_in(reference)
    put(fresh_topics, "1", ladder={"steps": 1})
    async with kept(reference, schema, fresh_topics) as connection:
        assert await seen(reference, connection, count=1, at=NOW) == "1"
        put(fresh_topics, "2", since=NOW + HOUR, ladder={"steps": "many"})

        assert await seen(reference, connection, count=2, at=NOW + HOUR) == "1"

        assert steps() == 1
        assert await healthy(reference)
        assert "invalid literal" in reference.unreadable["2"]
        assert [*reference.current().ever["ladder"]] == [{"steps": 1}]


async def test_who_was_decided_by_a_version_that_is_not_in_force_waits_for_one_as_new(
    fresh_topics: Kafka, schema: Database
) -> None:
    reference = Reference()
    steps_in(reference)
    put(fresh_topics, "1", ladder={"steps": 1})
    put(fresh_topics, "2", since=NOW + HOUR, ladder={"steps": "many"})
    async with kept(reference, schema, fresh_topics) as connection:
        await seen(reference, connection, count=2, at=NOW + HOUR)
        assert reference.lacks("1") is None
        assert "version 2 cannot be read here" in (reference.lacks("2") or "")
        assert "version 3 is not here" in (reference.lacks("3") or "")

        put(fresh_topics, "3", since=NOW + HOUR, ladder={"steps": 3})
        await seen(reference, connection, count=3, at=NOW + HOUR)

        assert [reference.lacks(version) for version in ("1", "2", "3")] == [None, None, None]


async def test_without_any_version_that_can_be_read_no_turn_begins(
    fresh_topics: Kafka, schema: Database
) -> None:
    needed, optional = Reference(), Reference(needed=False)
    read = [steps_in(reference) for reference in (needed, optional)]
    put(fresh_topics, "1", ladder={"steps": "many"})
    async with kept(needed, schema, fresh_topics) as connection:
        for reference in (needed, optional):
            await until(partial(said, reference, connection))
            with pytest.raises(NotPublished):
                reference.current()

    assert "version 1 cannot be read" in (needed.trouble or "")
    assert optional.trouble is None
    for steps in read:
        with pytest.raises(NotPublished):
            steps()


async def said(reference: Reference, connection: Connection) -> bool:
    """Whether *reference* has found something of no use."""
    await reference.see(connection, await connection.fetchval("SELECT count(*) FROM reference_manifest"), NOW)
    return bool(reference.unreadable)


async def test_a_part_in_pieces_is_read_as_one(fresh_topics: Kafka, schema: Database) -> None:
    reference = Reference()
    pieces = {"rosters": {"terminal": "pda", "posts": [1, 2]}, "rosters.2": {"posts": [3]}, "places": [1]}
    for kind, content in pieces.items():
        say(fresh_topics, kind, content, version="1")
    say(fresh_topics, "manifest", {kind: digest(each) for kind, each in pieces.items()}, version="1")
    async with kept(reference, schema, fresh_topics) as connection:
        await seen(reference, connection, count=1, at=NOW)

    assert dict(reference.current().parts) == {
        "rosters": {"terminal": "pda", "posts": [1, 2, 3]},
        "places": [1],
    }
