"""What a caller may know of its ids while the database cannot be asked."""

import asyncio

import pytest

from wangge_chassis import Database
from wangge_intake.verdicts import Blind, Verdicts


def test_without_a_database_nothing_is_known_and_nothing_is_denied() -> None:
    async def ask() -> None:
        verdicts = Verdicts(Database("postgresql://nobody:x@127.0.0.1:1/none", schema="intake"))
        for _ in ("it is asked in vain", "it is not even asked"):
            assert await verdicts.known(["a"]) == {}
            with pytest.raises(Blind):
                await verdicts.one("a")
        await verdicts.close()

    asyncio.run(ask())
