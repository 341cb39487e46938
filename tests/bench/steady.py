"""So many a second by the clock, whether or not the last one was answered: how long each takes to arrive."""

import asyncio
import threading
import time
from collections.abc import Awaitable, Callable, Sequence
from typing import Self

from wangge_local.listening import Listener

RATE = 200
_WARM_UP_S = 1.5
_LAST_WITHIN_S = 10.0
Send = Callable[[int, float], Awaitable[None] | None]
"""Sends the one of that number, due at that instant of `time.monotonic`."""


class Arrivals:
    """
    When each key was first seen on some topics, by `time.monotonic`.

    :param type_: the CloudEvents type that counts; none: whatever comes.
    """

    def __init__(self, bootstrap: str, names: Sequence[str], *, type_: str | None = None) -> None:
        self.seen: dict[str, float] = {}
        self._listener = Listener(bootstrap, names, since="now")
        self._type = type_
        self._stop = False
        self._thread = threading.Thread(target=self._listen, daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop = True
        self._thread.join()

    def _listen(self) -> None:
        with self._listener:
            while not self._stop:
                heard = self._listener.more(timeout=0.1)
                now = time.monotonic()
                for record in heard:
                    if self._type is None or record.header("ce_type") == self._type:
                        self.seen.setdefault((record.key or b"").decode(), now)


async def go_by_the_clock(send: Send, *, seconds: float, rate: int = RATE) -> dict[int, float]:
    """Send *rate* a second for *seconds*, each at its own instant; return when each was due."""
    due: dict[int, float] = {}
    under_way: set[asyncio.Task[None]] = set()
    begins = time.monotonic() + 0.05
    for number in range(round((seconds + _WARM_UP_S) * rate)):
        at = begins + number / rate
        wait = at - time.monotonic()
        if wait > 0:
            await asyncio.sleep(wait)
        due[number] = at
        doing = send(number, at)
        if doing is not None:
            task = asyncio.ensure_future(_done(doing))
            under_way.add(task)
            task.add_done_callback(under_way.discard)
    if under_way:
        await asyncio.wait(under_way, timeout=_LAST_WITHIN_S)
    return due


async def _done(doing: Awaitable[None]) -> None:
    await doing


async def all_seen(arrivals: Arrivals, keys: Sequence[str]) -> bool:
    """Wait until all of *keys* have arrived; False when some do not come."""
    ends = time.monotonic() + _LAST_WITHIN_S
    while time.monotonic() < ends:
        if arrivals.seen.keys() >= set(keys):
            return True
        await asyncio.sleep(0.05)
    return False


def took(due: dict[int, float], seen: dict[int, float], *, rate: int = RATE) -> list[float]:
    """The seconds that each took that was due after the warm-up and came."""
    return [seen[number] - at for number, at in due.items() if number in seen and number >= _WARM_UP_S * rate]
