"""What the database knows about ids that callers ask for: all who ask at once share one statement."""

import asyncio
import time
from collections import defaultdict
from collections.abc import Sequence

import structlog

from wangge_chassis import Database
from wangge_chassis.postgres import Connection
from wangge_intake import store
from wangge_intake.books import Kept

POLL_S = 0.05
_ANSWER_WITHIN_S = 1.0
_BLIND_S = 1.0
Known = dict[str, Kept | bytes]


class Blind(Exception):
    """The database is away: whether anything is kept under an id cannot be told."""


class Verdicts:
    """
    Looks ids up, once or until they are judged.

    It is blind while the database is away: then nothing is known, and what is kept is judged later.
    """

    def __init__(self, database: Database) -> None:
        self._database = database
        self._connection: Connection | None = None
        self._asked: set[str] = set()
        self._callers: list[asyncio.Future[Known | None]] = []
        """Of the next statement, each with a future of its own: one that goes away leaves the others be."""
        self._asking: asyncio.Task[None] | None = None
        self._waiting: dict[str, set[asyncio.Future[Kept | bytes]]] = defaultdict(set)
        self._polling: asyncio.Task[None] | None = None
        self._blind_until = 0.0

    async def known(self, keys: Sequence[str]) -> Known:
        """Return what is kept under *keys* now; less than there is when the database is away."""
        return (await self._seen(keys) or {}) if keys else {}

    async def one(self, key: str) -> Kept | bytes | None:
        """Return what is kept under *key* now, None when nothing is; raises Blind."""
        seen = await self._seen([key])
        if seen is None:
            raise Blind
        return seen.get(key)

    async def wait(self, keys: Sequence[str], *, within_s: float) -> Known:
        """Return what is kept under *keys* as soon as all are judged, or what there is after *within_s*."""
        loop = asyncio.get_running_loop()
        futures = {key: loop.create_future() for key in keys}
        for key, future in futures.items():
            self._waiting[key].add(future)
        if self._polling is None:
            self._polling = asyncio.ensure_future(self._poll())
        try:
            await asyncio.wait(futures.values(), timeout=within_s)
        finally:
            for key, future in futures.items():
                self._waiting[key].discard(future)
                if not self._waiting[key]:
                    del self._waiting[key]
        return {key: future.result() for key, future in futures.items() if future.done()}

    async def close(self) -> None:
        """Let go of the database."""
        for task in (self._asking, self._polling):
            if task is not None:
                task.cancel()
        self._let_go()

    async def _seen(self, keys: Sequence[str]) -> Known | None:
        """Return what is kept under *keys*, None when that cannot be told."""
        if time.monotonic() < self._blind_until:
            return None
        self._asked.update(keys)
        answer: asyncio.Future[Known | None] = asyncio.get_running_loop().create_future()
        self._callers.append(answer)
        if self._asking is None:
            self._asking = asyncio.ensure_future(self._ask())
        return await answer

    async def _poll(self) -> None:
        try:
            while self._waiting:
                await asyncio.sleep(POLL_S)
                for key, kept in (await self.known(list(self._waiting))).items():
                    for future in self._waiting.get(key, ()):
                        if not future.done():
                            future.set_result(kept)
        finally:
            self._polling = None

    async def _ask(self) -> None:
        try:
            while self._asked:
                await asyncio.sleep(0)
                keys, self._asked = list(self._asked), set()
                callers, self._callers = self._callers, []
                known: Known | None = None
                try:
                    known = await self._look_up(keys)
                finally:
                    for answer in callers:
                        if not answer.done():
                            answer.set_result(known)
        finally:
            self._asking = None

    async def _look_up(self, keys: list[str]) -> Known | None:
        """Whatever is wrong with the database, the door stands: Kafka alone keeps what it is given."""
        try:
            async with asyncio.timeout(_ANSWER_WITHIN_S):
                # One statement at a time needs no pool, which would ask the database for a reset after each.
                if self._connection is None or self._connection.is_closed():
                    self._connection = await self._database.connect()
                return await store.known(self._connection, keys)
        except Exception as error:
            self._let_go()
            self._blind_until = time.monotonic() + _BLIND_S
            structlog.get_logger().warning("verdicts_unknown", reason=repr(error)[:200])
            return None

    def _let_go(self) -> None:
        connection, self._connection = self._connection, None
        if connection is not None:
            connection.terminate()
