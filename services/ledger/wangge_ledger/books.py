"""The door's connections: a small pool for those who ask, and one more for those who act."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import datetime

from wangge_chassis import Connection, Database
from wangge_chassis.instants import HouseClock
from wangge_chassis.postgres import Pool


class Books:
    """Opens with the first question; whoever acts waits for others who act, never for those who ask."""

    def __init__(self, database: Database, *, connections: int) -> None:
        self._database = database
        self._size = connections + 1
        self._questions = asyncio.Semaphore(connections)
        self._opening = asyncio.Lock()
        self._pool: Pool | None = None
        self._clock = HouseClock()

    @asynccontextmanager
    async def opened(self) -> AsyncIterator[Connection]:
        """Lend a connection to a question; raises what the driver raises when the database is away."""
        async with self._questions, self.opened_to_act() as connection:
            yield connection

    @asynccontextmanager
    async def opened_to_act(self) -> AsyncIterator[Connection]:
        """Lend a connection to an act: one is free however many ask; raises as the driver does."""
        async with self._opening:
            if self._pool is None:
                self._pool = await self._database.pool(size=self._size)
        async with self._pool.acquire() as connection:
            yield connection

    async def house_now(self) -> datetime:
        """Return the house time of this moment, UTC: the instant at which a person's click takes effect."""
        async with self.opened_to_act() as connection:
            return await self._clock.now(connection)

    async def close(self) -> None:
        """Close every connection."""
        if self._pool is not None:
            self._pool.terminate()
