"""What stands behind the ledger's door: the books, the way to Kafka, and who may speak."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime
from http import HTTPStatus

from wangge_chassis import Connection
from wangge_chassis.outsiders import Outsiders
from wangge_chassis.postgres import outage_as
from wangge_chassis.problems import Problem, away
from wangge_chassis.producing import Producer
from wangge_ledger import gathering
from wangge_ledger.books import Books
from wangge_ledger.names import Names
from wangge_ledger.people import People, Speaker


@dataclass(frozen=True, slots=True)
class Counter:
    """Everything that the door needs, closed when the service stops."""

    books: Books
    producer: Producer
    people: Callable[[], People]
    outsiders: Callable[[], Outsiders]
    names: Names

    async def attend(self) -> None:
        """Keep the counter open until the service stops, then close it."""
        try:
            await asyncio.Event().wait()
        finally:
            await self.producer.close()
            await self.books.close()

    def speaker(self, authorization: str | None) -> Speaker:
        """Return who is speaking; raises Problem for a stranger."""
        found = self.people().speaker(authorization)
        if found is None:
            raise Problem(HTTPStatus.UNAUTHORIZED, detail="a bearer token that we know is required")
        return found

    def knows(self, authorization: str | None) -> bool:
        """Whether somebody is asking who may act, and may read what is not for everybody."""
        return self.people().speaker(authorization) is not None

    def caller(self, authorization: str | None) -> Speaker | str:
        """Return who asks, an outsider (`departments.gas`) or a person; raises Problem for a stranger."""
        owner = self.outsiders().owner((authorization or "").encode("latin-1"))
        return self.speaker(authorization) if owner is None else owner

    async def knows_unit(self, connection: Connection, holder: str) -> bool:
        """Whether the unit *holder* was ever published, or ever had a task."""
        return await self.names.knows(connection, holder) or await gathering.has_held(connection, holder)

    @asynccontextmanager
    async def reading(self) -> AsyncIterator[Connection]:
        """Lend a database connection; an outage is a problem that may pass."""
        with outage_as(away("the database")):
            async with self.books.opened() as connection:
                yield connection

    @asynccontextmanager
    async def acting(self) -> AsyncIterator[Connection]:
        """Lend a database connection to who acts, however many read; an outage is a problem that may pass."""
        with outage_as(away("the database")):
            async with self.books.opened_to_act() as connection:
                yield connection

    async def house_now(self) -> datetime:
        """Return the house time of this moment."""
        with outage_as(away("the database")):
            return await self.books.house_now()
