"""While the database is asked something else is done, and nobody leaves before it has answered."""

import asyncio

import pytest

from wangge_chassis.postgres import beside


async def test_what_was_asked_is_answered_at_the_end_of_what_was_done_beside_it() -> None:
    said: list[str] = []

    async def asked() -> int:
        said.append("asked")
        await asyncio.sleep(0)
        said.append("answered")
        return 7

    async with beside(asked()) as asking:
        said.append("done beside")

    assert (asking.result(), said[0], sorted(said[1:])) == (7, "asked", ["answered", "done beside"])


async def test_what_goes_wrong_there_is_raised_at_the_end() -> None:
    done = False

    async def asked() -> None:
        raise OSError("away")

    with pytest.raises(OSError, match="away"):
        async with beside(asked()):
            done = True
    assert done


@pytest.mark.parametrize("steps", range(4))
async def test_who_is_broken_off_leaves_nothing_behind_that_still_asks(steps: int) -> None:
    asking = False

    async def asked() -> None:
        nonlocal asking
        asking = True
        try:
            await asyncio.sleep(0.01)
        finally:
            asking = False

    async def work() -> None:
        async with beside(asked()):
            pass

    working = asyncio.ensure_future(work())
    for _ in range(steps):
        await asyncio.sleep(0)
    working.cancel()
    with pytest.raises(asyncio.CancelledError):
        await working
    assert not asking
