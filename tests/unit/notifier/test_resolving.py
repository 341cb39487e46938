"""A name server that says nothing keeps no other name waiting, and what was never asked blames nobody."""

import asyncio
import socket
import threading
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from typing import Any

import pytest
from aiohttp import web

from tests.unit.notifier.conftest import Serving
from wangge_notifier.addresses import Admitted
from wangge_notifier.delivering import Outcome
from wangge_notifier.dialling import Dialler
from wangge_notifier.resolving import NotAsked, Resolver


class Machine:
    """What looks names up on this machine: those of *dead* servers hang until the test lets them."""

    def __init__(self) -> None:
        self.answers = threading.Event()
        self.asked: list[str] = []
        self._hang = threading.Semaphore(0)
        self._real = socket.getaddrinfo

    def getaddrinfo(self, host: str, port: Any, *args: Any, **kwargs: Any) -> Any:
        self.asked.append(host)
        if "dead" in host:
            self._hang.release()
            self.answers.wait(30)
            raise socket.gaierror(socket.EAI_AGAIN, "temporary failure in name resolution")
        return self._real("127.0.0.1" if host.endswith(".example") else host, port, *args, **kwargs)

    async def hang(self, names: int) -> None:
        """Wait until so many dead names were asked for."""
        for _ in range(names):
            assert await asyncio.to_thread(self._hang.acquire, timeout=10)


@pytest.fixture
def machine(monkeypatch: pytest.MonkeyPatch) -> Iterator[Machine]:
    machine = Machine()
    monkeypatch.setattr(socket, "getaddrinfo", machine.getaddrinfo)
    yield machine
    machine.answers.set()


@asynccontextmanager
async def dialling(*, within_s: float, names: Resolver | None = None) -> AsyncIterator[Dialler]:
    resolver = (lambda: names) if names is not None else None
    dialler = Dialler(Admitted.parse("127.0.0.0/8"), within_s=within_s, resolver=resolver)
    keeping = asyncio.create_task(dialler.attend())
    await asyncio.sleep(0)
    yield dialler
    keeping.cancel()
    await asyncio.gather(keeping, return_exceptions=True)


async def called(dialler: Dialler, host: str, port: int) -> Outcome:
    outcome, _, _ = await dialler.call("POST", f"http://{host}:{port}/", headers={}, body=b"{}")
    return outcome


async def test_names_that_hang_keep_no_other_waiting(serving: Serving, machine: Machine) -> None:
    port = await serving(lambda _: web.Response(status=204))
    async with dialling(within_s=2) as dialler:
        dead = [asyncio.create_task(called(dialler, f"dead-{number}.example", port)) for number in range(40)]
        await machine.hang(len(dead))
        outcome = await called(dialler, "good.example", port)
        ends = await asyncio.gather(*dead)

    assert outcome.accepted
    assert {(end.code, end.sick, end.untried) for end in ends} == {("unreachable", True, False)}


async def test_what_was_never_asked_is_no_attempt(serving: Serving, machine: Machine) -> None:
    port = await serving(lambda _: web.Response(status=204))
    async with dialling(within_s=5, names=Resolver(patience_s=0.2, at_once=1)) as dialler:
        dead = asyncio.create_task(called(dialler, "dead.example", port))
        await machine.hang(1)
        outcome = await called(dialler, "good.example", port)
        machine.answers.set()
        end, again = await dead, await called(dialler, "good.example", port)

    assert (outcome.code, outcome.untried, outcome.sick) == ("name-not-asked", True, False)
    assert (end.code, end.untried, end.sick) == ("unreachable", False, True)
    assert again.accepted
    assert machine.asked == ["dead.example", "good.example"]


async def test_a_look_up_that_ends_makes_room_whoever_waited_for_it(machine: Machine) -> None:
    names = Resolver(patience_s=0.05, at_once=1)
    first = asyncio.create_task(names.resolve("dead.example"))
    await machine.hang(1)
    with pytest.raises(NotAsked):
        await names.resolve("good.example")
    machine.answers.set()
    with pytest.raises(OSError, match="temporary failure"):
        await first

    (found, *_) = await names.resolve("good.example", 80)
    assert (found["host"], found["port"], found["hostname"]) == ("127.0.0.1", 80, "good.example")
    await names.close()
