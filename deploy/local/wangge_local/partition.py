"""A part that stands still: which, why, and what an operator decides about it."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import datetime
from typing import TypeVar

from wangge_chassis import Connection, Database, halting, instants
from wangge_chassis.burying import DEAD_LETTER_TYPE, epitaph, remains
from wangge_contracts.cloudevents import Envelope, to_headers
from wangge_contracts.message import derive_id
from wangge_contracts.topics import DEAD_LETTERS, SERVICES
from wangge_intake.sealing import seal_with
from wangge_local.dead_letters import SEALED
from wangge_local.ground import GroundError
from wangge_local.house_books import DATABASE, Halted, HouseBooks
from wangge_local.listening import Heard, Listener
from wangge_local.postgres import Postgres
from wangge_local.speaking import Speaker

T = TypeVar("T")
SKIPPED = "skipped"
"""The code of a dead letter that says what an operator skipped, and why."""


def find(postgres: Postgres, service: str, part: str | None) -> Halted:
    """Return the part of *service* that stands still; raises GroundError when none does, or several do."""
    if service not in SERVICES:
        raise GroundError(f"there is no service {service!r}; there is {', '.join(SERVICES)}")
    halted = [each for each in HouseBooks(postgres).halted() if each.service == service]
    fitting = [each for each in halted if part in (None, each.part)]
    if len(fitting) == 1:
        return fitting[0]
    others = ", ".join(each.part for each in halted)
    if not halted:
        raise GroundError(f"no part of {service} stands still: wangge partition list")
    raise GroundError(f"parts of {service} that stand still: {others}; name one of them")


def record_at(bootstrap: str, part: Halted) -> Heard | None:
    """Return the record at which the part stands, None when the broker has it no more."""
    with Listener(bootstrap, [], since={(part.topic, part.partition): part.offset}) as listener:
        found = listener.more(timeout=5, most=1)
    return next((record for record in found if record.offset == part.offset), None)


def retry(postgres: Postgres, part: Halted) -> None:
    """Let its owner try again from where it stands; raises GroundError when it stands still no more."""

    async def work(connection: Connection) -> bool:
        return await halting.retry(connection, part.consumer, part.part)

    if not _as_service(postgres, part.service, work):
        raise GroundError(f"part {part.part} of {part.consumer} does not stand still any more")


def skip(postgres: Postgres, bootstrap: str, part: Halted, *, reason: str, key: str) -> None:
    """
    Let the part go on past what it stands at, and put what was skipped, and why, among the dead letters.

    The fact is said first: what is skipped without a trace could never be found again.

    :param key: seals what outsiders wrote. :raises GroundError: it stands still no more, or Kafka refuses.
    """
    record = record_at(bootstrap, part) if part.seen is None else None
    _as_service(
        postgres, part.service, lambda connection: _skip(connection, bootstrap, part, record, reason, key)
    )


async def _skip(
    connection: Connection, bootstrap: str, part: Halted, record: Heard | None, reason: str, key: str
) -> None:
    clock = instants.HouseClock()
    now = await clock.now(connection)
    spoken_at = clock.time.at(instants.from_broker(record.timestamp_ms)) if record is not None else now
    value = record.value if record is not None else None
    topic = DEAD_LETTERS.named(part.service)
    left = remains(
        part.key.encode() if part.key is not None else None,
        record.headers if record is not None else (),
        value if record is not None else b"",
        topic=topic,
        seal=seal_with(key) if part.service == SEALED else None,
    )
    headers = [*_headers(part, reason=reason, at=now, spoken_at=spoken_at), *left.headers]
    speaker = Speaker(bootstrap, source="/wangge/operator")
    speaker.hand_over(topic, key=left.key, headers=headers, value=left.value)
    speaker.flush()
    if await halting.skip(connection, part.consumer, part.part) is None:
        raise GroundError(f"part {part.part} of {part.consumer} does not stand still any more")


def _headers(part: Halted, *, reason: str, at: datetime, spoken_at: datetime) -> list[tuple[str, bytes]]:
    what = f"expected sequence {part.expected}, seen {part.seen}: " if part.seen is not None else ""
    place = (part.topic, str(part.partition), str(part.offset))
    envelope = Envelope(
        derive_id("dead-letter", part.consumer, *place, SKIPPED, at.isoformat()),
        "/wangge/operator",
        DEAD_LETTER_TYPE,
        at,
    )
    return [
        *to_headers(envelope),
        *epitaph(
            part.topic,
            part.partition,
            part.offset,
            spoken_at,
            code=SKIPPED,
            reason=f"{what}{reason} (it stood still because: {part.reason})",
        ),
    ]


def _as_service(postgres: Postgres, service: str, work: Callable[[Connection], Awaitable[T]]) -> T:
    """Run *work* on a connection of the service's own role."""

    async def run() -> T:
        database = Database(postgres.dsn(service, database=DATABASE), schema=service)
        connection = await database.connect()
        try:
            return await work(connection)
        finally:
            await connection.close()

    return asyncio.run(run())
