"""What a caller may know of its ids while the database cannot be asked."""

import asyncio

import pytest

from wangge_chassis import Database
from wangge_intake.verdicts import Blind, Known, Verdicts


def test_without_a_database_nothing_is_known_and_nothing_is_denied() -> None:
    async def ask() -> None:
        verdicts = Verdicts(Database("postgresql://nobody:x@127.0.0.1:1/none", schema="intake"))
        for _ in ("it is asked in vain", "it is not even asked"):
            assert await verdicts.known(["a"]) == {}
            with pytest.raises(Blind):
                await verdicts.one("a")
        await verdicts.close()

    asyncio.run(ask())


async def test_who_asks_at_once_shares_a_statement_and_one_that_goes_away_takes_nobody_with_it() -> None:
    asked: list[list[str]] = []
    begun, answers = asyncio.Event(), asyncio.Event()

    class Books(Verdicts):
        """Books in which everything is an answer."""

        async def _look_up(self, keys: list[str]) -> Known | None:
            asked.append(sorted(keys))
            begun.set()
            await answers.wait()
            return dict.fromkeys(keys, b"kept")

    verdicts = Books(Database("postgresql://nobody:x@127.0.0.1:1/none", schema="intake"))
    callers = [asyncio.create_task(verdicts.known([key])) for key in ("a", "b", "c")]
    await begun.wait()
    callers[1].cancel()
    answers.set()
    told = await asyncio.gather(*callers, return_exceptions=True)

    assert asked == [["a", "b", "c"]]
    assert [type(each) for each in told] == [dict, asyncio.CancelledError, dict]
