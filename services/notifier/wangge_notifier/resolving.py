"""Names -> addresses, in threads of their own: a name server that is silent keeps no other name waiting."""

import asyncio
import socket
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

from aiohttp.abc import AbstractResolver, ResolveResult

from wangge_notifier.delivering import Outcome

T = TypeVar("T")
_AT_ONCE = 64
"""One that hangs holds a thread until the C library gives up (resolv.conf(5): 5 s, twice, a server)."""


class NotAsked(OSError):
    """No look-up had begun when time was up: nobody knows anything of this name."""


NOT_ASKED = Outcome("name-not-asked", untried=True, detail="every look-up is busy with other names")
"""What becomes of an attempt then."""
TO_LOOK_UP = 0.4
"""Of an attempt's deadline: when no look-up has begun by then, ours are all busy with other names."""


class Resolver(AbstractResolver):
    """
    Looks names up as the machine does (`getaddrinfo`), up to *at_once* of them.

    The event loop's own threads are few (asyncio's as many as cores and four, uvloop's four), and whoever
    waits for one waits for every dead name server before him. A look-up goes on when its caller has gone,
    and ends by itself.

    :param patience_s: how long a look-up may wait to begin, seconds.
    """

    def __init__(self, *, patience_s: float, at_once: int = _AT_ONCE) -> None:
        self._patience_s = patience_s
        self._free = asyncio.Semaphore(at_once)
        self._threads = ThreadPoolExecutor(at_once, thread_name_prefix="names")

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_UNSPEC
    ) -> list[ResolveResult]:
        """Return every address of *host*; raises OSError if it has none, `NotAsked` without a free thread."""
        return await self._asked(lambda: _looked_up(host, port, family))

    async def own(self) -> str:
        """Return what this machine is called, with its domain if it has one; raises `NotAsked` likewise."""
        return await self._asked(socket.getfqdn)

    async def close(self) -> None:
        """Begin no more look-ups; those under way are left to end."""
        self._threads.shutdown(wait=False, cancel_futures=True)

    async def _asked(self, look_up: Callable[[], T]) -> T:
        try:
            async with asyncio.timeout(self._patience_s):
                await self._free.acquire()
        except TimeoutError:
            raise NotAsked("every look-up that may run at once was under way") from None
        try:
            return await asyncio.get_running_loop().run_in_executor(self._threads, look_up)
        finally:
            self._free.release()


def _looked_up(host: str, port: int, family: socket.AddressFamily) -> list[ResolveResult]:
    found = socket.getaddrinfo(host, port, family, socket.SOCK_STREAM, flags=socket.AI_ADDRCONFIG)
    return [
        ResolveResult(
            hostname=host,
            host=str(address[0]),
            port=port,
            family=kind,
            proto=protocol,
            flags=socket.AI_NUMERICHOST | socket.AI_NUMERICSERV,
        )
        for kind, _, protocol, _, address in found
    ]
