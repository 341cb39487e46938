"""What is slow is borne with and told; what does not go on ends the process."""

import asyncio
from types import SimpleNamespace
from typing import Any

import pytest

from tests.waiting import wait_for
from wangge_chassis import service as services
from wangge_chassis.consumer import Consumer
from wangge_chassis.holding import MustExit
from wangge_chassis.instants import HouseClock
from wangge_chassis.loop import Loop
from wangge_chassis.service import Service, _Mounted
from wangge_chassis.settings import ServiceSettings
from wangge_chassis.watching import check_alive, check_moving
from wangge_chassis.working import Means

NOBODY: Any = None
SETTINGS = ServiceSettings(kafka="127.0.0.1:9", postgres="postgresql:///nowhere")


def mounted(loop: Loop) -> _Mounted:
    """A service that tends *loop*, whose group and reading are alive."""
    reading: Any = SimpleNamespace(
        tasks=[],
        consumer=SimpleNamespace(_coordinator=SimpleNamespace(_coordination_task=asyncio.Future[None]())),
    )
    service = _Mounted(Service(name="router", settings=SETTINGS))
    service._loops.append((loop, reading))
    service._tending = asyncio.ensure_future(service._tend([]))
    return service


async def stopped(service: _Mounted) -> None:
    """Let it end."""
    service._stopping = True
    assert service._tending is not None
    await service._tending


@pytest.fixture
async def loop() -> Loop:
    """A loop that connects to nothing."""
    means = Means("router", NOBODY, SETTINGS, 12, HouseClock())
    return Loop(Consumer(name="router", room=NOBODY, topics=("desk.ordered.v1",)), means)


async def test_the_watchdog_hears_of_a_loop_that_turns_however_long_one_tending_takes(
    loop: Loop, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(services, "_CHECK_EVERY_S", 0.001)
    monkeypatch.setattr(services, "_LONG_S", 0.0)
    beats: list[bool] = []
    async with loop._mutex:
        service = mounted(loop)
        monkeypatch.setattr(service._watchdog, "beat", lambda: beats.append(loop._mutex.locked()))
        watching = asyncio.ensure_future(service._watch())
        await asyncio.to_thread(wait_for, "beats while it is tended", lambda: beats.count(True) > 5)
        assert not watching.done()
    watching.cancel()
    await stopped(service)


async def test_a_step_that_does_not_end_ends_the_process(loop: Loop) -> None:
    async with loop._mutex:
        service = mounted(loop)
        await asyncio.sleep(0)  # it is tended by now
        loop.moved_at -= 4 * SETTINGS.stuck_after_s
        check_moving([loop], stuck_after_s=SETTINGS.stuck_after_s)
        loop.moved_at -= 2 * SETTINGS.stuck_after_s
        with pytest.raises(MustExit, match="has not gone on for 360 s"):
            await service._watch()
    await stopped(service)


@pytest.mark.parametrize("busy", [True, False])
async def test_records_that_wait_end_the_process_unless_a_step_is_under_way(
    loop: Loop, monkeypatch: pytest.MonkeyPatch, busy: bool
) -> None:
    monkeypatch.setattr(loop, "stuck", lambda: True)
    loop.handled_at -= 61
    service = mounted(loop)
    (_, reading), *_ = service._loops
    async with loop._mutex if busy else asyncio.Lock():
        if busy:
            check_alive(loop, reading, stuck_after_s=60)
        else:
            with pytest.raises(MustExit, match="has handled none"):
                check_alive(loop, reading, stuck_after_s=60)
    await stopped(service)
