"""Calls that may take equally long, one alarm for all: each ends when its own time is over."""

import asyncio

import pytest

from wangge_notifier.deadlines import Deadlines


async def test_each_call_is_late_by_its_own_time(monkeypatch: pytest.MonkeyPatch) -> None:
    loop, deadlines, now = asyncio.get_running_loop(), Deadlines(10), [100.0]
    monkeypatch.setattr(loop, "time", lambda: now[0])
    ended: list[tuple[str, float]] = []

    async def call(name: str, until: asyncio.Event) -> None:
        try:
            async with asyncio.timeout(None) as own:
                deadlines.begin(own)
                try:
                    await until.wait()
                finally:
                    deadlines.end(own)
        except TimeoutError:
            ended.append((name, now[0]))

    async def at(instant: float) -> None:
        now[0] = instant
        for _ in range(6):
            await asyncio.sleep(0)

    answered, never = asyncio.Event(), asyncio.Event()
    calls = [asyncio.create_task(call("answered", answered)), asyncio.create_task(call("first", never))]
    await at(100)
    now[0] = 103.0
    calls.append(asyncio.create_task(call("second", never)))
    await at(103)
    answered.set()
    for instant in (109, 110, 112, 113):
        await at(instant)
    # An alarm that finds nobody is not the last.
    calls.append(asyncio.create_task(call("third", never)))
    for instant in (113, 122, 123):
        await at(instant)

    assert ended == [("first", 110), ("second", 113), ("third", 123)]
    await asyncio.gather(*calls)
