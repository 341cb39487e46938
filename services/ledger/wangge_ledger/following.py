"""The newest lines of all timelines -> everybody who follows: read once for all of them, and kept a while."""

import asyncio
import time
from collections import deque
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import contextmanager, suppress

from wangge_chassis import Connection
from wangge_ledger import lookup
from wangge_ledger.counter import Counter
from wangge_ledger.lookup import Position

_LOOK_EVERY_S = 0.3
_QUIET_S = 15.0
_KEPT = 1_000
_Line = tuple[Position, bool, str]


class Followers:
    """
    All who follow: thousands who hear nothing new cost one question, and keep nobody else from asking.

    Who is further behind than what is kept reads for himself.
    """

    def __init__(self, counter: Counter) -> None:
        self._counter = counter
        self._many = 0
        self._looking: asyncio.Task[None] | None = None
        self._news = asyncio.Event()
        self._kept: deque[_Line] = deque(maxlen=_KEPT)
        self._since: Position | None = None
        """All that came after it is kept; None before that is known."""

    async def followed(self, position: Position, *, all_told: bool) -> AsyncIterator[str]:
        """
        Yield events from *position* on, those of hidden matters if *all_told*; never ends.

        First *position* alone: who is cut off before anything happens goes on from there and misses nothing.
        """
        yield f"id: {position[0]}-{position[1]}\n\n"
        quiet_until = time.monotonic() + _QUIET_S
        with self._one_more():
            while True:
                news = self._news
                found = await self._after(position)
                for at, hidden, line in found:
                    position = at
                    if all_told or not hidden:
                        yield f"id: {at[0]}-{at[1]}\ndata: {line}\n\n"
                        quiet_until = time.monotonic() + _QUIET_S
                if not found:
                    with suppress(TimeoutError):
                        await asyncio.wait_for(news.wait(), quiet_until - time.monotonic())
                if time.monotonic() >= quiet_until:
                    yield ": nothing new\n\n"
                    quiet_until = time.monotonic() + _QUIET_S

    @contextmanager
    def _one_more(self) -> Iterator[None]:
        """Look for what is new as long as anybody follows; whoever comes after a failure begins anew."""
        self._many += 1
        if self._looking is None or self._looking.done():
            self._since = None
            self._looking = asyncio.create_task(self._look())
        try:
            yield
        finally:
            self._many -= 1
            if not self._many:
                self._looking.cancel()
                self._looking = None

    async def _after(self, position: Position) -> Sequence[_Line]:
        """Return what came after *position*; raises what kept us from looking."""
        if self._looking is not None and self._looking.done():
            self._looking.result()
        if self._since is None or _order(position) < _order(self._since):
            async with self._counter.books.opened() as connection:
                return await self._read(connection, position)
        newer: deque[_Line] = deque()
        for line in reversed(self._kept):
            if _order(line[0]) <= _order(position):
                break
            newer.appendleft(line)
        return newer

    async def _look(self) -> None:
        try:
            async with self._counter.books.opened() as connection:
                upto = await lookup.stream_position(connection)
            self._kept.clear()
            self._since = upto
            self._tell()
            while True:
                async with self._counter.books.opened() as connection:
                    while found := await self._read(connection, upto):
                        self._keep(found)
                        upto = found[-1][0]
                        self._tell()
                await asyncio.sleep(_LOOK_EVERY_S)
        finally:
            self._tell()

    def _keep(self, found: Sequence[_Line]) -> None:
        for line in found:
            if len(self._kept) == _KEPT:
                self._since = self._kept[0][0]
            self._kept.append(line)

    def _tell(self) -> None:
        news, self._news = self._news, asyncio.Event()
        news.set()

    async def _read(self, connection: Connection, position: Position) -> Sequence[_Line]:
        names = self._counter.names
        found = await lookup.stream(connection, position)
        return [(at, hidden, await names.told(connection, line)) for at, hidden, line in found]


def _order(position: Position) -> tuple[int, int]:
    return int(position[0]), position[1]
